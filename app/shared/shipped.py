"""The benchmark's numbers that the workbook ships, as tables: ours over many pictures, beside the papers'."""

from pathlib import Path

import streamlit as st

from app.shared import frame, pages
from xai_core.benchmark import report
from xai_core.benchmark.documents import Table

RESULTS = Path(__file__).parents[2] / "results" / "benchmark"


def show(title: str) -> None:
    """The first table of the section whose title begins so, and what is said of it. Nothing where it is not shipped."""
    section = next((each for each in report.kept(RESULTS) if each.title.startswith(title)), None)
    if section is None:
        return
    with st.expander(f"The same over many pictures, beside the paper: {section.title}"):
        tables = [part for part in section.parts if isinstance(part, Table)]
        st.markdown("\n\n".join(part for part in section.parts if isinstance(part, str)))
        frame.table(tables[0].head, tables[0].rows, "shipped")
        pages.link("holds", "Which claims of the paper hold here?")
