"""The toy zoo: animals drawn from numbers, each with the mask of the animal and of the part that decides its class.

An explanation can only be judged where the reason is known. Here it is known by construction: every class has a
deciding part (`DECIDING_PART`) that `draw` can shrink to nothing while every other number of the scene stays; colours,
coats, backgrounds and distractors are drawn from the same distributions for every class. The elephant's part is its
trunk: without it the zoo's networks are taught to see a hippo, so that p(elephant) hangs on the trunk's length.

`husky_wolf` is the biased twin (after Ribeiro et al., «Why should I trust you?», KDD 2016, §6.4): two similar animals,
and snow that may follow the class. `birds` are two that only their beaks tell apart, as GAD's paper has warblers and
sparrows (Rodrigues, Boutry & Najman 2024, §6).

Images are (3, size, size) float32 in [0, 1]; masks (size, size) bool, true where any of the pixel is touched.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import cos, pi, sin

import numpy as np
import torch
from torch import Tensor

from data.drawn.pen import Array, Canvas, Coat, Colour, Pen, bezier, noise, smoothstep, soft_union

CLASSES: tuple[str, ...] = ("cat", "dog", "rabbit", "lion", "elephant", "hippo", "bird", "frog", "fish", "turtle")
DECIDING_PART: dict[str, str] = {
    "cat": "pointed ears",
    "dog": "floppy ears",
    "rabbit": "long ears",
    "lion": "mane",
    "elephant": "trunk",
    "hippo": "muzzle",
    "bird": "beak",
    "frog": "bulging eyes",
    "fish": "tail fin",
    "turtle": "shell",
}
HUSKY_WOLF: tuple[str, ...] = ("husky", "wolf")
HUSKY_WOLF_PART: dict[str, str] = {"husky": "face mask", "wolf": "long muzzle"}
BIRDS: tuple[str, ...] = ("warbler", "sparrow")
BIRDS_PART: dict[str, str] = {"warbler": "thin beak", "sparrow": "thick beak"}
BACKGROUNDS: tuple[str, ...] = ("meadow", "sand", "water", "snow", "forest", "dusk")
SNOW: tuple[str, ...] = ("with wolf", "independent", "with husky")

WHITE, BLACK = np.array([1.0, 1.0, 1.0]), np.array([0.06, 0.05, 0.07])
PINK = np.array([0.93, 0.58, 0.58])
# Every animal is dipped in this one palette: colour says nothing of the class.
PALETTE = np.array(
    [
        [0.55, 0.55, 0.58],  # grey
        [0.74, 0.74, 0.76],  # silver
        [0.92, 0.90, 0.86],  # cream
        [0.30, 0.29, 0.32],  # charcoal
        [0.62, 0.43, 0.27],  # brown
        [0.42, 0.28, 0.19],  # chocolate
        [0.83, 0.66, 0.43],  # tan
        [0.88, 0.55, 0.23],  # ginger
        [0.78, 0.36, 0.22],  # fox
        [0.93, 0.78, 0.38],  # straw
        [0.45, 0.62, 0.33],  # moss
        [0.33, 0.55, 0.62],  # teal
        [0.40, 0.50, 0.75],  # blue
        [0.66, 0.48, 0.68],  # mauve
        [0.86, 0.60, 0.62],  # rose
    ]
)


FURS = PALETTE[[0, 1, 3, 4, 5, 6]]  # of huskies and wolves alike
COATS = ("plain", "plain", "patches", "stripes", "spots")  # plain twice: as often as two patterns


@dataclass(frozen=True)
class Scene:
    """One drawn scene. `image` (3, size, size) float32 in [0, 1]; `animal`, `part`, `snow` (size, size) bool.

    `part` is what is visible of the deciding part, within `animal`; `snow` is snow-covered ground; `length` is the
    deciding part's size in [0, 1]; `seed` draws the scene again.
    """

    image: Tensor
    label: int
    animal: Tensor
    part: Tensor
    snow: Tensor
    name: str
    part_name: str
    background: str
    length: float
    seed: int


@dataclass(frozen=True)
class Look:
    """The colours and the pose of one animal, drawn before it is known which animal it will be."""

    fur: Array
    second: Array
    iris: Array
    sitting: bool
    stride: float  # phase of the legs, radians
    tail: float  # −1 hanging … 1 raised
    head: tuple[float, float]  # small displacement of the head
    nod: float  # the head's turn, radians

    @property
    def belly(self) -> Array:
        return _mix(self.fur, WHITE, 0.5)

    @property
    def dark(self) -> Array:
        return self.fur * 0.62


def _mix(a: Colour, b: Colour, t: float) -> Array:
    return np.asarray(a) * (1 - t) + np.asarray(b) * t


# --- animals: each takes a pen, a look and the size of its deciding part ---------------------------------------------


def _body(pen: Pen, look: Look, tail: Callable[[Pen, float, float], None]) -> Pen:
    """The body that cats, dogs, rabbits, lions, huskies and wolves share; returns the pen of the head (radius 1)."""
    fur, dark = look.fur, look.dark
    if look.sitting:
        tail(pen, -0.34, 0.62)
        for side in (-1, 1):
            pen.dot(0.33 * side, 0.6, 0.24, 0.22, fur, shade=0.3, outline=0.022, coat=True)
        body = soft_union(pen.ellipse(0, 0.45, 0.38, 0.36), pen.ellipse(0, 0.05, 0.27, 0.34), 0.12)
        pen.paint(body, fur, shade=0.35, coat=True)
        pen.dot(0, 0.28, 0.17, 0.3, look.belly, alpha=0.75)
        for side in (-1, 1):
            pen.limb((0.13 * side, 0.3), (0.14 * side, 0.74), 0.09, 0.085, fur, shade=0.3, roundness=0.08)
            pen.dot(0.37 * side, 0.77, 0.15, 0.075, fur, shade=0.2, outline=0.022)
        head = (look.head[0] * 0.6, -0.3 + look.head[1])
    else:
        swing = 0.12 * sin(look.stride)
        tail(pen, -0.58, 0.08)
        for hip, sway in ((-0.36, -swing), (0.32, swing)):
            pen.limb((hip, 0.3), (hip + 0.06 + sway, 0.74), 0.11, 0.075, dark, shade=0.2, roundness=0.1)
        torso = soft_union(pen.ellipse(-0.05, 0.2, 0.58, 0.27), pen.ellipse(0.28, 0.12, 0.28, 0.3), 0.15)
        pen.paint(torso, fur, shade=0.38, coat=True)
        for hip, sway in ((-0.46, swing), (0.22, -swing)):
            pen.limb((hip, 0.3), (hip + sway, 0.74), 0.12, 0.08, fur, shade=0.25, roundness=0.1, coat=True)
            pen.dot(hip + sway + 0.04, 0.77, 0.12, 0.07, fur, outline=0.022)
            pen.dot(hip, 0.25, 0.13, 0.16, fur, coat=True)  # the shoulder hides the limb's upper edge
        head = (0.46 + look.head[0], -0.2 + look.head[1])
    return pen.child(*head, 0.42, look.nod)


def _eyes(head: Pen, look: Look, x: float, y: float, r: float, *, slit: bool = False, slant: float = 0.0) -> None:
    for side in (-1, 1):
        u = side * x
        head.dot(u, y, r, r * 1.08, _mix(look.iris, WHITE, 0.25), slant * side, outline=0.012)
        head.dot(u, y, r * (0.32 if slit else 0.62), r * (0.95 if slit else 0.7), BLACK)
        head.dot(u - 0.3 * r, y - 0.4 * r, 0.3 * r, 0.3 * r, WHITE)


def _pointed_ears(head: Pen, look: Look, part: float, x: float, height: float, width: float) -> None:
    """Two triangles on the crown, `height` above it when part = 1."""
    for side in (-1, 1):
        ear = head.child(side * x, -0.62, 1.0, side * 0.38).near(0, -height * part / 2, 0.3 + height)
        tip, w = (0.04 * side, -height * part), width * (0.35 + 0.65 * part)
        fade = float(smoothstep(part / 0.15))
        ear.paint(ear.polygon([(-w, 0.2), tip, (w, 0.2)], 0.05), look.fur, part=True, alpha=fade, shade=0.3, coat=True)
        inner = [(-0.55 * w, 0.1), (0.04 * side, -0.68 * height * part), (0.55 * w, 0.1)]
        ear.paint(ear.polygon(inner, 0.01), _mix(look.fur, PINK, 0.65), part=True, alpha=fade, outline=0)


def _cat(pen: Pen, look: Look, part: float) -> None:
    def tail(body: Pen, u: float, v: float) -> None:
        rise = -0.45 - 0.25 * look.tail
        way = [(u, v), (u - 0.5, v + 0.1), (u - 0.2, v + rise), (u - 0.42, v + 1.35 * rise)]
        body.stroke(bezier(way, np.linspace(0, 1, 9)), np.linspace(0.085, 0.06, 9), look.fur, coat=True)

    head = _body(pen, look, tail)
    if part > 0:
        _pointed_ears(head, look, part, 0.58, 0.85, 0.36)
    head.dot(0, 0, 1.0, 0.86, look.fur, shade=0.35, roundness=0.5, coat=True, outline=0.022)
    for side in (-1, 1):
        head.dot(0.2 * side, 0.42, 0.28, 0.22, look.belly)
    _eyes(head, look, 0.42, -0.08, 0.25, slit=True)
    head.paint(head.polygon([(-0.12, 0.22), (0.12, 0.22), (0, 0.36)], 0.03), PINK * 0.95, outline=0.008)
    for side in (-1, 1):
        head.limb((0, 0.38), (0.2 * side, 0.56), 0.03, 0.03, BLACK, outline=0)
        for lift in (-0.12, 0.1):
            head.limb((0.38 * side, 0.42), (1.25 * side, 0.36 + 1.4 * lift), 0.022, 0.016, look.fur * 0.3, outline=0)


def _dog(pen: Pen, look: Look, part: float) -> None:
    def tail(body: Pen, u: float, v: float) -> None:
        way = [(u, v), (u - 0.22, v - 0.1), (u - 0.3, v - 0.25 - 0.2 * look.tail)]
        body.stroke(bezier(way, np.linspace(0, 1, 6)), np.linspace(0.1, 0.04, 6), look.fur, coat=True)

    head = _body(pen, look, tail)
    head.dot(0, -0.05, 0.86, 0.9, look.fur, shade=0.35, roundness=0.5, coat=True, outline=0.022)
    head.dot(0, 0.92, 0.16, 0.24, np.array([0.9, 0.4, 0.45]), outline=0.012)
    head.dot(0, 0.45, 0.52, 0.42, look.belly, shade=0.25, outline=0.012)
    _eyes(head, look, 0.38, -0.18, 0.2)
    head.dot(0, 0.25, 0.24, 0.17, BLACK)
    head.dot(-0.07, 0.2, 0.07, 0.04, _mix(BLACK, WHITE, 0.6))
    for side in (-1, 1):
        head.limb((0, 0.4), (0.2 * side, 0.66), 0.03, 0.03, BLACK, outline=0)
    if part > 0:
        fade = float(smoothstep(part / 0.15))
        for side in (-1, 1):
            top, low = (0.62 * side, -0.66), ((0.62 + 0.42 * part) * side, -0.66 + 1.2 * part)
            ear = head.near(0.9 * side, 0, 1.2)
            ear.paint(
                ear.capsule(top, low, 0.2, 0.14 + 0.14 * part),
                _mix(look.second, look.fur * 0.7, 0.5),
                part=True,
                alpha=fade,
                shade=0.3,
            )


def _rabbit(pen: Pen, look: Look, part: float) -> None:
    def tail(body: Pen, u: float, v: float) -> None:
        body.dot(u - 0.06, v - 0.02, 0.15, 0.15, _mix(look.belly, WHITE, 0.6), shade=0.2, outline=0.022)

    head = _body(pen, look, tail)
    if part > 0:
        fade = float(smoothstep(part / 0.12))
        for side in (-1, 1):
            ear = head.child(0.36 * side, -0.6, 1.0, (0.16 + 0.1 * look.tail * side) * side)
            ear = ear.near(0, -0.8 * part, 0.4 + 0.9 * part)
            ear.paint(ear.ellipse(0, -0.72 * part, 0.27, 0.2 + 0.85 * part), look.fur, part=True, alpha=fade, shade=0.3)
            pink = _mix(look.fur, PINK, 0.75)
            ear.dot(0, -0.7 * part, 0.13, 0.08 + 0.68 * part, pink, part=True, alpha=fade)
    head.dot(0, 0.02, 0.84, 0.84, look.fur, shade=0.35, roundness=0.5, coat=True, outline=0.022)
    for side in (-1, 1):
        head.dot(0.24 * side, 0.44, 0.3, 0.24, look.belly)
    head.dot(0, 0.68, 0.14, 0.17, WHITE, outline=0.012)
    _eyes(head, look, 0.44, -0.1, 0.21)
    head.dot(0, 0.28, 0.13, 0.09, PINK * 0.9)


def _lion(pen: Pen, look: Look, part: float) -> None:
    mane = _mix(look.second, look.fur * 0.5, 0.35)

    def tail(body: Pen, u: float, v: float) -> None:
        way = bezier([(u, v), (u - 0.45, v), (u - 0.25, v - 0.55 - 0.25 * look.tail)], np.linspace(0, 1, 7))
        body.stroke(way, np.full(7, 0.05), look.fur)
        body.dot(way[-1][0], way[-1][1], 0.12, 0.14, mane, outline=0.022)

    head = _body(pen, look, tail)
    if part > 0:
        ring = head.near(0, 0, 2.0)
        turn = np.arctan2(ring.v, ring.u)
        locks = 0.09 * np.abs(np.sin(5.5 * turn + look.stride))
        d = np.hypot(ring.u, ring.v - 0.05) - (0.75 + 0.87 * part) + locks
        fade = float(smoothstep((part - 0.1) / 0.2))
        ring.paint(d, mane, part=True, alpha=fade, shade=0.35, roundness=0.4)
        strands = np.abs(np.hypot(ring.u, ring.v - 0.05) - 1.22) - 0.06 + 2 * locks
        ring.paint(strands, mane * 0.7, part=True, alpha=0.6 * fade, outline=0)
    for side in (-1, 1):
        head.dot(0.7 * side, -0.66, 0.28, 0.28, look.fur, outline=0.018, shade=0.2)
        head.dot(0.7 * side, -0.64, 0.14, 0.14, _mix(look.fur, PINK, 0.5))
    head.dot(0, 0.02, 0.88, 0.88, look.fur, shade=0.3, roundness=0.5, outline=0.016)
    head.dot(0, 0.5, 0.46, 0.36, look.belly, outline=0.01)
    _eyes(head, look, 0.38, -0.12, 0.19)
    head.paint(head.polygon([(-0.2, 0.2), (0.2, 0.2), (0, 0.42)], 0.05), BLACK, outline=0)
    head.limb((0, 0.4), (0, 0.6), 0.03, 0.03, BLACK, outline=0)
    head.limb((-0.2, 0.68), (0.2, 0.68), 0.03, 0.03, BLACK, outline=0)


def _heavy_legs(pen: Pen, colour: Colour, hips: Sequence[float], top: float, width: float, swing: float) -> None:
    for hip, sway in zip(hips, (swing, -swing), strict=True):
        pen.limb((hip, top), (hip + sway, 0.72), width, width * 0.9, colour, shade=0.25, roundness=0.12)
        for toe in (-0.5, 0.1, 0.7):
            pen.dot(hip + sway + toe * width, 0.78, 0.035, 0.03, _mix(colour, WHITE, 0.6))


def _elephant(pen: Pen, look: Look, part: float) -> None:
    pen = pen.child(-0.2, 0, 1.0)  # room in front for the trunk
    fur, swing = look.fur, 0.08 * sin(look.stride)
    tail = bezier([(-0.68, -0.12), (-0.86, 0.0), (-0.82, 0.3 - 0.12 * look.tail)], np.linspace(0, 1, 5))
    pen.stroke(tail, np.linspace(0.04, 0.025, 5), fur)
    pen.dot(tail[-1][0], tail[-1][1], 0.05, 0.08, look.dark * 0.7)
    _heavy_legs(pen, look.dark, (-0.36, 0.26), 0.3, 0.13, -swing)
    pen.dot(-0.15, 0.02, 0.58, 0.44, fur, shade=0.4, roundness=0.35, coat=True, outline=0.022)
    _heavy_legs(pen, fur, (-0.5, 0.1), 0.3, 0.15, swing)
    pen.dot(-0.3, 0.12, 0.4, 0.25, fur, coat=True)  # hides the legs' upper edges
    pen.dot(0.08, 0.15, 0.17, 0.2, fur, coat=True)
    head = pen.child(0.5 + 0.4 * look.head[0], -0.22 + look.head[1], 0.42, look.nod * 0.6)
    head.paint(
        soft_union(head.ellipse(0.0, -0.1, 0.78, 0.8), head.ellipse(0.3, 0.4, 0.42, 0.42), 0.2),
        fur, shade=0.35, roundness=0.45,
    )  # fmt: skip
    head.limb((0.3, 0.62), (0.56, 0.58), 0.035, 0.03, look.dark * 0.6, outline=0)  # the mouth
    if part > 0:
        # The whole curve is fixed; the trunk's length is how much of it is grown.
        lift = 0.5 + 0.5 * look.tail
        way = [(0.42, 0.1), (1.15, 0.2), (0.95, 1.6 - 0.2 * lift), (1.2 + 0.2 * lift, 2.2 - 0.5 * lift)]
        way.append((1.8, 1.75 - 0.7 * lift))
        t = np.linspace(0, part, 10)
        fade = float(smoothstep(part / 0.15))
        radii = (0.31 - 0.17 * t) * (0.55 + 0.45 * fade)
        points = bezier(way, t)
        head.paint(head.curve(points, radii), fur, part=True, alpha=fade, shade=0.4, roundness=0.3)
        head.dot(0.3, 0.06, 0.3, 0.3, fur, part=True, alpha=fade)  # the trunk grows out of the face
        for i in range(2, 9, 2):
            across = points[i + 1] - points[i - 1]
            across = np.array([across[1], -across[0]]) / max(np.hypot(*across), 1e-6) * radii[i] * 0.7
            fold = points[i].tolist(), (points[i] + across).tolist()
            head.limb(*fold, 0.03, 0.02, look.dark, outline=0, alpha=0.8 * fade, part=True)
    head.dot(0.3, -0.22, 0.12, 0.13, WHITE, outline=0.01)
    head.dot(0.33, -0.21, 0.085, 0.1, BLACK)
    ear = head.child(-0.42, -0.12, 1.0, 0.12 + 0.15 * look.tail)
    ear.dot(0, 0.05, 0.56, 0.78, _mix(fur, look.dark, 0.25), shade=0.4, roundness=0.4, outline=0.022)
    ear.dot(0.03, 0.1, 0.34, 0.52, _mix(fur, PINK, 0.3), alpha=0.8)


def _hippo(pen: Pen, look: Look, part: float) -> None:
    fur, swing = look.fur, 0.06 * sin(look.stride)
    pen.limb((-0.74, 0.0), (-0.84, 0.16 - 0.05 * look.tail), 0.04, 0.03, fur)
    _heavy_legs(pen, look.dark, (-0.38, 0.24), 0.45, 0.12, -swing)
    pen.dot(-0.15, 0.13, 0.64, 0.46, fur, shade=0.4, roundness=0.35, coat=True, outline=0.022)
    _heavy_legs(pen, fur, (-0.52, 0.08), 0.45, 0.14, swing)
    pen.dot(-0.3, 0.22, 0.42, 0.28, fur, coat=True)
    pen.dot(0.05, 0.25, 0.2, 0.22, fur, coat=True)
    head = pen.child(0.46 + 0.4 * look.head[0], -0.12 + look.head[1], 0.42, look.nod * 0.6)
    for u in (-0.42, 0.18):
        head.dot(u, -0.72, 0.2, 0.22, fur, outline=0.02)
        head.dot(u, -0.72, 0.1, 0.12, _mix(fur, PINK, 0.6))
    head.dot(0, 0, 0.74, 0.8, fur, shade=0.35, roundness=0.45, outline=0.022)
    if part > 0:
        fade = float(smoothstep(part / 0.15))
        grow = 0.35 + 0.65 * part
        nose = head.child(0.42, 0.42, grow, 0.12)
        for u in (0.1, 0.62):
            nose.dot(u, 0.52, 0.09, 0.18, WHITE, part=True, alpha=fade, outline=0.012)
        nose.dot(0.3, 0.02, 0.82, 0.56, _mix(fur, WHITE, 0.15), part=True, alpha=fade, shade=0.4, outline=0.022)
        for u in (0.32, 0.75):
            nose.dot(u, -0.38, 0.16, 0.12, _mix(fur, WHITE, 0.15), part=True, alpha=fade, outline=0.014)
            nose.dot(u + 0.02, -0.36, 0.08, 0.07, look.dark * 0.4, part=True, alpha=fade)
        nose.limb((-0.2, 0.3), (0.85, 0.32), 0.03, 0.03, look.dark * 0.6, part=True, alpha=fade, outline=0)
    head.dot(0.2, -0.3, 0.14, 0.15, WHITE, outline=0.012)
    head.dot(0.24, -0.29, 0.09, 0.1, BLACK)


def _wing(pen: Pen, colour: Colour) -> None:
    """A raised wing on its shoulder: three flight feathers, longest in front, under a rounded shoulder."""
    for angle, length in ((-0.85, 0.5), (-0.5, 0.62), (-0.15, 0.7)):
        feather = pen.child(0, 0, 1.0, angle)
        feather.dot(0, -0.5 * length, 0.13, 0.56 * length, colour, shade=0.3, roundness=0.1, outline=0.018)
    pen.dot(0, -0.06, 0.2, 0.22, colour, shade=0.2)


GOLD = np.array([0.95, 0.62, 0.15])


def _bird_beak(beak: Pen, part: float, fade: float) -> None:
    length = 0.2 + 1.05 * part
    low = [(0.3, 0.05), (0.35 + 0.85 * length, 0.2), (0.3, 0.36)]
    beak.paint(beak.polygon(low, 0.03), GOLD * 0.8, part=True, alpha=fade)
    high = [(0.3, -0.28), (0.35 + length, 0.16), (0.3, 0.2)]
    beak.paint(beak.polygon(high, 0.03), GOLD, part=True, alpha=fade, shade=0.2)


def _warbler_beak(beak: Pen, part: float, fade: float) -> None:
    """Thin, long and pointed: it picks insects."""
    needle = [(0.3, -0.06), (0.45 + 0.9 * part, 0.16), (0.3, 0.2)]
    beak.paint(beak.polygon(needle, 0.05), GOLD, part=True, alpha=fade, shade=0.2)


def _sparrow_beak(beak: Pen, part: float, fade: float) -> None:
    """Thick, short and conical: it cracks seeds."""
    height = 0.14 + 0.22 * part
    cone = [(0.3, 0.08 - height), (0.5 + 0.4 * part, 0.13), (0.3, 0.1 + height)]
    beak.paint(beak.polygon(cone, 0.05), GOLD, part=True, alpha=fade, shade=0.2)


def _bird(pen: Pen, look: Look, part: float, paint_beak: Callable[[Pen, float, float], None] = _bird_beak) -> None:
    fur = look.fur
    flying = not look.sitting
    for u in (-0.02, 0.14):
        if flying:
            pen.limb((u, 0.3), (u - 0.22, 0.48), 0.03, 0.03, np.array([0.85, 0.5, 0.15]), outline=0.01)
        else:
            pen.limb((u, 0.3), (u + 0.02, 0.76), 0.03, 0.03, np.array([0.85, 0.5, 0.15]), outline=0.01)
            pen.limb((u - 0.06, 0.78), (u + 0.14, 0.78), 0.03, 0.02, np.array([0.85, 0.5, 0.15]), outline=0.01)
    if flying:
        _wing(pen.child(0.14, -0.08, 0.95, 0.5 + 0.2 * look.tail), look.dark)
    tail = pen.child(-0.5, 0.18, 1.0, -0.1 - 0.25 * look.tail)
    tail.paint(tail.polygon([(0.2, -0.1), (-0.42, -0.14), (-0.36, 0.14), (0.2, 0.1)], 0.04), look.dark, shade=0.2)
    body = soft_union(pen.ellipse(-0.05, 0.12, 0.5, 0.32, -0.3), pen.ellipse(0.36, -0.24, 0.25, 0.25), 0.2)
    head = pen.child(0.4 + 0.2 * look.head[0], -0.26, 0.42, look.nod)
    if part > 0:
        paint_beak(head.near(0.8, 0.1, 1.0), part, float(smoothstep(part / 0.15)))
    pen.paint(body, fur, shade=0.38, roundness=0.3, coat=True)
    pen.dot(0.12, 0.2, 0.26, 0.2, look.belly, -0.6, alpha=0.8)
    wing_colour = _mix(look.second, fur, 0.35)
    if flying:
        _wing(pen.child(-0.02, 0.02, 1.0, 0.1 + 0.25 * look.tail), wing_colour)
    else:
        wing = pen.child(-0.14, 0.12, 1.0, -0.3)
        wing.dot(-0.08, 0.02, 0.38, 0.2, wing_colour, shade=0.35, outline=0.018)
        for v in (-0.02, 0.09):
            wing.limb((-0.36, v), (0.05, v), 0.018, 0.018, wing_colour * 0.6, outline=0)
    head.dot(0.08, -0.12, 0.17, 0.18, WHITE, outline=0.01)
    head.dot(0.11, -0.11, 0.11, 0.13, BLACK)
    head.dot(0.07, -0.17, 0.04, 0.04, WHITE)


def _frog(pen: Pen, look: Look, part: float) -> None:
    fur = look.fur
    for side in (-1, 1):
        pen.limb((0.62 * side, 0.76), (0.98 * side, 0.78), 0.05, 0.07, fur, shade=0.2)
        thigh = _mix(fur, look.dark, 0.3)
        pen.dot(0.62 * side, 0.46, 0.26, 0.36, thigh, -0.35 * side, shade=0.3, outline=0.022, coat=True)
    pen.dot(0, 0.38, 0.56, 0.42, fur, shade=0.35, coat=True, outline=0.022)
    pen.dot(0, 0.5, 0.36, 0.28, look.belly, alpha=0.9)
    for side in (-1, 1):
        pen.limb((0.3 * side, 0.42), (0.34 * side, 0.74), 0.1, 0.08, fur, shade=0.25, roundness=0.1)
        for toe in (-0.12, 0, 0.12):
            pen.limb((0.34 * side, 0.75), (0.34 * side + toe, 0.8), 0.04, 0.04, fur, outline=0.012)
    head = pen.child(0.5 * look.head[0], -0.06 + 0.5 * look.head[1], 0.42, 0.5 * look.nod)
    if part > 0:
        fade = float(smoothstep(part / 0.15))
        for side in (-1, 1):
            eye = head.child(0.82 * side, -0.5 - 0.42 * part, 0.2 + 0.8 * part)
            eye.dot(0, 0, 0.5, 0.5, fur, part=True, alpha=fade, shade=0.3, outline=0.022)
    head.dot(0, 0, 1.5, 0.9, fur, shade=0.35, roundness=0.45, coat=True, outline=0.022)
    if part > 0:
        for side in (-1, 1):
            eye = head.child(0.82 * side, -0.5 - 0.42 * part, 0.2 + 0.8 * part)
            eye.dot(0, 0, 0.36, 0.36, _mix(WHITE, look.iris, 0.25), part=True, alpha=fade, outline=0.012)
            eye.dot(0.02, 0.03, 0.2, 0.22, BLACK, part=True, alpha=fade)
            eye.dot(-0.06, -0.06, 0.08, 0.08, WHITE, part=True, alpha=fade)
    smile = bezier([(-1.05, 0.1), (0, 0.85), (1.05, 0.1)], np.linspace(0, 1, 7))
    head.stroke(smile, np.full(7, 0.045), look.dark * 0.5, outline=0)
    for side in (-1, 1):
        head.dot(0.14 * side, -0.1, 0.06, 0.05, look.dark * 0.5)
        head.dot(1.05 * side, 0.2, 0.2, 0.14, PINK, alpha=0.45)


def _fish(pen: Pen, look: Look, part: float) -> None:
    fur, fin = look.fur, _mix(look.second, look.fur, 0.3)
    pen = pen.child(0.2, 0, 1.0)  # room behind for the tail
    if part > 0:
        fade = float(smoothstep(part / 0.15))
        root = pen.child(-0.5, 0.05, 1.0, 0.2 * look.tail)
        reach = 0.15 + 0.5 * part
        for side in (-1, 1):
            tip = (-reach, 0.5 * side * (0.3 + 0.7 * part))
            lobe = [(0.12, 0.1 * side), tip, (-0.7 * reach, -0.02 * side), (0.1, -0.08 * side)]
            root.paint(root.polygon(lobe, 0.05), fin, part=True, alpha=fade, shade=0.3)
        for lean in (-0.5, 0, 0.5):
            ray = (-0.75 * reach, 0.6 * lean * part)
            root.limb((0, 0), ray, 0.016, 0.016, fin * 0.65, part=True, alpha=0.8 * fade, outline=0)
    dorsal = [(-0.28, -0.2), (-0.22, -0.52), (0.02, -0.6), (0.26, -0.25)]
    pen.paint(pen.polygon(dorsal, 0.04), fin, shade=0.3)
    pen.paint(pen.polygon([(-0.15, 0.3), (-0.3, 0.58), (0.0, 0.38)], 0.03), fin)
    body = soft_union(pen.ellipse(0.08, 0.05, 0.62, 0.36), pen.ellipse(-0.4, 0.05, 0.3, 0.14), 0.15)
    pen.paint(body, fur, shade=0.42, roundness=0.3, coat=True)
    pen.dot(0.12, 0.24, 0.4, 0.13, look.belly, alpha=0.6)
    for row, v in enumerate((-0.1, 0.04, 0.18)):
        for u in (-0.3, -0.12, 0.06):
            scale = u + 0.06 * (row % 2)
            pen.limb((scale, v - 0.04), (scale, v + 0.04), 0.012, 0.012, look.dark, outline=0, alpha=0.7)
    gill = bezier([(0.28, -0.18), (0.18, 0.05), (0.28, 0.26)], np.linspace(0, 1, 5))
    pen.stroke(gill, np.full(5, 0.018), look.dark * 0.7, outline=0)
    pectoral = pen.child(0.1, 0.16, 1.0, 0.4 + 0.3 * look.tail)
    pectoral.dot(-0.12, 0.0, 0.17, 0.09, fin, outline=0.016)
    pen.dot(0.45, -0.06, 0.105, 0.11, WHITE, outline=0.012)
    pen.dot(0.47, -0.06, 0.065, 0.07, BLACK)
    pen.dot(0.45, -0.09, 0.025, 0.025, WHITE)
    pen.limb((0.6, 0.16), (0.68, 0.12), 0.02, 0.02, look.dark * 0.5, outline=0)


def _turtle(pen: Pen, look: Look, part: float) -> None:
    pen = pen.child(-0.12, -0.09, 1.12)  # room in front for the head; the feet stay on the ground
    fur, swing = look.fur, 0.08 * sin(look.stride)
    shell = _mix(look.second, look.second * 0.6, 0.3)
    pen.paint(pen.polygon([(-0.6, 0.5), (-0.9, 0.62 - 0.08 * look.tail), (-0.6, 0.62)], 0.03), fur)
    for hip, sway in ((-0.28, -swing), (0.34, swing)):
        pen.limb((hip, 0.55), (hip + sway, 0.74), 0.12, 0.1, look.dark, shade=0.2)
    neck = (0.8 + 0.5 * look.head[0], 0.1 + look.head[1])
    pen.limb((0.45, 0.5), neck, 0.14, 0.14, fur, shade=0.2)
    head = pen.child(*neck, 0.42, look.nod)
    head.dot(0.1, -0.1, 0.62, 0.48, fur, shade=0.35, roundness=0.3, outline=0.022)
    head.dot(0.25, -0.22, 0.14, 0.15, WHITE, outline=0.01)
    head.dot(0.28, -0.21, 0.09, 0.1, BLACK)
    head.limb((0.35, 0.14), (0.62, 0.06), 0.03, 0.03, look.dark * 0.5, outline=0)
    for hip, sway in ((-0.46, swing), (0.2, -swing)):
        pen.limb((hip, 0.5), (hip + sway, 0.74), 0.14, 0.12, fur, shade=0.25)
    pen.dot(-0.08, 0.54, 0.66, 0.13, look.belly, shade=0.3, outline=0.022)
    if part > 0:
        fade = float(smoothstep(part / 0.15))
        rise = 0.75 * part
        dome = np.maximum(pen.ellipse(-0.08, 0.52, 0.68, 0.08 + rise), pen.v - 0.56)
        pen.paint(dome, shell, part=True, alpha=fade, shade=0.5, roundness=0.35)
        light = _mix(shell, WHITE, 0.35)
        plates = ((-0.08, 0.5, 0.15), (-0.42, 0.34, 0.11), (0.26, 0.34, 0.11), (-0.27, 0.73, 0.1), (0.12, 0.73, 0.1))
        for u, v, r in plates:
            y = 0.52 - rise * v
            six = [(u + r * cos(k * pi / 3), y + 0.9 * r * part * sin(k * pi / 3)) for k in range(6)]
            plate = pen.near(u, y, r * 1.3)
            plate.paint(plate.polygon(six, 0.01), light, part=True, alpha=0.9 * fade, outline=0.014)
        pen.limb((-0.72, 0.55), (0.56, 0.55), 0.05, 0.05, shell * 0.75, part=True, alpha=fade, shade=0.2)


def _husky(pen: Pen, look: Look, part: float) -> None:
    def tail(body: Pen, u: float, v: float) -> None:
        way = [(u, v), (u - 0.42, v - 0.15), (u - 0.2, v - 0.72), (u + 0.16, v - 0.42)]
        body.stroke(bezier(way, np.linspace(0, 1, 8)), np.linspace(0.09, 0.1, 8), look.fur, shade=0.3)
        body.dot(u + 0.1, v - 0.44, 0.1, 0.1, look.belly)

    head = _body(pen, look, tail)
    _pointed_ears(head, look, 0.9, 0.58, 0.8, 0.34)
    head.canvas.part[:] = 0  # a husky's ears are a wolf's
    head.dot(0, 0, 0.95, 0.88, look.fur * 0.75, shade=0.3, roundness=0.5, outline=0.022)
    if part > 0:
        fade = float(smoothstep(part / 0.3))
        for side in (-1, 1):
            head.dot(0.45 * side, 0.12, 0.42, 0.56, WHITE * 0.97, 0.25 * side, part=True, alpha=fade)
            head.dot(0.36 * side, -0.46, 0.2, 0.12, WHITE * 0.97, 0.3 * side, part=True, alpha=fade)
        head.dot(0, 0.5, 0.55, 0.38, WHITE * 0.97, part=True, alpha=fade)
    head.limb((0, -0.75), (0, 0.12), 0.16, 0.1, look.fur * 0.75, outline=0)
    _eyes(head, replace(look, iris=np.array([0.3, 0.6, 0.95])), 0.4, -0.08, 0.19)
    head.dot(0, 0.48, 0.36, 0.3, _mix(look.belly, WHITE, 0.7), outline=0.01, shade=0.2)
    head.dot(0, 0.32, 0.19, 0.14, BLACK)
    head.limb((0, 0.45), (0, 0.62), 0.03, 0.03, BLACK, outline=0)


def _wolf(pen: Pen, look: Look, part: float) -> None:
    def tail(body: Pen, u: float, v: float) -> None:
        way = [(u, v), (u - 0.3, v + 0.05), (u - 0.34, v + 0.5 - 0.15 * look.tail)]
        bushy = np.array([0.08, 0.11, 0.13, 0.13, 0.1, 0.05])
        body.stroke(bezier(way, np.linspace(0, 1, 6)), bushy, look.fur, shade=0.3)

    head = _body(pen, look, tail)
    for side in (-1, 1):  # ruffled cheeks
        head.paint(head.polygon([(0.5 * side, -0.3), (1.2 * side, 0.3), (0.3 * side, 0.85)], 0.06), look.fur, shade=0.2)
    _pointed_ears(head, look, 0.9, 0.58, 0.8, 0.34)
    head.canvas.part[:] = 0
    head.dot(0, -0.05, 0.88, 0.82, look.fur, shade=0.3, roundness=0.5, outline=0.01)
    for side in (-1, 1):
        head.dot(0.55 * side, 0.38, 0.34, 0.22, look.belly, -0.6 * side, alpha=0.9)
    _eyes(head, replace(look, iris=np.array([0.95, 0.72, 0.15])), 0.4, -0.14, 0.16, slant=0.5)
    for side in (-1, 1):  # a frown
        head.limb((0.2 * side, -0.26), (0.62 * side, -0.42), 0.05, 0.04, look.dark * 0.7, outline=0)
    if part > 0:
        fade = float(smoothstep(part / 0.15))
        tip = 0.25 + 0.65 * part
        snout = head.near(0, 0.5, 1.2)
        pale = _mix(look.fur, WHITE, 0.25)
        snout.paint(snout.capsule((0, 0.0), (0, tip), 0.3, 0.34), pale, part=True, alpha=fade, shade=0.4, outline=0.012)
        head.dot(0, tip + 0.02, 0.25, 0.17, BLACK, part=True, alpha=fade)
        head.dot(-0.08, tip - 0.04, 0.07, 0.04, _mix(BLACK, WHITE, 0.6), part=True, alpha=fade)
        for side in (-1, 1):  # fangs
            fang = [(0.12 * side, tip + 0.26), (0.24 * side, tip + 0.22), (0.19 * side, tip + 0.48)]
            snout.paint(snout.polygon(fang, 0.01), WHITE, part=True, alpha=fade, outline=0.006)


ANIMALS: dict[str, Callable[[Pen, Look, float], None]] = {
    "cat": _cat,
    "dog": _dog,
    "rabbit": _rabbit,
    "lion": _lion,
    "elephant": _elephant,
    "hippo": _hippo,
    "bird": _bird,
    "frog": _frog,
    "fish": _fish,
    "turtle": _turtle,
    "husky": _husky,
    "wolf": _wolf,
    "warbler": partial(_bird, paint_beak=_warbler_beak),
    "sparrow": partial(_bird, paint_beak=_sparrow_beak),
}


# --- scenery ----------------------------------------------------------------------------------------------------------

# sky at the top, sky at the horizon, ground far, ground near
TONES = {
    "meadow": ((0.45, 0.68, 0.92), (0.82, 0.90, 0.95), (0.56, 0.70, 0.36), (0.34, 0.54, 0.22)),
    "sand": ((0.40, 0.66, 0.90), (0.93, 0.90, 0.80), (0.90, 0.80, 0.58), (0.80, 0.64, 0.40)),
    "water": ((0.52, 0.72, 0.92), (0.88, 0.93, 0.95), (0.42, 0.66, 0.76), (0.14, 0.40, 0.58)),
    "snow": ((0.62, 0.74, 0.86), (0.88, 0.91, 0.95), (0.90, 0.93, 0.97), (0.97, 0.98, 1.00)),
    "forest": ((0.35, 0.50, 0.36), (0.60, 0.70, 0.50), (0.36, 0.40, 0.22), (0.26, 0.24, 0.14)),
    "dusk": ((0.28, 0.25, 0.45), (0.95, 0.62, 0.45), (0.46, 0.40, 0.38), (0.28, 0.25, 0.28)),
}


def _scenery(canvas: Canvas, background: str, rng: np.random.Generator) -> float:
    """Paint sky, ground and what stands far off; returns the horizon's height."""
    top, low, far, near = (np.array(tone, np.float32) * rng.uniform(0.92, 1.06) for tone in TONES[background])
    horizon = rng.uniform(-0.35, 0.1)
    offsets = rng.uniform(0, 1, (4, 2)).tolist()
    x, y = canvas.axis[None, :], canvas.axis[:, None]
    rise = np.clip((y + 1) / (horizon + 1), 0, 1)
    sky = top[:, None, None] + (low - top)[:, None, None] * rise
    depth = np.clip((y - horizon) / (1 - horizon), 0, 1)
    ground = far[:, None, None] + (near - far)[:, None, None] * depth
    # Perspective: the ground's texture shrinks towards the horizon, as 1 / depth.
    away = 0.25 / (depth + 0.18)
    stretch = 4.0 if background == "water" else 1.0
    texture = noise(x * away * 0.9 / stretch, away * 1.6 + 0 * x, offsets[0])
    texture = texture + 0.7 * noise(x * 0.9, y * 1.8, offsets[1])
    ground = ground * (1 + (0.035 if background == "snow" else 0.085) * texture)
    edge = horizon + 0.03 * noise(x * 0.25, 0 * x, offsets[2])
    image = sky + np.clip(0.5 + (y - edge) / canvas.pixel, 0, 1) * (ground - sky)
    canvas.image[:] = image
    pen = Pen.placed(canvas, 0, 0, 1, scenery=True)
    hills = horizon - 0.12 - 0.16 * (noise(x * 0.22, 0 * x, offsets[3]) + 0.3)
    if background in ("meadow", "snow", "dusk", "sand"):
        d = np.maximum(hills - pen.v, pen.v - edge)
        pen.paint(d, _mix(low, far, 0.55) * 0.92, outline=0, alpha=0.9)
    return horizon


