"""The report of a benchmark: every table of which the store has rows, as report.md and as one page, report.html.

    OUT/   report.md, report.html, figures (PNG), tables.json and claims.json (what pages show), rows.parquet (every
           number), commands.txt: to be committed
           rows.csv, results.sqlite (what is kept), maps, supports, orders: to save time here

It is made from what is kept, half a run or a whole one; making it again computes nothing.
"""

import os
import shlex
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import pandas as pd

from xai_core.benchmark import alike_tables, claims, cost, gad_tables, normlime_tables, uni_tables
from xai_core.benchmark.cells import name_of
from xai_core.benchmark.documents import Document, Picture, Section, Table, as_json, from_json, markdown, page
from xai_core.benchmark.exports import export, tables
from xai_core.benchmark.store import Store
from xai_core.plain import markdown as plain
from xai_core.plain import sentence

TITLE = "Which explanation should we believe? Measured here, beside the papers"
Rows = Callable[..., pd.DataFrame]  # (name of a plan, scores or None for all) → its rows

# Every table that a report may have: a new one is a function (rows, title of a network) → sections, and a line here.
SECTIONS: dict[str, Callable[[Rows, Callable[[str], str]], Iterator[Section]]] = {
    "uni": lambda rows, title: uni_tables.sections(partial(rows, "uni"), title),
    "alike": lambda rows, title: alike_tables.sections(rows("alike"), partial(rows, "uni"), title),
    "cost": lambda rows, title: cost.sections(rows("cost").to_dict("records"), title),
    "gad": lambda rows, title: gad_tables.sections(rows("gad"), rows("gad_networks"), rows("gad_supports")),
    "normlime": lambda rows, title: normlime_tables.sections(rows("normlime").to_dict("records")),
}


def write(store: Store, folder: Path, title: Callable[[str], str]) -> Document:
    """Write all files of a report. title: a network's name as in a table."""
    count = export(store, folder)
    decided = claims.decided(folder)
    of_papers = list(sections(folder, title))
    document = Document(TITLE, [_overview(store, folder, count), *claims.sections(decided), *of_papers])
    claims.keep(decided, folder)
    files = {"report.md": markdown(document).encode(), "report.html": page(document).encode()}
    files |= {"tables.json": as_json(of_papers).encode()}
    files |= {part.file: part.png for each in document.sections for part in each.parts if isinstance(part, Picture)}
    for name, content in files.items():
        passing = folder / f"{name}.part"
        passing.write_bytes(content)
        os.replace(passing, folder / name)
    return document


def kept(folder: Path) -> list[Section]:
    """Every table as the last report of a folder has it, without pictures; none where there is no report."""
    file = folder / "tables.json"
    return from_json(file.read_text(encoding="utf-8")) if file.is_file() else []


def sections(folder: Path, title: Callable[[str], str]) -> Iterator[Section]:
    """Every table, from the rows in folder/rows.parquet."""

    def rows(name: str, scores: Sequence[str] | None = None) -> pd.DataFrame:
        asked = [("table", "==", name), *([("score", "in", list(scores))] if scores else [])]
        return pd.read_parquet(folder / "rows.parquet", filters=asked)  # a table at a time: there may be millions

    measured = tables(folder)
    for name, of_paper in SECTIONS.items():
        if name in measured:
            yield from of_paper(rows, lambda network: plain(title(network)))


def note_command(folder: Path, arguments: Sequence[str]) -> None:
    """Add a command to OUT/commands.txt, unless it stands there; of a folder its name alone."""
    line = shlex.join(["python", "-m", "xai_core.benchmark", *(_without_place(each) for each in arguments)])
    file = folder / "commands.txt"
    known = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    if line not in known:
        file.write_text("\n".join([*known, line, ""]), encoding="utf-8")


def _without_place(argument: str) -> str:
    """Without the folders of absolute paths, those of options such as mine:network,classes=/a/b.txt, too."""
    parts = [part.rpartition("=") for part in argument.split(",")]
    return ",".join(f"{name}{equals}{Path(v).name if Path(v).is_absolute() else v}" for name, equals, v in parts)


def _overview(store: Store, folder: Path, count: int) -> Section:
    rows, failures = [], []
    for name in store.names():
        planned, done = store.count(name)
        failures += store.failures(name)
        rows.append([plain(name), str(planned), str(done), str(len(store.failures(name)))])
    parts: list[str | Table] = [
        "Mean ± standard deviation over the pictures. **Bold**: the best mean of a row, where some method is better"
        " than chance. ▲ better, ▼ worse than"
        " Integrated Gradients (Wilcoxon's signed-rank test on the same pictures, p < .05 after Holm's correction for"
        " all tests of the table). Intervals are Student's, 95 %, of the mean. The papers measured other networks on"
        " other pictures: compare the order of the methods, not the digits.",
        Table(["Plan", "Cells", "Done", "Failed"], rows, f"What this report rests on: {count} numbers, in rows.csv"),
    ]
    if (folder / "commands.txt").is_file():
        parts.append("The commands that made it are in commands.txt.")
    if failures:
        told = [[plain(name_of(settings)), sentence(error)] for settings, error in failures[:100]]
        parts.append(Table(["Cell", "Error"], told, f"What failed ({len(failures)}); the same command tries it again"))
    return Section("What was measured", parts)
