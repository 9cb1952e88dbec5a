"""How a module of yours comes about: a function is imported and called, or torchvision's layers get your weights."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from torch import nn

from data.nets import state_dicts

IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))  # mean and std of torchvision's networks
MOST = 1024  # pixels of a side

Normalisation = tuple[Sequence[float], Sequence[float]]


class Made(NamedTuple):
    """A module, before anybody has asked it anything."""

    network: nn.Module
    size: int | None = None
    classes: tuple[str, ...] = ()
    normalise: Normalisation | None = None
    file: str = ""  # in which its function stands
    notes: tuple[str, ...] = ()


def of_function(name: str) -> Made:
    """What the function MODULE:FUNCTION or FILE.py:FUNCTION returns. Raises ValueError where that is no network."""
    where, _, function = name.rpartition(":")
    must = f"model is {name!r}; it must be MODULE:FUNCTION that"
    try:
        module = importlib.import_module(_importable(where))
        make = getattr(module, function)
    except Exception as error:  # whatever somebody's own code may raise
        raise ValueError(f"{must} can be imported ({error})") from error
    try:
        found = make()
    except Exception as error:
        raise ValueError(f"{must} runs, and it raised {type(error).__name__}: {error}") from error
    given = found if isinstance(found, tuple) and found else (found,)
    network, size, classes, *more = (*given, *(None, ())[len(given) - 1 :])
    words = isinstance(classes, list | tuple) and all(isinstance(word, str) for word in classes)
    if more or not isinstance(network, nn.Module) or not (size is None or is_side(size)) or not words:
        raise ValueError(
            f"model {name!r} must return a torch.nn.Module, (module, side in pixels) or (module, side, class names);"
            f" got {found!r}"
        )
    return Made(network, size, tuple(classes), file=str(getattr(module, "__file__", "") or ""))


def _importable(where: str) -> str:
    """The name under which a module can be imported; the folder of a FILE.py is looked into from now on."""
    if not where.endswith(".py"):
        return where
    file = Path(where).expanduser().resolve()
    if not file.is_file():
        raise ValueError(f"there is no file {where}")
    if str(file.parent) not in sys.path:
        sys.path.append(str(file.parent))
    return file.stem


def of_architecture(name: str, file: str | Path | None) -> Made:
    """torchvision's layers, with as many outputs as the weights have, and these weights. Raises ValueError."""
    from data.vision import torchvision

    if name not in torchvision.models.list_models(module=torchvision.models):
        raise ValueError(f"model is {name!r}; it must be MODULE:FUNCTION, or a classifier of torchvision, as resnet18")
    if file is None:
        raise ValueError(f"model is {name!r}; an architecture of torchvision needs weights, a file of its state dict")
    found, notes = state_dicts.read(file)
    with torch.device("meta"):
        usual = torchvision.models.get_model(name).state_dict()
    found, more = state_dicts.without_prefix(found, usual)
    outputs = {t.shape[0] for key, t in found.items() if key in usual and t.shape != usual[key].shape and t.dim()}
    with torch.random.fork_rng(devices=[]):
        network = torchvision.models.get_model(name, **({"num_classes": outputs.pop()} if len(outputs) == 1 else {}))
    notes = [*notes, *more, *state_dicts.put(network, found, [], file, name)]
    return Made(network, normalise=IMAGENET, notes=tuple(notes))


def is_side(value: object) -> bool:
    """Whether this is a side of pictures, in pixels."""
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MOST
