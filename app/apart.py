"""What the page Distancing computes, each stage kept on what it depends on.

    pair (network, two classes)  →  scenes of both  →  four support networks: shipped, or trained once and kept
    pair                         →  the scenes' logits in all five networks
    pair, scene, class, method   →  a map of each of the five       →  α, rule, threshold: what survives

So α, the rule and the threshold are set operations on maps that are there. All of it is shared between readers.
"""

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import streamlit as st
import torch
from torch import Tensor, nn

from app import networks
from app.held_apart import shipped
from data import held_apart, zoo
from data import networks as of_the_workbook
from data.train import FRESH
from xai_core import Support, gad, make_score, support_networks
from xai_core.supports import Told

ALPHAS = (0, *held_apart.ALPHAS)
LEARNED, RATE = 256, 4e-4  # scenes and learning rate of what is trained here: half a minute instead of 75 s
SHOWN = 120  # scenes whose logits are drawn
METHODS = (
    "integrated_gradients", "simple_gradient", "gradient_x_input", "guided_backprop", "deconvolution",
    "uni", "grad_cam",
)  # fmt: skip
PAPER = METHODS[:5]  # the five of the paper

Draw = Callable[[int, int, tuple[str, str]], tuple[Tensor, ...]]  # n, seed, names → images, labels, …
SOURCES: dict[str, Draw] = {
    "zoo": zoo.batch,
    "zoo_vgg": zoo.batch,
    "birds": lambda n, seed, _: zoo.birds(n, seed),
    "birds_vgg": lambda n, seed, _: zoo.birds(n, seed),
    "husky_wolf": lambda n, seed, _: zoo.husky_wolf(n, seed, snow="independent"),
}


@dataclass(frozen=True)
class Pair:
    """Two classes of a network of the workbook."""

    network: str
    a: int
    b: int

    @property
    def classes(self) -> tuple[int, int]:
        return self.a, self.b

    @property
    def names(self) -> tuple[str, str]:
        every = of_the_workbook.class_names(self.network)
        return every[self.a], every[self.b]

    @property
    def comes_with_the_workbook(self) -> bool:
        return self.network == "zoo" and self.classes == held_apart.CLASSES

    @property
    def model(self) -> nn.Module:
        return networks.load(self.network)


def available() -> list[str]:
    """The networks of the workbook whose weights are here and whose scenes can be drawn."""
    return [name for name in networks.names() if name in SOURCES]


@st.cache_resource(max_entries=4, show_spinner="Drawing scenes …")
def scenes(pair: Pair) -> tuple[Tensor, Tensor]:
    """Scenes of both classes that no network has seen: (120, 3, 64, 64), and 0 for one of a, 1 for one of b."""
    X, labels, *_ = SOURCES[pair.network](SHOWN, FRESH + 1, pair.names)
    return X, (labels == pair.b).long()


class _Trained:
    """The support networks of all pairs that were asked for, for all readers; one reader trains, others wait."""

    def __init__(self) -> None:
        self.found: dict[Pair, list[Support]] = {}
        self.training = threading.Lock()


@st.cache_resource(show_spinner=False)
def _trained() -> _Trained:
    return _Trained()


@st.cache_resource(show_spinner="Opening the support networks …")
def _shipped() -> list[Support]:
    return shipped()


def supports(pair: Pair) -> list[Support] | None:
    """The four support networks, nearest first; None where they have to be trained first."""
    return _shipped() if pair.comes_with_the_workbook else _trained().found.get(pair)


def train(pair: Pair, progress: Told) -> list[Support]:
    """Train the four, or find them where an earlier visit kept them."""
    shelf = _trained()
    with shelf.training:
        if pair not in shelf.found:
            X, labels, *_ = SOURCES[pair.network](LEARNED, FRESH + 2, pair.names)
            shelf.found[pair] = support_networks(
                pair.model, X, labels, pair.classes, held_apart.ALPHAS, rate=RATE, progress=progress, keep=folder()
            )
    return shelf.found[pair]


def folder() -> Path:
    """Where trained networks are kept between visits."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache, "xai-workbook", "supports")


@st.cache_resource(max_entries=8, show_spinner="Asking the five networks …")
def logits(pair: Pair) -> dict[float, Tensor]:
    """α → the logits of a and b of all `scenes`, (120, 2)."""
    X, _ = scenes(pair)
    five = [pair.model, *(s.model for s in supports(pair) or [])]
    with torch.no_grad():
        return {
            float(α): make_score(model, X, 0, output="logit").logits(X)[:, list(pair.classes)]
            for α, model in zip(ALPHAS, five, strict=True)
        }


@st.cache_resource(max_entries=64, show_spinner="Explaining by five networks …")
def maps(pair: Pair, pictures: tuple[int, ...], c: int, method: str) -> Tensor:
    """The maps of these of the `scenes` for class c, the network's own first: (5, n, 3, 64, 64)."""
    X, _ = scenes(pair)
    return gad(pair.model, supports(pair) or [], X[list(pictures)], c, method).maps


def least_activated(pair: Pair, which: int, count: int = 5) -> list[int]:
    """The scenes of a (0) or b (1) with the lowest logit of their own class: what the network is least sure is one."""
    own = logits(pair)[0.0][:, which]
    rows = (scenes(pair)[1] == which).nonzero()[:, 0]
    return rows[own[rows].argsort()[:count]].tolist()
