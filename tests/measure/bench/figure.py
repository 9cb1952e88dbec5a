"""The table as dots: a panel a network, a line a method, a dot for ours and for each peer, on a logarithmic axis."""

from collections.abc import Sequence

from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from tests.measure.bench.table import OURS, Row
from xai_core.figures.style import LINES, figure, ink_of, style


def dots(rows: Sequence[Row], peers: Sequence[str]) -> Figure:
    """Multiples of the floor; the floor itself is the line at 1."""
    networks = list(dict.fromkeys(row.network for row in rows))
    methods = list(dict.fromkeys(row.method for row in rows))[::-1]  # the first on top
    fig = figure(4.2 * len(networks) + 2, 0.32 * len(methods) + 1.6)
    panels = fig.subplots(1, len(networks), sharey=True, squeeze=False)[0]
    for ax, network in zip(panels, networks, strict=True):
        style(ax, network, "× the floor")
        ax.axvline(1, color=ink_of(ax), linewidth=1, alpha=0.4)
        for who, colour in zip((OURS, *peers), LINES, strict=False):
            found = [(row.ratio(who), methods.index(row.method)) for row in rows if row.network == network]
            there = [(ratio, place) for ratio, place in found if ratio is not None]
            ax.scatter(*zip(*there, strict=True) if there else ((), ()), s=42 if who == OURS else 26, color=colour,
                       marker="D" if who == OURS else "o", label=who, zorder=3)  # fmt: skip
        ax.set_xscale("log")
        ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        ax.xaxis.set_major_formatter("{x:g}")
        ax.xaxis.set_minor_formatter(NullFormatter())
        ax.set_yticks(range(len(methods)), methods)
        ax.grid(axis="y", alpha=0.25)
    fig.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=len(peers) + 1, frameon=False)
    return fig
