"""What a pen paints on: the canvas, the noise that gives grounds their texture, and the patterns of coats.

A canvas spans [−1, 1]² with y pointing down, whatever its size in pixels. Images are (3, size, size), coverages and
noise (size, size), all float32.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from data.drawn.shapes import Array, clip

Colour = Sequence[float] | Array  # red, green, blue in [0, 1]


@cache
def noise_bank(size: int = 256) -> Array:
    """One periodic tile of smooth noise, (size, size), mean 0 and standard deviation 1; octaves fall off as 1/f^1.5."""
    f = np.fft.fftfreq(size) * size
    radius = np.hypot(f[:, None], f[None, :])
    amplitude = np.where((radius > 0) & (radius < 24), 1 / np.maximum(radius, 1) ** 1.5, 0)
    phase = np.random.default_rng(0).uniform(0, 2 * np.pi, (size, size))
    tile = np.fft.ifft2(amplitude * np.exp(1j * phase)).real
    return (tile / tile.std()).astype(np.float32)


def noise(x: Array, y: Array, offset: tuple[float, float]) -> Array:
    """The noise tile read at (x + offset, y + offset), one tile per unit length; x and y broadcast."""
    bank = noise_bank()
    n = len(bank)
    column = np.floor((x + offset[0]) * n).astype(np.int32) % n
    row = np.floor((y + offset[1]) * n).astype(np.int32) % n
    return bank[row, column]


class Canvas:
    """An image being painted, with the coverage of the animal and of its deciding part."""

    def __init__(self, size: int) -> None:
        self.size, self.pixel = size, 2 / size
        self.axis = ((np.arange(size) + 0.5) * self.pixel - 1).astype(np.float32)
        self.image = np.zeros((3, size, size), np.float32)
        self.animal = np.zeros((size, size), np.float32)  # coverage by any layer of the animal
        self.part = np.zeros((size, size), np.float32)  # what of the deciding part is visible
        self.part_begun = False  # whether there is a part to cover


@dataclass(frozen=True)
class Coat:
    """A second colour spread over an animal: `kind` is plain, patches, stripes or spots; `offset` moves the pattern."""

    kind: str
    colour: Array
    offset: tuple[float, float]

    def weight(self, u: Array, v: Array) -> Array | float:
        """How much of the second colour shows at (u, v), in [0, 1]."""
        if self.kind == "plain":
            return 0.0
        if self.kind == "stripes":
            wave = np.sin(17 * u + 6 * self.offset[0] + 1.3 * noise(u * 0.3, v * 0.3, self.offset))
            return clip(1.6 * wave - 0.5, 0, 1) * 0.7
        if self.kind == "spots":
            grid = np.sin(15 * u + 5 * self.offset[0]) * np.sin(15 * v + 5 * self.offset[1])
            return clip(3 * np.abs(grid) - 1.7, 0, 1) * 0.7
        return clip(2.5 * noise(u * 0.22, v * 0.22, self.offset) - 0.6, 0, 1)


def painted(canvas: Canvas, draw: Callable[[], object]) -> Array:
    """Draw, and return where anything changed: (size, size) bool."""
    before = canvas.image.copy()
    draw()
    return (canvas.image != before).any(0)
