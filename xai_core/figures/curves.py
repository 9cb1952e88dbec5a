"""Curves: numbers against numbers, paths in the plane, and the sums of rectangles that stand for an area.

Each line has a colour and dashes of its own, so that it is told apart without colour, too.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.ticker import LogFormatter
from numpy.typing import ArrayLike
from torch import Tensor

from xai_core.figures.style import LINES, figure, key, style
from xai_core.path.paths import Path


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
        ax.plot(xs, ys, dash, color=colour, linewidth=2.2, label=key(name))


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
    fine, dots = torch.linspace(0, 1, 40 * steps + 1, device="cpu"), torch.linspace(0, 1, steps + 1, device="cpu")
    ways = {name: path.point(fine)[:, 0] for name, path in paths.items()}  # each (n, 2)
    seen = torch.cat(list(ways.values()))
    low, high = seen.amin(0), seen.amax(0)
    edge = 0.12 * (high - low).clamp(min=1e-6)
    across, down = (
        torch.linspace(*ends, 121, device="cpu").to(seen) for ends in zip(low - edge, high + edge, strict=True)
    )
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
        ax.plot(Bs, most, color=fig.ink, linewidth=1.2, linestyle=dash, label=key(name), alpha=0.7)
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
