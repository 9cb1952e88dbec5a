"""Ground truth: by hand, both ends, chance."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from xai_core.evaluate import ground_truth

MASK = torch.tensor([[1, 1, 0], [0, 0, 0]]).bool()


def test_by_hand():
    A = torch.tensor([[[[3.0, -1.0, 2.0], [0.0, 1.0, -5.0]]]])  # positive: 3 of 6 inside
    found = ground_truth(A, MASK)
    assert found.inside.tolist() == [0.5] and found.pointing.tolist() == [1]
    assert found.best.tolist() == [0.5]  # the two best are 3 (inside) and 2 (outside)
    assert found.chance.tolist() == pytest.approx([2 / 6])
    colours = torch.stack([A[0, 0] + 1, torch.full((2, 3), -1.0)])[None]  # the same map, shared out over two channels
    assert ground_truth(colours, MASK).inside.tolist() == [0.5]


def test_both_ends():
    inside = MASK.float()[None, None]
    right, wrong = ground_truth(inside, MASK), ground_truth(1 - inside, MASK)
    assert (right.inside, right.best, right.pointing) == (1, 1, 1)
    assert (wrong.inside, wrong.best, wrong.pointing) == (0, 0, 0)
    nothing = ground_truth(-torch.ones(1, 1, 2, 3), MASK)
    assert torch.isnan(nothing.inside).all() and nothing.pointing.tolist() == pytest.approx([1 / 3])  # all are equal


@given(st.integers(1, 35), st.integers(0, 1000))
def test_between_0_and_1_and_the_background_is_the_rest(size, seed):
    generator = torch.Generator().manual_seed(seed)
    mask = torch.zeros(36, dtype=torch.bool)
    mask[torch.randperm(36, generator=generator)[:size]] = True
    A = torch.randn(2, 3, 6, 6, generator=generator)
    here, there = ground_truth(A, mask.view(6, 6)), ground_truth(A, ~mask.view(6, 6))
    assert torch.allclose(here.inside + there.inside, torch.ones(2).double())
    assert torch.allclose(here.pointing + there.pointing, torch.ones(2).double())
    assert ((here.best >= 0) & (here.best <= 1)).all() and here.chance[0] == pytest.approx(size / 36)


def test_chance_is_the_area():
    A = torch.randn(400, 1, 10, 10, generator=torch.Generator().manual_seed(0))
    mask = torch.zeros(10, 10, dtype=torch.bool)
    mask[:3] = True
    found = ground_truth(A, mask)
    for number in (found.inside, found.best, found.pointing):
        assert abs(float(number.mean()) - 0.3) < 0.06


@pytest.mark.parametrize(
    ("A", "mask", "says"),
    [
        (torch.zeros(1, 6), MASK, "A must be images"),
        (torch.zeros(1, 1, 2, 3), MASK.float(), r"mask must be bool, \(1, 2, 3\) or \(2, 3\); got torch.float32"),
        (torch.zeros(1, 1, 2, 3), ~(MASK | ~MASK), "mask must be neither empty nor the whole picture"),
        (torch.zeros(1, 1, 2, 3), MASK | ~MASK, "mask must be neither empty nor the whole picture"),
    ],
)
def test_mistakes_are_named(A, mask, says):
    with pytest.raises(ValueError, match=says):
        ground_truth(A, mask)
