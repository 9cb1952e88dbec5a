"""Figures of words: matrices of output × input words, and one output word's maps as bars.

A row is an output word, a column an input word. Attention and attributions are in one unit where the score is a
probability: a row of attention sums to 1, a row of Integrated Gradients to F(x) − F(x′), which is nearly 1 where the
network is sure. So one scale serves both, red for the word, blue against it, white nothing.
What to look at: the strong cells away from the diagonal. They are where the languages order their words differently.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch import Tensor

from xai_core.figures.maps import colour_bar
from xai_core.figures.style import AGAINST, COLOURS, FOR, figure, named, style

WRITTEN = 0.1  # of the scale: cells from here on have their number written in


def matrices(
    maps: Mapping[str, Tensor],
    inputs: Sequence[str],
    outputs: Sequence[str],
    *,
    decides: Tensor | None = None,
    top: float | None = None,
    columns: int = 2,
    theme: str = "light",
) -> Figure:
    """Heat maps side by side on one scale: name → (T, L).

    decides: (T, L) bool, cells that get a frame: what decides by construction. top: where colours saturate; None: at
    the largest number of all maps. Raises ValueError if a map is not as large as the words say.
    """
    drawn = {name: A.detach().cpu().double().numpy() for name, A in maps.items()}
    for name, A in drawn.items():
        if A.shape != (len(outputs), len(inputs)):
            raise ValueError(
                f"maps must be {len(outputs)} output words × {len(inputs)} input words; {name!r} is {A.shape}"
            )
    limit = top or max((float(np.abs(A).max()) for A in drawn.values()), default=1.0) or 1.0
    columns = min(columns, len(drawn))
    lines = -(-len(drawn) // columns)
    wide, high = 1.7 + 0.62 * len(inputs), 1.7 + 0.42 * len(outputs)
    fig = figure(wide * columns + 0.9, high * lines, theme)
    axes = np.atleast_1d(fig.subplots(lines, columns)).ravel()
    for ax, (name, A) in zip(axes, drawn.items(), strict=False):
        _matrix(ax, name, A, inputs, outputs, limit)
        for t, j in zip(*np.nonzero(decides.numpy()), strict=True) if decides is not None else ():
            ax.add_patch(Rectangle((j - 0.46, t - 0.46), 0.92, 0.92, fill=False, edgecolor="#1a1a1a", linewidth=1.6))
    for ax in axes[len(drawn) :]:
        ax.set_visible(False)
    colour_bar(fig, axes[: len(drawn)], limit, "value")
    fig.axes[-1].set_ylabel("share (attention) or score")
    return fig


def _matrix(ax: Axes, name: str, A: np.ndarray, inputs: Sequence[str], outputs: Sequence[str], limit: float) -> None:
    style(ax, name)
    ax.imshow(A, cmap=COLOURS, vmin=-limit, vmax=limit, aspect="auto", interpolation="nearest")
    named(ax.xaxis, range(len(inputs)), inputs, rotation=50, ha="left", rotation_mode="anchor", fontsize=12)
    named(ax.yaxis, range(len(outputs)), outputs, fontsize=12)
    ax.tick_params(length=0, top=False, labeltop=True, labelbottom=False)
    for t, j in zip(*np.nonzero(np.abs(A) >= WRITTEN * limit), strict=True):
        strong = abs(A[t, j]) > 0.6 * limit
        text = f"{A[t, j]:.2f}".replace("-", "−").replace("0.", ".")
        ax.text(j, t, text, ha="center", va="center", fontsize=11, color="white" if strong else "#1a1a1a")


def word_bars(
    maps: Mapping[str, Tensor], inputs: Sequence[str], *, title: str = "", columns: int = 3, theme: str = "light"
) -> Figure:
    """One output word's maps side by side, a bar for each input word, on one axis: name → (L,)."""
    drawn = {name: a.detach().cpu().double().numpy() for name, a in maps.items()}
    reach = 1.1 * max((float(np.abs(a).max()) for a in drawn.values()), default=1.0) or 1.0
    low = 1.1 * min(0.0, *(float(a.min()) for a in drawn.values()))
    columns = min(columns, len(drawn))
    lines = -(-len(drawn) // columns)
    fig = figure(1.2 + 3.0 * columns, (1.1 + 0.36 * len(inputs)) * lines + (0.3 if title else 0), theme)
    axes = np.atleast_1d(fig.subplots(lines, columns, sharex=True, sharey=True)).ravel()
    for ax, (name, a) in zip(axes, drawn.items(), strict=False):
        style(ax, name)
        ax.barh(range(len(inputs)), a, color=[FOR if each > 0 else AGAINST for each in a], height=0.7)
        ax.axvline(0, color=fig.ink, linewidth=0.8)
        ax.set(xlim=(low, reach), ylim=(len(inputs) - 0.4, -0.6))
        named(ax.yaxis, range(len(inputs)), inputs, fontsize=12)
    for ax in axes[len(drawn) :]:
        ax.set_visible(False)
    if title:
        fig.suptitle(title, fontsize=13, color=fig.ink)
    return fig
