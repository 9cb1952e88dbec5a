"""The pen that everything drawn here is drawn with: shapes measured in a frame of its own, and painted without jags.

A pixel is covered by clip(1/2 − d / pixel, 0, 1) of a shape whose signed distance is d. So an edge moves smoothly when
a length changes, at any size of the image.

Units: the canvas spans [−1, 1]² with y pointing down; a pen has its own frame (u forward, v down) and lengths in it.
Shapes: images are (3, H, W), masks and distances are (H, W), all float32.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, hypot, sin

import numpy as np

from data.drawn import shapes
from data.drawn.canvas import Canvas, Coat, Colour
from data.drawn.shapes import Array, clip

LIGHT = (-0.5, -0.85)  # towards the light, in the canvas's frame: upper left
OUTLINE = 0.45  # an outline is the fill's colour times this


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

    # --- signed distances, in the pen's unit: data/drawn/shapes.py at the pixels of the window ------------------------

    def ellipse(self, u: float, v: float, ru: float, rv: float, angle: float = 0.0) -> Array:
        """Distance (h, w) to an ellipse about (u, v) with half-axes ru and rv, turned by `angle` radians."""
        return shapes.ellipse(self.u - u, self.v - v, ru, rv, angle)

    def capsule(self, a: Sequence[float], b: Sequence[float], ra: float, rb: float | None = None) -> Array:
        """Distance (h, w) to a limb from a to b whose radius runs from ra to rb (default: ra)."""
        return shapes.capsule(self.u, self.v, a, b, ra, ra if rb is None else rb)

    def curve(self, points: Array, radii: Array) -> Array:
        """Distance (h, w) to a chain of limbs through `points` (n, 2) with `radii` (n,)."""
        return shapes.curve(self.u, self.v, points, radii)

    def polygon(self, corners: Sequence[tuple[float, float]], rounding: float = 0.0) -> Array:
        """Distance (h, w) to a convex polygon (corners in either order) grown by `rounding`."""
        return shapes.polygon(self.u, self.v, corners, rounding)

    def flower(self, petals: int, away: float, radius: float, turn: float) -> Array:
        """Distance (h, w) to `petals` discs of a `radius` `away` from the origin, the first at angle `turn`."""
        return shapes.flower(self.u, self.v, petals, away, radius, turn)

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
