"""The ground as a satellite sees it: drawn from numbers, each scene with the mask of the object that names it.

Six classes of scenes (`PLACES`), as remote sensing has them (Cheng, Han & Lu, «Remote sensing image scene
classification», Proc. IEEE 105, 2017). Every scene is a patchwork of fields with woods, water, roads, houses and round
things that are nothing in particular, drawn from the same distributions for every class; then one object is put on it,
and only the object decides. `empty` draws the same ground without it.

From above nothing is up: a scene is drawn in a frame that is turned by any angle, and `turn` adds to it.

Images are (3, size, size) float32 in [0, 1]; masks (size, size) bool, true where any of the pixel is painted.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from math import cos, pi, sin

import numpy as np
import torch
from torch import Tensor

from data.drawn.pen import Canvas, Colour, Pen, clip, noise, painted

PLACES: tuple[str, ...] = ("airport", "harbour", "roundabout", "solar farm", "stadium", "tank farm")
FIELDS = np.array(
    [
        [0.40, 0.50, 0.25],  # grass
        [0.52, 0.58, 0.30],  # young corn
        [0.33, 0.43, 0.20],  # clover
        [0.46, 0.52, 0.33],  # meadow
        [0.74, 0.66, 0.44],  # ripe wheat
        [0.66, 0.56, 0.38],  # stubble
        [0.50, 0.40, 0.29],  # ploughed
        [0.80, 0.74, 0.55],  # sand
    ]
)
ASPHALT, CONCRETE, WATER = np.array([0.42, 0.42, 0.44]), np.array([0.72, 0.71, 0.68]), np.array([0.14, 0.27, 0.36])
WHITE, WOOD, SHADE = np.array([0.96, 0.96, 0.94]), np.array([0.13, 0.24, 0.12]), np.array([0.10, 0.11, 0.12])
ROOFS = np.array([[0.62, 0.30, 0.22], [0.50, 0.26, 0.20], [0.55, 0.53, 0.52], [0.78, 0.76, 0.72]])


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
        return PLACES[self.label]


# --- the ground, the same for every class -----------------------------------------------------------------------------


def _box(pen: Pen, u: float, v: float, ru: float, rv: float, colour: Colour, *, alpha: float = 1.0) -> None:
    """A rectangle about (u, v) with half-sides ru and rv, measuring only its neighbourhood."""
    near = pen.near(u, v, float(np.hypot(ru, rv)))
    corners = [(u - ru, v - rv), (u + ru, v - rv), (u + ru, v + rv), (u - ru, v + rv)]
    near.paint(near.polygon(corners), colour, outline=0, alpha=alpha)


def _fields(pen: Pen, rng: np.random.Generator) -> None:
    """A patchwork: each pixel belongs to the nearest of some points, and is ploughed in that field's direction."""
    n = int(rng.integers(7, 13))
    points, colours = rng.uniform(-1.4, 1.4, (n, 2)), FIELDS[rng.integers(0, len(FIELDS), n)]
    colours = np.clip(colours * rng.uniform(0.88, 1.1, (n, 1)), 0, 1)
    stretch = rng.uniform(0.6, 1.6)
    away = np.hypot((pen.u[None] - points[:, 0, None, None]) * stretch, pen.v[None] - points[:, 1, None, None])
    nearest = away.argmin(0)
    first, second = np.partition(away, 1, axis=0)[:2]
    angles, widths = rng.uniform(0, pi, n), rng.uniform(40, 90, n)
    across = pen.u * np.cos(angles)[nearest] + pen.v * np.sin(angles)[nearest]
    ground = colours[nearest].transpose(2, 0, 1)
    ground = ground * (1 + 0.05 * np.sin(across * widths[nearest]))
    ground = ground * (1 + 0.06 * noise(pen.u * 0.6, pen.v * 0.6, tuple(rng.uniform(0, 1, 2))))
    hedge = clip(1 - (second - first) / 0.03, 0, 1) * (0.6 if rng.uniform() < 0.7 else 0)
    pen.canvas.image[:] = ground * (1 - hedge) + hedge * WOOD[:, None, None]


