"""Two scenes of the zoo in one picture: which animal does a map mean, if both are there?

A picture twice as wide (or high) as a scene: two whole scenes, each with its own ground and its own animal. A network
that averages over all places takes any size. Where each animal is is known, so one can say which of the two a map for
one class marks.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from data.drawn import zoo

ARRANGEMENTS = ("side by side", "one above the other")


class Two(NamedTuple):
    """Pictures of two animals, and where each of them is."""

    images: Tensor  # (n, 3, 64, 128), or (n, 3, 128, 64) one above the other
    first: Tensor  # (n, H, W) bool: the first animal's mask
    second: Tensor


def draw_two(first: str, second: str, n: int, seed: int, arrangement: str = "side by side") -> Two:
    """n pictures of both animals; in every other one they change places. More pictures begin with the same ones.

    first, second: names of `zoo.CLASSES`. seed: as in `zoo.batch`.
    Raises ValueError for another animal or arrangement, or n < 1.
    """
    if arrangement not in ARRANGEMENTS:
        raise ValueError(f"arrangement is {arrangement!r}; it must be one of {', '.join(ARRANGEMENTS)}")
    if n < 1:
        raise ValueError(f"n is {n!r}; it must be at least 1")
    axis = -1 if arrangement == "side by side" else -2
    images, masks = [], ([], [])
    for i in range(n):
        scenes = [zoo.draw(name, zoo.scene_seed(seed, 2 * i + k)) for k, name in enumerate((first, second))]
        places = (0, 1) if i % 2 == 0 else (1, 0)
        images.append(torch.cat([scenes[k].image for k in places], axis))
        for k, mine in enumerate(masks):
            nothing = torch.zeros_like(scenes[k].animal)
            mine.append(torch.cat([scenes[k].animal if k == at else nothing for at in places], axis))
    return Two(torch.stack(images), torch.stack(masks[0]), torch.stack(masks[1]))
