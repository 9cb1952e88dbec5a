"""What the domains of drawn pictures compute: maps against the known truth, four baselines, and means over many."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st
import torch
from torch import Tensor

import xai_core
from app.shared import networks, stages
from app.shared.pictures import Opened
from app.shared.shares import share_on
from app.shared.stages import Question
from xai_core import catalogue
from xai_core.baselines import make_baseline
from xai_core.evaluate import Truth, ground_truth

Fresh = Callable[[int], tuple[Tensor, Tensor]]  # i → the i-th fresh picture (3, H, W), and where what decides is (H, W)
FRESH = (12, 24, 48)  # how many fresh pictures
BLURRED = "Integrated Gradients from blurred"
# Title → method, and what differs from its defaults: LIME's would take a second a picture.
COMPARED: dict[str, tuple[str, dict[str, Any]]] = {
    catalogue()[name].title: (name, {"N": 300} if name == "lime" else {})
    for name in ("simple_gradient", "gradient_x_input", "smoothgrad", "guided_backprop", "deeplift",
                 "integrated_gradients", "uni", "grad_cam", "guided_grad_cam", "occlusion", "lime")
} | {BLURRED: ("integrated_gradients", {"baseline": "blurred"})}  # fmt: skip
STATIC = ("black", "blurred")  # baselines beside UNI's


# --- baselines --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Start:
    """A baseline x′ of one picture, and what it takes away."""

    x: Tensor  # (1, 3, H, W)
    score: float  # F(x′)
    says: str  # the class the network sees in it
    confidence: float  # how sure of that class
    taken: float  # the share of Σ|x − x′| on what decides; NaN if nothing is changed
    away: float  # root mean square of x − x′, in 1/255
    pointed: float  # the share of Σ|A| on what decides, A: Integrated Gradients from x′


@st.cache_resource(max_entries=64, show_spinner=False, hash_funcs=stages.KEY)
def starts(q: Question, _mask: Tensor, _without: Tensor) -> dict[str, Start]:
    """UNI's baseline, black, blurred, and the same picture without what decides, which only who draws can make."""
    found = {"UNI": stages.run(q, "uni", catalogue()["uni"].defaults)["start"]}
    found |= {name: make_baseline(q.x, name) for name in STATIC}
    return {name: _start(q, x, _mask) for name, x in (found | {"without": _without}).items()}


def _start(q: Question, x: Tensor, mask: Tensor) -> Start:
    f = stages.score(q)
    with torch.no_grad():
        p = f.logits(x).softmax(1)[0]
    best = int(p.argmax())
    change = (q.x - x).abs().sum(1)[0]
    A = xai_core.integrated_gradients(f, q.x, x, B=30, rule="midpoint")
    return Start(
        x=x,
        score=float(p[q.target]),
        says=networks.classes(q.network.name)[best],
        confidence=float(p[best]),
        taken=float(change[mask].sum() / change.sum()),
        away=255 * float((q.x - x).square().mean().sqrt()),
        pointed=share_on(A, mask),
    )


# --- many pictures ----------------------------------------------------------------------------------------------------


@st.cache_resource(max_entries=64, show_spinner=False)
def over_fresh(network: str, n: int, title: str, _fresh: Fresh) -> Truth:
    """One of COMPARED against the truth on the first n fresh pictures, explaining what the network says."""
    x, mask = drawn(network, n, _fresh)
    method, more = COMPARED[title]
    A = xai_core.explain(networks.load(network), x, "predicted", method, **catalogue()[method].defaults | more)
    return ground_truth(A, mask)


@st.cache_resource(max_entries=16, show_spinner=False)
def drawn(network: str, n: int, _fresh: Fresh) -> tuple[Tensor, Tensor]:
    """The first n fresh pictures (n, 3, H, W) and their masks (n, H, W). network: whose they are."""
    pictures = [_fresh(i) for i in range(n)]
    return torch.stack([x for x, _ in pictures]), torch.stack([mask for _, mask in pictures])


def known(opened: Opened) -> Tensor | None:
    """Where what decides is, (H, W) bool; None where nothing in the picture does."""
    parts = [mask for name, mask in opened.parts.items() if name not in ("the eye", "the background")]
    return parts[0] if parts else None
