"""The exercises of 09_integrated_gradients.ipynb: each wrong answer is told what is wrong with it."""

from itertools import pairwise

import pytest
import torch


def sum_at(α, factor=lambda x, x0, B: (x - x0) / B, begin=lambda x, x0: x0, length=lambda x, x0: x - x0):
    """A right or wrong sum: the shares α of the path for each B, what the slopes are multiplied with, the path."""

    def answer(slope, x, baseline, B):
        points = [begin(x, baseline) + share * length(x, baseline) for share in α(B)]
        return factor(x, baseline, B) * sum(slope(u) for u in points)

    return answer


def middles(B):
    return [(k - 0.5) / B for k in range(1, B + 1)]


def trapezoid(slope, x, baseline, B):
    at = [baseline + k / B * (x - baseline) for k in range(B + 1)]
    return (x - baseline) / B * sum((slope(a) + slope(b)) / 2 for a, b in pairwise(at))


MIDPOINT = {
    "Right. With 4 steps it is off by 0.04; the right rule by 2.08.": sum_at(middles),
    "sign is wrong": sum_at(middles, lambda x, x0, B: (x0 - x) / B),
    "factor (x − baseline) is missing": sum_at(middles, lambda x, x0, B: 1 / B),
    "division by B is missing: each": sum_at(middles, lambda x, x0, B: x - x0),
    "right rule": sum_at(lambda B: [k / B for k in range(1, B + 1)]),
    "left rule": sum_at(lambda B: [k / B for k in range(B)]),
    "trapezoid rule": trapezoid,
    "beyond x": sum_at(lambda B: [(k + 0.5) / B for k in range(1, B + 1)]),
    "missing in α": sum_at(lambda B: [k - 0.5 for k in range(1, B + 1)]),
    "One piece is missing": sum_at(lambda B: middles(B)[:-1]),
    "slope at α": sum_at(middles, begin=lambda x, x0: 0, length=lambda x, x0: 1),
    "Your path starts at 0": sum_at(middles, begin=lambda x, x0: 0, length=lambda x, x0: x),
    "the whole path alone": lambda slope, x, baseline, B: (x - baseline) * slope((x + baseline) / 2),
    "the sum is 8.625; yours is 5.000": lambda slope, x, baseline, B: 5.0,
    "stopped with ZeroDivisionError": lambda slope, x, baseline, B: 1 / 0,
    "Not done yet": lambda slope, x, baseline, B: ...,
}
BREAKS_SENSITIVITY = {
    "Right. x₁ changes f by 1.00.": lambda x: 1 - torch.relu(1 - x[:, 0]),
    "Right. x₁ changes f by -1.00.": lambda x: -x[:, 1] * torch.sin(torch.pi / 4 * x[:, 0]),
    "You return a list": lambda x: [0.0],
    "your f returns (3, 2)": lambda x: x,
    "your f returns ()": lambda x: x[0, 0],
    "at (2, 1), and at (0, 1) the same": lambda x: x[:, 1],
    "gives x₁ 2.00, which is not 0": lambda x: x[:, 0],
    "gives x₁ 8.00": lambda x: x[:, 0] ** 2,
    "No gradient flows": lambda x: (x[:, 0] > 1).float(),
    "f jumps": lambda x: (x[:, 0] > 1).float() + 0 * x[:, 1],
    "stopped with IndexError": lambda x: x[:, 2],
    "Not done yet": lambda x: ...,
}


@pytest.mark.parametrize(("said", "answer"), MIDPOINT.items(), ids=list(MIDPOINT))
def test_the_midpoint_rule(verdict, said, answer):
    assert said in verdict("integrated_gradients", "midpoint", answer)


@pytest.mark.parametrize(("said", "answer"), BREAKS_SENSITIVITY.items(), ids=list(BREAKS_SENSITIVITY))
def test_breaking_sensitivity(verdict, said, answer):
    assert said in verdict("integrated_gradients", "breaks_sensitivity", answer)
