"""KernelSHAP: Shapley values by hand, by their definition and axioms, and those of the shap package on equal masks."""

import warnings
from itertools import combinations
from math import comb, factorial

import numpy as np
import pytest
import shap
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from tests.toys import MLP, OneOutput, PlainCNN, images, linear, seeded
from xai_core import Neighbourhood, coalitions, explain, kernel_shap, make_score, neighbourhood, shapley_values
from xai_core.perturbation.shapley import kernel_of_size

F64 = {"dtype": torch.double}


def game(M: int, seed: int) -> Tensor:
    """A random set function: v of each of the 2^M masks; bit j of the index is feature j."""
    return torch.randn(2**M, **F64, generator=torch.Generator().manual_seed(seed))


def played(v: Tensor, masks: Tensor) -> Neighbourhood:
    """A neighbourhood that answers v of each mask, and minus that for a second class."""
    index = (masks.long() * 2 ** torch.arange(masks.shape[1])).sum(1)
    return Neighbourhood(None, masks, torch.stack([v[index], -v[index]], 1), 0)


def by_definition(v: Tensor, M: int) -> Tensor:
    """φ_j = Σ_S |S|! (M − |S| − 1)! / M! (v(S ∪ j) − v(S)), over all S without j."""
    φ = torch.zeros(M, **F64)
    for j in range(M):
        others = [2**i for i in range(M) if i != j]
        for size in range(M):
            share = factorial(size) * factorial(M - size - 1) / factorial(M)
            for S in combinations(others, size):
                φ[j] += share * (v[sum(S) + 2**j] - v[sum(S)])
    return φ


