"""A decision tree is its own explanation: the questions that an input was asked, in order, are why.

    answer(x) = the leaf where x arrives           Breiman, Friedman, Olshen & Stone 1984 [Breiman1984]

Nothing is approximated and nothing is attributed: whoever reads the way through the tree has seen the whole model at
work on x, and knows what would have changed the answer. [Rudin2019] argues for such models wherever much is at stake.
Units: those of the columns. What to look at: `Asked.margin`, how near the input was to another answer at each fork.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from xai_core.figures.trees import Node

if TYPE_CHECKING:  # scikit-learn takes a second to load, and whoever has a tree has loaded it
    from sklearn.tree import DecisionTreeClassifier


@dataclass(frozen=True)
class Asked:
    """One question on the way: is column ≤ threshold?"""

    column: str
    value: float
    threshold: float

    @property
    def yes(self) -> bool:
        """Whether the answer was yes: value ≤ threshold."""
        return self.value <= self.threshold

    @property
    def margin(self) -> float:
        """How far the value is from the other answer."""
        return abs(self.value - self.threshold)

    def __str__(self) -> str:
        return f"{self.column} is {self.value:.2f}, {'at most' if self.yes else 'more than'} {self.threshold:.2f}"


def way(model: "DecisionTreeClassifier", row: np.ndarray, columns: Sequence[str]) -> list[Asked]:
    """The questions that a row (M,) is asked, from the root on. Raises ValueError unless the tree has M columns."""
    row = np.asarray(row, float)
    if row.shape != (model.n_features_in_,) or len(columns) != model.n_features_in_:
        raise ValueError(f"row and columns must be {model.n_features_in_} each; got {row.shape} and {len(columns)}")
    tree = model.tree_
    found, at = [], 0
    while tree.children_left[at] >= 0:
        j = tree.feature[at]
        found.append(Asked(columns[j], _as_seen(row[j]), float(tree.threshold[at])))
        at = tree.children_left[at] if found[-1].yes else tree.children_right[at]
    return found


def as_nodes(
    model: "DecisionTreeClassifier", columns: Sequence[str], classes: Sequence[str], row: np.ndarray | None = None
) -> Node:
    """The tree to be drawn by `tree_figures.tree`; the way of the row (M,), if one is given, is strong.

    A leaf says its class and which share of the training rows that arrived there are of it.
    """
    tree = model.tree_

    def node(at: int, edge: str, strong: bool) -> Node:
        left, right = tree.children_left[at], tree.children_right[at]
        if left < 0:
            shares = tree.value[at][0] / tree.value[at][0].sum()
            best = int(shares.argmax())
            return Node(f"{classes[model.classes_[best]]} {shares[best]:.0%}", edge=edge, strong=strong)
        j, threshold = tree.feature[at], float(tree.threshold[at])
        yes = row is not None and _as_seen(row[j]) <= threshold
        return Node(
            f"{columns[j]} ≤ {threshold:.2f}?",
            (node(left, "yes", strong and yes), node(right, "no", strong and not yes)),
            edge=edge,
            strong=strong,
        )

    return node(0, "", row is not None)


def _as_seen(value: float) -> float:
    """A number as the tree compares it: it keeps its inputs in 32 bits."""
    return float(np.float32(value))
