"""Tables 2 to 6 of the UNI paper in its layout, ours under the paper's, and the same of scores that it does not have.

    a row        a network, and what was varied (the canvas, the attack); a column  a method
    a number     mean ± std over the pictures; bold is the best of the row
    ▲ ▼          better, worse than Integrated Gradients: Wilcoxon's test on pairs, Holm's p < 0.05 within the table

What to look at: «measured» under each table has intervals, p-values and how many numbers do not exist.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd

from xai_core.benchmark import uni_paper
from xai_core.benchmark.documents import Section, Table
from xai_core.benchmark.uni_layouts import LAYOUTS, Layout
from xai_core.evaluate.scores import CANVASES, SCORES
from xai_core.methods import catalogue
from xai_core.plain import markdown as plain
from xai_core.statistics import Comparison, Summary, compare, holm, summary

AGAINST, ALPHA = "integrated_gradients", 0.05
Key = tuple[str, str, str, str]  # network, source, score, method


@dataclass(frozen=True)
class Measured:
    """One number of a table and how it compares with Integrated Gradients."""

    own: Summary
    against: Comparison | None = None
    p: float = float("nan")  # corrected for the tests of the table


def sections(rows: Callable[[Sequence[str]], pd.DataFrame], title: Callable[[str], str]) -> Iterator[Section]:
    """A section a table. rows: scores → their rows of plan "uni". title: a network's name as in a table."""
    for layout in LAYOUTS:
        found = measured(rows(list(layout.kinds)))
        if found:
            methods = _columns(layout, found)
            parts: list[str | Table] = [layout.says, _table(layout, found, methods, title)]
            parts += [*_verdicts(layout, found, methods), _details(layout, found, methods, title)]
            yield Section(layout.title, parts)


def measured(rows: pd.DataFrame) -> dict[Key, Measured]:
    """Every mean with its comparison, picture by picture; p-values corrected for all of them together."""
    found: dict[Key, Measured] = {}
    for (network, source, score), part in rows.groupby(["network", "source", "score"], sort=False):
        wide = part.pivot_table("value", "picture", "method", dropna=False, sort=False)
        for method in wide:
            values = wide[method].to_numpy()
            other = None if method == AGAINST or AGAINST not in wide else compare(values, wide[AGAINST].to_numpy())
            found[network, source, score, method] = Measured(summary(values), other)
    tested = {key: each.against for key, each in found.items() if each.against}
    for key, p in zip(tested, holm([against.p for against in tested.values()]), strict=True):
        found[key] = Measured(found[key].own, tested[key], p)
    return found


def better(score: str, one: float, other: float) -> bool:
    """Whether one number of this score is nearer to its best end."""
    return one > other if SCORES[score].best else one < other


def _columns(layout: Layout, found: Mapping[Key, Measured]) -> list[str]:
    """The paper's, and what else was measured."""
    exist = dict.fromkeys(method for *_, method in found)
    return [m for m in dict.fromkeys((*layout.columns, *exist)) if m in exist or layout.paper]


def short(method: str) -> str:
    """A method's name as in the paper's tables."""
    known = catalogue()
    return uni_paper.SHORT.get(method) or (known[method].title if method in known else plain(method))


def _table(layout: Layout, found: Mapping[Key, Measured], methods: Sequence[str], title: Callable[[str], str]) -> Table:
    """The paper's row of a network, then ours."""
    places = dict.fromkeys((network, source) for network, source, *_ in found)
    networks = dict.fromkeys((*layout.paper, *(network for network, _ in places)))
    rows = []
    for network in networks:
        if network in layout.paper:
            rows.append([title(network), "paper", "", *(layout.paper[network].get(m, "") for m in methods)])
        several = [source for n, source in places if n == network]
        for source, (score, kind) in product(several, layout.kinds.items()):
            line = {m: found[network, source, score, m] for m in methods if (network, source, score, m) in found}
            if line:
                what = ", ".join(["here", *([plain(source)] if len(several) > 1 else []), *([kind] if kind else [])])
                n = str(max(each.own.n + each.own.missing for each in line.values()))
                rows.append([title(network), what, n, *(_cell(score, m, line, layout.scale) for m in methods)])
    return Table(["Network", "", "n", *(short(m) for m in methods)], rows)


