"""The style that all figures share: an empty figure, axes that the last row of a lecture hall can read, the colours.

Every function of this folder returns a matplotlib.figure.Figure, never a pyplot one: pyplot keeps a global list of
figures, which leaks in a server and breaks under threads.

Classes, words and files may have any name. `Drawing` draws every text as it is, never as mathematics, and shortens in
the middle what has no room; `named` puts names on an axis, and `key` into a legend.
"""

from collections.abc import Iterable, Sequence
from typing import Any, cast

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis, Tick
from matplotlib.backend_bases import RendererBase
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.text import Text

from xai_core.plain import one_line

COLOURS = "RdBu_r"
FOR, AGAINST = "#b2182b", "#2166ac"  # the ends of that map, for bars and words
LINES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#5d5d5d")  # Okabe & Ito 2008
INK = {"light": "#1a1a1a", "dark": "#f0f0f0"}
LETTER = 0.5 / 72  # inches of a letter's width for each point of its size
MOST_LINES = 4  # of one text
LONGEST_TICK, FEWEST = 40, 8  # letters of a name on an axis, and what is left of any where there is no room at all
HIDDEN = "\u2060"  # no width; before a legend's "_", with which matplotlib marks what is to be left out


class Drawing(Figure):
    """A figure that knows the colour of its words, and draws them as they are: matplotlib's own besides."""

    ink: str

    def __repr__(self) -> str:  # as notebooks show it
        return super().__repr__().replace(type(self).__name__, "Figure", 1)

    def draw(self, renderer: RendererBase) -> None:
        """Look at every text once more, whoever wrote it, and draw."""
        beside = _texts(self.findobj(Legend))  # what takes its room away from the axes
        left = set(self.findobj(Text)) - _texts(self.findobj(_numbered))
        for ax in self.findobj(Axes):
            wide, high = _room(ax)
            if ax.yaxis.label.get_rotation() == 0:
                beside.add(ax.yaxis.label)
            mine = left & set(ax.findobj(Text))
            left -= mine
            for text in mine:
                _as_it_is(text, high if text.get_rotation() == 90 else 0.6 * wide if text in beside else 1.2 * wide)
        for text in left:  # titles and legends of the whole
            _as_it_is(text, self.get_figheight() if text.get_rotation() == 90 else 0.6 * self.get_figwidth())
        super().draw(renderer)


def figure(width: float, height: float, theme: str = "light") -> Drawing:
    """An empty figure of that many inches with transparent ground, whose text is legible on the theme's page."""
    fig = Drawing(figsize=(width, height), layout="constrained", dpi=110)
    fig.patch.set_alpha(0)
    fig.ink = INK[theme]
    return fig


def ink_of(ax: Axes) -> str:
    """The colour of the words on these axes."""
    return cast(Drawing, ax.figure).ink


def named(axis: Axis, at: Iterable[float], names: Sequence[str], part: float = 0.6, **look: Any) -> None:
    """Put names on an axis, at these places, as they are; long ones without their middle.

    part: of the place of the axes, what the names may take. look: of the letters.
    """
    wide, high = _room(axis.axes)
    room = part * (wide if axis is axis.axes.yaxis else high)
    longest = min(LONGEST_TICK, _letters(room, look.get("fontsize", 11)))
    axis.set_ticks(list(at), [one_line(name, longest) for name in names], parse_math=False, **look)


def key(name: str) -> str:
    """A name as a legend's label: matplotlib leaves out those that begin with "_"."""
    return HIDDEN + name if name.startswith("_") else name


def _room(ax: Axes) -> tuple[float, float]:
    """Width and height of the place of these axes in their figure, in inches."""
    box, dpi, place = ax.figure.bbox, ax.figure.dpi, ax.get_subplotspec()
    if place is None:
        return box.width / dpi, box.height / dpi
    rows, columns = place.get_gridspec().get_geometry()
    return box.width / dpi * len(place.colspan) / columns, box.height / dpi * len(place.rowspan) / rows


def _letters(room: float, size: float) -> int:
    """How many letters of this size, in points, stand side by side in a room of that many inches."""
    return max(FEWEST, int(room / (LETTER * size)))


def _texts(artists: Iterable[Artist]) -> set[Artist]:
    return {text for artist in artists for text in artist.findobj(Text)}


def _numbered(artist: Artist) -> bool:
    """What writes numbers, and on a logarithmic axis with mathematics: the ticks of an axis that has no names."""
    return isinstance(artist, Tick) and all(text.get_parse_math() for text in (artist.label1, artist.label2))


def _as_it_is(text: Text, room: float) -> None:
    """No mathematics, nothing that cannot be seen, and no line longer than the room."""
    text.set_parse_math(False)
    longest = _letters(room, float(text.get_fontsize()))
    lines = text.get_text().removeprefix(HIDDEN).split("\n")
    if len(lines) > MOST_LINES:
        lines = [*lines[: MOST_LINES - 2], "…", lines[-1]]
    text.set_text("\n".join(one_line(line, longest) for line in lines))


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
