"""Checks of the exercises in 00_start_here.ipynb."""

from collections.abc import Callable

import torch
from torch import Tensor

from checks import check, done, require


@check
def signed_map(my_map: Callable[[Tensor], Tensor]) -> str:
    """my_map(A): the sum over channels of an attribution (1, 3, H, W), as (H, W), signs kept."""
    A = torch.randn(1, 3, 4, 5, generator=torch.Generator().manual_seed(0))
    given, found = A.clone(), done(my_map(A))
    require(isinstance(found, Tensor), f"You return a {type(found).__name__}; a map is a torch.Tensor.")
    require(torch.equal(A, given), "Your function changes the attribution it is given. Work on a new tensor.")
    right = A[0].sum(0)
    require(found.numel() != 3, "You summed over the pixels and kept the channels. Sum over the channels: dimension 1.")
    require(
        found.numel() == right.numel(), f"For A of shape (1, 3, 4, 5) the map is (4, 5); yours is {tuple(found.shape)}."
    )
    shape, found = tuple(found.shape), found.reshape(right.shape)
    require(
        not torch.allclose(found, A[0].abs().sum(0)), "You took absolute values: what speaks against the class is lost."
    )
    require(not torch.allclose(found, right.abs()), "You took the absolute value of the sum: the signs are lost.")
    require(
        not torch.allclose(found, A[0].mean(0)), "You took the mean over the channels: the map no longer adds up to ΣA."
    )
    require(torch.allclose(found, right), "The numbers are not the sums over the three channels.")
    require(
        shape == (4, 5), f"The numbers are right, the shape is {shape}: take the one picture out of the batch, A[0]."
    )
    return "Added up, it still gives ΣA, and nothing that speaks against the class got lost."


@check
def share_inside(my_share: Callable[[Tensor, Tensor], float]) -> str:
    """my_share(map_, mask): the share of Σ|map| that lies inside the mask."""
    map_ = torch.tensor([[4.0, -1.0, 0.0], [2.0, -2.0, 1.0]])
    mask = torch.tensor([[True, True, False], [False, True, False]])
    answer = torch.as_tensor(done(my_share(map_, mask)))
    require(answer.numel() == 1, f"You return {tuple(answer.shape)} numbers; a share is one number.")
    found = float(answer)
    mistakes = {
        0.7: "",
        1 / 4: "You added the signed numbers, so that for and against cancel out. Take absolute values first.",
        7.0: "This is the sum inside the mask. Divide it by the sum over the whole map.",
        0.3: "This is the share outside the mask.",
        70.0: "This is in per cent; a share lies between 0 and 1.",
        7 / 3: "You took the mean inside the mask, or divided by its size. Divide by Σ|map| over the whole map.",
        0.5: "This is the mask's share of the pixels. Weight each pixel by |map|.",
        7 / 6: "You divided by the number of pixels. Divide by Σ|map| over the whole map.",
    }
    for value, what in mistakes.items():
        if abs(found - value) < 1e-3:
            require(not what, what)
            return "Compare it with the mask's share of the pixels: a map that knows nothing scores that much."
    require(False, f"On our small test the share is 0.7; yours is {found:.3f}.")
    return ""
