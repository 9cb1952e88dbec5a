"""The map of methods, their measured properties, and models that need no explanation."""

from xai_core.taxonomy.taxonomy import (
    BRANCHES,
    COLOURS,
    MARKS,
    NEEDS,
    Branch,
    Leaf,
    as_tree,
    leaves,
    legend,
    on,
    possible,
)

__all__ = [
    "BRANCHES",
    "COLOURS",
    "MARKS",
    "NEEDS",
    "Branch",
    "Leaf",
    "as_tree",
    "leaves",
    "legend",
    "on",
    "possible",
]
