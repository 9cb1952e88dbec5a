"""Checks of the exercises in 08_saturation.ipynb."""

from collections.abc import Callable

import torch
from torch import Tensor

from checks import ask, check, compare, number


@check
def riemann(my_ig: Callable[..., float]) -> str:
    """my_ig(slope, x, baseline, B): the right Riemann sum of Integrated Gradients for one number x."""
    B, x, start = 7, 3.0, 1.0
    step = x - start
    found = number(ask(my_ig, lambda u: u**2, x, start, B), "The sum is one number.")

    def points(*ks: float, begin: float = start, length: float = step) -> list[float]:
        return [begin + k / B * length for k in ks]

    def total(us: list[float], width: float = step / B) -> float:
        return width * sum(u**2 for u in us)

    ks = range(1, B + 1)
    later, earlier = points(*ks), points(*range(B))
    right = total(later)
    mistakes = [
        (-right, "The sign is wrong: the factor is x − baseline, not baseline − x."),
        (right / step, "The factor (x − baseline) is missing: this is the mean slope, not yet a share of the score."),
        (right * B, "The division by B is missing: a sum of B slopes grows with B, a mean does not."),
        (right / step * B, "The factor (x − baseline)/B is missing: this is the sum of the slopes."),
        (right / step * x, "You multiply by x. The factor is the length of the path, x − baseline."),
        (total(earlier), "You sum over k = 0 … B − 1 (left rule). The right rule takes k = 1 … B: the last is x."),
        ((right + total(earlier)) / 2, "That is the trapezoid rule, the mean of both ends. Take the right end alone."),
        (
            total(points(*(k - 0.5 for k in ks))),
            "That is the midpoint rule, α = (k − ½)/B. The right rule takes α = k/B, the end of each piece.",
        ),
        (total(later[:-1]), "One piece is missing: range(1, B) ends at B − 1. Take range(1, B + 1)."),
        (total(later[:-1], step / (B - 1)), "You take B − 1 points: range(1, B) ends at B − 1. Take range(1, B + 1)."),
        (total([start, *later]), "You have B + 1 points, k = 0 … B. The right rule leaves out k = 0."),
        (total([start, *later], step / (B + 1)), "You have B + 1 points, k = 0 … B. Leave out k = 0, divide by B."),
        (right * B / (B + 1), "You divide by B + 1. There are B points, k = 1 … B."),
        (right * B / (B - 1), "You divide by B − 1. There are B points, k = 1 … B."),
        (
            total(points(*ks, begin=0.0, length=1.0)),
            "You ask for the slope at α = k/B. Ask for it at the point on the path, baseline + k/B · (x − baseline).",
        ),
        (
            total(points(*ks, begin=0.0, length=x)),
            "Your path starts at 0. Start at the baseline: baseline + k/B · (x − baseline).",
        ),
        (
            total(points(*ks, length=x)),
            "Your path ends beyond x: its length is x − baseline, not x.",
        ),
        (total(points(*(k * B for k in ks))), "The division by B is missing in α: it must end at 1, not at B."),
        (step * x**2, "You use the slope at x alone. Take the mean of the slopes at B points of the path."),
        (step * start**2, "You use the slope at the baseline alone. Take the mean of the slopes at B points."),
    ]
    compare(found, right, mistakes, "For slope(u) = u², x = 3, baseline = 1, B = 7 the sum is")
    return "The same formula runs on a picture of our zoo: there, x is not one number but 12 288."


@check
def promise(my_promise: Callable[[Tensor, Tensor, Tensor], float]) -> str:
    """my_promise(g, x, start): the change of the score from start to x that the gradient g at x predicts."""
    g = torch.tensor([[1.0, -2.0], [0.5, 4.0]])
    x = torch.tensor([[3.0, 1.0], [2.0, 0.0]])
    start = torch.tensor([[1.0, 0.5], [6.0, -1.0]])
    found = number(ask(my_promise, g, x, start), "A promise is one number: add them up.")
    step = x - start
    right = (g * step).sum()
    mistakes = [
        (-right, "The sign is wrong: you go from start to x, so the step is x − start."),
        ((g * step).mean(), "You took the mean. The pixels act together: add their parts up."),
        ((g * x).sum(), "You multiply by x (gradient × input). The step is x − start."),
        ((g * start).sum(), "You multiply by start. The step is x − start."),
        ((g * step).abs().sum(), "You took absolute values. A pixel that speaks against must subtract."),
        (
            (g.abs() * step).sum(),
            "You took the gradient's absolute value. A pixel that speaks against must subtract.",
        ),
        ((g * step.abs()).sum(), "You took the step's absolute value. A pixel that gets darker must count so."),
        (g.sum() * step.sum(), "You added up first. Multiply pixel by pixel, then add."),
        ((g * step).square().sum(), "You squared. A product of slope and distance is a change already."),
        (g.sum(), "You added the gradients alone. Multiply each by how far its pixel moves, x − start."),
        (step.sum(), "You added the steps alone. Multiply each by its slope, g."),
    ]
    compare(found, right, mistakes, "On our small test the promise is")
    return "It is what the gradient says the whole step is worth, in units of the score."
