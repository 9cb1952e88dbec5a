"""The zoo's mammals: cat, dog, rabbit, lion, elephant, hippo, husky and wolf.

Each takes a pen (its unit the animal's size), a look and the size `part` in [0, 1] of what decides its class: 0 is none
of it. Nothing else of the drawing depends on `part`.
"""

from __future__ import annotations

from dataclasses import replace
from math import sin

import numpy as np

from data.drawn.pen import Pen
from data.drawn.shapes import bezier, smoothstep, soft_union
from data.drawn.zoo.anatomy import Look, body, eyes, heavy_legs, pointed_ears
from data.drawn.zoo.colours import BLACK, PINK, WHITE, mix


def cat(pen: Pen, look: Look, part: float) -> None:
    """Part: the pointed ears."""

    def tail(body: Pen, u: float, v: float) -> None:
        rise = -0.45 - 0.25 * look.tail
        way = [(u, v), (u - 0.5, v + 0.1), (u - 0.2, v + rise), (u - 0.42, v + 1.35 * rise)]
        body.stroke(bezier(way, np.linspace(0, 1, 9)), np.linspace(0.085, 0.06, 9), look.fur, coat=True)

    head = body(pen, look, tail)
    if part > 0:
        pointed_ears(head, look, part, 0.58, 0.85, 0.36)
    head.dot(0, 0, 1.0, 0.86, look.fur, shade=0.35, roundness=0.5, coat=True, outline=0.022)
    for side in (-1, 1):
        head.dot(0.2 * side, 0.42, 0.28, 0.22, look.belly)
    eyes(head, look, 0.42, -0.08, 0.25, slit=True)
    head.paint(head.polygon([(-0.12, 0.22), (0.12, 0.22), (0, 0.36)], 0.03), PINK * 0.95, outline=0.008)
    for side in (-1, 1):
        head.limb((0, 0.38), (0.2 * side, 0.56), 0.03, 0.03, BLACK, outline=0)
        for lift in (-0.12, 0.1):
            head.limb((0.38 * side, 0.42), (1.25 * side, 0.36 + 1.4 * lift), 0.022, 0.016, look.fur * 0.3, outline=0)


def dog(pen: Pen, look: Look, part: float) -> None:
    """Part: the floppy ears."""

    def tail(body: Pen, u: float, v: float) -> None:
        way = [(u, v), (u - 0.22, v - 0.1), (u - 0.3, v - 0.25 - 0.2 * look.tail)]
        body.stroke(bezier(way, np.linspace(0, 1, 6)), np.linspace(0.1, 0.04, 6), look.fur, coat=True)

    head = body(pen, look, tail)
    head.dot(0, -0.05, 0.86, 0.9, look.fur, shade=0.35, roundness=0.5, coat=True, outline=0.022)
    head.dot(0, 0.92, 0.16, 0.24, np.array([0.9, 0.4, 0.45]), outline=0.012)
    head.dot(0, 0.45, 0.52, 0.42, look.belly, shade=0.25, outline=0.012)
    eyes(head, look, 0.38, -0.18, 0.2)
    head.dot(0, 0.25, 0.24, 0.17, BLACK)
    head.dot(-0.07, 0.2, 0.07, 0.04, mix(BLACK, WHITE, 0.6))
    for side in (-1, 1):
        head.limb((0, 0.4), (0.2 * side, 0.66), 0.03, 0.03, BLACK, outline=0)
    if part > 0:
        fade = float(smoothstep(part / 0.15))
        for side in (-1, 1):
            top, low = (0.62 * side, -0.66), ((0.62 + 0.42 * part) * side, -0.66 + 1.2 * part)
            ear = head.near(0.9 * side, 0, 1.2)
            ear.paint(
                ear.capsule(top, low, 0.2, 0.14 + 0.14 * part),
                mix(look.second, look.fur * 0.7, 0.5),
                part=True,
                alpha=fade,
                shade=0.3,
            )


def rabbit(pen: Pen, look: Look, part: float) -> None:
    """Part: the long ears."""

    def tail(body: Pen, u: float, v: float) -> None:
        body.dot(u - 0.06, v - 0.02, 0.15, 0.15, mix(look.belly, WHITE, 0.6), shade=0.2, outline=0.022)

    head = body(pen, look, tail)
    if part > 0:
        fade = float(smoothstep(part / 0.12))
        for side in (-1, 1):
            ear = head.child(0.36 * side, -0.6, 1.0, (0.16 + 0.1 * look.tail * side) * side)
            ear = ear.near(0, -0.8 * part, 0.4 + 0.9 * part)
            ear.paint(ear.ellipse(0, -0.72 * part, 0.27, 0.2 + 0.85 * part), look.fur, part=True, alpha=fade, shade=0.3)
            pink = mix(look.fur, PINK, 0.75)
            ear.dot(0, -0.7 * part, 0.13, 0.08 + 0.68 * part, pink, part=True, alpha=fade)
    head.dot(0, 0.02, 0.84, 0.84, look.fur, shade=0.35, roundness=0.5, coat=True, outline=0.022)
    for side in (-1, 1):
        head.dot(0.24 * side, 0.44, 0.3, 0.24, look.belly)
    head.dot(0, 0.68, 0.14, 0.17, WHITE, outline=0.012)
    eyes(head, look, 0.44, -0.1, 0.21)
    head.dot(0, 0.28, 0.13, 0.09, PINK * 0.9)


