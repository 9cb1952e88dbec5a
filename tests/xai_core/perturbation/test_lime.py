"""LIME: planted models recovered, lime's own packages on equal masks, every length, ties, bands."""

import warnings
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from lime.lime_base import LimeBase
from lime.lime_image import LimeImageExplainer
from sklearn.linear_model import LinearRegression
from torch import Tensor, nn

from tests.toys import PlainCNN, images, linear, seeded, squares
from xai_core import Neighbourhood, band, explain, k_lasso, k_path, lime, make_score, neighbourhood
from xai_core.perturbation.k_lasso import LinearFit, _taken_up, kernel
from xai_core.perturbation.superpixels import filling

F64 = {"dtype": torch.double}


def planted(weights: list[float], N: int = 300, intercept: float = 0.25, seed: int = 0) -> Neighbourhood:
    """A neighbourhood whose answers are intercept + w·z exactly."""
    masks = torch.rand(N, len(weights), generator=torch.Generator().manual_seed(seed)) < 0.5
    masks[0] = True
    scores = intercept + masks.double() @ torch.tensor(weights, **F64)
    return Neighbourhood(torch.arange(len(weights)), masks, scores[:, None], 0, torch.zeros(1, len(weights)))


# K-LASSO


SPARSE = [0.0, 3.0, 0.0, -2.0, 0.0, 1.0, 0.0, 0.0, -0.5, 0.0]
ORDER = [1, 3, 5, 8]  # by size


@pytest.mark.parametrize(("sigma", "distance"), [(0.25, "cosine"), (5.0, "cosine"), (0.6, "l2"), (5.0, "l2")])
def test_a_sparse_linear_model_is_recovered(sigma, distance):
    """Every K: the K largest weights, their signs, in the order of their size; from K = 4 on exactly, R² = 1."""
    near = planted(SPARSE)
    for K in range(1, 11):
        fit = k_lasso(near, K, sigma, distance)
        assert fit.chosen[: min(K, 4)] == ORDER[:K]
        assert len(fit.chosen) <= K and all(fit.weights[j] == 0 for j in range(10) if j not in fit.chosen)
        assert torch.equal(fit.weights[ORDER[:K]].sign(), torch.tensor(SPARSE, **F64)[ORDER[:K]].sign())
        if K >= 4:
            torch.testing.assert_close(fit.weights, torch.tensor(SPARSE, **F64), rtol=1e-9, atol=1e-9)
            assert fit.intercept == pytest.approx(0.25) and fit.r2 == pytest.approx(1)
        else:
            assert 0 < fit.r2 < 1


@given(st.integers(0, 10_000), st.integers(2, 12), st.integers(1, 12), st.floats(0.05, 3))
def test_longer_explanations_fit_better(seed, M, K, sigma):
    """R² never falls with K, whatever the answers; with all features it is that of ordinary weighted least squares."""
    near = planted([0.0] * M, 60, seed=seed)
    y = torch.randn(60, **F64, generator=torch.Generator().manual_seed(seed))
    near = Neighbourhood(near.segments, near.masks, y[:, None], 0, near.fill)
    π = kernel(near.masks, sigma)
    if (π / π.sum() > 1e-3).sum() < M + 5:  # too narrow: fewer answers count than there are weights
        return
    fits = [k_lasso(near, k, sigma) for k in range(1, M + 1)]
    for fit in fits:
        assert -1e-9 <= fit.r2 <= 1 + 1e-9
    if all(set(a.chosen) <= set(b.chosen) for a, b in pairwise(fits)):  # the path let none go
        assert all(a.r2 <= b.r2 + 1e-9 for a, b in pairwise(fits))
    if K >= M:
        oracle = LinearRegression().fit(near.masks.double(), y, π)
        np.testing.assert_allclose(fits[-1].weights, oracle.coef_, rtol=1e-6, atol=1e-8)
        assert fits[-1].intercept == pytest.approx(oracle.intercept_, abs=1e-8)
        assert fits[-1].r2 == pytest.approx(oracle.score(near.masks.double(), y, π), abs=1e-8)


