"""Passes are counted in pictures, whoever counts around whom."""

import pytest
import torch

import xai_core
from app.shared.meter import Cost, measured, watched
from data.nets import networks as shipped

pytestmark = pytest.mark.usefixtures("fresh")


def test_passes_are_counted_in_pictures() -> None:
    f = watched(xai_core.make_score(shipped.load("zoo"), torch.rand(3, 3, 64, 64), "predicted"))
    x = torch.rand(3, 3, 64, 64)
    with measured() as outer:
        with measured() as cost:
            xai_core.score.gradient(f, x)
        assert (cost.forwards, cost.gradients) == (0, 3)
        with measured() as cost:
            xai_core.score.forward(f, x)
        assert (cost.forwards, cost.gradients) == (3, 0)
        with measured() as cost:
            xai_core.uni(f.rows(torch.tensor([0])), x[:1], B=5, T=4)
        assert cost.gradients == 1 + 1 + 4 + 5  # in the weights, for the rule of ε, matching, the path
    assert outer.gradients == 3 + 11
    assert Cost(1, 15).words() == "15 gradients, 1 forward"
