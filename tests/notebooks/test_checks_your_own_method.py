"""The exercises of 21_your_own_method.ipynb: a wrong value is named, and what only a batch or a second run shows."""

from collections.abc import Callable

import pytest
import torch

import xai_core
from tests.xai_core.check.written import slope

black = xai_core.make_baseline


def summed(f, x, B, baseline, points, factor=lambda x, start, B: (x - start) / B):
    start = black(x, baseline)
    return factor(x, start, B) * sum(slope(f, start + k / B * (x - start)) for k in points(B))


def averaged(f, x):
    """Right for one row, and three times too small in a batch of three."""
    x = x.clone().requires_grad_()
    return torch.autograd.grad(f(x).mean(), x)[0]


def seeded(f, x):
    torch.manual_seed(0)
    return slope(f, x)


GRADIENTS = {
    "Right.": slope,
    "take f(x).sum()": averaged,
    "sets them for everybody": seeded,
    "You multiply by x already": lambda f, x: x * slope(f, x),
    "You lost the sign": lambda f, x: slope(f, x).abs(),
    "Not done yet": lambda f, x: ...,
}
PRODUCTS = {
    "Right.": lambda f, x: x * slope(f, x),
    "The factor x is missing": slope,
    "x has a sign": lambda f, x: x.abs() * slope(f, x),
}
IG = {
    "Right.": lambda f, x, B, b: summed(f, x, B, b, lambda B: range(1, B + 1)),
    "range(1, B) ends": lambda f, x, B, b: summed(f, x, B, b, lambda B: range(1, B)),
    "B + 1 points": lambda f, x, B, b: summed(f, x, B, b, lambda B: range(B + 1)),
    "left rule": lambda f, x, B, b: summed(f, x, B, b, range),
    "at x alone": lambda f, x, B, b: summed(f, x, B, b, lambda B: [B] * B),
    "division by B": lambda f, x, B, b: summed(f, x, B, b, lambda B: range(1, B + 1), lambda x, s, B: x - s),
    "x − x′ is missing": lambda f, x, B, b: summed(f, x, B, b, lambda B: range(1, B + 1), lambda x, s, B: 1 / B),
    "You multiply by x.": lambda f, x, B, b: summed(f, x, B, b, lambda B: range(1, B + 1), lambda x, s, B: x / B),
    "gradient × input still": lambda f, x, B, b: x * slope(f, x),
    "sign is the other way": lambda f, x, B, b: -summed(f, x, B, b, lambda B: range(1, B + 1)),
}
WAYS = {
    "Right.": lambda α, start, x: start + α**3 * (x - start),
    "Your path is the straight one": lambda α, start, x: start + α * (x - start),
    "leads from start to x": lambda α, start, x: x + α**2 * (start - x),
    "At α = 1 one number should be": lambda α, start, x: start + α**2 * (x - start) / 2,
    "Add the start": lambda α, start, x: start * (1 - α) ** 2 + α**2 * (x - start),
    "shaped like x": lambda α, start, x: (start + α**2 * (x - start))[0],
}
CASES = [
    (name, said, answer)
    for name, answers in {"gradient": GRADIENTS, "gradient_x_input": PRODUCTS, "integrated_gradients": IG,
                          "path": WAYS}.items()
    for said, answer in answers.items()
]  # fmt: skip


@pytest.mark.parametrize(("name", "said", "answer"), CASES, ids=[f"{name}: {said}" for name, said, _ in CASES])
def test_the_check_names_the_mistake(verdict: Callable[..., str], name: str, said: str, answer: Callable) -> None:
    assert said in verdict("your_own_method", name, answer)
