"""The scores of a map by name: which end is good, and what a map by chance would get. examination.py measures them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from xai_core.evaluate.stability import STEPS


@dataclass(frozen=True)
class Meaning:
    """What a number says."""

    title: str  # as in a table's head
    best: float  # of a perfect map, or where "better" points to
    says: str
    chance: float | None = None  # of a map drawn by chance, where that is one number


CANVASES = ("black", "blurred", "own")
MUFIDELITY: dict[str, dict[str, Any]] = {  # what the paper leaves open: what stands where a subset was, and its size
    "mufidelity": {},
    "mufidelity_blurred": {"reference": "blurred"},
    "mufidelity_5": {"share": 0.05},
    "mufidelity_50": {"share": 0.5},
}
SCORES: dict[str, Meaning] = {
    "mufidelity": Meaning("|MuFidelity|", 1, "what a subset of the map adds up to goes with what its absence costs"),
    "mufidelity_signed": Meaning("MuFidelity", 1, "the same with its sign", 0),
    "mufidelity_blurred": Meaning("|MuFidelity|, blurred", 1, "the same where what is absent is blurred"),
    "mufidelity_5": Meaning("|MuFidelity|, |S| = 5 %", 1, "the same of subsets of a twentieth of the features"),
    "mufidelity_50": Meaning("|MuFidelity|, |S| = 50 %", 1, "the same of subsets of half of the features"),
    **{f"deletion_{c}": Meaning(f"Deletion, {c}", 0, "mean score while the best pixels go") for c in CANVASES},
    **{f"insertion_{c}": Meaning(f"Insertion, {c}", 1, "mean score while the best pixels come") for c in CANVASES},
    "answer_x": Meaning("F(x)", 1, "how sure the network is of the picture; insertion ends there"),
    **{
        f"answer_{c}": Meaning(f"F of the canvas, {c}", 0, "what the canvas keeps; deletion ends there")
        for c in CANVASES
    },
    "attack_spearman": Meaning("Attack, Spearman", 1, "ranks before and after a one-step attack", 0),
    "attack_intersection": Meaning("Attack, top k", 1, "of the strongest pixels, those that stayed"),
    "iterated_spearman": Meaning("Iterated attack, Spearman", 1, "ranks before and after ten steps", 0),
    "iterated_intersection": Meaning("Iterated attack, top k", 1, "of the strongest pixels, those that stayed"),
    **{f"stability_{B}": Meaning(f"Stability, B = {B}", 1, f"ranks of {B} steps against 300", 0) for B in STEPS},
    "gap": Meaning("Completeness gap", 0, "what is missing from F(x) − F(x′)"),
    "monotonicity": Meaning("Monotonicity", 1, "Spearman of the score along the path", 0),
    "curvature": Meaning("Curvature", 0, "largest bend of the score along the path"),
    "randomisation": Meaning("Half in ruins", 0, "|Spearman| with the map of a network whose upper half is ruined"),
    "inside_animal": Meaning("Inside the animal", 1, "share of the positive relevance there"),
    "inside_part": Meaning("Inside the part", 1, "share of the positive relevance on the deciding part"),
    "pointing_animal": Meaning("Pointing at the animal", 1, "the best pixel hits it"),
    "pointing_part": Meaning("Pointing at the part", 1, "the best pixel hits the deciding part"),
}
OF_MAPS = tuple(
    s for s in SCORES if s.startswith(("mufidelity", "deletion", "insertion", "answer", "inside", "pointing"))
)
OF_PATHS = tuple(s for s in SCORES if s.startswith(("stability", "gap", "monotonicity", "curvature")))


def check_scores(scores: Sequence[str]) -> None:
    """Raises ValueError for a name that is none of SCORES."""
    unknown = [name for name in scores if name not in SCORES]
    if unknown:
        raise ValueError(f"scores must be of {', '.join(SCORES)}; got {unknown[0]!r}")
