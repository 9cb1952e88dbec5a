"""From many explanations to one: NormLIME's equations by hand, SP-LIME and brute force, W and LIME one by one."""

import itertools
import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from torch import Tensor, nn

import xai_core
from data.nets import networks
from data.pictures import digits
from xai_core import (
    class_normlime,
    conditioned_i_sp,
    coverage,
    i_sp,
    k_lasso,
    local_weights,
    make_score,
    neighbourhood,
    neighbourhoods,
    normlime,
    shared_weights,
    sp_importance,
    submodular_pick,
    word_neighbourhood,
)
from xai_core.classwide import class_maps
from xai_core.perturbation.neighbourhood import coin_flips

W = torch.tensor(
    [
        [3.0, -1.0, 0.0, 0.0],  # ‖w‖₁ = 4
        [1.0, 0.0, -4.0, 0.0],  # 5
        [0.0, 2.0, 2.0, 0.0],  # 4
        [0.0, 0.0, 0.0, 0.0],  # an explanation that says nothing
    ],
    dtype=torch.double,
)
LABELS = torch.tensor([0, 0, 1, 1])


def near(found: Tensor, *expected: float) -> bool:
    return torch.allclose(found, torch.tensor(expected, dtype=torch.double), atol=1e-12)


# --- the equations, by hand -------------------------------------------------------------------------------------------


def test_equation_3() -> None:
    """S: mean over the rows that use the feature of |w|² / ‖w‖₁; a feature never used gets 0, not NaN."""
    assert near(normlime(W), (9 / 4 + 1 / 5) / 2, (1 / 4 + 4 / 4) / 2, (16 / 5 + 4 / 4) / 2, 0)


def test_equation_5_is_equation_3() -> None:
    """ωᵀ diag(1/v) ω / ‖ω‖₀, as the paper's second form has it."""
    rows = W[:3]  # where v > 0
    v = rows.abs().sum(1)
    form = torch.stack([ω @ torch.diag(1 / v) @ ω / max(1, int((ω != 0).sum())) for ω in rows.T])
    assert torch.allclose(normlime(W), form)


def test_equation_6() -> None:
    assert near(i_sp(W), math.sqrt(10), math.sqrt(5), math.sqrt(20), 0)
    assert near(conditioned_i_sp(W, LABELS, 0), math.sqrt(10), 0, 0, 0)  # positive parts of the first two rows
    assert near(conditioned_i_sp(W, LABELS, 1), 0, 2, 2, 0)


def test_equation_9() -> None:
    assert near(class_normlime(W, LABELS, 0), (9 / 4 + 1 / 5) / 2, -1 / 4, -16 / 5, 0)
    assert near(class_normlime(W, LABELS, 1), 0, 1, 1, 0)


def test_one_class_alone_is_the_whole() -> None:
    one = torch.zeros(4, dtype=torch.long)
    assert torch.equal(class_normlime(W.abs(), one, 0), normlime(W))
    assert near(class_normlime(W, one, 7), 0, 0, 0, 0)  # of a class that is never predicted


def test_explanations_without_any_weight() -> None:
    nothing = torch.zeros(3, 2, dtype=torch.double)
    for score in (normlime, i_sp, sp_importance):
        assert near(score(nothing), 0, 0)
    assert submodular_pick(nothing, 2) == [] and coverage(nothing, [0, 1]) == 0


def test_sp_lime_by_hand() -> None:
    """Importance 2, √3, √6, 0. Row 1 covers 2 + √6, then row 0 or 2 adds √3: the first of equal ones."""
    assert near(sp_importance(W), 2, math.sqrt(3), math.sqrt(6), 0)
    assert submodular_pick(W, 1) == [1]
    assert submodular_pick(W, 4) == [1, 0]  # nothing is left to cover
    assert coverage(W, [1]) == pytest.approx(2 + math.sqrt(6))
    assert coverage(W, []) == 0


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_weights_of_any_precision(dtype) -> None:
    """The numbers of float64, in float64: by the equations above, and for the pick."""
    given = W.to(dtype).requires_grad_()
    for score in (normlime, i_sp, sp_importance):
        assert torch.equal(score(given), score(W))
    assert submodular_pick(given, 3) == submodular_pick(W, 3) == [1, 0]
    assert coverage(given, [1, 0]) == coverage(W, [1, 0])
    assert torch.equal(class_normlime(given, LABELS, 0), class_normlime(W, LABELS, 0))
    many = torch.full((4096, 1), 64, dtype=dtype)  # in float16 their sum would be infinite
    assert sp_importance(many).item() == 512 and i_sp(many).item() == 4096


