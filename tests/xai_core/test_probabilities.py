"""Networks that return probabilities already: told once, and explained as they are where that is asked for."""

import warnings

import pytest
import torch
from torch import Tensor, nn

from tests.toys import QUICK, PlainCNN, images, seeded
from xai_core import catalogue, explain, make_score
from xai_core.evaluate import Examination
from xai_core.score import forward, gradient

SAID = r"the model returns probabilities already, and output='{}' takes them for logits; output='as_is' explains them"
INSIDE = ("cam", "grad_cam", "guided_grad_cam", "deconvolution", "guided_backprop")  # explain logits unless told


class Ends(PlainCNN):
    def __init__(self, end: nn.Module) -> None:
        super().__init__()
        self.end = end

    def forward(self, x: Tensor) -> Tensor:
        return self.end(super().forward(x))


def ending(end: nn.Module) -> nn.Module:
    return seeded(Ends, end).eval()


def plain() -> nn.Module:
    return seeded(PlainCNN).eval()


@pytest.mark.parametrize("name", [m for m in catalogue() if m != "cam"])
def test_as_it_is_is_the_plain_networks_probability(name):
    """The softmax is in the network or in the score: the same map, and nobody has to be told anything."""
    x, given = images(2), QUICK[name]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        A = explain(ending(nn.Softmax(1)), x, "predicted", name, output="as_is", **given)
        expected = explain(plain(), x, "predicted", name, output="probability", **given)
    torch.testing.assert_close(A, expected, rtol=0, atol=2e-3 * float(expected.abs().max()))


def test_by_hand():
    model, x = nn.Sequential(nn.Softmax(1)), torch.log(torch.tensor([[8.0, 1.0, 1.0]]))
    f = make_score(model, x, 0, "as_is")
    torch.testing.assert_close(forward(f, x), torch.tensor([0.8]))
    torch.testing.assert_close(f.logits(x).softmax(1), torch.tensor([[0.8, 0.1, 0.1]]))
    torch.testing.assert_close(gradient(f, x)[1], torch.tensor([[0.16, -0.08, -0.08]]))
    with pytest.warns(UserWarning, match="takes them for logits"):
        twice = forward(make_score(model, x, 0), x)  # e^.8 / (e^.8 + 2 e^.1)
    torch.testing.assert_close(twice, torch.tensor([0.501693]), rtol=1e-4, atol=0)


@pytest.mark.parametrize("output", ["probability", "logit"])
@pytest.mark.parametrize("end", [nn.Softmax(1), nn.Sigmoid()])
def test_told_once_a_score(end, output):
    model, x = ending(end), images(3)
    with pytest.warns(UserWarning, match=SAID.format(output)) as told:
        f = make_score(model, x, "predicted", output)
        for _ in range(3):
            forward(f, x), gradient(f.rows(torch.tensor([1])), x[1:2])
    assert len([w for w in told if "probabilities" in str(w.message)]) == 1
    with pytest.warns(UserWarning, match=SAID.format(output)):
        explain(model, x, 1, "simple_gradient", output=output)


@pytest.mark.parametrize("end", [nn.Identity(), nn.LogSoftmax(1), nn.ReLU(), nn.Tanh()], ids=lambda e: type(e).__name__)
def test_other_ends_are_no_probabilities(end):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        explain(ending(end), images(3), 1, "simple_gradient")


def test_one_probability_and_several_that_do_not_add_up():
    """A network of one sigmoid, or of many, has probabilities, too."""
    model = nn.Sequential(nn.Linear(2, 2, bias=False), nn.Sigmoid())
    model[0].weight.data = torch.tensor([[1.0, 2.0], [0.0, 4.0]])
    x = torch.zeros(1, 2)
    assert explain(model, x, 1, "simple_gradient", output="as_is").tolist() == [[0.0, 1.0]]  # p (1 − p) w
    one = nn.Sequential(nn.Linear(2, 1, bias=False), nn.Sigmoid())
    one[0].weight.data = torch.tensor([[4.0, 8.0]])
    assert explain(one, x, 0, "simple_gradient", output="as_is").tolist() == [[1.0, 2.0]]
    with pytest.raises(ValueError, match=r"output='probability' needs a model with two classes .*'as_is'"):
        explain(one, x, 0, "simple_gradient")


def test_as_it_is_refuses_logits():
    with pytest.raises(ValueError, match=r"output='as_is' needs a model that returns probabilities.*this one returns"):
        explain(plain(), images(1), 1, "simple_gradient", output="as_is")


def test_the_examination_takes_a_score_as_it_is():
    model, x = ending(nn.Softmax(1)), images(1)
    scores = ("mufidelity", "deletion_black", "gap")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        exam = Examination(model, x, 1, N=30, score=make_score(model, x, 1, "as_is"))
        found = exam.judge("integrated_gradients", scores, output="as_is")
    expected = Examination(plain(), x, 1, N=30).judge("integrated_gradients", scores)
    assert found == pytest.approx(expected, rel=1e-3, abs=1e-6)
