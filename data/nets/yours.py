"""A network of yours by the name of a function, MODULE:FUNCTION, as the benchmark's `--model` has it.

    # mine.py
    def network():
        return MyNetwork().eval()                # pixels (N, 3, H, W) in [0, 1] → logits (N, classes); 224 × 224
        return MyNetwork().eval(), 64            # the same of pictures of 64 × 64
        return MyNetwork().eval(), 64, ["cat", "dog"]      # and its classes, as the folders of photographs are called

    network("mine:network"), geometry("mine:network"), label("mine:network", "dog")

Its module is imported, so it is named by you and by nobody else: no list and no kept file leads here.
"""

import hashlib
import importlib
from functools import lru_cache

import torch
from torch import nn

from data.nets.pretrained import Geometry

SIDE, MARGIN = 224, 256 / 224  # of the picture's centre that is cut, and the short side before, relative to it


def is_yours(name: str) -> bool:
    """Whether a name is one of a function."""
    return ":" in name


@lru_cache(maxsize=4)
def _made(name: str) -> tuple[nn.Module, int, tuple[str, ...]]:
    module, _, function = name.partition(":")
    try:
        found = getattr(importlib.import_module(module), function)()
    except (ImportError, AttributeError) as error:
        raise ValueError(f"model is {name!r}; it must be MODULE:FUNCTION that can be imported ({error})") from error
    given = found if isinstance(found, tuple) and found else (found,)
    model, side, classes, *more = (*given, *(SIDE, ())[len(given) - 1 :])
    words = isinstance(classes, list | tuple) and all(isinstance(word, str) for word in classes)
    if more or not isinstance(model, nn.Module) or not isinstance(side, int) or side < 1 or not words:
        raise ValueError(
            f"model {name!r} must return a torch.nn.Module, (module, side in pixels) or (module, side, class names);"
            f" got {found!r}"
        )
    return model.eval(), side, tuple(classes)


def network(name: str) -> nn.Module:
    """What the function returns, in evaluation mode. Raises ValueError where it is no function or no network."""
    return _made(name)[0]


def weights(name: str) -> str:
    """A digest of its layers and of all their numbers."""
    model = network(name)
    digest = hashlib.sha256(str(model).encode())
    for each, tensor in model.state_dict().items():
        digest.update(f"{each} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(tensor.cpu().contiguous().flatten().view(torch.uint8).numpy())
    return digest.hexdigest()


def label(name: str, word: str) -> int | None:
    """The number of a class by its name; None where the network has no such class, or did not say."""
    classes = _made(name)[2]
    return classes.index(word) if word in classes else None


def geometry(name: str) -> Geometry:
    """How to cut photographs for it."""
    side = _made(name)[1]
    return {"size": side, "resize": round(side * MARGIN), "interpolation": "bilinear"}
