"""Tables 2 to 6 of the UNI paper in its layout, ours under the paper's, and the same of scores that it does not have.

    a row        a network, and what was varied (the canvas, the attack); a column  a method
    a number     mean ± std over the pictures; bold is the best of a row in which some method is better than chance
    ▲ ▼          better, worse than Integrated Gradients: Wilcoxon's test on pairs, Holm's p < 0.05 within the table
                 (what the reviewers asked of UNI is compared with UNI as it is)

What to look at: «measured» under each table has intervals, p-values and how many numbers do not exist. The sentences
say how many pictures a difference needs, and who wins on which canvas.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product

import numpy as np
import pandas as pd

from xai_core.benchmark import uni_paper
from xai_core.benchmark.documents import Section, Table
from xai_core.benchmark.uni_layouts import ASKED, LAYOUTS, Layout
from xai_core.benchmark.uni_measured import ALPHA, Key, Measured, Titles, better, ends_of, measured, named, winners
from xai_core.benchmark.uni_methods import CHANGED
from xai_core.evaluate.scores import CANVASES, SCORES
from xai_core.methods import catalogue
from xai_core.plain import markdown as plain
from xai_core.statistics import least_pairs

Found = Mapping[Key, Measured]


def sections(rows: Callable[[Sequence[str]], pd.DataFrame], title: Titles) -> Iterator[Section]:
    """A section a table. rows: scores → their rows of plan "uni". title: a network's name as in a table."""
    gaps, _ = named(rows(["gap"]), title)
    for layout in (*LAYOUTS, ASKED):
        kinds = list(layout.kinds)
        of_table, titles = named(rows([*kinds, *(end for end in ends_of(kinds) if end not in kinds)]), title)
        found = measured(of_table[of_table["method"].map(layout.shows).astype(bool)], kinds, layout.against)
        if found and (not layout.of or any(method in CHANGED for *_, method in found)):
            yield Section(layout.title, [layout.says, *_parts(layout, found, titles, gaps)])


def _parts(layout: Layout, found: Found, title: Titles, gaps: pd.DataFrame) -> Iterator[str | Table]:
    """The table and what it says."""
    methods = _columns(layout, found)
    table = _table(layout, found, methods, title, gaps if layout.paper else gaps[:0])
    if layout.of:
        yield _changes(layout, found, methods)
        yield replace(table, caption="Mean ± standard deviation of each", folded=True)
    else:
        yield table
    if layout.ranked:
        yield from _few(found) if layout.of else _verdicts(layout, found, methods, title)
        yield _details(layout, found, methods, title)


def _columns(layout: Layout, found: Found) -> list[str]:
    """The paper's, and what else was measured."""
    exist = dict.fromkeys(method for *_, method in found)
    return [m for m in dict.fromkeys((*layout.columns, *exist)) if m in exist or layout.paper]


def short(method: str) -> str:
    """A method's name as in the paper's tables."""
    base, _, symbols = method.partition(":")
    known = catalogue()
    name = uni_paper.SHORT.get(base) or (known[base].title if base in known else plain(base))
    return f"{name}, {plain(symbols)}" if symbols else name


def _table(layout: Layout, found: Found, methods: Sequence[str], title: Titles, gaps: pd.DataFrame) -> Table:
    """The paper's row of a network, then ours, and under them how far its paths' maps are from complete."""
    places = dict.fromkeys((network, source) for network, source, *_ in found)
    rows = []
    for network in dict.fromkeys((*layout.paper, *(network for network, _ in places))):
        name = title(network) if any(network == n for n, _ in places) else uni_paper.TITLES.get(network, network)
        if network in layout.paper:
            rows.append([name, "paper", "", *(layout.paper[network].get(m, "") for m in methods)])
        several = [source for n, source in places if n == network]
        for source, (score, kind) in product(several, layout.kinds.items()):
            line = _line(found, (network, source, score), methods)
            if line:
                what = ", ".join(["here", *([plain(source)] if len(several) > 1 else []), *([kind] if kind else [])])
                n = str(max(each.own.n + each.own.missing for each in line.values()))
                best = winners(score, line) if layout.ranked else frozenset()
                rows.append([name, what, n, *(_cell(score, m, line, layout.scale, best) for m in methods)])
        missing = gaps[gaps["network"] == network].groupby("method")["value"].mean()
        if several and len(missing):
            n = str(gaps[gaps["network"] == network]["picture"].nunique())
            rows.append([name, "gap of the map", n, *(number(missing[m]) if m in missing else "" for m in methods)])
    return Table(["Network", "", "n", *(short(m) for m in methods)], rows)


def _line(found: Found, row: tuple[str, str, str], methods: Sequence[str]) -> dict[str, Measured]:
    return {m: found[*row, m] for m in methods if (*row, m) in found}


def _cell(score: str, method: str, line: Mapping[str, Measured], scale: float, best: frozenset[str]) -> str:
    if method not in line or not line[method].own.n:
        return "–"
    each = line[method]
    if each.note:
        return plain(each.note)
    text = f"{number(scale * each.own.mean)} ± {number(scale * each.own.std)}"
    if method in best:
        text = f"**{text}**"
    if each.against and each.p < ALPHA:
        text += " ▲" if better(score, each.against.difference, 0.0) else " ▼"
    return text


def number(value: float) -> str:
    """Three digits that matter; as the paper, no zero before the point. What rounds to 0 has no sign."""
    if np.isnan(value):
        return "?"
    text = f"{value:z.3f}" if abs(value) < 1 else f"{value:.3g}"
    text = text.replace("0.", ".", 1) if text.startswith(("0.", "-0.")) else text
    return text.replace("-", "−")


