"""The benchmark's numbers that the workbook ships, as tables: ours over many pictures, beside the papers'."""

from pathlib import Path

import streamlit as st

from app.shared import frame, pages
from app.shared.turns import Rank
from data import collection
from xai_core.benchmark import report
from xai_core.benchmark.documents import Section, Table

RESULTS = Path(__file__).parents[2] / "results" / "benchmark"
READING = "Reading the shipped numbers …"


def show(title: str) -> None:
    """The first table of the section whose title begins so, and what is said of it. Nothing where it is not shipped.

    It is read when it is opened: all its numbers together take ten seconds and more.
    """
    file = RESULTS / "rows.parquet"
    if not file.is_file():
        return
    place = st.expander(
        f"The same over many pictures, beside the paper: {title}", key="shipped", on_change="rerun", bind="query-params"
    )
    if not place.open:
        return
    with place:
        with frame.asking(READING, Rank.LATER):
            section = _section(title, file.stat().st_mtime_ns)
        if section is None:
            st.caption("No numbers of this score are shipped.")
            return
        tables = [part for part in section.parts if isinstance(part, Table)]
        st.markdown("\n\n".join(part for part in section.parts if isinstance(part, str)))
        frame.table(tables[0].head, tables[0].rows, "shipped")
        pages.link("holds", "Which claims of the paper hold here?")


@st.cache_resource(max_entries=16, show_spinner=False)
def _section(title: str, changed: int) -> Section | None:
    """changed: when the file was; another file has other answers."""
    found = report.sections(RESULTS, collection.title, ["uni"])
    return next((section for section in found if section.title.startswith(title)), None)