def _distractors(canvas: Canvas, background: str, horizon: float, count: int, rng: np.random.Generator) -> None:
    """`count` things that any animal may meet: clouds, trees, stones, flowers, balls, from far to near."""
    numbers = rng.uniform(0, 1, (count, 6))
    kinds = rng.integers(0, 5, count)
    numbers[:, 1] = np.sort(numbers[:, 1])
    for (across, near, size, hue, shape, _), kind in zip(numbers.tolist(), kinds, strict=True):
        x = 1.9 * across - 0.95
        ground = horizon + 0.1 + (0.9 - horizon) * near * 0.95
        grow = 0.6 + 0.6 * near
        if kind == 0:
            pen = Pen.placed(canvas, x, -0.95 + 0.5 * near * (horizon + 0.9), 0.2 + 0.14 * size, scenery=True)
            cloud = soft_union(pen.ellipse(0, 0, 1.0, 0.32), pen.ellipse(0.1 - 0.4 * shape, -0.25, 0.45, 0.36), 0.2)
            pen.paint(cloud, _mix(WHITE, (0.8, 0.82, 0.88), hue * 0.6), outline=0, alpha=0.9, shade=0.12)
        elif kind == 1:
            pen = Pen.placed(canvas, x, horizon + 0.08 + 0.12 * near, 0.26 + 0.16 * size, scenery=True)
            pen.limb((0, 0), (0, -0.6), 0.09, 0.06, (0.38, 0.27, 0.18), outline=0.012)
            leaf = _mix((0.22, 0.42, 0.22), (0.45, 0.55, 0.22), hue)
            leaf = _mix(leaf, WHITE, 0.55) if background == "snow" else leaf
            if shape < 0.5:
                for level in range(3):
                    v, w = -0.45 - 0.38 * level, 0.5 - 0.12 * level
                    pen.paint(pen.polygon([(-w, v), (w, v), (0, v - 0.6)], 0.02), leaf, outline=0.012, shade=0.3)
            else:
                crown = soft_union(pen.ellipse(0, -1.0, 0.5, 0.45), pen.ellipse(0.25, -0.75, 0.35, 0.3), 0.15)
                pen.paint(crown, leaf, outline=0.012, shade=0.35)
        elif kind == 2:
            pen = Pen.placed(canvas, x, ground, (0.07 + 0.08 * size) * grow, scenery=True)
            pen.dot(0.2, 0.35, 1.3, 0.3, BLACK, alpha=0.25)
            stone = np.maximum(pen.ellipse(0, 0, 1, 0.75), pen.v - 0.45)
            pen.paint(stone, _mix((0.45, 0.45, 0.47), (0.66, 0.62, 0.56), hue), shade=0.45, outline=0.016)
        elif kind == 3:
            petal = _wheel(hue)
            for k in range(1 + int(3 * shape)):
                pen = Pen.placed(canvas, x + 0.16 * k * grow, ground - 0.04 * (k % 2), 0.085 * grow, scenery=True)
                pen.limb((0, 0.2), (0.1, 1.5), 0.1, 0.1, (0.25, 0.48, 0.2), outline=0)
                head = pen.near(0, 0, 0.9)
                head.paint(head.flower(5, 0.48, 0.36, shape), petal, outline=0)
                pen.dot(0, 0, 0.3, 0.3, (0.98, 0.85, 0.3))
        else:
            pen = Pen.placed(canvas, x, ground, (0.09 + 0.06 * size) * grow, scenery=True)
            pen.dot(0.2, 0.85, 1.1, 0.25, BLACK, alpha=0.25)
            pen.dot(0, 0, 1, 1, _wheel(hue), shade=0.35, roundness=0.9, outline=0.016)
            stripe = np.maximum(pen.ellipse(0, 0, 1, 1), np.abs(pen.v - 0.4 * pen.u) - 0.25)
            pen.paint(stripe, (0.97, 0.96, 0.92), outline=0)


