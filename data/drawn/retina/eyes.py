"""Drawn eyes: a fundus with the lesions of a grade on it, and the masks of both.

Images are (3, size, size) float32 in [0, 1]; masks (size, size) bool, true where any of the pixel is painted.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from data import arguments
from data.drawn.canvas import Canvas, painted
from data.drawn.retina.fundus import sight_of
from data.drawn.retina.lesions import GRADES, LESIONS, PAINT, grade, places_of, quadrant_of


@dataclass(frozen=True)
class Eye:
    """One drawn eye. `image` (3, size, size); `lesions` name → mask, empty masks included; `disc`, `vessels`, `field`
    (size, size) bool; `counts` name → how many were drawn; `seed` draws it again.
    """

    image: Tensor
    label: int
    lesions: dict[str, Tensor]
    disc: Tensor
    vessels: Tensor
    field: Tensor
    counts: dict[str, int]
    seed: int

    @property
    def name(self) -> str:
        """The grade in words."""
        return GRADES[self.label]

    @property
    def lesion(self) -> Tensor:
        """Where any lesion is, (size, size) bool."""
        return torch.stack(list(self.lesions.values())).any(0)


def draw(label: int | str, seed: int, *, without: Collection[str] = (), size: int = 64) -> Eye:
    """One eye: (grade, seed) fixes its bits; another grade puts other lesions into the same eye.

    `without`: kinds of lesions, of `LESIONS`, to leave out; the eye's label is then what the rule says of the rest.
    `size`: the side in pixels; the drawing is the same, sharper. Raises ValueError, naming the argument.
    """
    label, seed = _checked(label, seed, without, size)
    sight = sight_of(seed, size)
    canvas = Canvas(size)
    canvas.image[:] = sight.image
    places = places_of(label, sight.disc, sight.fovea, np.random.default_rng([seed, 1]))
    masks = {}
    for number, kind in enumerate(LESIONS):
        places[kind] = [] if kind in without else places[kind]
        hand = [np.random.default_rng([seed, 2, number, i]) for i in range(len(places[kind]))]
        masks[kind] = painted(
            canvas,
            lambda: [PAINT[kind](canvas, x, y, rng) for (x, y), rng in zip(places[kind], hand, strict=True)],  # noqa: B023
        )
    canvas.image *= sight.light
    canvas.image += (1 - sight.shown) * 0.02
    field = sight.shown > 0
    quarters = [quadrant_of(x, y, *sight.fovea) for x, y in places["haemorrhages"]]
    return Eye(
        image=torch.from_numpy(np.clip(canvas.image, 0, 1)),
        label=grade(
            len(places["microaneurysms"]), tuple(quarters.count(q) for q in range(4)), len(places["hard exudates"])
        ),
        lesions={kind: torch.from_numpy(mask & field) for kind, mask in masks.items()},
        disc=torch.from_numpy(sight.at_disc & field),
        vessels=torch.from_numpy(sight.vessels & field),
        field=torch.from_numpy(field),
        counts={kind: len(places[kind]) for kind in LESIONS},
        seed=seed,
    )


def eye_seed(seed: int, i: int) -> int:
    """The seed of the i-th eye of `batch(…, seed)`: draw it again, alone or with other lesions."""
    return (seed << 32) + i


def batch(n: int, seed: int, grades: Collection[str] = GRADES) -> tuple[Tensor, Tensor, Tensor]:
    """The first n eyes of the endless stream `seed`, the grades in turn; a longer batch begins with the same eyes.

    Returns images (n, 3, 64, 64), labels (n,) that index `GRADES`, lesion masks (n, 64, 64).
    Raises ValueError where n < 1 or a grade is unknown.
    """
    arguments.count(n)
    names = list(grades)
    eyes = [draw(names[i % len(names)], eye_seed(seed, i)) for i in range(n)]
    return (
        torch.stack([eye.image for eye in eyes]),
        torch.tensor([eye.label for eye in eyes]),
        torch.stack([eye.lesion for eye in eyes]),
    )


def _checked(label: int | str, seed: int, without: Collection[str], size: int) -> tuple[int, int]:
    """The grade as a number, and the seed, once all arguments make sense."""
    label = arguments.label(label, GRADES, f"one of {', '.join(GRADES)}, or 0 to {len(GRADES) - 1}")
    seed = arguments.seed(seed)
    if isinstance(without, str) or not set(without) <= set(LESIONS):
        raise ValueError(f"without is {without!r}; it must be a collection of {', '.join(LESIONS)}")
    arguments.size(size)
    return label, seed
