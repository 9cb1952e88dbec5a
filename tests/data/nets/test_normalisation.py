"""A wrong normalisation is noticed where another one is clearly better, and nowhere else."""

import pytest
import torch
from torch import nn

from data.nets import normalisation, yours
from data.nets.normalisation import better, by_chance, interval
from data.nets.yours import Yours


class Threshold(nn.Module):
    """Class 1 where the mean of the input is above `at`."""

    def __init__(self, at: float) -> None:
        super().__init__()
        self.at = at

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        z = x.mean((1, 2, 3)) - self.at
        return torch.stack([-z, z], 1)


def of(network: nn.Module, normalise: yours.Normalisation | None) -> Yours:
    return Yours(network, ("dark", "bright"), 3, 4, normalise, (), "")


def test_a_network_trained_from_minus_1_to_1_is_told():
    """Grey 0.3 and 0.7: only from −1 to 1, or so, does 0 lie between them."""
    labels = torch.arange(20) % 2
    images = (0.3 + 0.4 * labels.float())[:, None, None, None].expand(20, 3, 4, 4)
    said = better(of(Threshold(0.0), None), images, labels)
    assert said.startswith("Of 20 labelled pictures your network knows 10. On ") and "it knows 20" in said
    assert "If it was trained so, start with MEAN=" in said
    right = yours.Normalised(Threshold(0.0), [0.5], [0.5])
    assert better(of(right, ((0.5,), (0.5,))), images, labels) == ""
    wrong = yours.Normalised(Threshold(0.5), [0.5], [0.5])
    assert better(of(wrong, ((0.5,), (0.5,))), images, labels).endswith("start without MEAN and STD.")
    assert better(of(Threshold(0.0), None), images[:8], labels[:8]) == ""  # 4 more of 4: one coin in 16 does that


def test_the_sign_test_and_the_interval():
    assert by_chance(7, 0) == 1 / 128 and by_chance(3, 1) == 5 / 16 and by_chance(0, 0) == 1
    low, high = interval(8, 10)  # Wilson 1927; statsmodels' proportion_confint
    assert (low, high) == (pytest.approx(0.49015, abs=1e-4), pytest.approx(0.94332, abs=1e-4))
    assert interval(0, 0) == (0.0, 1.0) and set(normalisation.USUAL) == {1, 3}
