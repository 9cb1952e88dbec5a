"""Lesions of the retina: which there are, where they lie, how each is painted, and the grade that follows from them.

Places are (x, y) in the canvas's units, [−1, 1]².
"""

from __future__ import annotations

from math import cos, hypot, pi, sin

import numpy as np

from data.drawn.canvas import Canvas
from data.drawn.pen import Pen

GRADES: tuple[str, ...] = ("none", "mild", "moderate", "severe")
LESIONS: tuple[str, ...] = ("microaneurysms", "haemorrhages", "hard exudates")
RULE = "none: no lesion; mild: microaneurysms only; moderate: haemorrhages or hard exudates; severe: two haemorrhages or more in each quadrant"  # fmt: skip # noqa: E501
EACH_QUADRANT = 2  # haemorrhages in each, from which an eye is severe
BLOOD, EXUDATE = np.array([0.33, 0.04, 0.04]), np.array([1.0, 0.93, 0.52])


def grade(microaneurysms: int, haemorrhages: tuple[int, int, int, int], exudates: int) -> int:
    """The rule: counts of lesions, the haemorrhages by quadrant → 0 … 3, an index of `GRADES`."""
    if min(haemorrhages) >= EACH_QUADRANT:
        return 3
    if sum(haemorrhages) or exudates:
        return 2
    return int(microaneurysms > 0)


def _places(n: int, within: int | None, taken: list, clear: float, avoid: list, rng: np.random.Generator) -> list:
    """n places in the field, `clear` apart from those taken, away from (x, y, radius) in `avoid`; `within` one quadrant
    about the fovea, avoid's last, if asked.
    """
    fx, fy, _ = avoid[-1]
    found: list[tuple[float, float]] = []
    for _ in range(2000):
        if len(found) == n:
            break
        turn, away = rng.uniform(0, 2 * pi), 0.82 * rng.uniform() ** 0.5
        x, y = away * cos(turn), away * sin(turn)
        if within is not None and (quadrant_of(x, y, fx, fy) != within or min(abs(x - fx), abs(y - fy)) < 0.06):
            continue
        if any(hypot(x - a, y - b) < r for a, b, r in avoid):
            continue
        if all(hypot(x - a, y - b) > clear for a, b in [*taken, *found]):
            found.append((x, y))
    taken += found
    return found


def quadrant_of(x: float, y: float, fx: float, fy: float) -> int:
    """In which quadrant about the fovea (fx, fy) the place (x, y) lies: 0 … 3."""
    return 2 * (y > fy) + (x > fx)


def _microaneurysm(canvas: Canvas, x: float, y: float, rng: np.random.Generator) -> None:
    pen, r = Pen.placed(canvas, x, y, 1, scenery=True), rng.uniform(0.026, 0.035)
    pen.dot(0, 0, 1.15 * r, 1.15 * r, BLOOD, alpha=0.5)
    pen.dot(0, 0, 0.9 * r, 0.9 * r, BLOOD, alpha=0.9)


def _haemorrhage(canvas: Canvas, x: float, y: float, rng: np.random.Generator) -> None:
    pen = Pen.placed(canvas, x, y, rng.uniform(0.05, 0.085), rng.uniform(0, pi), scenery=True)
    narrow = rng.uniform(0.6, 0.9)
    for grow in (1.12, 0.98, 0.8):  # a soft edge
        pen.dot(0, 0, grow, grow * narrow, BLOOD, alpha=0.55)
    for turn in rng.uniform(0, 2 * pi, 3).tolist():
        pen.dot(0.7 * cos(turn), 0.55 * sin(turn), 0.45, 0.35, BLOOD, turn, alpha=0.6)


def _exudates(canvas: Canvas, x: float, y: float, rng: np.random.Generator) -> None:
    """A cluster of bright yellow specks."""
    pen = Pen.placed(canvas, x, y, 1, scenery=True)
    for _ in range(int(rng.integers(4, 8))):
        u, v = rng.normal(0, 0.055, 2).clip(-0.1, 0.1).tolist()
        r = rng.uniform(0.015, 0.03)
        pen.dot(u, v, r, r * rng.uniform(0.7, 1), EXUDATE, rng.uniform(0, pi), alpha=0.95)


PAINT = dict(zip(LESIONS, (_microaneurysm, _haemorrhage, _exudates), strict=True))


def places_of(label: int, disc: tuple[float, float], fovea: tuple[float, float], rng: np.random.Generator) -> dict:
    """The places of a grade's lesions: name → list of (x, y). All numbers are drawn for every grade: grades nest.

    label: 0 … 3. disc, fovea: the middle of each, around which no lesion lies.
    """
    avoid = [(*disc, 0.24), (*fovea, 0.12)]
    taken: list[tuple[float, float]] = []
    dots = _places(int(rng.integers(3, 7)), None, taken, 0.12, avoid, rng)
    which = rng.uniform()  # of a moderate eye: haemorrhages, exudates, or both
    few = int(rng.integers(2, 5))
    first = int(rng.integers(4))
    quarters = [_places(int(rng.integers(EACH_QUADRANT, 5)), (first + k) % 4, taken, 0.17, avoid, rng) for k in range(4)]  # fmt: skip # noqa: E501
    clusters = _places(int(rng.integers(1, 4)), None, taken, 0.14, avoid, rng)
    two = [place for quarter in quarters[:2] for place in quarter]
    bleeding = two[:few]  # of a moderate eye: in two quadrants at most
    if label == 3:
        bleeding = [place for quarter in quarters for place in quarter]
    return {
        "microaneurysms": dots if label >= 1 else [],
        "haemorrhages": bleeding if label == 3 or (label == 2 and which < 0.7) else [],
        "hard exudates": clusters if label >= 2 and which > 0.4 else [],
    }
