"""The eye behind its lesions: the retina, its vessels, the optic disc, reflexes, and the camera's light.

The same for every grade. Images are (3, size, size), masks (size, size); lengths in the canvas's units, [−1, 1]².
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import cos, pi, sin

import numpy as np

from data.drawn.canvas import Canvas, noise, painted
from data.drawn.pen import Pen
from data.drawn.shapes import Array, bezier, clip, smoothstep

FIELD = 0.94  # the radius of what the camera sees, canvas lengths
VEIN, ARTERY = np.array([0.44, 0.11, 0.09]), np.array([0.60, 0.17, 0.12])


def _ground(canvas: Canvas, rng: np.random.Generator) -> None:
    """The retina without vessels: orange to brown, mottled by the choroid behind it."""
    x, y = canvas.axis[None, :], canvas.axis[:, None]
    pigment = rng.uniform()
    colour = (1 - pigment) * np.array([0.93, 0.50, 0.26]) + pigment * np.array([0.72, 0.32, 0.15])
    offset, fine = rng.uniform(0, 1, (2, 2)).tolist()
    mottle = 1 + 0.05 * noise(x * 0.22 + 0 * y, y * 0.22 + 0 * x, offset) + 0.02 * noise(x + 0 * y, y + 0 * x, fine)
    canvas.image[:] = colour[:, None, None] * mottle


def _vessel(
    pen: Pen, points: Array, width: float, colour: Array, rng: np.random.Generator, depth: int, reflex: float
) -> None:
    """One vessel along `points` (n, 2), thinning to a third, and its branches."""
    radii = width * np.linspace(1, 0.35, len(points))
    pen.stroke(points, radii, colour, outline=0, alpha=0.9)
    if depth == 2 and reflex:  # light on the wall of a large vessel
        pen.stroke(points[:-2], radii[:-2] * 0.3, (0.95, 0.62, 0.45), outline=0, alpha=reflex)
    if depth == 0:
        return
    for side, at in zip((1, -1, 1, -1), rng.uniform(0.22, 0.92, 3 if depth == 2 else 1), strict=False):
        i = int(at * (len(points) - 1))
        along = points[min(i + 1, len(points) - 1)] - points[max(i - 1, 0)]
        turn = np.arctan2(along[1], along[0]) + side * rng.uniform(0.5, 0.95)
        bend = turn - side * rng.uniform(0.1, 0.6)
        reach = rng.uniform(0.26, 0.5) * (1 if depth == 2 else 0.55)
        middle = points[i] + reach * 0.5 * np.array([cos(turn), sin(turn)])
        end = middle + reach * 0.6 * np.array([cos(bend), sin(bend)])
        twig = bezier([tuple(points[i]), tuple(middle), tuple(end)], np.linspace(0, 1, 5 if depth == 2 else 4))
        _vessel(pen, twig, radii[i] * 0.68, colour, rng, depth - 1, reflex)


def _vessels(canvas: Canvas, disc: tuple[float, float], side: float, rng: np.random.Generator) -> None:
    """Four arcades, each of a vein and an artery, from the disc around the macula and away from it."""
    pen = Pen.placed(canvas, 0, 0, 1, scenery=True)
    x, y = disc
    reflex = float(rng.uniform(0, 0.35))
    for colour, width, shift in ((ARTERY, 0.018, 0.09), (VEIN, 0.026, 0.0)):
        for up in (-1, 1):
            rise, out = rng.uniform(0.5, 0.68), rng.uniform(0.3, 0.8)
            temporal = [(x, y + 0.03 * up), (x - 0.02 * side, up * (rise - shift)), (-0.25 * side, up * (rise + 0.12)),
                        (-out * side, up * rng.uniform(0.3, 0.62))]  # fmt: skip
            nasal = [(x, y + 0.02 * up), (x + 0.05 * side, up * (0.3 + shift)), (x + 0.34 * side, up * (0.55 + shift))]
            for curve, share in ((temporal, 1.0), (nasal, 0.75)):
                wave = rng.normal(0, 0.014, (10, 2)) * np.linspace(0, 1, 10)[:, None]
                _vessel(pen, bezier(curve, np.linspace(0, 1, 10)) + wave, width * share, colour, rng, 2, reflex)


def _disc(canvas: Canvas, disc: tuple[float, float], rng: np.random.Generator) -> None:
    """The optic disc, where the nerve leaves, with its paler cup."""
    pen = Pen.placed(canvas, *disc, 0.15 * rng.uniform(0.9, 1.12), rng.uniform(-0.3, 0.3), scenery=True)
    for grow, alpha in ((1.2, 0.3), (1.08, 0.5), (1.0, 0.8)):
        pen.dot(0, 0, 0.94 * grow, 1.06 * grow, (0.98, 0.78, 0.47), alpha=alpha)
    for grow in (0.62, 0.52, 0.42):
        pen.dot(0.08, 0.0, grow, 1.1 * grow, (1.0, 0.93, 0.72), alpha=0.5)


def _reflexes(canvas: Canvas, fovea: tuple[float, float], rng: np.random.Generator) -> None:
    """What looks a little like a lesion and is none: pale sheen beside vessels, and grey dust on the lens."""
    for _ in range(int(rng.integers(0, 4))):
        turn, away = rng.uniform(0, 2 * pi), rng.uniform(0.25, 0.6)
        pen = Pen.placed(canvas, fovea[0] + away * cos(turn), fovea[1] + away * sin(turn), 1, turn, scenery=True)
        pen.dot(0, 0, rng.uniform(0.015, 0.03), rng.uniform(0.09, 0.16), (0.98, 0.78, 0.58), alpha=0.35)
    for _ in range(int(rng.integers(0, 3))):
        turn, away = rng.uniform(0, 2 * pi), 0.8 * rng.uniform() ** 0.5
        pen = Pen.placed(canvas, away * cos(turn), away * sin(turn), 1, scenery=True)
        r = rng.uniform(0.05, 0.09)
        for k in (1.0, 0.75, 0.5):  # out of focus
            pen.dot(0, 0, k * r, k * r, (0.45, 0.40, 0.36), alpha=0.16)


def _light(canvas: Canvas, fovea: tuple[float, float], rng: np.random.Generator) -> tuple[Array, Array]:
    """What the canvas is to be multiplied by, (3, size, size): the dark fovea, the flash's uneven light, the round
    field; and how much of each pixel the field covers, (size, size).
    """
    x, y = canvas.axis[None, :], canvas.axis[:, None]
    macula = np.exp(-((x - fovea[0]) ** 2 + (y - fovea[1]) ** 2) / 0.14**2 / 2)
    turn, slope = rng.uniform(0, 2 * pi), rng.uniform(0.05, 0.2)
    radius = np.hypot(x, y)
    light = 1.08 - 0.36 * smoothstep((radius - 0.35) / 0.75) + slope * (x * cos(turn) + y * sin(turn))
    shown = clip(0.5 + (FIELD - radius) / canvas.pixel, 0, 1)
    return light * shown * (1 - np.array([0.22, 0.38, 0.35])[:, None, None] * macula), shown


@dataclass(frozen=True)
class Sight:
    """An eye before its lesions: painted, but not yet lit."""

    image: Array  # (3, size, size)
    light: Array  # (3, size, size), to be multiplied by
    shown: Array  # (size, size), how much of a pixel the camera sees
    at_disc: Array  # (size, size) bool
    vessels: Array  # (size, size) bool
    disc: tuple[float, float]  # the middle, (x, y)
    fovea: tuple[float, float]


@lru_cache(maxsize=8)  # the grades of one eye are mostly asked for one after another, and vessels are slow to draw
def sight_of(seed: int, size: int) -> Sight:
    """The eye of a seed before its lesions, `size` pixels wide."""
    rng = np.random.default_rng([seed, 0])
    side = 1.0 if rng.uniform() < 0.5 else -1.0  # right eye or left: the disc is on the nose's side
    fovea = (-side * rng.uniform(0.0, 0.12), rng.uniform(-0.06, 0.1))
    disc = (side * rng.uniform(0.44, 0.56), fovea[1] - rng.uniform(0.0, 0.1))
    canvas = Canvas(size)
    _ground(canvas, rng)
    at_disc = painted(canvas, lambda: _disc(canvas, disc, rng))
    vessels = painted(canvas, lambda: _vessels(canvas, disc, side, rng))
    _reflexes(canvas, fovea, rng)
    return Sight(canvas.image, *_light(canvas, fovea, rng), at_disc, vessels, disc, fovea)
