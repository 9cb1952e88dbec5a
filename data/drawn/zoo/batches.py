"""Batches of scenes: endless streams by a seed, balanced, of which a longer batch begins with a shorter one.

Images are (n, 3, 64, 64) float32 in [0, 1], labels (n,) int64, masks (n, 64, 64) bool.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from data import arguments
from data.drawn.zoo.animals import BIRDS, CLASSES, HUSKY_WOLF
from data.drawn.zoo.scenes import Scene, draw, draw_birds, draw_husky_wolf, label_of

SNOW: tuple[str, ...] = ("with wolf", "independent", "with husky")


def scene_seed(seed: int, i: int) -> int:
    """The seed of the i-th scene of `batch`, `husky_wolf` and `birds(…, seed)`: draw it again, alone or changed.

    Raises ValueError for a seed below 0.
    """
    return (arguments.seed(seed) << 32) + i


def batch_labels(n: int, seed: int, classes: Sequence[str] = CLASSES) -> list[str]:
    """The first n class names of the stream `seed`: shuffled rounds of all classes, so that any n is balanced.

    Raises ValueError for a seed below 0.
    """
    rng = np.random.default_rng([arguments.seed(seed), 3])
    names: list[str] = []
    while len(names) < n:
        names += [classes[i] for i in rng.permutation(len(classes))]
    return names[:n]


def batch(n: int, seed: int, classes: Sequence[str] = CLASSES) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The first n scenes of the endless stream `seed`; a longer batch begins with the same scenes.

    Returns images (n, 3, 64, 64), labels (n,) that index `CLASSES`, animal masks (n, 64, 64), part masks (n, 64, 64).
    Raises ValueError where n < 1 or a class is unknown.
    """
    arguments.count(n)
    for name in classes:
        label_of(str(name), CLASSES)
    return _stack([draw(name, scene_seed(seed, i)) for i, name in enumerate(batch_labels(n, seed, classes))], "part")


def husky_wolf(n: int, seed: int, *, snow: str = "with wolf") -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The first n huskies and wolves of the stream `seed`; the animals are the same whatever `snow` is.

    `snow` is "with wolf" (every wolf on snow, no husky: what the biased network learns from), "independent" (half of
    either) or "with husky" (the other way round: where it fails most clearly).
    Returns images (n, 3, 64, 64), labels (n,) that index `HUSKY_WOLF`, animal masks and snow masks (n, 64, 64).
    Raises ValueError where n < 1 or `snow` is another.
    """
    arguments.count(n)
    arguments.one_of("snow", snow, SNOW)
    coin = np.random.default_rng([arguments.seed(seed), 4]).uniform(size=n) < 0.5
    scenes = []
    for i, name in enumerate(batch_labels(n, seed, HUSKY_WOLF)):
        white = {"with wolf": name == "wolf", "independent": bool(coin[i]), "with husky": name == "husky"}[snow]
        scenes.append(draw_husky_wolf(name, scene_seed(seed, i), snow=white))
    return _stack(scenes, "snow")


def birds(n: int, seed: int, *, part: float | None = None) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The first n warblers and sparrows of the stream `seed`, all with the beak's size `part`, if it is given.

    Returns images (n, 3, 64, 64), labels (n,) that index `BIRDS`, animal masks and beak masks (n, 64, 64).
    Raises ValueError where n < 1 or `part` is not in [0, 1].
    """
    arguments.count(n)
    names = batch_labels(n, seed, BIRDS)
    return _stack([draw_birds(name, scene_seed(seed, i), part=part) for i, name in enumerate(names)], "part")


def _stack(scenes: list[Scene], mask: str) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    return (
        torch.stack([scene.image for scene in scenes]),
        torch.tensor([scene.label for scene in scenes]),
        torch.stack([scene.animal for scene in scenes]),
        torch.stack([getattr(scene, mask) for scene in scenes]),
    )
