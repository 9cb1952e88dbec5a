"""The zoo's animals that lay eggs: bird, warbler, sparrow, frog, fish and turtle.

Each takes a pen (its unit the animal's size), a look and the size `part` in [0, 1] of what decides its class: 0 is none
of it. Nothing else of the drawing depends on `part`.
"""

from __future__ import annotations

from collections.abc import Callable
from math import cos, pi, sin

import numpy as np

from data.drawn.canvas import Colour
from data.drawn.pen import Pen
from data.drawn.shapes import bezier, smoothstep, soft_union
from data.drawn.zoo.anatomy import Look
from data.drawn.zoo.colours import BLACK, PINK, WHITE, mix


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


def bird(pen: Pen, look: Look, part: float, paint_beak: Callable[[Pen, float, float], None] = _bird_beak) -> None:
    """Part: the beak, by `paint_beak`; sitting or in flight."""
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
    wing_colour = mix(look.second, fur, 0.35)
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


def warbler(pen: Pen, look: Look, part: float) -> None:
    """A bird with a thin beak."""
    bird(pen, look, part, _warbler_beak)


def sparrow(pen: Pen, look: Look, part: float) -> None:
    """A bird with a thick beak."""
    bird(pen, look, part, _sparrow_beak)


def frog(pen: Pen, look: Look, part: float) -> None:
    """Part: the bulging eyes."""
    fur = look.fur
    for side in (-1, 1):
        pen.limb((0.62 * side, 0.76), (0.98 * side, 0.78), 0.05, 0.07, fur, shade=0.2)
        thigh = mix(fur, look.dark, 0.3)
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
            eye.dot(0, 0, 0.36, 0.36, mix(WHITE, look.iris, 0.25), part=True, alpha=fade, outline=0.012)
            eye.dot(0.02, 0.03, 0.2, 0.22, BLACK, part=True, alpha=fade)
            eye.dot(-0.06, -0.06, 0.08, 0.08, WHITE, part=True, alpha=fade)
    smile = bezier([(-1.05, 0.1), (0, 0.85), (1.05, 0.1)], np.linspace(0, 1, 7))
    head.stroke(smile, np.full(7, 0.045), look.dark * 0.5, outline=0)
    for side in (-1, 1):
        head.dot(0.14 * side, -0.1, 0.06, 0.05, look.dark * 0.5)
        head.dot(1.05 * side, 0.2, 0.2, 0.14, PINK, alpha=0.45)


def fish(pen: Pen, look: Look, part: float) -> None:
    """Part: the tail fin."""
    fur, fin = look.fur, mix(look.second, look.fur, 0.3)
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


def turtle(pen: Pen, look: Look, part: float) -> None:
    """Part: the shell."""
    pen = pen.child(-0.12, -0.09, 1.12)  # room in front for the head; the feet stay on the ground
    fur, swing = look.fur, 0.08 * sin(look.stride)
    shell = mix(look.second, look.second * 0.6, 0.3)
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
        light = mix(shell, WHITE, 0.35)
        plates = ((-0.08, 0.5, 0.15), (-0.42, 0.34, 0.11), (0.26, 0.34, 0.11), (-0.27, 0.73, 0.1), (0.12, 0.73, 0.1))
        for u, v, r in plates:
            y = 0.52 - rise * v
            six = [(u + r * cos(k * pi / 3), y + 0.9 * r * part * sin(k * pi / 3)) for k in range(6)]
            plate = pen.near(u, y, r * 1.3)
            plate.paint(plate.polygon(six, 0.01), light, part=True, alpha=0.9 * fade, outline=0.014)
        pen.limb((-0.72, 0.55), (0.56, 0.55), 0.05, 0.05, shell * 0.75, part=True, alpha=fade, shade=0.2)
