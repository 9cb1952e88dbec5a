"""What holds: each claim of the papers, decided by one rule from the rows of a benchmark.

    claim        "A is better than B", asked of every network, canvas and rival that was measured: its comparisons
    comparison   differences picture by picture, or run by run; above zero is as the paper says
    decided      p < .05 after Holm's correction for all comparisons of the claim
    holds        every comparison is decided as the paper says
    does not     some comparison is decided against it
    undecided    neither: more pictures, or runs, would be needed

A claim about all networks needs all of them, and one network is enough to refute it. So the counts stand beside the
verdict: 17 of 18 is another story than 1 of 18. Each paper's claims are in a file of their own: claims_uni.py,
claims_gad.py, claims_normlime.py.

Deciding takes a while, so every report keeps it in claims.json.

    python -m xai_core.benchmark.claims results/benchmark docs/what-holds.md
"""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import scipy  # its parts are loaded at their first use

from xai_core.benchmark.documents import Document, Section, Table, markdown
from xai_core.benchmark.exports import tables
from xai_core.plain import markdown as plain
from xai_core.statistics import Summary, compare, holm, summary

HOLDS, FAILS, UNDECIDED = "holds", "does not hold", "undecided at this n"
ALPHA = 0.05
RULE = (
    "A claim is asked of every network, canvas and rival that was measured here. It **holds** if every comparison is"
    " significantly as the paper says. It **does not hold** if one is significantly against it. Otherwise it is"
    " **undecided** at this n. Tests are Wilcoxon's on the same pictures, or Student's over runs. Holm's correction"
    " counts all comparisons of a claim."
)
OTHERS = "The papers measured other networks on other pictures. A claim may hold there and not here."
Rows = Callable[[str], pd.DataFrame]  # name of a plan → its rows, none where it was not measured


@dataclass(frozen=True, eq=False)
class Comparison:
    """One network's, canvas's or rival's part in a claim. differences: (n,), above 0 as the paper says, NaN unknown."""

    row: str  # the network, and the canvas or the like
    column: str  # the rival
    differences: np.ndarray
    of_runs: bool = False  # few and alike: Student's test instead of Wilcoxon's


@dataclass(frozen=True)
class Claim:
    """A sentence of a paper, and what was measured of it."""

    name: str  # in addresses
    paper: str
    place: str  # in the paper
    says: str
    asks: Callable[[Rows], Iterable[Comparison]]
    unit: str  # of the differences


@dataclass(frozen=True)
class Part:
    """One comparison, decided. p is corrected for the number of comparisons of its claim."""

    row: str
    column: str
    own: Summary
    p: float
    verdict: str


@dataclass(frozen=True)
class Decided:
    """A claim with its comparisons."""

    claim: Claim
    parts: Sequence[Part]

    @property
    def verdict(self) -> str:
        """HOLDS, FAILS or UNDECIDED."""
        found = {part.verdict for part in self.parts}
        return FAILS if FAILS in found else HOLDS if found == {HOLDS} else UNDECIDED

    def count(self, verdict: str) -> int:
        """How many comparisons are decided so."""
        return sum(part.verdict == verdict for part in self.parts)

    @property
    def n(self) -> str:
        """How many pictures or runs a comparison rests on."""
        sizes = sorted({part.own.n for part in self.parts})
        return str(sizes[0]) if len(sizes) == 1 else f"{sizes[0]} to {sizes[-1]}"


def decide(claim: Claim, comparisons: Sequence[Comparison]) -> Decided:
    """Every comparison with its verdict. Those without a single number are left out."""
    known = [each for each in comparisons if np.isfinite(each.differences).any()]
    corrected = holm([_p(each) for each in known])
    owns = [summary(each.differences.tolist()) for each in known]
    parts = [
        Part(each.row, each.column, own, p, _verdict(each, own, p))
        for each, own, p in zip(known, owns, corrected, strict=True)
    ]
    return Decided(claim, parts)


