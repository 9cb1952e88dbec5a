"""What the UNI paper claims (Choi, Duplessis & Belongie, ICLR 2025), and one claim of Integrated Gradients.

Each is asked of every network and canvas that was measured: UNI against one other method of the table at a time.
"""

import json
from collections.abc import Iterator, Sequence
from functools import partial

import pandas as pd

from xai_core.benchmark import uni_paper
from xai_core.benchmark.claims import Claim, Comparison, Rows
from xai_core.benchmark.uni_measured import ends_of, named, per_picture
from xai_core.benchmark.uni_tables import short
from xai_core.evaluate.scores import CANVASES, SCORES
from xai_core.evaluate.stability import STEPS

PATHS = ("integrated_gradients", "blur_ig", "guided_ig", "agi")
ENOUGH = 0.05  # of F(x) − F(x′), [Sundararajan2017], §5


def _known(rows: Rows, scores: Sequence[str]) -> tuple[pd.DataFrame, str]:
    """The rows of these scores, a network that was prepared otherwise as one of its own."""
    found = rows("uni")
    if found.empty:
        return found, ""
    found, _ = named(found[found["score"].isin([*scores, *ends_of(scores)])], lambda network: network)
    return found, "source" if found.groupby("network")["source"].nunique().gt(1).any() else ""


def _ahead(rows: Rows, scores: Sequence[str], rivals: Sequence[str]) -> Iterator[Comparison]:
    """UNI's score against each rival's: better is above 0."""
    found, several = _known(rows, scores)
    if found.empty:
        return
    for (network, source, score), (_, bare) in per_picture(found, scores).items():
        sign = 1 if SCORES[score].best else -1
        where = [network, *([source] if several else []), *([SCORES[score].title] if len(scores) > 1 else [])]
        for rival in rivals:
            if "uni" in bare and rival in bare:
                differences = sign * (bare["uni"] - bare[rival]).to_numpy(dtype=float)
                yield Comparison(", ".join(where), short(rival), differences)


def _forgotten(rows: Rows) -> Iterator[Comparison]:
    """F(x) − F(x′) of the unlearned baseline."""
    for network, wide in _answers(rows, "uni"):
        yield Comparison(network, "x", (wide["answer_x"] - wide["answer_own"]).to_numpy(dtype=float))


def _less_than_static(rows: Rows) -> Iterator[Comparison]:
    """F of a static baseline minus F of the unlearned one."""
    for network, wide in _answers(rows, "uni"):
        for canvas in CANVASES:
            if canvas != "own" and f"answer_{canvas}" in wide:
                differences = wide[f"answer_{canvas}"] - wide["answer_own"]
                yield Comparison(network, canvas, differences.to_numpy(dtype=float))


def _complete(rows: Rows) -> Iterator[Comparison]:
    """5 % of F(x) − F(x′), minus the gap of the map."""
    for network, wide in _answers(rows, "integrated_gradients"):
        if "gap" in wide:
            allowed = ENOUGH * (wide["answer_x"] - wide["answer_own"]).abs()
            yield Comparison(network, "5 %", (allowed - wide["gap"]).to_numpy(dtype=float))


def _answers(rows: Rows, method: str) -> Iterator[tuple[str, pd.DataFrame]]:
    """A network and its pictures × (gap, F of the picture and of the canvases), as one method's rows have them."""
    found, _ = _known(rows, ["gap", "answer_x", *(f"answer_{canvas}" for canvas in CANVASES)])
    if found.empty:
        return
    found = found[found["method"] == method]
    for network, part in found.groupby("network", sort=False):
        wide = part.pivot_table("value", ["source", "picture"], "score", dropna=False)
        if {"answer_x", "answer_own"} <= set(wide):
            steps = json.loads(part["symbols"].iloc[0]).get("B") if "symbols" in part else None
            yield f"{network}, B = {steps}" if method == "integrated_gradients" and steps else str(network), wide


def _claim(name: str, place: str, says: str, scores: Sequence[str], rivals: Sequence[str]) -> Claim:
    return Claim(name, "UNI", place, says, partial(_ahead, scores=scores, rivals=rivals), "pictures")


FAITHFUL, ROBUST = uni_paper.FAITHFULNESS[1:], uni_paper.ROBUSTNESS[1:]
CLAIMS = (
    _claim("uni_mufidelity", "Table 2", "UNI has a larger |MuFidelity| than the other methods.",
           ["mufidelity", "mufidelity_blurred"], FAITHFUL),
    _claim("uni_deletion", "Table 3", "UNI has a smaller deletion AUC than the other methods.",
           [f"deletion_{canvas}" for canvas in CANVASES], FAITHFUL),
    _claim("uni_insertion", "Table 4", "UNI has a larger insertion AUC than the other methods.",
           [f"insertion_{canvas}" for canvas in CANVASES], FAITHFUL),
    _claim("uni_spearman", "Table 5", "After an attack, UNI's map keeps more of its ranks than the others' maps.",
           ["attack_spearman", "iterated_spearman"], ROBUST),
    _claim("uni_intersection", "Table 6", "After an attack, UNI's map keeps more of its strongest pixels.",
           ["attack_intersection", "iterated_intersection"], ROBUST),
    _claim("uni_stability", "§5.3", "With 1, 15 or 30 steps, UNI's map is nearer to that of 300 than the others' maps.",
           [f"stability_{B}" for B in STEPS], PATHS),
    _claim("uni_monotonicity", "Figure 20", "UNI's path rises more monotonically than the other paths.",
           ["monotonicity"], PATHS),
    _claim("uni_curvature", "§4", "UNI's path bends less than the other paths.", ["curvature"], PATHS),
    Claim("uni_forgets", "UNI", "§3", "The network is less sure of the unlearned baseline than of the picture.",
          _forgotten, "pictures"),
    Claim("uni_static", "UNI", "§3", "The network is less sure of the unlearned baseline than of a static one.",
          _less_than_static, "pictures"),
    Claim("ig_complete", "IG", "§5", "Its map adds up to F(x) − F(x′) within 5 % at 20 to 300 steps.",
          _complete, "pictures"),
)  # fmt: skip
