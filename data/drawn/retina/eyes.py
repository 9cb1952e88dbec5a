"""Eyes as a fundus camera sees them: drawn from numbers, each with the masks of its lesions and of its anatomy.

A grade is decided by the lesions alone. The rule is a toy, loosely after the international clinical scale of diabetic
retinopathy (Wilkinson et al., Ophthalmology 110, 2003), which counts 20 haemorrhages a quadrant where we count 2, and
knows signs that are not drawn here. **It is no medical advice, and no network of ours may look at a patient.**

    none       no lesion
    mild       microaneurysms only
    moderate   haemorrhages or hard exudates, but less than severe
    severe     two haemorrhages or more in each of the four quadrants about the fovea

(grade, seed) fixes the bits; a seed's eye is the same at every grade, and a worse grade keeps the lesions of the milder
ones. What looks like a lesion but decides nothing is in every eye alike: the bright optic disc, vessels and their
crossings, pale reflexes, the dark fovea, grey dust on the lens.

Images are (3, size, size) float32 in [0, 1]; masks (size, size) bool, true where any of the pixel is painted.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from math import cos, hypot, pi, sin

import numpy as np
import torch
from torch import Tensor

from data.drawn.pen import Array, Canvas, Pen, bezier, clip, noise, painted, smoothstep

GRADES: tuple[str, ...] = ("none", "mild", "moderate", "severe")
LESIONS: tuple[str, ...] = ("microaneurysms", "haemorrhages", "hard exudates")
RULE = "none: no lesion; mild: microaneurysms only; moderate: haemorrhages or hard exudates; severe: two haemorrhages or more in each quadrant"  # fmt: skip # noqa: E501
EACH_QUADRANT = 2  # haemorrhages in each, from which an eye is severe
FIELD = 0.94  # the radius of what the camera sees, canvas lengths

VEIN, ARTERY = np.array([0.44, 0.11, 0.09]), np.array([0.60, 0.17, 0.12])
BLOOD, EXUDATE = np.array([0.33, 0.04, 0.04]), np.array([1.0, 0.93, 0.52])


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
        return GRADES[self.label]

    @property
    def lesion(self) -> Tensor:
        """Where any lesion is, (size, size) bool."""
        return torch.stack(list(self.lesions.values())).any(0)


def grade(microaneurysms: int, haemorrhages: tuple[int, int, int, int], exudates: int) -> int:
    """The rule: counts, haemorrhages by quadrant → 0 … 3, an index of `GRADES`."""
    if min(haemorrhages) >= EACH_QUADRANT:
        return 3
    if sum(haemorrhages) or exudates:
        return 2
    return int(microaneurysms > 0)


# --- anatomy ----------------------------------------------------------------------------------------------------------


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
    vessels: Array
    disc: tuple[float, float]
    fovea: tuple[float, float]


@lru_cache(maxsize=8)  # the grades of one eye are mostly asked for one after another, and vessels are slow to draw
def _sight(seed: int, size: int) -> Sight:
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


# --- lesions ----------------------------------------------------------------------------------------------------------


def _places(n: int, quadrant: int | None, taken: list, clear: float, avoid: list, rng: np.random.Generator) -> list:
    """n places in the field, `clear` apart from those taken, away from (x, y, radius) in `avoid`; about the fovea,
    avoid's last, in one quadrant if asked.
    """
    fx, fy, _ = avoid[-1]
    found: list[tuple[float, float]] = []
    for _ in range(2000):
        if len(found) == n:
            break
        turn, away = rng.uniform(0, 2 * pi), 0.82 * rng.uniform() ** 0.5
        x, y = away * cos(turn), away * sin(turn)
        if quadrant is not None and (_quadrant(x, y, fx, fy) != quadrant or min(abs(x - fx), abs(y - fy)) < 0.06):
            continue
        if any(hypot(x - a, y - b) < r for a, b, r in avoid):
            continue
        if all(hypot(x - a, y - b) > clear for a, b in [*taken, *found]):
            found.append((x, y))
    taken += found
    return found


def _quadrant(x: float, y: float, fx: float, fy: float) -> int:
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


def _chosen(label: int, disc: tuple[float, float], fovea: tuple[float, float], rng: np.random.Generator) -> dict:
    """The places of a grade's lesions: name → list. All numbers are drawn for every grade, so that grades nest."""
    avoid = [(*disc, 0.24), (*fovea, 0.12)]
    taken: list[tuple[float, float]] = []
    dots = _places(int(rng.integers(3, 7)), None, taken, 0.12, avoid, rng)
    which = rng.uniform()  # of a moderate eye: haemorrhages, exudates, or both
    few = int(rng.integers(2, 5))
    first = int(rng.integers(4))
    quarters = [_places(int(rng.integers(EACH_QUADRANT, 5)), (first + k) % 4, taken, 0.17, avoid, rng) for k in range(4)]  # fmt: skip # noqa: E501
    clusters = _places(int(rng.integers(1, 4)), None, taken, 0.14, avoid, rng)
    bleeding = [place for quarter in quarters[:2] for place in quarter][
        :few
    ]  # of a moderate eye: two quadrants at most
    if label == 3:
        bleeding = [place for quarter in quarters for place in quarter]
    return {
        "microaneurysms": dots if label >= 1 else [],
        "haemorrhages": bleeding if label == 3 or (label == 2 and which < 0.7) else [],
        "hard exudates": clusters if label >= 2 and which > 0.4 else [],
    }


# --- eyes -------------------------------------------------------------------------------------------------------------


def draw(label: int | str, seed: int, *, without: Collection[str] = (), size: int = 64) -> Eye:
    """One eye: (grade, seed) fixes its bits; another grade puts other lesions into the same eye.

    `without`: kinds of lesions, of `LESIONS`, to leave out; the eye's label is then what the rule says of the rest.
    `size`: the side in pixels; the drawing is the same, sharper. Raises ValueError, naming the argument.
    """
    label, seed = _checked(label, seed, without, size)
    sight = _sight(seed, size)
    canvas = Canvas(size)
    canvas.image[:] = sight.image
    places = _chosen(label, sight.disc, sight.fovea, np.random.default_rng([seed, 1]))
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
    quarters = [_quadrant(x, y, *sight.fovea) for x, y in places["haemorrhages"]]
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
    if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 1:
        raise ValueError(f"n is {n!r}; it must be an integer ≥ 1")
    names = list(grades)
    eyes = [draw(names[i % len(names)], eye_seed(seed, i)) for i in range(n)]
    return (
        torch.stack([eye.image for eye in eyes]),
        torch.tensor([eye.label for eye in eyes]),
        torch.stack([eye.lesion for eye in eyes]),
    )


def _checked(label: int | str, seed: int, without: Collection[str], size: int) -> tuple[int, int]:
    """The grade as a number, and the seed, once all arguments make sense."""
    if isinstance(label, str) and label in GRADES:
        label = GRADES.index(label)
    if isinstance(label, bool) or not isinstance(label, int | np.integer) or not 0 <= label < len(GRADES):
        raise ValueError(f"label is {label!r}; it must be one of {', '.join(GRADES)}, or 0 to {len(GRADES) - 1}")
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise ValueError(f"seed is {seed!r}; it must be an integer ≥ 0")
    if isinstance(without, str) or not set(without) <= set(LESIONS):
        raise ValueError(f"without is {without!r}; it must be a collection of {', '.join(LESIONS)}")
    if not isinstance(size, int) or not 16 <= size <= 1024:
        raise ValueError(f"size is {size!r}; it must be an integer from 16 to 1024 pixels")
    return int(label), int(seed)