def _woods(pen: Pen, rng: np.random.Generator) -> None:
    offset = tuple(rng.uniform(0, 1, 2))
    d = (rng.uniform(0.7, 1.3) - noise(pen.u * 0.17, pen.v * 0.17, offset)) * 0.12
    crowns = 0.035 * noise(pen.u * 1.9, pen.v * 1.9, offset)
    cover = clip(0.5 - d / pen.canvas.pixel, 0, 1)
    pen.canvas.image += cover * (WOOD[:, None, None] + crowns - pen.canvas.image)


def _water(pen: Pen, rng: np.random.Generator) -> None:
    """A river across, or a lake."""
    offset, bend = tuple(rng.uniform(0, 1, 2)), rng.uniform(0, 2 * pi)
    along, across = pen.u * cos(bend) + pen.v * sin(bend), pen.v * cos(bend) - pen.u * sin(bend)
    if rng.uniform() < 0.6:
        d = np.abs(across - rng.uniform(-0.7, 0.7) - 0.12 * noise(along * 0.2, 0 * along, offset)) - rng.uniform(0.04, 0.09)  # fmt: skip # noqa: E501
    else:
        u, v = rng.uniform(-0.8, 0.8, 2)
        wobble = 0.05 * noise(pen.u * 0.25, pen.v * 0.25, offset)
        d = np.hypot(along - u, (across - v) * rng.uniform(1, 1.8)) - rng.uniform(0.15, 0.32) + wobble
    pen.paint(d - 0.02, FIELDS[7] * 0.85, outline=0)
    pen.paint(d, WATER * rng.uniform(0.9, 1.2), outline=0)


def _roads(pen: Pen, rng: np.random.Generator) -> None:
    """Roads across, with houses beside them."""
    for _ in range(int(rng.integers(0, 3))):
        road = pen.child(*rng.uniform(-0.7, 0.7, 2), 1.0, rng.uniform(0, 2 * pi))
        width = rng.uniform(0.018, 0.034)
        road.limb((-2.2, 0), (2.2, 0), width, width, ASPHALT * rng.uniform(0.95, 1.35), outline=0)
        for _ in range(int(rng.integers(0, 9))):
            u, side = rng.uniform(-1, 1), 1 if rng.uniform() < 0.5 else -1
            _house(road.child(u, side * rng.uniform(0.09, 0.16), 1.0, rng.uniform(-0.15, 0.15)), rng)


def _house(pen: Pen, rng: np.random.Generator) -> None:
    a, b = rng.uniform(0.028, 0.05), rng.uniform(0.022, 0.034)
    roof = ROOFS[int(rng.integers(len(ROOFS)))]
    _box(pen, 0.02, 0.02, a, b, SHADE, alpha=0.5)
    _box(pen, 0, -b / 2, a, b / 2, roof * 1.1)
    _box(pen, 0, b / 2, a, b / 2, roof * 0.85)


def _lookalikes(pen: Pen, rng: np.random.Generator) -> None:
    """What a hasty eye could take for an object: watered circles, ponds, barns, car parks, greenhouses."""
    for _ in range(int(rng.integers(0, 4))):
        kind, at = int(rng.integers(5)), pen.child(*rng.uniform(-0.85, 0.85, 2), 1.0, rng.uniform(0, 2 * pi))
        r = rng.uniform(0.1, 0.2)
        if kind == 0:
            at.dot(0, 0, r * 1.3, r * 1.3, FIELDS[int(rng.integers(3))] * 0.9)
            at.limb((0, 0), (r * 1.3, 0), 0.006, 0.006, FIELDS[7], outline=0)
        elif kind == 1:
            at.dot(0, 0, r * 0.7, r * 0.6, WATER)
        elif kind == 2:
            _box(at, 0.03, 0.03, r, r * 0.3, SHADE, alpha=0.5)
            _box(at, 0, 0, r, r * 0.3, ROOFS[3] * rng.uniform(0.85, 1.15))
        elif kind == 3:
            _box(at, 0, 0, r, r * 0.7, ASPHALT * 1.2)
            for k in range(int(rng.integers(3, 9))):
                u, v = r * rng.uniform(-0.8, 0.8), r * (-0.4 if k % 2 else 0.4)
                _box(at, u, v, 0.018, 0.032, rng.uniform(0.15, 0.95, 3))
        else:
            for k in range(3):
                _box(at, 0, (k - 1) * r * 0.45, r * 0.8, r * 0.17, (0.78, 0.84, 0.84))


