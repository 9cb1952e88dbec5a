"""Many comparisons at one sight: a square each, coloured by what it says."""

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from xai_core.figures.style import INK, LINES, figure, named, style

COLOURS = {1: LINES[0], -1: LINES[1], 0: "#8a8a8a"}  # for, against, open; the sign is written as well
SIGNS = {1: "▲", -1: "▼", 0: "·"}
HIGH = 0.3  # inches of a row


def verdicts(
    found: Mapping[tuple[str, str], tuple[float, int]],
    *,
    names: Sequence[str] = ("for", "against", "open"),
    width: float = 9.6,
    theme: str = "light",
) -> Figure:
    """A square for each (row, column) → (its number, 1 for, −1 against or 0 open).

    Rows and columns stand in the order of their first appearance. names: of 1, −1 and 0 in the legend. width: inches.
    Raises ValueError if there is nothing to show, or a verdict is none of 1, −1 and 0.
    """
    if not found:
        raise ValueError("found must have at least one comparison; it is empty")
    unknown = [sign for _, sign in found.values() if sign not in COLOURS]
    if unknown:
        raise ValueError(f"a verdict must be 1 (for), -1 (against) or 0 (open); got {unknown[0]}")
    rows, columns = (list(dict.fromkeys(place[i] for place in found)) for i in (0, 1))
    fig = figure(width, 0.9 + HIGH * max(len(rows), 2), theme)
    ax = style(fig.subplots())
    for (row, column), (number, sign) in found.items():
        i, j = rows.index(row), columns.index(column)
        ax.add_patch(Rectangle((j - 0.48, i - 0.45), 0.96, 0.9, color=COLOURS[sign], linewidth=0))
        text = f"{SIGNS[sign]} {number:+.2g}".replace("-", "−")
        ax.text(j, i, text, ha="center", va="center", fontsize=12, color=INK["light"] if sign == 0 else "white")
    ax.set(xlim=(-0.5, len(columns) - 0.5), ylim=(len(rows) - 0.5, -0.5))
    room = 0.8 * width / (len(columns) + 1) / fig.get_figheight()  # of a name, which lies along the axis
    named(ax.xaxis, range(len(columns)), columns, part=room, fontsize=12)
    named(ax.yaxis, range(len(rows)), rows, part=0.4, fontsize=12)
    ax.tick_params(length=0, top=False, labeltop=True, bottom=False, labelbottom=False)
    for spine in ax.spines.values():
        spine.set_visible(False)
    keys = [
        Patch(color=COLOURS[sign], label=f"{SIGNS[sign]} {name}") for sign, name in zip((1, -1, 0), names, strict=True)
    ]
    fig.legend(handles=keys, loc="outside lower center", ncols=3, fontsize=12, frameon=False, labelcolor=fig.ink)
    return fig
