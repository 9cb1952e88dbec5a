"""The ground seen from above, the same for every class: fields, woods, water, roads with houses, and lookalikes.

A pen's unit is half the picture's side. What is drawn here says nothing of the class.
"""

from __future__ import annotations

from math import cos, pi, sin

import numpy as np

from data.drawn.canvas import Canvas, Colour, noise
from data.drawn.pen import Pen
from data.drawn.shapes import clip

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


def box(pen: Pen, u: float, v: float, ru: float, rv: float, colour: Colour, *, alpha: float = 1.0) -> None:
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
    box(pen, 0.02, 0.02, a, b, SHADE, alpha=0.5)
    box(pen, 0, -b / 2, a, b / 2, roof * 1.1)
    box(pen, 0, b / 2, a, b / 2, roof * 0.85)


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
            box(at, 0.03, 0.03, r, r * 0.3, SHADE, alpha=0.5)
            box(at, 0, 0, r, r * 0.3, ROOFS[3] * rng.uniform(0.85, 1.15))
        elif kind == 3:
            box(at, 0, 0, r, r * 0.7, ASPHALT * 1.2)
            for k in range(int(rng.integers(3, 9))):
                u, v = r * rng.uniform(-0.8, 0.8), r * (-0.4 if k % 2 else 0.4)
                box(at, u, v, 0.018, 0.032, rng.uniform(0.15, 0.95, 3))
        else:
            for k in range(3):
                box(at, 0, (k - 1) * r * 0.45, r * 0.8, r * 0.17, (0.78, 0.84, 0.84))


def ground(seed: int, size: int, turn: float) -> tuple[Canvas, Pen]:
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
