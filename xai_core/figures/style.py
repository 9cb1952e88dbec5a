"""The style that all figures share: an empty figure, axes that the last row of a lecture hall can read, the colours.

Every function of this folder returns a matplotlib.figure.Figure, never a pyplot one: pyplot keeps a global list of
figures, which leaks in a server and breaks under threads.
"""

from typing import cast

from matplotlib.axes import Axes
from matplotlib.figure import Figure

COLOURS = "RdBu_r"
FOR, AGAINST = "#b2182b", "#2166ac"  # the ends of that map, for bars and words
LINES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#5d5d5d")  # Okabe & Ito 2008
INK = {"light": "#1a1a1a", "dark": "#f0f0f0"}


class Drawing(Figure):
    """A figure that knows the colour of its words: matplotlib's own, with one attribute more."""

    ink: str


def figure(width: float, height: float, theme: str = "light") -> Drawing:
    """An empty figure of that many inches with transparent ground, whose text is legible on the theme's page."""
    # A plain Figure, for notebooks show the name of its class; `Drawing` only tells the type checker about `ink`.
    fig = cast(Drawing, Figure(figsize=(width, height), layout="constrained", dpi=110))
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
