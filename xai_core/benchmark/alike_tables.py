"""Is the map of the network or of the picture? A line a method: how alike its maps are, and what changed between them.

    two networks       of one picture: |ρ|, mean over the pairs of networks that say the same class
    two pictures       by one network: what is alike by chance, and by where things stand
    in ruins           the score «randomisation»: a network and the same with its upper half shuffled
    brightness         a map and the picture itself

Of all |ρ| is shown, because a ruined network may turn a map over. A picture counts once: the mean over its networks.
What to look at: the first column beside the third. A map of the network falls in ruins; a map of the picture stays.
"""

from collections.abc import Callable, Iterator, Sequence

import pandas as pd

from xai_core.benchmark.documents import Section, Table
from xai_core.benchmark.uni_measured import ALPHA, Titles, named
from xai_core.benchmark.uni_tables import number, short
from xai_core.plain import markdown as plain
from xai_core.statistics import Comparison, compare, holm, least_pairs, summary

TITLE = "What the reviewers asked: is the map of the network, or of the picture?"
SAYS = (
    "How alike are two maps of one method? Of two networks and one picture; of one network and two pictures; of one"
    " picture, a network and the same with its upper half in ruins; a map and the picture's own brightness. Mean"
    " |ρ| ± standard deviation over the pictures, ρ by Spearman. n: pictures on which two networks say the same class.",
    "▲ more alike, ▼ less alike than maps of two networks (Wilcoxon's test on the same pictures, p < .05 after Holm's"
    " correction). ▼ under «two pictures»: the map follows the picture. ▼ under «in ruins»: it shows what was learned;"
    " ▲ there: it shows the picture, whatever was learned. Neither: these pictures cannot tell.",
)
FIRST = "other_network"
COLUMNS = {
    FIRST: "Two networks",
    "other_picture": "Two pictures",
    "randomisation": "In ruins",
    "brightness": "Brightness",
}


def sections(alike: pd.DataFrame, judged: Callable[[Sequence[str]], pd.DataFrame], title: Titles) -> Iterator[Section]:
    """A section, with a table for each source of pictures. alike: rows of that plan. judged: scores → rows of "uni"."""
    rows, titles = named(pd.concat([alike, judged(["randomisation"])], ignore_index=True), title)
    rows = rows[rows["method"].isin(set(alike["method"]))]
    parts: list[str | Table] = [*SAYS]
    for source, of_source in rows.groupby("source", sort=False):
        if (of_source["score"] != "randomisation").any():
            parts += _of_source(str(source), of_source, titles)
    yield Section(TITLE, parts)


def _of_source(source: str, rows: pd.DataFrame, title: Titles) -> Iterator[str | Table]:
    """The table of one source of pictures, how many it takes, and the pairs of networks one by one."""
    bare = rows.assign(value=rows["value"].abs())
    methods = list(dict.fromkeys(bare["method"]))
    wide = {
        method: part.pivot_table("value", "picture", "score", sort=False).reindex(columns=list(COLUMNS))
        for method, part in bare.groupby("method", sort=False)
    }
    tests = {
        (method, score): compare(wide[method][score].to_numpy(), wide[method][FIRST].to_numpy())
        for method in methods for score in COLUMNS if score != FIRST
    }  # fmt: skip
    p = dict(zip(tests, holm([each.p for each in tests.values()]), strict=True))
    lines = [
        [short(method), str(int(wide[method][FIRST].notna().sum())),
         *(_cell(wide[method][score], tests.get((method, score)), p.get((method, score), 1)) for score in COLUMNS)]
        for method in methods
    ]  # fmt: skip
    networks = list(dict.fromkeys(rows["network"]))
    of = f"Pictures: {plain(source)}. Networks: {'; '.join(title(network) for network in networks)}"
    yield Table(["Method", "n", *COLUMNS.values()], lines, of)
    pairs, needed = [each.pairs for each in tests.values() if each.pairs], least_pairs(len(tests))
    if pairs and min(pairs) < needed:
        yield f"A difference needs at least {needed} pictures to tell: some here have {min(pairs)}."
    if not pairs:
        yield "No two networks say the same class of these pictures, or there is one network alone."
    if "other" in rows and rows["other"].notna().any():
        yield _pairs(rows[rows["score"] == FIRST], title)


def _cell(values: pd.Series, test: Comparison | None, p: float) -> str:
    of = summary(values.to_numpy())
    if not of.n:
        return "–"
    mark = "" if test is None or not p < ALPHA else " ▲" if test.difference > 0 else " ▼"
    return f"{number(of.mean)} ± {number(of.std)}{mark}"


def _pairs(rows: pd.DataFrame, title: Titles) -> Table:
    """Every pair of networks: ρ with its sign, and on how many pictures they do not say the same class."""
    lines = []
    for (one, other, method), part in rows.groupby(["network", "other", "method"], sort=False):
        of = summary(part["value"].to_numpy())
        interval = f"{number(of.low)} to {number(of.high)}" if of.n > 1 else "?"
        lines.append([f"{title(one)} and {title(other)}", short(method), str(of.n), str(of.missing), number(of.mean),
                      interval])  # fmt: skip
    head = ["Networks", "Method", "n", "Another class", "Mean ρ", "95 % interval"]
    return Table(head, lines, "Measured: ρ with its sign, pair by pair", folded=True)
