"""Checks of the exercises in 16_prototypes.ipynb."""

from collections.abc import Callable

import torch
from torch import Tensor

from checks import check, done, require


@check
def total_variation(my_total_variation: Callable[[Tensor], Tensor]) -> str:
    """my_total_variation(x): jumps between neighbours, down and across, over all channels, for each pixel."""
    x = torch.tensor([[[[0.0, 1, 1], [0.5, 0, 1]], [[0, 0, 0], [0, 0.25, 0]]]])
    x = torch.cat([x, torch.zeros_like(x)])  # (2, 2, 2, 3)
    before = x.clone()
    answer = torch.as_tensor(done(my_total_variation(x)))
    require(torch.equal(x, before), "Your function changes the pictures it was given. Work on a copy.")
    require(answer.shape == (2,), f"There are 2 pictures, so 2 numbers; yours has shape {tuple(answer.shape)}.")
    down, across = x.diff(dim=2).abs().sum((1, 2, 3)), x.diff(dim=3).abs().sum((1, 2, 3))
    right, found = float((down + across)[0]) / 6, float(answer[0])
    signed = float((x.diff(dim=2).sum((1, 2, 3)) + x.diff(dim=3).sum((1, 2, 3)))[0])
    squared = float((x.diff(dim=2).square().sum((1, 2, 3)) + x.diff(dim=3).square().sum((1, 2, 3)))[0])
    mistakes = {
        float(down[0]) / 6: "You look down only. Add the neighbours across.",
        float(across[0]) / 6: "You look across only. Add the neighbours below.",
        right * 6: "You forgot to divide by the number of pixels, H · W.",
        right / 2: "You divide by the channels too. The number of pixels is H · W.",
        signed / 6: "Rises and falls cancel each other. Take absolute values before you add.",
        squared / 6: "You square the differences. Take their absolute values.",
    }
    for value, what in mistakes.items():
        require(abs(found - value) > 1e-5, what)
    require(abs(found - right) < 1e-5, f"On our small picture TV is {right:.4f}; yours is {found:.4f}.")
    require(float(answer[1]) == 0, "A picture that is the same everywhere has no variation.")
    return "A flat picture has none, noise the most."


@check
def agreement(my_agreement: Callable[[Tensor], float]) -> str:
    """my_agreement(A): the mean of Pearson's r over all pairs of maps."""
    generator = torch.Generator().manual_seed(0)
    A = torch.randn(4, 2, 3, 3, generator=generator, dtype=torch.double) + torch.linspace(0, 1, 9).view(3, 3)
    before = A.clone()
    answer = torch.as_tensor(done(my_agreement(A)))
    require(torch.equal(A, before), "Your function changes the maps it was given. Work on a copy.")
    require(answer.numel() == 1, f"You return {tuple(answer.shape)} numbers. Agreement is one number.")
    r, separate = torch.corrcoef(A.sum(1).flatten(1)), torch.corrcoef(A.flatten(1))
    pairs = ~torch.eye(4, dtype=torch.bool)
    z = torch.nn.functional.normalize(A.sum(1).flatten(1))
    right, found = float(r[pairs].mean()), float(answer)
    mistakes = {
        float(r.mean()): "The diagonal is in it: a map always agrees with itself. Leave it out.",
        float(separate[pairs].mean()): "You compare the channels one by one. Sum them first.",
        float((z @ z.T)[pairs].mean()): "That is the cosine. Pearson's r takes each map's mean away first.",
        float(r[pairs].abs().mean()): "You took |r|. Maps that contradict each other must lower the mean.",
        float(r[pairs].sum()): "That is the sum over pairs. Take the mean.",
    }
    for value, what in mistakes.items():
        require(abs(found - value) > 1e-5 or abs(value - right) < 1e-7, what)
    require(abs(found - right) < 1e-5, f"On our four maps it is {right:.4f}; yours is {found:.4f}.")
    return "1: all maps say the same of the same places; 0: they have nothing in common."
