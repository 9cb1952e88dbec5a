"""What the page Classes computes: many neighbourhoods, asked ten pictures at a time, and what is read off them.

    block (data, ten pictures, N, fill, seed)  →  its rows of W (K, σ)  →  every map of every class
    four averaged maps (class, its pictures, N, fill, seed)               two numbers a map (class, map)

So K, σ and the class never ask the network, and more pictures ask it for the new ones alone.
"""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st
import torch
from torch import Tensor

import xai_core
from app.shared import networks
from app.shared.meter import watched
from app.shared.turns import turn
from data.drawn import zoo
from data.pictures import digits
from xai_core import Neighbourhoods, Score, superpixels
from xai_core.classwide import class_maps
from xai_core.classwide.local_weights import LocalWeights

BLOCK = 10  # pictures: a bar that moves every quarter of a second


@dataclass(frozen=True)
class Source:
    """Pictures to explain a network with."""

    network: str
    what: str  # a feature is, in words
    most: int  # pictures that can be explained; those behind them judge
    held_out: int
    start: tuple[int, int]  # pictures and N that are quick enough to watch
    classes: tuple[str, str]  # the first rows


SOURCES = {
    "digits 8 × 8": Source("digits", "pixel", 400, 199, (200, 300), ("3", "9")),
    "MNIST 28 × 28": Source("mnist", "pixel", 300, 200, (100, 300), ("3", "9")),
    "toy zoo": Source("zoo", "square of an 8 × 8 grid", 80, 60, (40, 100), ("elephant", "frog")),
}


@dataclass(frozen=True)
class Crowd:
    """The pictures, the network, and what they have in common."""

    X: Tensor  # (n, C, H, W)
    f: Score
    segments: Tensor  # (H, W)
    labels: Tensor  # what the network says, (n,)
    classes: tuple[str, ...]
    parts: dict[str, Tensor]  # masks, (n, H, W) bool; of the zoo alone
    python: str  # how a script gets X


@st.cache_resource(max_entries=3, show_spinner=False)
def crowd(name: str) -> Crowd:
    """Open a source. Raises FileNotFoundError with a sentence where MNIST is not on this computer."""
    source, parts = SOURCES[name], {}
    n = source.most + source.held_out
    if source.network == "digits":
        X, python = digits.train_test().test_images[:n], "digits.train_test().test_images"
    elif source.network == "mnist":
        X, python = digits.mnist().test_images[:n], "digits.mnist().test_images"
    else:
        X, _, animal, part = zoo.batch(n, seed=2024)
        parts, python = {"the animal": animal, "the part that decides": part}, f"zoo.batch({n}, seed=2024)[0]"
    f = watched(xai_core.make_score(networks.load(source.network), X, "predicted"))
    segments = superpixels(X[:1], "pixels" if source.what == "pixel" else "grid")
    return Crowd(X, f, segments, f.target, networks.classes(source.network), parts, python)


@dataclass(frozen=True)
class Setting:
    """All that W depends on."""

    source: str
    n: int  # pictures, a multiple of BLOCK
    N: int
    fill: str
    seed: int
    K: int
    sigma: float


@st.cache_resource(max_entries=1024, show_spinner=False)
def block(source: str, number: int, N: int, fill: str, seed: int) -> Neighbourhoods:
    """Ask the network about ten pictures."""
    where, start = crowd(source), number * BLOCK
    return xai_core.neighbourhoods(
        where.f, where.X[start : start + BLOCK], N, where.segments, fill, seed, start=start
    )  # fmt: skip


@st.cache_resource(max_entries=2048, show_spinner=False)
def rows(source: str, number: int, N: int, fill: str, seed: int, K: int, sigma: float) -> LocalWeights:
    """Read them: ten rows of W."""
    return block(source, number, N, fill, seed).local_weights(K, sigma)


def weights(s: Setting, progress: Callable[[float], None] = lambda done: None) -> LocalWeights:
    """W of the first n pictures. progress: told the share that is done."""
    found = []
    for number in range(s.n // BLOCK):
        ten = (s.source, number, s.N, s.fill, s.seed, s.K, s.sigma)
        with turn(("rows", *ten)):  # a turn each, so that others come between
            found.append(rows(*ten))
        progress((number + 1) * BLOCK / s.n)
    return LocalWeights(
        torch.cat([rows.weights for rows in found]), torch.cat([rows.labels for rows in found]), found[0].segments
    )


@st.cache_resource(max_entries=128, show_spinner=False)
def averaged(source: str, pictures: tuple[int, ...], y: int, N: int, fill: str, seed: int) -> dict[str, Tensor]:
    """The maps that are means over ten pictures of the class, and noise."""
    where = crowd(source)
    return class_maps.averaged_maps(where.f, where.X[list(pictures)], where.segments, y, N, fill, seed)


def maps(s: Setting, local: LocalWeights, y: int) -> dict[str, Tensor]:
    """The six maps of a class, in the paper's order; {} where the network takes none of the pictures for it."""
    pictures = tuple((local.labels == y).nonzero().flatten().tolist()[:10])
    if not pictures:
        return {}
    found = averaged(s.source, pictures, y, s.N, s.fill, s.seed) | class_maps.lime_maps(local, y)
    return {name: found[name] for name in class_maps.METHODS}


@dataclass(frozen=True)
class Judged:
    """The numbers that judge a class map."""

    kept: float
    likeness: float


@st.cache_resource(max_entries=256, show_spinner=False)
def judged(s: Setting, y: int, _maps: dict[str, Tensor]) -> dict[str, Judged]:
    """Each map of the class y, on pictures that none of them has seen."""
    where, source = crowd(s.source), SOURCES[s.source]
    X, labels = where.X[source.most :], where.labels[source.most :]
    mine = where.X[: s.n][where.labels[: s.n] == y]
    found = {}
    for name, importance in _maps.items():
        kept = class_maps.kept(where.f, X, labels, y, importance, where.segments, fill=s.fill)
        found[name] = Judged(float(kept.mean()), class_maps.likeness(importance, mine, where.segments))
    return found


def shares_on(s: Setting, local: LocalWeights, y: int) -> dict[str, tuple[float, float]]:
    """Of the zoo: which share of Σ|w| lies on a part, and which share of the picture it covers; means over y's."""
    where, mine = crowd(s.source), (local.labels == y).nonzero().flatten()
    A = local.weights[mine].abs()[:, where.segments] / torch.bincount(where.segments.flatten())[where.segments]
    total = A.sum((1, 2)).clamp(min=1e-12)
    found = {}
    for name, masks in where.parts.items():
        mask = masks[mine].double()
        found[name] = (float(((A * mask).sum((1, 2)) / total).mean()), float(mask.mean()))
    return found
