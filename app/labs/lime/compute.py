"""What the page LIME computes: masked copies of a picture, a text or a row of a table, asked once and read many times.

    copies (what is explained, seed)  →  the first N of them  →  fit (K, σ, distance, class)

A larger N asks about the new copies only; a smaller N, another K, σ or class ask nothing. Like all stages, the copies
are shared between readers.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
import streamlit as st
import torch
from torch import Tensor

from xai_core import Neighbourhood, band, coalitions, k_lasso, k_path, shapley_values, symbols
from xai_core.perturbation.k_lasso import Band, LinearFit

LONGEST = symbols.of(k_lasso)["K"].high  # the slider's end
SEEDS = 10  # explanations behind a band
WIDTHS = (0.05, 0.1, 0.15, 0.2, 0.25, 0.35, 0.5, 0.75, 1.0, 1.5, 2.0)
SIZES = (10, 20, 30, 50, 75, 100, 150, 250, 400, 600, 1000, 1500, 2000)
MOST_FEATURES = 800  # more take seconds a fit: MNIST's 784 pixels are the most


@dataclass(frozen=True)
class Input:
    """What is explained, whatever it is. Two with equal `place` share their copies."""

    kind: str  # "picture", "text" or "table"
    place: tuple  # all that the answers depend on, besides the mask: network and picture, classifier and text, …
    title: str  # such as "elephant no. 27"
    classes: tuple[str, ...]
    target: int  # the class that is explained
    answers: Tensor = field(compare=False, repr=False)  # F of the thing itself, for all classes
    unit: str  # of F: "probability", "logit", or a regressor's quantity
    names: tuple[str, ...]  # of the M features
    ask: Callable[[Neighbourhood | None, int, int], Neighbourhood] = field(compare=False, repr=False)
    # (copies there are, N, seed) → N copies and the answers to them; those that are there are not asked again
    shap: Callable[[Tensor, int], Neighbourhood] = field(compare=False, repr=False)  # (coalitions, class) → the answers
    costs: int = 1  # answers that one coalition takes: the rows of a background

    @property
    def features(self) -> int:
        return len(self.names)

    @property
    def class_name(self) -> str:
        return self.classes[self.target]

    @property
    def answer(self) -> float:
        """F(x)."""
        return float(self.answers[self.target])

    def say(self, value: float) -> str:
        """An answer with as many digits as it deserves."""
        return f"{value:.1f}" if abs(value) >= 100 else f"{value:.3f}"


@dataclass
class Asked:
    """Copies that many readers share; whoever wants more of them waits for one who asks already."""

    near: Neighbourhood | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)


@st.cache_resource(max_entries=48, show_spinner=False)
def _asked(place: tuple, seed: int) -> Asked:
    return Asked()


def around(this: Input, N: int, seed: int) -> Neighbourhood:
    """N copies and the answers to them, for all classes. Only copies that are new cost anything."""
    held = _asked(this.place, seed)
    with held.lock:
        if held.near is None or len(held.near.masks) < N:
            held.near = this.ask(held.near, N, seed)
        return replace(held.near.first(N), target=this.target)


def longer(near: Neighbourhood | None, masks: Tensor, ask: Callable[[Tensor], Neighbourhood]) -> Neighbourhood:
    """A neighbourhood of all `masks`, of which those in `near` were asked about before."""
    if near is None:
        return ask(masks)
    new = ask(torch.cat([masks[:1], masks[len(near.masks) :]]))  # row 0 has to be the thing itself
    return replace(near, masks=masks, scores=torch.cat([near.scores, new.scores[1:]]))


@dataclass(frozen=True)
class Reading:
    """How the copies are read. Nothing of it asks the network."""

    N: int
    K: int
    sigma: float
    distance: str
    seed: int


def fit(this: Input, how: Reading, column: int | None = None) -> LinearFit:
    """LIME's short linear model, of the class that is explained or of another one."""
    return path(this, how, column)[how.K - 1]


def path(this: Input, how: Reading, column: int | None = None) -> list[LinearFit]:
    """The explanations of every length up to `LONGEST`, or M: computed once, whichever K is read."""
    return _path(this.place, replace(how, K=0), this.target if column is None else column, this)


@st.cache_resource(max_entries=256, show_spinner=False)
def _path(place: tuple, how: Reading, column: int, _this: Input) -> list[LinearFit]:
    return k_path(around(_this, how.N, how.seed), LONGEST, how.sigma, how.distance, column)


Curve = tuple[list[float], list[float]]


def r2_by_setting(this: Input, how: Reading) -> dict[str, Curve]:
    """Local R² against N, of the copies that are there already, and against σ."""
    return _r2_by_setting(this.place, how, this.target, this)


@st.cache_resource(max_entries=256, show_spinner=False)
def _r2_by_setting(place: tuple, how: Reading, column: int, _this: Input) -> dict[str, Curve]:
    near = around(_this, how.N, how.seed)
    sizes = [*(n for n in SIZES if n < how.N), how.N]
    widths = sorted({*WIDTHS, how.sigma})
    by_N = [k_lasso(near.first(n), how.K, how.sigma, how.distance, column).r2 for n in sizes]
    by_sigma = [k_lasso(near, how.K, sigma, how.distance, column).r2 for sigma in widths]
    return {"N": (sizes, by_N), "σ": (widths, by_sigma)}


def spread(this: Input, how: Reading) -> Band:
    """Each weight's band over seeds: `SEEDS` explanations, the reader's own among them."""
    return _spread(this.place, how, this.target, this)


@st.cache_resource(max_entries=128, show_spinner=False)
def _spread(place: tuple, how: Reading, column: int, _this: Input) -> Band:
    return band([fit(_this, replace(how, seed=how.seed + i), column) for i in range(SEEDS)])


def shapley(this: Input, N: int, seed: int) -> Tensor:
    """KernelSHAP's value of each feature: (M,)."""
    return _shapley(this.place, N, seed, this.target, this)


@st.cache_resource(max_entries=128, show_spinner=False)
def _shapley(place: tuple, N: int, seed: int, column: int, _this: Input) -> Tensor:
    masks, weights = coalitions(_this.features, N, seed)
    return shapley_values(_this.shap(masks, column), weights)


def correlation(a: Tensor, b: Tensor) -> float:
    """Pearson's correlation, NaN where one of the two does not vary."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return float(np.corrcoef(a.numpy(), b.numpy())[0, 1])
