"""What is around the zoo's animals: sky, ground, hills, and things that any animal may meet.

It is drawn from numbers that do not know the class.
"""

from __future__ import annotations

import numpy as np

from data.drawn.canvas import Canvas, noise
from data.drawn.pen import Pen
from data.drawn.shapes import Array, soft_union
from data.drawn.zoo.colours import BLACK, WHITE, mix, wheel

BACKGROUNDS: tuple[str, ...] = ("meadow", "sand", "water", "snow", "forest", "dusk")
# sky at the top, sky at the horizon, ground far, ground near
TONES = {
    "meadow": ((0.45, 0.68, 0.92), (0.82, 0.90, 0.95), (0.56, 0.70, 0.36), (0.34, 0.54, 0.22)),
    "sand": ((0.40, 0.66, 0.90), (0.93, 0.90, 0.80), (0.90, 0.80, 0.58), (0.80, 0.64, 0.40)),
    "water": ((0.52, 0.72, 0.92), (0.88, 0.93, 0.95), (0.42, 0.66, 0.76), (0.14, 0.40, 0.58)),
    "snow": ((0.62, 0.74, 0.86), (0.88, 0.91, 0.95), (0.90, 0.93, 0.97), (0.97, 0.98, 1.00)),
    "forest": ((0.35, 0.50, 0.36), (0.60, 0.70, 0.50), (0.36, 0.40, 0.22), (0.26, 0.24, 0.14)),
    "dusk": ((0.28, 0.25, 0.45), (0.95, 0.62, 0.45), (0.46, 0.40, 0.38), (0.28, 0.25, 0.28)),
}


def sky_and_ground(canvas: Canvas, background: str, rng: np.random.Generator) -> float:
    """Paint sky, ground and what stands far off; returns the horizon's height, in the canvas's units."""
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
        pen.paint(d, mix(low, far, 0.55) * 0.92, outline=0, alpha=0.9)
    return horizon


def distractors(canvas: Canvas, background: str, horizon: float, count: int, rng: np.random.Generator) -> None:
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
            pen.paint(cloud, mix(WHITE, (0.8, 0.82, 0.88), hue * 0.6), outline=0, alpha=0.9, shade=0.12)
        elif kind == 1:
            pen = Pen.placed(canvas, x, horizon + 0.08 + 0.12 * near, 0.26 + 0.16 * size, scenery=True)
            pen.limb((0, 0), (0, -0.6), 0.09, 0.06, (0.38, 0.27, 0.18), outline=0.012)
            leaf = mix((0.22, 0.42, 0.22), (0.45, 0.55, 0.22), hue)
            leaf = mix(leaf, WHITE, 0.55) if background == "snow" else leaf
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
            pen.paint(stone, mix((0.45, 0.45, 0.47), (0.66, 0.62, 0.56), hue), shade=0.45, outline=0.016)
        elif kind == 3:
            petal = wheel(hue)
            for k in range(1 + int(3 * shape)):
                pen = Pen.placed(canvas, x + 0.16 * k * grow, ground - 0.04 * (k % 2), 0.085 * grow, scenery=True)
                pen.limb((0, 0.2), (0.1, 1.5), 0.1, 0.1, (0.25, 0.48, 0.2), outline=0)
                head = pen.near(0, 0, 0.9)
                head.paint(head.flower(5, 0.48, 0.36, shape), petal, outline=0)
                pen.dot(0, 0, 0.3, 0.3, (0.98, 0.85, 0.3))
        else:
            pen = Pen.placed(canvas, x, ground, (0.09 + 0.06 * size) * grow, scenery=True)
            pen.dot(0.2, 0.85, 1.1, 0.25, BLACK, alpha=0.25)
            pen.dot(0, 0, 1, 1, wheel(hue), shade=0.35, roundness=0.9, outline=0.016)
            stripe = np.maximum(pen.ellipse(0, 0, 1, 1), np.abs(pen.v - 0.4 * pen.u) - 0.25)
            pen.paint(stripe, (0.97, 0.96, 0.92), outline=0)


def stage(seed: int, background: str | None, size: int) -> tuple[Canvas, str, float, Array]:
    """A seed's scenery before an animal enters it.

    background: one of `BACKGROUNDS`, or None for the seed's own. size: the side in pixels.
    Returns the canvas, the background's name, the horizon's height and the mean colour of the seed's own ground (3,).
    """
    rng = np.random.default_rng([seed, 0])
    natural = BACKGROUNDS[int(rng.integers(len(BACKGROUNDS)))]
    background = natural if background is None else background
    canvas = Canvas(size)
    horizon = sky_and_ground(canvas, background, rng)
    distractors(canvas, background, horizon, int(rng.integers(0, 5)), rng)
    # Animals are coloured against the seed's own ground, so that one on another ground is the same animal.
    return canvas, background, horizon, mix(*TONES[natural][2:], 0.5)
