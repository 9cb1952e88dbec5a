"""Checks of the exercises in 21_your_own_method.ipynb: a value first, then all that `xai_core.check` asks."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

import xai_core
from checks import Wrong, ask, check, compare, require, tensor
from xai_core.check.examination import examine

# A cubic in three numbers: its slopes are 3x₁², 2 and −x₃, and no two mistakes have the same map.
X = torch.tensor([[2.0, -1.0, 3.0]])
RIGHT = torch.tensor([[12.0, 2.0, -3.0]])  # ∇F at X


def F(p: Tensor) -> Tensor:
    """(R, 3) → (R,)."""
    return p[:, 0] ** 3 + 2 * p[:, 1] - p[:, 2] ** 2 / 2


def graded(method: Callable, **about: Any) -> None:
    """Raise Wrong with the first line of `xai_core.check` that fails."""
    found = examine(method, zoo=False, **about)
    if found.failed:
        line = found.failed[0]
        raise Wrong(f"Of «{line.name}», xai_core.check says: {line.says.rstrip('.')}.")


def scored(answer: Any, *given: Any) -> Tensor:
    """What the answer makes of F, X and the rest."""
    return tensor(ask(answer, F, X, *given))


@check
def gradient(my_gradient: Callable[..., Tensor]) -> str:
    """my_gradient(f, x): ∇F of each row."""
    found = scored(my_gradient)
    compare(found, RIGHT, [(X * RIGHT, "You multiply by x already. That is the next step.")])

    def mine(f: Callable, x: Tensor) -> Tensor:
        return my_gradient(f, x)

    graded(mine, claims="simple_gradient")
    return "It is the catalogue's gradient, alone and in a batch, and it leaves the network as it was."


@check
def gradient_x_input(my_product: Callable[..., Tensor]) -> str:
    """my_product(f, x): x ⊙ ∇F."""
    found = scored(my_product)
    compare(found, X * RIGHT, [(RIGHT, "The factor x is missing."), (X.abs() * RIGHT, "x has a sign, too.")])

    def mine(f: Callable, x: Tensor) -> Tensor:
        return my_product(f, x)

    graded(mine, claims="gradient_x_input")
    return "Where x is 0, it says nothing: black pixels get nothing."


@check
def integrated_gradients(my_ig: Callable[..., Tensor]) -> str:
    """my_ig(f, x, B, baseline): the straight path, by the right rule; baseline is a name."""
    B, start = 4, 0.5
    found = scored(my_ig, B, "grey")
    step = X - start

    def total(points: range | list[int]) -> Tensor:
        places = [start + k / B * step for k in points]
        return sum((torch.stack([3 * p[:, 0] ** 2, 2 + 0 * p[:, 1], -p[:, 2]], 1) for p in places), torch.zeros(1, 3))

    whole = total(range(1, B + 1))
    mistakes = [
        (whole / B, "The factor x − x′ is missing: this is the mean slope."),
        (X * whole / B, "You multiply by x. The factor is the length of the path, x − x′."),
        (step * whole, "The division by B is missing."),
        (step * total(range(1, B)) / B, "One point is missing: range(1, B) ends at B − 1."),
        (step * total(range(B + 1)) / B, "You have B + 1 points, and divide by B."),
        (step * total(range(B)) / B, "This is the left rule, k = 0 … B − 1. Take k = 1 … B."),
        (step * RIGHT, "You ask for the gradient at x alone. Ask at B points of the path."),
        (X * RIGHT, "That is gradient × input still."),
    ]
    compare(
        found, step * whole / B, mistakes, "For F = x₁³ + 2x₂ − x₃²/2, from grey with B = 4, the largest error is at"
    )

    def mine(f: Callable, x: Tensor, B: int = 30, baseline: str = "black") -> Tensor:
        return my_ig(f, x, B, baseline)

    graded(mine, claims="integrated_gradients")
    return "It is the catalogue's map at every pixel: complete, linear, and the same in any batch."


@check
def path(my_way: Callable[..., Tensor]) -> str:
    """my_way(α, start, x) → γ(α), from start to x, and not straight."""
    start = torch.tensor([[0.5, -2.0, 1.0]])

    def at(α: float) -> Tensor:
        point = tensor(ask(my_way, torch.tensor(α), start, X))
        wanted, yours = tuple(X.shape), tuple(point.shape)
        require(wanted == yours, f"A point of the path is shaped like x, {wanted}; yours is {yours}.")
        return point

    first, middle, last = at(0.0), [at(α) for α in (0.25, 0.5, 0.75)], at(1.0)
    compare(first, start, [(X, "Your path begins at x. It leads from start to x.")], "At α = 0 one number should be")
    compare(last, X, [(X - start, "It ends at x − start. Add the start.")], "At α = 1 one number should be")
    away = max(float((p - start - (k + 1) / 4 * (X - start)).abs().max()) for k, p in enumerate(middle))
    require(away > 0.01, "Your path is the straight one. Bend it: let some numbers move first, or later.")

    def mine(f: Callable, x: Tensor, B: int = 30, baseline: str = "black") -> Tensor:
        return along(my_way, f, x, xai_core.make_baseline(x, baseline), B)

    graded(mine, path=my_way)
    return "Another way from x′ to x: other shares, and the same sum F(x) − F(x′)."


def along(way: Callable, f: Callable, x: Tensor, start: Tensor, B: int) -> Tensor:
    """Σ_k ∇F(γ(k/B)) ⊙ (γ(k/B) − γ((k − 1)/B))."""
    total, before = torch.zeros_like(x), start
    for k in range(1, B + 1):
        here = way(torch.tensor(k / B), start, x)
        total += xai_core.simple_gradient(f, here) * (here - before)
        before = here
    return total
