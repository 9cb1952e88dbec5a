"""Figures: attributions as pictures. Computing, scaling and drawing are three steps, and this file does the last two.

Red speaks for the class, blue against it, white says nothing (RdBu_r: safe for colour-blind readers). Limits are
symmetric, so that 0 is white, and one scale serves all maps of a comparison. Which scale that is, the figure says.

Every function returns a matplotlib.figure.Figure, never a pyplot one: pyplot keeps a global list of figures, which
leaks in a server and breaks under threads.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import TypeVar, cast

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize, to_rgb
from matplotlib.figure import Figure
from matplotlib.ticker import LogFormatter
from numpy.typing import ArrayLike
from torch import Tensor

from xai_core.path.paths import Path

Name = TypeVar("Name", bound=Hashable)  # of a map: a word, or a word and a number
COLOURS = "RdBu_r"
FOR, AGAINST = "#b2182b", "#2166ac"  # the ends of that map, for bars and words
LINES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#5d5d5d")  # Okabe & Ito 2008
TOP = 99.5  # the percentile of |A| at which colours saturate: one extreme pixel must not bleach the rest
SCALES = {
    "share": "each map as shares of its own Σ|A|, one scale for all",
    "value": "the numbers as they are, one scale for all",
    "own": "each map by its own largest numbers",
}
INK = {"light": "#1a1a1a", "dark": "#f0f0f0"}


class Drawing(Figure):
    """A figure that knows the colour of its words."""

    ink: str


def figure(width: float, height: float, theme: str = "light") -> Drawing:
    """An empty figure of that many inches with transparent ground, whose text is legible on the theme's page."""
    fig = Drawing(figsize=(width, height), layout="constrained", dpi=110)
    fig.patch.set_alpha(0)
    fig.ink = INK[theme]
    return fig


def ink_of(ax: Axes) -> str:
    """The colour of the words on these axes."""
    return cast(Drawing, ax.figure).ink


def style(ax: Axes, title: str = "", x: str = "", y: str = "") -> Axes:
    """Axes with labels large enough for the last row of a lecture hall, in the colour of the page's text."""
    ink = ink_of(ax)
    ax.set_title(title, fontsize=13, color=ink)
    ax.set_xlabel(x, fontsize=12, color=ink)
    ax.set_ylabel(y, fontsize=12, color=ink)
    ax.tick_params(labelsize=11, colors=ink)
    ax.patch.set_alpha(0)
    for side, spine in ax.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(ink)
    return ax


def framed(ax: Axes) -> Axes:
    """Axes of a picture: no ticks, and a thin line around, for most of the picture may be white."""
    ax.set(xticks=[], yticks=[])
    for spine in ax.spines.values():
        spine.set_color("#999999")
    return ax


def pixel_map(A: Tensor) -> np.ndarray:
    """The sum over channels, with its sign: (C, H, W) or (1, C, H, W) → (H, W)."""
    A = A.detach().cpu().double()
    return (A[0] if A.dim() == 4 else A).sum(0).numpy()


def pixels(image: Tensor) -> np.ndarray:
    """(C, H, W) or (1, C, H, W) in [0, 1] → (H, W, 3), cut to the displayable range."""
    image = image.detach().cpu().float()
    image = image[0] if image.dim() == 4 else image
    return image.clamp(0, 1).expand(3, -1, -1).permute(1, 2, 0).numpy()


def scaled(maps: Mapping[Name, np.ndarray], scale: str = "share") -> tuple[dict[Name, np.ndarray], dict[Name, float]]:
    """The maps in the unit that is drawn, and for each the number at which its colours saturate (> 0).

    Raises ValueError for a scale that is not one of SCALES.
    """
    if scale not in SCALES:
        raise ValueError(f"scale must be one of {', '.join(SCALES)}; got {scale!r}")
    drawn = {n: m / (np.abs(m).sum() or 1.0) for n, m in maps.items()} if scale == "share" else dict(maps)
    top = {n: float(np.percentile(np.abs(m), TOP)) or float(np.abs(m).max()) for n, m in drawn.items()}
    if scale != "own":
        top = dict.fromkeys(top, max(top.values(), default=0.0))
    return drawn, {n: t or 1.0 for n, t in top.items()}  # an all-zero map is drawn white, on any scale


