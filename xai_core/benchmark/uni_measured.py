"""What the numbers of one table say: means, who is better than Integrated Gradients, who is better than chance.

    compared      a number without what every map gets: the last step of a curve is F(x) or F of the canvas, a tenth of
                  its AUC, whatever the map
    against IG    Wilcoxon's test on the same pictures, Holm's correction for all tests of the table; where UNI is
                  changed, against UNI
    chance        the same test against a map of random numbers, Holm's for the row; where none was judged, against the
                  number that a score has by chance; where there is none, Friedman's test that all methods are alike
What to look at: `winners`, which is empty where no method of a row is better than chance.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from xai_core.benchmark.preparing import label
from xai_core.benchmark.uni_methods import RANDOM
from xai_core.evaluate.scores import CANVASES, SCORES
from xai_core.statistics import Comparison, Summary, compare, differ, holm, summary

ALPHA = 0.05
STEPS = 10  # of a curve, where its rows do not say
Key = tuple[str, str, str, str]  # network, source, score, method
Titles = Callable[[str], str]


@dataclass(frozen=True)
class Measured:
    """One number of a table and how it compares."""

    own: Summary  # as it is printed
    compared: Summary  # without what every map gets
    against: Comparison | None = None  # the method that the table compares with
    p: float = float("nan")  # corrected for the tests of the table
    beyond_chance: bool = True  # better than a map by chance; where nobody knows that, other than the other methods
    note: str = ""  # what stands in the place of the number


def ends_of(scores: Sequence[str]) -> list[str]:
    """The answers that are taken out of these scores before they are compared."""
    return list(dict.fromkeys(end for score in scores if (end := _end(score))))


def _end(score: str) -> str:
    kind, _, canvas = score.partition("_")
    return {"deletion": f"answer_{canvas}", "insertion": "answer_x"}.get(kind, "") if canvas in CANVASES else ""


def measured(rows: pd.DataFrame, scores: Sequence[str], against: str = "integrated_gradients") -> dict[Key, Measured]:
    """Every mean of these scores with its comparisons, picture by picture. rows: of them and of their ends.

    against: the method that the others are compared with.
    """
    found: dict[Key, Measured] = {}
    notes = _notes(rows)
    for (network, source, score), (wide, bare) in per_picture(rows, scores).items():
        beyond = _beyond_chance(score, bare)
        for method in wide:
            note = notes.get((network, method), "")
            values = bare[method].to_numpy()
            other = None if method == against or against not in bare else compare(values, bare[against].to_numpy())
            found[network, source, score, method] = Measured(
                summary(wide[method].to_numpy()), summary(values), other, beyond_chance=beyond[method], note=note
            )
    tested = {key: each.against for key, each in found.items() if each.against}
    for key, p in zip(tested, holm([against.p for against in tested.values()]), strict=True):
        each = found[key]
        found[key] = Measured(each.own, each.compared, each.against, p, each.beyond_chance, each.note)
    return found


def per_picture(
    rows: pd.DataFrame, scores: Sequence[str]
) -> dict[tuple[str, str, str], tuple[pd.DataFrame, pd.DataFrame]]:
    """(network, source, score) → its numbers, pictures × methods, as they are printed and as they are compared."""
    wide_of = {
        key: part.pivot_table("value", "picture", "method", dropna=False, sort=False)
        for key, part in rows.groupby(["network", "source", "score"], sort=False)
    }
    found, steps = {}, _steps(rows)
    for (network, source, score), wide in wide_of.items():
        if score not in scores or not wide.notna().any(axis=None):  # a truth that nobody knows
            continue
        end = wide_of.get((network, source, _end(score)))
        bare = wide if end is None else wide - end.reindex_like(wide).fillna(0) / steps
        found[network, source, score] = wide, bare
    return found


def _beyond_chance(score: str, bare: pd.DataFrame) -> dict[str, bool]:
    """Which methods of a row are better than chance."""
    by_chance = SCORES[score].chance
    if RANDOM in bare:
        lots = bare[RANDOM].to_numpy()
    elif by_chance is not None:
        lots = np.full(len(bare), by_chance)
    else:
        known = bare.dropna(
            axis=1, thresh=len(bare) // 2 + 1
        ).dropna()  # a method that mostly has none would leave none
        return dict.fromkeys(bare, differ(known.to_numpy().T) < ALPHA)
    tested = {method: compare(bare[method].to_numpy(), lots) for method in bare if method != RANDOM}
    corrected = holm([each.p for each in tested.values()])
    found = {
        m: p < ALPHA and better(score, each.difference, 0.0)
        for (m, each), p in zip(tested.items(), corrected, strict=True)
    }
    return found | {RANDOM: False}


def better(score: str, one: float, other: float) -> bool:
    """Whether one number of this score is nearer to its best end."""
    return one > other if SCORES[score].best else one < other


def winners(score: str, line: Mapping[str, Measured]) -> frozenset[str]:
    """The methods with the best mean of a row, several in a tie; none where no method is better than chance."""
    known = {method: each.compared.mean for method, each in line.items() if each.own.n and not each.note}
    if len(known) < 2 or not any(each.beyond_chance for each in line.values()):
        return frozenset()
    best = (max if SCORES[score].best else min)(known.values())
    return frozenset(method for method, value in known.items() if value == best)


def named(rows: pd.DataFrame, title: Titles) -> tuple[pd.DataFrame, Titles]:
    """The rows, a network that was prepared otherwise as one of its own; and the titles of all of them."""
    if "made" not in rows or not rows["made"].notna().any():
        return rows, title
    made = rows["made"].map(lambda text: label(json.loads(text)) if isinstance(text, str) else "")
    names = rows["network"].where(made == "", rows["network"] + " (" + made + ")")
    titles = {name: (network, how) for name, network, how in zip(names, rows["network"], made, strict=True) if how}
    return rows.assign(
        network=names
    ), lambda name: f"{title(titles[name][0])}, {titles[name][1]}" if name in titles else title(name)


def _steps(rows: pd.DataFrame) -> int:
    return json.loads(rows["examination"].iloc[0])["steps"] if "examination" in rows and len(rows) else STEPS


def _notes(rows: pd.DataFrame) -> dict[tuple[str, str], str]:
    """(network, method) → what stands in the place of its numbers."""
    if "note" not in rows:
        return {}
    told = rows[rows["note"].notna()]
    return dict(zip(zip(told["network"], told["method"], strict=True), told["note"], strict=True))
