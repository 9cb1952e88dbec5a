"""One rule for all scores: a map with a hole is refused, one that is constant or full of ties gets what is written.

The scores are not listed here. They are all public functions of `evaluate`, `rankings`, `class_maps` and GAD that take
a map, found by the names of their arguments.
"""

import importlib
import inspect
import math
import pkgutil
from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch
from torch import nn

import xai_core
from tests.toys import PlainCNN, images, seeded
from xai_core import evaluate, make_score
from xai_core.classwide import class_maps
from xai_core.distancing import gad
from xai_core.evaluate import Examination, words
from xai_core.evaluate.attack import Attacked
from xai_core.evaluate.class_means import agreement, class_shares
from xai_core.evaluate.walks import walk

MAPS = ("A", "other", "maps", "importance", "attribute")  # arguments that are maps, or make them
X = images(2)
MODEL = seeded(PlainCNN)
MASK = torch.arange(256).view(16, 16) < 100
GOOD = torch.randn(2, 3, 16, 16, generator=torch.Generator().manual_seed(0))
SEQUENCE = {"A": GOOD[0, 0, 0], "pull": GOOD[1, 0, 0], "decides": torch.arange(16) < 3}
FEATURES = {"importance": GOOD[0, 0, 0], "segments": torch.arange(256).view(16, 16) // 16, "X": X[:, :1]}
ARGUMENTS = {
    "f": make_score(MODEL, X, 1),
    "x": X,
    "A": GOOD,
    "other": GOOD.flip(0),
    "maps": torch.stack([GOOD, GOOD]),
    "model": MODEL,
    "mask": MASK,
    "part": MASK,
    "whole": torch.ones_like(MASK),
    "masks": {"part": MASK.expand(2, -1, -1)},
    "baseline": "black",
    "attacked": Attacked(X, X, smooth=False),
    "start": torch.zeros_like(X),
    "end": X,
    "k": 10,
    "layers": ("4",) if any(name == "4" for name, _ in MODEL.named_modules()) else None,
    "retrain": lambda kept, run: 0.5,
    "shares": (0.5,),
    "labels": torch.tensor([0, 1]),
    "y": 1,
}


def given(name: str, parameters: dict[str, inspect.Parameter]) -> dict[str, object]:
    """What a score is called with: what it needs, and the maps that it can be given."""
    known = ARGUMENTS | (SEQUENCE if "decides" in parameters else {}) | (FEATURES if "importance" in parameters else {})
    if name == "read":
        one_by_one = [(ARGUMENTS["f"].rows(i), X[i]) for i in torch.arange(2).split(1)]
        known |= {"nears": [evaluate.without_subsets(f, x, 20) for f, x in one_by_one]}
    if name == "on_features":
        known |= {"A": GOOD[0], "segments": FEATURES["segments"]}
    if name in ("kept", "likeness"):
        known |= {"f": make_score(nn.Flatten(), X[:, :1], 1)}
    makes = {"stability": lambda B: GOOD, "randomisation": lambda model: GOOD}
    known |= {"attribute": makes.get(name, lambda x: GOOD.repeat(len(x) // 2, 1, 1, 1))}
    needed = [n for n, p in parameters.items() if p.default is p.empty or n in ("A", "k")]
    return {n: known[n] for n in needed}  # KeyError: a new score has an argument that this test has to be told of


def scores() -> Iterator[tuple[str, Callable, str]]:
    """(name, function, the argument that is a map): every public function that takes one."""
    modules = [importlib.import_module(f"xai_core.evaluate.{m.name}") for m in pkgutil.iter_modules(evaluate.__path__)
               if not m.name.startswith("_")]  # fmt: skip
    for module in (*modules, xai_core.rankings, class_maps, gad):
        for name, function in vars(module).items():
            if inspect.isfunction(function) and function.__module__ == module.__name__ and not name.startswith("_"):
                for argument in [m for m in MAPS if m in inspect.signature(function).parameters]:
                    yield name, function, argument


FOUND = [s for s in scores() if s[0] not in ("gad_plain", "check_map")]


def broken(value: object, hole: float) -> object:
    """The map with one number that is none, or a function that returns it."""
    if callable(value):
        return lambda *inputs: broken(value(*inputs), hole)
    value = value.clone()
    value.view(-1)[3] = hole
    return value


def test_the_scores_are_found():
    names = {name for name, _, _ in FOUND}
    public = {name for name in evaluate.__all__ if inspect.isfunction(getattr(evaluate, name))}
    takes_none = {"attack_maps", "global_importance", "layers_of", "own_baseline", "ruined", "subsets", "walk"}
    assert public - takes_none - {"without_subsets"} <= names and len(names) > 20


@pytest.mark.parametrize(("name", "score", "argument"), FOUND, ids=[f"{n}({a})" for n, _, a in FOUND])
@pytest.mark.parametrize("hole", [math.nan, math.inf])
def test_a_map_with_a_hole_is_refused(name, score, argument, hole):
    arguments = given(name, dict(inspect.signature(score).parameters))
    score(**arguments)  # as it is, it is judged
    called = {"attribute": "A|what attribute returns", "maps": "A|maps"}.get(argument, argument)
    with pytest.raises(ValueError, match=rf"^({called}) must be finite; [1-9]\d* of its \d+ numbers are not"):
        score(**arguments | {argument: broken(arguments[argument], hole)})


def test_the_examination_and_the_path_refuse_it_too():
    exam = Examination(MODEL, X[:1], 1, {"part": MASK}, N=20, steps=4)
    hole = broken(GOOD[:1], math.nan)
    for group in ("mufidelity", "deletion_black", "inside_part"):
        with pytest.raises(ValueError, match=r"^A must be finite"):
            exam.judge_map(hole, [group])
    with pytest.raises(ValueError, match=r"^A must be finite"):
        walk(ARGUMENTS["f"].rows(torch.tensor([0])), X[:1], "integrated_gradients", B=3).gap(hole)


# Constant maps, and maps of ties


FLAT = torch.full((2, 3, 16, 16), 0.5)
TIES = torch.zeros(1, 1, 4, 4).index_fill(3, torch.tensor([0]), 1.0)  # a column of ones
LEFT = torch.arange(16).view(4, 4) % 4 < 2  # half of the pixels, with the column


@pytest.mark.parametrize("value", [0.0, 0.5, -2.0])
def test_a_constant_map_has_no_order(value):
    flat, f = torch.full_like(GOOD, value), ARGUMENTS["f"]
    assert evaluate.rank_correlation(flat, GOOD).isnan().all() and evaluate.rank_correlation(flat, flat).isnan().all()
    for pair in ((flat, GOOD), (GOOD, flat), (flat, flat), (flat, -flat)):
        assert evaluate.top_intersection(*pair, k=10).isnan().all()
    assert evaluate.mufidelity(f, X, flat, 20).correlation.isnan().all()
    robust = evaluate.robustness(lambda x: flat, ARGUMENTS["attacked"], 10)
    assert robust.spearman.isnan().all() and robust.intersection.isnan().all()
    assert evaluate.biases.echo(flat, X, "black", MASK).isnan().all()


@pytest.mark.parametrize("value", [0.0, 0.5, -2.0])
def test_what_a_constant_map_gets_by_chance(value):
    """The order of deletion is a lot, another for another seed; the truth gets the mask's share of the area."""
    flat, f = torch.full_like(GOOD, value), ARGUMENTS["f"]
    orders = [evaluate.deletion(f, X, flat, steps=4, seed=seed).exchange.order for seed in (0, 0, 1)]
    assert torch.equal(orders[0], orders[1]) and not torch.equal(orders[0], orders[2])
    assert np.corrcoef(orders[0][0], np.arange(256))[0, 1] < 0.2  # not the reading order
    found = [evaluate.ground_truth(flat, MASK, seed) for seed in range(40)]
    assert torch.equal(found[0].pointing, found[0].chance)
    assert sum(truth.best for truth in found)[0] / 40 == pytest.approx(100 / 256, abs=0.04)
    assert found[0].inside.isnan().all() if value <= 0 else torch.allclose(found[0].inside, found[0].chance)
    shares = evaluate.biases.share(flat, MASK, torch.ones_like(MASK))
    assert shares.isnan().all() if value == 0 else torch.allclose(shares, torch.ones(2, dtype=torch.double))
    rough = evaluate.biases.roughness(flat)
    assert rough.isnan().all() if value == 0 else (rough == 0).all()
    important = xai_core.important_pixels(flat)
    assert important.all() if value else not important.any()


def test_constant_maps_agree_with_none():
    """They are left out of the mean; they used to count as −1."""
    assert agreement(torch.cat([GOOD, FLAT])) == pytest.approx(agreement(GOOD))
    assert math.isnan(agreement(FLAT)) and math.isnan(agreement(torch.cat([GOOD[:1], FLAT])))
    assert agreement(torch.cat([GOOD[:1], 3 * GOOD[:1] + 1])) == pytest.approx(1)
    assert agreement(1e-30 * torch.cat([GOOD[:1], GOOD[:1]])) == pytest.approx(1)  # small is not constant
    summary = class_shares(torch.cat([GOOD, 0 * GOOD]), {"part": MASK.expand(4, -1, -1)})["part"]
    assert (summary.n, summary.missing) == (2, 2)


def test_a_map_of_ties():
    """Four equal best of sixteen pixels, all in the half that counts: it agrees with itself, lots decide the rest."""
    assert evaluate.top_intersection(TIES, TIES, k=2).item() == 1
    assert evaluate.rank_correlation(TIES, TIES).item() == pytest.approx(1)
    assert evaluate.rank_correlation(TIES, TIES.mT).item() == pytest.approx(
        0
    )  # mean ranks: one pixel of four in common
    truth = [evaluate.ground_truth(TIES, LEFT, seed) for seed in range(60)]
    assert truth[0].pointing.item() == 1 and truth[0].inside.item() == 1
    assert sum(t.best for t in truth).item() / 60 == pytest.approx((4 + 4 * 4 / 12) / 8, abs=0.04)
    assert xai_core.important_pixels(TIES, share=0.1).sum() == 4


def test_words_of_equal_weight():
    """The share of the winners that decides, not the first in reading order."""
    decides = torch.tensor([[True, False, False, True]])

    def reading(*A: float) -> words.Reading:
        return words.Reading({"map": torch.tensor([A])}, {}, decides)

    def judged(*A: float) -> tuple[float, float]:
        return words.pointing([reading(*A)], "map").mean, words.best([reading(*A)], "map").mean

    assert judged(1, 1, 1, 1) == (0.5, 0.5) == (words.chance([reading(1, 1, 1, 1)]).mean, 0.5)
    assert judged(2, 1, 1, 1) == (1, pytest.approx((1 + 1 / 3) / 2))
    assert judged(2, 2, 0, 1) == (0.5, 0.5) and judged(2, 0, 0, 1) == (1, 1)
    with pytest.raises(ValueError, match=r"^maps must be finite"):
        judged(1, math.nan, 0, 0)


def test_a_constant_sequence_has_chance():
    found = evaluate.sequence_truth.sequence_truth(torch.ones(16), SEQUENCE["decides"])
    assert (found.share, found.pointing, found.chance) == pytest.approx((3 / 16, 3 / 16, 3 / 16))