@pytest.mark.parametrize(
    "labels", [[0, 0, 1, 1], (0, 0, 1, 1), np.array([0, 0, 1, 1], np.int32), LABELS.to(torch.uint8)]
)
def test_labels_of_any_kind(labels) -> None:
    for y in (0, 1, np.int64(1)):
        assert torch.equal(class_normlime(W, labels, y), class_normlime(W, LABELS, int(y)))
        assert torch.equal(conditioned_i_sp(W, labels, y), conditioned_i_sp(W, LABELS, int(y)))


@pytest.mark.parametrize(
    "labels", [[0, 1], ["a"] * 4, [0.0, 0, 1, 1], None, 3, [[0, 0, 1, 1]], [[0], [0, 1]], [True] * 4]
)
def test_labels_that_cannot_be(labels) -> None:
    with pytest.raises(ValueError, match=r"labels must be (one a row of W, \(4,\)|whole numbers \(n,\)); got"):
        class_normlime(W, labels, 0)


@pytest.mark.parametrize("y", ["0", 1.5, None, True, [0]])
def test_classes_that_cannot_be(y) -> None:
    with pytest.raises(ValueError, match="y must be a class, a whole number; got"):
        class_normlime(W, LABELS, y)


@pytest.mark.parametrize("count", [0, 5, -1, 2.5, 2.0, "2", None, True])
def test_counts_that_cannot_be(count) -> None:
    with pytest.raises(ValueError, match="count must be a whole number from 1 to the number of explanations, 4; got"):
        submodular_pick(W, count)
    assert submodular_pick(W, np.int64(1)) == [1]


@pytest.mark.parametrize("picked", [[4], [-1], [0.5], ["a"], [None]])
def test_picks_that_cannot_be(picked) -> None:
    with pytest.raises(ValueError, match="picked must be "):
        coverage(W, picked)


# --- properties -------------------------------------------------------------------------------------------------------

values = st.one_of(st.just(0.0), st.floats(-4, 4).filter(lambda v: abs(v) > 1e-3))
matrices = npst.arrays("float64", npst.array_shapes(min_dims=2, max_dims=2, max_side=6), elements=values).map(
    torch.from_numpy
)


@given(matrices, st.floats(0.01, 100))
def test_importance_scales_with_the_weights(W: Tensor, c: float) -> None:
    for score in (normlime, i_sp):
        assert torch.allclose(score(c * W), c * score(W))
    assert torch.allclose(sp_importance(c * W), math.sqrt(c) * sp_importance(W))
    labels = torch.zeros(len(W), dtype=torch.long)
    assert torch.allclose(class_normlime(-c * W, labels, 0), -c * class_normlime(W, labels, 0))


@given(matrices, st.randoms())
def test_the_order_of_the_inputs_does_not_matter(W: Tensor, random) -> None:
    order = list(range(len(W)))
    random.shuffle(order)
    labels = torch.arange(len(W)) % 2
    for score in (normlime, i_sp, sp_importance):
        assert torch.allclose(score(W[order]), score(W))
    assert torch.allclose(class_normlime(W[order], labels[order], 0), class_normlime(W, labels, 0))
    assert coverage(W[order], range(len(W))) == pytest.approx(coverage(W, range(len(W))))


@given(matrices)
def test_the_greedy_pick(W: Tensor) -> None:
    """Best for one; within 1 − 1/e of the best set; nested; covering more with each."""
    n = len(W)
    full = submodular_pick(W, n)
    assert len(set(full)) == len(full)
    for count in range(1, n + 1):
        picked = submodular_pick(W, count)
        assert picked == full[:count]
        best = max(coverage(W, rows) for rows in itertools.combinations(range(n), count))
        assert coverage(W, picked) >= (1 - 1 / math.e) * best - 1e-9
        assert count > 1 or coverage(W, picked) == pytest.approx(best)
    steps = [coverage(W, full[:k]) for k in range(len(full) + 1)]
    gains = [b - a for a, b in itertools.pairwise(steps)]
    assert all(gain > 0 for gain in gains)
    assert all(late <= early + 1e-9 for early, late in itertools.pairwise(gains))  # submodular
    assert coverage(W, full) == pytest.approx(coverage(W, range(n)))