@pytest.mark.parametrize("K", [1, 3, 6, 9])
@pytest.mark.parametrize("width", [0.1, 0.25, 1.0])
def test_agrees_with_lime_base(K, width):
    """Their kernel is the root of ours: width w ↔ σ = √2 w. Same features, order, weights, intercept, R²."""
    near = planted(SPARSE[:9])
    noise = torch.randn(300, **F64, generator=torch.Generator().manual_seed(1))
    near = Neighbourhood(near.segments, near.masks, near.scores + noise[:, None] / 2, 0, near.fill)
    share = near.masks.double().mean(1).numpy()
    base = LimeBase(lambda d: np.sqrt(np.exp(-(d**2) / width**2)))
    labels = near.scores.numpy()
    intercept, theirs, r2, _ = base.explain_instance_with_data(
        near.masks.double().numpy(),
        labels,
        1 - np.sqrt(share),
        0,
        K,
        feature_selection="lasso_path",
        model_regressor=LinearRegression(),
    )
    fit = k_lasso(near, K, 2**0.5 * width)
    assert set(fit.chosen) == {j for j, _ in theirs}
    for j, weight in theirs:
        assert fit.weights[j].item() == pytest.approx(weight, rel=1e-7)
    assert fit.intercept == pytest.approx(intercept, rel=1e-7) and fit.r2 == pytest.approx(r2, rel=1e-7)


def test_duplicated_columns_share():
    """Two features always switched together cannot be told apart: the fit is that of their sum, R² stays 1."""
    near = planted([2.0, 0.0, -1.0])
    masks = near.masks[:, [0, 0, 1, 2]]
    twins = Neighbourhood(torch.arange(4), masks, near.scores, 0, torch.zeros(1, 4))
    fit = k_lasso(twins, 4)
    assert torch.isfinite(fit.weights).all() and (fit.weights[0] + fit.weights[1]).item() == pytest.approx(2)
    assert fit.weights[3].item() == pytest.approx(-1) and fit.r2 == pytest.approx(1)


def test_a_constant_network():
    """Nothing varies: no weight, and an R² that says so."""
    for value in torch.rand(50, generator=torch.Generator().manual_seed(0)).tolist():
        near = planted([0.0] * 6, intercept=value)
        fit = k_lasso(near, 3)
        assert (fit.weights == 0).all() and fit.intercept == pytest.approx(value)
        assert np.isnan(fit.r2) and fit.chosen == []


@pytest.mark.parametrize(("N", "K"), [(2, 6), (5, 6), (4, 3), (10, 10), (2, 1)])
def test_as_many_numbers_as_answers(N, K):
    """Intercept and weights go through every point, of noise, too: R² is not defined, at any length of a path."""
    near = planted([0.0] * 10, N)
    near = replace(near, scores=torch.rand(N, 1, generator=torch.Generator().manual_seed(1), **F64))
    fit = k_lasso(near, K)
    assert np.isnan(fit.r2) and len(fit.chosen) >= N - 1
    assert [np.isnan(fit.r2) for fit in k_path(near, 10)] == [len(fit.chosen) + 1 >= N for fit in k_path(near, 10)]


@pytest.mark.parametrize("N", [5, 12])
def test_one_answer_more_than_numbers(N):
    """An R² again; of a linear function it is 1."""
    assert k_lasso(planted([0.0, 3.0, -2.0, 0.0], N), 2).r2 == pytest.approx(1)


@pytest.mark.parametrize("N", [1, 2, 3])
def test_hardly_any_samples(N):
    fit = k_lasso(planted(SPARSE, N), 6)
    assert torch.isfinite(fit.weights).all() and len(fit.chosen) <= 6


def test_k_and_columns():
    near = planted(SPARSE)
    with pytest.raises(ValueError, match="K must be at most the number of features, 10; got 11"):
        k_lasso(near, 11)
    both = Neighbourhood(near.segments, near.masks, torch.cat([near.scores, -2 * near.scores], 1), 1, near.fill)
    assert torch.allclose(k_lasso(both, 4).weights, -2 * k_lasso(both, 4, column=0).weights)


