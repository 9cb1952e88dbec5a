"""What the page What holds shows: claims of the papers, decided from the numbers that the workbook ships.

results/benchmark/rows.parquet  →  every comparison of a claim  →  for it, against it, or open
"""

import streamlit as st

from app.shared.shipped import RESULTS
from xai_core.benchmark import claims
from xai_core.benchmark.claims import FAILS, HOLDS, UNDECIDED, Decided

SIGNS = {HOLDS: 1, FAILS: -1, UNDECIDED: 0}
WORDS = {HOLDS: "it holds", FAILS: "it does not hold", UNDECIDED: "too few pictures to tell"}


def decided() -> dict[str, Decided]:
    """Every claim of which the shipped numbers say something, by its name."""
    file = RESULTS / "rows.parquet"
    return _decided(file.stat().st_mtime_ns) if file.is_file() else {}


@st.cache_resource(max_entries=2, show_spinner=False)
def _decided(changed: int) -> dict[str, Decided]:
    """changed: when the file was; another file has other answers."""
    return {each.claim.name: each for each in claims.decided(RESULTS)}


def squares(found: Decided) -> dict[tuple[str, str], tuple[float, int]]:
    """(asked of, rival) → mean difference and 1, −1 or 0."""
    return {(part.row, part.column): (part.own.mean, SIGNS[part.verdict]) for part in found.parts}


def in_words(found: Decided) -> str:
    """What the counts say."""
    counts = [f"{found.count(HOLDS)} of {len(found.parts)} comparisons are for it"]
    counts += [f"{found.count(FAILS)} against it"] * bool(found.count(FAILS))
    counts += [f"{found.count(UNDECIDED)} open"] * bool(found.count(UNDECIDED))
    return ", ".join(counts) + "."


PYTHON = '''"""The claims of the papers, decided from the shipped numbers. Start it in the workbook's folder."""

from pathlib import Path

from xai_core.benchmark import claims

for each in claims.decided(Path("results/benchmark")):
    print(f"{each.claim.paper}, {each.claim.place}: {each.claim.says} Here: {each.verdict} (n = {each.n}).")
'''
