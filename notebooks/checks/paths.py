"""Checks of the exercises in 03_paths.ipynb."""

from collections.abc import Callable

import torch
from torch import Tensor

from checks import check, done, require


def _close(a: Tensor, b: tuple[float, ...]) -> bool:
    return torch.allclose(a, torch.tensor(b, dtype=a.dtype), atol=1e-3)


@check
def corner_path(my_p1: Callable[..., tuple[float, float]]) -> str:
    """my_p1(F, r, s): what x₁ and x₂ get on P1, the path from r to s that moves x₁ first, then x₂."""

    def F(a: float, b: float) -> float:
        return a**2 * b + b**2

    r, s = (1.0, 2.0), (2.0, 5.0)
    answer = torch.as_tensor(done(my_p1(F, r, s)), dtype=torch.double).flatten()
    require(len(answer) == 2, f"You return {len(answer)} numbers; x₁ and x₂ get one each, two in all.")
    begin, end, corner, other = F(*r), F(*s), F(s[0], r[1]), F(r[0], s[1])
    right = (corner - begin, end - corner)
    mistakes = {
        right: "",
        right[::-1]: "The two numbers are swapped: first what x₁ gets, then x₂.",
        (-right[0], -right[1]): "The signs are wrong: F at the end of a leg minus F at its beginning.",
        (end - other, other - begin): "You move x₂ first. On P1 x₁ goes first, so the corner is (s₁, r₂).",
        (corner - begin, other - begin): "Both legs start at r, so the sum is not F(s) − F(r). The second leg starts "
        "where the first ended, at (s₁, r₂).",
        (end - other, end - corner): "Both legs end at s. The first ends at the corner (s₁, r₂).",
        (11.0, 28.0): "This is the straight path, where both move at once. On P1 one waits while the other moves.",
    }
    for value, what in mistakes.items():
        if _close(answer, value):
            require(not what, what)
            return "A leg where one coordinate moves is a one-dimensional integral: F at its end minus F at its start."
    found = ", ".join(f"{a:.2f}" for a in answer.tolist())
    require(False, f"For F = x₁²x₂ + x₂² from (1, 2) to (2, 5) it is (6, 33); yours is ({found}).")
    return ""


@check
def completeness_gap(my_gap: Callable[[Tensor, float, float], float]) -> str:
    """my_gap(A, F_x, F_start): the completeness gap |ΣA − (F(x) − F(x′))| of one attribution (1, 3, H, W)."""
    A, F_x, F_start = torch.tensor([1.0, -2.0, 0.5, 0.25]).repeat(3).view(1, 3, 2, 2), 0.875, 0.25
    answer = torch.as_tensor(done(my_gap(A, F_x, F_start)))
    require(answer.numel() == 1, f"You return {tuple(answer.shape)} numbers; a gap is one number. Add all pixels up.")
    total, change, found = A.sum().item(), F_x - F_start, float(answer)
    right = abs(total - change)
    mistakes = {
        right: "",
        -right: "A gap is not negative: take the absolute value at the end.",
        abs(total - F_x): "F(x′) is missing: attributions add up to the change of F, not to F.",
        abs(total + change): "The sign of the change is wrong: F(x) − F(x′).",
        abs(total - F_x - F_start): "F(x′) is subtracted from F(x), not added to it.",
        abs(A.abs().sum().item() - change): "You added absolute values. What speaks against must subtract.",
        abs(A.mean().item() - change): "You took the mean of A. Attributions add up.",
        right / change: "This is the gap as a share of the change. Here we want it in units of the score.",
    }
    for value, what in mistakes.items():
        if abs(found - value) < 1e-3:
            require(not what, what)
            more = float(my_gap(-A, F_x, F_start))  # ΣA above the change, where it was below
            require(abs(more - abs(-total - change)) < 1e-3, f"A gap is not negative, and yours can be {more:.2f}.")
            return "Every complete method, whatever its path, can be checked with this number."
    require(False, f"On our small test the gap is {right:.3f}; yours is {found:.3f}.")
    return ""
