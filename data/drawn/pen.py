"""Anti-aliased shapes from signed distances: the pencil case of the toy zoo.

A shape is a signed distance d(u, v): negative inside, positive outside, zero on the edge (Hart, «Sphere tracing», 1996;
the ellipse's distance is Quilez's first-order one). A pixel is covered by clip(1/2 − d / pixel, 0, 1), so an edge moves
smoothly when a length changes, at any size of the image.

Units: the canvas spans [−1, 1]² with y pointing down; a pen has its own frame (u forward, v down) and lengths in it.
Shapes: images are (3, H, W), masks and distances are (H, W), all float32.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from math import cos, hypot, pi, sin

import numpy as np

LIGHT = (-0.5, -0.85)  # towards the light, in the canvas's frame: upper left
OUTLINE = 0.45  # an outline is the fill's colour times this
Array = np.ndarray
Colour = Sequence[float] | Array


@cache
def noise_bank(size: int = 256) -> Array:
    """One periodic tile of smooth noise, (size, size), mean 0 and standard deviation 1; octaves fall off as 1/f^1.5."""
    f = np.fft.fftfreq(size) * size
    radius = np.hypot(f[:, None], f[None, :])
    amplitude = np.where((radius > 0) & (radius < 24), 1 / np.maximum(radius, 1) ** 1.5, 0)
    phase = np.random.default_rng(0).uniform(0, 2 * np.pi, (size, size))
    tile = np.fft.ifft2(amplitude * np.exp(1j * phase)).real
    return (tile / tile.std()).astype(np.float32)


def clip(t: Array, low: float, high: float) -> Array:
    """np.clip without its overhead, which small shapes would feel."""
    return np.minimum(np.maximum(t, low), high)


def noise(x: Array, y: Array, offset: tuple[float, float]) -> Array:
    """The noise tile read at (x + offset, y + offset), one tile per unit length; x and y broadcast."""
    bank = noise_bank()
    n = len(bank)
    column = np.floor((x + offset[0]) * n).astype(np.int32) % n
    row = np.floor((y + offset[1]) * n).astype(np.int32) % n
    return bank[row, column]


def smoothstep(t: Array | float) -> Array | float:
    """0 below 0, 1 above 1, 3t² − 2t³ between."""
    t = clip(t, 0, 1)
    return t * t * (3 - 2 * t)


def soft_union(a: Array, b: Array, k: float) -> Array:
    """The union of two shapes whose crease is rounded over a length k (polynomial smooth minimum)."""
    h = clip(0.5 + 0.5 * (b - a) / k, 0, 1)
    return b + (a - b) * h - k * h * (1 - h)


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


class Pen:
    """A frame (u forward, v down) on a canvas, or a window of one, in which shapes are measured and painted.

    `x` and `y` are the frame's origin on the canvas, `axes` the frame's coordinates per canvas length (two orthogonal
    rows: u's and v's), `scale` the frame's unit in canvas lengths. What a pen paints counts as the animal unless
    `scenery` is set.
    """

    def __init__(
        self,
        canvas: Canvas,
        x: float,
        y: float,
        axes: tuple[float, float, float, float],
        coat: Coat | None = None,
        scenery: bool = False,
    ) -> None:
        self.canvas, self.x, self.y, self.axes = canvas, x, y, axes
        self.scale = 1 / hypot(axes[0], axes[1])
        self.coat, self.scenery = coat, scenery
        self.window = (slice(0, canvas.size), slice(0, canvas.size))
        self._grid: tuple[Array, Array] | None = None

    @classmethod
    def placed(
        cls,
        canvas: Canvas,
        x: float,
        y: float,
        scale: float,
        angle: float = 0.0,
        mirror: bool = False,
        coat: Coat | None = None,
        scenery: bool = False,
    ) -> Pen:
        """A pen whose origin is at (x, y) of the canvas, turned by `angle` radians, mirrored left to right if asked."""
        c, s, m = cos(angle) / scale, sin(angle) / scale, -1.0 if mirror else 1.0
        return cls(canvas, x, y, (c * m, s, -s * m, c), coat, scenery)

    def on_canvas(self, u: float, v: float) -> tuple[float, float]:
        """Where (u, v) of the frame lies on the canvas (the axes are orthogonal: their inverse is their transpose)."""
        a, b, c, d = self.axes
        square = self.scale * self.scale
        return self.x + (a * u + c * v) * square, self.y + (b * u + d * v) * square

    def child(self, u: float, v: float, scale: float, angle: float = 0.0) -> Pen:
        """A pen with its origin at this pen's (u, v), its unit `scale` of this pen's, turned by `angle`."""
        a, b, c, d = self.axes
        p, q = cos(angle) / scale, sin(angle) / scale
        axes = (p * a + q * c, p * b + q * d, p * c - q * a, p * d - q * b)
        return Pen(self.canvas, *self.on_canvas(u, v), axes, self.coat, self.scenery)

    def near(self, u: float, v: float, radius: float) -> Pen:
        """The same pen, measuring only the pixels within `radius` of (u, v): small shapes need not cost the canvas."""
        x, y = self.on_canvas(u, v)
        pixel, size = self.canvas.pixel, self.canvas.size
        reach = radius * self.scale + 2 * pixel + 0.02

        top, bottom = max(int((y - reach + 1) / pixel), 0), max(int((y + reach + 1) / pixel) + 1, 0)
        left, right = max(int((x - reach + 1) / pixel), 0), max(int((x + reach + 1) / pixel) + 1, 0)
        pen = Pen(self.canvas, self.x, self.y, self.axes, self.coat, self.scenery)
        pen.window = (slice(top, min(bottom, size)), slice(left, min(right, size)))
        return pen

    @property
    def u(self) -> Array:
        """How far forward of the origin each pixel of the window lies, (h, w)."""
        return self._coordinates()[0]

    @property
    def v(self) -> Array:
        """How far below the origin each pixel of the window lies, (h, w)."""
        return self._coordinates()[1]

    def _coordinates(self) -> tuple[Array, Array]:
        if self._grid is not None:
            return self._grid
        x = self.canvas.axis[self.window[1]] - self.x
        y = (self.canvas.axis[self.window[0]] - self.y)[:, None]
        a, b, c, d = self.axes
        self._grid = a * x + b * y, c * x + d * y
        return self._grid

    # --- signed distances, in the pen's unit --------------------------------------------------------------------

    def ellipse(self, u: float, v: float, ru: float, rv: float, angle: float = 0.0) -> Array:
        """Distance to an ellipse about (u, v) with half-axes ru and rv, turned by `angle` radians."""
        p, q = self._coordinates()
        p, q = p - u, q - v
        if angle:
            c, s = cos(angle), sin(angle)
            p, q = c * p + s * q, c * q - s * p
        p, q = p / ru, q / rv
        k = np.sqrt(p * p + q * q)
        if ru == rv:
            return (k - 1) * ru
        p, q = p / ru, q / rv
        return k * (k - 1) / np.maximum(np.sqrt(p * p + q * q), 1e-4)

    def capsule(self, a: Sequence[float], b: Sequence[float], ra: float, rb: float | None = None) -> Array:
        """Distance to a limb from a to b whose radius runs from ra to rb."""
        rb = ra if rb is None else rb
        p, q = self._coordinates()
        p, q, bu, bv = p - a[0], q - a[1], b[0] - a[0], b[1] - a[1]
        h = clip((p * bu + q * bv) / max(bu * bu + bv * bv, 1e-9), 0, 1)
        return np.hypot(p - bu * h, q - bv * h) - (ra + (rb - ra) * h)

    def curve(self, points: Array, radii: Array) -> Array:
        """Distance to a chain of limbs through `points` (n, 2) with `radii` (n,)."""
        p, r = points.tolist(), radii.tolist()  # Python's numbers: NumPy's would turn the distances to float64
        d = self.capsule(p[0], p[1], r[0], r[1])
        for i in range(1, len(p) - 1):
            d = np.minimum(d, self.capsule(p[i], p[i + 1], r[i], r[i + 1]))
        return d

    def polygon(self, corners: Sequence[tuple[float, float]], rounding: float = 0.0) -> Array:
        """Distance to a convex polygon (corners in either order) grown by `rounding`; exact but at the corners."""
        area = sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(corners, [*corners[1:], corners[0]], strict=True))
        turn = 1 if area > 0 else -1
        d = None
        for a, b in zip(corners, [*corners[1:], corners[0]], strict=True):
            length = hypot(b[0] - a[0], b[1] - a[1])
            nu, nv = turn * (b[1] - a[1]) / length, -turn * (b[0] - a[0]) / length
            side = nu * (self.u - a[0]) + nv * (self.v - a[1])
            d = side if d is None else np.maximum(d, side)
        return d - rounding

    def flower(self, petals: int, away: float, radius: float, turn: float) -> Array:
        """Distance to `petals` discs of a `radius` `away` from the origin, the first at angle `turn`."""
        sector = 2 * pi / petals
        angle = np.mod(np.arctan2(self.v, self.u) - turn + sector / 2, sector) - sector / 2  # to the nearest petal
        length = np.hypot(self.u, self.v)
        return np.hypot(length * np.cos(angle) - away, length * np.sin(angle)) - radius

    # --- paint ----------------------------------------------------------------------------------------------------

    def paint(
        self,
        d: Array,
        colour: Colour,
        *,
        part: bool = False,
        alpha: float = 1.0,
        outline: float = 0.022,
        shade: float = 0.0,
        roundness: float = 0.25,
        coat: bool = False,
    ) -> None:
        """Cover the shape with distance `d` by `colour`, opaque to `alpha`.

        `outline` is its width in canvas lengths (0 for none); `shade` the strength of the light on a rounded rim that
        is `roundness` of the pen's units deep; `coat` lets the pattern show; `part` marks the deciding part.
        """
        if d.size == 0:
            return
        (rows, columns), (u, v) = self.window, self._coordinates()
        limit = (outline + 2 * self.canvas.pixel) / self.scale
        if d.size > 1000:  # a large window: paint only the box that the shape fills
            high, wide = np.flatnonzero(d.min(1) < limit), np.flatnonzero(d.min(0) < limit)
            if not len(high):
                return
            box = (slice(high[0], high[-1] + 1), slice(wide[0], wide[-1] + 1))
            rows = slice(rows.start + box[0].start, rows.start + box[0].stop)
            columns = slice(columns.start + box[1].start, columns.start + box[1].stop)
            d, u, v = d[box], u[box], v[box]
        d = d * self.scale  # canvas lengths
        reach = 0.5 - d / self.canvas.pixel
        fill = clip(reach, 0, 1)
        cover = clip(reach + outline / self.canvas.pixel, 0, 1) if outline else fill
        paint = np.asarray(colour, np.float32)[:, None, None]
        edge = paint * OUTLINE
        if coat and self.coat is not None:
            paint = paint + self.coat.weight(u, v) * (self.coat.colour[:, None, None] - paint)
        if shade and min(d.shape) > 2:
            paint = paint * (1 + shade * self._light(d, roundness * self.scale))
        if outline:
            paint = edge + fill * (paint - edge)
        if alpha != 1:
            cover = cover * alpha
        image = self.canvas.image[:, rows, columns]
        bare = 1 - cover  # image + cover · (paint − image) would let what is fully covered shine through by rounding
        image *= bare
        image += cover * paint
        if self.scenery:
            return
        animal = self.canvas.animal[rows, columns]
        animal *= bare
        animal += cover
        self.canvas.part_begun |= part
        if self.canvas.part_begun:
            visible = self.canvas.part[rows, columns]
            visible *= bare
            if part:
                visible += cover

    def _light(self, d: Array, depth: float) -> Array:
        """Light on a rim `depth` deep: outward normal · direction of the light, fading towards the middle."""
        gradient_y, gradient_x = np.empty_like(d), np.empty_like(d)
        gradient_x[:, 1:-1] = d[:, 2:] - d[:, :-2]
        gradient_x[:, 0], gradient_x[:, -1] = gradient_x[:, 1], gradient_x[:, -2]
        gradient_y[1:-1] = d[2:] - d[:-2]
        gradient_y[0], gradient_y[-1] = gradient_y[1], gradient_y[-2]
        facing = (gradient_x * LIGHT[0] + gradient_y * LIGHT[1]) / (2 * self.canvas.pixel)
        return clip(facing, -1, 1) * clip(1 + d / depth, 0, 1)

    # --- shorthands -------------------------------------------------------------------------------------------------

    def dot(self, u: float, v: float, ru: float, rv: float, colour: Colour, angle: float = 0.0, **style) -> None:
        """Paint an ellipse, measuring only its neighbourhood; `style` as in `paint`, without outline unless asked."""
        pen = self.near(u, v, max(ru, rv))
        pen.paint(pen.ellipse(u, v, ru, rv, angle), colour, **{"outline": 0.0, **style})

    def limb(
        self, a: tuple[float, float], b: tuple[float, float], ra: float, rb: float, colour: Colour, **style
    ) -> None:
        """Paint a capsule, measuring only its neighbourhood; `style` as in `paint`."""
        pen = self.near((a[0] + b[0]) / 2, (a[1] + b[1]) / 2, hypot(b[0] - a[0], b[1] - a[1]) / 2 + max(ra, rb))
        pen.paint(pen.capsule(a, b, ra, rb), colour, **style)

    def stroke(self, points: Array, radii: Array, colour: Colour, **style) -> None:
        """Paint a chain of limbs, measuring only its neighbourhood; `style` as in `paint`."""
        middle = (points.min(0) + points.max(0)) / 2
        reach = float(np.hypot(*(points - middle).T).max() + radii.max())
        pen = self.near(*middle.tolist(), reach)
        pen.paint(pen.curve(points, radii), colour, **style)


def painted(canvas: Canvas, draw: Callable[[], object]) -> Array:
    """Draw, and return where anything changed: (size, size) bool."""
    before = canvas.image.copy()
    draw()
    return (canvas.image != before).any(0)


def bezier(points: Sequence[tuple[float, float]], t: Array) -> Array:
    """Points (n, 2) of the Bézier curve with these control points at parameters t (n,); de Casteljau's construction."""
    p = [np.asarray(point)[None, :] for point in points]
    t = t[:, None]
    while len(p) > 1:
        p = [a + t * (b - a) for a, b in pairwise(p)]
    return p[0]
