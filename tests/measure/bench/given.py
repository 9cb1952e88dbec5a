"""What the peers are given: networks that end in a probability, and the reason why one has no answer."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from tests.measure.bench.questions import Question
from tests.measure.bench.turns import Run

Maker = Callable[[Question], Run]


class CannotAnswerError(Exception):
    """Why a package has no answer to a question."""


class FirstClass(nn.Module):
    """The probability of class 0 as the only output, (N, 1): shap explains all outputs that there are."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model, self.softmax = model, nn.Softmax(1)

    def forward(self, x: Tensor) -> Tensor:
        return self.softmax(self.model(x))[:, :1]


def probability(model: nn.Module) -> nn.Module:
    return nn.Sequential(model, nn.Softmax(1))


def each_relu_once(q: Question) -> nn.Module:
    """A copy in which no ReLU serves twice or in place: the DeepLIFT of both packages refuses such a network."""
    if not q.relus:
        raise CannotAnswerError("has no rule of DeepLIFT for a transformer's steps")
    traced = torch.fx.symbolic_trace(q.copy())
    for i, node in enumerate(traced.graph.nodes):
        if node.op == "call_module" and isinstance(traced.get_submodule(node.target), nn.ReLU):
            node.target = f"relu_{i}"
            traced.add_submodule(node.target, nn.ReLU())
    traced.recompile()
    return traced.eval()
