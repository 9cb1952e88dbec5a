"""Integrated Gradients as students write it: once right, and five times with a mistake that runs without an error.

    A_i = (x_i − x′_i) · (1/B) Σ_k ∂F_c(x′ + (k/B)(x − x′)) / ∂x_i      F_c: the logit of the class that was asked for

A function takes (model, x, target, B, seed) and returns a map for each image; x′ is noise drawn with the seed. Each is
written out and needs PyTorch alone, so that it can be read, mended and handed in. `MISTAKES` names the wrong line of
each and the right one. What to look at: no map looks wrong by itself. Sums, signs and a second run tell.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

Written = Callable[..., Tensor]


def right(model: nn.Module, x: Tensor, target: int, B: int = 30, seed: int = 0) -> Tensor:
    """Integrated Gradients of a logit. x: (N, C, H, W). Returns (N, C, H, W)."""
    baseline = torch.rand(x.shape, generator=torch.Generator().manual_seed(seed))
    total = torch.zeros_like(x)
    for k in range(1, B + 1):
        point = (baseline + k / B * (x - baseline)).requires_grad_()
        score = model(point)[:, target]
        total += torch.autograd.grad(score.sum(), point)[0]
    return (x - baseline) * total / B


def noise(x: Tensor, seed: int) -> Tensor:
    """The baseline that all of them mean to start from."""
    return torch.rand(x.shape, generator=torch.Generator().manual_seed(seed))


def another_class(model: nn.Module, x: Tensor, target: int, B: int = 30, seed: int = 0) -> Tensor:
    """The class that leads at each point, whatever was asked for."""
    baseline = torch.rand(x.shape, generator=torch.Generator().manual_seed(seed))
    total = torch.zeros_like(x)
    for k in range(1, B + 1):
        point = (baseline + k / B * (x - baseline)).requires_grad_()
        score = model(point).max(1).values
        total += torch.autograd.grad(score.sum(), point)[0]
    return (x - baseline) * total / B


def probability(model: nn.Module, x: Tensor, target: int, B: int = 30, seed: int = 0) -> Tensor:
    """The probability instead of the logit: it saturates, and what speaks for other classes comes in."""
    baseline = torch.rand(x.shape, generator=torch.Generator().manual_seed(seed))
    total = torch.zeros_like(x)
    for k in range(1, B + 1):
        point = (baseline + k / B * (x - baseline)).requires_grad_()
        score = model(point).softmax(1)[:, target]
        total += torch.autograd.grad(score.sum(), point)[0]
    return (x - baseline) * total / B


def no_difference(model: nn.Module, x: Tensor, target: int, B: int = 30, seed: int = 0) -> Tensor:
    """The mean gradient alone: in units of a slope, and not 0 where nothing changed."""
    baseline = torch.rand(x.shape, generator=torch.Generator().manual_seed(seed))
    total = torch.zeros_like(x)
    for k in range(1, B + 1):
        point = (baseline + k / B * (x - baseline)).requires_grad_()
        score = model(point)[:, target]
        total += torch.autograd.grad(score.sum(), point)[0]
    return total / B


def no_seed(model: nn.Module, x: Tensor, target: int, B: int = 30, seed: int = 0) -> Tensor:
    """Another baseline at each call: nobody can repeat the map."""
    baseline = torch.rand(x.shape)
    total = torch.zeros_like(x)
    for k in range(1, B + 1):
        point = (baseline + k / B * (x - baseline)).requires_grad_()
        score = model(point)[:, target]
        total += torch.autograd.grad(score.sum(), point)[0]
    return (x - baseline) * total / B


def no_sign(model: nn.Module, x: Tensor, target: int, B: int = 30, seed: int = 0) -> Tensor:
    """Absolute values: what speaks against the class looks like what speaks for it."""
    baseline = torch.rand(x.shape, generator=torch.Generator().manual_seed(seed))
    total = torch.zeros_like(x)
    for k in range(1, B + 1):
        point = (baseline + k / B * (x - baseline)).requires_grad_()
        score = model(point)[:, target]
        total += torch.autograd.grad(score.sum(), point)[0]
    return ((x - baseline) * total / B).abs()


@dataclass(frozen=True)
class Mistake:
    """A wrong implementation, and what is wrong with it."""

    function: Written
    says: str  # as one would name it
    check: str  # what gives it away

    @property
    def lines(self) -> list[str]:
        """Its code."""
        return _code(self.function)

    @property
    def wrong(self) -> int:
        """Which of its lines is wrong, from 0."""
        return next(i for i, (mine, theirs) in enumerate(zip(self.lines, _code(right), strict=True)) if mine != theirs)

    @property
    def mended(self) -> str:
        """What should stand there."""
        return _code(right)[self.wrong]


def _code(function: Written) -> list[str]:
    """The lines below the docstring."""
    return inspect.getsource(function).splitlines()[2:]


MISTAKES = {
    "class": Mistake(another_class, "It explains another class", "Ask for another class: the map stays as it is."),
    "probability": Mistake(
        probability, "It takes the probability for the logit", "Its sum is never above 1; the logit rose by more."
    ),
    "difference": Mistake(
        no_difference, "It forgets x − x′", "Where x = x′ nothing changed, so the map must be 0 there."
    ),
    "seed": Mistake(no_seed, "Its random numbers have no seed", "Run it again: another map."),
    "sign": Mistake(no_sign, "It takes absolute values", "Nothing is below 0, and the sum is too large."),
}