def values(v: Tensor, M: int, N: int, seed: int = 0) -> Tensor:
    masks, weights = coalitions(M, N, seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of few masks
        return shapley_values(played(v, masks), weights)


# The values


def test_the_values_by_hand():
    """Linear 3 → 4 (all ones; biases −10, 1, 1, 1), ReLU, sum − 1, at [20, 50, 30] against 0: f(x) − f(0) = 392 − 2."""
    first = linear(torch.ones(4, 3), torch.tensor([-10.0, 1, 1, 1]))
    last = linear(torch.ones(1, 4), torch.tensor([-1.0]))
    model, x = nn.Sequential(first, nn.ReLU(), last), torch.tensor([[20.0, 50, 30]])
    assert model(x).item() == 392 and model(0 * x).item() == 2
    A = explain(model, x, 0, "kernel_shap", fill="black", output="logit")
    torch.testing.assert_close(A, torch.tensor([[230 / 3, 590 / 3, 350 / 3]]), rtol=1e-6, atol=0)
    assert A.sum().item() == pytest.approx(390)
    rows = explain(model, torch.cat([x, 0 * x, 2 * x]), 0, "kernel_shap", fill="black", output="logit")
    torch.testing.assert_close(rows[0], A[0])
    assert (rows[1] == 0).all() and rows[2].sum().item() == pytest.approx(792 - 2)


def test_a_glove_game_by_hand():
    """Two left gloves, one right: a pair is worth 1. The right glove gets 2/3, each left one 1/6."""
    v = torch.tensor([0, 0, 0, 0, 0, 1, 1, 1], **F64)  # bits: left, left, right
    torch.testing.assert_close(values(v, 3, 8), torch.tensor([1 / 6, 1 / 6, 2 / 3], **F64))


@given(st.integers(2, 7), st.integers(0, 10_000))
def test_all_masks_give_the_definition(M, seed):
    v = game(M, seed)
    torch.testing.assert_close(values(v, M, 2**M), by_definition(v, M), rtol=1e-9, atol=1e-9)


def test_all_masks_of_ten_features():
    v = game(10, 1)
    torch.testing.assert_close(values(v, 10, 1024), by_definition(v, 10), rtol=1e-9, atol=1e-9)


@given(st.integers(2, 40), st.integers(4, 300), st.integers(0, 10_000))
def test_they_add_up_whatever_was_sampled(M, N, seed):
    """Efficiency, to rounding: with four masks as with all."""
    masks, weights = coalitions(M, N, seed)
    answers = torch.randn(len(masks), 1, **F64, generator=torch.Generator().manual_seed(seed))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        φ = shapley_values(Neighbourhood(None, masks, answers, 0), weights)
    assert φ.sum().item() == pytest.approx((answers[0] - answers[1]).item(), abs=1e-9)


@given(st.integers(2, 7), st.integers(0, 10_000))
def test_axioms(M, seed):
    """Dummy: φ = 0. Symmetry: equal φ. Linearity. All to rounding, with every mask."""
    v, w = game(M, seed), game(M, seed + 1)
    index = torch.arange(2**M)
    without_first = v[index - index % 2]  # feature 0 changes nothing
    assert values(without_first, M, 2**M)[0].abs() < 1e-9
    swapped = index - (index & 3) + (index & 1) * 2 + (index & 2) // 2  # features 0 and 1 change places
    φ = values(v + v[swapped], M, 2**M)
    assert φ[0].item() == pytest.approx(φ[1].item(), abs=1e-9)
    torch.testing.assert_close(
        values(2 * v - 3 * w, M, 2**M), 2 * values(v, M, 2**M) - 3 * values(w, M, 2**M), rtol=1e-9, atol=1e-9
    )


@pytest.mark.parametrize(("M", "N"), [(12, 200), (30, 500), (60, 1000)])
def test_additive_games_are_exact_from_a_sample(M, N):
    """Where F is a sum of the features' own parts, any sample of full rank gives φ exactly."""
    parts = torch.randn(M, **F64, generator=torch.Generator().manual_seed(0))
    masks, weights = coalitions(M, N)
    near = Neighbourhood(None, masks, (3 + masks.double() @ parts)[:, None], 0)
    torch.testing.assert_close(shapley_values(near, weights), parts, rtol=1e-9, atol=1e-9)


def test_more_masks_come_closer():
    """Mean error over ten games of ten features: it falls with N, by half at least from 60 to 500 masks."""
    error = {
        N: np.mean([(values(game(10, s), 10, N, s) - values(game(10, s), 10, 1024)).abs().mean() for s in range(10)])
        for N in (60, 200, 500, 1000)
    }
    assert error[1000] < error[500] < error[200] < error[60] and error[500] < error[60] / 2


def test_columns():
    masks, weights = coalitions(4, 16)
    near = played(game(4, 3), masks)
    assert torch.equal(shapley_values(near, weights, column=1), -shapley_values(near, weights))
    for column in (2, -1, True, 0.5):
        with pytest.raises(ValueError, match=f"column must be a class from 0 to 1; got {column}"):
            shapley_values(near, weights, column=column)


# The masks


def test_the_kernel_by_hand():
    """M = 4: 3 / (k (4 − k)) = 1, 3/4, 1, to a sum of 1."""
    np.testing.assert_allclose(kernel_of_size(4), np.array([4, 3, 4]) / 11)
    masks, weights = coalitions(4, 16)
    for k in (1, 2, 3):  # π = (M − 1) / (C(M, k) k (M − k)) of each mask, to the same scale
        of_size = weights[masks.sum(1) == k]
        assert len(of_size) == comb(4, k)
        torch.testing.assert_close(of_size, torch.full_like(of_size, 3 / (comb(4, k) * k * (4 - k)) / (11 / 4)))


@given(st.integers(2, 60), st.integers(4, 400), st.integers(0, 10_000))
def test_coalitions(M, N, seed):
    """All on, all off, then different masks beside their complements; weights that add up to 1 and match theirs."""
    masks, weights = coalitions(M, N, seed)
    rows = [tuple(row) for row in masks.tolist()]
    assert all(rows[0]) and not any(rows[1]) and weights[0] == weights[1] == 0
    assert len(set(rows)) == len(rows) <= N and (weights[2:] > 0).all()
    assert weights.sum().item() == pytest.approx(1, abs=1e-12)
    of = dict(zip(rows, weights.tolist(), strict=True))
    for row, weight in of.items():
        assert of[tuple(not on for on in row)] == pytest.approx(weight)
    assert len(rows) == 2**M if N >= 2**M else len(rows) >= min(N // 2, 2**M // 2)
    again = coalitions(M, N, seed)
    assert torch.equal(again[0], masks) and torch.equal(again[1], weights)
    if N >= M * (M + 1) // 2 + 4 > 8:  # enough for more than the two outer sizes, which are then complete
        assert (masks.sum(1) == 1).sum() == (masks.sum(1) == M - 1).sum() == M


def test_whole_sizes_by_hand():
    """M = 10, N = 100: 98 to spend. Sizes 1 and 9 (20 masks) are complete; of 2 and 8 (90) only some are."""
    masks, weights = coalitions(10, 100)
    count = torch.bincount(masks.sum(1), minlength=11)
    assert len(masks) == 100 and count[[0, 1, 9, 10]].tolist() == [1, 10, 10, 1] and 0 < count[2] == count[8] < 45
    share = kernel_of_size(10)
    torch.testing.assert_close(weights[masks.sum(1) == 1], torch.full((10,), share[0] / 10, **F64))
    inner = weights[(masks.sum(1) > 1) & (masks.sum(1) < 9)]
    assert inner.sum().item() == pytest.approx(share[1:-1].sum())
    # N = 150: the share of 2 and 8 among the open sizes, 36 %, is 47 of 128 masks, not all 90. N = 300: 101 of 278.
    assert [int((coalitions(10, N)[0].sum(1) == 2).sum()) == 45 for N in (150, 300)] == [False, True]
    drawn = coalitions(10, 100, seed=1)[0]
    assert torch.equal(drawn[:22], masks[:22]) and not torch.equal(drawn, masks)


def test_a_mask_that_comes_again_weighs_more():
    """Drawn masks weigh as often as they came: whole multiples of the smallest."""
    masks, weights = coalitions(8, 200)
    inner = weights[(masks.sum(1) > 2) & (masks.sum(1) < 6)]
    times = inner / inner.min()
    torch.testing.assert_close(times, times.round())
    assert times.max() >= 2


def test_sizes_are_drawn_by_the_kernel():
    """Of 40 features, the sizes 2 … 38 are drawn in proportion to 1 / (k (M − k)), not to how many masks they have."""
    masks, weights = coalitions(40, 2000)
    size, share = masks.sum(1), kernel_of_size(40)
    for k in (2, 5, 20):
        drawn = weights[(size == k) | (size == 40 - k)].sum().item()
        assert drawn == pytest.approx(share[k - 1] + share[40 - k - 1] * (k != 20), rel=0.25)
    inner = masks[(size > 1) & (size < 39)]  # every feature equally often
    assert (inner.double().mean(0) - 0.5).abs().max() < 1e-9


@pytest.mark.parametrize(
    ("M", "N", "rows"),
    [(2, 4, 4), (2, 1000, 4), (3, 5, 4), (3, 7, 6), (1000, 1000, 1000), (np.int64(70), 5, 4)],
)
def test_extreme_numbers(M, N, rows):
    masks, weights = coalitions(M, N)
    assert masks.shape == (rows, M) and weights.sum().item() == pytest.approx(1)
    assert len(masks.unique(dim=0)) == rows


@pytest.mark.parametrize(
    ("M", "N", "words"),
    [
        (1, 10, r"M \(features\) must be a whole number, at least 2; got 1"),
        (True, 10, "M .*got True"),
        (2.0, 10, r"M .*got 2\.0"),
        (5, 3, "N must be at least 4, two masks besides all on and all off; got 3"),
    ],
)
def test_coalitions_that_cannot_be(M, N, words):
    with pytest.raises(ValueError, match=words):
        coalitions(M, N)


def test_fewer_masks_than_features_is_told():
    """And the answer is the smallest that fits: the features that no mask tells apart share alike."""
    x = torch.arange(1.0, 31)[None]
    with pytest.warns(UserWarning, match="N = 20 masks cannot tell 30 features apart; take a larger N, or fewer"):
        A = kernel_shap(lambda x: x.sum(1), x, N=20, fill="black")
    assert A.sum().item() == pytest.approx(x.sum().item(), rel=1e-5)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        A = kernel_shap(lambda x: x.sum(1), x, N=100, fill="black")
    torch.testing.assert_close(A, x, rtol=1e-5, atol=1e-5)
    masks = torch.tensor([[1, 1, 1], [0, 0, 0], [1, 0, 0], [0, 1, 1]]).bool()
    near = Neighbourhood(None, masks, torch.tensor([[6.0], [0], [4], [2]], **F64), 0)
    with pytest.warns(UserWarning, match="N = 4 masks cannot tell 3 features apart"):
        φ = shapley_values(near, torch.tensor([0, 0, 0.5, 0.5], **F64))
    torch.testing.assert_close(φ, torch.tensor([4.0, 1, 1], **F64))


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        (torch.ones(15), r"weights must be a tensor, one a mask, \(16,\); got \(15,\)"),
        (torch.ones(16, 1), r"got \(16, 1\)"),
        (np.ones(16), "got ndarray"),
        (-torch.ones(16), "weights must be finite and at least 0"),
        (torch.full((16,), float("nan")), "weights must be finite"),
    ],
)
def test_weights_that_cannot_be(weights, words):
    near = played(game(4, 0), coalitions(4, 16)[0])
    with pytest.raises(ValueError, match=words):
        shapley_values(near, weights)