def lion(pen: Pen, look: Look, part: float) -> None:
    """Part: the mane."""
    mane = mix(look.second, look.fur * 0.5, 0.35)

    def tail(body: Pen, u: float, v: float) -> None:
        way = bezier([(u, v), (u - 0.45, v), (u - 0.25, v - 0.55 - 0.25 * look.tail)], np.linspace(0, 1, 7))
        body.stroke(way, np.full(7, 0.05), look.fur)
        body.dot(way[-1][0], way[-1][1], 0.12, 0.14, mane, outline=0.022)

    head = body(pen, look, tail)
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
        head.dot(0.7 * side, -0.64, 0.14, 0.14, mix(look.fur, PINK, 0.5))
    head.dot(0, 0.02, 0.88, 0.88, look.fur, shade=0.3, roundness=0.5, outline=0.016)
    head.dot(0, 0.5, 0.46, 0.36, look.belly, outline=0.01)
    eyes(head, look, 0.38, -0.12, 0.19)
    head.paint(head.polygon([(-0.2, 0.2), (0.2, 0.2), (0, 0.42)], 0.05), BLACK, outline=0)
    head.limb((0, 0.4), (0, 0.6), 0.03, 0.03, BLACK, outline=0)
    head.limb((-0.2, 0.68), (0.2, 0.68), 0.03, 0.03, BLACK, outline=0)


def elephant(pen: Pen, look: Look, part: float) -> None:
    """Part: the trunk."""
    pen = pen.child(-0.2, 0, 1.0)  # room in front for the trunk
    fur, swing = look.fur, 0.08 * sin(look.stride)
    tail = bezier([(-0.68, -0.12), (-0.86, 0.0), (-0.82, 0.3 - 0.12 * look.tail)], np.linspace(0, 1, 5))
    pen.stroke(tail, np.linspace(0.04, 0.025, 5), fur)
    pen.dot(tail[-1][0], tail[-1][1], 0.05, 0.08, look.dark * 0.7)
    heavy_legs(pen, look.dark, (-0.36, 0.26), 0.3, 0.13, -swing)
    pen.dot(-0.15, 0.02, 0.58, 0.44, fur, shade=0.4, roundness=0.35, coat=True, outline=0.022)
    heavy_legs(pen, fur, (-0.5, 0.1), 0.3, 0.15, swing)
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
    ear.dot(0, 0.05, 0.56, 0.78, mix(fur, look.dark, 0.25), shade=0.4, roundness=0.4, outline=0.022)
    ear.dot(0.03, 0.1, 0.34, 0.52, mix(fur, PINK, 0.3), alpha=0.8)


def hippo(pen: Pen, look: Look, part: float) -> None:
    """Part: the muzzle."""
    fur, swing = look.fur, 0.06 * sin(look.stride)
    pen.limb((-0.74, 0.0), (-0.84, 0.16 - 0.05 * look.tail), 0.04, 0.03, fur)
    heavy_legs(pen, look.dark, (-0.38, 0.24), 0.45, 0.12, -swing)
    pen.dot(-0.15, 0.13, 0.64, 0.46, fur, shade=0.4, roundness=0.35, coat=True, outline=0.022)
    heavy_legs(pen, fur, (-0.52, 0.08), 0.45, 0.14, swing)
    pen.dot(-0.3, 0.22, 0.42, 0.28, fur, coat=True)
    pen.dot(0.05, 0.25, 0.2, 0.22, fur, coat=True)
    head = pen.child(0.46 + 0.4 * look.head[0], -0.12 + look.head[1], 0.42, look.nod * 0.6)
    for u in (-0.42, 0.18):
        head.dot(u, -0.72, 0.2, 0.22, fur, outline=0.02)
        head.dot(u, -0.72, 0.1, 0.12, mix(fur, PINK, 0.6))
    head.dot(0, 0, 0.74, 0.8, fur, shade=0.35, roundness=0.45, outline=0.022)
    if part > 0:
        fade = float(smoothstep(part / 0.15))
        grow = 0.35 + 0.65 * part
        nose = head.child(0.42, 0.42, grow, 0.12)
        for u in (0.1, 0.62):
            nose.dot(u, 0.52, 0.09, 0.18, WHITE, part=True, alpha=fade, outline=0.012)
        nose.dot(0.3, 0.02, 0.82, 0.56, mix(fur, WHITE, 0.15), part=True, alpha=fade, shade=0.4, outline=0.022)
        for u in (0.32, 0.75):
            nose.dot(u, -0.38, 0.16, 0.12, mix(fur, WHITE, 0.15), part=True, alpha=fade, outline=0.014)
            nose.dot(u + 0.02, -0.36, 0.08, 0.07, look.dark * 0.4, part=True, alpha=fade)
        nose.limb((-0.2, 0.3), (0.85, 0.32), 0.03, 0.03, look.dark * 0.6, part=True, alpha=fade, outline=0)
    head.dot(0.2, -0.3, 0.14, 0.15, WHITE, outline=0.012)
    head.dot(0.24, -0.29, 0.09, 0.1, BLACK)


