"""Checks of the exercises in 13_uni.ipynb."""

from collections.abc import Callable

import torch
from torch import Tensor

from checks import ask, check, compare, done, require, tensor


@check
def unlearning_step(my_step: Callable[[list[Tensor], float], list[Tensor]]) -> str:
    """my_step(slopes, eta): the change of each weight in line 4, from the loss's gradient in each."""
    slopes = [torch.tensor([[2.0, 1.0], [2.0, 0.0]]), torch.tensor([0.0, 4.0]), torch.tensor([12.0])]  # length 13
    eta = 0.5
    found = ask(my_step, slopes, eta)
    require(isinstance(found, list | tuple), f"You return a {type(found).__name__}; return a list, a step a tensor.")
    require(len(found) == len(slopes), f"There are {len(slopes)} tensors of weights; you return {len(found)} steps.")
    steps = [tensor(done(step)) for step in found]
    for step, slope in zip(steps, slopes, strict=True):
        shape = tuple(step.shape)
        require(shape == tuple(slope.shape), f"A step has its weight's shape, {tuple(slope.shape)}; yours is {shape}.")

    def each(factor: Callable[[Tensor], float]) -> Tensor:
        return torch.cat([(factor(s) * s).flatten() for s in slopes])

    mistakes = [
        (each(lambda s: -eta / 13), "You step down the loss. Unlearning goes up."),
        (
            each(lambda s: eta / s.norm()),
            "You divide each tensor by its own length. One length for all weights together: the root of the sum of "
            "all squares.",
        ),
        (each(lambda s: eta), "You do not divide by the length of the gradient."),
        (each(lambda s: 1.0), "These are the gradients as they came. Divide by their length, and multiply by eta."),
        (each(lambda s: 1 / 13), "The direction is right; its length should be eta."),
        (each(lambda s: eta / 19), "You added the tensors' lengths. Lengths add in squares: √(3² + 4² + 12²) = 13."),
        (each(lambda s: eta / 21), "You divide by the sum of absolute values. The length is the root of squares."),
        (each(lambda s: eta / 169), "You divide by the squared length. Take the root."),
        (each(lambda s: eta / 13 * s.sign()), "You took absolute values. The signs say where up is."),
        (torch.cat([eta * s.sign().flatten() for s in slopes]), "You took the signs. Divide by the length instead."),
    ]
    flat = torch.cat([step.flatten() for step in steps])
    compare(flat, each(lambda s: eta / 13), mistakes, "Of all steps in a row, the one that is most off should be")
    return "A layer with a small gradient moves little, as it should: θ̂ − θ points where ∇L does."


@check
def on_the_sphere(my_projection: Callable[[Tensor, float], Tensor]) -> str:
    """my_projection(delta, eps): each picture's δ (N, C, H, W), scaled to ‖δ‖₂ = eps."""
    delta = torch.tensor([[1.0, 2.0], [2.0, 4.0]]).view(1, 2, 1, 2)  # length 5
    delta = torch.cat([delta, -0.01 * delta.flip(1)])  # … and 0.05
    eps = 2.0
    found = tensor(ask(my_projection, delta, eps))
    lengths = delta.flatten(1).norm(dim=1).view(2, 1, 1, 1)
    channels = delta.flatten(2).norm(dim=2).view(2, 2, 1, 1)
    mistakes = [
        (delta, "Nothing changed. Divide each picture's δ by its length, and multiply by eps."),
        (
            delta * (eps / lengths).clamp(max=1),
            "The second picture stays inside: you project on the ball. Line 6 always scales to the sphere, also up.",
        ),
        (eps * delta / delta.norm(), "You divide by the length of the whole batch. Each picture has its own."),
        (eps * delta / channels, "You divide each channel by its own length. One length for a picture."),
        (eps * delta / delta.norm(dim=1, keepdim=True), "You take a length at each pixel. One length for a picture."),
        (delta / lengths, "The length is 1. Multiply by eps."),
        (eps * delta, "You do not divide by the length."),
        (delta.clamp(-eps, eps), "You cut each pixel: that is a cube (ℓ∞). Scale the picture's length (ℓ2)."),
        (eps * delta.sign(), "You took signs: that is a corner of a cube (ℓ∞). Scale the picture's length (ℓ2)."),
        (
            eps * delta / delta.flatten(1).abs().amax(1).view(2, 1, 1, 1),
            "You divide by the largest number (ℓ∞). The length is the root of the sum of squares (ℓ2).",
        ),
        (
            eps * delta / delta.flatten(1).abs().sum(1).view(2, 1, 1, 1),
            "You divide by the sum of absolute values (ℓ1). The length is the root of the sum of squares (ℓ2).",
        ),
        (eps * delta / lengths**2, "You divide by the squared length. Take the root."),
        (lengths, "These are the lengths. Divide δ by them, and multiply by eps."),
    ]
    compare(found, eps * delta / lengths, mistakes)
    return "Since only the direction survives, μ matters only as against ε."
