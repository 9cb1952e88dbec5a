"""What the zoo's animals have in common: a look, drawn before it is known which animal it will be, and parts of bodies.

A pen's unit is the animal's size, its origin the middle of the animal; u points forward, v down. Lengths are in it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import pi, sin

import numpy as np

from data.drawn.canvas import Coat, Colour
from data.drawn.pen import Pen
from data.drawn.shapes import Array, smoothstep, soft_union
from data.drawn.zoo.colours import BLACK, PINK, WHITE, mix, wheel

COATS = ("plain", "plain", "patches", "stripes", "spots")  # plain twice: as often as two patterns


@dataclass(frozen=True)
class Look:
    """The colours and the pose of one animal, drawn before it is known which animal it will be."""

    fur: Array  # (3,), like the two colours below
    second: Array  # of the coat's pattern, a mane, a shell, a fin
    iris: Array
    sitting: bool
    stride: float  # phase of the legs, radians
    tail: float  # −1 hanging … 1 raised
    head: tuple[float, float]  # small displacement of the head
    nod: float  # the head's turn, radians

    @property
    def belly(self) -> Array:
        """The colour of belly and muzzle, lighter than the fur: (3,)."""
        return mix(self.fur, WHITE, 0.5)

    @property
    def dark(self) -> Array:
        """The colour of what lies in the shade, such as the far legs: (3,)."""
        return self.fur * 0.62


def any_look(rng: np.random.Generator, ground: Array, palette: Array, coats: Sequence[str]) -> tuple[Look, Coat]:
    """Colours and pose from numbers that do not know the class; the fur is the best seen of three on this ground."""
    choices = palette[rng.integers(0, len(palette), 4)] * rng.uniform(0.9, 1.08, (4, 1)) + rng.normal(0, 0.03, (4, 3))
    choices = np.clip(choices, 0.1, 0.98)
    best = int(np.argmax(np.abs(choices[:3] - ground).sum(1)))
    fur, second = choices[best], choices[3]
    kind, offset = coats[int(rng.integers(len(coats)))], (float(rng.uniform()), float(rng.uniform()))
    look = Look(
        fur=fur,
        second=second,
        iris=mix(wheel(rng.uniform()), (0.75, 0.7, 0.3), 0.4),
        sitting=bool(rng.uniform() < 0.45),
        stride=float(rng.uniform(0, 2 * pi)),
        tail=float(rng.uniform(-1, 1)),
        head=(float(rng.uniform(-0.05, 0.05)), float(rng.uniform(-0.06, 0.06))),
        nod=float(rng.uniform(-0.16, 0.16)),
    )
    return look, Coat(kind, second.astype(np.float32), offset)


def body(pen: Pen, look: Look, tail: Callable[[Pen, float, float], None]) -> Pen:
    """The body that cats, dogs, rabbits, lions, huskies and wolves share; returns the pen of the head (radius 1).

    `tail` paints the tail behind it: a pen, and where the tail begins, (u, v).
    """
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


def eyes(head: Pen, look: Look, x: float, y: float, r: float, *, slit: bool = False, slant: float = 0.0) -> None:
    """Two eyes at (±x, y) of the head, of radius r; `slit` pupils as a cat's, turned inwards by `slant` radians."""
    for side in (-1, 1):
        u = side * x
        head.dot(u, y, r, r * 1.08, mix(look.iris, WHITE, 0.25), slant * side, outline=0.012)
        head.dot(u, y, r * (0.32 if slit else 0.62), r * (0.95 if slit else 0.7), BLACK)
        head.dot(u - 0.3 * r, y - 0.4 * r, 0.3 * r, 0.3 * r, WHITE)


def pointed_ears(head: Pen, look: Look, part: float, x: float, height: float, width: float) -> None:
    """Two triangles on the crown, `height` above it when part = 1."""
    for side in (-1, 1):
        ear = head.child(side * x, -0.62, 1.0, side * 0.38).near(0, -height * part / 2, 0.3 + height)
        tip, w = (0.04 * side, -height * part), width * (0.35 + 0.65 * part)
        fade = float(smoothstep(part / 0.15))
        ear.paint(ear.polygon([(-w, 0.2), tip, (w, 0.2)], 0.05), look.fur, part=True, alpha=fade, shade=0.3, coat=True)
        inner = [(-0.55 * w, 0.1), (0.04 * side, -0.68 * height * part), (0.55 * w, 0.1)]
        ear.paint(ear.polygon(inner, 0.01), mix(look.fur, PINK, 0.65), part=True, alpha=fade, outline=0)


def heavy_legs(pen: Pen, colour: Colour, hips: Sequence[float], top: float, width: float, swing: float) -> None:
    """A pair of thick legs with toes, from `top` to the ground, one `swing` forward and the other back."""
    for hip, sway in zip(hips, (swing, -swing), strict=True):
        pen.limb((hip, top), (hip + sway, 0.72), width, width * 0.9, colour, shade=0.25, roundness=0.12)
        for toe in (-0.5, 0.1, 0.7):
            pen.dot(hip + sway + toe * width, 0.78, 0.035, 0.03, mix(colour, WHITE, 0.6))
