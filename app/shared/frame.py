"""The frame: what every page has besides its own question, controls and pictures, each in one place.

guess, judged, verdict, veil    the reader's guess, and what it was worth
asking, in_turn, answers, cost  what the network is asked, why it may have no answer, and what that cost
table                           numbers side by side
code                            equation and code

A page calls them in an order of its own. How they look is decided here and nowhere else. See also take_away.py.
"""

import inspect
import re
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import NoReturn, TypeVar
from urllib.parse import urlsplit

import streamlit as st

from app.shared import links, turns
from app.shared.meter import Cost, measured
from app.shared.turns import Rank
from xai_core import catalogue
from xai_core.plain import sentence

REFUSALS = (ValueError, TypeError, RuntimeError)  # as the methods raise them, with a sentence that names the argument
MOST_PILLS = 10  # a longer choice is a list
K, G, R = TypeVar("K"), TypeVar("G"), TypeVar("R")


# --- the guess --------------------------------------------------------------------------------------------------------


def guess(question: str, options: Sequence[str], key: str) -> str | None:
    """The reader's guess, asked for before anything is seen; None until there is one. It never runs off a phone."""
    label = f"**Your guess first:** {question}"
    if len(options) > MOST_PILLS:
        return st.selectbox(label, options, index=None, key=key, bind="query-params")
    return st.pills(label, options, key=key, bind="query-params", wrap=True)


def judged(guess: str, answer: str | None, told: str) -> str:
    """A guess against the answer, in words. answer: None where no option is simply right."""
    return f"{'Right' if guess == answer else f'You guessed {guess}'}: {told}"


def verdict(guess: str, answer: str | None, told: str) -> None:
    """Show what the guess was worth."""
    st.success(judged(guess, answer, told))


def veil(why: str) -> None:
    """Shown in place of an answer for which the reader has not made a guess yet."""
    st.info(f"{why} Make your guess above to see it.")


# --- what is asked, and what it costs ---------------------------------------------------------------------------------


@contextmanager
def asking(what: str = "Asking the network …", rank: Rank = Rank.ASKED) -> Iterator[Cost]:
    """Compute in the block, `in_turn`. The page stops with a sentence where the block refuses its arguments."""
    try:
        with in_turn(what, rank) as cost:
            yield cost
    except REFUSALS as error:
        stop(error)


@contextmanager
def in_turn(what: str, rank: Rank = Rank.ASKED) -> Iterator[Cost]:
    """Compute in the block when it is the reader's turn, and measure what it costs; before, show the place in the line.

    what: words for what takes so long. Two blocks of one page have different ones.
    """
    *_, uploaded = st.session_state.get("_upload", ("",))
    asked = st.query_params.keys() - links.NO_ANSWER
    settings = sorted((name, *st.query_params.get_all(name)) for name in asked)
    question = (what, urlsplit(st.context.url or "").path, uploaded, *settings)
    with ExitStack() as line:

        def tell(place: int) -> None:
            line.close()
            line.enter_context(st.spinner(turns.words(place), show_time=True))

        with turns.turn(question, tell, rank):
            line.close()
            with st.spinner(what, show_time=True), measured() as cost:
                yield cost
            if cost.passes and not turns.computing():  # answered once, and not kept for so long
                turns.forget(question)


class Ended(Exception):
    """A page has nothing more to show; main.py goes on behind it."""


class Again(Exception):
    """A page has shown what was quick, and what took longer is there now: main.py runs it once more."""


def end() -> NoReturn:
    """End the page here. After Streamlit's own `st.stop` nobody could say any more what a link asked for in vain."""
    raise Ended


def stop(error: Exception) -> NoReturn:
    """End the page with the sentence that says why."""
    tell(error)
    end()


def tell(error: Exception | str, before: str = "", after: str = "") -> None:
    """Show the sentence of an error as it is: it may quote a link or a file. before, after: our own words, Markdown."""
    st.error(f"{before}{sentence(error)}{after}")


def answers(
    asked: Mapping[K, G], answer: Callable[[K, G], R], words: Callable[[Exception], str] = sentence
) -> tuple[dict[K, R], dict[K, str]]:
    """Every answer, and for those that cannot be given the sentence that says why. What fails stops nothing else.

    words: makes the sentence, as Markdown unless another function is given.
    """
    found, failures = {}, {}
    for name, given in asked.items():
        try:
            found[name] = answer(name, given)
        except REFUSALS as error:
            failures[name] = words(error)
    return found, failures


def cost(just_now: Cost, why: str = "") -> None:
    """The passes through the network that this run has cost. why: what the last move did not depend on."""
    if just_now.passes:
        st.caption(f"Just now: {spent(just_now)}.")
    else:
        st.caption(f"Read from the cache{f': {why}' if why else ''}.")


def spent(cost: Cost) -> str:
    """Such as "15 gradients, 1 forward, 0.12 s"."""
    return f"{cost.words()}, {cost.seconds:.2f} s" if cost.passes else "0 passes, read from the cache"


# --- numbers, equations -----------------------------------------------------------------------------------------------


def table(head: Sequence[str], rows: Sequence[Sequence[str]], key: str) -> None:
    """A table that scrolls in its own box where it is wider than the page.

    Cells are Markdown; names that may be anything come through `xai_core.plain.markdown`.
    """
    cells = [[re.sub(r"(?<!\\)[|_]", r"\\\g<0>", cell) for cell in row] for row in [head, *rows]]
    lines = ["| " + " | ".join(row) + " |" for row in cells]
    lines.insert(1, "|---" * len(head) + "|")
    st.container(key=f"wide_{key}").markdown("\n".join(lines))


@dataclass(frozen=True)
class Tab:
    """What has just run: functions, with the equation and the source of theirs."""

    functions: tuple[Callable, ...]
    equation: str = ""
    note: str = ""


def of_methods(names: Sequence[str]) -> dict[str, Tab]:
    """A tab for each method of the catalogue, by its title."""
    tabs = {}
    for method in (catalogue()[name] for name in names):
        note = f"{method.paper}. Family: {method.family}. In: {method.function.__module__}."
        tabs[method.title] = Tab((method.function,), method.equation, note)
    return tabs


def code(tabs: Mapping[str, Callable | Tab], equations: Sequence[str] = (), note: str = "") -> None:
    """Equations that belong to all tabs, then the functions that have just run, a tab each."""
    if not tabs:
        return
    for equation in filter(None, equations):
        st.latex(equation)
    if note:
        st.caption(note)
    for place, shown in zip(st.tabs(list(tabs)), tabs.values(), strict=True):
        tab = shown if isinstance(shown, Tab) else Tab((shown,))
        with place:
            if tab.equation:
                st.latex(tab.equation)
            if tab.note:
                st.caption(tab.note)
            for function in tab.functions:
                st.code(textwrap.dedent(inspect.getsource(function)), language="python")
