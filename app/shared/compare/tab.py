"""The tab Compare of a page: which map is B, the pin, three pictures and their numbers."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import numpy as np
import streamlit as st
from streamlit.errors import StreamlitAPIException
from torch import Tensor

from app.shared import frame, show
from app.shared.compare import two
from app.shared.compare.pin import Pin, read
from app.shared.compare.two import Compared
from app.shared.film.maps import UNITS
from app.shared.screen import COMPARE, Tabs
from app.shared.subject import Subject
from xai_core import catalogue, figures
from xai_core.plain import markdown as plain

KEY = "pin"  # of the address
Given = Mapping[str, Mapping[str, Any]]
Methods = Mapping[str, str] | None


# --- the pin ----------------------------------------------------------------------------------------------------------


def pinned() -> str:
    """A in words, "" if nothing is pinned: the address's, or what was pinned before another page was opened."""
    kept = st.session_state.get("_pin", "")
    if kept and KEY not in st.query_params:
        _say(kept)
    st.session_state["_pin"] = st.query_params.get(KEY, kept)
    return st.session_state["_pin"]


def pin(words: str) -> None:
    """Pin a setting as A; "" takes the pin away."""
    st.session_state["_pin"] = words
    _say(words)


def _say(words: str) -> None:
    with suppress(StreamlitAPIException):  # in the move that leaves a page
        if words:
            st.query_params[KEY] = words
        elif KEY in st.query_params:
            del st.query_params[KEY]


# --- which map is B ---------------------------------------------------------------------------------------------------


def _titles(given: Given, methods: Methods) -> dict[str, str]:
    """The maps' names by what they are called on the screen."""
    return {name if methods else catalogue()[name].title: name for name in given}


def _usual(given: Given, methods: Methods) -> int:
    """The first map of A's method, else the first."""
    method = dict(parse_qsl(pinned())).get("method")
    return next((i for i, name in enumerate(given) if (methods or {}).get(name, name) == method), 0)


def _b(about: Subject, given: Given, methods: Methods, title: str | None) -> tuple[str, Pin]:
    """B and its map's name. title: the reader's choice, if there is one."""
    name = _titles(given, methods).get(title or "", list(given)[_usual(given, methods)])
    return name, Pin.of(about, (methods or {}).get(name, name), given[name])


@dataclass(frozen=True)
class Taken:
    """What a pin adds to the files of a page; nothing without a pin, or where A cannot be held against B."""

    a: Pin | None = None
    lines: tuple[str, ...] = ()  # of the script

    def maps(self) -> dict[str, Tensor]:
        """A's map, by its name in files."""
        with suppress(*frame.REFUSALS):  # the tab says why
            return {two.PINNED: self.a.explained().A} if self.a else {}
        return {}

    def settings(self) -> dict[str, str]:
        return {two.PINNED: self.a.words} if self.a else {}


def taken(about: Subject, given: Given, methods: Methods = None) -> Taken:
    """For the files of a page. Nothing is explained before a file is made."""
    if not given or not pinned():
        return Taken()
    name, b = _b(about, given, methods, st.session_state.get("compared"))
    try:
        a = read(pinned())
        two.check_sides(a, b)
    except frame.REFUSALS:
        return Taken()
    return Taken(a, tuple(two.python(a, name, two.unit_of(a, b))))


# --- the tab ----------------------------------------------------------------------------------------------------------


def show_tab(under: Tabs, about: Subject, given: Given, methods: Methods = None) -> None:
    """Fill the tab. Closed, it computes nothing. about, given, methods: as in `take_away.offer`."""
    with under.tabs[COMPARE]:
        if not given:
            st.caption("There is no map to compare.")
            return
        left, right = st.columns([2, 3], gap="medium", vertical_alignment="bottom")
        titles = list(_titles(given, methods))
        title = left.selectbox("Map", titles, _usual(given, methods), key="compared", bind="query-params")
        _, b = _b(about, given, methods, title)
        row = right.container(horizontal=True, vertical_alignment="center")
        row.button("Pin this map as A", key="_pin_it", on_click=pin, args=(b.words,), icon=":material/keep:")
        if not pinned():
            st.markdown(
                "Pin a map as **A**. Then move a slider, or choose another class, method, picture or page. What stands"
                " there is **B**."
            )
            return
        row.button("Unpin", key="_unpin", on_click=pin, args=("",))
        own = row.toggle("Own scales", key="own_scales", bind="query-params", help="How colouring can lie.")
        if under.shows(COMPARE):
            show_comparison(b, own)


def show_comparison(b: Pin, own: bool) -> None:
    """A, B and B − A, the numbers, and what differs; or the sentence that says why not."""
    try:
        with frame.in_turn("Comparing …") as cost:
            a = read(pinned())
            two.check_sides(a, b)
            A, B = a.explained().A, b.explained().A
            found = two.compared(A, B, two.unit_of(a, b))
    except frame.REFUSALS as error:
        frame.tell(error)
        return
    maps = {"A": found.a, "B": found.b, "B − A": found.difference}
    tops = figures.scaled(maps, "own")[1]
    locked = max(tops["A"], tops["B"])
    words = {
        "A": f"{plain(a.title)}, Σ|A| = {size(A):.3g}",
        "B": f"{plain(b.title)}, Σ|A| = {size(B):.3g}",
        "B − A": f"at most {found.largest:.3g}",
    }
    show.pictures(
        {name: (figures.coloured(each, tops[name] if own else locked), words[name]) for name, each in maps.items()},
        "compared",
    )
    legend, numbers = st.columns([2, 3], gap="medium", vertical_alignment="center")
    with legend:
        show.colours(1.0 if own else locked, "own" if own else found.unit)
    row = numbers.container(horizontal=True)
    row.metric("Spearman's rank correlation of A and B", show.r2(found.correlation))
    row.metric(f"Largest |B − A|, {UNITS[found.unit]}", f"{found.largest:.3g}")
    st.caption(hidden(found, tops) if own else locks(found))
    rows = two.differing(a, b)
    if rows:
        frame.table(["What differs", "A", "B"], rows, "differing")
    else:
        st.markdown("Nothing differs: A and B are one setting. Move something.")
    frame.cost(cost)


def size(A: Tensor) -> float:
    """Σ|A| of what is drawn: channels are summed first."""
    return float(np.abs(figures.pixel_map(A)).sum())


def locks(found: Compared) -> str:
    """What the locked scale shows, and what it does not."""
    if found.unit == "value":
        return "One method and one score: the numbers as they are, on one scale for all three."
    return (
        "Different methods or scores have no unit in common. So each map is drawn as shares of its own Σ|A|, on one"
        " scale for all three. How large the numbers are, only Σ|A| says."
    )


def hidden(found: Compared, tops: Mapping[str, float]) -> str:
    """What scales of their own hide."""
    if not (found.a.any() and found.b.any()):
        return "Each has its own scale. A map that is zero everywhere is white on any."
    words = (
        f"Each has its own scale, which hides size. A is darkest from {tops['A']:.2g} on, B from {tops['B']:.2g}: B's"
        f" numbers are {tops['B'] / tops['A']:.2g} times A's, and look as large."
    )
    if found.difference.any():
        words += f" B − A is darkest from {tops['B − A']:.2g} on: whatever is left looks as strong as a map."
    return words
