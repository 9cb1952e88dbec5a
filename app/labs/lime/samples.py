"""Every copy that the network was asked about: its mask z, the answer F(h(z)), its weight π, and what the line says."""

import html
from dataclasses import dataclass

import numpy as np
import streamlit as st
import torch
from torch import Tensor

from app.labs.lime import compute
from app.labs.lime.compute import Input, Reading
from app.labs.lime.inputs import Given, Pictured, Rowed, Worded
from app.shared import frame, show
from xai_core import Neighbourhood, figures, table_samples
from xai_core.figures.linear import fitted_values
from xai_core.perturbation.k_lasso import LinearFit, kernel
from xai_core.perturbation.words import WORD
from xai_core.plain import markdown

SHEET = 12  # copies seen at once
ORDERS = {"the nearest first": "π", "as drawn": "", "highest F first": "F", "lowest F first": "−F"}
BITS = 120  # of a mask that are written out
WHO = {"picture": "network", "text": "classifier", "table": "model"}


@dataclass(frozen=True)
class Copies:
    """The copies with all that is said of each."""

    near: Neighbourhood
    F: Tensor  # (N,)
    g: Tensor  # (N,)
    π: Tensor  # (N,)
    fit: LinearFit

    @classmethod
    def of(cls, this: Input, how: Reading) -> "Copies":
        near, fit = compute.around(this, how.N, how.seed), compute.fit(this, how)
        return cls(near, near.scores[:, this.target], fitted_values(near, fit),
                   kernel(near.masks, how.sigma, how.distance), fit)  # fmt: skip

    def order(self, by: str) -> list[int]:
        """Row 0 is x itself and stays in front."""
        keys = {"π": -self.π, "F": -self.F, "−F": self.F}
        rest = 1 + keys[by][1:].argsort(stable=True) if by else torch.arange(1, len(self.F))
        return [0, *rest.tolist()]


@st.fragment
def samples(given: Given, how: Reading) -> None:
    """One slider through all copies: the one it is at, large, and the dozen from there on."""
    this, copies = given.this, Copies.of(given.this, how)
    st.markdown(f"**Every copy that the {WHO[this.kind]} was asked about**")
    left, right = st.columns([2, 3], gap="medium", vertical_alignment="bottom")
    first = 1 if this.kind == "text" else 0  # the nearest copies of a text lack a single word
    by = left.selectbox("In which order", list(ORDERS), first, key="order", bind="query-params")
    at = right.slider(
        "Copy (1 is x itself)", 1, compute.SIZES[-1], 2, key="copy", bind="query-params",
        help="Every copy can be looked at. The arrow keys move it by one.",
    )  # fmt: skip
    if at > how.N:
        st.caption(f"There are {how.N} copies; you see the last one.")
    order = copies.order(ORDERS[by])
    at = min(at, len(order))
    seen = order[at - 1 : at - 1 + SHEET]
    draw = {Pictured: _pictures, Worded: _texts, Rowed: _rows}[type(given)]
    draw(given, how, copies, seen)
    bits = "".join("1" if on else "0" for on in copies.near.masks[seen[0]][:BITS].tolist())
    more = f"… ({this.features} in all)" if this.features > BITS else ""
    st.caption(
        f"First of these: sample {seen[0]}, z = `{bits}`{more}. F is what was answered, g what the linear model says,"
        " π how much the copy counts in the fit."
    )


def words(this: Input, copies: Copies, i: int) -> str:
    """The numbers of a copy."""
    on = int(copies.near.masks[i].sum())
    name = "x itself" if i == 0 else f"{on} of {this.features} on"
    F, g = this.say(float(copies.F[i])), this.say(float(copies.g[i]))
    return f"{name}  \nF = **{F}**, g = {g}, π = {float(copies.π[i]):.2g}"


def _pictures(given: Pictured, how: Reading, copies: Copies, seen: list[int]) -> None:
    x = given.about.opened.x
    panels = {}
    for i in seen:
        on = copies.near.masks[i][given.labels]
        panels[f"sample {i}"] = (figures.pixels(torch.where(on, x, given.off)), words(given.this, copies, i))
    show.pictures(panels, "copies", side=192)


def _texts(given: Worded, how: Reading, copies: Copies, seen: list[int]) -> None:
    first = seen[0]
    off = {name for name, on in zip(given.this.names, copies.near.masks[first].tolist(), strict=True) if not on}
    st.markdown(f"**sample {first}**: {words(given.this, copies, first)}")
    st.html(text_html(given.text, dict.fromkeys(off, "text-decoration:line-through;opacity:.4")))
    names = copies.fit.chosen
    head = ["sample", "F", "g", "π", "words on", *(markdown(given.this.names[j], 14) for j in names)]
    lines = [_numbers(given.this, copies, i) + ["●" if copies.near.masks[i, j] else "" for j in names] for i in seen]
    frame.table(head, lines, "copies")
    st.caption(f"●: the word is there. Only the {len(names)} words of the fit have a column.")


def _rows(given: Rowed, how: Reading, copies: Copies, seen: list[int]) -> None:
    rows, _ = table_samples(given.row, given.table.train, how.N, how.seed)
    columns = range(given.this.features) if given.this.features <= 10 else copies.fit.chosen
    head = ["sample", "F", "g", "π", "same bin", *(given.table.columns[j] for j in columns)]
    lines = [
        _numbers(given.this, copies, i)
        + [f"{rows[i, j]:.4g}" if copies.near.masks[i, j] else f"~~{given.row[j]:.4g}~~ **{rows[i, j]:.4g}**"
           for j in columns]
        for i in seen
    ]  # fmt: skip
    frame.table(head, lines, "copies")
    said = "" if len(columns) == given.this.features else f" Only the {len(columns)} columns of the fit are shown."
    st.caption(f"Struck: x has another value there, in another quarter of the rows (z = 0).{said}")


def _numbers(this: Input, copies: Copies, i: int) -> list[str]:
    F, g = this.say(float(copies.F[i])), this.say(float(copies.g[i]))
    return [f"{i}" if i else "x", F, g, f"{float(copies.π[i]):.2g}", f"{int(copies.near.masks[i].sum())}"]


def text_html(text: str, styles: dict[str, str]) -> str:
    """A text whose words are styled one by one, safely: nothing in it is taken for markup."""
    parts, end = [], 0
    for word in WORD.finditer(text):
        parts.append(html.escape(text[end : word.start()]))
        shown = html.escape(word[0])
        parts.append(f'<span style="{styles[word[0]]}">{shown}</span>' if word[0] in styles else shown)
        end = word.end()
    parts.append(html.escape(text[end:]))
    return (
        '<div style="white-space:pre-wrap;overflow-wrap:anywhere;max-height:22rem;overflow-y:auto;line-height:1.7">'
        f"{''.join(parts)}</div>"
    )


def highlighted(text: str, names: tuple[str, ...], weights: Tensor) -> str:
    """The text with the words of the fit marked: red for the class, blue against it, the stronger the fuller."""
    top = float(weights.abs().max()) or 1.0
    styles = {}
    for name, w in zip(names, np.asarray(weights), strict=True):
        if w:
            colour = (178, 24, 43) if w > 0 else (33, 102, 172)
            strength = 0.25 + 0.6 * abs(w) / top
            line = "underline" if w > 0 else "underline dashed"  # told apart without colour, too
            styles[name] = (
                f"background:rgba({','.join(map(str, colour))},{strength:.2f});border-radius:.2rem;padding:0 .15rem;"
                f"text-decoration:{line};{'color:#fff' if strength > 0.6 else ''}"
            )
    return text_html(text, styles)
