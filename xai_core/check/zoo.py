"""The zoo: your maps of drawn scenes, where it is known what decides, judged beside those of all other methods.

The core knows the scenes by the import name of a module alone, as the benchmark does.
"""

import importlib
import warnings
from collections.abc import Sequence
from functools import lru_cache

import torch

from xai_core import methods
from xai_core.check.lines import Line
from xai_core.evaluate.examination import Examination
from xai_core.evaluate.scores import SCORES
from xai_core.methods import explain
from xai_core.stages import Method

NETWORK, SCENES = "zoo", 2
JUDGED = ("inside_part", "insertion_black", "deletion_black")
QUICK = {"N": 60, "B": 15}  # of all methods: the order of the scores, not their digits
DEAR = {"sobol": {"N": 4}}  # N passes a superpixel


@lru_cache(maxsize=4)
def _exams(data: str) -> tuple[Examination, ...]:
    known = importlib.import_module(data)
    source, model = f"{NETWORK}:{SCENES}", known.network(NETWORK)
    shown = [known.picture(NETWORK, source, listed.name) for listed in known.pictures(NETWORK, source)]
    return tuple(Examination(model, each.image[None], "predicted", each.masks) for each in shown)


@lru_cache(maxsize=4)
def _others(data: str) -> dict[str, list[float]]:
    """The means of the scores of every method of the catalogue."""
    return {row.title: found for row in methods.shipped().values() if (found := scores_of(row, data))}


def scores_of(row: Method, data: str) -> list[float]:
    """The means of JUDGED over the scenes, [] where a method has no map of one of them."""
    few = QUICK | DEAR.get(row.name, {})
    given = {n: min(value, row.defaults[n]) for n, value in few.items() if n in row.defaults}
    found = []
    for exam in _exams(data):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                A = explain(exam.model, exam.x, exam.label, row.name, **given)
        except (TypeError, ValueError, RuntimeError):
            return []
        found.append([exam.judge_map(A, JUDGED)[score] for score in JUDGED])
    return torch.tensor(found, dtype=torch.double).nanmean(0).tolist()


def judged(row: Method, data: str) -> Sequence[Line]:
    """A line a score: yours, and its place among all methods. row: registered, so that `explain` finds it."""
    try:
        mine = scores_of(row, data)
        others = _others(data)
    except ImportError as error:
        return [Line("zoo", None, f"not judged, without the scenes: {error}")]
    if not mine:
        return [Line("zoo", False, "It has no map of a scene of 64 × 64 that the network knows.")]
    lines = []
    for i, score in enumerate(JUDGED):
        meaning = SCORES[score]
        numbers = {title: each[i] for title, each in others.items() if each[i] == each[i]}
        if not numbers or mine[i] != mine[i]:  # nobody knows what decides, or the map speaks for nothing
            continue
        ahead = sum(abs(value - meaning.best) < abs(mine[i] - meaning.best) for value in numbers.values())
        best = min(numbers, key=lambda title: abs(numbers[title] - meaning.best))
        lines.append(Line("zoo", None, f"{meaning.title}: {mine[i]:.2f} over {SCENES} scenes, place {ahead + 1} of"
                          f" {len(numbers) + 1}; the best is {best}, {numbers[best]:.2f}"))  # fmt: skip
    return lines
