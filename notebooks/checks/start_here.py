"""Checks of the exercises in 00_start_here.ipynb."""

from collections.abc import Callable

import torch
from torch import Tensor

from checks import ask, check, compare, number, tensor


@check
def signed_map(my_map: Callable[[Tensor], Tensor]) -> str:
    """my_map(A): the sum over channels of an attribution (1, 3, H, W), as (H, W), signs kept."""
    A = torch.randn(1, 3, 4, 5, generator=torch.Generator().manual_seed(0))
    found = tensor(ask(my_map, A))
    right = A[0].sum(0)
    mistakes = [
        (right[None], "The numbers are right, the shape is (1, 4, 5): take the one picture out of the batch, A[0]."),
        (A[0].sum((1, 2)), "You summed over the pixels and kept the channels. Sum over the channels: dimension 1."),
        (A.sum((2, 3)), "You summed over the pixels and kept the channels. Sum over the channels: dimension 1."),
        (A[0].abs().sum(0), "You took absolute values: what speaks against the class is lost."),
        (right.abs(), "You took the absolute value of the sum: the signs are lost."),
        (A[0].square().sum(0), "You squared: what speaks against the class is lost."),
        (A[0].mean(0), "You took the mean over the channels: the map no longer adds up to ΣA."),
        (A[0].amax(0), "You took the largest channel. Add all three."),
        (A[0].norm(dim=0), "You took the length over the channels: a length has no sign. Take the sum."),
        *[(A[0, k], f"That is channel {k} alone. Sum over the three channels.") for k in range(3)],
    ]
    compare(found, right, mistakes)
    return "Added up, it still gives ΣA, and nothing that speaks against the class got lost."


@check
def share_inside(my_share: Callable[[Tensor, Tensor], float]) -> str:
    """my_share(map_, mask): the share of Σ|map| that lies inside the mask."""
    map_ = torch.tensor([[4.0, -1.0, 0.5], [2.0, -2.0, 1.0]])
    mask = torch.tensor([[True, True, False], [False, True, False]])
    found = number(ask(my_share, map_, mask), "A share is one number.")
    size = map_.abs()
    right = size[mask].sum() / size.sum()
    mistakes = [
        (
            map_[mask].sum() / map_.sum(),
            "You added the signed numbers, so that for and against cancel out. Take absolute values first.",
        ),
        (map_[mask].sum() / size.sum(), "You added the signed numbers inside: for and against cancel. Take |map|."),
        (size[mask].sum(), "This is the sum inside the mask. Divide it by the sum over the whole map."),
        (size[~mask].sum() / size.sum(), "This is the share outside the mask."),
        (size[mask].sum() / size[~mask].sum(), "You divide by the sum outside the mask. Divide by that of all."),
        (100 * right, "This is in per cent; a share lies between 0 and 1."),
        (
            size[mask].mean(),
            "You took the mean inside the mask, or divided by its size. Divide by Σ|map| over the whole map.",
        ),
        (size[mask].mean() / size.mean(), "You divided two means, so that the area falls out. Divide two sums."),
        (map_.square()[mask].sum() / map_.square().sum(), "You squared. Take absolute values."),
        (1 / right, "Upside down: divide the sum inside by the sum of all."),
        (mask.double().mean(), "This is the mask's share of the pixels. Weight each pixel by |map|."),
        (size[mask].sum() / size.numel(), "You divided by the number of pixels. Divide by Σ|map| over the whole map."),
    ]
    compare(found, right, mistakes, "On our small test the share is")
    return "Compare it with the mask's share of the pixels: a map that knows nothing scores that much."
