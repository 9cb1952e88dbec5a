"""Stability over the number of steps: ranks by hand, SciPy, what a path method's few steps are worth."""

import pytest
import scipy.stats
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.toys import MLP, PlainCNN, images, seeded
from xai_core import agi, blur_ig, guided_ig, make_score, rank_correlation, stability, trace

F64 = {"dtype": torch.double}


def test_ranks_by_hand():
    """Four numbers, two neighbours swapped: ρ = 1 − 6·2/(4·15) = 0.8; the reverse −1; only the order counts."""
    a = torch.tensor([[1.0, 2, 3, 4]])
    others = {0.8: [2.0, 1, 3, 4], -1.0: [4.0, 3, 2, 1], 1.0: [-9.0, 0, 0.1, 7e5]}
    for expected, b in others.items():
        assert rank_correlation(a, torch.tensor([b])).item() == pytest.approx(expected)
    assert rank_correlation(a, torch.ones(1, 4)).isnan().all() and rank_correlation(torch.ones(1, 4), a).isnan().all()


def test_images_are_compared_as_they_are_looked_at():
    """Two channels that cancel are nothing to see, whatever they are; a sign makes a difference."""
    a, b = images(2, side=5), images(2, side=5, seed=1)
    added = torch.cat([a[:, :1] + 9 * b[:, :1], a[:, 1:2] - 9 * b[:, :1], a[:, 2:]], 1)
    assert rank_correlation(a, added).tolist() == pytest.approx([1, 1], abs=1e-4)
    assert rank_correlation(a, -a).tolist() == pytest.approx([-1, -1])
    expected = [scipy.stats.spearmanr(a[i].sum(0).flatten(), b[i].sum(0).flatten()).statistic for i in (0, 1)]
    assert rank_correlation(a, b).tolist() == pytest.approx(expected, abs=1e-6)


def test_shapes_have_to_agree():
    with pytest.raises(ValueError, match=r"other must have the shape of A, \(1, 4\); got \(1, 5\)"):
        rank_correlation(torch.ones(1, 4), torch.ones(1, 5))


def test_a_linear_score_is_stable_from_the_first_step():
    x = torch.tensor([[1.0, -2, 3, 0.5]], **F64)
    found = stability(trace(lambda x: (x * torch.tensor([1.0, 2, 3, 4])).sum(1), x).attribution)
    assert list(found.maps) == [1, 15, 30, 300] and list(found.correlation) == [1, 15, 30]
    assert all(ρ.item() == pytest.approx(1) for ρ in found.correlation.values())
    for A in found.maps.values():
        torch.testing.assert_close(A, torch.tensor([[1.0, -4, 9, 2]], **F64))


def test_one_step_is_the_gradient_at_the_end():
    """B = 1 sees ∇F(x) only: where one feature is saturated there, its rank is lost; more steps find it again."""
    x = torch.tensor([[4.0, 1.0, 1.5, 0.5]], **F64)

    def f(x):  # the first feature is saturated from 3 on, and worth most
        return x[:, 0].clamp(max=3) * 1.0 + (x[:, 1:] * torch.tensor([0.5, 1.0, 2.0])).sum(1)

    found = stability(trace(f, x).attribution, steps=(1, 30), reference=1000)
    assert found.maps[1][0].tolist() == pytest.approx([0, 0.5, 1.5, 1.0])
    assert found.maps[1000][0].tolist() == pytest.approx([3, 0.5, 1.5, 1.0], abs=0.01)
    # ranks (0, 1, 3, 2) against (3, 0, 2, 1): d = 3, 1, 1, 1, ρ = 1 − 6·12/60
    assert found.correlation[1].item() == pytest.approx(-0.2) and found.correlation[30].item() == pytest.approx(1)


@given(st.integers(0, 10_000))
def test_more_steps_come_nearer(seed):
    x = torch.randn(1, 5, generator=torch.Generator().manual_seed(seed), **F64)
    found = stability(trace(make_score(seeded(MLP, seed=seed).double(), x, 0), x).attribution, (2, 200), 300)
    assert found.correlation[200].item() >= max(found.correlation[2].item(), 0.9) - 1e-9


def test_paths_that_depend_on_b():
    """Guided IG walks another way for another B, AGI and BlurIG sum theirs anew: all are compared as maps."""
    x = images(1, side=8)
    f = make_score(seeded(PlainCNN), x, "predicted")
    for attribute in (
        lambda B: guided_ig(f, x, B=B),
        lambda B: blur_ig(f, x, B, sigma=2.0),
        lambda B: agi(f, x, B, K=2, T=3),
    ):
        found = stability(attribute, (2, 15), 60)
        assert torch.equal(found.maps[15], attribute(15))
        assert -1 <= found.correlation[2].item() < found.correlation[15].item() <= 1
        assert found.correlation[15].item() > 0.5
    blurred = stability(lambda B: blur_ig(f, x, B, sigma=2.0), (1,), 60)
    assert not blurred.maps[1].any() and blurred.correlation[1].isnan().all()  # at x itself this path stands still
