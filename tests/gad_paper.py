"""What Tables 1 and 2 of the GAD paper print, and the same tables of what was measured here, side by side.

Rodrigues, Boutry & Najman 2024, §6. A column is a method, for one network, one pair of classes and one class. The
paper's two counts of a column do not always add up to its 512 pictures (VGG, Cat x Dog, Gradient x Input: 15 + 490);
it does not say what became of the others. Here every picture is counted: one without an RC is no win for GAD.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch
from torch import Tensor

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
Found = dict[tuple[Any, str, int], Tensor]  # (case, method, class) → (n, 8), gad_tables.COLUMNS


def better(pairs: Iterable[tuple[float, float]]) -> str:
    """ "k of m": in how many pairs the first number is the larger."""
    pairs = list(pairs)
    return f"{sum(one > other for one, other in pairs)} of {len(pairs)}"


def wins(rows: Tensor, column: int = 1) -> int:
    """Of how many pictures RC < 1."""
    return int((rows[:, column] < 1).sum())


def mean(rows: Tensor, column: int) -> float:
    """The mean of a column over the pictures that have a number there."""
    return float(rows[:, column].nanmean())


def report(found: Found, methods: Sequence[str], important: str = "top") -> str:
    """Both tables in Markdown, the paper's numbers in brackets where it has that network and pair, and what agrees."""
    cases = list(dict.fromkeys(case for case, _, _ in found))
    n = {len(rows) for rows in found.values()}
    lines = [
        "# GAD: Tables 1 and 2, measured here (in brackets: the paper's)",
        "",
        f"Pictures a pair: {', '.join(map(str, sorted(n)))} (512). α = 0, 2, 4, 6, 8. Important is {RULES[important]}.",
        "Rival: as many pixels of the network's own map as GAD has left, the strongest. It is not in the paper.",
        "",
    ]
    for case in cases:
        order = "; ".join(f"α = {s.alpha[0]:g}: reached {min(s.report.reached):.0%}" for s in case.supports)
        lines += [f"- {case.pair}, {case.network}: accuracy {case.accuracy:.1%}. {order}"]
    lines += ["", "## Table 1: pictures with the smaller hull", ""]
    lines += table(found, cases, methods, WINS, (("Orig.", lambda r: len(r) - wins(r)), ("GAD", wins)), "{:.0f}")
    lines += ["", "Mean RC of GAD and of the rival:", ""]
    lines += table(
        found, cases, methods, {}, (("GAD", lambda r: mean(r, 1)), ("Rival", lambda r: mean(r, 4))), "{:.2f}"
    )
    lines += ["", "## Table 2: mean RS, change of the logit for each covered pixel × 100", ""]
    several = (("Sup.", lambda r: 100 * mean(r, 3)), ("GAD", lambda r: 100 * mean(r, 2)))
    lines += table(found, cases, methods, RS, (*several, ("Rival", lambda r: 100 * mean(r, 5))), "{:.3g}")
    lines += ["", "Mean size of the two regions, ΣM, in pixels:", ""]
    sizes = (("Sup.", lambda r: mean(r, 7)), ("GAD", lambda r: mean(r, 6)))
    lines += table(found, cases, methods, {}, sizes, "{:.0f}")
    lines += ["", "## What agrees", "", *verdict(found, methods)]
    return "\n".join(lines) + "\n"


def table(
    found: Found,
    cases: Sequence[Any],
    methods: Sequence[str],
    paper: dict,
    kinds: Sequence[tuple[str, Callable[[Tensor], float]]],
    form: str,
) -> list[str]:
    """Rows: for each case and class, one a kind; columns: methods. `paper` holds the first two kinds."""
    lines = ["| | | | " + " | ".join(SHORT[m] for m in methods) + " |", "|---|---|---|" + "---|" * len(methods)]
    for case in cases:
        for c in (0, 1):
            for k, (name, number) in enumerate(kinds):
                cells = []
                for method in methods:
                    cell = form.format(number(found[case, method, case.classes[c]]))
                    printed = paper.get((case.pair, case.network))
                    if printed and k < 2:
                        cell += f" ({printed[c][k][list(SHORT).index(method)]:g})"
                    cells.append(cell)
                lines.append(f"| {case.pair} | {case.network} | {name} {c + 1} | " + " | ".join(cells) + " |")
    return lines


def verdict(found: Found, methods: Sequence[str]) -> list[str]:
    """Where GAD does what the paper says, method by method, beside the paper's own columns."""
    lines = []
    for method in methods:
        k = list(SHORT).index(method)
        ours = [rows for (_, m, _), rows in found.items() if m == method]
        smaller = better((wins(r), len(r) - wins(r)) for r in ours)
        stronger = better((mean(r, 2), mean(r, 3)) for r in ours)
        theirs = better((gad[k], orig[k]) for both in WINS.values() for orig, gad in both)
        printed = better((gad[k], more[k]) for both in RS.values() for more, gad in both)
        tighter = better((mean(r, 4), mean(r, 1)) for r in ours)
        beats = better((mean(r, 2), mean(r, 5)) for r in ours)
        lines.append(
            f"- {SHORT[method]}: GAD has the smaller hull for most pictures in {smaller} columns (paper: {theirs}) and "
            f"the larger mean RS than the supplementary region in {stronger} (paper: {printed}). Against the rival: "
            f"the smaller mean RC in {tighter}, the larger mean RS in {beats}."
        )
    every = torch.cat(list(found.values()))
    both = every[every[:, 2:4].isfinite().all(1)]
    small = ((both[:, 2] > both[:, 3]) == (both[:, 6] < both[:, 7])).double().mean()
    lines.append(f"- In {small:.0%} of the maps the region of fewer pixels has the larger RS.")
    lines.append(f"- Nothing is left of {(every[:, 0] == 0).double().mean():.1%} of the maps.")
    return lines
