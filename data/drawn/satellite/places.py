"""The objects that name a scene from above: airport, harbour, roundabout, solar farm, stadium and tank farm.

Each takes a pen whose unit is the object's size, and a generator of random numbers.
"""

from __future__ import annotations

from math import cos, pi, sin

import numpy as np

from data.drawn.pen import Pen
from data.drawn.satellite.terrain import ASPHALT, CONCRETE, FIELDS, ROOFS, SHADE, WATER, WHITE, WOOD, box

PLACES: tuple[str, ...] = ("airport", "harbour", "roundabout", "solar farm", "stadium", "tank farm")


def _airport(pen: Pen, rng: np.random.Generator) -> None:
    """A runway with its markings, a taxiway, an apron with aeroplanes."""
    side = 1 if rng.uniform() < 0.5 else -1
    box(pen, 0, 0.22 * side, 1.2, 0.035, ASPHALT * 1.25)
    for u in (-1.1, -0.35, 0.4, 1.1):
        box(pen, u, 0.12 * side, 0.03, 0.12, ASPHALT * 1.25)
    box(pen, 0, 0, 1.5, 0.11, ASPHALT * 0.8)
    for k in range(-5, 6):
        box(pen, 0.2 * k, 0, 0.05, 0.014, WHITE)
    for end in (-1, 1):
        for k in range(-2, 3):
            box(pen, 1.36 * end, 0.038 * k, 0.07, 0.011, WHITE)
    box(pen, 0.05, 0.45 * side, 0.62, 0.2, CONCRETE)
    box(pen, 0.05, 0.62 * side, 0.5, 0.07, ROOFS[2] * 1.2)
    for k in range(int(rng.integers(3, 5))):
        plane = pen.child(-0.42 + 0.3 * k, 0.41 * side, 1.0, rng.uniform(-0.2, 0.2))
        plane.limb((0, -0.11), (0, 0.11), 0.022, 0.016, WHITE, outline=0)
        plane.limb((-0.1, 0.03 * side), (0, -0.02 * side), 0.014, 0.022, WHITE, outline=0)
        plane.limb((0.1, 0.03 * side), (0, -0.02 * side), 0.014, 0.022, WHITE, outline=0)


def _harbour(pen: Pen, rng: np.random.Generator) -> None:
    """A basin with a quay around it, jetties, and boats on both sides of each."""
    box(pen, 0, 0, 0.86, 0.66, CONCRETE)
    box(pen, 0, 0.05, 0.78, 0.6, WATER * rng.uniform(0.95, 1.25))
    jetties = int(rng.integers(2, 4))
    for j in range(jetties):
        u = -0.55 + 1.1 * j / (jetties - 1)
        box(pen, u, -0.02, 0.035, 0.5, CONCRETE * 0.92)
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
    box(pen, 0, 0, 0.86, 0.68, FIELDS[5] * rng.uniform(0.95, 1.1))
    rows, panel = int(rng.integers(6, 9)), np.array([0.10, 0.16, 0.34]) * rng.uniform(0.9, 1.2)
    for block in (-0.42, 0.42):
        for k in range(rows):
            v = -0.57 + 1.14 * k / (rows - 1)
            box(pen, block, v, 0.36, 0.34 / rows, panel)
            box(pen, block, v - 0.24 / rows, 0.36, 0.05 / rows, panel + 0.35)
    box(pen, 0.0, 0.3, 0.04, 0.06, WHITE)


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
    box(pen, 0, 0, 0.45, 0.26, WHITE)
    box(pen, 0, 0, 0.43, 0.24, FIELDS[0] * np.array([0.9, 1.15, 0.9]))
    box(pen, 0, 0, 0.012, 0.24, WHITE)
    pen.dot(0, 0, 0.09, 0.09, WHITE)
    pen.dot(0, 0, 0.07, 0.07, FIELDS[0] * np.array([0.9, 1.15, 0.9]))


def _tank_farm(pen: Pen, rng: np.random.Generator) -> None:
    """White round tanks with their shadows, in rows, and the pipes between them."""
    box(pen, 0, 0, 0.9, 0.62, FIELDS[5] * rng.uniform(0.9, 1.1))
    box(pen, 0, 0, 0.8, 0.02, CONCRETE * 0.8)
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
