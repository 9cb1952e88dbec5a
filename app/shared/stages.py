"""Every stage of an explanation, kept on what it depends on and nothing else.

    LIME   neighbourhood (network, picture, N, segments, fill, seed)  →  fit (K, σ, distance, class)
    IG     trace (network, picture, class, baseline)                  →  attribution (B, rule)
    UNI    forgetting (η)  →  baseline (T, ε, μ)  →  trace            →  attribution (B, rule)

So K never asks the network, and B asks it only for the points of the path that are new. All of this is shared between
readers: a hundred students who open one link cost one computation.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any

import streamlit as st
import torch
from torch import Tensor

import xai_core
from app.shared import networks
from app.shared.meter import watched
from app.shared.networks import Network
from app.shared.pictures import Picture
from xai_core import (
    Neighbourhood,
    Score,
    Trace,
    agi_trace,
    answer_to_match,
    catalogue,
    detour_trace,
    guided_trace,
    match_baseline,
    scale_space,
)
from xai_core.baselines import make_baseline
from xai_core.path.matching import budget
from xai_core.path.paths import straight
from xai_core.path.quadrature import quadrature
from xai_core.path.three_paths import whole_steps
from xai_core.score import forward

KEPT_BYTES = 48 * 2**20  # gradients that one trace may keep; a longer path is walked again for each B


@dataclass(frozen=True)
class Question:
    """Why does this network give this picture this score? Equal questions share their answers."""

    network: Network
    picture: Picture
    target: int
    output: str  # "probability" or "logit"
    x: Tensor = field(compare=False, repr=False)  # (1, C, H, W)

    @property
    def place(self) -> tuple:
        """What the network's answers near the picture depend on: not the class, they are for all classes."""
        return (self.network, self.picture, self.output)


KEY = {Question: lambda q: (*q.place, q.target)}  # of a cache: equal questions share their answers


@dataclass
class Walk:
    """A trace that many readers share, one at a time: two that ask for the same points compute them once."""

    trace: Trace
    lock: threading.Lock = field(default_factory=threading.Lock)


@dataclass(frozen=True)
class Explanation:
    """A map and the number that judges it. Shared between readers: not to be written into."""

    A: Tensor  # shaped like the picture, (1, C, H, W)
    gap: float | None = None  # |Σ A − (F(x) − F(x′))|
    change: float | None = None  # F(x) − F(x′)
    r2: float | None = None  # of LIME's fit
    eps: float | None = None  # what the rule chose


@st.cache_resource(max_entries=64, show_spinner=False, hash_funcs=KEY)
def score(q: Question) -> Score:
    """F_c, with its passes counted."""
    return watched(xai_core.make_score(networks.load(q.network.name), q.x, q.target, q.output))


@st.cache_resource(max_entries=128, show_spinner=False)
def predictions(network: Network, picture: Picture, _x: Tensor) -> Tensor:
    """The probabilities of all classes: (classes,)."""
    f = xai_core.make_score(networks.load(network.name), _x, "predicted")
    with torch.no_grad():
        return f.outputs(_x)[0]


@st.cache_resource(max_entries=128, show_spinner=False, hash_funcs=KEY)
def forgetting(q: Question, eta: float, weights: str, goal: str) -> Tensor:
    """UNI's stage 1: what the network answers once it has unlearned the picture, (1, classes)."""
    return answer_to_match(score(q), q.x, eta, weights, goal)


@st.cache_resource(max_entries=128, show_spinner=False, hash_funcs=KEY)
def budget_by_rule(q: Question, eta: float, weights: str, goal: str) -> float:
    """ε where nobody chose one."""
    return float(budget(score(q), q.x, forgetting(q, eta, weights, goal)))