def test_a_neighbourhood_of_lime_has_nothing_to_start_from():
    near = neighbourhood(lambda x: x.sum(1), torch.ones(1, 12), 30)
    with pytest.raises(ValueError, match="near must have a mask with every feature off, as `coalitions` makes"):
        shapley_values(near, torch.ones(30))


# The method


def test_a_background_is_averaged_over():
    """Rows of a table: φ against R rows is the mean of the R φ against each; fill broadcasts as one row does."""
    f, x = make_score(seeded(MLP).double(), torch.ones(1, 5, **F64), 1), seeded(torch.rand, 2, 5, **F64)
    rows = seeded(torch.rand, 4, 5, **F64, seed=1)
    each = torch.stack([kernel_shap(f, x, fill=row) for row in rows])
    assert not torch.allclose(each[0], each[1], rtol=0.01)
    torch.testing.assert_close(kernel_shap(f, x, fill=rows), each.mean(0), rtol=1e-9, atol=1e-12)
    torch.testing.assert_close(kernel_shap(f, x, fill=rows[:1]), each[0], rtol=1e-9, atol=1e-12)
    off = torch.stack([f(x[i : i + 1]) - f(rows).mean() for i in range(2)])[:, 0]
    torch.testing.assert_close(kernel_shap(f, x, fill=rows).sum(1), off, rtol=1e-9, atol=1e-12)
    near = neighbourhood(f, x[:1], fill=rows, masks=coalitions(5, 32)[0])
    torch.testing.assert_close(near.scores[1], f.outputs(rows).mean(0), rtol=1e-12, atol=0)