def coloured(map_: np.ndarray, top: float, image: np.ndarray | None = None, opacity: float = 1.0) -> np.ndarray:
    """A map in colour, (H, W) → (H, W, 3), laid over the grey image if opacity < 1."""
    colour = ScalarMappable(Normalize(-top, top), COLOURS).to_rgba(map_)[..., :3]
    if image is None or opacity >= 1:
        return colour
    grey = image.mean(2, keepdims=True)
    return opacity * colour + (1 - opacity) * grey


def map_grid(
    image: Tensor,
    attributions: Mapping[str, Tensor],
    *,
    captions: Mapping[str, str] | None = None,
    scale: str = "share",
    opacity: float = 1.0,
    columns: int = 5,
    theme: str = "light",
    picture_title: str = "picture",
) -> Figure:
    """The picture and its maps side by side, with one colour bar that says what red and blue mean.

    image: (C, H, W) or (1, C, H, W), pixels in [0, 1]. attributions: name → (C, H, W) or (1, C, H, W).
    captions: a second line for a map's title, such as the number that judges it. opacity: 0 shows the grey picture, 1
    the map.
    """
    drawn, top = scaled({n: pixel_map(A) for n, A in attributions.items()}, scale)
    panels = len(drawn) + 1
    columns = min(columns, panels)
    lines = -(-panels // columns)
    fig = figure(2.7 * columns + 1.1, 3.2 * lines, theme)
    axes = np.atleast_1d(fig.subplots(lines, columns)).ravel()
    ground = pixels(image)
    _picture(axes[0], ground, picture_title)
    for ax, (name, map_) in zip(axes[1:], drawn.items(), strict=False):
        caption = (captions or {}).get(name, "")
        _picture(ax, coloured(map_, top[name], ground, opacity), f"{name}\n{caption}" if caption else name)
    for ax in axes[panels:]:
        ax.set_visible(False)
    colour_bar(fig, axes[:panels], "" if scale == "own" else next(iter(top.values()), 1.0), scale)
    return fig


def _picture(ax: Axes, rgb: np.ndarray, title: str) -> None:
    ax.imshow(rgb, interpolation="nearest")
    ax.set_title(title, fontsize=12, color=ink_of(ax))
    ax.set_axis_off()


def colour_bar(fig: Drawing, axes: Iterable[Axes], top: float | str, scale: str) -> None:
    """A colour bar beside these axes, from −top to top. top: of `scaled`; "" where each map has its own."""
    unit = {"share": "share of Σ|A|", "value": "attribution", "own": "of each map's own scale"}[scale]
    limit = 1.0 if isinstance(top, str) else top
    bar = fig.colorbar(ScalarMappable(Normalize(-limit, limit), COLOURS), ax=list(axes), shrink=0.8, pad=0.01)
    bar.set_ticks([-limit, 0, limit], labels=[f"against\n{-limit:.2g}", "0", f"for\n+{limit:.2g}"])
    bar.set_label(unit, color=fig.ink, fontsize=11)
    bar.ax.tick_params(colors=fig.ink, labelsize=10)
    bar.outline.set_visible(False)


def colour_key(top: float, scale: str = "share", theme: str = "light") -> Figure:
    """The colour bar alone, lying, for pages that set the maps themselves. top: of `scaled`."""
    unit = {"share": "share of Σ|A|", "value": "attribution", "own": "of each map's own scale"}[scale]
    limit = 1.0 if scale == "own" else top
    fig = figure(5.4, 0.62, theme)
    bar = fig.colorbar(ScalarMappable(Normalize(-limit, limit), COLOURS), cax=fig.subplots(), orientation="horizontal")
    bar.set_ticks([-limit, 0, limit], labels=[f"{-limit:.2g}  against", f"0  ({unit})", f"for  +{limit:.2g}"])
    bar.ax.tick_params(colors=fig.ink, labelsize=11, length=0)
    bar.outline.set_visible(False)
    return fig


def picture_row(pictures: Mapping[str, Tensor], theme: str = "light") -> Figure:
    """Pictures side by side under their names: name → (C, H, W) or (1, C, H, W), pixels in [0, 1]."""
    fig = figure(2.7 * len(pictures), 3.1, theme)
    for ax, (name, image) in zip(np.atleast_1d(fig.subplots(1, len(pictures))), pictures.items(), strict=True):
        _picture(ax, pixels(image), name)
    return fig


def curves(
    lines: Mapping[str, tuple[Sequence[float], Sequence[float]]],
    *,
    x: str,
    y: str,
    title: str = "",
    marks: Mapping[str, tuple[float, float]] | None = None,
    zero: bool = True,
    log: bool = False,
    size: tuple[float, float] = (7, 3.8),
    theme: str = "light",
) -> Figure:
    """Curves on one pair of axes: name → (xs, ys).

    marks: name → a point to stress. Each line also has its own dashes. log: both axes in powers of ten, where y ∝ xᵖ is
    a straight line of slope p.
    """
    fig = figure(*size, theme)
    ax = style(fig.subplots(), title, x, y)
    _lines(ax, lines)
    ax.margins(y=0.12 if marks else 0.05)  # room for the marks' names below the title
    for name, (at, height) in (marks or {}).items():
        ax.plot([at], [height], "o", color=fig.ink, markersize=9)
        ax.annotate(name, (at, height), xytext=(8, 8), textcoords="offset points", fontsize=11, color=fig.ink)
    if log:
        ax.set(xscale="log", yscale="log")
        ax.xaxis.set_major_formatter(LogFormatter())  # 20, not 2 × 10¹
        ax.xaxis.set_minor_formatter(LogFormatter())
    elif zero:
        ax.axhline(0, color=fig.ink, linewidth=0.6)
    if len(lines) > 1:  # falling lines leave no corner free
        (fig.legend if log else ax.legend)(
            loc="outside right upper" if log else "best", fontsize=11, frameon=False, labelcolor=fig.ink
        )
    return fig


def _lines(ax: Axes, lines: Mapping[str, tuple[ArrayLike, ArrayLike]]) -> None:
    """One colour and one kind of dashes for each line, the same on every pair of axes that shows the same names."""
    for (name, (xs, ys)), colour, dash in zip(lines.items(), LINES * 3, ("-", "--", "-.", ":") * 6, strict=False):
        ax.plot(xs, ys, dash, color=colour, linewidth=2.2, label=name)


def curve_grid(
    panels: Mapping[str, Mapping[str, tuple[Sequence[float], Sequence[float]]]],
    *,
    x: str,
    log: Sequence[str] = (),
    columns: int = 2,
    size: tuple[float, float] | None = None,
    theme: str = "light",
) -> Figure:
    """Several curves seen in several ways, over one x: title → name → (xs, ys). One legend for all panels.

    log: the titles of panels whose y goes in powers of ten. size: inches; None: by the number of panels.
    """
    lines = -(-len(panels) // columns)
    fig = figure(*(size or (5.2 * columns, 3.1 * lines + 0.6)), theme)
    axes = np.atleast_1d(fig.subplots(lines, columns, sharex=True)).ravel()
    for ax, (title, curves_) in zip(axes, panels.items(), strict=False):
        _lines(style(ax, title), curves_)
        if title in log:
            ax.set_yscale("log")
        else:
            ax.axhline(0, color=fig.ink, linewidth=0.6)
    for ax in axes[len(panels) :]:
        ax.set_visible(False)
    fig.supxlabel(x, fontsize=12, color=fig.ink)
    named = axes[0].get_legend_handles_labels()
    across = 2 * columns if columns > 1 else 1
    fig.legend(*named, loc="outside upper center", ncols=across, fontsize=11, frameon=False, labelcolor=fig.ink)
    return fig


def paths_2d(
    F: Callable[[Tensor], Tensor],
    paths: Mapping[str, Path],
    *,
    captions: Mapping[str, str] | None = None,
    steps: int = 10,
    title: str = "",
    theme: str = "light",
) -> Figure:
    """Paths between two points of the plane, drawn over the level lines of F: the deck's figure 1.

    F: (R, 2) → (R,). paths: name → a path of one row (1, 2), all from the same x′ to the same x. captions: behind a
    path's name, such as its attribution. A dot marks every 1/steps of α, so that fast stretches show.
    """
    fig = figure(6.4, 4.8, theme)
    ax = style(fig.subplots(), title, "x₁", "x₂")
    fine, dots = torch.linspace(0, 1, 40 * steps + 1), torch.linspace(0, 1, steps + 1)
    ways = {name: path.point(fine)[:, 0] for name, path in paths.items()}  # each (n, 2)
    seen = torch.cat(list(ways.values()))
    low, high = seen.amin(0), seen.amax(0)
    edge = 0.12 * (high - low).clamp(min=1e-6)
    across, down = (torch.linspace(*ends, 121).to(seen) for ends in zip(low - edge, high + edge, strict=True))
    plane = torch.stack(torch.meshgrid(across, down, indexing="xy"), -1).view(-1, 2)
    with torch.no_grad():
        height = F(plane).view(121, 121)
    levels = ax.contour(across, down, height, levels=9, colors=fig.ink, linewidths=0.8, alpha=0.45)
    ax.clabel(levels, fontsize=10)
    _lines(ax, {f"{name}  {(captions or {}).get(name, '')}".strip(): tuple(way.T) for name, way in ways.items()})
    for path, line in zip(paths.values(), ax.lines[:], strict=True):
        ax.plot(*path.point(dots)[:, 0].T, "o", color=line.get_color(), markersize=5, label="_")
    start, end = next(iter(ways.values()))[[0, -1]]
    for name, at in {"x′": start, "x": end}.items():
        ax.plot(*at[:, None], "o", color=fig.ink, markersize=9, label="_")
        ax.annotate(name, at.tolist(), xytext=(8, -14), textcoords="offset points", fontsize=14, color=fig.ink)
    fig.legend(loc="outside lower center", fontsize=12, frameon=False, labelcolor=fig.ink)
    return fig


def error_against_steps(
    errors: Mapping[str, tuple[Sequence[float], Sequence[float]]],
    bounds: Mapping[str, tuple[Sequence[float], Sequence[float]]] | None = None,
    *,
    chosen: float | None = None,
    tolerance: float | None = None,
    size: tuple[float, float] = (7, 4),
    theme: str = "light",
) -> Figure:
    """The completeness gap against the number of steps, both on logarithmic axes: name → (B, gap).

    bounds: thin grey lines, what the gap cannot exceed. chosen: a B to mark; tolerance: a gap that is good enough.
    A gap of 0 has no place on a logarithmic axis; it is drawn at 1e-6.
    """
    fig = figure(*size, theme)
    ax = style(fig.subplots(), "", "B: steps", "completeness gap")
    _lines(ax, {n: (Bs, np.maximum(np.asarray(e, float), 1e-6)) for n, (Bs, e) in errors.items()})
    for (name, (Bs, most)), dash in zip((bounds or {}).items(), ((0, (1, 1)), (0, (5, 2, 1, 2))), strict=False):
        ax.plot(Bs, most, color=fig.ink, linewidth=1.2, linestyle=dash, label=name, alpha=0.7)
    if chosen is not None:
        ax.axvline(chosen, color=fig.ink, linewidth=1.2, linestyle=":")
        ax.annotate(
            f"B = {chosen:g}", (chosen, 0), xycoords=("data", "axes fraction"), xytext=(5, 6),
            textcoords="offset points", fontsize=11, color=fig.ink,
        )  # fmt: skip
    if tolerance is not None:
        ax.axhspan(1e-9, tolerance, color=LINES[2], alpha=0.12, linewidth=0)
    ax.set(xscale="log", yscale="log")
    lowest = min((max(float(v), 1e-6) for _, e in errors.values() for v in e), default=1e-3)
    ax.set_ylim(bottom=lowest / 2)
    fig.legend(loc="outside upper center", ncols=2, fontsize=11, frameon=False, labelcolor=fig.ink)
    return fig


def riemann(
    curve: tuple[Sequence[float], Sequence[float]],
    points: Sequence[float],
    heights: Sequence[float],
    weights: Sequence[float],
    *,
    title: str = "",
    size: tuple[float, float] = (7, 3.8),
    theme: str = "light",
) -> Figure:
    """The area under dF/dα as a rule sees it: a rectangle for each of its points, over the true curve.

    curve: (α, dF/dα) finely sampled; points, heights, weights: α_k, dF/dα there, and the rectangle's width w_k.
    """
    fig = figure(*size, theme)
    ax = style(fig.subplots(), title, "α: from the baseline (0) to the input (1)", "dF/dα")
    edges = np.concatenate([[0.0], np.cumsum(weights)])
    ax.bar(edges[:-1], heights, width=weights, align="edge", color=(*to_rgb(LINES[0]), 0.3), edgecolor=LINES[0])
    ax.plot(points, heights, "o", color=LINES[0], markersize=5)
    ax.plot(*curve, color=LINES[1], linewidth=2.2)
    ax.axhline(0, color=fig.ink, linewidth=0.6)
    return fig


def weight_bars(weights: Mapping[str, float], *, title: str = "", theme: str = "light") -> Figure:
    """Signed weights as horizontal bars, the largest on top: name → weight."""
    order = sorted(weights, key=lambda n: abs(weights[n]))
    fig = figure(6, 0.9 + 0.34 * len(order), theme)
    ax = style(fig.subplots(), title, "weight (score)", "")
    ax.barh(order, [weights[n] for n in order], color=[FOR if weights[n] > 0 else AGAINST for n in order])
    ax.axvline(0, color=fig.ink, linewidth=0.6)
    return fig


def difference(a: Tensor, b: Tensor, amplify: float) -> Tensor:
    """½ + amplify · (a − b), a picture of a small difference: grey is none. The factor has to be stated beside it."""
    return (0.5 + amplify * torch.sub(a, b)).clamp(0, 1)


def intervals(
    rows: Mapping[str, Mapping[str, tuple[float, float, float]]],
    *,
    x: str,
    reference: float | None = None,
    title: str = "",
    size: tuple[float, float] = (7, 3.6),
    theme: str = "light",
) -> Figure:
    """Numbers with their intervals: group → row → (mean, low, high).

    One colour and one mark for each group; the first row is on top. reference: a value to compare with, such as 1 for a
    fair share.
    """
    fig = figure(*size, theme)
    ax = style(fig.subplots(), title, x, "")
    names = list(dict.fromkeys(name for group in rows.values() for name in group))
    if reference is not None:
        ax.axvline(reference, color=fig.ink, linewidth=1.2, linestyle=":")
    for k, (group, colour, mark) in enumerate(zip(rows, LINES, "osD^v<>", strict=False)):
        at = [names.index(name) + 0.22 * (k - (len(rows) - 1) / 2) for name in rows[group]]
        means, lows, highs = (np.array([triple[i] for triple in rows[group].values()]) for i in range(3))
        ax.errorbar(
            means, at, xerr=[means - lows, highs - means], fmt=mark, color=colour, markersize=8, linewidth=2.2,
            capsize=4, label=group,
        )  # fmt: skip
    ax.set_yticks(range(len(names)), names, fontsize=12)
    ax.invert_yaxis()
    ax.margins(y=0.15)
    if len(rows) > 1:
        fig.legend(loc="outside upper center", ncols=2, fontsize=11, frameon=False, labelcolor=fig.ink)
    return fig
