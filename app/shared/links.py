"""Links: every setting is a parameter of the address, and whoever opens a copy of it sees the same picture.

A widget is bound to the address by its key (`bind="query-params"`); Streamlit drops values that the widget cannot take.
Options are words that stand in the address as they stand on the screen.
"""

import math
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from app.shared import controls, pages
from xai_core.plain import code

# In the session state: our own notes, Streamlit's, the components of films.
NOT_OURS = ("_", "$", "film_", "feed_", "alone", "choose_")
AHEAD = "ahead"  # of a page that is opened before anybody asks for it
NO_ANSWER = {AHEAD, "lecture", "hide"}  # parameters of which no answer depends
MOST_NAMED = 4  # of the parameters that a link asks for in vain
GUESSES = ("off", "must", "ask")  # of "guess": whether a reader has to guess before the maps are shown
REQUIRED = {  # choices of one that always have a value
    "accuracy", "answered_by", "attack_steps", "attending", "canvas", "check", "colours", "domain", "experiment",
    "game", "grade", "hand", "have", "input", "judge", "many", "moved", "pair_network", "paper", "part", "question",
    "saturated", "scale", "weights",
}  # fmt: skip
# What the page Explain takes besides the methods' own controls.
OF_EXPLAIN = {
    "network", "picture", "animal", "number", "canine", "snow", "bird", "grade", "place", "photo", "target",
    "among", "file", "accuracy",
    "method", "decides", "output", "seed", "layer", "scale", "opacity",
    "pin", "compared", "own_scales",
}  # fmt: skip


def follow_old() -> None:
    """Lead a link to the first page that carries settings of Explain to Explain, which had that address once."""
    asked = {_now(name, words := st.query_params.get_all(name)): words for name in st.query_params}
    if asked.keys() & (OF_EXPLAIN | {control.key for control in controls.controls()}):
        st.switch_page(pages.PAGES["explain"].file, query_params=asked)


def asked(page: pages.Page) -> dict[str, list[str]]:
    """The parameters with which the reader came; empty on all later runs.

    Those with a value that Streamlit 1.67 turns into an error instead of the default are taken out first, and the page
    is opened anew: a number that is not finite, and nothing at all where a control has to have a value. So it is where
    a parameter has another name now.
    """
    if "_came_with_link" in st.session_state:
        return st.session_state.pop("_asked", {})
    st.session_state["_came_with_link"] = True
    found = {name: st.query_params.get_all(name) for name in st.query_params}
    kept = {_now(name, words): words for name, words in found.items() if not _breaks(name, words)}
    if kept != found:
        st.session_state["_asked"] = {_now(name, words): words for name, words in found.items()}
        st.switch_page(page.file, query_params=kept)
    return found


def _now(name: str, words: list[str]) -> str:
    """What a parameter is called now: "guess" was a choice once, and now says whether one is asked for."""
    return "decides" if name == "guess" and words and words[-1] not in GUESSES else name


def _breaks(name: str, words: list[str]) -> bool:
    return (name in REQUIRED and not any(words)) or any(map(infinite, words))


def infinite(word: str) -> bool:
    """Whether a word is a number without end, such as 1e999."""
    try:
        return math.isinf(float(word))
    except ValueError:
        return False


def coming(key: str, options: Sequence[str]) -> str:
    """What a control of one choice will be set to, for what has to be drawn above it; the first option as a rule."""
    value = st.session_state.get(key, st.query_params.get(key))
    return value if value in options else options[0]


def carry_over(page: str) -> None:
    """Give every control the value that it had when it was last drawn, here or on another page; a link's come first.

    Streamlit forgets what a run does not draw: a closed tab, another page. What it still knows is newer: the last move
    before a page was left. After a link that was opened and left at once, Streamlit 1.67 writes them into the address
    only with the next move of any control; the values themselves are there from the start.
    """
    left, st.session_state["_page"] = st.session_state.get("_page", page), page
    if left != page:
        st.session_state["_visit"] = st.session_state.get("_visit", 0) + 1
    for name, value in st.session_state.get("_values", {}).items():
        known = name in st.session_state
        if name not in st.query_params and (left != page or not known):  # a page's controls are new ones, of old names
            st.session_state[name] = st.session_state[name] if known else value


def remember() -> None:
    """Keep the controls' values, which Streamlit forgets with the page, and the address."""
    st.session_state["_address"] = {name: st.query_params.get_all(name) for name in st.query_params}
    mine = {str(name): value for name, value in st.session_state.items() if not str(name).startswith(NOT_OURS)}
    st.session_state["_values"] = {**st.session_state.get("_values", {}), **mine}


def note_what_was_ignored(parameters: dict[str, list[str]]) -> None:
    """Say which parameters of the link a control could not take. Those of other pages' controls ride along."""
    mine = {name: words for name, words in parameters.items() if name in st.session_state and name[:1] not in "_$"}
    ignored = [f"{name}={', '.join(words)}" for name, words in mine.items() if not _is(st.session_state[name], words)]
    if ignored:
        said = ", ".join(map(code, ignored[:MOST_NAMED])) + (" and more" if len(ignored) > MOST_NAMED else "")
        st.toast(f"The link asks for {said}, which is not possible here; the usual setting is used.", duration="long")


def _is(value: Any, words: list[str]) -> bool:
    values = value if isinstance(value, list | tuple) else [value]
    return len(values) == len(words) and all(_same(v, w) for v, w in zip(values, words, strict=True))


def _same(value: Any, word: str) -> bool:
    if isinstance(value, bool):
        return word.lower() == str(value).lower()
    if isinstance(value, int | float):
        try:
            return float(word) == value
        except ValueError:
            return False
    return str(value) == word


def link() -> str:
    """The address of this page with its settings, to copy; who opens it is not the lecturer."""
    query = urlencode({n: st.query_params.get_all(n) for n in st.query_params if n != "lecture"}, doseq=True)
    return (st.context.url or "").split("?")[0] + (f"?{query}" if query else "")
