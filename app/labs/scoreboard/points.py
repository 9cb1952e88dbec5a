"""MuFidelity on the page Scoreboard: every subset a point, and what the network saw without it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st
import torch
from matplotlib.figure import Figure
from streamlit.delta_generator import DeltaGenerator

from app.labs.scoreboard.views import Entries, Numbers, number, show_maps
from app.shared import show
from app.shared.screen import Screen
from app.shared.show import Sheet
from app.shared.subject import Subject
from xai_core import Neighbourhood, figures, symbols
from xai_core.evaluate import MuFidelity, without_subsets
from xai_core.evaluate.mufidelity import read
from xai_core.figures.samples import masked_pictures

REFERENCES = ("black", "grey", "mean", "blurred")
RADIUS, RING = 10, (*bytes.fromhex(figures.LINES[1][1:]), 255)  # pixels, RGBA
COUNTS = (50, 100, 200, 500, 1000)


@dataclass(frozen=True)
class Dots:
    """The scatter as pixels, and where its dots are: a ring is painted, so that nothing is drawn anew."""

    sheet: Sheet
    at: np.ndarray  # (maps, N, 2), columns and rows

    def ringed(self, i: int) -> np.ndarray:
        """The sheet with a ring around one subset in each panel: (height, width, 4) bytes."""
        rgba = self.sheet.rgba.copy()
        rows, columns = np.ogrid[: rgba.shape[0], : rgba.shape[1]]
        for column, row in self.at[:, i]:
            rgba[np.abs(np.hypot(rows - row, columns - column) - RADIUS) < 2] = RING
        return rgba


def ask_subsets(left: DeltaGenerator, middle: DeltaGenerator, right: DeltaGenerator) -> dict[str, Any]:
    """How many subsets of what size, and what stands in their place."""
    size = symbols.of(without_subsets)["share"]
    share = left.slider("|S|: share of the cells in a subset", size.low, size.high, size.default, size.step,
                        key="subset_share", bind="query-params")  # fmt: skip
    reference = middle.selectbox("Reference: S becomes", REFERENCES, key="subset_reference",
                                 bind="query-params")  # fmt: skip
    N = right.select_slider("N: subsets", COUNTS, 200, key="subsets", bind="query-params")
    return {"N": int(N), "share": share, "reference": reference}


def show_points(
    on: Screen, about: Subject, entries: Entries, failures: Mapping[str, str], near: Neighbourhood, *, N: int,
    share: float, reference: str,
) -> Numbers:  # fmt: skip
    """The maps with r, the scatter, and one subset."""
    found = {title: read([near], entry.A) for title, entry in entries.items()}
    show_maps(on, about, entries, failures, {t: f"r = {number(float(m.correlation))}" for t, m in found.items()})
    look(about, near, found, share, dotted(found, reference, show.theme()))
    return {"r": {title: float(m.correlation) for title, m in found.items()}}


@st.fragment
def look(about: Subject, near: Neighbourhood, found: Mapping[str, MuFidelity], share: float, dots: Dots) -> None:
    """All subsets as dots, one of them as a picture. Nothing is asked."""
    N, M = len(near.masks) - 1, near.features
    place = st.container(key="scrolls_points")
    left, right = st.columns([1, 3], gap="medium")
    with left:
        i = int(st.number_input(f"Look at subset no., 1 to {N}", 1, N, 1, key="subset", bind="query-params"))
        answer, change = float(near.answers()[i]), float(near.answers()[0] - near.answers()[i])
        seen = figures.pixels(masked_pictures(near, about.opened.x, [i]))
        show.pictures({f"without S no. {i}": (seen, f"F = {answer:.3f}, lost {change:+.3f}")}, "subset", side=256)
    with place:
        said = "; ".join(f"{t}: r = {number(float(m.correlation))}" for t, m in found.items())
        st.image(dots.ringed(i - 1), width="stretch", output_format="PNG",
                 alt=f"Sums against losses of {N} subsets, no. {i} ringed. {said}.")  # fmt: skip
    right.caption(
        f"Each dot is a subset S, {share:.0%} of the 8 × 8 cells; the ringed one is the picture at the left. To the"
        " right in a panel: how much of the map lies in S. Upwards: how much probability its absence costs. A map that"
        " keeps its promises has its dots on a rising line, r = 1; r = −1 is right but for the sign. Random"
        f" numbers get |r| of about {(2 / np.pi * (1 / M + 1 / N)) ** 0.5:.2f} with {N} subsets of {M} cells."
        "  \n**What to look at:** move |S| and the reference. Does the order of the maps stay?"
    )


def dotted(found: Mapping[str, MuFidelity], reference: str, theme: str) -> Dots:
    """The scatter, drawn once."""
    fig = scatter(found, reference, theme)
    sheet = show.sheet(fig)
    pairs = zip(fig.axes, found.values(), strict=True)
    at = np.stack([ax.transData.transform(torch.cat([m.sums, m.changes]).T.numpy()) for ax, m in pairs])
    return Dots(sheet, np.stack([at[..., 0], len(sheet.rgba) - at[..., 1]], -1))


def scatter(found: Mapping[str, MuFidelity], reference: str, theme: str) -> Figure:
    """The sums of the map over S against what S costs, a panel a map."""
    fig = figures.figure(2.25 * max(len(found), 2) + 0.3, 3.0, theme)
    axes = fig.subplots(1, len(found), sharey=True, squeeze=False)[0]
    for ax, (title, m) in zip(axes, found.items(), strict=True):
        figures.style(ax, f"{title}\nr = {number(float(m.correlation))}")
        ax.scatter(m.sums[0], m.changes[0], s=16, color=figures.LINES[0], alpha=0.45, linewidths=0)
        ax.axhline(0, color=fig.ink, linewidth=0.6)
        ax.ticklabel_format(axis="x", style="sci", scilimits=(-2, 3))
        ax.locator_params(axis="x", nbins=3)
        ax.xaxis.get_offset_text().set(color=fig.ink, fontsize=10)
    axes[0].set_ylabel("F(x) − F(x without S)", fontsize=12, color=fig.ink)
    fig.supxlabel(f"Σ of the map over S (S becomes {reference})", fontsize=12, color=fig.ink)
    return fig
