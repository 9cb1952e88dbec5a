"""Checks of the exercises in 17_domains.ipynb."""

from collections.abc import Callable

import torch
from torch import Tensor

from checks import check, done, require


@check
def inside(my_inside: Callable[[Tensor, Tensor], float]) -> str:
    """my_inside(A, mask): the share of what speaks for the class that lies on the mask."""
    summed = torch.tensor([[3.0, -1.0, 0.5], [-2.0, 4.0, 0.0], [0.25, -0.5, 1.0]], dtype=torch.double)
    channels = torch.stack([summed + 1, -summed - 3, summed + 2])  # (3, 3, 3), adding up to `summed`
    mask = torch.tensor([[True, True, False], [False, False, False], [False, True, True]])
    before = channels.clone()
    answer = torch.as_tensor(done(my_inside(channels, mask)))
    require(torch.equal(channels, before), "Your function changes the map it was given. Work on a copy.")
    require(answer.numel() == 1, f"You return {tuple(answer.shape)} numbers. A share is one number.")
    positive, each = summed.clamp(min=0), channels.clamp(min=0).sum(0)
    strength, right = summed.abs(), float(positive[mask].sum() / positive.sum())
    mistakes = {
        float(
            strength[mask].sum() / strength.sum()
        ): "You took |A|: what speaks against the class counts too. Keep what is above 0.",
        float(summed[mask].sum() / summed.sum()): "You let what speaks against cancel what speaks for. Cut at 0 first.",
        float(each[mask].sum() / each.sum()): "You cut each channel at 0. Sum the channels first.",
        1 - right: "That is the share outside. The mask is True on the lesions.",
        float(positive[mask].sum()): "That is the sum on the mask. Divide by the sum of all that speaks for the class.",
        float(positive[mask].mean() / positive.mean()): "That is relative to the area. The share itself was asked.",
        float(positive[mask].sum() / strength.sum()): "You divide by Σ|A|. Divide by the sum of A⁺.",
        float(mask.double().mean()): "That is the mask's share of the pixels: what chance would give.",
    }
    found = float(answer)
    for value, what in mistakes.items():
        require(abs(found - value) > 1e-4 or abs(value - right) < 1e-6, what)
    require(abs(found - right) < 1e-4, f"On our small test the share is {right:.3f}; yours is {found:.3f}.")
    return "Compare it with the mask's share of the pixels, which chance would give."


@check
def turned_back(my_turned_back: Callable[[Tensor, int], Tensor]) -> str:
    """my_turned_back(A, quarters): the map of a scene that was turned clockwise, turned back."""
    A = torch.arange(2 * 3 * 4 * 4, dtype=torch.double).view(2, 3, 4, 4)
    for quarters in (1, 2, 3):
        turned = torch.rot90(A, -quarters, (2, 3))  # as satellite.draw(…, turn=90 · quarters) turns
        answer = done(my_turned_back(turned.clone(), quarters))
        require(isinstance(answer, Tensor), "Return a tensor: the map turned back.")
        require(answer.shape == A.shape, f"The map is {tuple(A.shape)}; yours is {tuple(answer.shape)}.")
        mistakes = [
            (turned, "You return the map as it came. Turn it back."),
            (torch.rot90(turned, -quarters, (2, 3)), "You turn it on instead of back. rot90 turns against the clock."),
            (torch.rot90(turned, 1, (2, 3)), "You always turn by one quarter. Use `quarters`."),
            (turned.flip(3), "You mirror it. A turn is no mirror."),
            (turned.flip(2), "You mirror it. A turn is no mirror."),
            (turned.transpose(2, 3), "You swap rows and columns: that mirrors. Use torch.rot90."),
        ]
        if not torch.equal(answer, A):
            for wrong, what in mistakes:
                require(not torch.equal(answer, wrong), what)
            require(False, f"Turned by {quarters} quarters, your map does not come back as it was.")
    return "Now the maps of a scene and of the turned scene can be compared, pixel by pixel."
