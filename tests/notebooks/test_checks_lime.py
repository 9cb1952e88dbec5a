"""The checks of 04_lime.ipynb: each wrong answer is told what is wrong with it."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor


def of_share(formula: Callable[[Tensor, float], Tensor]) -> Callable[[Tensor, float], Tensor]:
    """An answer from the share of features that are on."""
    return lambda z, sigma: formula(z.mean(1), sigma)


def of_distance(formula: Callable[[Tensor, float], Tensor]) -> Callable[[Tensor, float], Tensor]:
    return lambda z, sigma: formula(1 - z.mean(1).sqrt(), sigma)


KERNEL = {
    "Right.": of_distance(lambda D, s: torch.exp(-((D / s) ** 2))),
    "D is not squared: you have exp(−D/σ²)": of_distance(lambda D, s: torch.exp(-D / s**2)),
    "Neither D nor σ": of_distance(lambda D, s: torch.exp(-D / s)),
    "σ is not squared": of_distance(lambda D, s: torch.exp(-(D**2) / s)),
    "minus is missing": of_distance(lambda D, s: torch.exp(D**2 / s**2)),
    "divide by 2σ²": of_distance(lambda D, s: torch.exp(-(D**2) / 2 / s**2)),
    "multiply by σ²": of_distance(lambda D, s: torch.exp(-(D**2) * s**2)),
    "root of the share": of_share(lambda share, s: torch.exp(-(((1 - share) / s) ** 2))),
    "l2 distance": of_share(lambda share, s: torch.exp(-(1 - share) / s**2)),
    "cosine in place of D": of_share(lambda share, s: torch.exp(-share / s**2)),
    "That is the distance D": of_distance(lambda D, s: D),
    "That is the cosine": of_share(lambda share, s: share.sqrt()),
    "one number a feature": lambda z, s: z.mean(0),
    "The shape should be (5,); yours is (5, 4)": lambda z, s: z,
    "All your numbers are the same, 0.5": lambda z, s: torch.full((5,), 0.5),
    "as in the stub, and it takes (": lambda z: z,
    "Not done yet": lambda z, s: ...,
}


def solved(A: Tensor, b: Tensor) -> Tensor:
    return torch.linalg.lstsq(A, b[:, None]).solution[:, 0]


def with_ones(z: Tensor) -> Tensor:
    return torch.cat([torch.ones_like(z[:, :1]), z], 1)


def rows_times(factor: Callable[[Tensor], Tensor]) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
    return lambda z, y, pi: solved(factor(pi)[:, None] * with_ones(z), factor(pi) * y)


right = rows_times(torch.sqrt)
FIT = {
    "Right.": right,
    "forgot the weights": rows_times(torch.ones_like),
    "forgot the intercept: your plane": lambda z, y, pi: solved(pi.sqrt()[:, None] * z, pi.sqrt() * y),
    "forgot the intercept and the weights": lambda z, y, pi: solved(z, y),
    "weights w alone": lambda z, y, pi: right(z, y, pi)[1:],
    "intercept is last": lambda z, y, pi: right(z, y, pi).roll(-1),
    "squared error by π²": rows_times(lambda pi: pi),
    "weighted z and not y": lambda z, y, pi: solved(pi.sqrt()[:, None] * with_ones(z), y),
    "weighted y and not z": lambda z, y, pi: solved(with_ones(z), pi.sqrt() * y),
    "column of ones has to be weighted": lambda z, y, pi: solved(with_ones(pi.sqrt()[:, None] * z), pi.sqrt() * y),
    "farthest copies count most": rows_times(lambda pi: pi**-0.5),
    "You return a float": lambda z, y, pi: 0.5,
    "You return a list": lambda z, y, pi: [1.0, 2.0, 3.0],
    "stopped with RuntimeError": lambda z, y, pi: solved(z.T, y),
    "Not done yet": lambda z, y, pi: None,
}
ANSWERS = [("kernel", *item) for item in KERNEL.items()] + [("weighted_fit", *item) for item in FIT.items()]


@pytest.mark.parametrize(("name", "said", "answer"), ANSWERS, ids=[f"{name}: {said}" for name, said, _ in ANSWERS])
def test_the_check_names_the_mistake(verdict: Callable[..., str], name: str, said: str, answer: Callable) -> None:
    assert said in verdict("lime", name, answer)


def test_a_column_is_as_good_as_a_row(verdict: Callable[..., str]) -> None:
    assert "Right." in verdict("lime", "weighted_fit", lambda z, y, pi: right(z, y, pi)[:, None])
