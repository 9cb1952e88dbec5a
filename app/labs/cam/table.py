"""The table of methods × backbones: which work, which do not, and why. `python -m tests.measure.backbones` makes it."""

import json
from pathlib import Path

import streamlit as st

from app.shared import frame
from data.nets import pretrained
from xai_core import catalogue

FILE = Path(__file__).parent / "backbones.json"
MARKS = {"works": "✓", "in part": "◐ in part", "empty": "= gradient", "refuses": "✗ refuses", "fails": "✗ fails"}
CAM_FAMILY = ("cam", "grad_cam", "guided_grad_cam")
Row = dict[str, str | float]


@st.cache_data(show_spinner=False)
def rows(weights: str) -> dict[tuple[str, str], Row]:
    """(method, network) → its row, with "random" or "published" weights."""
    found = json.loads(FILE.read_text(encoding="utf-8"))["rows"]
    return {(r["method"], r["network"]): r for r in found if r["weights"] == weights}


def cells(found: dict[tuple[str, str], Row], methods: tuple[str, ...]) -> list[list[str]]:
    """A row with the networks' names, and one for each method."""
    names = [name for name in pretrained.NAMES if any(network == name for _, network in found)]
    table = [["", *names]]
    for method in methods:
        marks = (MARKS[found[method, name]["verdict"]] if (method, name) in found else "" for name in names)
        table.append([catalogue()[method].title, *marks])
    return table


def reasons(found: dict[tuple[str, str], Row], methods: tuple[str, ...]) -> dict[str, list[str]]:
    """What stands behind the cells that are no plain ✓: the sentence → "method on network"."""
    told: dict[str, list[str]] = {}
    for (method, name), row in found.items():
        if row["why"] and method in methods:
            told.setdefault(str(row["why"]), []).append(f"{catalogue()[method].title} on {name}")
    return told


def show_section() -> None:
    """The table, the reasons, and how it was made."""
    st.markdown("### Which method works on which network?")
    left, right = st.columns(2)
    every = left.toggle("All methods, not only the CAM family", key="every", bind="query-params")
    weights = right.segmented_control(
        "Weights", ("random", "published"), default="random", required=True, key="weights", bind="query-params",
        help="Published weights were here for one network when the table was made; random ones can be had for all.",
    )  # fmt: skip
    found, methods = rows(weights), tuple(catalogue()) if every else CAM_FAMILY
    head, *lines = cells(found, methods)
    frame.table(head, lines, "backbones")
    for why, where in reasons(found, methods).items():
        st.markdown(f"- **{', '.join(where)}**: {why}.")
    st.caption(
        "✓: finite, not zero everywhere, another map for another class, and complete where completeness is promised"
        " exactly. = gradient: the method runs, but its rule for ReLUs finds none. Random weights show that a method"
        " runs on an architecture, not that its map is right. Made by `python -m tests.measure.backbones`."
    )
