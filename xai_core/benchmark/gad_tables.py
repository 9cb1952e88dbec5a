"""What Tables 1 and 2 of the GAD paper print, and the same tables of what was measured here, side by side.

Rodrigues, Boutry & Najman 2024, §6. A column is a method, for one network, one pair of classes and one class. The
paper's two counts of a column do not always add up to its 512 pictures (VGG, Cat x Dog, Gradient x Input: 15 + 490);
it does not say what became of the others. Here every picture is counted: one without an RC is no win for GAD.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import product

import numpy as np
import pandas as pd

from xai_core.benchmark.documents import Section, Table
from xai_core.benchmark.gad import COLUMNS, SHARES, columns_of
from xai_core.benchmark.gad_cases import CLASSES
from xai_core.plain import markdown as plain

SHORT = {
    "simple_gradient": "S",
    "deconvolution": "D",
    "gradient_x_input": "GxI",
    "guided_backprop": "GB",
    "integrated_gradients": "IG",
}
# (pair, network) → for class 1 and class 2: wins of the original, wins of GAD; of 512 pictures, in the order of SHORT
WINS = {
    ("Cat x Dog", "VGG"): (
        ((357, 0, 15, 4, 17), (155, 512, 490, 427, 480)),
        ((159, 0, 2, 3, 0), (348, 512, 494, 428, 486)),
    ),
    ("Cat x Dog", "ResNet"): (
        ((122, 0, 2, 10, 7), (390, 512, 492, 453, 497)),
        ((130, 0, 3, 5, 2), (380, 512, 490, 460, 488)),
    ),
    ("Birds", "VGG"): (
        ((270, 0, 9, 0, 1), (240, 511, 488, 450, 500)),
        ((301, 0, 10, 0, 0), (210, 510, 494, 451, 504)),
    ),
    ("Birds", "ResNet"): (
        ((153, 0, 1, 0, 0), (358, 512, 504, 472, 506)),
        ((174, 0, 2, 0, 0), (337, 512, 506, 470, 504)),
    ),
}
# (pair, network) → for class 1 and class 2: mean RS of the supplementary region, of GAD; "in 10² scale"
RS = {
    ("Cat x Dog", "VGG"): (
        ((0.08, 0.0029, 0.0052, 0.11, 0.01), (0.13, 0.0056, 0.12, 1.59, 0.13)),
        ((0.24, 0.0029, 0.0051, 0.15, 0.0096), (0.25, 0.0062, 0.56, 1.82, 0.49)),
    ),
    ("Cat x Dog", "ResNet"): (
        ((0.06, 0.0013, 0.0016, 0.13, 0.0016), (0.03, 0.0024, 0.07, 0.51, 0.12)),
        ((0.05, 0.0012, 0.0016, 0.10, 0.0020), (0.07, 0.0024, 0.16, 0.47, 0.16)),
    ),
    ("Birds", "VGG"): (
        ((0.25, 0.0027, 0.08, 0.01, 0.01), (0.20, 0.0056, 0.54, 1.28, 0.55)),
        ((0.15, 0.0030, 0.0092, 0.01, 0.0072), (0.13, 0.0068, 0.36, 1.41, 0.38)),
    ),
    ("Birds", "ResNet"): (
        ((0.11, 0.0020, 0.0045, 0.01, 0.0094), (0.04, 0.0048, 0.17, 1.03, 0.29)),
        ((0.05, 0.0019, 0.0037, 0.01, 0.0026), (0.05, 0.0048, 0.16, 1.04, 0.20)),
    ),
}

RULES = {"top": "half of the pixels", "above": "what is above a tenth of the maximum"}
RIVAL = "Rival: as many pixels of the network's own map as GAD has left, the strongest. It is not in the paper."
PIXELS, RC, RS_GAD, RS_SUP, RC_RIVAL, RS_RIVAL, M_GAD, M_SUP = range(len(COLUMNS))
Found = Mapping[tuple[str, str, str, int], np.ndarray]  # (pair, network, method, class) → (n, 8 …), of COLUMNS …
Kind = tuple[str, Callable[[np.ndarray], float]]  # a row's name, and its number of the pictures


def found_in(rows: pd.DataFrame) -> Found:
    """The rows of plan "gad" by column of the paper's tables."""
    columns = [*COLUMNS, *columns_of(SHARES)]
    return {
        key: part.pivot_table("value", "picture", "score", dropna=False).reindex(columns=columns).to_numpy()
        for key, part in rows.groupby(["pair", "column", "method", "class"], sort=False)
    }


def sections(rows: pd.DataFrame, networks: pd.DataFrame, supports: pd.DataFrame) -> Iterator[Section]:
    """Both tables, the paper's numbers in brackets where it has that network and pair, and what agrees."""
    found = found_in(rows)
    important = " ".join(rows["important"].unique())
    n = ", ".join(sorted({str(len(each)) for each in found.values()}))
    yield Section(
        "GAD, Table 1: pictures with the smaller hull",
        [
            f"In brackets: the paper's. Pictures a pair: {n} (512). α = 0, 2, 4, 6, 8.",
            f"Important is {RULES[important]}.",
            *learned(found, networks, supports),
            table(found, WINS, (("Orig.", lambda r: len(r) - wins(r)), ("GAD", wins)), "{:.0f}"),
            RIVAL,
            table(found, {}, (("GAD", lambda r: mean(r, RC)), ("Rival", lambda r: mean(r, RC_RIVAL))), "{:.2f}",
                  "Mean RC of GAD and of the rival"),
            *_fewer(found),
        ],
    )  # fmt: skip
    several = (("Sup.", lambda r: 100 * mean(r, RS_SUP)), ("GAD", lambda r: 100 * mean(r, RS_GAD)))
    sizes = (("Sup.", lambda r: mean(r, M_SUP)), ("GAD", lambda r: mean(r, M_GAD)))
    yield Section(
        "GAD, Table 2: mean RS, change of the logit for each covered pixel × 100",
        [
            table(found, RS, (*several, ("Rival", lambda r: 100 * mean(r, RS_RIVAL))), "{:.3g}"),
            table(found, {}, sizes, "{:.0f}", "Mean size of the two regions, ΣM, in pixels"),
        ],
    )
    yield Section("GAD: what agrees with the paper", list(verdict(found)))