def _verdicts(layout: Layout, found: Found, methods: Sequence[str], title: Titles) -> Iterator[str]:
    """Who wins how many rows, here and in the paper; on which canvas; how many pictures it takes to tell."""
    lines = {row: _line(found, row, methods) for row in dict.fromkeys(key[:3] for key in found)}
    best = {row: winners(row[2], line) for row, line in lines.items()}
    for score, kind in layout.kinds.items():
        of_score = [each for row, each in best.items() if row[2] == score]
        won = [each for each in of_score if each]
        lost = sum(len(lines[row]) > 1 and not each for row, each in best.items() if row[2] == score)
        if won:
            counts = Counter(m for each in won for m in sorted(each, key=methods.index))
            told = ", ".join(f"{short(m)} {n} of {len(won)}" for m, n in counts.most_common())
            yield f"Best mean here{', ' + kind if kind else ''}: {told}." + _printed(layout, score)
        if lost:
            rows = f"{lost} of {len(of_score)} rows{', ' + kind if kind else ''}"
            yield f"In {rows}, no method is better than chance, or where nobody knows chance, other than the rest."
    yield _by_canvas(layout, best, title)
    yield from _few(found)


def _few(found: Found) -> Iterator[str]:
    """How many pictures a difference takes, where some have fewer."""
    tests = [each.against.pairs for each in found.values() if each.against and each.against.pairs]
    needed = least_pairs(len(tests))
    if tests and min(tests) < needed:
        few = sum(pairs < needed for pairs in tests)
        yield f"A difference needs at least {needed} pictures to tell: {few} of {len(tests)} tests here have fewer."


def _changes(layout: Layout, found: Found, methods: Sequence[str]) -> Table:
    """How far each change is from the method as it is, score by score, and for how many networks that can be told."""
    places, changed = dict.fromkeys(key[:2] for key in found), [m for m in methods if m != layout.against]
    rows = []
    for score, kind in layout.kinds.items():
        lines = [_line(found, (*place, score), changed) for place in places]
        cells = [_change(score, [line[m] for line in lines if m in line]) for m in changed]
        if any(lines):
            rows.append([kind, str(max(each.own.n for line in lines for each in line.values())), *cells])
    says = (
        f"Difference from {short(layout.against)}, mean over {len(places)} network{'s' * (len(places) > 1)}; in"
        " brackets, for how many it is better ▲ or worse ▼ (no bracket: for none it can be told)"
    )
    return Table(["Score", "n", *(plain(m.rpartition("=")[2]) for m in changed)], rows, says)


def _change(score: str, lines: Sequence[Measured]) -> str:
    """Such as "−.021 (▲ 2 ▼ 1)"."""
    tests = [(each.against.difference, each.p) for each in lines if each.against and each.against.pairs]
    if not tests:
        return "–"
    ahead = [better(score, difference, 0.0) for difference, p in tests if p < ALPHA]
    marks = [f"{mark} {n}" for mark, n in (("▲", sum(ahead)), ("▼", len(ahead) - sum(ahead))) if n]
    mean = number(sum(difference for difference, _ in tests) / len(tests))
    return f"{mean} ({' '.join(marks)})" if marks else mean


def _by_canvas(layout: Layout, best: Mapping[tuple[str, str, str], frozenset[str]], title: Titles) -> str:
    """Which methods would win on which canvas."""
    here = {score for *_, score in best}
    canvases = {score: kind for score, kind in layout.kinds.items() if kind in CANVASES and score in here}
    if not canvases:
        return "No canvas plays a part."
    told = []
    for score, canvas in canvases.items():
        won = Counter(m for row, each in best.items() if row[2] == score for m in sorted(each))
        told.append(f"on {canvas}: " + (", ".join(f"{short(m)} ({n})" for m, n in won.most_common()) or "none"))
    places, flips = dict.fromkeys(row[:2] for row in best), []
    for place in places:
        known = {canvas: each for score, canvas in canvases.items() if (each := best.get((*place, score)))}
        if len(set(known.values())) > 1:
            who = (f"{' and '.join(short(m) for m in sorted(each))} on {canvas}" for canvas, each in known.items())
            flips.append(f"{title(place[0])} ({', '.join(who)})")
    which = f": {'; '.join(flips)}" if flips else ""
    return (
        f"Rows won {'; '.join(told)}. The canvas alone changes who is best for {len(flips)} of {len(places)}"
        f" network{'s' * (len(places) > 1)}{which}."
    )


def _printed(layout: Layout, score: str) -> str:
    """Of how many networks UNI is the best in the paper's table."""
    if not layout.paper or score != next(iter(layout.kinds)):
        return ""
    means = [{m: float(text.split()[0]) for m, text in row.items()} for row in layout.paper.values()]
    ahead = sum(not any(better(score, row[m], row["uni"]) for m in row) for row in means)
    return f" In the paper no method is ahead of UNI for {ahead} of {len(means)} networks."


def _details(layout: Layout, found: Found, methods: Sequence[str], title: Titles) -> Table:
    """A line a number: how many pictures, how sure, how different."""
    head = ["Network", "Pictures", "Score", "Method", "n", "Not defined", "Mean", "95 % interval",
            f"− {short(layout.against)}", "Pairs", "p", "Beyond chance"]  # fmt: skip
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
                     mean, interval, difference, pairs, p, "yes" if each.beyond_chance else "no"])  # fmt: skip
    return Table(
        head,
        rows,
        f"Measured: intervals, differences from {short(layout.against)} picture by picture, p after Holm",
        folded=True,
    )


def _p(p: float) -> str:
    return "< .001" if p < 0.001 else number(p)
