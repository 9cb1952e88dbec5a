"""Rankings, deletion and insertion: exact curves, both ends of the scale, chance, and what is asked of the network."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.toys import OneOutput, PlainCNN, images, noted, seeded
from xai_core import make_score
from xai_core.evaluate import deletion, insertion, rank_correlation, ranking, top_intersection
from xai_core.evaluate.deletion import ask, exchange

# Rankings


def test_pixels_are_ranked_by_the_sum_over_channels():
    A = torch.tensor([[[[1.0, -5.0], [2.0, 0.5]], [[1.0, 1.0], [-2.0, 0.0]]]])  # sums 2, −4, 0, .5
    assert ranking(A).tolist() == [[0, 3, 2, 1]]
    assert ranking(A, absolute=True).tolist() == [[1, 0, 3, 2]]
    assert ranking(torch.tensor([[3.0, 1.0, 2.0]])).tolist() == [[0, 2, 1]]


def test_equal_pixels_come_in_a_random_order_of_the_seed():
    zeros = torch.zeros(1, 1, 20, 20)
    first, again, other = ranking(zeros, seed=1), ranking(zeros, seed=1), ranking(zeros, seed=2)
    assert torch.equal(first, again) and not torch.equal(first, other)
    assert sorted(first[0].tolist()) == list(range(400))
    top = torch.stack([ranking(zeros, seed=s)[0, :40] < 200 for s in range(50)]).double().mean()
    assert abs(float(top) - 0.5) < 0.05  # the upper half is not preferred, as it would be in reading order
    A = zeros.clone()
    A[0, 0, 19, 19] = 1
    assert ranking(A)[0, 0] == 399


@given(st.permutations(range(8)))
def test_agreement_of_orders(order):
    A = torch.arange(8.0)[None]
    B = torch.tensor([[float(i) for i in order]])
    d = (A - B).double().square().sum()
    assert float(rank_correlation(A, B)) == pytest.approx(float(1 - 6 * d / (8 * 63)), abs=1e-6)  # Spearman's formula
    kept = {i for i, v in enumerate(order) if v >= 5}
    assert float(top_intersection(A, B, 3)) == pytest.approx(len(kept & {5, 6, 7}) / 3)


def test_agreement_at_its_ends():
    A = images(2, seed=1)
    assert top_intersection(A, -A, 10).tolist() == [1, 1]  # strength has no sign
    assert rank_correlation(A, -A).tolist() == pytest.approx([-1, -1])
    assert rank_correlation(A, -A, absolute=True).tolist() == pytest.approx([1, 1])
    assert torch.isnan(rank_correlation(A, torch.zeros_like(A))).all()
    one, other = torch.randn(2, 20, 1, 20, 20, generator=torch.Generator().manual_seed(0))
    assert abs(float(top_intersection(one, other, 100).mean()) - 0.25) < 0.03
    with pytest.raises(ValueError, match="k must be at most the number of pixels, 256; got 1000"):
        top_intersection(A, A)
    with pytest.raises(ValueError, match="A must be finite; 1 of its 256"):
        ranking(torch.where(torch.arange(256).view(1, 1, 16, 16) == 3, torch.nan, 0.0))


# Curves

INDICATOR = OneOutput(lambda x: (x[:, 0, 0, :5] == 1).all(1).double())  # all of five pixels of fifty are there


def indicated() -> tuple:
    x = torch.ones(1, 1, 5, 10, dtype=torch.double)
    A = torch.zeros_like(x)
    A[0, 0, 0, :5] = 1
    return make_score(INDICATOR, x, 0, "logit"), x, A


def test_perfect_and_inverted_maps_of_an_indicator():
    f, x, A = indicated()
    assert float(deletion(f, x, A).auc) == 0 and float(insertion(f, x, A).auc) == 1  # exactly
    assert deletion(f, x, -A).scores.tolist() == [[1.0] * 10 + [0.0]]  # the five go last
    assert insertion(f, x, -A).scores.tolist() == [[0.0] * 10 + [1.0]]
    assert float(deletion(f, x, -A).auc) == pytest.approx(0.9) and float(insertion(f, x, -A).auc) == pytest.approx(0.1)


def test_a_sum_gives_a_curve_by_hand():
    x = torch.tensor([[4.0, 3.0, 2.0, 1.0]])
    f = make_score(OneOutput(lambda x: x.sum(1)), x, 0, "logit")
    curve = deletion(f, x, x, "black", 4)
    assert curve.scores.tolist() == [[10, 6, 3, 1, 0]] and float(curve.auc) == 2.5
    assert float(curve.trapezoid) == pytest.approx((10 / 2 + 6 + 3 + 1) / 4)
    assert curve.shares.tolist() == [0, 0.25, 0.5, 0.75, 1] and curve.picture(1).tolist() == [[0, 3, 2, 1]]
    grown = insertion(f, x, x, torch.full((4,), 0.5), 2)
    assert grown.scores.tolist() == [[2, 8, 10]] and grown.picture(1).tolist() == [[4, 3, 0.5, 0.5]]


def test_deletion_is_insertion_backwards():
    x, model = images(3, seed=2), seeded(PlainCNN)
    f, A = make_score(model, x, torch.tensor([0, 3, 1])), images(3, seed=9) - 0.5
    there, back = deletion(f, x, A, "blurred"), insertion(f, x, -A, "blurred")
    assert torch.allclose(there.scores, back.scores.flip(1))
    one = deletion(make_score(model, x[1:2], 3), x[1:2], A[1:2], "blurred")
    assert torch.allclose(one.scores[0], there.scores[1], atol=1e-6)  # an image is judged for its own class
    assert float(there.trapezoid[0] - there.auc[0]) == pytest.approx(
        float(there.scores[0, 0] - there.scores[0, -1]) / 20, abs=1e-9
    )


def test_random_maps_are_between_the_right_and_the_wrong_one():
    """On Σ x_i w_i the right order is known, and random ones average a straight line."""
    x, w = torch.ones(1, 100), torch.linspace(0, 1, 100)
    f = make_score(OneOutput(lambda x: x @ w), x, 0, "logit")
    right, wrong = float(deletion(f, x, w[None]).auc), float(deletion(f, x, -w[None]).auc)
    chance = torch.stack([deletion(f, x, torch.zeros(1, 100), seed=s).auc for s in range(60)]).mean()
    assert right < float(chance) < wrong and float(chance) == pytest.approx(float(w.sum()) * 0.45, rel=0.02)


def test_what_is_shared_is_asked_once():
    seen = []
    f = make_score(OneOutput(lambda x: noted(seen, len(x), x).flatten(1).sum(1)), images(1), 0, "logit")
    x, black, A = images(1), torch.zeros(1, 3, 16, 16), images(1, seed=5)
    seen.clear()
    curves = ask(f, [exchange(x, black, A, names=("x", "black")), exchange(black, x, A, names=("black", "x"))])
    assert sum(seen) == 2 + 9 + 9 and len(seen) == 1
    assert torch.allclose(curves[0].scores, deletion(f, x, A).scores)
    seen.clear()
    ask(f, [exchange(x, black, A, 5, names=("x", "black"))], {"x": torch.tensor([1.0]), "black": torch.tensor([0.0])})
    assert sum(seen) == 4


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"A": torch.zeros(1, 3, 8, 8)}, r"A must have the shape of x, \(1, 3, 16, 16\); got \(1, 3, 8, 8\)"),
        ({"steps": 0}, "steps .* must be a whole number, at least 1; got 0"),
        ({"steps": 300}, "steps must be at most the number of pixels, 256; got 300"),
        ({"canvas": "pink"}, "canvas .*must be one of black"),
        ({"x": torch.full((1, 3, 16, 16), torch.nan)}, "x must be finite"),
    ],
)
def test_mistakes_are_named(change, says):
    x = images(1)
    given = {"f": make_score(seeded(PlainCNN), x, 0), "x": x, "A": x} | change
    with pytest.raises(ValueError, match=says):
        deletion(**given)