def _wheel(hue: float) -> Array:
    """A lively colour at `hue` in [0, 1] of the colour wheel."""
    return 0.62 + 0.34 * np.cos(2 * pi * (hue - np.array([0, 1 / 3, 2 / 3])))


# --- scenes -----------------------------------------------------------------------------------------------------------


def _look(rng: np.random.Generator, ground: Array, palette: Array, coats: Sequence[str]) -> tuple[Look, Coat]:
    """Colours and pose from numbers that do not know the class; the fur is the best seen of three on this ground."""
    choices = palette[rng.integers(0, len(palette), 4)] * rng.uniform(0.9, 1.08, (4, 1)) + rng.normal(0, 0.03, (4, 3))
    choices = np.clip(choices, 0.1, 0.98)
    best = int(np.argmax(np.abs(choices[:3] - ground).sum(1)))
    fur, second = choices[best], choices[3]
    kind, offset = coats[int(rng.integers(len(coats)))], (float(rng.uniform()), float(rng.uniform()))
    look = Look(
        fur=fur,
        second=second,
        iris=_mix(_wheel(rng.uniform()), (0.75, 0.7, 0.3), 0.4),
        sitting=bool(rng.uniform() < 0.45),
        stride=float(rng.uniform(0, 2 * pi)),
        tail=float(rng.uniform(-1, 1)),
        head=(float(rng.uniform(-0.05, 0.05)), float(rng.uniform(-0.06, 0.06))),
        nod=float(rng.uniform(-0.16, 0.16)),
    )
    return look, Coat(kind, second.astype(np.float32), offset)


