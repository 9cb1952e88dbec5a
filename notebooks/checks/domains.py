"""Checks of the exercises in 17_domains.ipynb."""

from collections.abc import Callable

import torch
from torch import Tensor

from checks import ask, check, compare, number, tensor


@check
def inside(my_inside: Callable[[Tensor, Tensor], float]) -> str:
    """my_inside(A, mask): the share of what speaks for the class that lies on the mask."""
    summed = torch.tensor([[3.0, -1.0, 0.5], [-2.0, 4.0, 0.0], [0.25, -0.5, 1.0]], dtype=torch.double)
    channels = torch.stack([summed + 1, -summed - 3, summed + 2])  # (3, 3, 3), adding up to `summed`
    mask = torch.tensor([[True, True, False], [False, False, False], [False, True, True]])
    found = number(ask(my_inside, channels, mask), "A share is one number.")
    positive, each = summed.clamp(min=0), channels.clamp(min=0).sum(0)
    strength = summed.abs()
    right = positive[mask].sum() / positive.sum()
    mistakes = [
        (
            strength[mask].sum() / strength.sum(),
            "You took |A|: what speaks against the class counts too. Keep what is above 0.",
        ),
        (summed[mask].sum() / summed.sum(), "You let what speaks against cancel what speaks for. Cut at 0 first."),
        (summed[mask].sum() / positive.sum(), "Cut at 0 on the mask, too: what speaks against cancels there."),
        (positive[mask].sum() / summed.sum(), "Cut at 0 in the sum of all, too."),
        (each[mask].sum() / each.sum(), "You cut each channel at 0. Sum the channels first."),
        (1 - right, "That is the share outside. The mask is True on the lesions."),
        (100 * right, "This is in per cent; a share lies between 0 and 1."),
        (positive[mask].sum(), "That is the sum on the mask. Divide by the sum of all that speaks for the class."),
        (positive[mask].mean() / positive.mean(), "That is relative to the area. The share itself was asked."),
        (positive[mask].mean(), "That is the mean on the mask. Divide the sum there by the sum of all."),
        (positive[mask].sum() / strength.sum(), "You divide by Σ|A|. Divide by the sum of A⁺."),
        (positive[mask].sum() / positive[~mask].sum(), "You divide by what lies outside. Divide by the sum of all."),
        (positive.square()[mask].sum() / positive.square().sum(), "You squared. Take A⁺ as it is."),
        (mask.double().mean(), "That is the mask's share of the pixels: what chance would give."),
        (1 / right, "Upside down: divide what lies on the mask by the sum of all."),
    ]
    compare(found, right, mistakes, "On our small test the share is")
    return "Compare it with the mask's share of the pixels, which chance would give."


@check
def turned_back(my_turned_back: Callable[[Tensor, int], Tensor]) -> str:
    """my_turned_back(A, quarters): the map of a scene that was turned clockwise, turned back."""
    A = torch.arange(2 * 3 * 4 * 4, dtype=torch.double).view(2, 3, 4, 4)
    for quarters in (1, 2, 3):
        turned = torch.rot90(A, -quarters, (2, 3))  # as satellite.draw(…, turn=90 · quarters) turns
        found = tensor(ask(my_turned_back, turned, quarters))
        mistakes = [
            (turned, "You return the map as it came. Turn it back."),
            (torch.rot90(turned, -quarters, (2, 3)), "You turn it on instead of back. rot90 turns against the clock."),
            (torch.rot90(turned, 1, (2, 3)), "You always turn by one quarter. Use `quarters`."),
            (turned.flip(3), "You mirror it. A turn is no mirror."),
            (turned.flip(2), "You mirror it. A turn is no mirror."),
            (turned.transpose(2, 3), "You swap rows and columns: that mirrors. Use torch.rot90."),
            (torch.rot90(turned, quarters, (0, 1)), "You turn other dimensions. Height and width are (2, 3)."),
            (torch.rot90(turned, quarters, (1, 2)), "You turn other dimensions. Height and width are (2, 3)."),
            (torch.rot90(turned, 90 * quarters, (2, 3)), "rot90 counts quarters, not degrees."),
            (A.sum(1), "You summed the channels. The map keeps its shape."),
            (A[0, 0], "That is one channel of one map. The map keeps its shape."),
            (A[0], "You took the first picture out. The map keeps its shape."),
        ]
        quarter = "one quarter" if quarters == 1 else f"{quarters} quarters"
        compare(found, A, mistakes, f"Turned by {quarter}, the map does not come back as it was. A pixel should be")
    return "Now the maps of a scene and of the turned scene can be compared, pixel by pixel."
