"""Pairs of classes that GAD holds apart: pictures to learn from, and others to explain, drawn or of a folder."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import torch
from torch import Tensor

from data.drawn import zoo
from data.nets import held_apart
from data.pictures import folders
from data.streams import FRESH
from data.training import finetuned

PAIRS = {
    "Cat x Dog": {"VGG": "zoo_vgg", "ResNet": "zoo"},
    "Birds": {"VGG": "birds_vgg", "ResNet": "birds"},
}  # pair → column of the GAD paper's tables → network
LEARNED = 512  # pictures that the support networks learn from


class Apart(NamedTuple):
    """Pictures of two classes, some to learn from and others to explain; their logits are 0 and 1."""

    images: Tensor  # (n, 3, H, W) in [0, 1]: to explain, in turn of the one class and of the other
    labels: Tensor  # (n,)
    seen: Tensor  # to learn from
    seen_labels: Tensor


@lru_cache(maxsize=2)
def apart(pair: str, images: int) -> Apart:
    """Pictures of one of PAIRS: scenes that no network has seen, and scenes of the stream that they learned from.

    images: how many to explain. Raises ValueError for a number below 1.
    """
    draw = zoo.birds if pair == "Birds" else lambda n, seed: zoo.batch(n, seed, held_apart.PAIR)
    (X, labels, *_), (seen, seen_labels, *_) = draw(images, FRESH), draw(LEARNED, held_apart.STREAM)
    return Apart(X, labels, seen, seen_labels)


@lru_cache(maxsize=1)
def apart_in(folder: str, network: str, images: int) -> tuple[tuple[str, ...], Apart]:
    """The first two classes of a folder of photographs, half of each to learn from; and the names of all classes.

    network: a name of `pretrained.NAMES`; images: the most to explain. Raises as `finetuned.folder`.
    """
    photos = finetuned.folder(folder, network, classes=2)
    rows = [(photos.labels == c).nonzero()[:, 0] for c in (0, 1)]
    half = min(len(each) for each in rows) // 2
    explained = torch.stack([each[:half] for each in rows], 1).flatten()[:images]
    learned = torch.cat([each[half:] for each in rows])
    X, seen = (photos.images[i].float() / 255 for i in (explained, learned))
    return tuple(sorted(set(folders.words(folder).values()))), Apart(
        X, photos.labels[explained], seen, photos.labels[learned]
    )