def _stage(seed: int, background: str | None, size: int) -> tuple[Canvas, str, float, Array]:
    """A seed's scenery: canvas, background's name, horizon's height, and the mean colour of the seed's own ground."""
    rng = np.random.default_rng([seed, 0])
    natural = BACKGROUNDS[int(rng.integers(len(BACKGROUNDS)))]
    background = natural if background is None else background
    canvas = Canvas(size)
    horizon = _scenery(canvas, background, rng)
    _distractors(canvas, background, horizon, int(rng.integers(0, 5)), rng)
    # Animals are coloured against the seed's own ground, so that one on another ground is the same animal.
    return canvas, background, horizon, _mix(*TONES[natural][2:], 0.5)


def _render(
    name: str,
    label: int,
    part_name: str,
    seed: int,
    part: float | None,
    background: str | None,
    size: int,
    palette: Array,
    coats: Sequence[str],
) -> Scene:
    canvas, background, horizon, ground = _stage(seed, background, size)
    animal = np.random.default_rng([seed, 1])
    look, coat = _look(animal, ground, palette, coats)
    length = float(animal.uniform(0.6, 1.0))
    length = length if part is None else float(part)
    scale = animal.uniform(0.62, 0.86)
    x = animal.uniform(-1, 1) * (0.96 - scale) * 0.6
    y = animal.uniform(0.0, 0.95 - 0.8 * scale)
    mirror, tilt = bool(animal.uniform() < 0.5), animal.uniform(-0.07, 0.07)
    if name == "fish" or (name in ("bird", *BIRDS) and not look.sitting):
        y -= 0.25
    if name in BIRDS:  # room before the head, or only long beaks would touch the frame
        scale *= 0.9
        x += 0.14 if mirror else -0.14
    shadow = Pen.placed(canvas, x, y + 0.78 * scale, scale, scenery=True)
    blur = np.clip(1.15 - np.hypot(shadow.u / 0.8, shadow.v / 0.16), 0, 1)
    canvas.image *= 1 - 0.4 * smoothstep(blur)
    ANIMALS[name](Pen.placed(canvas, x, y, scale, tilt, mirror, coat), look, length)

    image = np.clip(canvas.image, 0, 1)
    touched, visible = canvas.animal > 0, canvas.part > 0
    below = (canvas.axis[:, None] > horizon) & ~touched if background == "snow" else np.zeros_like(touched)
    return Scene(
        image=torch.from_numpy(image),
        label=label,
        animal=torch.from_numpy(touched),
        part=torch.from_numpy(visible),
        snow=torch.from_numpy(below),
        name=name,
        part_name=part_name,
        background=background,
        length=length,
        seed=seed,
    )


