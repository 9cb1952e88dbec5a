"""DeepLIFT tells what has no rule, by how much the sum fails, and refuses what it cannot follow."""

import pytest
import torch
from torch import Tensor, nn

from tests.toys import Between, PlainCNN, images, numbers, seeded
from xai_core import deeplift, explain, make_score
from xai_core.score import forward


class Recurrent(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lstm, self.fc = nn.LSTM(4, 6, batch_first=True), nn.Linear(6, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.lstm(x)[0][:, -1])


UNCOVERED = {
    "LSTM": (Recurrent, numbers(2, 5, 4)),
    "sorting": (lambda: Between(lambda h: h.sort(1)[0]), numbers(2, 10)),
    "a mask": (lambda: Between(lambda h: h * (h > 0.3)), numbers(2, 10)),
    "where": (lambda: Between(lambda h: torch.where(h > 0, h, h - 1)), numbers(2, 10)),
    "detached": (lambda: Between(lambda h: h + h.detach().relu()), numbers(2, 10)),
    "three factors": (lambda: Between(lambda h: torch.einsum("ni,ni,ni->ni", h, h, h)), numbers(2, 10)),
}


@pytest.mark.parametrize("name", UNCOVERED)
def test_a_step_without_a_rule_is_told(name):
    """Never in silence: by how much the sum fails is in the warning."""
    build, x = UNCOVERED[name]
    f = make_score(seeded(build).double(), x, 1, "logit")
    with pytest.warns(UserWarning, match="deeplift: the attributions of a row miss") as told:
        A = deeplift(f, x)
    gap = (A.flatten(1).sum(1) - forward(f, x) + forward(f, torch.zeros_like(x))).abs().max()
    assert f"by {gap:.2g}:" in str(told[0].message) and told[0].filename == __file__


def test_an_infinite_slope_is_told():
    """√ at a pixel that stayed at 0: ∞ · 0 is no number, and said to be none."""
    with pytest.warns(UserWarning, match="by inf"):
        A = deeplift(lambda x: x.sqrt().sum(1), torch.tensor([[0.0, 4]]))
    assert A[0, 0].isnan() and A[0, 1] == 2


@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
@pytest.mark.parametrize("part", [False, True])
def test_scripted_code_is_refused(part):
    model, x = seeded(PlainCNN).eval(), images(1)
    if part:
        model.features = torch.jit.script(model.features)
    else:
        model = torch.jit.script(model)
    with pytest.raises((TypeError, ValueError), match=r"model.*TorchScript"):
        explain(model, x, 1, "deeplift")


def test_a_network_that_takes_other_ways_is_refused():
    """Steps of x and of x′ are compared one by one, so they must be the same steps."""
    branches = Between(lambda h: h.tanh() if h.mean() > 0 else h.relu().sin())
    model = seeded(lambda: branches)
    model.a.weight.data.fill_(1.0)
    with pytest.raises(ValueError, match=r"deeplift compares x with its baseline step by step"):
        explain(model, torch.ones(1, 10).double(), 1, "deeplift", baseline=-torch.ones(10).double())


def test_the_mode_ends_with_an_error():
    """After a refusal the thread's functions are torch's own again."""
    with pytest.raises(ValueError, match="cannot take"):
        explain(seeded(PlainCNN), torch.rand(1, 7, 16, 16), 1, "deeplift")
    assert torch.overrides._get_current_function_mode() is None
