"""The zoo's colours: one palette for all animals, so that colour says nothing of the class.

A colour is red, green and blue in [0, 1]: an array (3,).
"""

from __future__ import annotations

from math import pi

import numpy as np

from data.drawn.canvas import Colour
from data.drawn.shapes import Array

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


def mix(a: Colour, b: Colour, t: float) -> Array:
    """a for t = 0, b for t = 1, what lies between for t between: (3,)."""
    return np.asarray(a) * (1 - t) + np.asarray(b) * t


def wheel(hue: float) -> Array:
    """A lively colour at `hue` in [0, 1] of the colour wheel."""
    return 0.62 + 0.34 * np.cos(2 * pi * (hue - np.array([0, 1 / 3, 2 / 3])))
