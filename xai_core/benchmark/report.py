"""The report of a benchmark: every table of which the store has rows, as report.md and as one page, report.html.

    OUT/   results.sqlite (what is kept), rows.csv, rows.parquet (every number), report.md, report.html, figures (PNG)

It is made from what is kept, half a run or a whole one; making it again computes nothing.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import pandas as pd

from xai_core.benchmark import gad_tables, normlime_tables, uni_tables
from xai_core.benchmark.documents import Document, Picture, Section, Table, markdown, page
from xai_core.benchmark.exports import export
from xai_core.benchmark.store import Store
from xai_core.plain import markdown as plain
from xai_core.plain import sentence

TITLE = "Which explanation should we believe? Measured here, beside the papers"
Rows = Callable[..., pd.DataFrame]  # (name of a plan, scores or None for all) → its rows

# Every table that a report may have: a new one is a function (rows, title of a network) → sections, and a line here.
SECTIONS: dict[str, Callable[[Rows, Callable[[str], str]], Iterator[Section]]] = {
    "uni": lambda rows, title: uni_tables.sections(partial(rows, "uni"), title),
    "gad": lambda rows, title: gad_tables.sections(rows("gad"), rows("gad_networks"), rows("gad_supports")),
    "normlime": lambda rows, title: normlime_tables.sections(rows("normlime").to_dict("records")),
}


def write(store: Store, folder: Path, title: Callable[[str], str]) -> Document:
    """Write all files of a report. title: a network's name as in a table."""
    count, plans = export(store, folder), store.names()

    def rows(name: str, scores: Sequence[str] | None = None) -> pd.DataFrame:
        asked = [("table", "==", name), *([("score", "in", list(scores))] if scores else [])]
        return pd.read_parquet(folder / "rows.parquet", filters=asked)  # a table at a time: there may be millions

    sections = [_overview(store, count)]
    for name, tables in SECTIONS.items():
        if name in plans and store.count(name)[1]:
            sections += tables(rows, lambda network: plain(title(network)))
    document = Document(TITLE, sections)
    files = {"report.md": markdown(document).encode(), "report.html": page(document).encode()}
    files |= {part.file: part.png for each in sections for part in each.parts if isinstance(part, Picture)}
    for name, content in files.items():
        passing = folder / f"{name}.part"
        passing.write_bytes(content)
        os.replace(passing, folder / name)
    return document


def _overview(store: Store, count: int) -> Section:
    rows, failures = [], []
    for name in store.names():
        planned, done = store.count(name)
        failures += store.failures(name)
        rows.append([plain(name), str(planned), str(done), str(len(store.failures(name)))])
    parts: list[str | Table] = [
        "Mean ± standard deviation over the pictures. **Bold**: the best mean of a row. ▲ better, ▼ worse than"
        " Integrated Gradients (Wilcoxon's signed-rank test on the same pictures, p < .05 after Holm's correction for"
        " all tests of the table). Intervals are Student's, 95 %, of the mean. The papers measured other networks on"
        " other pictures: compare the order of the methods, not the digits.",
        Table(["Plan", "Cells", "Done", "Failed"], rows, f"What this report rests on: {count} numbers, in rows.csv"),
    ]
    if failures:
        told = [[plain(name_of(settings)), sentence(error)] for settings, error in failures[:100]]
        parts.append(Table(["Cell", "Error"], told, f"What failed ({len(failures)}); the same command tries it again"))
    return Section("What was measured", parts)


def name_of(settings: dict) -> str:
    """A cell's names in a few words: what a person would look for."""
    names = ("pair", "network", "picture", "kind", "method", "share", "class", "block", "alpha", "n")
    return ", ".join(str(settings[name]) for name in names if name in settings)
