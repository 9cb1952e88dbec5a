"""The exercises of 03_prototypes.ipynb: each wrong answer is told what is wrong with it."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor


def jumps(x: Tensor, axis: int, power: int = 1) -> Tensor:
    return x.diff(dim=axis).abs().pow(power).sum((1, 2, 3))


def mean_jump(x: Tensor, axis: int, power: int = 1) -> Tensor:
    return x.diff(dim=axis).abs().pow(power).mean((1, 2, 3))


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
    "absolute values. You took means": lambda x: mean_jump(x, 2, 2) + mean_jump(x, 3, 2),
    "absolute values. You forgot to divide": lambda x: jumps(x, 2, 2) + jumps(x, 3, 2),
    "Not yet. You took means": lambda x: mean_jump(x, 2) + mean_jump(x, 3),
    "root of the sum of squares": lambda x: (jumps(x, 2, 2) + jumps(x, 3, 2)).sqrt() / 6,
    "the length of both jumps": lambda x: (
        (x.diff(dim=2)[..., :-1] ** 2 + x.diff(dim=3)[:, :, :-1] ** 2).sqrt().sum((1, 2, 3)) / 6
    ),
    "so 2 numbers": lambda x: (jumps(x, 2) + jumps(x, 3)).sum(),
    "All your numbers are the same, 0.1": lambda x: torch.full((2,), 0.1),
    "changes what it is given": lambda x: x.zero_().sum((1, 2, 3)),
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
    "it is 0.047; yours is 0.900": lambda A: 0.9,
    "Not done yet": lambda A: None,
}


@pytest.mark.parametrize(("says", "answer"), VARIATION.items(), ids=list(VARIATION))
def test_total_variation(verdict: Callable[..., str], says: str, answer: Callable) -> None:
    assert says in verdict("prototypes", "total_variation", answer)


@pytest.mark.parametrize(("says", "answer"), AGREEMENT.items(), ids=list(AGREEMENT))
def test_agreement(verdict: Callable[..., str], says: str, answer: Callable) -> None:
    assert says in verdict("prototypes", "agreement", answer)
