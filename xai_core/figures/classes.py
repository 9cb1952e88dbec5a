"""Figures of class-wide explanations, in the layout of the NormLIME paper's figures 1 and 2 (see figures.py).

A class map is white where nothing matters and dark where most does. Each has its own scale, for the methods' units
differ (squared gradients, probabilities); negative values are drawn white, as in the paper. The signed view is
`for_and_against`.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from torch import Tensor

from xai_core.figures.maps import coloured, pixels
from xai_core.figures.style import AGAINST, COLOURS, FOR, LINES, figure, framed, named, style

MARK = LINES[4]  # for chosen places on a grey picture


def class_grid(maps: Mapping[str, Mapping[str, Tensor]], segments: Tensor, theme: str = "light") -> Figure:
    """One row a class, one column a method: class → method → (M,), one number a feature."""
    methods = list(next(iter(maps.values())))
    fig = figure(1.75 * len(methods) + 0.5, 1.85 * len(maps) + 0.5, theme)
    axes = fig.subplots(len(maps), len(methods), squeeze=False)
    for line, (name, row) in zip(axes, maps.items(), strict=True):
        for ax, method in zip(line, methods, strict=True):
            ax.imshow(darkened(row[method], segments), interpolation="nearest")
            framed(ax)
        line[0].set_ylabel(name, fontsize=18, color=fig.ink, rotation=0, ha="right", va="center", labelpad=8)
    for ax, method in zip(axes[0], methods, strict=True):
        ax.set_title(method, fontsize=14, color=fig.ink)
    return fig


def darkened(importance: Tensor, segments: Tensor) -> np.ndarray:
    """A class map in greys, by its own largest value: (M,) → (H, W, 3)."""
    map_ = importance[segments].clamp(min=0).numpy()
    return ScalarMappable(Normalize(0, map_.max() or 1), "Greys").to_rgba(map_)[..., :3]


def for_and_against(
    x: Tensor, weights: Tensor, segments: Tensor, top: int = 20, title: str = "", theme: str = "light"
) -> Figure:
    """One explanation: left the features of the largest weights, right what speaks for (red) and against (blue).

    x: (1, C, H, W). weights: (M,). top: how many on the left, at most as many as have a positive weight.
    """
    fig = figure(8.2, 3.9, theme)
    left, right = fig.subplots(1, 2)
    grey = pixels(x).mean(2)
    best = [i for i in weights.argsort(descending=True, stable=True)[:top].tolist() if weights[i] > 0]
    left.imshow(grey, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    _outlined(left, np.isin(segments.numpy(), best))
    left.set_title(f"the {len(best)} of largest weight", fontsize=13, color=fig.ink)
    limit = float(weights.abs().max()) or 1.0
    faint = 0.55 + 0.45 * (1 - pixels(x))  # ink dark on light, so that white means "says nothing"
    right.imshow(coloured(weights[segments].numpy(), limit, faint, 0.75), interpolation="nearest")
    right.set_title(title or "for (red), against (blue)", fontsize=13, color=fig.ink)
    for ax in (left, right):
        framed(ax)
    bar = fig.colorbar(ScalarMappable(Normalize(-limit, limit), COLOURS), ax=right, shrink=0.85, pad=0.02)
    bar.set_ticks([-limit, 0, limit], labels=[f"against\n{-limit:.2g}", "0", f"for\n+{limit:.2g}"])
    bar.ax.tick_params(colors=fig.ink, labelsize=11)
    bar.outline.set_visible(False)
    return fig


def _outlined(ax: Axes, chosen: np.ndarray) -> None:
    """A line around every chosen region: (H, W) bool."""
    down, across = np.nonzero(np.diff(chosen, axis=1, prepend=False, append=False))  # borders left of a pixel
    ax.vlines(across - 0.5, down - 0.5, down + 0.5, color=MARK, linewidth=3)
    down, across = np.nonzero(np.diff(chosen, axis=0, prepend=False, append=False))  # … above a pixel
    ax.hlines(down - 0.5, across - 0.5, across + 0.5, color=MARK, linewidth=3)


def weight_bars(
    panels: Mapping[str, Mapping[str, float]], *, x: str = "", columns: int = 2, theme: str = "light"
) -> Figure:
    """Named weights as bars, largest first: title → name → weight. Red speaks for, blue against."""
    lines = -(-len(panels) // columns)
    most = max(len(bars) for bars in panels.values())
    fig = figure(5.6 * columns, lines * (0.32 * most + 1.1), theme)
    axes = fig.subplots(lines, columns, squeeze=False).ravel()
    for ax, (title, bars) in zip(axes, panels.items(), strict=False):
        style(ax, title, x)
        names, values = list(bars), list(bars.values())
        ax.barh(range(len(names)), values, color=[FOR if v > 0 else AGAINST for v in values])
        named(ax.yaxis, range(len(names)), names)
        ax.invert_yaxis()
        ax.xaxis.set_major_locator(MaxNLocator(4))
        ax.axvline(0, color=fig.ink, linewidth=0.8)
    for ax in axes[len(panels) :]:
        ax.set_visible(False)
    return fig


def picked(images: Sequence[Tensor], captions: Sequence[str], theme: str = "light") -> Figure:
    """The pictures of a pick in their order, each (C, H, W), with a caption each."""
    fig = figure(1.9 * len(images), 2.4, theme)
    for ax, image, caption in zip(fig.subplots(1, len(images), squeeze=False)[0], images, captions, strict=True):
        ax.imshow(pixels(image), interpolation="nearest")
        ax.set_title(caption, fontsize=12, color=fig.ink)
        framed(ax)
    return fig
