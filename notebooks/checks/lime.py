"""Checks of the exercises in 07_lime.ipynb."""

from collections.abc import Callable

import torch
from torch import Tensor

from checks import check, done, require


@check
def kernel(my_kernel: Callable[[Tensor, float], Tensor]) -> str:
    """my_kernel(z, sigma): how much each mask counts, π = exp(−D²/σ²) with the cosine distance, (N, M) → (N,)."""
    z = torch.tensor([[1, 1, 1, 1], [1, 1, 1, 0], [1, 0, 0, 1], [0, 1, 0, 0], [0, 0, 0, 0]], dtype=torch.double)
    sigma = 0.4
    answer = torch.as_tensor(done(my_kernel(z, sigma))).double()
    shape = tuple(answer.shape)
    require(shape != (4,), "You return one number a feature. Take the mean over the features, dimension 1.")
    require(shape == (5,), f"For 5 masks π has the shape (5,); yours has {shape}.")
    share = z.mean(1)
    cosine = share.sqrt()
    D = 1 - cosine
    candidates = {
        "": torch.exp(-((D / sigma) ** 2)),
        "D is not squared: you have exp(−D/σ²). Far masks would count too much.": torch.exp(-D / sigma**2),
        "Neither D nor σ is squared: you have exp(−D/σ).": torch.exp(-D / sigma),
        "σ is not squared: you have exp(−D²/σ).": torch.exp(-(D**2) / sigma),
        "The minus is missing: now the farthest masks count most.": torch.exp((D / sigma) ** 2),
        "You divide by 2σ², as a normal distribution does. LIME's kernel has σ² alone.": torch.exp(
            -(D**2) / (2 * sigma**2)
        ),
        "You multiply by σ². A wide kernel has to count more masks, not fewer.": torch.exp(-(D**2) * sigma**2),
        "Your D is 1 − share. The cosine of z and (1, …, 1) is the root of the share.": torch.exp(
            -(((1 - share) / sigma) ** 2)
        ),
        "Your D² is 1 − share: that is the l2 distance. Here D = 1 − cosine.": torch.exp(-(1 - share) / sigma**2),
        "You used the cosine in place of D. D = 1 − cosine: 0 for the input itself.": torch.exp(
            -((cosine / sigma) ** 2)
        ),
        "That is the distance D. π = exp(−D²/σ²) is large where D is small.": D,
        "That is the cosine. D = 1 − cosine, then π = exp(−D²/σ²).": cosine,
    }
    for what, value in candidates.items():
        if torch.allclose(answer, value, atol=1e-5):
            require(not what, what)
            return "x itself counts 1. A copy with half of the features has D = 0.29: σ decides what that is worth."
    found, right = (", ".join(f"{v:.3f}" for v in values) for values in (answer, candidates[""]))
    require(False, f"For 4, 3, 2, 1 and 0 of 4 features on and σ = 0.4, π is {right}; yours is {found}.")
    return ""


@check
def weighted_fit(my_fit: Callable[[Tensor, Tensor, Tensor], Tensor]) -> str:
    """my_fit(z, y, pi): weighted least squares with an intercept, (1 + M,), the intercept first."""
    z = torch.tensor([[1, 1], [1, 0], [0, 1], [0, 0], [1, 0], [0, 1]], dtype=torch.double)
    y = torch.tensor([0.9, 0.7, 0.3, 0.2, 0.5, 0.6], dtype=torch.double)
    pi = torch.tensor([1.0, 0.5, 0.8, 0.1, 0.3, 0.2], dtype=torch.double)
    answer = torch.as_tensor(done(my_fit(z, y, pi))).double()
    require(answer.numel() > 1 and answer.dim() <= 2, f"You return {tuple(answer.shape)}; (3,) are needed: w₀, w₁, w₂.")
    answer = answer.flatten()
    ones = torch.ones(6, 1, dtype=torch.double)
    Z = torch.cat([ones, z], 1)  # (6, 3)
    root = pi.sqrt()[:, None]

    def solve(A: Tensor, b: Tensor) -> Tensor:
        return torch.linalg.lstsq(A, b).solution[:, 0]

    Y = y[:, None]
    right = solve(root * Z, root * Y)
    plain, bare = solve(Z, Y), solve(root * z, root * Y)
    candidates = {
        "": right,
        "You forgot the weights: each copy counts the same, however far it is from x.": plain,
        "You forgot the intercept: your plane is forced through 0. Give z a column of ones.": bare,
        "You forgot the intercept and the weights: give z a column of ones, and count each row by π.": solve(z, Y),
        "These are the weights w alone. The intercept w₀ belongs in front: (1 + M,) numbers.": right[1:],
        "The intercept is last. It should be first.": right[[1, 2, 0]],
        "Rows times π weigh the squared error by π². Multiply by the root of π.": solve(root**2 * Z, root**2 * Y),
        "You weighted z and not y. Multiply both sides by the root of π.": solve(root * Z, Y),
        "You weighted y and not z. Multiply both sides by the root of π.": solve(Z, root * Y),
        "The column of ones has to be weighted too: add it before you multiply.": solve(
            torch.cat([ones, root * z], 1), root * Y
        ),
        "You divide by the root of π: now the farthest copies count most.": solve(Z / root, Y / root),
    }
    for what, value in candidates.items():
        if answer.shape == value.shape and torch.allclose(answer, value, atol=1e-5):
            require(not what, what)
            return "This is eq. 2 with all features. K-LASSO does the same with the K that it has chosen."
    found, wanted = (", ".join(f"{v:.3f}" for v in values) for values in (answer, right))
    require(False, f"On our small test w₀, w₁, w₂ are {wanted}; yours: {found}.")
    return ""
