"""The figure of keep and retrain, in the layout of the NormLIME paper's Figure 4 (see keep_and_retrain.py, figures.py).

A panel a kind of features, a line a method: the mean error over runs, and as a pale band its smallest and largest. The
error goes in powers of ten, as in the paper, because the part that matters is that of one or two per cent.
What to look at: the dotted line, nothing dropped, with its band. A line inside that band has lost nothing that another
seed would not have lost, too.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter
from torch import Tensor

from xai_core.figures.style import LINES, figure, key, style

MARKS = "osD^vXP"
LOT = "random"  # the method that is drawn in grey

Curve = tuple[Sequence[float], Tensor]  # shares dropped, errors (shares, runs)


def kar_figure(
    panels: Mapping[str, Mapping[str, Curve]], whole: Mapping[str, Tensor], least: float, theme: str = "light"
) -> Figure:
    """Figure 4: error against the share of features dropped; title → method → (shares, errors (shares, runs)).

    whole: title → the errors of the runs in which nothing was dropped, (runs,). least: an error of 0 has no place on a
    logarithmic axis and is drawn at this one, such as half a held-out example.
    Raises ValueError if errors do not fit their shares, or there is nothing to draw.
    """
    if not panels or not all(panels.values()):
        raise ValueError("panels must be one or more, each with one method or more; nothing has been measured")
    fig = figure(6.2 * len(panels), 5.0, theme)
    colours = list(LINES[:-1])
    methods = list(dict.fromkeys(method for row in panels.values() for method in row))
    looks = {method: (LINES[-1] if method == LOT else colours.pop(0), MARKS[i]) for i, method in enumerate(methods)}
    axes = fig.subplots(1, len(panels), sharey=True, squeeze=False)[0]
    for ax, (title, row) in zip(axes, panels.items(), strict=True):
        style(ax, title, "features dropped, %", "error on held-out data, %" if ax is axes[0] else "")
        ax.set_yscale("log")
        for method, (shares, errors) in row.items():
            if errors.dim() != 2 or len(errors) != len(shares):
                raise ValueError(
                    f"errors of {method!r} must be ({len(shares)}, runs), a row a share; got {tuple(errors.shape)}"
                )
            colour, mark = looks[method]
            _line(ax, 100 * np.asarray(shares), errors, least, colour, mark, method)
        floor = whole[title].clamp(min=least)
        ax.axhspan(100 * float(floor.min()), 100 * float(floor.max()), color=fig.ink, alpha=0.08, linewidth=0)
        ax.axhline(100 * float(floor.mean()), color=fig.ink, linewidth=1.4, linestyle=":", label="nothing dropped")
        ax.xaxis.set_ticks(100 * np.asarray(next(iter(row.values()))[0]))
        ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        ax.yaxis.set_minor_formatter(NullFormatter())
        ax.tick_params(labelleft=True)
        ax.grid(axis="y", alpha=0.25)
    named = axes[0].get_legend_handles_labels()
    fig.legend(
        *named,
        loc="outside upper center",
        ncols=min(4, 2 + len(panels)),
        fontsize=12,
        frameon=False,
        labelcolor=fig.ink,
    )
    return fig


def _line(ax: Axes, xs: np.ndarray, errors: Tensor, least: float, colour: str, mark: str, name: str) -> None:
    """The mean over runs, and the band from the best run to the worst."""
    per_cent = 100 * errors.clamp(min=least).numpy()
    ax.fill_between(xs, per_cent.min(1), per_cent.max(1), color=colour, alpha=0.13, linewidth=0)
    mean = 100 * errors.mean(1).clamp(min=least).numpy()
    ax.plot(xs, mean, color=colour, marker=mark, markersize=6, linewidth=2.2, label=key(name))
