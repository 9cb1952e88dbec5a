"""What the page Trust computes: ten predictions, what is seen of them, and the proof over many scenes.

    ten predictions  →  explanation of each (stages.py)        →  the K superpixels that speak for the prediction
    n scenes (half on snow, of either class)  →  maps  →  share of Σ|A| on background, animal, deciding part
    100 animals, each drawn on snow and off it  →  p(wolf) of both  →  accuracy wherever the snow may lie

LIME's masked copies are kept for each scene, so that K asks no network here either.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.stats
import streamlit as st
import torch
from matplotlib.figure import Figure
from torch import Tensor, nn

import xai_core
from app.shared import networks, stages
from app.shared.meter import watched
from app.shared.pictures import Opened, Picture, open_picture
from data.drawn import zoo
from data.nets import networks as shipped
from data.training import fitting
from xai_core import Neighbourhood, catalogue, figures, share
from xai_core.score import forward

NAME, KIND = "husky_wolf", "husky or wolf"
WOLF = zoo.HUSKY_WOLF.index("wolf")
TEN, ANIMALS = 10, 100
EXCEPTION = 3  # the third husky and the third wolf change places with the snow
FAIR_SCENES, FAIR_EPOCHS, FAIR_BATCH = 300, 6, 32
METHODS = (
    "lime", "kernel_shap", "occlusion", "integrated_gradients", "uni", "grad_cam", "smoothgrad", "guided_backprop",
    "simple_gradient",
)  # fmt: skip
CONDITIONS = {  # words on the page → is this animal on snow?
    "with the wolf, as in training": lambda wolf: wolf,
    "with the husky: swapped": lambda wolf: ~wolf,
    "everywhere": torch.ones_like,
    "nowhere": torch.zeros_like,
}


def ten() -> list[Picture]:
    """Five huskies and five wolves, the first of the stream that no network learned from.

    Snow lies as in training, but for one of each: the third husky stands on it, the third wolf does not. No network
    is asked which ones to take.
    """
    found, seen = [], dict.fromkeys(zoo.HUSKY_WOLF, 0)
    for i, name in enumerate(zoo.batch_labels(TEN, fitting.FRESH, zoo.HUSKY_WOLF)):
        seen[name] += 1
        snow = (name == "wolf") != (seen[name] == EXCEPTION)
        found.append(Picture(KIND, name, zoo.scene_seed(fitting.FRESH, i), snow))
    return found


@dataclass(frozen=True)
class Prediction:
    """One of the ten."""

    picture: Picture
    opened: Opened
    p: Tensor  # (classes,)

    @property
    def said(self) -> int:
        return int(self.p.argmax())

    @property
    def words(self) -> str:
        """What the network says, and whether that is wrong."""
        said = zoo.HUSKY_WOLF[self.said]
        wrong = "" if said == self.picture.name else ": wrong"
        return f"it says {said}, {float(self.p[self.said]):.0%}{wrong}"


def predictions() -> list[Prediction]:
    """The ten pictures and what the network says of them."""
    taken_by, found = networks.describe(NAME), []
    for picture in ten():
        opened = open_picture(picture, taken_by)
        found.append(Prediction(picture, opened, stages.predictions(taken_by, picture, opened.x)))
    return found


def kept(x: Tensor, weights: Tensor, segments: Tensor, K: int) -> Tensor:
    """The picture where the K largest weights are, those that speak for the class; grey elsewhere: (1, C, H, W).

    weights: (M,), one a superpixel; what is 0 or against is never shown.
    """
    best = weights.argsort(descending=True)[:K]
    shown = torch.zeros(len(weights), dtype=torch.bool)
    shown[best] = weights[best] > 0
    return torch.where(shown[segments], x, 0.5)


def by_superpixel(A: Tensor, segments: Tensor) -> Tensor:
    """Σ A on each superpixel: (1, C, H, W) → (M,)."""
    return torch.zeros(int(segments.max()) + 1, dtype=torch.double).index_add_(
        0, segments.flatten(), A[0].sum(0).double().flatten()
    )


# --- two networks -----------------------------------------------------------------------------------------------------


def network(fair: bool) -> nn.Module:
    """The biased network, or the one that learned where snow says nothing."""
    return _fair() if fair else networks.load(NAME)


@st.cache_resource(show_spinner="Training the same network on scenes where snow says nothing …")
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


# --- the proof by mask ------------------------------------------------------------------------------------------------


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


Interval = tuple[float, float, float]  # mean, low, high


@dataclass(frozen=True)
class Share:
    """What one part gets of Σ|A|, over the scenes that have it."""

    share: float  # mean share of Σ|A|
    area: float  # mean share of the pixels
    fair: np.ndarray  # each scene's share, relative to its area: 1 is fair

    @property
    def interval(self) -> Interval:
        """Mean of `fair`, and the ends of its 95 % interval (Student's t over the scenes)."""
        mean = float(self.fair.mean())
        if len(self.fair) < 2 or not self.fair.std():
            return mean, mean, mean
        low, high = scipy.stats.t.interval(0.95, len(self.fair) - 1, mean, scipy.stats.sem(self.fair))
        return mean, float(low), float(high)


@st.cache_resource(max_entries=64, show_spinner=False)
def proof(fair: bool, method: str, given: dict[str, Any], n: int) -> dict[str, Share]:
    """Where the maps of n predictions lie, by part. Raises ValueError or TypeError with a sentence, as methods do."""
    many = scenes(n)
    A = _maps(fair, method, given, n)
    whole = torch.ones(many.x.shape[2:], dtype=torch.bool)
    found = {}
    for part, mask in many.parts.items():
        relative = share(A, mask, whole)
        there = ~relative.isnan()  # without snow, or where nothing has a weight, there is nothing to share out
        area = mask.double().mean((1, 2))
        fair_share = relative[there]
        found[part] = Share(float((fair_share * area[there]).mean()), float(area[there].mean()), fair_share.numpy())
    return found


def _maps(fair: bool, method: str, given: dict[str, Any], n: int) -> Tensor:
    """The maps of what the network predicts, (n, C or 1, H, W)."""
    x = scenes(n).x
    arguments = {name: value for name, value in given.items() if name != "output"}
    if method != "lime":
        f = watched(xai_core.make_score(network(fair), x, "predicted", given["output"]))
        return catalogue()[method].function(f, x, **arguments)
    fit = {name: arguments.pop(name) for name in ("K", "sigma", "distance")}
    nears = [_near(fair, i, n, given["output"], **arguments) for i in range(n)]
    return torch.stack([near.paint(xai_core.k_lasso(near, **fit).weights)[None] for near in nears])


@st.cache_resource(max_entries=256, show_spinner=False)
def _near(fair: bool, i: int, _n: int, output: str, N: int, segments: str, fill: str, seed: int) -> Neighbourhood:
    """LIME's masked copies of the i-th scene, which is the same however many are drawn."""
    x = scenes(_n).x[i : i + 1]
    return xai_core.neighbourhood(
        watched(xai_core.make_score(network(fair), x, "predicted", output)), x, N, segments, fill, seed
    )


def share_figure(found: dict[str, dict[str, Share]], theme: str) -> Figure:
    """Each part's share relative to its area, with its interval, for one network or two."""
    rows = {name: {part: s.interval for part, s in shares.items()} for name, shares in found.items()}
    return figures.intervals(
        rows, x="share of Σ|A| relative to the area (1: fair)", reference=1.0, size=(5.8, 3.4), theme=theme
    )


def verdict(title: str, here: Interval, fairly: Interval | None = None) -> str:
    """What the background's share says, where the truth is that the background alone decides."""
    mean, low, high = here
    said = f"{title} gives the background {mean:.2f} times its area's share ({low:.2f} to {high:.2f})."
    if low > 1:
        said += " More than a fair share: these maps **do** point away from the animal."
    elif high < 1:
        said += " Less than a fair share: these maps point **at the animal**, which decides nothing here."
    else:
        said += " That may be a fair share: from this number alone **nobody could tell**."
    if fairly is None:
        return f"{said} What would it be if the animal did decide? Set the fairly trained network beside it."
    known = "That difference gives it away." if fairly[2] < low else "No clear difference."
    return f"{said} For the fairly trained network it is {fairly[0]:.2f} ({fairly[1]:.2f} to {fairly[2]:.2f}). {known}"
