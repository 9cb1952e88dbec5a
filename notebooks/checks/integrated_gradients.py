"""Checks of the exercises in 09_integrated_gradients.ipynb."""

from collections.abc import Callable

import torch
from torch import Tensor

import xai_core
from checks import Wrong, apart, ask, check, compare, number, require, tensor


@check
def breaks_sensitivity(my_f: Callable[[Tensor], Tensor]) -> str:
    """my_f(x): (R, 2) → (R,), which rises from (0, 1) to (2, 1) while gradient × input gives x₁ nothing at (2, 1)."""
    x, start = torch.tensor([[2.0, 1.0]]), torch.tensor([[0.0, 1.0]])
    rows = torch.tensor([[2.0, 1.0], [0.0, 1.0], [1.0, 1.0]]).requires_grad_()
    values = ask(my_f, rows)
    flows = isinstance(values, Tensor) and values.requires_grad
    values = tensor(values)
    require(
        values.shape == (3,),
        f"For three points, (3, 2), your f returns {tuple(values.shape)}; it must be one number a row, (3,). "
        "x[:, 0] is x₁ of every row.",
    )
    change = (values[0] - values[1]).item()
    require(
        abs(change) > 1e-3,
        f"f is {values[0].item():.2f} at (2, 1), and at (0, 1) the same: then sensitivity asks for nothing. "
        "x₁ must make a difference between the two.",
    )
    require(flows, "No gradient flows through your f: build it of torch operations on x, such as relu.")
    try:
        given = xai_core.gradient_x_input(my_f, x)[0, 0].item()
        path = xai_core.trace(my_f, x, start)
        A = path.attribution(300, "midpoint")
    except Exception as error:
        raise Wrong(f"f works on three points, and not on others ({type(error).__name__}). Use x only.") from None
    require(
        abs(given) < 1e-6,
        f"Here gradient × input gives x₁ {apart(given, 0, 2)[0]}, which is not 0. Make f flat around x₁ = 2,"
        " after it has changed.",
    )
    require(
        path.gap(A).item() < 0.05 * abs(change),
        f"f jumps: between its two values there is no slope, so Integrated Gradients misses the change too "
        f"(ΣA = {A.sum().item():.2f}, change {change:.2f}). Let f climb before it is flat.",
    )
    return f"x₁ changes f by {change:.2f}. Gradient × input gives it 0, Integrated Gradients {A[0, 0].item():.2f}."


@check
def midpoint(my_midpoint: Callable[..., float]) -> str:
    """my_midpoint(slope, x, baseline, B): Integrated Gradients of one number x by the midpoint rule."""
    B, x, start = 4, 3.0, 1.0
    step = x - start
    found = number(ask(my_midpoint, lambda u: u**2, x, start, B), "The sum is one number.")

    def total(shares: list[float], begin: float = start, length: float = step) -> float:
        return step / B * sum((begin + α * length) ** 2 for α in shares)

    left, middle, right = ([(k + shift) / B for k in range(B)] for shift in (0, 0.5, 1))
    answer, edges = total(middle), (total(left) + total(right)) / 2
    mistakes = [
        (-answer, "The sign is wrong: the factor is x − baseline, not baseline − x."),
        (answer / step, "The factor (x − baseline) is missing: this is the mean slope, not yet a share of the score."),
        (answer * B, "The division by B is missing: each of the B pieces is (x − baseline)/B wide."),
        (answer / step * B, "The factor (x − baseline)/B is missing: this is the sum of the slopes."),
        (answer / step * x, "You multiply by x. The factor is the length of the path, x − baseline."),
        (total(right), "This is the right rule, α = k/B. Take the middle of each piece."),
        (total(left), "This is the left rule, α = (k − 1)/B. Take the middle of each piece."),
        (edges, "This is the trapezoid rule, a mean of two slopes. Take one slope, in the middle of each piece."),
        (
            total([α + 1 / B for α in middle]),
            "Your last point lies beyond x. For k = 1 … B the middle is (k − ½)/B; (k + ½)/B is right for"
            " k = 0 … B − 1.",
        ),
        (total([α - 1 / B for α in middle]), "Your first point lies before the baseline. (k − ½)/B is for k = 1 … B."),
        (total([α * B for α in middle]), "The division by B is missing in α: it must stay between 0 and 1."),
        (total(middle[:-1]), "One piece is missing: range(1, B) ends at B − 1."),
        (total(middle[1:]), "One piece is missing: range(1, B) begins at 1. For (k + ½)/B take range(B)."),
        (total([*middle, middle[-1] + 1 / B]), "You have B + 1 points; the last lies beyond x."),
        (
            total(middle, begin=0.0, length=1.0),
            "You ask for the slope at α. Ask for it at the point on the path, baseline + α · (x − baseline).",
        ),
        (
            total(middle, begin=0.0, length=x),
            "Your path starts at 0. Start at the baseline: baseline + α · (x − baseline).",
        ),
        (B * total([0.5]), "You use the middle of the whole path alone. Take the middle of each of B pieces."),
    ]
    compare(found, answer, mistakes, "For slope(u) = u², x = 3, baseline = 1, B = 4 the sum is")
    exact = (x**3 - start**3) / 3
    return f"With 4 steps it is off by {exact - answer:.2f}; the right rule by {total(right) - exact:.2f}."
