"""UNI's open questions on the reader's own picture: one of its settings is changed, all others stay."""

from dataclasses import dataclass, replace

import streamlit as st
from torch import Tensor

from app.shared import stages
from app.shared.stages import Question, Unlearning
from xai_core import Trace, catalogue
from xai_core.path.matching import distance_to, rate_by_rule
from xai_core.path.paths import straight
from xai_core.score import gradient

SWEPT = {"η": "eta", "ε": "eps", "μ": "mu", "T": "T"}  # letter → argument of `xai_core.uni`
COMPARED = {name: catalogue()["uni"].options[name].values for name in ("goal", "divergence", "weights")}
STOPS = {"eta": (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0), "T": (1, 2, 3, 5, 10, 20, 50)}
FACTORS = {"eps": (1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 8), "mu": (0.01, 0.03, 0.1, 0.3, 1, 3, 10)}  # of the rule's value


@dataclass(frozen=True)
class Outcome:
    """What one setting leads to. Shared between readers: not to be written into."""

    score: float  # F(x′)
    monotonicity: float  # Spearman along the path; NaN where F is constant
    gap: float
    A: Tensor  # (1, C, H, W)


def outcome(q: Question, how: Unlearning, B: int, rule: str) -> Outcome:
    """UNI from start to end, judged; kept for the next reader."""
    return _outcome(q.place, q.target, how, B, rule, q)


@st.cache_resource(max_entries=128, show_spinner=False)
def _outcome(place: tuple, target: int, how: Unlearning, B: int, rule: str, _q: Question) -> Outcome:
    start = stages.unlearned_baseline(_q, how)
    trace = Trace(stages.score(_q), straight(start, _q.x), _q.x, keep=0)  # the reader's own path is kept
    A = trace.attribution(B, rule)
    return Outcome(float(trace.confidence([0.0])), float(trace.monotonicity(B)), float(trace.gap(A)), A)


def present(q: Question, how: Unlearning, name: str) -> float:
    """The value of a symbol now: the reader's, or the rule's."""
    if name == "eps":
        return how.budget(q)
    return rate(q, how) if name == "mu" and how.mu is None else getattr(how, name)


def rate(q: Question, how: Unlearning) -> float:
    """μ by rule, see `xai_core.match_baseline`."""
    return _rate(q.place, q.target, how, q)


@st.cache_resource(max_entries=128, show_spinner=False)
def _rate(place: tuple, target: int, how: Unlearning, _q: Question) -> float:
    C = distance_to(stages.score(_q), stages.forgetting(_q, *how.forgetting), how.divergence)
    _, slope = gradient(C, _q.x)
    return float(rate_by_rule(how.budget(_q), slope))


def sweep(q: Question, how: Unlearning, name: str) -> dict[float, Unlearning]:
    """The settings to try, by the value of the symbol: seven, and the present one among them or as the eighth."""
    now = present(q, how, name)
    if name in STOPS:
        tried = STOPS[name]
    else:
        by_rule = present(q, replace(how, **{name: None}), name)
        tried = [float(f"{factor * by_rule:.2g}") for factor in FACTORS[name] if factor != 1] + [by_rule]
    return {value: replace(how, **{name: value}) for value in sorted({*tried, now})}


def choices(how: Unlearning, name: str) -> dict[str, Unlearning]:
    """The settings to compare, by the word."""
    return {word: replace(how, **{name: word}) for word in COMPARED[name]}
