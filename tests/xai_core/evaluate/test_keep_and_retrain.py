"""Keep and retrain, on data where every error is known; what masks never do; importances of a linear network."""

from itertools import pairwise, product

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from tests.toys import images
from xai_core import make_score
from xai_core.classwide.importance import global_importance
from xai_core.evaluate.keep_and_retrain import SHARES, keep_and_retrain, kept_features
from xai_core.perturbation.neighbourhood import neighbourhood
from xai_core.perturbation.shapley import coalitions, shapley_table, shapley_values

# Every row of ±1 in 10 features once; the label is what most of the features 0, 1 and 2 say.
ROWS = torch.tensor(list(product((-1.0, 1.0), repeat=10)), dtype=torch.double)  # (1024, 10)
LABELS = ROWS[:, :3].sum(1).sign()


def least_squares(kept: Tensor, run: int) -> float:
    """The error of a linear classifier that has seen these features alone.

    All three are right. Of two, half of the rows are a draw, and half of those lost; one is right in three of four.
    """
    x = ROWS * kept
    w = torch.linalg.lstsq(x, LABELS[:, None], driver="gelsd").solution
    says = torch.where((x @ w)[:, 0] > 1e-9, 1.0, -1.0)
    return float((says != LABELS).double().mean())


PERFECT = torch.tensor([9.0, 8, 7, 6, 5, 4, 3, 2, 1, 0])
ERRORS = {0: 0, 0.1: 0, 0.2: 0, 0.5: 0, 0.7: 0, 0.8: 0.25, 0.9: 0.25, 1: 0.5}  # of the perfect order
INVERTED = {0: 0, 0.1: 0.25, 0.2: 0.25, 0.3: 0.5, 0.5: 0.5, 0.9: 0.5, 1: 0.5}


@pytest.mark.parametrize(("importance", "expected"), [(PERFECT, ERRORS), (-PERFECT, INVERTED)])
def test_errors_by_hand(importance, expected):
    found = keep_and_retrain(importance, least_squares, list(expected), runs=2)
    assert found.shares == tuple(expected)
    assert found.errors.tolist() == [[error, error] for error in expected.values()]
    assert found.kept.sum(2).tolist() == [[10 - round(10 * share)] * 2 for share in expected]


def test_the_better_order_is_below_the_lot_and_the_worse_above():
    """Means over all shares and 20 lots."""
    perfect, lot, inverted = (
        keep_and_retrain(importance, least_squares, runs=runs).errors.mean()
        for importance, runs in ((PERFECT, 1), (torch.zeros(10), 20), (-PERFECT, 1))
    )
    assert perfect == pytest.approx((7 * 0 + 2 * 0.25) / 9) and inverted == pytest.approx((2 * 0.25 + 7 * 0.5) / 9)
    assert perfect + 0.05 < lot < inverted - 0.05


def test_what_retrain_is_asked():
    """Every share and run once, with the mask that is reported; what it does to its mask is its own business."""
    asked = []

    def retrain(kept: Tensor, run: int) -> float:
        asked.append((kept.tolist(), run))
        kept.fill_(True)
        return torch.tensor(run / 10)  # a number of any library

    found = keep_and_retrain(torch.tensor([1.0, 1.0, 2.0]), retrain, [0.3, 0.6], runs=3, progress=reversed)
    assert found.errors.tolist() == pytest.approx(np.array([[0, 0.1, 0.2]] * 2))
    assert asked[::-1] == [(found.kept[s, run].tolist(), run) for s in range(2) for run in range(3)]
    assert found.kept[1].tolist() == [[False, False, True]] * 3


# Masks

importances = st.lists(st.integers(-3, 3), min_size=1, max_size=40).map(lambda v: torch.tensor(v, dtype=torch.double))
shares = st.lists(st.floats(0, 1), min_size=2, max_size=5).map(sorted)


@given(importances, shares, st.integers(0, 5), st.integers(0, 5))
def test_masks_are_nested_and_keep_the_most_important(importance, shares, seed, run):
    kept = kept_features(importance, shares, seed, run)
    M = len(importance)
    for less, more in pairwise(kept):
        assert not (more & ~less).any()  # what is kept at 90 % dropped is kept at 80 %
    for row, share in zip(kept, shares, strict=True):
        assert int(row.sum()) == M - round(share * M)
        if row.any() and not row.all():
            assert importance[row].min() >= importance[~row].max()
    assert torch.equal(kept, kept_features(importance, shares, seed, run))
    assert torch.equal(kept, kept_features(2 * importance + 5, shares, seed, run))  # only the order counts