def _label(label: int | str, classes: Sequence[str]) -> int:
    if isinstance(label, str):
        if label not in classes:
            raise ValueError(f"label is {label!r}; it must be one of {', '.join(classes)}")
        return list(classes).index(label)
    if isinstance(label, bool) or not isinstance(label, int | np.integer) or not 0 <= label < len(classes):
        raise ValueError(f"label is {label!r}; it must be a name or an integer from 0 to {len(classes) - 1}")
    return int(label)


def _seed(seed: int) -> int:
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise ValueError(f"seed is {seed!r}; it must be an integer ≥ 0")
    return int(seed)


def _in(name: str, value: str | None, allowed: Sequence[str]) -> None:
    if value is not None and value not in allowed:
        raise ValueError(f"{name} is {value!r}; it must be one of {', '.join(allowed)}")


def draw(
    label: int | str,
    seed: int,
    *,
    trunk: float | None = None,
    part: float | None = None,
    background: str | None = None,
    size: int = 64,
) -> Scene:
    """One scene of the zoo: (label, seed) fixes its bits; another label puts another animal into the same scenery.

    `part` in [0, 1] is the deciding part's length or size (0: none; default: natural, random in [0.6, 1]) and `trunk`
    is its name on an elephant; nothing else of the scene moves with it. `background` is one of `BACKGROUNDS` (default:
    random) and `size` the side in pixels (the drawing is the same, sharper).

    Raises ValueError, naming the argument, for anything outside these ranges.
    """
    index, seed = _label(label, CLASSES), _seed(seed)
    name = CLASSES[index]
    if trunk is not None:
        if name != "elephant":
            raise ValueError(f"trunk is {trunk!r} for a {name}; only an elephant has one (part is for every animal)")
        if part is not None:
            raise ValueError(f"trunk is {trunk!r} and part is {part!r}; they are the same thing, give one of them")
        _unit("trunk", trunk)
        part = trunk
    if part is not None:
        _unit("part", part)
    _in("background", background, BACKGROUNDS)
    _size(size)
    return _render(name, index, DECIDING_PART[name], seed, part, background, size, PALETTE, COATS)


