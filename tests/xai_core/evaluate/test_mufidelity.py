"""MuFidelity: both ends, chance, by hand, and that maps share the answers."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.toys import OneOutput, PlainCNN, images, noted, seeded
from xai_core import make_score
from xai_core.evaluate import mufidelity, subsets, without_subsets
from xai_core.evaluate.mufidelity import read


def total(x):
    return make_score(OneOutput(lambda x: x.flatten(1).sum(1)), x, 0, "logit")


def test_a_sum_gives_plus_and_minus_one():
    """f = Σ x, A = x is perfect, A = −x perfectly wrong."""
    x = images(2, seed=3).double()
    assert mufidelity(total(x), x, x).correlation.tolist() == pytest.approx([1, 1])
    assert mufidelity(total(x), x, -x).correlation.tolist() == pytest.approx([-1, -1])
    assert mufidelity(total(x), x, 7 * x, N=20, share=0.5, segments="pixels").correlation.tolist() == pytest.approx(
        [1, 1]
    )
    found = mufidelity(total(x), x, x, reference=torch.zeros(1, 3, 16, 16).double())
    assert torch.allclose(found.sums, found.changes)


def test_by_hand():
    x = torch.tensor([[3.0, 1.0, 2.0]]).double()
    f = make_score(OneOutput(lambda x: x[:, 0] * x[:, 1] + x[:, 2]), x, 0, "logit")
    near = without_subsets(f, x, 3, 0.34, "pixels", torch.zeros(1, 3))
    assert near.masks.shape == (4, 3) and ((~near.masks[1:]).sum(1) == 1).all()
    found = read([near], torch.tensor([[5.0, 1.0, 0.0]]))
    off = (~near.masks[1:]).int().argmax(1)
    assert found.changes[0].tolist() == [[3.0, 3.0, 2.0][i] for i in off]  # without x₀, x₁, x₂
    assert found.sums[0].tolist() == [[5.0, 1.0, 0.0][i] for i in off]


@given(st.integers(2, 40), st.integers(2, 60), st.floats(0.01, 1), st.integers(0, 99))
def test_subsets_have_one_size(M, N, share, seed):
    masks = subsets(M, N, share, seed)
    sizes = (~masks).sum(1)
    assert masks.shape == (N + 1, M) and sizes[0] == 0
    assert (sizes[1:] == min(max(1, round(share * M)), M - 1)).all()
    assert torch.equal(subsets(M, N + 5, share, seed)[: N + 1], masks)


def test_every_feature_comes_as_often():
    off = (~subsets(10, 4000, 0.3, 1)[1:]).double().mean(0)
    assert ((off - 0.3).abs() < 0.03).all()


def test_random_maps_are_at_chance_and_constant_ones_have_no_number():
    x = images(1, seed=4)
    f = make_score(seeded(PlainCNN), x, 0)
    near = without_subsets(f, x, 200)
    maps = torch.randn(200, 1, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    values = torch.stack([read([near], A).correlation[0] for A in maps])
    assert abs(float(values.mean())) < 0.03
    assert 0.08 < float(values.abs().mean()) < 0.14  # 0.8 √(1/64 + 1/200) = .11
    fine = without_subsets(f, x, 200, segments="pixels")
    values = torch.stack([read([fine], A).correlation[0] for A in maps])
    assert 0.04 < float(values.abs().mean()) < 0.08  # 0.8 √(1/256 + 1/200) = .075
    assert torch.isnan(read([near], torch.zeros(1, 3, 16, 16)).correlation).all()
    flat = without_subsets(make_score(OneOutput(lambda x: 0 * x[:, 0, 0, 0]), x, 0, "logit"), x, 20)
    assert torch.isnan(read([flat], x).correlation).all()


def test_another_map_asks_nothing():
    seen = []
    x = images(1, seed=4)
    f = make_score(OneOutput(lambda x: noted(seen, len(x), x).flatten(1).sum(1)), x, 0, "logit")
    seen.clear()
    near = without_subsets(f, x, 50)
    assert sum(seen) == 51
    assert float(read([near], x).correlation) == pytest.approx(1)
    read([near], -x)
    assert sum(seen) == 51


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"N": 1}, "N .*at least 2; got 1"),
        ({"share": 0.0}, "share .*greater than 0, at most 1; got 0.0"),
        ({"A": torch.zeros(1, 3, 8, 8)}, r"A must have a row an image, \(1, …\), and the places of each; got"),
        ({"reference": "pink"}, "reference .*must be one of"),
    ],
)
def test_mistakes_are_named(change, says):
    x = images(1)
    with pytest.raises(ValueError, match=says):
        mufidelity(**({"f": total(x), "x": x, "A": x} | change))