@dataclass(frozen=True)
class Unlearning:
    """All that UNI's baseline depends on, besides the question."""

    T: int
    eps: float | None
    eta: float
    mu: float | None
    weights: str
    goal: str
    divergence: str

    @classmethod
    def of(cls, given: dict[str, Any]) -> "Unlearning":
        """From the arguments of `xai_core.uni`."""
        return cls(**{f.name: given[f.name] for f in fields(cls)})

    @property
    def forgetting(self) -> tuple[float, str, str]:
        """What stage 1 depends on."""
        return self.eta, self.weights, self.goal

    def budget(self, q: Question) -> float:
        """ε, as chosen or by the rule."""
        return budget_by_rule(q, *self.forgetting) if self.eps is None else self.eps


@st.cache_resource(max_entries=64, show_spinner=False, hash_funcs=KEY)
def unlearned_baseline(q: Question, how: Unlearning) -> Tensor:
    """UNI's stage 2: x′, (1, C, H, W)."""
    unlearned = forgetting(q, *how.forgetting)
    return match_baseline(score(q), q.x, unlearned, how.T, how.budget(q), how.mu, how.divergence)


@st.cache_resource(max_entries=8, show_spinner=False, hash_funcs=KEY)
def walk_from_unlearned(q: Question, how: Unlearning) -> Walk:
    """UNI's stage 3: the path from its baseline."""
    return _walk(q, unlearned_baseline(q, how))


@st.cache_resource(max_entries=8, show_spinner=False, hash_funcs=KEY)
def walk_from_static(q: Question, baseline: str, seed: int) -> Walk:
    """The path of Integrated Gradients."""
    return _walk(q, make_baseline(q.x, baseline, seed))


@st.cache_resource(max_entries=8, show_spinner=False, hash_funcs=KEY)
def walk_from_blurred(q: Question, sigma: float) -> Walk:
    """The path of BlurIG."""
    return Walk(Trace(score(q), scale_space(q.x, sigma), q.x))


@st.cache_resource(max_entries=8, show_spinner=False, hash_funcs=KEY)
def walk_on_detour(q: Question, baseline: str, path: str, order: str, G: int, seed: int) -> Walk:
    """P1, P2 or P3."""
    return Walk(detour_trace(score(q), q.x, baseline, path, order, G, seed))


@st.cache_resource(max_entries=4, show_spinner=False, hash_funcs=KEY)
def walk_guided(q: Question, baseline: str, B: int, seed: int) -> Walk:
    """The path that Guided IG finds in B steps."""
    return Walk(guided_trace(score(q), q.x, baseline, B, seed=seed))


@st.cache_resource(max_entries=4, show_spinner=False, hash_funcs=KEY)
def walk_from_rival(q: Question, T: int, eps: float) -> Walk:
    """AGI's path from where the network says the likeliest other class."""
    return Walk(agi_trace(score(q), q.x, 1, T, eps))


def _walk(q: Question, start: Tensor) -> Walk:
    return Walk(Trace(score(q), straight(start, q.x), q.x))


@st.cache_resource(max_entries=16, show_spinner=False)
def near(place: tuple, N: int, segments: str, fill: str, seed: int, _q: Question) -> Neighbourhood:
    """LIME's masked copies and the network's answers for all classes."""
    return xai_core.neighbourhood(score(_q), _q.x, N, segments, fill, seed)


@st.cache_resource(max_entries=128, show_spinner=False, hash_funcs=KEY)
def explanation(q: Question, method: str, given: dict[str, Any]) -> Explanation:
    """The map of one method. given: its arguments, as `xai_core.explain` takes them (output: see the question).

    Raises ValueError or TypeError with a sentence, as the methods do.
    """
    arguments = {name: value for name, value in given.items() if name != "output"}
    return _STAGED.get(method, _at_once)(q, method, arguments)


def read(walk: Walk, B: int, rule: str, **also: Any) -> Explanation:
    """What a path of B steps attributes; only its new points ask the network."""
    with walk.lock:
        trace = walk.trace
        fits = (len(trace.slopes) + B) * trace.like.numel() * trace.like.element_size() <= KEPT_BYTES
        if not fits:
            trace.slopes.clear()
        trace.remember = B * trace.like.numel() * trace.like.element_size() <= KEPT_BYTES
        A = trace.attribution(B, rule)
        return Explanation(A, float(trace.gap(A)), float(trace.change()), **also)