def _fewer(found: Found) -> Iterator[Table | str]:
    """RC where fewer pixels are important: the hull of half of them covers nearly the whole picture."""
    if all(np.isnan(rows[:, len(COLUMNS) :]).all() for rows in found.values()):
        return
    yield "The hull of half of a photograph's pixels covers nearly all of it, so RC there says little. With fewer:"
    for k, share in enumerate(SHARES):
        kinds = [(name, partial(mean, column=len(COLUMNS) + 2 * k + i)) for i, name in enumerate(("GAD", "Rival"))]
        yield table(found, {}, kinds, "{:.2f}", f"Mean RC where the strongest {share:.0%} of the pixels are important")


def learned(found: Found, networks: pd.DataFrame, supports: pd.DataFrame) -> Iterator[str]:
    """How good every network is, and how much of α its supports learned."""
    for (pair, column), part in supports.groupby(["pair", "column"], sort=False):
        reached = part[part["score"].isin(("reached 1", "reached 2"))].groupby("alpha")["value"].min()
        right = networks[(networks["pair"] == pair) & (networks["column"] == column)]["value"]
        told = "; ".join(f"α = {alpha:g}: reached {value:.0%} of α" for alpha, value in reached.items())
        n = max((len(rows) for (p, c, *_), rows in found.items() if (p, c) == (pair, column)), default=0)
        accuracy = ", ".join(f"{value:.1%}" for value in right)
        yield f"{plain(pair)}, {plain(column)}: accuracy {accuracy} of {n} pictures. {told}."


def better(pairs: Iterable[tuple[float, float]]) -> str:
    """In how many pairs the first number is the larger, as "k of m"."""
    pairs = list(pairs)
    return f"{sum(one > other for one, other in pairs)} of {len(pairs)}"


def wins(rows: np.ndarray, column: int = RC) -> int:
    """Of how many pictures RC < 1."""
    return int((rows[:, column] < 1).sum())


def mean(rows: np.ndarray, column: int) -> float:
    """The mean of a column over the pictures that have a number there; NaN if none has."""
    known = rows[:, column][~np.isnan(rows[:, column])]
    return float(known.mean()) if len(known) else float("nan")


def table(found: Found, paper: Mapping, kinds: Sequence[Kind], form: str, caption: str = "") -> Table:
    """Rows: for each pair, network and class, one a kind; columns: methods. `paper` holds the first two kinds."""
    methods = [m for m in SHORT if any(m == method for _, _, method, _ in found)]
    rows = []
    for pair, column in dict.fromkeys((pair, column) for pair, column, _, _ in found):
        for c, (k, (name, number)) in product(CLASSES, enumerate(kinds)):
            cells = []
            for method in methods:
                asked = found.get((pair, column, method, c))
                value = float("nan") if asked is None else number(asked)
                cell = "–" if np.isnan(value) else form.format(value)
                printed = paper.get((pair, column))
                if printed and k < 2:
                    cell += f" ({printed[c][k][list(SHORT).index(method)]:g})"
                cells.append(cell)
            rows.append([plain(pair), plain(column), f"{name} {c + 1}", *cells])
    return Table(["Pair", "Network", "Class", *(SHORT[m] for m in methods)], rows, caption)


def verdict(found: Found) -> Iterator[str]:
    """Where GAD does what the paper says, method by method, beside the paper's own columns."""
    for method in dict.fromkeys(method for _, _, method, _ in found):
        k = list(SHORT).index(method)
        ours = [rows for (_, _, m, _), rows in found.items() if m == method]
        smaller = better((wins(r), len(r) - wins(r)) for r in ours)
        stronger = better((mean(r, RS_GAD), mean(r, RS_SUP)) for r in ours)
        theirs = better((gad[k], orig[k]) for both in WINS.values() for orig, gad in both)
        printed = better((gad[k], more[k]) for both in RS.values() for more, gad in both)
        tighter = better((mean(r, RC_RIVAL), mean(r, RC)) for r in ours)
        beats = better((mean(r, RS_GAD), mean(r, RS_RIVAL)) for r in ours)
        yield (
            f"{SHORT[method]}: GAD has the smaller hull for most pictures in {smaller} columns (paper: {theirs}) and "
            f"the larger mean RS than the supplementary region in {stronger} (paper: {printed}). Against the rival: "
            f"the smaller mean RC in {tighter}, the larger mean RS in {beats}."
        )
    every = np.concatenate(list(found.values()))
    both = every[np.isfinite(every[:, [RS_GAD, RS_SUP]]).all(1)]
    if len(both):
        small = (both[:, RS_GAD] > both[:, RS_SUP]) == (both[:, M_GAD] < both[:, M_SUP])
        yield f"In {small.mean():.0%} of {len(both)} maps the region of fewer pixels has the larger RS."
    yield f"Nothing is left of {(every[:, PIXELS] == 0).mean():.1%} of {len(every)} maps."