# --- the objects: each takes a pen whose unit is its size -------------------------------------------------------------


def _airport(pen: Pen, rng: np.random.Generator) -> None:
    """A runway with its markings, a taxiway, an apron with aeroplanes."""
    side = 1 if rng.uniform() < 0.5 else -1
    _box(pen, 0, 0.22 * side, 1.2, 0.035, ASPHALT * 1.25)
    for u in (-1.1, -0.35, 0.4, 1.1):
        _box(pen, u, 0.12 * side, 0.03, 0.12, ASPHALT * 1.25)
    _box(pen, 0, 0, 1.5, 0.11, ASPHALT * 0.8)
    for k in range(-5, 6):
        _box(pen, 0.2 * k, 0, 0.05, 0.014, WHITE)
    for end in (-1, 1):
        for k in range(-2, 3):
            _box(pen, 1.36 * end, 0.038 * k, 0.07, 0.011, WHITE)
    _box(pen, 0.05, 0.45 * side, 0.62, 0.2, CONCRETE)
    _box(pen, 0.05, 0.62 * side, 0.5, 0.07, ROOFS[2] * 1.2)
    for k in range(int(rng.integers(3, 5))):
        plane = pen.child(-0.42 + 0.3 * k, 0.41 * side, 1.0, rng.uniform(-0.2, 0.2))
        plane.limb((0, -0.11), (0, 0.11), 0.022, 0.016, WHITE, outline=0)
        plane.limb((-0.1, 0.03 * side), (0, -0.02 * side), 0.014, 0.022, WHITE, outline=0)
        plane.limb((0.1, 0.03 * side), (0, -0.02 * side), 0.014, 0.022, WHITE, outline=0)


def _harbour(pen: Pen, rng: np.random.Generator) -> None:
    """A basin with a quay around it, jetties, and boats on both sides of each."""
    _box(pen, 0, 0, 0.86, 0.66, CONCRETE)
    _box(pen, 0, 0.05, 0.78, 0.6, WATER * rng.uniform(0.95, 1.25))
    jetties = int(rng.integers(2, 4))
    for j in range(jetties):
        u = -0.55 + 1.1 * j / (jetties - 1)
        _box(pen, u, -0.02, 0.035, 0.5, CONCRETE * 0.92)
        for k in range(6):
            for side in (-1, 1):
                if rng.uniform() < 0.8:
                    boat = pen.child(u + 0.16 * side, -0.4 + 0.17 * k, 1.0, rng.uniform(-0.1, 0.1))
                    boat.dot(0, 0, 0.11, 0.042, WHITE * rng.uniform(0.85, 1.0))
                    boat.dot(-0.02, 0, 0.04, 0.02, rng.uniform(0.2, 0.7, 3))


