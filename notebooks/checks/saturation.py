"""Checks of the exercises in 01_saturation.ipynb."""

from collections.abc import Callable

import torch
from torch import Tensor

from checks import check, done, require


def _close(a: float, b: float) -> bool:
    return abs(a - b) < 1e-3


@check
def riemann(my_ig: Callable[..., float]) -> str:
    """my_ig(slope, x, baseline, B): the right Riemann sum of Integrated Gradients for one number x."""
    B, x, start = 7, 3.0, 1.0
    points = [start + k / B * (x - start) for k in range(B + 1)]
    found = float(done(my_ig(lambda u: u**2, x, start, B)))

    def total(us: list[float]) -> float:
        return step / B * sum(u**2 for u in us)

    step, later = x - start, points[1:]
    right = total(later)
    mistakes = {
        right: "",
        -right: "The sign is wrong: the factor is x − baseline, not baseline − x.",
        right / step: "The factor (x − baseline) is missing: this is the mean slope, not yet a share of the score.",
        right * B: "The division by B is missing: a sum of B slopes grows with B, a mean does not.",
        right / step * x: "You multiply by x. The factor is the length of the path, x − baseline.",
        total(
            points[:-1]
        ): "You sum over k = 0 … B − 1 (left rule). The right rule takes k = 1 … B: the last point is x.",
        total(points): "You have B + 1 points, k = 0 … B. The right rule leaves out k = 0.",
        total(
            [k / B for k in range(1, B + 1)]
        ): "You ask for the slope at α = k/B. Ask for it at the point on the path, baseline + k/B · (x − baseline).",
        total([k / B * x for k in range(1, B + 1)]): "Your path starts at 0. Start at the baseline: "
        "baseline + k/B · (x − baseline).",
        step * x**2: "You use the slope at x alone. Take the mean of the slopes at B points of the path.",
    }
    for value, what in mistakes.items():
        if _close(found, value):
            require(not what, what)
            return "The same formula runs on a picture of our zoo: there, x is not one number but 12 288."
    require(False, f"For slope(u) = u², x = 3, baseline = 1, B = 7 the sum is {right:.3f}; yours is {found:.3f}.")
    return ""


@check
def promise(my_promise: Callable[[Tensor, Tensor, Tensor], float]) -> str:
    """my_promise(g, x, start): the change of the score from start to x that the gradient g at x predicts."""
    g = torch.tensor([[1.0, -2.0], [0.5, 4.0]])
    x = torch.tensor([[3.0, 1.0], [2.0, 0.0]])
    start = torch.tensor([[1.0, 0.5], [6.0, -1.0]])
    answer = done(my_promise(g, x, start))
    shape = tuple(torch.as_tensor(answer).shape)
    require(torch.as_tensor(answer).numel() == 1, f"You return {shape} numbers. A promise is one number: add them up.")
    found, step = float(answer), x - start
    right = float((g * step).sum())
    mistakes = {
        right: "",
        -right: "The sign is wrong: you go from start to x, so the step is x − start.",
        float((g * step).mean()): "You took the mean. The pixels act together: add their parts up.",
        float((g * x).sum()): "You multiply by x (gradient × input). The step is x − start.",
        float((g * step).abs().sum()): "You took absolute values. A pixel that speaks against must subtract.",
        float(
            (g.abs() * step).sum()
        ): "You took the gradient's absolute value. A pixel that speaks against must subtract.",
        float(g.sum()): "You added the gradients alone. Multiply each by how far its pixel moves, x − start.",
    }
    for value, what in mistakes.items():
        if _close(found, value):
            require(not what, what)
            return "It is what the gradient says the whole step is worth, in units of the score."
    require(False, f"On our small test the promise is {right:.1f}; yours is {found:.1f}.")
    return ""
