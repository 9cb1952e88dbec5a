"""What the page Baselines computes: a picture made worse, its maps from several baselines, and a number for each bias.

corrupted picture (picture, corruption, severity, seed)  →  the stages of stages.py, as for any other picture
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from app.shared import stages, worse
from app.shared.stages import Explanation, Question
from app.shared.subject import Subject
from xai_core import catalogue, nearest_part, rank_correlation, roughness, share

GRADIENT = "simple gradient (no baseline)"
OWN = "own colour"
STARTS = {  # words on the page → name of the map in a file, and of the baseline
    "black": "black",
    "white": "white",
    "grey": "grey",
    "mean colour": "mean",
    OWN: "own_colour",
    "blurred": "blurred",
    "Gaussian noise": "gaussian_noise",
    "uniform noise": "uniform_noise",
    "shot noise": "shot_noise",
    "UNI": "uni",
}
KINDS = {  # words on the page → name in data.corruptions, and the bias that the lecture shows with it
    "brightness": ("brightness", "colour"),
    "saturation": ("saturate", "colour"),
    "Gaussian blur": ("gaussian_blur", "texture"),
    "defocus blur": ("defocus_blur", "texture"),
    "Gaussian noise": ("gaussian_noise", "frequency"),
    "shot noise": ("shot_noise", "frequency"),
}


def corrupted(about: Subject, corruption: str, severity: int, seed: int) -> Subject:
    """See `worse.corrupted`; corruption: as on the page."""
    return worse.corrupted(about, KINDS[corruption][0], severity, seed)


def method_of(start: str) -> str:
    """The method of the catalogue that explains from this start."""
    return "uni" if start == "UNI" else "integrated_gradients"


def arguments(start: str, colour: tuple[float, ...], **asked: Any) -> dict[str, Any]:
    """All arguments of that method, as `xai_core.explain` takes them. asked: B, rule, seed, output."""
    defaults = catalogue()[method_of(start)].defaults
    given = defaults | {name: value for name, value in asked.items() if name in defaults}
    if start == "UNI":
        return {name: value for name, value in given.items() if name != "seed"}  # nothing in it is random
    return given | {"baseline": colour if start == OWN else STARTS[start]}


def baseline_of(q: Question, start: str, given: dict[str, Any]) -> Tensor:
    """x′: (1, C, H, W)."""
    return stages.run(q, method_of(start), given)["start"]


@dataclass(frozen=True)
class Region:
    """Where the biases are looked for. The parts belong to the picture before it was made worse."""

    name: str  # "the elephant", "the picture"
    whole: Tensor  # (H, W) bool
    darkest: Tensor  # a quarter of it, (1, H, W) bool
    brightest: Tensor
    plainest: Tensor


def region(about: Subject) -> Region:
    """The animal where the picture was drawn, else the whole picture."""
    parts = about.opened.parts
    ground = ("the snow", "the background")
    masks = [mask for name, mask in parts.items() if name not in ground]
    whole = torch.stack(masks).any(0) if masks else torch.ones(about.opened.x.shape[2:], dtype=torch.bool)
    name = f"the {about.opened.whole}"
    x = about.opened.x
    return Region(name, whole, *(nearest_part(x, start, whole) for start in ("black", "white", "blurred")))


@dataclass(frozen=True)
class Biases:
    """The numbers of one map. 1 is a fair share."""

    darkest: float
    brightest: float
    plainest: float
    rough: float
    same: float  # Spearman with the same kind of map of the picture before it was made worse


def biases(A: Tensor, clean: Tensor, where: Region) -> Biases:
    """All numbers of a map. clean: its like, of the picture before it was made worse."""
    return Biases(
        *(float(share(A, part, where.whole)) for part in (where.darkest, where.brightest, where.plainest)),
        float(roughness(A)),
        float(rank_correlation(A, clean)),
    )


def explain(q: Question, start: str, given: dict[str, Any]) -> Explanation:
    """The map from one baseline."""
    return stages.explanation(q, method_of(start), given)
