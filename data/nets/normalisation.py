"""Whether a network of yours is clearly better on other pixels than those it gets: the usual mistake with a network.

    sentence = better(mine, images, labels)       "" or "Of 64 labelled pictures it knows 9. With ImageNet's …, 61. …"

Clearly: of the pictures that only one of the two knows, the other one knows so many that a fair coin would give as many
in less than one case in a hundred (the sign test).
"""

from math import comb, sqrt

import torch
from torch import Tensor, nn

from data.nets.constructors import IMAGENET, Normalisation
from data.nets.pretrained import Normalised
from data.nets.yours import Yours

CHANCE = 0.01
EVERYWHERE: dict[str, Normalisation | None] = {
    "pixels as they are": None,
    "pixels from −1 to 1": ((0.5,), (0.5,)),
    "pixels from 0 to 255": ((0.0,), (1 / 255,)),
}
USUAL: dict[int, dict[str, Normalisation | None]] = {  # channels → what networks are trained on
    3: EVERYWHERE | {"ImageNet's mean and std": IMAGENET},
    1: EVERYWHERE | {"MNIST's mean and std": ((0.1307,), (0.3081,))},
}


def better(mine: Yours, images: Tensor, labels: Tensor) -> str:
    """That another normalisation is clearly better on labelled pictures, in words; "" if none is.

    images: (n, C, H, W) in [0, 1]. labels: (n,).
    """
    now = _knows(mine.network, images, labels)
    found = {
        name: _knows(_with(mine.bare, normalise), images, labels)
        for name, normalise in USUAL[mine.channels].items()
        if normalise != mine.normalise
    }
    name, then = max(found.items(), key=lambda each: int(each[1].sum()))
    if not by_chance(int((then & ~now).sum()), int((now & ~then).sum())) < CHANCE:
        return ""
    normalise = USUAL[mine.channels][name]
    cure = "without MEAN and STD"
    if normalise:
        mean, std = (",".join(f"{number:.4g}" for number in part) for part in normalise)
        cure = f"with MEAN={mean} STD={std}"
    return (
        f"Of {len(labels)} labelled pictures your network knows {int(now.sum())}. On {name} it knows {int(then.sum())}."
        f" If it was trained so, start {cure}."
    )


def by_chance(more: int, less: int) -> float:
    """How often a fair coin, thrown more + less times, falls `more` times or oftener on one side."""
    n = more + less
    return sum(comb(n, k) for k in range(more, n + 1)) / 2**n


def interval(right: int, asked: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share."""
    if not asked:
        return 0.0, 1.0
    z, p = 1.96, right / asked
    middle, half = p + z * z / (2 * asked), z * sqrt(p * (1 - p) / asked + z * z / (4 * asked * asked))
    return (middle - half) / (1 + z * z / asked), (middle + half) / (1 + z * z / asked)


def _with(network: nn.Module, normalise: Normalisation | None) -> nn.Module:
    return Normalised(network, *map(list, normalise)).eval() if normalise else network


def _knows(network: nn.Module, images: Tensor, labels: Tensor) -> Tensor:
    """Which pictures it is right about, (n,) bool; each is asked alone."""
    with torch.no_grad():
        return torch.cat([network(x).argmax(1) for x in images.split(1)]) == labels
