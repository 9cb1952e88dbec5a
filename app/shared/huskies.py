"""Huskies and wolves: a network that tells them apart by the snow, the animals on snow and off it, and fair scenes.

n scenes (half on snow, of either class)  →  maps  →  share of Σ|A| on background, animal, deciding part
100 animals, each drawn on snow and off it  →  p(wolf) of both  →  accuracy wherever the snow may lie
"""

from dataclasses import dataclass

import streamlit as st
import torch
from torch import Tensor, nn

import xai_core
from app.shared import networks
from app.shared.meter import watched
from data.drawn import zoo
from data.nets import networks as shipped
from data.training import fitting
from xai_core.score import forward

NAME, KIND = "husky_wolf", "husky or wolf"
WOLF = zoo.HUSKY_WOLF.index("wolf")
ANIMALS = 100
FAIR_SCENES, FAIR_EPOCHS, FAIR_BATCH = 300, 6, 32
CONDITIONS = {  # words on the page → is this animal on snow?
    "with the wolf, as in training": lambda wolf: wolf,
    "with the husky: swapped": lambda wolf: ~wolf,
    "everywhere": torch.ones_like,
    "nowhere": torch.zeros_like,
}


# --- two networks -----------------------------------------------------------------------------------------------------


def network(fair: bool) -> nn.Module:
    """The biased network, or the one that learned where snow says nothing."""
    return _fair() if fair else networks.load(NAME)


@st.cache_resource(show_spinner=False)
def _fair() -> nn.Module:
    images, labels, *_ = zoo.husky_wolf(FAIR_SCENES, fitting.TRAINING, snow="independent")
    targets = nn.functional.one_hot(labels, len(zoo.HUSKY_WOLF)).float()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = fitting.fit(
            shipped.build(NAME), images, targets,
            name="fair", epochs=FAIR_EPOCHS, rate=4e-3, batch=FAIR_BATCH, augment=fitting.flip_and_grain, quiet=True,
        )  # fmt: skip
    return model.requires_grad_(False)


# --- accuracy, and the same animal on snow and off it -----------------------------------------------------------------


@dataclass(frozen=True)
class Twins:
    """p(wolf) of the same animals on snow and off it."""

    wolf: Tensor  # (n,) bool, what each is
    on_snow: Tensor  # (n,)
    bare: Tensor  # (n,)

    def accuracy(self, snow: Tensor) -> float:
        """The share of right answers, with these animals (n,) on snow."""
        p = torch.where(snow, self.on_snow, self.bare)
        return float(((p > 0.5) == self.wolf).double().mean())

    @property
    def flipped(self) -> int:
        """How many are called a wolf on snow and a husky off it."""
        return int(((self.on_snow > 0.5) & (self.bare <= 0.5)).sum())


@st.cache_resource(max_entries=2, show_spinner=False)
def accuracy_as_trained() -> float:
    """On fresh scenes where snow goes with the wolf."""
    images, labels, *_ = animals("with wolf")
    return fitting.accuracy(networks.load(NAME), images, labels)


@st.cache_resource(max_entries=2, show_spinner=False)
def twins(fair: bool) -> Twins:
    """What a network says of `ANIMALS` animals on snow and off it."""
    images, labels, *_ = animals("with wolf")
    swapped, *_ = animals("with husky")
    wolf = labels == WOLF
    f = watched(xai_core.make_score(network(fair), images, WOLF))
    here, there = forward(f, images), forward(f, swapped)
    return Twins(wolf, torch.where(wolf, here, there), torch.where(wolf, there, here))


@st.cache_resource(max_entries=2, show_spinner=False)
def animals(snow: str) -> tuple[Tensor, ...]:
    """`ANIMALS` fresh huskies and wolves with their masks, as `zoo.husky_wolf` draws them."""
    return zoo.husky_wolf(ANIMALS, fitting.FRESH, snow=snow)


# --- scenes whose snow says nothing of the class ----------------------------------------------------------------------


@dataclass(frozen=True)
class Scenes:
    """Scenes whose snow says nothing of the class: n images and their masks (n, H, W)."""

    x: Tensor
    parts: dict[str, Tensor]  # of the whole picture


@st.cache_resource(max_entries=8, show_spinner=False)
def scenes(n: int) -> Scenes:
    """The first n animals of the fresh stream; of every four, a husky and a wolf stand on snow."""
    names = zoo.batch_labels(n, fitting.FRESH, zoo.HUSKY_WOLF)
    drawn = [
        zoo.draw_husky_wolf(name, zoo.scene_seed(fitting.FRESH, i), snow=i % 4 < 2) for i, name in enumerate(names)
    ]
    stacked = {what: torch.stack([getattr(s, what) for s in drawn]) for what in ("image", "animal", "part", "snow")}
    animal = stacked["animal"]
    parts = {
        "the background": ~animal,
        "the snow": stacked["snow"],
        "the animal": animal,
        "its deciding part": stacked["part"],
    }
    return Scenes(stacked["image"], parts)
