"""Trees as pictures, from the root on the left to the leaves on the right, one leaf a row.

Two trees of the workbook are drawn so: the taxonomy of explanations, and a decision tree, of which the picture *is* the
explanation. What to look at: the strong line, the way that one input takes.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import count

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from xai_core.figures.style import LINES, figure, key
from xai_core.plain import one_line

CHARACTER = 0.098  # inches of a letter of 12 points, wide ones included
ROW = 0.33  # inches a leaf
GAP = 6  # letters from a fork's words to those of its children


@dataclass(frozen=True)
class Node:
    """A fork, or a leaf where it has no children."""

    label: str
    children: tuple["Node", ...] = ()
    edge: str = ""  # what leads here, written on the line from its parent
    colour: str = ""  # of a leaf's mark; "" for no mark
    mark: str = "o"
    strong: bool = False  # on the way of the input that is explained


@dataclass(frozen=True)
class Placed:
    """A node and where it stands: x in letters from the left, y in rows from the top."""

    node: Node
    x: float
    y: float
    parent: "Placed | None"


def placed(root: Node) -> list[Placed]:
    """Where each node stands: leaves one below the other, a fork in the middle of its children and left of them."""
    rows: dict[int, float] = {}
    _rows(root, count(), rows)
    found: list[Placed] = []

    def place(node: Node, x: float, parent: Placed | None) -> None:
        here = Placed(node, x, rows[id(node)], parent)
        found.append(here)
        for child in node.children:
            place(child, x + len(node.label) + GAP, here)

    place(root, 0, None)
    return found


def _readable(node: Node) -> Node:
    """The same tree in names of one line, none longer than fits."""
    children = tuple(_readable(child) for child in node.children)
    return replace(node, label=one_line(node.label), edge=one_line(node.edge), children=children)


def _rows(node: Node, free: Iterator[int], rows: dict[int, float]) -> float:
    """The row of each node by its id; leaves take the next free one."""
    below = [_rows(child, free, rows) for child in node.children]
    rows[id(node)] = (below[0] + below[-1]) / 2 if below else float(next(free))
    return rows[id(node)]


def tree(
    root: Node, *, legend: Mapping[str, tuple[str, str]] | None = None, title: str = "", theme: str = "light"
) -> Figure:
    """Draw a tree. legend: what a leaf's mark says → (colour, mark)."""
    nodes = placed(_readable(root))
    right = max(p.x + len(p.node.label) for p in nodes) + 1
    bottom = max(p.y for p in nodes)
    head = 0.35 * bool(title) + 0.4 * bool(legend)
    fig = figure(CHARACTER * right + 0.2, ROW * (bottom + 1) + head + 0.1, theme)
    ax = fig.subplots()
    ax.set(xlim=(-0.5, right), ylim=(bottom + 0.6, -0.6))
    ax.set_axis_off()
    if title:
        ax.set_title(title, fontsize=13, color=fig.ink)
    for each in nodes:
        _draw(ax, each, fig.ink)
    for name, (colour, mark) in (legend or {}).items():
        ax.plot([], [], mark, color=colour, markersize=9, label=key(name))
    if legend:
        fig.legend(loc="outside upper left", ncols=2, fontsize=11, frameon=False, labelcolor=fig.ink)
    return fig


def _draw(ax: Axes, here: Placed, ink: str) -> None:
    """A node's words, its mark, and the line from its parent: out of its words, down, and across."""
    node = here.node
    weight = "bold" if node.strong else "normal"
    if here.parent is not None:
        out = here.parent.x + len(here.parent.node.label) + 0.5
        turn = here.x - GAP + 1.2
        ax.plot(
            [min(out, turn), turn, turn, here.x - (2 if node.colour else 0.6)],
            [here.parent.y, here.parent.y, here.y, here.y],
            color=LINES[1] if node.strong else ink, linewidth=3 if node.strong else 1.1,
            zorder=3 if node.strong else 1, solid_joinstyle="miter",
        )  # fmt: skip
    if node.edge:
        ax.text(here.x - GAP + 1.6, here.y - 0.08, node.edge, fontsize=10, color=ink, va="bottom", weight=weight)
    if node.colour:
        ax.plot([here.x - 1.2], [here.y], node.mark, color=node.colour, markersize=8, zorder=4)
    ax.text(here.x, here.y, node.label, fontsize=12, color=ink, va="center", weight=weight)
