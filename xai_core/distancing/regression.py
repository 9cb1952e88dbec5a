"""A regression: a copy of a network, trained until its logits on given samples are given numbers.

    L(θ) = 1/(nC) Σ_i ‖N_θ(x_i) − y_i‖²          minimised by Adam [Kingma2015], from the network's own weights

It learns in evaluation mode: dropout off, batch statistics as they are. In training mode the answer to x would depend
on the batch that x came in, which is not the function that the targets y were read from: with y the network's own
logits the error would not be 0, and the network would drift from itself. Here it is 0, and so is every gradient.
Units: L in squares of logits. What to look at: `curve`, whether it has levelled out.
"""

import copy
import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from xai_core.network.private_copy import private_copy


@torch.inference_mode(False)  # autograd cannot use what is made in a caller's inference mode
def regress(
    model: nn.Module,
    X: Tensor,
    targets: Tensor,
    *,
    epochs: int,
    rate: float,
    batch: int,
    seed: int,
    tell: Callable[[int], None] = lambda done: None,
) -> tuple[nn.Module, tuple[float, ...]]:
    """The trained copy, frozen, and the mean squared error of each epoch, over its batches as they were met.

    X (n, …), targets (n, C); batches of `batch` samples, the last may be smaller, in an order drawn from `seed` alone.
    tell: hears how many steps are done. Raises ValueError for a model without weights and a rate at which it diverges.
    """
    θ = own_weights(model)
    weights = [p.requires_grad_() for p in θ.parameters() if p.is_floating_point()]
    if not weights:
        raise ValueError("model must have weights to train; it has none")
    adam, generator, curve = torch.optim.Adam(weights, rate), torch.Generator().manual_seed(seed), []
    with torch.enable_grad():
        for epoch in range(epochs):
            total, batches = 0.0, torch.randperm(len(X), generator=generator, device="cpu").split(batch)
            for k, rows in enumerate(batches, 1):
                loss = (θ(X[rows]) - targets[rows]).square().mean()
                # Asked for these weights alone: backward() would also fill whatever else the network depends on.
                slopes = torch.autograd.grad(loss, weights, allow_unused=True)
                for weight, slope in zip(weights, slopes, strict=True):
                    weight.grad = slope
                adam.step()
                total += loss.item() * len(rows)
                tell(epoch * len(batches) + k)
            if not math.isfinite(total):
                raise ValueError(f"rate must be small enough for the regression to converge; {rate:g} makes it diverge")
            curve.append(total / len(X))
    for weight in weights:
        weight.grad = None
    return θ.requires_grad_(False), tuple(curve)


def own_weights(model: nn.Module) -> nn.Module:
    """A frozen copy in evaluation mode whose weights may be written to: `private_copy` shares the caller's memory."""
    return copy.deepcopy(private_copy(model))