@pytest.mark.parametrize(
    "fill", [torch.ones(3, 4), torch.ones(0, 5), torch.ones(2, 3, 5), torch.full((5,), float("nan"))]
)
def test_backgrounds_that_cannot_be(fill):
    with pytest.raises(ValueError, match=r"fill must (broadcast to the shape|be finite)"):
        kernel_shap(lambda x: x.sum(1), torch.ones(1, 5), fill=fill)


def test_superpixels_share_their_value():
    """A network that sees one channel of one square: that square gets all, painted on each of its pixels."""
    x, labels = images(1).double(), torch.arange(16)[:, None] // 8 * 2 + torch.arange(16) // 8
    model = OneOutput(lambda x: x[:, 1, :8, 8:].mean((1, 2)))
    A = explain(model, x, 0, "kernel_shap", segments=labels, output="logit")
    expected = torch.where(labels == 1, x[0, 1, :8, 8:].mean() - 0.5, torch.zeros((), **F64))
    torch.testing.assert_close(A.sum(1)[0], expected, rtol=1e-9, atol=1e-12)


def test_seeds():
    model, x = seeded(PlainCNN), images(2)
    one, same, other = (explain(model, x, 1, "kernel_shap", N=150, segments="grid", seed=s) for s in (4, 4, 5))
    assert torch.equal(one, same) and not torch.equal(one, other)
    few = [explain(model, x, 1, "kernel_shap", segments="grid", N=150, seed=4)[i] for i in (0, 1)]
    assert torch.equal(torch.stack(few), one)


# The shap package


def test_agrees_with_shap_on_its_own_masks():
    """KernelExplainer's masks and weights after a run (l1_reg=False; its default keeps ten features), read by both."""
    model = seeded(MLP, d=14, classes=3).double()
    rng = np.random.default_rng(0)
    x, background = rng.normal(size=14), rng.normal(size=(3, 14))

    def predict(rows: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            return model(torch.from_numpy(rows)).softmax(1).numpy()

    np.random.seed(0)  # noqa: NPY002 (theirs)
    explainer = shap.KernelExplainer(predict, background)
    theirs = explainer.shap_values(x, nsamples=300, l1_reg=False, silent=True)
    masks = torch.from_numpy(explainer.maskMatrix[: explainer.nsamplesAdded] > 0)
    weights = torch.from_numpy(explainer.kernelWeights[: explainer.nsamplesAdded]).double()
    ends = torch.stack([torch.ones(14), torch.zeros(14)]).bool()
    masks, weights = torch.cat([ends, masks]), torch.cat([torch.zeros(2, **F64), weights])
    f = make_score(model, torch.from_numpy(x)[None], 0)
    near = neighbourhood(f, torch.from_numpy(x)[None], fill=torch.from_numpy(background), masks=masks)
    for c in range(3):
        np.testing.assert_allclose(shapley_values(near, weights, c), theirs[:, c], rtol=1e-6, atol=1e-9)


def test_agrees_with_shap_over_all_masks():
    """KernelExplainer with all 2⁶ masks and a background of several rows, against ours by one call."""
    model = seeded(MLP, d=6, classes=3).double()
    rng = np.random.default_rng(1)
    x, background = rng.normal(size=(2, 6)), rng.normal(size=(5, 6))

    def predict(rows: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            return model(torch.from_numpy(rows)).softmax(1)[:, 2].numpy()

    x, background = torch.from_numpy(x), torch.from_numpy(background)
    theirs = shap.KernelExplainer(predict, background.numpy()).shap_values(x.numpy(), l1_reg=False, silent=True)
    np.testing.assert_allclose(kernel_shap(make_score(model, x, 2), x, fill=background), theirs, rtol=1e-7, atol=1e-10)


def test_nothing_is_left_out_by_default():
    """shap keeps ten features unless told otherwise: here all thirty have their value."""
    x = torch.arange(1.0, 31)[None]
    A = kernel_shap(lambda x: (x * torch.linspace(-1, 1, 30)).sum(1), x, fill="black")
    torch.testing.assert_close(A, x * torch.linspace(-1, 1, 30), rtol=1e-4, atol=1e-4)
