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
    """The first table of the section whose title begins so, and what is said of it. Nothing where it is not shipped."""
    file = RESULTS / "rows.parquet"
    if not file.is_file():
        return
    with frame.asking(READING, Rank.LATER):
        found = _sections(file.stat().st_mtime_ns)
    section = next((each for each in found if each.title.startswith(title)), None)
    if section is None:
        return
    with st.expander(f"The same over many pictures, beside the paper: {section.title}"):
        tables = [part for part in section.parts if isinstance(part, Table)]
        st.markdown("\n\n".join(part for part in section.parts if isinstance(part, str)))
        frame.table(tables[0].head, tables[0].rows, "shipped")
        pages.link("holds", "Which claims of the paper hold here?")


@st.cache_resource(max_entries=2, show_spinner=False)
def _sections(_changed: int) -> list[Section]:
    return list(report.sections(RESULTS, collection.title, ["uni"]))