def draw_husky_wolf(
    label: int | str,
    seed: int,
    *,
    snow: bool | None = None,
    part: float | None = None,
    size: int = 64,
) -> Scene:
    """One husky or wolf, on snow if `snow` (default: by chance, one in six); the rest as in `draw`."""
    index, seed = _label(label, HUSKY_WOLF), _seed(seed)
    if part is not None:
        _unit("part", part)
    _size(size)
    background = None
    if snow is not None:
        bare = [name for name in BACKGROUNDS if name != "snow"]
        background = "snow" if snow else bare[int(np.random.default_rng([seed, 2]).integers(len(bare)))]
    name = HUSKY_WOLF[index]
    return _render(name, index, HUSKY_WOLF_PART[name], seed, part, background, size, FURS, COATS[:1])


def draw_birds(
    label: int | str, seed: int, *, part: float | None = None, background: str | None = None, size: int = 64
) -> Scene:
    """One warbler or sparrow, alike but for the beak; the rest as in `draw`."""
    index, seed = _label(label, BIRDS), _seed(seed)
    if part is not None:
        _unit("part", part)
    _in("background", background, BACKGROUNDS)
    _size(size)
    name = BIRDS[index]
    return _render(name, index, BIRDS_PART[name], seed, part, background, size, PALETTE, COATS)


