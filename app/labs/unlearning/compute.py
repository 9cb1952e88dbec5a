"""UNI's open questions on the reader's own picture: one of its settings is changed, all others stay."""

from dataclasses import dataclass
from typing import Any

import streamlit as st
from torch import Tensor

from app.shared import stages
from app.shared.stages import Question
from xai_core import Trace, catalogue
from xai_core.path.matching import distance_to, rate_by_rule
from xai_core.path.paths import straight
from xai_core.path.subspaces import within
from xai_core.score import gradient

SWEPT = {"η": "eta", "ε": "eps", "μ": "mu", "T": "T"}  # letter → argument of `xai_core.uni`
COMPARED = {
    name: catalogue()["uni"].options[name].values for name in ("goal", "divergence", "subspace", "weights", "rule")
}
STOPS = {"eta": (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0), "T": (1, 2, 3, 5, 10, 20, 50)}
FACTORS = {"eps": (1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 8), "mu": (0.01, 0.03, 0.1, 0.3, 1, 3, 10)}  # of the rule's value


@dataclass(frozen=True)
class Outcome:
    """What one setting leads to. Shared between readers: not to be written into."""

    score: float  # F(x′)
    monotonicity: float  # Spearman along the path; NaN where F is constant
    gap: float
    A: Tensor  # (1, C, H, W)


@st.cache_resource(max_entries=128, show_spinner=False, hash_funcs=stages.KEY)
def outcome(q: Question, given: dict[str, Any]) -> Outcome:
    """UNI from start to end, judged; kept for the next reader. given: the arguments of `xai_core.uni`."""
    asked = stages.run(q, "uni", given)
    trace = Trace(stages.score(q), straight(asked["start"], q.x), q.x, keep=0)  # the reader's own path is kept
    A = trace.attribution(*asked["nodes"])
    return Outcome(float(trace.confidence([0.0])), float(trace.monotonicity(given["B"])), float(trace.gap(A)), A)


def present(q: Question, given: dict[str, Any], name: str) -> float:
    """The value of a symbol now: the reader's, or the rule's."""
    if given[name] is not None:
        return given[name]
    return float(stages.run(q, "uni", given)["budget"]) if name == "eps" else rate(q, given)


@st.cache_resource(max_entries=128, show_spinner=False, hash_funcs=stages.KEY)
def rate(q: Question, given: dict[str, Any]) -> float:
    """μ by rule, see `xai_core.match_baseline`."""
    asked = stages.run(q, "uni", given)
    _, slope = gradient(distance_to(stages.score(q), asked["unlearned"], given["divergence"]), q.x)
    return float(rate_by_rule(float(asked["budget"]), within(slope, given["subspace"])))


def sweep(q: Question, given: dict[str, Any], name: str) -> dict[float, dict[str, Any]]:
    """The settings to try, by the value of the symbol: seven, and the present one among them or as the eighth."""
    now = present(q, given, name)
    if name in STOPS:
        tried = STOPS[name]
    else:
        by_rule = present(q, given | {name: None}, name)
        tried = [float(f"{factor * by_rule:.2g}") for factor in FACTORS[name] if factor != 1] + [by_rule]
    return {value: given | {name: value} for value in sorted({*tried, now})}


def choices(given: dict[str, Any], name: str) -> dict[str, dict[str, Any]]:
    """The settings to compare, by the word."""
    return {word: given | {name: word} for word in COMPARED[name]}