def test_the_lot_decides_among_equals_and_never_the_reading_order():
    """Of 2 · 200 equal features half are dropped in each of 100 runs: the first as often as the last."""
    importance = torch.cat([torch.zeros(200), torch.ones(200)])
    kept = torch.cat([kept_features(importance, [0.25, 0.75], run=run) for run in range(100)]).view(100, 2, 400)
    assert kept[:, 0, 200:].all() and not kept[:, 1, :200].any()
    for part in (kept[:, 0, :200], kept[:, 1, 200:]):
        assert (part.sum(1) == 100).all()
        halves = part[:, :100].double().mean(), part[:, 100:].double().mean()
        assert halves[0] == pytest.approx(0.5, abs=0.02) and halves[1] == pytest.approx(0.5, abs=0.02)
        assert len({tuple(row.tolist()) for row in part}) == 100  # each run has a lot of its own
    assert not torch.equal(kept_features(importance, [0.25], seed=1), kept_features(importance, [0.25], seed=0))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"importance": torch.zeros(2, 2)}, r"importance must be a tensor \(M,\).*got \(2, 2\)"),
        ({"importance": [1.0, 2.0]}, "importance must be a tensor .*got list"),
        ({"importance": torch.zeros(0)}, r"importance .*got \(0,\)"),
        ({"importance": torch.tensor([0.0, float("nan")])}, "importance must be finite"),
        ({"shares": []}, "shares must be one share or more"),
        ({"shares": [0.5, 1.1]}, "shares must be numbers from 0 .* to 1 .*got 1.1"),
        ({"shares": [-0.1]}, "got -0.1"),
        ({"shares": [float("nan")]}, "got nan"),
        ({"shares": [True]}, "got True"),
        ({"shares": ["half"]}, "got 'half'"),
        ({"runs": 0}, r"runs \(networks trained from different seeds\) must be a whole number, at least 1; got 0"),
        ({"runs": 1.5}, "runs .*got 1.5"),
        ({"retrain": lambda kept, run: 1.5}, "retrain must return an error, a share from 0 to 1; got 1.5"),
        ({"retrain": lambda kept, run: float("nan")}, "retrain .*got nan"),
        ({"retrain": lambda kept, run: None}, "retrain .*got None"),
    ],
)
def test_bad_input(given, words):
    arguments = {"importance": torch.arange(4.0), "retrain": lambda kept, run: 0.0, "shares": SHARES, "runs": 2} | given
    with pytest.raises((ValueError, TypeError), match=words):
        keep_and_retrain(**arguments)


# One importance for a data set

WEIGHT = torch.tensor([[1.0, -2.0, 0.5, 0.0], [-1.0, 1.0, 0.25, 0.0]])  # logits of two classes
X = torch.tensor([[1.0, 0.5, 1.0, 1.0], [0.25, 1.0, 0.5, 1.0], [1.0, 0.25, 1.0, 0.5]])
NAMED = [0, 1, 0]  # by X @ WEIGHT.T: (0.5, -0.25), (-1.5, 0.875), (1.0, -0.5)


@pytest.fixture
def f():
    network = nn.Linear(4, 2, bias=False)
    network.weight.data = WEIGHT
    return make_score(network, X, "predicted", output="logit")


def test_of_a_linear_network_all_six_are_known(f):
    """F = w · x, so ∇F = w, φ_j = w_j x_j, and LIME with all features finds the same."""
    w = WEIGHT[NAMED].double()
    parts = w * X.double()
    found = {m: global_importance(f, X, m, N=200, K=4) for m in ("SmoothGrad²", "VarGrad", "KernelSHAP")}
    assert torch.allclose(found["SmoothGrad²"], w.square().mean(0))
    assert torch.allclose(found["VarGrad"], torch.zeros(4, dtype=torch.double), atol=1e-12)
    assert torch.allclose(found["KernelSHAP"], parts.abs().mean(0), atol=1e-6)
    assert torch.allclose(global_importance(f, X, "LIME", N=200, K=4), parts.norm(dim=0), atol=1e-6)
    size = parts.abs()
    expected = (size.square() / size.sum(1, keepdim=True)).mean(0)  # all are used, but the last, whose weight is 0
    assert torch.allclose(global_importance(f, X, "NormLIME", N=200, K=4), expected, atol=1e-6)
    assert torch.equal(global_importance(f, X, "random"), torch.zeros(4, dtype=torch.double))


def test_pixels_are_features_too(f):
    """(n, 1, H, W) is read row by row, as (n, M) is."""
    network = nn.Sequential(nn.Flatten(), f.model)
    image = make_score(network, X.view(3, 1, 2, 2), "predicted", output="logit")
    for method in ("SmoothGrad²", "KernelSHAP", "LIME"):
        flat, seen = global_importance(f, X, method, K=3), global_importance(image, X.view(3, 1, 2, 2), method, K=3)
        assert torch.allclose(flat, seen, atol=1e-6)


def test_importance_refuses(f):
    with pytest.raises(ValueError, match=r"method .* must be one of random, SmoothGrad², .*got 'magic'"):
        global_importance(f, X, "magic")
    with pytest.raises(ValueError, match=r"X must have one channel.*got \(2, 3, 16, 16\)"):
        global_importance(f, images(2), "LIME")
    with pytest.raises(ValueError, match="K must be at most the number of features, 4; got 5"):
        global_importance(f, X, "LIME", K=5)


def test_the_table_of_shapley_values_is_that_of_each_column():
    network = nn.Sequential(nn.Linear(5, 8), nn.Tanh(), nn.Linear(8, 3))
    x = torch.rand(1, 5, generator=torch.Generator().manual_seed(1))
    masks, weights = coalitions(5, 40)
    near = neighbourhood(make_score(network, x, 0), x, len(masks), "pixels", "black", masks=masks)
    table = shapley_table(near, weights)
    assert table.shape == (3, 5)
    for column in range(3):
        assert torch.allclose(table[column], shapley_values(near, weights, column), atol=1e-12)
    assert torch.allclose(table.sum(1), near.scores[0] - near.scores[1], atol=1e-12)  # efficiency; row 1 is all off