def empty(seed: int, *, background: str | None = None, size: int = 64) -> Tensor:
    """The scene of `draw(…, seed)` before an animal enters it, (3, size, size): what an ideal baseline would show."""
    _in("background", background, BACKGROUNDS)
    _size(size)
    canvas, *_ = _stage(_seed(seed), background, size)
    return torch.from_numpy(np.clip(canvas.image, 0, 1))


def scene_seed(seed: int, i: int) -> int:
    """The seed of the i-th scene of `batch`, `husky_wolf` and `birds(…, seed)`: draw it again, alone or changed."""
    return (_seed(seed) << 32) + i


def batch_labels(n: int, seed: int, classes: Sequence[str] = CLASSES) -> list[str]:
    """The first n class names of the stream `seed`: shuffled rounds of all classes, so that any n is balanced."""
    rng = np.random.default_rng([_seed(seed), 3])
    names: list[str] = []
    while len(names) < n:
        names += [classes[i] for i in rng.permutation(len(classes))]
    return names[:n]


def batch(n: int, seed: int, classes: Sequence[str] = CLASSES) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The first n scenes of the endless stream `seed`; a longer batch begins with the same scenes.

    Returns images (n, 3, 64, 64), labels (n,) that index `CLASSES`, animal masks (n, 64, 64), part masks (n, 64, 64).
    Raises ValueError where n < 1 or a class is unknown.
    """
    _count(n)
    for name in classes:
        _label(str(name), CLASSES)
    return _stack([draw(name, scene_seed(seed, i)) for i, name in enumerate(batch_labels(n, seed, classes))], "part")


def husky_wolf(n: int, seed: int, *, snow: str = "with wolf") -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The first n huskies and wolves of the stream `seed`; the animals are the same whatever `snow` is.

    `snow` is "with wolf" (every wolf on snow, no husky: what the biased network learns from), "independent" (half of
    either) or "with husky" (the other way round: where it fails most clearly).
    Returns images (n, 3, 64, 64), labels (n,) that index `HUSKY_WOLF`, animal masks and snow masks (n, 64, 64).
    Raises ValueError where n < 1 or `snow` is another.
    """
    _count(n)
    _in("snow", snow, SNOW)
    coin = np.random.default_rng([_seed(seed), 4]).uniform(size=n) < 0.5
    scenes = []
    for i, name in enumerate(batch_labels(n, seed, HUSKY_WOLF)):
        white = {"with wolf": name == "wolf", "independent": bool(coin[i]), "with husky": name == "husky"}[snow]
        scenes.append(draw_husky_wolf(name, scene_seed(seed, i), snow=white))
    return _stack(scenes, "snow")


