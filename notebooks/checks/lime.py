"""Checks of the exercises in 04_lime.ipynb."""

from collections.abc import Callable

import torch
from torch import Tensor

from checks import ask, check, compare, require, tensor


@check
def kernel(my_kernel: Callable[[Tensor, float], Tensor]) -> str:
    """my_kernel(z, sigma): how much each mask counts, π = exp(−D²/σ²) with the cosine distance, (N, M) → (N,)."""
    z = torch.tensor([[1, 1, 1, 1], [1, 1, 1, 0], [1, 0, 0, 1], [0, 1, 0, 0], [0, 0, 0, 0]], dtype=torch.double)
    sigma = 0.4
    found = tensor(ask(my_kernel, z, sigma))
    require(found.shape != (4,), "You return one number a feature. Take the mean over the features, dimension 1.")
    share = z.mean(1)
    cosine = share.sqrt()
    D = 1 - cosine

    def bell(distance: Tensor) -> Tensor:
        return torch.exp(-((distance / sigma) ** 2))

    mistakes = [
        (torch.exp(-D / sigma**2), "D is not squared: you have exp(−D/σ²). Far masks would count too much."),
        (torch.exp(-D / sigma), "Neither D nor σ is squared: you have exp(−D/σ)."),
        (torch.exp(-(D**2) / sigma), "σ is not squared: you have exp(−D²/σ)."),
        (torch.exp((D / sigma) ** 2), "The minus is missing: now the farthest masks count most."),
        (
            torch.exp(-(D**2) / (2 * sigma**2)),
            "You divide by 2σ², as a normal distribution does. LIME's kernel has σ² alone.",
        ),
        (torch.exp(-(D**2) * sigma**2), "You multiply by σ². A wide kernel has to count more masks, not fewer."),
        (torch.exp(-(D**2)), "Where is σ? π = exp(−D²/σ²)."),
        (-((D / sigma) ** 2), "That is the exponent. Take exp of it."),
        (bell(D) / bell(D).sum(), "You made the weights sum to 1. LIME leaves them: x itself counts 1."),
        (bell(1 - share), "Your D is 1 − share. The cosine of z and (1, …, 1) is the root of the share."),
        (torch.exp(-(1 - share) / sigma**2), "Your D² is 1 − share: that is the l2 distance. Here D = 1 − cosine."),
        (
            bell(1 - z.sum(1).sqrt()),
            "Your cosine is √j. Divide j by M, the number of features, before you take the root.",
        ),
        (bell(cosine), "You used the cosine in place of D. D = 1 − cosine: 0 for the input itself."),
        (D, "That is the distance D. π = exp(−D²/σ²) is large where D is small."),
        (cosine, "That is the cosine. D = 1 − cosine, then π = exp(−D²/σ²)."),
    ]
    compare(found, bell(D), mistakes)
    return "x itself counts 1. A copy with half of the features has D = 0.29: σ decides what that is worth."


@check
def weighted_fit(my_fit: Callable[[Tensor, Tensor, Tensor], Tensor]) -> str:
    """my_fit(z, y, pi): weighted least squares with an intercept, (1 + M,), the intercept first."""
    z = torch.tensor([[1, 1], [1, 0], [0, 1], [0, 0], [1, 0], [0, 1]], dtype=torch.double)
    y = torch.tensor([0.9, 0.7, 0.3, 0.2, 0.5, 0.6], dtype=torch.double)
    pi = torch.tensor([1.0, 0.5, 0.8, 0.1, 0.3, 0.2], dtype=torch.double)
    found = tensor(ask(my_fit, z, y, pi))
    if found.shape == (3, 1):
        found = found[:, 0]  # what lstsq returns, a column
    ones = torch.ones(6, 1, dtype=torch.double)
    Z = torch.cat([ones, z], 1)  # (6, 3)
    root = pi.sqrt()[:, None]

    def solve(A: Tensor, b: Tensor) -> Tensor:
        return torch.linalg.lstsq(A, b).solution[:, 0]

    Y = y[:, None]
    right = solve(root * Z, root * Y)
    mistakes = [
        (solve(Z, Y), "You forgot the weights: each copy counts the same, however far it is from x."),
        (
            solve(root * z, root * Y),
            "You forgot the intercept: your plane is forced through 0. Give z a column of ones.",
        ),
        (
            solve(z, Y),
            "You forgot the intercept and the weights: give z a column of ones, and count each row by π.",
        ),
        (right[1:], "These are the weights w alone. The intercept w₀ belongs in front: (1 + M,) numbers."),
        (right[[1, 2, 0]], "The intercept is last. It should be first."),
        (
            solve(root**2 * Z, root**2 * Y),
            "Rows times π weigh the squared error by π². Multiply by the root of π.",
        ),
        (solve(root * Z, Y), "You weighted z and not y. Multiply both sides by the root of π."),
        (solve(Z, root * Y), "You weighted y and not z. Multiply both sides by the root of π."),
        (
            solve(torch.cat([ones, root * z], 1), root * Y),
            "The column of ones has to be weighted too: add it before you multiply.",
        ),
        (solve(Z / root, Y / root), "You divide by the root of π: now the farthest copies count most."),
    ]
    compare(found, right, mistakes)
    return "This is eq. 2 with all features. K-LASSO does the same with the K that it has chosen."
