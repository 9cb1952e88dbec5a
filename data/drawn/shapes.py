"""Shapes as signed distances: negative inside, positive outside, zero on the edge.

    d(u, v) → (H, W)        a point belongs to the shape where d < 0; |d| is how far the edge is away

(Hart, «Sphere tracing», The Visual Computer 12, 1996; the ellipse's distance is Quilez's first-order one.) Two shapes
are united by the smaller of their distances, and cut by the larger. u and v are the coordinates of the pixels, (H, W)
or what broadcasts to it, in any unit of length; distances and radii are in the same unit.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import cos, hypot, pi, sin

import numpy as np

Array = np.ndarray
Point = Sequence[float]


def clip(t: Array, low: float, high: float) -> Array:
    """np.clip without its overhead, which small shapes would feel."""
    return np.minimum(np.maximum(t, low), high)


def smoothstep(t: Array | float) -> Array | float:
    """0 below 0, 1 above 1, 3t² − 2t³ between."""
    t = clip(t, 0, 1)
    return t * t * (3 - 2 * t)


def soft_union(a: Array, b: Array, k: float) -> Array:
    """The union of two shapes whose crease is rounded over a length k (polynomial smooth minimum)."""
    h = clip(0.5 + 0.5 * (b - a) / k, 0, 1)
    return b + (a - b) * h - k * h * (1 - h)


def ellipse(u: Array, v: Array, ru: float, rv: float, angle: float = 0.0) -> Array:
    """Distance to an ellipse about the origin with half-axes ru and rv, turned by `angle` radians."""
    if angle:
        c, s = cos(angle), sin(angle)
        u, v = c * u + s * v, c * v - s * u
    u, v = u / ru, v / rv
    k = np.sqrt(u * u + v * v)
    if ru == rv:
        return (k - 1) * ru
    u, v = u / ru, v / rv
    return k * (k - 1) / np.maximum(np.sqrt(u * u + v * v), 1e-4)


def capsule(u: Array, v: Array, a: Point, b: Point, ra: float, rb: float) -> Array:
    """Distance to a limb from point a to point b whose radius runs from ra to rb."""
    p, q, bu, bv = u - a[0], v - a[1], b[0] - a[0], b[1] - a[1]
    h = clip((p * bu + q * bv) / max(bu * bu + bv * bv, 1e-9), 0, 1)
    return np.hypot(p - bu * h, q - bv * h) - (ra + (rb - ra) * h)


def curve(u: Array, v: Array, points: Array, radii: Array) -> Array:
    """Distance to a chain of limbs through `points` (n, 2) with `radii` (n,)."""
    p, r = points.tolist(), radii.tolist()  # Python's numbers: NumPy's would turn the distances to float64
    d = capsule(u, v, p[0], p[1], r[0], r[1])
    for i in range(1, len(p) - 1):
        d = np.minimum(d, capsule(u, v, p[i], p[i + 1], r[i], r[i + 1]))
    return d


def polygon(u: Array, v: Array, corners: Sequence[tuple[float, float]], rounding: float = 0.0) -> Array:
    """Distance to a convex polygon (corners in either order) grown by `rounding`; exact but at the corners."""
    sides = list(zip(corners, [*corners[1:], corners[0]], strict=True))
    turn = 1 if sum(a[0] * b[1] - b[0] * a[1] for a, b in sides) > 0 else -1
    d = None
    for a, b in sides:
        length = hypot(b[0] - a[0], b[1] - a[1])
        nu, nv = turn * (b[1] - a[1]) / length, -turn * (b[0] - a[0]) / length
        side = nu * (u - a[0]) + nv * (v - a[1])
        d = side if d is None else np.maximum(d, side)
    return d - rounding


def flower(u: Array, v: Array, petals: int, away: float, radius: float, turn: float) -> Array:
    """Distance to `petals` discs of a `radius` `away` from the origin, the first at angle `turn`."""
    sector = 2 * pi / petals
    angle = np.mod(np.arctan2(v, u) - turn + sector / 2, sector) - sector / 2  # to the nearest petal
    length = np.hypot(u, v)
    return np.hypot(length * np.cos(angle) - away, length * np.sin(angle)) - radius


def bezier(points: Sequence[tuple[float, float]], t: Array) -> Array:
    """Points (n, 2) of the Bézier curve with these control points at parameters t (n,); de Casteljau's construction."""
    p = [np.asarray(point)[None, :] for point in points]
    t = t[:, None]
    while len(p) > 1:
        p = [a + t * (b - a) for a, b in pairwise(p)]
    return p[0]