def _cell(score: str, method: str, line: Mapping[str, Measured], scale: float) -> str:
    if method not in line or not line[method].own.n:
        return "–"
    each = line[method]
    text = f"{number(scale * each.own.mean)} ± {number(scale * each.own.std)}"
    if method in winners(score, line):
        text = f"**{text}**"
    if each.against and each.p < ALPHA:
        text += " ▲" if better(score, each.against.difference, 0.0) else " ▼"
    return text


def winners(score: str, line: Mapping[str, Measured]) -> frozenset[str]:
    """The methods with the best mean of a row, several in a tie; none where there is nothing to compare."""
    known = {method: each.own.mean for method, each in line.items() if each.own.n}
    best = (max if SCORES[score].best else min)(known.values(), default=None)
    return frozenset(m for m, value in known.items() if value == best) if len(known) > 1 else frozenset()


def number(value: float) -> str:
    """Three digits that matter; as the paper, no zero before the point."""
    if np.isnan(value):
        return "?"
    text = f"{value:.3f}" if abs(value) < 1 else f"{value:.3g}"
    text = text.replace("0.", ".", 1) if text.startswith(("0.", "-0.")) else text
    return text.replace("-", "−")


def _verdicts(layout: Layout, found: Mapping[Key, Measured], methods: Sequence[str]) -> Iterator[str]:
    """Who wins how many rows, here and in the paper; whether the canvas decides."""
    best: dict[tuple[str, str, str], frozenset[str]] = {}
    for network, source, score, _ in found:
        line = {m: found[network, source, score, m] for m in methods if (network, source, score, m) in found}
        best[network, source, score] = winners(score, line)
    for score, kind in layout.kinds.items():
        won = [each for (_, _, s), each in best.items() if s == score and each]
        if won:
            counts = Counter(m for each in won for m in sorted(each, key=methods.index))
            told = ", ".join(f"{short(m)} {n} of {len(won)}" for m, n in counts.most_common())
            yield f"Best mean here{', ' + kind if kind else ''}: {told}." + _printed(layout, score)
    canvases = [s for s in layout.kinds if s.endswith(CANVASES)]
    if canvases:
        places = dict.fromkeys((network, source) for network, source, *_ in found)
        flips = sum(len({best.get((*place, s)) for s in canvases} - {None}) > 1 for place in places)
        yield f"The canvas alone changes who is best for {flips} of {len(places)} networks."


def _printed(layout: Layout, score: str) -> str:
    """Of how many networks UNI is the best in the paper's table."""
    if not layout.paper or score != next(iter(layout.kinds)):
        return ""
    means = [{m: float(text.split()[0]) for m, text in row.items()} for row in layout.paper.values()]
    ahead = sum(not any(better(score, row[m], row["uni"]) for m in row) for row in means)
    return f" In the paper no method is ahead of UNI for {ahead} of {len(means)} networks."


def _details(
    layout: Layout, found: Mapping[Key, Measured], methods: Sequence[str], title: Callable[[str], str]
) -> Table:
    """A line a number: how many pictures, how sure, how different."""
    head = ["Network", "Pictures", "Score", "Method", "n", "Not defined", "Mean", "95 % interval", "− IG", "Pairs", "p"]
    rows = []
    places, kinds = list(dict.fromkeys(key[:2] for key in found)), list(layout.kinds)
    for network, source, score, method in sorted(
        found, key=lambda key: (places.index(key[:2]), kinds.index(key[2]), methods.index(key[3]))
    ):
        each, scale = found[network, source, score, method], layout.scale
        own, other = each.own, each.against
        interval = f"{number(scale * own.low)} to {number(scale * own.high)}" if own.n > 1 else "?"
        difference = number(scale * other.difference) if other and other.pairs else ""
        pairs, p = (str(other.pairs), _p(each.p)) if other and other.pairs else ("", "")
        mean = number(scale * own.mean)
        rows.append([title(network), plain(source), SCORES[score].title, short(method), str(own.n), str(own.missing),
                     mean, interval, difference, pairs, p])  # fmt: skip
    return Table(head, rows, "Measured: intervals, differences from IG picture by picture, p after Holm", folded=True)


def _p(p: float) -> str:
    return "< .001" if p < 0.001 else number(p)