def birds(n: int, seed: int, *, part: float | None = None) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The first n warblers and sparrows of the stream `seed`, all with the beak's size `part`, if it is given.

    Returns images (n, 3, 64, 64), labels (n,) that index `BIRDS`, animal masks and beak masks (n, 64, 64).
    Raises ValueError where n < 1 or `part` is not in [0, 1].
    """
    _count(n)
    names = batch_labels(n, seed, BIRDS)
    return _stack([draw_birds(name, scene_seed(seed, i), part=part) for i, name in enumerate(names)], "part")


def _stack(scenes: list[Scene], mask: str) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    return (
        torch.stack([scene.image for scene in scenes]),
        torch.tensor([scene.label for scene in scenes]),
        torch.stack([scene.animal for scene in scenes]),
        torch.stack([getattr(scene, mask) for scene in scenes]),
    )


def _count(n: int) -> None:
    if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 1:
        raise ValueError(f"n is {n!r}; it must be an integer ≥ 1")


def _unit(name: str, value: float) -> None:
    if not 0 <= value <= 1:
        raise ValueError(f"{name} is {value!r}; it must lie in [0, 1]")


def _size(size: int) -> None:
    if not isinstance(size, int) or not 16 <= size <= 1024:
        raise ValueError(f"size is {size!r}; it must be an integer from 16 to 1024 pixels")
