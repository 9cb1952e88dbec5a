"""What the page CAM computes of one picture: its layers, all their maps in one pass, and the tie of Grad-CAM to CAM.

picture, network, class  →  signed Grad-CAM of every layer  →  the slider's layer, its ReLU, its upsampling
                         →  guided backprop                 →  Guided Grad-CAM at any layer
                         →  CAM, where the network has one
"""

from dataclasses import dataclass

import streamlit as st
import torch.nn.functional as F
from torch import Tensor

import xai_core
from app.shared import stages
from app.shared.film.frames import refusal
from app.shared.stages import KEY, Question
from data.drawn import zoo
from data.nets import networks
from data.training import fitting
from xai_core import Layer, Score
from xai_core.evaluate.ground_truth import Truth, ground_truth

MOST = 60  # layers on the slider; of a network with more, those that end a block


@dataclass(frozen=True)
class Read:
    """Grad-CAM before its ReLU at every layer on the slider, from early to late."""

    layers: tuple[Layer, ...]
    signed: dict[str, Tensor]  # the layer's name → (1, h, w)
    usual: str  # the layer that grad_cam reads unless told


@st.cache_resource(max_entries=32, show_spinner=False, hash_funcs=KEY)
def read(q: Question) -> Read:
    """Raises ValueError with a sentence for a network without any map."""
    return read_layers(stages.score(q), q.x)


def read_layers(f: Score, x: Tensor) -> Read:
    """The same, kept nowhere."""
    usual, layers = xai_core.find_layer(f, x), xai_core.cam_layers(f, x)
    if len(layers) > MOST:
        blocks = {layer.name.rpartition(".")[0] for layer in layers}
        layers = [layer for layer in layers if layer.name in blocks or layer.name == usual]
    return Read(tuple(layers), xai_core.grad_cam_maps(f, x, layers, signed=True), usual)


@st.cache_resource(max_entries=32, show_spinner=False, hash_funcs=KEY)
def guided(q: Question) -> Tensor:
    """Guided backprop, (1, C, H, W)."""
    return xai_core.guided_backprop(stages.score(q), q.x)


@st.cache_resource(max_entries=32, show_spinner=False, hash_funcs=KEY)
def original(q: Question) -> Tensor | str:
    """CAM of the last map, (1, h, w), or the sentence that says why there is none."""
    try:
        return xai_core.cam_map(stages.score(q), q.x)
    except ValueError as error:
        return refusal(error)


def enlarged(map_: Tensor, x: Tensor, how: str = "bilinear") -> Tensor:
    """(1, h, w) → (1, 1, H, W): "bilinear" as in Grad-CAM, or "nearest", each number a block."""
    kept = {"align_corners": False} if how == "bilinear" else {}
    return F.interpolate(map_[None].to(x), x.shape[2:], mode=how, **kept)


def spread(map_: Tensor, x: Tensor) -> Tensor:
    """(1, 1, H, W) in equal parts over the channels, as xai_core.explain does."""
    return (map_ / x.shape[1]).expand_as(x).contiguous()


def difference(cam: Tensor, signed: Tensor) -> float:
    """The largest |Grad-CAM − ReLU(CAM)/(hw)|, of the largest Grad-CAM of either sign: 0 if both are one."""
    gap = (signed.relu() - cam.relu() / cam[0].numel()).abs().max()
    return float(gap / signed.abs().max().clamp(min=1e-30))


def judged(seen: Read, x: Tensor, mask: Tensor) -> dict[str, Truth]:
    """Every layer's map against the truth."""
    return {name: ground_truth(enlarged(map_.relu(), x), mask) for name, map_ in seen.signed.items()}


@st.cache_resource(max_entries=2, show_spinner=False)
def proof(n: int = 40) -> tuple[float, int]:
    """The largest relative difference of Grad-CAM from ReLU(CAM)/(hw) over n scenes × all classes, and how many maps
    were compared."""
    x, *_ = zoo.batch(n, fitting.FRESH)
    model, worst = networks.load("zoo"), 0.0
    for c in range(len(zoo.CLASSES)):
        f = xai_core.make_score(model, x, c, "logit")
        cam, signed = xai_core.cam_map(f, x), xai_core.grad_cam_map(f, x, signed=True)
        gap = (signed.relu() - cam.relu() / cam[0].numel()).abs().flatten(1).amax(1)
        worst = max(worst, float((gap / signed.abs().flatten(1).amax(1)).max()))
    return worst, n * len(zoo.CLASSES)


def python(layer: str) -> tuple[str, ...]:
    """The lines of a script that draw the map before its ReLU."""
    return (
        'f = xai_core.make_score(model, x, target, "logit")',
        f'signed = xai_core.grad_cam_map(f, x, "{layer}", signed=True)  # (1, h, w), before the ReLU',
        "print(signed)",
    )
