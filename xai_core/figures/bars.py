"""Numbers by name: signed weights as bars, and means with their intervals."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from xai_core.figures.style import AGAINST, FOR, LINES, figure, key, named, style


def weight_bars(weights: Mapping[str, float], *, title: str = "", theme: str = "light") -> Figure:
    """Signed weights as horizontal bars, the largest on top: name → weight."""
    order = sorted(weights, key=lambda n: abs(weights[n]))
    fig = figure(6, 0.9 + 0.34 * len(order), theme)
    ax = style(fig.subplots(), title, "weight (score)", "")
    ax.barh(range(len(order)), [weights[n] for n in order], color=[FOR if weights[n] > 0 else AGAINST for n in order])
    named(ax.yaxis, range(len(order)), order)
    ax.axvline(0, color=fig.ink, linewidth=0.6)
    return fig


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
            capsize=4, label=key(group),
        )  # fmt: skip
    named(ax.yaxis, range(len(names)), names, fontsize=12)
    ax.invert_yaxis()
    ax.margins(y=0.15)
    if len(rows) > 1:
        fig.legend(loc="outside upper center", ncols=2, fontsize=11, frameon=False, labelcolor=fig.ink)
    return fig
