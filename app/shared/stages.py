"""What is asked about a picture, and the answers, kept for all readers.

A method is a chain of stages (xai_core/stages.py). Each is kept on the question and on the symbols that it names: K
never asks the network, B asks it only for the points of the path that are new, and a hundred students who open one link
cost one computation.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import streamlit as st
import torch
from torch import Tensor

import xai_core
from app.shared import networks, own_method
from app.shared.meter import watched
from app.shared.networks import Network
from app.shared.pictures import Picture
from xai_core import Score, Stages, catalogue
from xai_core.score import forward
from xai_core.stages import Key

LARGE = ("trace", "near")  # stages whose results hold gradients or masks; fewer of them are kept
COPIES = ("near",)  # stages that ask the network about many copies of the picture
_copies: dict[tuple, None] = {}  # those that were run


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


def run(q: Question, method: str, given: Mapping[str, Any]) -> Stages:
    """The stages of a method for this question, shared with every reader and page that asks the same.

    given: its arguments, as `xai_core.explain` takes them (output: see the question).
    """
    arguments = {name: value for name, value in given.items() if name != "output"}
    return Stages(catalogue()[method], score(q), q.x, arguments, keep=partial(_kept, q))


def dear(q: Question, method: str, given: Mapping[str, Any]) -> bool:
    """Whether the network is still to be asked about many copies of the picture, or by a method of the reader's own
    that nobody knows yet; all else is quick."""
    if own_method.new(method):
        return True
    asked = run(q, method, given)
    return any(stage in asked and (*q.place, _words(asked.key(stage))) not in _copies for stage in COPIES)


def _kept(q: Question, stage: str, key: Key, compute: Callable[[], Any]) -> Any:
    """A stage is kept on the question and on what it names, and on nothing else."""
    where = (*q.place, q.target if key.of_class else None, _words(key))
    found = (_large if stage in LARGE else _small)(where, compute)
    if stage in COPIES:
        _copies[(*q.place, _words(key))] = None
        while len(_copies) > 4096:
            _copies.pop(next(iter(_copies)), None)
    return found


def _words(key: Key) -> tuple:
    stage = f"{key.stage.__module__}.{key.stage.__qualname__}"
    return (stage, *((name, _words(part) if isinstance(part, Key) else part) for name, part in key.parts))


@st.cache_resource(max_entries=24, show_spinner=False)
def _large(where: tuple, _compute: Callable[[], Any]) -> Any:
    return _compute()


@st.cache_resource(max_entries=256, show_spinner=False)
def _small(where: tuple, _compute: Callable[[], Any]) -> Any:
    return _compute()


@st.cache_resource(max_entries=128, show_spinner=False, hash_funcs=KEY)
def explanation(q: Question, method: str, given: dict[str, Any]) -> Explanation:
    """The map of one method, and the numbers that its stages know. given: see `run`.

    Raises ValueError or TypeError with a sentence, as the methods do.
    """
    asked = run(q, method, given)
    A, trace, fit, eps = asked.map, asked.get("trace"), asked.get("fit"), asked.get("budget")
    change = None if trace is None else float(trace.change().mean())
    return Explanation(
        A,
        gap=None if change is None else abs(float(A.sum()) - change),
        change=change,
        r2=None if fit is None else fit.r2,
        eps=None if eps is None else float(eps),
    )


@dataclass(frozen=True)
class Judged:
    """The numbers that judge a path."""

    monotonicity: float  # Spearman
    curvature: float  # largest |d²F/dα²|
    gap: float


def judged(asked: Stages) -> Judged:
    """How well the path of these stages can be summed."""
    trace, (B, _) = asked["trace"], asked["nodes"]
    return Judged(float(trace.monotonicity(B)), float(trace.curvature(B)), float(trace.gap(asked.map)))


def score_of(q: Question, x: Tensor) -> float:
    """F_c of another picture."""
    return float(forward(score(q), x))
