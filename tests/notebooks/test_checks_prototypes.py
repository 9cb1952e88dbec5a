"""The exercises of 16_prototypes.ipynb: each wrong answer is told what is wrong with it."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor


def jumps(x: Tensor, axis: int) -> Tensor:
    return x.diff(dim=axis).abs().sum((1, 2, 3))


def pairs(r: Tensor) -> Tensor:
    return r[~torch.eye(len(r), dtype=torch.bool)]


def table(A: Tensor) -> Tensor:
    return torch.corrcoef(A.sum(1).flatten(1))


def cosine(A: Tensor) -> Tensor:
    z = torch.nn.functional.normalize(A.sum(1).flatten(1))
    return pairs(z @ z.T).mean()


VARIATION = {
    "Right. A flat": lambda x: (jumps(x, 2) + jumps(x, 3)) / (x.shape[2] * x.shape[3]),
    "look down only": lambda x: jumps(x, 2) / 6,
    "look across only": lambda x: jumps(x, 3) / 6,
    "forgot to divide": lambda x: jumps(x, 2) + jumps(x, 3),
    "divide by the channels too": lambda x: (jumps(x, 2) + jumps(x, 3)) / 12,
    "Rises and falls cancel": lambda x: (x.diff(dim=2).sum((1, 2, 3)) + x.diff(dim=3).sum((1, 2, 3))) / 6,
    "You square": lambda x: (x.diff(dim=2).square().sum((1, 2, 3)) + x.diff(dim=3).square().sum((1, 2, 3))) / 6,
    "so 2 numbers": lambda x: (jumps(x, 2) + jumps(x, 3)).sum(),
    "yours is 0.1000": lambda x: torch.full((2,), 0.1),
    "changes the pictures": lambda x: x.zero_().sum((1, 2, 3)),
    "Not done yet": lambda x: ...,
}
AGREEMENT = {
    "Right. 1: all": lambda A: pairs(table(A)).mean(),
    "The diagonal": lambda A: table(A).mean(),
    "channels one by one": lambda A: pairs(torch.corrcoef(A.flatten(1))).mean(),
    "That is the cosine": cosine,
    "You took |r|": lambda A: pairs(table(A)).abs().mean(),
    "sum over pairs": lambda A: pairs(table(A)).sum(),
    "Agreement is one number": table,
    "yours is 0.9000": lambda A: 0.9,
    "Not done yet": lambda A: None,
}


@pytest.mark.parametrize(("says", "answer"), VARIATION.items(), ids=list(VARIATION))
def test_total_variation(verdict: Callable[..., str], says: str, answer: Callable) -> None:
    assert says in verdict("prototypes", "total_variation", answer)


@pytest.mark.parametrize(("says", "answer"), AGREEMENT.items(), ids=list(AGREEMENT))
def test_agreement(verdict: Callable[..., str], says: str, answer: Callable) -> None:
    assert says in verdict("prototypes", "agreement", answer)
