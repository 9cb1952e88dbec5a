"""A pretrained network taught to tell the classes of a folder of photographs: torchvision's layout, a folder a class.

    N(x) = W · features(x) + b        the last layer is new, of as many outputs as there are classes; all weights learn

    photos = folder("cats_and_dogs", "squeezenet1_1")
    model = finetune("squeezenet1_1", photos.images, photos.labels, len(photos.classes))
Units: pixels in [0, 1]. The weights come from torch's cache (data/nets/pretrained.py).
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn
from tqdm.auto import tqdm

from data.nets import pretrained
from data.pictures import folders
from data.pictures.photographs import PhotographError, open_photograph
from data.training.fitting import fit

BATCH = 32  # photographs in a step of training


class Photographs(NamedTuple):
    """The photographs of a folder, its classes in alphabetical order."""

    images: Tensor  # (n, 3, side, side) uint8
    labels: Tensor  # (n,)
    classes: tuple[str, ...]


def folder(path: Path | str, name: str, most: int | None = None, classes: int | None = None) -> Photographs:
    """The photographs of a folder that says their classes (pictures/folders.py), cut as the network `name` expects.

    most: of each class. classes: the first so many of them; None for all. A file that cannot be opened is left out, and
    a warning says so. Raises ValueError if fewer than two classes have photographs, and as `folders.words`.
    """
    of: dict[str, list[str]] = {}
    for file, word in sorted(folders.words(str(path)).items()):
        of.setdefault(word, []).append(file)
    if len(of) < 2:
        raise ValueError(
            f"path is {str(path)!r}, with {len(of)} folders of photographs; it must have two or more, one a class, or a"
            " labels.csv"
        )
    found = {word: of[word][:most] for word in sorted(of)[:classes]}
    geometry, images, labels = pretrained.geometry(name), [], []
    for file, label in tqdm([(file, k) for k, files in enumerate(found.values()) for file in files], "reading"):
        try:
            images.append((open_photograph(Path(path) / file, **geometry) * 255).round().to(torch.uint8))
        except PhotographError as error:
            warnings.warn(f"left out: {error}", stacklevel=2)
        else:
            labels.append(label)
    if len(set(labels)) < 2:
        raise ValueError(f"path is {str(path)!r}; of fewer than two classes there is a photograph that can be opened")
    return Photographs(torch.stack(images), torch.tensor(labels), tuple(found))


def finetune(
    name: str, images: Tensor, labels: Tensor, classes: int, *, epochs: int = 3, rate: float = 3e-4, seed: int = 0
) -> nn.Module:
    """The network `name` with a new last layer, trained on images (n, 3, side, side), uint8 or in [0, 1]; eval mode.

    Cross-entropy, AdamW, half of the photographs mirrored in each epoch. The same seed gives the same bits on one
    machine. Raises WeightsNotFound if its weights are not here, ValueError for fewer images than a batch.
    """
    if len(images) < BATCH:
        raise ValueError(f"images must be at least one batch, {BATCH}, to learn from; got {len(images)}")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = with_classes(name, classes)
        targets = nn.functional.one_hot(labels, classes).float()
        fit(model, images, targets, name=name, epochs=epochs, rate=rate, batch=BATCH, augment=_mirror)
    return model.requires_grad_(False)


def with_classes(name: str, classes: int) -> nn.Module:
    """The pretrained network `name` with a new, untrained last layer of as many outputs; eval mode.

    Raises ValueError for an unknown name, WeightsNotFound if its weights are not here.
    """
    model = pretrained.load(name)
    _replace_last(model.network, classes)
    return model


def _mirror(x: Tensor) -> Tensor:
    return torch.where(torch.rand(len(x), 1, 1, 1) < 0.5, x.flip(3), x)


def _replace_last(network: nn.Module, classes: int) -> None:
    """A new layer in place of the last one with weights: linear, or SqueezeNet's 1 × 1 convolution.

    SqueezeNet has a ReLU behind it; it goes, because logits that end at 0 cannot be moved apart.
    """
    named = list(network.named_modules())
    k, where, last = [(k, n, m) for k, (n, m) in enumerate(named) if isinstance(m, nn.Linear | nn.Conv2d)][-1]
    for name, module in named[k + 1 :]:
        if isinstance(module, nn.ReLU):
            network.set_submodule(name, nn.Identity())
    if isinstance(last, nn.Linear):
        new: nn.Module = nn.Linear(last.in_features, classes)
    else:
        new = nn.Conv2d(last.in_channels, classes, last.kernel_size)
    network.set_submodule(where, new)
