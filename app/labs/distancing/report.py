"""What the page Distancing says of its networks before any map: how well each learned, and how the logits drift."""

import math

import streamlit as st
from matplotlib.figure import Figure

from app.labs.distancing.compute import Reading
from app.labs.distancing.pairs import ALPHAS, Kit, Pair, Scenes
from app.shared import frame, show
from app.shared.shares import percent
from xai_core.distancing.targets import Regression
from xai_core.figures import distancing

REACHED, KEPT = 0.9, 0.8  # below them, the report warns


def show_report(pair: Pair, kit: Kit, how: Reading) -> None:
    """A row an α: how far apart, at what error, and whether a class's samples kept their order."""
    a, b = pair.names
    head = [
        "α",
        f"{a}: reached",
        f"{b}: reached",
        "MSE before → after",
        f"order within {a}",
        f"order within {b}",
        "elsewhere",
    ]
    rows = []
    for α, r in zip(ALPHAS, kit.reports, strict=True):
        cells = [f"{α}", *(percent(x) for x in r.reached), f"{r.before:.2f} → {r.after:.3f}",
                 *(f"{lowest(row):.2f}" for row in r.order), f"{r.elsewhere:.2f}"]  # fmt: skip
        rows.append([f"**{cell}**" if α in how.alphas else cell for cell in cells])
    frame.table(head, rows, "report")
    st.caption(
        f"Measured on the {len(kit.scenes.X)} scenes that they learned from; bold takes part. Reached: how far the"
        " other class's logit fell, of α. MSE: mean squared error of all logits, in squares of logits. Order:"
        " Spearman's ρ with the own network within a class, the lower of its two logits; 1: nobody changed places."
        " Elsewhere: root mean square change of the logits that should have stayed."
    )
    for α, r in zip(ALPHAS, kit.reports, strict=True):
        wrong = complaints(pair, r) if α in how.alphas else []
        if wrong:
            st.warning(f"α = {α}: {'; '.join(wrong)}. This network did not learn quite what it should. The map above"
                       " believes it all the same.")  # fmt: skip


def complaints(pair: Pair, r: Regression) -> list[str]:
    """What is wrong with one regression, in words."""
    found = [f"{name} reached only {x:.0%} of it" for name, x in zip(pair.names, r.reached, strict=True) if x < REACHED]
    return found + [f"within {name} the order is kept to {lowest(row):.2f} only"
                    for name, row in zip(pair.names, r.order, strict=True) if lowest(row) < KEPT]  # fmt: skip


def lowest(numbers: tuple[float, ...]) -> float:
    """NaN, where there is nothing to rank, counts only if it is all there is."""
    return min((x for x in numbers if not math.isnan(x)), default=math.nan)


def show_drift(pair: Pair, scenes: Scenes, how: Reading, name: str) -> None:
    """Figure 1. name: of the scenes."""
    with st.container(key="scrolls_drift"):
        show.kept_figure(
            ("drift", pair, how.alphas, name),
            lambda theme: _drift(pair, scenes, how, theme),
            _drift_alt(pair, scenes, how),
        )


def _drift(pair: Pair, scenes: Scenes, how: Reading, theme: str) -> Figure:
    classes = list(pair.classes)
    points = {float(α): L[:, classes] for α, L in zip(how.alphas, scenes.logits, strict=False)}
    labels = (scenes.labels == classes[1]).long()
    return distancing.drifting(points, labels, pair.names, columns=5, theme=theme)


def _drift_alt(pair: Pair, scenes: Scenes, how: Reading) -> str:
    """How far apart the classes' mean logits are, in words."""
    said = ", ".join(f"{apart(pair, scenes, k):.1f} at α = {α}" for k, α in enumerate(how.alphas))
    return (
        f"Logits of {pair.names[0]} and {pair.names[1]}, one panel a network. The classes' means are apart by {said}."
    )


def apart(pair: Pair, scenes: Scenes, k: int) -> float:
    """The distance of the two classes' mean logits in the k-th network."""
    means = [scenes.logits[k][scenes.labels == c][:, list(pair.classes)].mean(0) for c in pair.classes]
    return float((means[0] - means[1]).norm())
