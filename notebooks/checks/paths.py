"""Checks of the exercises in 10_paths.ipynb."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from checks import apart, ask, check, compare, number, require


@check
def corner_path(my_p1: Callable[..., tuple[float, float]]) -> str:
    """my_p1(F, r, s): what x₁ and x₂ get on P1, the path from r to s that moves x₁ first, then x₂."""

    def F(a: float, b: float) -> float:
        return a**2 * b + b**2

    r, s = (1.0, 2.0), (2.0, 5.0)
    answer = ask(my_p1, F, r, s)
    answer = torch.from_numpy(answer) if isinstance(answer, np.ndarray) else answer
    count = answer.numel() if isinstance(answer, Tensor) else len(answer) if isinstance(answer, list | tuple) else 1
    require(count == 2, f"You return {count} numbers; x₁ and x₂ get one each, two in all.")
    values = answer.flatten().tolist() if isinstance(answer, Tensor) else list(answer)
    found = torch.tensor([number(each, "x₁ and x₂ get one number each.") for each in values], dtype=torch.double)
    begin, end, corner, other = F(*r), F(*s), F(s[0], r[1]), F(r[0], s[1])
    right = (corner - begin, end - corner)
    mistakes = [
        (right[::-1], "The two numbers are swapped: first what x₁ gets, then x₂."),
        ((-right[0], -right[1]), "The signs are wrong: F at the end of a leg minus F at its beginning."),
        ((end - other, other - begin), "You move x₂ first. On P1 x₁ goes first, so the corner is (s₁, r₂)."),
        (
            (corner - begin, other - begin),
            "Both legs start at r, so the sum is not F(s) − F(r). The second leg starts where the first ended, at"
            " (s₁, r₂).",
        ),
        ((end - other, end - corner), "Both legs end at s. The first ends at the corner (s₁, r₂)."),
        ((11.0, 28.0), "This is the straight path, where both move at once. On P1 one waits while the other moves."),
        ((corner - begin, end - begin), "The second number is the change of both legs. Subtract F at the corner."),
        ((corner, end - corner), "The first leg starts at F(r), not at 0: subtract it."),
        ((corner, end), "These are the values of F at the ends of the legs. Subtract F at their beginnings."),
        ((end - begin, end - begin), "That is the whole change, twice. Split it at the corner (s₁, r₂)."),
    ]
    compare(found, right, mistakes)
    return "A leg where one coordinate moves is a one-dimensional integral: F at its end minus F at its start."


@check
def completeness_gap(my_gap: Callable[[Tensor, float, float], float]) -> str:
    """my_gap(A, F_x, F_start): the completeness gap |ΣA − (F(x) − F(x′))| of one attribution (1, 3, H, W)."""
    A, F_x, F_start = torch.tensor([1.0, -2.0, 0.5, 0.25]).repeat(3).view(1, 3, 2, 2), 0.875, 0.25
    found = number(ask(my_gap, A, F_x, F_start), "A gap is one number. Add all pixels up.")
    total, change = A.sum().item(), F_x - F_start
    right = abs(total - change)
    mistakes = [
        (-right, "A gap is not negative: take the absolute value at the end."),
        (abs(total - F_x), "F(x′) is missing: attributions add up to the change of F, not to F."),
        (abs(total + change), "The sign of the change is wrong: F(x) − F(x′)."),
        (abs(total - F_x - F_start), "F(x′) is subtracted from F(x), not added to it."),
        (abs(A.abs().sum().item() - change), "You added absolute values. What speaks against must subtract."),
        (abs(A.mean().item() - change), "You took the mean of A. Attributions add up."),
        (right**2, "You squared the gap. Take its absolute value."),
        (abs(total), "That is |ΣA| alone. Subtract the change of F."),
        (total, "That is ΣA alone. Subtract the change of F, and take the absolute value."),
        (change, "That is the change of F alone. Subtract it from ΣA, and take the absolute value."),
        (right / change, "This is the gap as a share of the change. Here we want it in units of the score."),
    ]
    compare(found, right, mistakes, "On our small test the gap is")
    more = number(ask(my_gap, -A, F_x, F_start))  # ΣA above the change, where it was below
    wanted, yours = apart(abs(-total - change), more)
    require(more >= 0, f"A gap is not negative, and yours can be {yours}.")
    require(abs(more - abs(-total - change)) < 1e-3, f"With the signs of A turned the gap is {wanted}; yours {yours}.")
    return "Every complete method, whatever its path, can be checked with this number."
