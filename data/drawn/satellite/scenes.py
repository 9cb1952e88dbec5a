"""Scenes from above: one object on its ground, with the object's mask.

Images are (3, size, size) float32 in [0, 1]; masks (size, size) bool, true where any of the pixel is painted.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from math import cos, pi, sin

import numpy as np
import torch
from torch import Tensor

from data import arguments
from data.drawn.canvas import painted
from data.drawn.satellite.places import PAINT, PLACES, SCALE
from data.drawn.satellite.terrain import ground


@dataclass(frozen=True)
class Scene:
    """One drawn scene. `image` (3, size, size); `thing` (size, size) bool, the object that decides; `turn` in degrees,
    as it was asked for; `seed` draws it again.
    """

    image: Tensor
    label: int
    thing: Tensor
    turn: float
    seed: int

    @property
    def name(self) -> str:
        """The class in words."""
        return PLACES[self.label]


def draw(label: int | str, seed: int, *, turn: float = 0.0, size: int = 64) -> Scene:
    """One scene: (class, seed) fixes its bits; another class puts another object on the same ground.

    `turn`: degrees, clockwise, by which the whole scene is turned about its middle. `size`: the side in pixels; the
    drawing is the same, sharper. Raises ValueError, naming the argument.
    """
    label, seed = _checked(label, seed, turn, size)
    canvas, pen = ground(seed, size, turn)
    rng = np.random.default_rng([seed, 1])
    scale = rng.uniform(0.44, 0.58) * SCALE.get(PLACES[label], 1.0)
    away, where = 0.3 * rng.uniform() ** 0.5, rng.uniform(0, 2 * pi)
    at = pen.child(away * cos(where), away * sin(where), scale, rng.uniform(0, 2 * pi))
    thing = painted(canvas, lambda: PAINT[PLACES[label]](at, rng))
    image = torch.from_numpy(np.clip(canvas.image, 0, 1))
    return Scene(image, label, torch.from_numpy(thing), float(turn), seed)


def empty(seed: int, *, turn: float = 0.0, size: int = 64) -> Tensor:
    """The ground of `draw(…, seed)` without an object, (3, size, size): what an ideal baseline would show.

    Raises ValueError, naming the argument, as `draw` does.
    """
    _, seed = _checked(0, seed, turn, size)
    return torch.from_numpy(np.clip(ground(seed, size, turn)[0].image, 0, 1))


def scene_seed(seed: int, i: int) -> int:
    """The seed of the i-th scene of `batch(…, seed)`: draw it again, alone or changed."""
    return (seed << 32) + i


def batch(n: int, seed: int, places: Collection[str] = PLACES) -> tuple[Tensor, Tensor, Tensor]:
    """The first n scenes of the endless stream `seed`, the classes in turn; a longer batch begins with the same scenes.

    Returns images (n, 3, 64, 64), labels (n,) that index `PLACES`, masks of the objects (n, 64, 64).
    Raises ValueError where n < 1 or a class is unknown.
    """
    arguments.count(n)
    names = list(places)
    scenes = [draw(names[i % len(names)], scene_seed(seed, i)) for i in range(n)]
    return (
        torch.stack([scene.image for scene in scenes]),
        torch.tensor([scene.label for scene in scenes]),
        torch.stack([scene.thing for scene in scenes]),
    )


def _checked(label: int | str, seed: int, turn: float, size: int) -> tuple[int, int]:
    """The class as a number, and the seed, once all arguments make sense."""
    label = arguments.label(label, PLACES, f"one of {', '.join(PLACES)}, or 0 to {len(PLACES) - 1}")
    seed = arguments.seed(seed)
    if isinstance(turn, bool) or not isinstance(turn, int | float) or not -360 <= turn <= 360:
        raise ValueError(f"turn is {turn!r}; it must be from −360 to 360 degrees")
    arguments.size(size)
    return label, seed