# --- bad input --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: normlime([[1.0]]), "W must be a floating-point tensor .*; got list"),
        (lambda: normlime(torch.ones(3)), r"got \(3,\)"),
        (lambda: i_sp(torch.ones(2, 2, dtype=torch.long)), "floating-point"),
        (lambda: normlime(torch.full((1, 1), float("nan"))), "W must be finite"),
        (lambda: class_normlime(W, LABELS[:2], 0), r"labels must be one a row of W, \(4,\); got 2"),
        (lambda: submodular_pick(W, 0), "count must be a whole number from 1 to the number of explanations, 4; got 0"),
        (lambda: submodular_pick(W, 5), "got 5"),
        (lambda: submodular_pick(W, True), "got True"),
        (lambda: shared_weights([]), "nears must be one neighbourhood or more; got none"),
    ],
)
def test_errors_name_the_argument(call, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        call()


# --- W ----------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def scored() -> tuple[xai_core.Score, Tensor]:
    X = digits.train_test().test_images[:6]
    return make_score(networks.load("digits"), X, "predicted"), X


def test_w_is_lime_one_by_one(scored: tuple) -> None:
    f, X = scored
    local = local_weights(f, X, N=60, K=5, segments="pixels", fill="grey", seed=3)
    assert torch.equal(local.labels, f.target)
    for j in range(len(X)):
        x, masks = X[j : j + 1], coin_flips(60, 64, [3, j])
        around = neighbourhood(f, x, 60, "pixels", "grey", masks=masks)
        assert torch.equal(local.weights[j], k_lasso(around, 5, column=int(f.target[j])).weights)


def test_w_is_the_same_bit_for_bit_and_in_any_portion(scored: tuple) -> None:
    f, X = scored
    one, again, other = (local_weights(f, X, N=40, K=4, segments="pixels", seed=seed).weights for seed in (0, 0, 1))
    assert torch.equal(one, again) and not torch.equal(one, other)
    parts = [
        neighbourhoods(f, X[i : i + 2], 40, "pixels", start=i).local_weights(4).weights for i in range(0, len(X), 2)
    ]
    assert torch.equal(torch.cat(parts), one)


def test_another_k_asks_nothing(scored: tuple, monkeypatch: pytest.MonkeyPatch) -> None:
    f, X = scored
    near = neighbourhoods(f, X[:2], 40, "pixels")
    monkeypatch.setattr(xai_core.Score, "outputs", None)
    assert [int((row != 0).sum()) for row in near.local_weights(3).weights] == [3, 3]
    assert torch.equal(near.near(1).masks, coin_flips(40, 64, [0, 1]))


def test_progress_is_told_and_superpixels_are_refused(scored: tuple) -> None:
    f, X = scored
    seen = []
    neighbourhoods(f, X[:3], 10, "pixels", progress=lambda loop: (seen.append(j) or j for j in loop))
    assert seen == [0, 1, 2]
    for segments in ("slic", "quickshift"):
        with pytest.raises(ValueError, match=f"segments must be the same for all inputs.*'{segments}'"):
            neighbourhoods(f, X, segments=segments)
    with pytest.raises(ValueError, match="K must be at most the number of features, 64; got 65"):
        local_weights(f, X, K=65, segments="pixels")


def test_words_share_a_vocabulary() -> None:
    """A planted rule: "good" speaks for class 1 in every text that has it, everything else is silent."""

    def predict(texts: list[str]) -> Tensor:
        p = torch.tensor([0.9 if "good" in text else 0.2 for text in texts])
        return torch.stack([1 - p, p], 1)

    texts = ["a good film", "good and long", "a bad film"]
    nears = [word_neighbourhood(predict, text, 40, seed=i) for i, text in enumerate(texts)]
    local = shared_weights(nears, K=2, sigma=0.35)
    assert local.labels.tolist() == [1, 1, 0]
    good = local.names.index("good")
    assert local.weights[:, good].tolist() == pytest.approx([0.7, 0.7, 0])
    assert float(local.weights.abs().sum()) == pytest.approx(1.4, rel=1e-6)  # and nothing else
    assert class_normlime(local.weights, local.labels, 1)[good] == pytest.approx(0.7)
    with pytest.raises(ValueError, match="nears must be of texts or tables"):
        xai_core.shared_weights([xai_core.Neighbourhood(None, nears[0].masks, nears[0].scores, 0)])
    with pytest.raises(TypeError, match="nears must be a list of neighbourhoods; got a single one"):
        shared_weights(nears[0])
    with pytest.raises(TypeError, match=r"K .*must be a whole number, at least 1; got '2'"):
        shared_weights(nears, K="2")


# --- maps of a class --------------------------------------------------------------------------------------------------


class Halves(nn.Module):
    """Logits for pictures (N, 1, 2, 2): the left column's sum, and the right one's."""

    def forward(self, x: Tensor) -> Tensor:
        return 4 * torch.stack([x[..., 0].sum((1, 2)), x[..., 1].sum((1, 2))], 1)


LEFT, RIGHT = torch.tensor([[[[1.0, 0.5], [1.0, 0.5]]]]), torch.tensor([[[[0.5, 1.0], [0.5, 1.0]]]])
PIXELS = torch.arange(4).view(2, 2)


def test_a_linear_network_has_the_maps_that_one_expects() -> None:
    X = torch.cat([LEFT, RIGHT, LEFT])
    f = make_score(Halves(), X, "predicted", output="logit")
    local = local_weights(f, X, N=40, K=4, segments="pixels")
    maps = class_maps.class_maps(f, X, local, 0, N=16)
    assert list(maps) == list(class_maps.METHODS)
    assert near(maps["SmoothGrad²"], 16, 0, 16, 0) and near(maps["VarGrad"], 0, 0, 0, 0)
    assert torch.allclose(maps["KernelSHAP"], torch.tensor([4.0, 0, 4, 0], dtype=torch.double), atol=1e-6)
    assert torch.allclose(maps["NormLIME"], torch.tensor([2.0, 0, 2, 0], dtype=torch.double), atol=1e-6)  # ½ · 4
    assert torch.allclose(maps["LIME"], math.sqrt(2) * maps["KernelSHAP"], atol=1e-6)  # two explanations of 4
    with pytest.raises(ValueError, match="y must be a class that the network gives to one of the 3 inputs; got 5"):
        class_maps.class_maps(f, X, local, 5)


def test_kept_by_hand() -> None:
    """With the left column alone left, both pictures are named 0: every 0 is, and no other is told from it."""
    X, labels = torch.cat([LEFT, RIGHT]), torch.tensor([0, 1])
    f = make_score(Halves(), X, "predicted")
    left, right = torch.tensor([1.0, 0, 1, 0]), torch.tensor([0.0, 1, 0, 1])
    assert class_maps.kept(f, X, labels, 0, left, PIXELS, (0.5, 1.0)).tolist() == [0.5, 1.0]
    assert class_maps.kept(f, X, labels, 0, right, PIXELS, (0.5,)).tolist() == [0.5]  # both are named 1
    with pytest.raises(ValueError, match="labels must have inputs of the class 3 and of others"):
        class_maps.kept(f, X, labels, 3, left, PIXELS)
    assert class_maps.kept(f, X, [0, 1], 0, left, PIXELS, (0.5,)).tolist() == [0.5]
    with pytest.raises(ValueError, match=r"labels must be one an input, \(2,\); got 3"):
        class_maps.kept(f, X, [0, 1, 1], 0, left, PIXELS)
    with pytest.raises(ValueError, match=r"labels must be whole numbers \(n,\); got"):
        class_maps.kept(f, X, ["0", "1"], 0, left, PIXELS)


def test_likeness_is_pearsons() -> None:
    mean = torch.tensor([1.0, 0.5, 1.0, 0.5], dtype=torch.double)
    assert class_maps.likeness(3 * mean - 1, LEFT, PIXELS) == pytest.approx(1)
    assert class_maps.likeness(1 - mean, LEFT, PIXELS) == pytest.approx(-1)
    assert math.isnan(class_maps.likeness(torch.ones(4, dtype=torch.double), LEFT, PIXELS))
    two = torch.tensor([[0, 0], [1, 1]])
    assert class_maps.on_features(torch.tensor([[[1.0, 3], [5, 5]], [[1, 1], [0, 2]]]), two).tolist() == [3, 6]
