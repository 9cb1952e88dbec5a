"""What a class guesses on all pages: counts by page and choice, kept while the class's study is open.

A reader belongs to the class whose link was opened in this visit: a page's, with `study=CODE` in it, or the study's.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import streamlit as st

from app.labs.study.store import Store, StoreError, default_path, open_study, study_of
from app.shared import frame
from app.shared.pages import PAGES
from app.shared.predict.veil import Said
from app.shared.shares import percent
from xai_core.plain import markdown

CLASS = "_class"  # in the session: a study's code; "" for its teacher
LONGEST = 60  # letters of a choice


@dataclass(frozen=True)
class Guessed:
    """How often a class guessed the same on a page. covered: mean share of what decides that was painted, if known."""

    page: str
    choice: str
    times: int
    covered: float | None


def count(store: Store, code: str, page: str, choice: str, covered: float | None = None) -> None:
    """One guess more. Nobody's: not even takers are told apart. Raises StoreError, also where the study is closed."""
    with store.writing() as db:
        open_study(db, code)
        db.execute(
            "INSERT INTO guesses VALUES (?, ?, ?, 1, ?, ?) ON CONFLICT (study, page, choice) DO UPDATE SET"
            " times = times + 1, known = known + excluded.known, covered = covered + excluded.covered",
            (code, page, choice, covered is not None, covered or 0.0),
        )


def counts(store: Store, code: str) -> list[Guessed]:
    """All guesses of a study, by page, the most frequent first. Raises StoreError."""
    with store.reading() as db:
        study_of(db, code)
        found = db.execute(
            "SELECT page, choice, times, CASE WHEN known > 0 THEN covered / known END FROM guesses"
            " WHERE study = ? ORDER BY page, times DESC, choice", (code,),
        )  # fmt: skip
        return [Guessed(*row) for row in found]


def keep(page: str, said: Sequence[Said]) -> None:
    """Count what has just been guessed on a page. Outside a class, and in one that is closed, nothing is kept."""
    if (asked := st.query_params.get("study")) is not None:
        teaches = "teacher" in st.query_params or "_study_secret" in st.session_state
        st.session_state[CLASS] = "" if teaches else asked
    code = st.session_state.get(CLASS)
    for each in said if code else ():
        with suppress(StoreError):  # a guess is no answer: the reader goes on
            count(Store(default_path()), code, page, each.choice, each.covered)


def show(guessed: Sequence[Guessed]) -> None:
    """A line a page and choice."""
    st.markdown("**Guesses on other pages**, made before the maps were seen")
    rows = [
        [PAGES[each.page].title if each.page in PAGES else "?", markdown(each.choice, LONGEST), str(each.times),
         "" if each.covered is None else percent(each.covered)]
        for each in guessed
    ]  # fmt: skip
    frame.table(["Page", "Guess", "Readers", "Painted of what decides, on average"], rows, "guesses")