def _integrated_gradients(q: Question, method: str, given: dict[str, Any]) -> Explanation:
    quadrature(given["B"], given["rule"])  # refuses what makes no sense before anything is computed
    return read(walk_from_static(q, given["baseline"], given["seed"]), given["B"], given["rule"])


def _uni(q: Question, method: str, given: dict[str, Any]) -> Explanation:
    quadrature(given["B"], given["rule"])
    how = Unlearning.of(given)
    return read(walk_from_unlearned(q, how), given["B"], given["rule"], eps=how.budget(q))


def _blur_ig(q: Question, method: str, given: dict[str, Any]) -> Explanation:
    quadrature(given["B"], given["rule"])
    return read(walk_from_blurred(q, given["sigma"]), given["B"], given["rule"])


def _path_integrated_gradients(q: Question, method: str, given: dict[str, Any]) -> Explanation:
    way = {name: given[name] for name in ("path", "order", "G")}
    walk = walk_on_detour(q, given["baseline"], **way, seed=given["seed"])
    return read(walk, whole_steps(q.x, given["B"], **way), "midpoint")


def _guided_ig(q: Question, method: str, given: dict[str, Any]) -> Explanation:
    trace = guided_trace(score(q), q.x, **given, remember=False)
    A = trace.attribution(given["B"], "left")
    return Explanation(A, float(trace.gap(A)), float(trace.change()))


def _agi(q: Question, method: str, given: dict[str, Any]) -> Explanation:
    """The mean over the rivals' paths; so are F(x) − F(x′) and what is missing from it."""
    trace = agi_trace(score(q), q.x, given["K"], given["T"], given["eps"], remember=False)
    A, change = trace.attribution(given["B"], given["rule"]).mean(0, keepdim=True), float(trace.change().mean())
    return Explanation(A, abs(float(A.sum()) - change), change)


def _lime(q: Question, method: str, given: dict[str, Any]) -> Explanation:
    around = near(q.place, given["N"], given["segments"], given["fill"], given["seed"], q)
    fit = xai_core.k_lasso(around, given["K"], given["sigma"], given["distance"], column=q.target)
    return Explanation(_like(around.paint(fit.weights)[None, None].to(q.x), q.x), r2=fit.r2)


def _at_once(q: Question, method: str, given: dict[str, Any]) -> Explanation:
    return Explanation(_like(catalogue()[method].function(score(q), q.x, **given), q.x))


# Methods whose work is kept in parts, or whose gap is read off them; every other is computed at once.
_STAGED: dict[str, Callable[[Question, str, dict[str, Any]], Explanation]] = {
    "integrated_gradients": _integrated_gradients,
    "uni": _uni,
    "blur_ig": _blur_ig,
    "guided_ig": _guided_ig,
    "agi": _agi,
    "path_integrated_gradients": _path_integrated_gradients,
    "lime": _lime,
}


def _like(A: Tensor, x: Tensor) -> Tensor:
    """One number a pixel, spread over the channels as `xai_core.explain` does."""
    return A if A.shape == x.shape else (A / x.shape[1]).expand_as(x).contiguous()


def confidence(walk: Walk, points: list[float]) -> list[float]:
    """F along the path, where it was not seen yet: a forward pass each."""
    with walk.lock:
        return walk.trace.confidence(points)[:, 0].tolist()


@dataclass(frozen=True)
class Judged:
    """The numbers that judge a path."""

    monotonicity: float  # Spearman
    curvature: float  # largest |d²F/dα²|
    gap: float


def judged(walk: Walk, B: int, rule: str) -> Judged:
    """How well a path of B steps can be summed."""
    A = read(walk, B, rule).A
    with walk.lock:
        trace = walk.trace
        return Judged(float(trace.monotonicity(B)), float(trace.curvature(B)), float(trace.gap(A)))


def score_of(q: Question, x: Tensor) -> float:
    """F_c of another picture."""
    return float(forward(score(q), x))
