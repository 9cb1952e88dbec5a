"""Checks of the exercises in 03_prototypes.ipynb."""

from collections.abc import Callable

import torch
from torch import Tensor

from checks import ask, check, compare, number, require, tensor


@check
def total_variation(my_total_variation: Callable[[Tensor], Tensor]) -> str:
    """my_total_variation(x): jumps between neighbours, down and across, over all channels, for each pixel."""
    x = torch.tensor([[[[0.0, 1, 1], [0.5, 0, 1]], [[0, 0, 0], [0, 0.25, 0]]]])
    x = torch.cat([x, torch.full_like(x, 0.5)])  # (2, 2, 2, 3)
    found = tensor(ask(my_total_variation, x))
    require(found.dim() > 0, "You return one number. There are 2 pictures, so 2 numbers.")
    down, across = x.diff(dim=2), x.diff(dim=3)  # (2, 2, 1, 3), (2, 2, 2, 2)
    H, W = x.shape[2:]

    def added(d: Tensor) -> Tensor:
        return d.sum((1, 2, 3))

    def mean(d: Tensor) -> Tensor:
        return d.mean((1, 2, 3))

    def named(what: str, of: Callable[[Tensor], Tensor]) -> list[tuple[Tensor, str]]:
        """The ways to add up what was made of the differences."""
        a, b = of(down), of(across)
        both = added(a) + added(b)
        flat = torch.cat([a.flatten(1), b.flatten(1)], 1)
        return [
            (both / (H * W), what),
            (both, f"{what} You forgot to divide by the number of pixels, H · W.".strip()),
            (both / (2 * H * W), f"{what} You divide by the channels too. The number of pixels is H · W.".strip()),
            (mean(a) + mean(b), f"{what} You took means of the jumps. Add them, and divide by H · W.".strip()),
            ((mean(a) + mean(b)) / 2, f"{what} You took means of the jumps. Add them, and divide by H · W.".strip()),
            (flat.mean(1), f"{what} You took the mean of the jumps. Add them, and divide by H · W.".strip()),
            (added(a) / (H * W), f"{what} You look down only. Add the neighbours across.".strip()),
            (added(b) / (H * W), f"{what} You look across only. Add the neighbours below.".strip()),
            (mean(a), f"{what} You look down only, and took a mean. Add all jumps, divide by H · W.".strip()),
            (mean(b), f"{what} You look across only, and took a mean. Add all jumps, divide by H · W.".strip()),
        ]

    length = (down[..., :-1].square() + across[:, :, :-1].square()).sqrt()
    right = named("", Tensor.abs)[0][0]
    mistakes = [
        *named("", Tensor.abs)[1:],
        *named("You square the differences. Take their absolute values.", Tensor.square),
        (
            (added(down.square()) + added(across.square())).sqrt() / (H * W),
            "You took the root of the sum of squares. Take absolute values, and add.",
        ),
        (added(length) / (H * W), "You took the length of both jumps at each pixel. Add their absolute values."),
        *named("Rises and falls cancel each other. Take absolute values before you add.", lambda d: d),
        (
            (added(down) + added(across)).abs() / (H * W),
            "Rises and falls cancel each other. Take absolute values before you add.",
        ),
    ]
    compare(found, right, mistakes, "On our small picture TV is")
    return "A flat picture has none, noise the most."


@check
def agreement(my_agreement: Callable[[Tensor], float]) -> str:
    """my_agreement(A): the mean of Pearson's r over all pairs of maps."""
    generator = torch.Generator().manual_seed(0)
    A = torch.randn(4, 2, 3, 3, generator=generator, dtype=torch.double) + torch.linspace(0, 1, 9).view(3, 3)
    found = number(ask(my_agreement, A), "Agreement is one number.")
    flat = A.sum(1).flatten(1)
    r, separate = torch.corrcoef(flat), torch.corrcoef(A.flatten(1))
    pairs = ~torch.eye(4, dtype=torch.bool)
    z = torch.nn.functional.normalize(flat)
    ranks = torch.corrcoef(flat.argsort(1).argsort(1).double())
    right = r[pairs].mean()
    covariance = torch.cov(flat)
    mistakes = [
        (r.mean(), "The diagonal is in it: a map always agrees with itself. Leave it out."),
        (r.sum(), "That is the sum, with the diagonal in it. Take the mean over the pairs."),
        (separate[pairs].mean(), "You compare the channels one by one. Sum them first."),
        (torch.corrcoef(flat.T).mean(), "You correlate places. Correlate maps: a row of the table is one map."),
        ((z @ z.T)[pairs].mean(), "That is the cosine. Pearson's r takes each map's mean away first."),
        (ranks[pairs].mean(), "You ranked the numbers: that is Spearman's ρ. Take Pearson's r."),
        (covariance[pairs].mean(), "That is the covariance. Divide by the standard deviations: torch.corrcoef."),
        (r[pairs].abs().mean(), "You took |r|. Maps that contradict each other must lower the mean."),
        (r[pairs].square().mean(), "You squared r. Maps that contradict each other must lower the mean."),
        (r[pairs].median(), "That is the median over the pairs. Take the mean."),
        (r[pairs].sum(), "That is the sum over pairs. Take the mean."),
        (r[pairs].sum() / 2, "That is the sum over pairs. Take the mean."),
        (r[pairs].sum() / 16, "You divide by n². There are n · (n − 1) places beside the diagonal."),
        (r[0, 1:].mean(), "You compare the first map with the others. Take all pairs."),
        (r[0, 1], "That is one pair of maps. Take the mean over all pairs."),
    ]
    compare(found, right, mistakes, "On our four maps it is")
    return "1: all maps say the same of the same places; 0: they have nothing in common."