def _roundabout(pen: Pen, rng: np.random.Generator) -> None:
    """A ring of road about a green island, and the roads that lead to it."""
    arms, first = int(rng.integers(3, 6)), rng.uniform(0, 2 * pi)
    road = ASPHALT * rng.uniform(0.95, 1.25)
    for k in range(arms):
        turn = first + 2 * pi * k / arms + rng.uniform(-0.15, 0.15)
        for away, colour, width in ((6.0, road, 0.075), (0.95, WHITE, 0.012)):  # to beyond the picture
            pen.limb((0, 0), (away * cos(turn), away * sin(turn)), width, width, colour, outline=0)
    for r, colour in ((0.56, WHITE * 0.93), (0.53, road), (0.27, WHITE * 0.93), (0.24, FIELDS[0] * 1.05)):
        pen.dot(0, 0, r, r, colour)
    pen.dot(0.03, 0.03, 0.11, 0.11, WOOD)


def _solar_farm(pen: Pen, rng: np.random.Generator) -> None:
    """Rows of dark panels on bare ground, with a path between the blocks."""
    _box(pen, 0, 0, 0.86, 0.68, FIELDS[5] * rng.uniform(0.95, 1.1))
    rows, panel = int(rng.integers(6, 9)), np.array([0.10, 0.16, 0.34]) * rng.uniform(0.9, 1.2)
    for block in (-0.42, 0.42):
        for k in range(rows):
            v = -0.57 + 1.14 * k / (rows - 1)
            _box(pen, block, v, 0.36, 0.34 / rows, panel)
            _box(pen, block, v - 0.24 / rows, 0.36, 0.05 / rows, panel + 0.35)
    _box(pen, 0.0, 0.3, 0.04, 0.06, WHITE)


def _stadium(pen: Pen, rng: np.random.Generator) -> None:
    """Stands around a running track around a pitch."""
    pen.dot(0.06, 0.06, 0.98, 0.74, SHADE, alpha=0.5)
    for ru, rv, colour in (
        (0.96, 0.72, CONCRETE * rng.uniform(0.9, 1.15)),
        (0.80, 0.56, np.array([0.35, 0.36, 0.42])),
        (0.74, 0.50, np.array([0.70, 0.33, 0.24])),
        (0.63, 0.39, FIELDS[0] * 1.05),
    ):
        pen.dot(0, 0, ru, rv, np.clip(colour, 0, 1))
    _box(pen, 0, 0, 0.45, 0.26, WHITE)
    _box(pen, 0, 0, 0.43, 0.24, FIELDS[0] * np.array([0.9, 1.15, 0.9]))
    _box(pen, 0, 0, 0.012, 0.24, WHITE)
    pen.dot(0, 0, 0.09, 0.09, WHITE)
    pen.dot(0, 0, 0.07, 0.07, FIELDS[0] * np.array([0.9, 1.15, 0.9]))


def _tank_farm(pen: Pen, rng: np.random.Generator) -> None:
    """White round tanks with their shadows, in rows, and the pipes between them."""
    _box(pen, 0, 0, 0.9, 0.62, FIELDS[5] * rng.uniform(0.9, 1.1))
    _box(pen, 0, 0, 0.8, 0.02, CONCRETE * 0.8)
    for u in (-0.58, 0.0, 0.58):
        for v in (-0.31, 0.31):
            if u and rng.uniform() < 0.15:
                continue
            r = rng.uniform(0.17, 0.24)
            pen.dot(u + 0.07, v + 0.07, r, r, SHADE, alpha=0.55)
            pen.dot(u, v, r, r, CONCRETE * 0.85)
            pen.dot(u, v, r * 0.86, r * 0.86, WHITE * rng.uniform(0.93, 1.0))
            pen.dot(u, v, r * 0.12, r * 0.12, CONCRETE * 0.7)


PAINT = dict(zip(PLACES, (_airport, _harbour, _roundabout, _solar_farm, _stadium, _tank_farm), strict=True))
SCALE = {"airport": 1.15, "roundabout": 1.0}  # a runway is long


# --- scenes -----------------------------------------------------------------------------------------------------------