def husky(pen: Pen, look: Look, part: float) -> None:
    """Part: the white face mask."""

    def tail(body: Pen, u: float, v: float) -> None:
        way = [(u, v), (u - 0.42, v - 0.15), (u - 0.2, v - 0.72), (u + 0.16, v - 0.42)]
        body.stroke(bezier(way, np.linspace(0, 1, 8)), np.linspace(0.09, 0.1, 8), look.fur, shade=0.3)
        body.dot(u + 0.1, v - 0.44, 0.1, 0.1, look.belly)

    head = body(pen, look, tail)
    pointed_ears(head, look, 0.9, 0.58, 0.8, 0.34)
    head.canvas.part[:] = 0  # a husky's ears are a wolf's
    head.dot(0, 0, 0.95, 0.88, look.fur * 0.75, shade=0.3, roundness=0.5, outline=0.022)
    if part > 0:
        fade = float(smoothstep(part / 0.3))
        for side in (-1, 1):
            head.dot(0.45 * side, 0.12, 0.42, 0.56, WHITE * 0.97, 0.25 * side, part=True, alpha=fade)
            head.dot(0.36 * side, -0.46, 0.2, 0.12, WHITE * 0.97, 0.3 * side, part=True, alpha=fade)
        head.dot(0, 0.5, 0.55, 0.38, WHITE * 0.97, part=True, alpha=fade)
    head.limb((0, -0.75), (0, 0.12), 0.16, 0.1, look.fur * 0.75, outline=0)
    eyes(head, replace(look, iris=np.array([0.3, 0.6, 0.95])), 0.4, -0.08, 0.19)
    head.dot(0, 0.48, 0.36, 0.3, mix(look.belly, WHITE, 0.7), outline=0.01, shade=0.2)
    head.dot(0, 0.32, 0.19, 0.14, BLACK)
    head.limb((0, 0.45), (0, 0.62), 0.03, 0.03, BLACK, outline=0)


def wolf(pen: Pen, look: Look, part: float) -> None:
    """Part: the long muzzle."""

    def tail(body: Pen, u: float, v: float) -> None:
        way = [(u, v), (u - 0.3, v + 0.05), (u - 0.34, v + 0.5 - 0.15 * look.tail)]
        bushy = np.array([0.08, 0.11, 0.13, 0.13, 0.1, 0.05])
        body.stroke(bezier(way, np.linspace(0, 1, 6)), bushy, look.fur, shade=0.3)

    head = body(pen, look, tail)
    for side in (-1, 1):  # ruffled cheeks
        head.paint(head.polygon([(0.5 * side, -0.3), (1.2 * side, 0.3), (0.3 * side, 0.85)], 0.06), look.fur, shade=0.2)
    pointed_ears(head, look, 0.9, 0.58, 0.8, 0.34)
    head.canvas.part[:] = 0
    head.dot(0, -0.05, 0.88, 0.82, look.fur, shade=0.3, roundness=0.5, outline=0.01)
    for side in (-1, 1):
        head.dot(0.55 * side, 0.38, 0.34, 0.22, look.belly, -0.6 * side, alpha=0.9)
    eyes(head, replace(look, iris=np.array([0.95, 0.72, 0.15])), 0.4, -0.14, 0.16, slant=0.5)
    for side in (-1, 1):  # a frown
        head.limb((0.2 * side, -0.26), (0.62 * side, -0.42), 0.05, 0.04, look.dark * 0.7, outline=0)
    if part > 0:
        fade = float(smoothstep(part / 0.15))
        tip = 0.25 + 0.65 * part
        snout = head.near(0, 0.5, 1.2)
        pale = mix(look.fur, WHITE, 0.25)
        snout.paint(snout.capsule((0, 0.0), (0, tip), 0.3, 0.34), pale, part=True, alpha=fade, shade=0.4, outline=0.012)
        head.dot(0, tip + 0.02, 0.25, 0.17, BLACK, part=True, alpha=fade)
        head.dot(-0.08, tip - 0.04, 0.07, 0.04, mix(BLACK, WHITE, 0.6), part=True, alpha=fade)
        for side in (-1, 1):  # fangs
            fang = [(0.12 * side, tip + 0.26), (0.24 * side, tip + 0.22), (0.19 * side, tip + 0.48)]
            snout.paint(snout.polygon(fang, 0.01), WHITE, part=True, alpha=fade, outline=0.006)
