"""Floors: the passes that a method needs, through the same frozen network, in the passes that the core takes. No more.

The floor of a method that needs 15 gradients is the time of 15 gradients. The rows are made beforehand. They differ
from each other, as a method's do: of equal rows a processor guesses what max-pooling will find, and saves a sixth.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from xai_core.score import passes


def masked(x: Tensor, n: int) -> Tensor:
    """n copies of x (1, C, H, W) in which cells of a grid of 8 × 8 are black, at random."""
    on = torch.rand(n, 1, 8, 8, generator=torch.Generator().manual_seed(0)) < 0.5
    return x * F.interpolate(on.to(x), x.shape[2:])


def noisy(x: Tensor, n: int, sigma: float) -> Tensor:
    """n noisy copies of x; sigma as in SmoothGrad."""
    noise = torch.randn(n, *x.shape[1:], generator=torch.Generator().manual_seed(0)).to(x)
    return x + sigma * (x.max() - x.min()) * noise


def along(x: Tensor, n: int) -> Tensor:
    """n points on the straight path from black to x."""
    return x * torch.arange(1, n + 1).to(x).view(-1, 1, 1, 1) / n


def gradients(model: nn.Module, points: Tensor) -> None:
    """The gradient of one probability at each of the points."""
    for i in passes(points):
        point = points[i].requires_grad_()
        torch.autograd.grad(model(point).softmax(1)[:, 0].sum(), point)


def forwards(model: nn.Module, points: Tensor) -> None:
    """A forward pass of each of the points."""
    with torch.no_grad():
        for i in passes(points):
            model(points[i])


def one_by_one(model: nn.Module, points: Tensor) -> None:
    """The same gradients, each of which needs the one before it."""
    for point in points.split(1):
        gradients(model, point)


def from_layer(model: nn.Module, x: Tensor, layer: str) -> None:
    """Grad-CAM's: a forward pass that has no graph up to the layer, and a backward pass from the top to the layer."""
    begun = []

    def begin(module: nn.Module, inputs: tuple, output: Tensor) -> Tensor:
        begun.append(output.detach().requires_grad_())
        return begun[0]

    with model.get_submodule(layer).register_forward_hook(begin):
        score = model(x)[:, 0].sum()
    torch.autograd.grad(score, begun)


def deeplift(model: nn.Module, x: Tensor) -> None:
    """DeepLIFT's: a forward pass at the baseline, a gradient at x."""
    forwards(model, x)
    gradients(model, x)


def uni(model: nn.Module, x: Tensor, path: Tensor, T: int) -> None:
    """UNI's: a gradient in the weights, a forward pass, T + 1 gradients one by one (1 for the rule), the path's."""
    weights = [p.requires_grad_() for p in model.parameters()]
    torch.autograd.grad(model(x).log_softmax(1)[0, 0], weights)
    for p in weights:
        p.requires_grad_(False)
    forwards(model, x)
    for _ in range(T + 1):
        gradients(model, x)
    gradients(model, path)


def agi(model: nn.Module, x: Tensor, attacked: Tensor, paths: Tensor, steps: int) -> None:
    """AGI's: the steps of the longest attack and the look at its end, K rows at a time; B gradients on each path."""
    forwards(model, x)
    for _ in range(steps + 1):
        gradients(model, attacked)
    gradients(model, paths)