def test_kernel_by_hand():
    """4 features, 4, 1, 2 of them on: cosine 1 − √(j/4), l2 √((4 − j)/4)."""
    masks = torch.tensor([[1, 1, 1, 1], [0, 1, 0, 0], [1, 0, 1, 0]]).bool()
    D = torch.tensor([0, 0.5, 1 - 0.5**0.5], **F64)
    torch.testing.assert_close(kernel(masks, 0.4), torch.exp(-(D**2) / 0.16))
    D = torch.tensor([0, 0.75**0.5, 0.5**0.5], **F64)
    torch.testing.assert_close(kernel(masks, 0.4, "l2"), torch.exp(-(D**2) / 0.16))
    ones = torch.ones(4)
    for z, π in zip(masks.float(), kernel(masks, 0.4), strict=True):  # the definition of the cosine
        D = 1 - torch.cosine_similarity(ones, z, dim=0)
        assert π.item() == pytest.approx(torch.exp(-(D**2) / 0.16).item(), rel=1e-5)


# Any length, ties, bands


@given(st.integers(0, 10_000), st.integers(2, 12), st.integers(1, 60), st.sampled_from(["noise", "twins", "constant"]))
def test_the_path_is_every_length(seed, M, N, kind):
    """k_path(K) is k_lasso(K), bit for bit, on any masks, and nothing warns: twins, constant columns, few samples."""
    g = torch.Generator().manual_seed(seed)
    masks = torch.rand(N, M, generator=g) < 0.6
    masks[0] = True
    if kind == "twins":
        masks[:, 1] = masks[:, 0]
    if kind == "constant":
        masks[:, 0] = True
    near = Neighbourhood(None, masks, torch.randn(N, 1, **F64, generator=g), 0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        path = k_path(near, 30)
        fits = [k_lasso(near, K) for K in range(1, M + 1)]
    assert len(path) == M
    for K, (a, b) in enumerate(zip(path, fits, strict=True), 1):
        assert a.chosen == b.chosen and torch.equal(a.weights, b.weights) and len(a.chosen) <= K
        assert len(set(a.chosen)) == len(a.chosen) and torch.isfinite(a.weights).all()
        if kind == "constant":
            assert 0 not in a.chosen and a.weights[0] == 0
    assert all(set(path[K].chosen) != set() for K in range(M)) or N < 3 or not masks.double().std(0).any()


def test_lengths_of_a_path():
    near = planted(SPARSE)
    assert [len(fit.chosen) for fit in k_path(near, 3)] == [1, 2, 3]
    assert len(k_path(near)) == 10  # no more than there are features
    with pytest.raises(ValueError, match=r"most .*must be a whole number, at least 1; got 0"):
        k_path(near, 0)


def test_a_path_that_lets_a_feature_go():
    """Counts in use 1, 2, 2, 3, 2: what counts for K = 2 is the moment before the third, for 1 before the second."""
    knots = np.array([[0, 1, 2, 0, 0, 0], [0, 0, 1, 2, 3, 3], [0, 0, 0, 1, 2, 0], [0, 0, 0, 0, 1, 2]])
    assert [_taken_up(knots, K) for K in (1, 2, 3, 4)] == [[0], [1, 2], [1, 3], [1, 3]]
    assert _taken_up(knots[:, :5], 3) == [1, 2, 3]


@pytest.mark.parametrize("sigma", [0.25, 100.0])
@pytest.mark.parametrize("M", [2, 3, 5])
def test_equals_enter_one_by_one(M, sigma):
    """Σ z over all masks: every feature is worth 1. scikit-learn's LARS, left alone, stops after the first of them."""
    masks = torch.cartesian_prod(*[torch.tensor([True, False])] * M)
    near = Neighbourhood(None, masks, masks.double().sum(1, keepdim=True), 0)
    for K, fit in enumerate(k_path(near, M, sigma), 1):
        assert fit.chosen == list(range(K))
        if sigma == 100:  # all masks weigh the same: each feature explains its M-th
            torch.testing.assert_close(fit.weights[:K], torch.ones(K, **F64), rtol=1e-3, atol=0)
            assert fit.r2 == pytest.approx(K / M, abs=1e-3)
    torch.testing.assert_close(fit.weights, torch.ones(M, **F64))
    assert fit.r2 == pytest.approx(1)


@given(st.integers(2, 6), st.lists(st.integers(-2, 2), min_size=6, max_size=6), st.floats(0.1, 5))
def test_whole_weights_over_all_masks(M, weights, sigma):
    """Ties of every kind: as many features as there are weights, and all of the answers explained."""
    w = torch.tensor(weights[:M], **F64)
    masks = torch.cartesian_prod(*[torch.tensor([True, False])] * M)
    if w.any():
        fit = k_lasso(Neighbourhood(None, masks, masks.double() @ w[:, None], 0), int((w != 0).sum()), sigma)
        torch.testing.assert_close(fit.weights, w, rtol=1e-6, atol=1e-6)
        assert fit.r2 == pytest.approx(1)


@given(st.integers(0, 10_000), st.integers(1, 6), st.integers(0, 6))
def test_any_planted_model_is_recovered(seed, size, empty):
    """Weights of clearly different size, any order and sign, any number of features without: all K, order, sign."""
    g = torch.Generator().manual_seed(seed)
    w = torch.cat([2.0 ** torch.arange(size), torch.zeros(empty)]).double()
    w *= torch.where(torch.rand(len(w), generator=g) < 0.5, 1.0, -1.0)
    w = w[torch.randperm(len(w), generator=g)]
    if len(w) < 2:
        return
    near = planted(w.tolist(), 600, seed=seed)
    order = w.abs().argsort(descending=True)[:size].tolist()
    for K, fit in enumerate(k_path(near, size), 1):
        assert fit.chosen == order[:K] and torch.equal(fit.weights[order[:K]].sign(), w[order[:K]].sign())
    torch.testing.assert_close(fit.weights, w, rtol=1e-8, atol=1e-8)
    assert fit.r2 == pytest.approx(1) and fit.intercept == pytest.approx(0.25)


@pytest.mark.parametrize("column", [3, -1, True, 1.0, "0"])
def test_columns_that_cannot_be(column):
    near = planted(SPARSE)
    for read in (k_lasso, k_path):
        with pytest.raises(ValueError, match="column must be a class from 0 to 0; got"):
            read(near, 2, column=column)


def test_a_band_by_hand():
    """21 runs whose first weight is 0, 1, … 20 and whose second is chosen twice: the 5 % and 95 % points are runs."""
    fits = [LinearFit(torch.tensor([float(i), float(i in (3, 4)) * -2], **F64), 0.0, 1.0, [0]) for i in range(21)]
    spread = band(fits)
    assert spread.mean.tolist() == [10, pytest.approx(-4 / 21)]
    assert spread.low.tolist() == [1, -2] and spread.high.tolist() == [19, 0]
    assert spread.chosen.tolist() == [pytest.approx(20 / 21), pytest.approx(2 / 21)]
    with pytest.raises(ValueError, match="fits must be two explanations or more, of different seeds; got 1"):
        band(fits[:1])


# On a neighbourhood of its own


def test_agrees_with_lime_image():
    """LimeImageExplainer's own masks and answers, read by both: their weights, and our h(z) is their picture."""
    model, x = seeded(PlainCNN).eval(), images(1)
    with torch.no_grad():
        model.fc.weight.mul_(30)
    labels = squares()

    def classify(batch: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            return model(torch.from_numpy(batch).permute(0, 3, 1, 2).float()).softmax(1).numpy()

    explainer = LimeImageExplainer(kernel_width=0.25, feature_selection="lasso_path", random_state=3)
    picture = x[0].permute(1, 2, 0).numpy().astype(np.double)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = explainer.explain_instance(
            picture,
            classify,
            labels=(2,),
            top_labels=None,
            hide_color=0.5,
            num_features=5,
            num_samples=200,
            segmentation_fn=lambda image: labels.numpy(),
            model_regressor=LinearRegression(),
        )
    draws = np.random.RandomState(3)
    draws.randint(0, high=1000)  # the package draws a seed for the segmentation first
    masks = draws.randint(0, 2, 200 * 16).reshape(200, 16)
    masks[0] = 1
    masks = torch.from_numpy(masks).bool()
    f = make_score(model, x, 2)
    with torch.no_grad():
        answers = f.outputs(torch.where(masks[:, labels][:, None], x, filling(x, labels, "grey"))).double()
    fit = k_lasso(Neighbourhood(labels, masks, answers, 2, x), 5, 2**0.5 * 0.25)
    assert {j for j, _ in theirs.local_exp[2]} == set(fit.chosen)
    for j, weight in theirs.local_exp[2]:
        assert fit.weights[j].item() == pytest.approx(weight, rel=1e-3)
    assert fit.intercept == pytest.approx(theirs.intercept[2], rel=1e-3)
    assert fit.r2 == pytest.approx(theirs.score[2] if isinstance(theirs.score, dict) else theirs.score, rel=1e-3)


def test_moving_k_and_sigma_asks_the_network_nothing():
    asked = []

    def f(x: Tensor) -> Tensor:
        asked.append(len(x))
        return x.flatten(1).mean(1)

    x = images(1)
    near = neighbourhood(f, x, 130, squares())
    assert sum(asked) == 130 and max(asked) == 64
    for K in (1, 5, 16):
        for sigma in (0.1, 1.0):
            k_lasso(near, K, sigma)
    assert sum(asked) == 130
    lime(f, images(3), 20, 2, segments="grid")
    assert sum(asked) == 130 + 3 * 20


# The method


def test_a_linear_network_of_superpixels():
    """Logit = Σ_j w_j mean(x in j): switching j off changes it by w_j (mean − ½), exactly; zero where K ends."""
    x, labels = images(1).double(), squares()
    w = torch.zeros(16, **F64)
    w[[2, 7, 11]] = torch.tensor([4.0, -3.0, 2.0], **F64)
    mean = torch.stack([x[0][:, labels == j].mean() for j in range(16)])
    pixels = (w[labels] / 48).expand(3, 16, 16).flatten()
    model = nn.Sequential(nn.Flatten(), linear(torch.stack([pixels, -pixels])))
    A = explain(model, x, 0, "lime", N=400, K=3, segments=labels, output="logit")
    expected = (w * (mean - 0.5))[labels]
    torch.testing.assert_close(A.sum(1)[0], expected, rtol=1e-6, atol=1e-9)
    torch.testing.assert_close(explain(model, x, 1, "lime", N=400, K=3, segments=labels, output="logit"), -A)


def test_rows_of_numbers_and_series():
    """Other data: each number is a feature of its own, off means ½ unless told."""
    weights = torch.tensor([[2.0, 0, -1, 0, 0.5]], **F64)
    x = torch.tensor([[1.0, 2, 3, 4, 5], [0, 0, 1, 1, 2]], **F64)
    A = explain(linear(weights), x, 0, "lime", N=200, K=3, fill="black", output="logit")
    torch.testing.assert_close(A, weights * x, rtol=1e-9, atol=1e-9)
    series = torch.rand(2, 2, 7, **F64, generator=torch.Generator().manual_seed(0))
    model = nn.Sequential(nn.Flatten(), linear(torch.arange(28.0, **F64).view(2, 14)))
    A = explain(model, series, 1, "lime", N=300, K=14, fill="black", sigma=5.0, output="logit")
    torch.testing.assert_close(A, series * torch.arange(14.0, 28, **F64).view(2, 7), rtol=1e-7, atol=1e-7)


@pytest.mark.parametrize("size", [1e-12, 1e-6, 1.0, 1e6])
def test_answers_of_any_size(size):
    """A network that is sure hardly varies: its explanation is as long as any, only smaller."""
    near = planted(SPARSE)
    noise = torch.randn(len(near.scores), 1, **F64, generator=torch.Generator().manual_seed(1))
    near = replace(near, scores=near.scores + noise)
    small, usual = k_lasso(replace(near, scores=0.9 + size * near.scores), 6), k_lasso(near, 6)
    assert small.chosen == usual.chosen and len(usual.chosen) == 6
    torch.testing.assert_close(small.weights / size, usual.weights, rtol=1e-3, atol=1e-3)