def _verdict(comparison: Comparison, own: Summary, p: float) -> str:
    """A significant difference counts where the mean and the ranks, which Wilcoxon's test looks at, point one way."""
    values = comparison.differences[~np.isnan(comparison.differences)]
    ranks = float((np.sign(values) * scipy.stats.rankdata(np.abs(values))).sum())
    one_way = comparison.of_runs or ranks * own.mean > 0
    return UNDECIDED if not (p < ALPHA and one_way) else HOLDS if own.mean > 0 else FAILS


def _p(comparison: Comparison) -> float:
    values = comparison.differences[~np.isnan(comparison.differences)]
    if comparison.of_runs:
        if len(values) < 2 or np.ptp(values) == 0:
            return float("nan")
        return float(scipy.stats.ttest_1samp(values, 0).pvalue)
    return compare(values.tolist(), [0.0] * len(values)).p


def every_claim() -> list[Claim]:
    """The claims of all papers, in the order of the papers' tables."""
    from xai_core.benchmark import claims_gad, claims_normlime, claims_uni

    return [*claims_uni.CLAIMS, *claims_gad.CLAIMS, *claims_normlime.CLAIMS]


def decided(folder: Path) -> list[Decided]:
    """All claims of which the rows in folder/rows.parquet say something."""
    measured = tables(folder)

    def rows(name: str) -> pd.DataFrame:
        if name not in measured:
            return pd.DataFrame()
        return pd.read_parquet(folder / "rows.parquet", filters=[("table", "==", name)])

    found = (decide(claim, list(claim.asks(rows))) for claim in every_claim())
    return [each for each in found if each.parts]


def keep(found: Sequence[Decided], folder: Path) -> None:
    """Write folder/claims.json, for `kept`."""
    written = {each.claim.name: [asdict(part) for part in each.parts] for each in found}
    (folder / "claims.json").write_text(json.dumps(written, ensure_ascii=False, indent=0), encoding="utf-8")


def kept(folder: Path) -> list[Decided]:
    """The claims as the last report of a folder decided them; none where there is no report."""
    file = folder / "claims.json"
    written = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    return [
        Decided(claim, [Part(**{**part, "own": Summary(**part["own"])}) for part in written[claim.name]])
        for claim in every_claim()
        if claim.name in written
    ]


def sections(found: Sequence[Decided]) -> Iterator[Section]:
    """One table of all claims, and folded under it every comparison."""
    if not found:
        return
    body = [
        [each.claim.paper, each.claim.place, each.claim.says, f"**{each.verdict}**", str(each.count(HOLDS)),
         str(each.count(FAILS)), str(each.count(UNDECIDED)), f"{each.n} {each.claim.unit}"]
        for each in found
    ]  # fmt: skip
    head = ["Paper", "Where", "Claim", "Here", "For", "Against", "Open", "n"]
    yield Section("What holds", [RULE, OTHERS, Table(head, body), *(_details(each) for each in found)])


def _details(each: Decided) -> Table:
    body = [
        [
            plain(part.row),
            plain(part.column),
            str(part.own.n),
            number(part.own.mean),
            interval(part.own),
            _p_text(part.p),
            part.verdict,
        ]
        for part in each.parts
    ]
    head = ["Asked of", "Rival", "n", "Mean difference", "95 % interval", "p", ""]
    return Table(head, body, f"{each.claim.paper}, {each.claim.place}: {each.claim.says}", folded=True)


def number(value: float) -> str:
    """A difference with its sign, three digits that matter."""
    return f"{value:+.3g}".replace("-", "−")


def interval(own: Summary) -> str:
    """From where to where the mean may be; of one number, unknown."""
    return f"{number(own.low)} to {number(own.high)}" if own.n > 1 else "?"


def _p_text(p: float) -> str:
    return "no test" if np.isnan(p) else "< .001" if p < 0.001 else f"{p:.3f}".replace("0.", ".", 1)


def text(found: Sequence[Decided]) -> str:
    """The page of all claims, in Markdown."""
    return markdown(Document("What holds of the papers' claims", list(sections(found))))


if __name__ == "__main__":
    Path(sys.argv[2]).write_text(text(kept(Path(sys.argv[1]))), encoding="utf-8")