def _ground(seed: int, size: int, turn: float) -> tuple[Canvas, Pen]:
    """A seed's canvas with all that says nothing, and the pen in whose frame it was drawn."""
    rng = np.random.default_rng([seed, 0])
    heading = rng.uniform(0, 2 * pi)
    canvas = Canvas(size)
    pen = Pen.placed(canvas, 0, 0, 1, heading + np.deg2rad(turn), scenery=True)
    _fields(pen, rng)
    for paint, chance in ((_woods, 0.5), (_water, 0.45), (_roads, 0.8), (_lookalikes, 1.0)):
        if rng.uniform() < chance:
            paint(pen, rng)
    return canvas, pen


def draw(label: int | str, seed: int, *, turn: float = 0.0, size: int = 64) -> Scene:
    """One scene: (class, seed) fixes its bits; another class puts another object on the same ground.

    `turn`: degrees, clockwise, by which the whole scene is turned about its middle. `size`: the side in pixels; the
    drawing is the same, sharper. Raises ValueError, naming the argument.
    """
    label, seed = _checked(label, seed, turn, size)
    canvas, pen = _ground(seed, size, turn)
    rng = np.random.default_rng([seed, 1])
    scale = rng.uniform(0.44, 0.58) * SCALE.get(PLACES[label], 1.0)
    away, where = 0.3 * rng.uniform() ** 0.5, rng.uniform(0, 2 * pi)
    at = pen.child(away * cos(where), away * sin(where), scale, rng.uniform(0, 2 * pi))
    thing = painted(canvas, lambda: PAINT[PLACES[label]](at, rng))
    image = torch.from_numpy(np.clip(canvas.image, 0, 1))
    return Scene(image, label, torch.from_numpy(thing), float(turn), seed)


def empty(seed: int, *, turn: float = 0.0, size: int = 64) -> Tensor:
    """The ground of `draw(…, seed)` without an object, (3, size, size): what an ideal baseline would show."""
    _, seed = _checked(0, seed, turn, size)
    return torch.from_numpy(np.clip(_ground(seed, size, turn)[0].image, 0, 1))


def scene_seed(seed: int, i: int) -> int:
    """The seed of the i-th scene of `batch(…, seed)`: draw it again, alone or changed."""
    return (seed << 32) + i


def batch(n: int, seed: int, places: Collection[str] = PLACES) -> tuple[Tensor, Tensor, Tensor]:
    """The first n scenes of the endless stream `seed`, the classes in turn; a longer batch begins with the same scenes.

    Returns images (n, 3, 64, 64), labels (n,) that index `PLACES`, masks of the objects (n, 64, 64).
    Raises ValueError where n < 1 or a class is unknown.
    """
    if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 1:
        raise ValueError(f"n is {n!r}; it must be an integer ≥ 1")
    names = list(places)
    scenes = [draw(names[i % len(names)], scene_seed(seed, i)) for i in range(n)]
    return (
        torch.stack([scene.image for scene in scenes]),
        torch.tensor([scene.label for scene in scenes]),
        torch.stack([scene.thing for scene in scenes]),
    )


def _checked(label: int | str, seed: int, turn: float, size: int) -> tuple[int, int]:
    """The class as a number, and the seed, once all arguments make sense."""
    if isinstance(label, str) and label in PLACES:
        label = PLACES.index(label)
    if isinstance(label, bool) or not isinstance(label, int | np.integer) or not 0 <= label < len(PLACES):
        raise ValueError(f"label is {label!r}; it must be one of {', '.join(PLACES)}, or 0 to {len(PLACES) - 1}")
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise ValueError(f"seed is {seed!r}; it must be an integer ≥ 0")
    if isinstance(turn, bool) or not isinstance(turn, int | float) or not -360 <= turn <= 360:
        raise ValueError(f"turn is {turn!r}; it must be from −360 to 360 degrees")
    if not isinstance(size, int) or not 16 <= size <= 1024:
        raise ValueError(f"size is {size!r}; it must be an integer from 16 to 1024 pixels")
    return int(label), int(seed)
