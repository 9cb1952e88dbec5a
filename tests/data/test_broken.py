"""Integrated Gradients as students write it: the right one as xai_core has it, the wrong ones by hand."""

import pytest
import torch
from torch import Tensor, nn

from data import networks, zoo
from data.broken import MISTAKES, noise, right
from xai_core import explain


class Linear(nn.Module):
    """Logits 2a − b and −a + 3b of a picture of two pixels."""

    def forward(self, x: Tensor) -> Tensor:
        return x.flatten(1) @ torch.tensor([[2.0, -1.0], [-1.0, 3.0]])


X = torch.tensor([[[[0.75, 0.25]]]])
START = noise(X, 0)
FIRST, SECOND = torch.tensor([2.0, -1.0]).view(1, 1, 1, 2), torch.tensor([-1.0, 3.0]).view(1, 1, 1, 2)


def test_the_right_one_is_the_catalogues():
    model, scene = networks.load("zoo"), zoo.draw("elephant", seed=1).image[None]
    ours = explain(model, scene, 2, "integrated_gradients", B=30, output="logit", baseline=noise(scene, 5))
    torch.testing.assert_close(right(model, scene, 2, 30, 5), ours, rtol=1e-3, atol=1e-5)


def test_on_a_linear_network_the_right_map_is_difference_times_weight():
    torch.testing.assert_close(right(Linear(), X, 0), (X - START) * FIRST)
    torch.testing.assert_close(right(Linear(), X, 1), (X - START) * SECOND)


def wrong(name: str, target: int = 0, x: Tensor = X) -> Tensor:
    return MISTAKES[name].function(Linear(), x, target)


def test_another_class_gives_the_same_map_whatever_is_asked_for():
    torch.testing.assert_close(wrong("class", 0), wrong("class", 1), rtol=0, atol=0)
    bright = torch.tensor([[[[9.0, -9.0]]]])  # the first class leads from the first step on
    torch.testing.assert_close(wrong("class", 1, bright), right(Linear(), bright, 0))


def test_a_probability_adds_up_to_its_own_change():
    A = MISTAKES["probability"].function(Linear(), X, 0, B=3000)
    change = Linear()(X).softmax(1)[0, 0] - Linear()(START).softmax(1)[0, 0]
    assert float(A.sum()) == pytest.approx(float(change), abs=1e-3)
    assert float(A.sum()) != pytest.approx(float(right(Linear(), X, 0).sum()), abs=0.1)


def test_without_the_difference_there_is_a_slope_even_where_nothing_changed():
    torch.testing.assert_close(wrong("difference"), FIRST)
    torch.testing.assert_close(wrong("difference", x=START.clone()), FIRST)
    assert float(right(Linear(), START.clone(), 0).abs().sum()) == 0


def test_without_a_seed_no_run_is_like_the_other_and_the_global_stream_moves():
    torch.manual_seed(3)
    first, second = wrong("seed"), wrong("seed")
    assert not torch.equal(first, second)
    torch.manual_seed(3)
    torch.testing.assert_close(wrong("seed"), first, rtol=0, atol=0)


def test_without_signs_nothing_speaks_against():
    torch.testing.assert_close(wrong("sign"), ((X - START) * FIRST).abs())


@pytest.mark.parametrize("name", MISTAKES)
def test_one_line_is_wrong_and_with_the_right_one_it_is_the_right_function(name):
    mistake = MISTAKES[name]
    lines = mistake.lines
    assert lines[mistake.wrong] != mistake.mended
    lines[mistake.wrong] = mistake.mended
    known = {"torch": torch}
    exec("def mended(model, x, target, B=30, seed=0):\n" + "\n".join(lines), known)
    torch.testing.assert_close(known["mended"](Linear(), X, 0), right(Linear(), X, 0), rtol=0, atol=0)
