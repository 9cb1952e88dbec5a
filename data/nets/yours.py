"""A network of yours: one loader for notebooks, app and commands.

    mine = load("mynets:resnet20", classes="classes.txt", size=32)               resnet20() of mynets.py
    mine = load("resnet18", weights="best.safetensors", classes="classes.txt")   torchvision's layers, your weights
    xai_core.explain(mine.network, x, …)       x = photographs.open_photograph("a.png", **mine.geometry)[None]

    def resnet20():
        return ResNet20()                      # pixels (N, 3, H, W) in [0, 1] → logits (N, classes)
        return ResNet20(), 32                  # the same of pictures of 32 × 32
        return ResNet20(), 32, ["cat", "dog"]  # and its classes, as the folders of photographs are called

A network that was trained on normalised pixels has `normalise=(mean, std)`; torchvision's have ImageNet's unless told.
Commands say it in one word: `mynets:resnet20,size=32,classes=classes.txt,mean=.5/.5/.5,std=.25/.25/.25`.

A module is imported, so it is named by you and by nobody else: no list, no link and no kept file leads here. Weights
are read as numbers; pickled code is never run. What is no classifier of pictures is refused in a sentence (fitness.py).
"""

import hashlib
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from torch import nn

from data.nets import fitness, state_dicts
from data.nets.constructors import MOST, Normalisation, is_side, of_architecture, of_function
from data.nets.pretrained import Geometry, Normalised
from data.pictures import folders
from data.pictures.formats import left_behind

SIDES = (224, 32, 28, 64, 96, 128, 256, 299, 384)  # tried in this order where nobody says a side
MARGIN, SMALL = 256 / 224, 128  # a photograph's short side, relative to what is cut; less than SMALL is not cut
OPTIONS = ("weights", "classes", "size", "mean", "std")  # of a word


@dataclass(frozen=True)
class Yours:
    """A network that was found fit, and what it takes."""

    network: (
        nn.Module
    )  # pixels (N, channels, size, size) in [0, 1] → logits (N, classes); evaluation mode, CPU, float32
    classes: tuple[str, ...]
    channels: int  # 3, or 1 for grey
    size: int  # side of its pictures, pixels
    normalise: Normalisation | None  # what stands before your own module; None: nothing
    notes: tuple[str, ...]  # what was done or noticed, a sentence each
    python: str  # how a script loads it

    @property
    def geometry(self) -> Geometry:
        """How photographs are cut for it; small ones are not, so that a picture of its size stays as it is."""
        resize = self.size if self.size < SMALL else round(self.size * MARGIN)
        return {"size": self.size, "resize": resize, "interpolation": "bilinear"}

    @property
    def bare(self) -> nn.Module:
        """Your own module, without the normalisation before it."""
        return self.network.network if isinstance(self.network, Normalised) and self.normalise else self.network


def load(
    name: str,
    *,
    weights: str | Path | None = None,
    classes: str | Path | Sequence[str] | None = None,
    size: int | None = None,
    normalise: Normalisation | None = None,
    like: str | Path | None = None,
) -> Yours:
    """A network of yours, ready to be explained.

    name: MODULE:FUNCTION, FILE.py:FUNCTION, or an architecture of torchvision, which needs weights.
    weights: a file of its state dict, safetensors or torch's.
    classes: names, a text file of one a line, or a folder with a folder a class, numbered as torchvision's ImageFolder
        does; "class 0" and so on where nobody says.
    size: side of its pictures, pixels; the first of SIDES that it takes where nobody says.
    like: a folder of pictures for it; where nobody says a size and they have one, that is tried first.
    normalise: mean and std, a number a channel or one for all: the network then gets (x − mean) / std.

    Raises ValueError or TypeError with a sentence for what is no such network, file or number.
    """
    made = of_function(name) if ":" in name else of_architecture(name, weights)
    notes = list(made.notes)
    if weights is not None and ":" in name:
        notes += state_dicts.put(made.network, *state_dicts.read(weights), weights, name)
    told, normalise = normalise, normalise or made.normalise
    network = made.network.to("cpu", torch.float32).eval()
    if normalise is not None:
        network = Normalised(network, *_numbers(normalise)).eval()
    size = made.size if size is None else _side(size)
    theirs = folders.side(str(like)) if like and size is None else None
    likely = [theirs] if theirs and theirs <= max(SIDES) else []
    fit = fitness.fitting(network, name, (size,) if size else (*likely, *SIDES))
    notes += fit.notes
    if size is None:
        why = "and those of the folder are so" if fit.size == theirs else "and it takes that one"
        notes.append(f"Its pictures are {fit.size} × {fit.size}: nobody said a size, {why}.")
    words = _words(classes) if classes is not None else made.classes
    if words and len(words) != fit.outputs:
        where = f"{str(classes)!r}" if isinstance(classes, str | Path) else "its list"
        raise ValueError(
            f"classes must be as many as model {name!r} has outputs, {fit.outputs}; {where} names {len(words)}"
        )
    words = words or tuple(f"class {i}" for i in range(fit.outputs))
    asked = {"weights": weights, "classes": classes, "size": fit.size, "normalise": told}
    return Yours(network, words, fit.channels, fit.size, normalise, tuple(notes), _python(name, made.file, asked))


# --- in one word, for commands ----------------------------------------------------------------------------------------


def is_yours(name: str) -> bool:
    """Whether a name is a word for a network of yours."""
    return ":" in name or "," in name


def title(word: str) -> str:
    """The word without its options."""
    return word.split(",")[0]


@lru_cache(maxsize=4)
def of(word: str) -> Yours:
    """The network of a word such as `mynets:resnet20,size=32`; its notes are warnings.

    Raises as `load`, and ValueError for another option.
    """
    name, *said = word.split(",")
    found = load(name, **arguments(**options(said)))
    for note in found.notes:
        warnings.warn(f"{name}: {note}", stacklevel=2)
    return found


def options(said: Sequence[str]) -> dict[str, str]:
    """size=32 and so on as name → text. Raises ValueError for what is no option."""
    asked = {}
    for option in said:
        key, equals, value = option.partition("=")
        if not equals or key not in OPTIONS:
            raise ValueError(f"the options of a model must be NAME=VALUE of {', '.join(OPTIONS)}; got {option!r}")
        asked[key] = value
    return asked


def arguments(weights: str = "", classes: str = "", size: str = "", mean: str = "", std: str = "") -> dict[str, Any]:
    """Texts, as a person types them, as the arguments of `load`; mean and std are numbers with commas or / between.

    Raises ValueError with a sentence for what is no number.
    """
    if size and not size.isdecimal():
        raise ValueError(f"size must be a whole number of pixels; got {size!r}")
    if bool(mean) != bool(std):
        raise ValueError(f"mean and std must be given together; got mean {mean!r} and std {std!r}")
    normalise = tuple(_floats(n, text) for n, text in (("mean", mean), ("std", std))) if mean else None
    return {
        "weights": weights or None, "classes": classes or None, "size": int(size) if size else None,
        "normalise": normalise,
    }  # fmt: skip


def weights(word: str) -> str:
    """A digest of its layers and of all their numbers."""
    mine = of(word)
    digest = hashlib.sha256(str(mine.bare).encode())
    if mine.normalise:
        digest.update(repr(_numbers(mine.normalise)).encode())
    for each, tensor in mine.bare.state_dict().items():
        digest.update(f"{each} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(tensor.cpu().contiguous().flatten().view(torch.uint8).numpy())
    return digest.hexdigest()


# --- parts ------------------------------------------------------------------------------------------------------------


def _words(classes: str | Path | Sequence[str]) -> tuple[str, ...]:
    """Class names: those given, of a file, or of a folder."""
    if not isinstance(classes, str | Path):
        if not all(isinstance(word, str) for word in classes):
            raise TypeError(f"classes must be names, a file or a folder; got {classes!r}")
        return tuple(classes)
    path = Path(classes)
    if path.is_dir():
        return tuple(sorted(each.name for each in path.iterdir() if each.is_dir() and not left_behind(each.name)))
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no UTF-8 text"
        raise ValueError(f"classes is {str(classes)!r}, which cannot be read ({reason}); it must be a text file of one "
                         "name a line, or a folder with a folder a class") from error  # fmt: skip
    return tuple(line.strip() for line in lines if line.strip())


def _side(value: object) -> int:
    if not is_side(value):
        raise ValueError(f"size must be a whole number from 1 to {MOST} pixels; got {value!r}")
    return int(value)  # type: ignore[call-overload]


def _floats(what: str, text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.replace("/", ",").split(",") if part.strip())
    except ValueError as error:
        raise ValueError(f"{what} must be numbers such as 0.5,0.5,0.5; got {text!r}") from error


def _numbers(normalise: Normalisation) -> tuple[list[float], list[float]]:
    """Mean and std as they are used. Raises ValueError for other numbers than one or three, and for a std of 0."""
    try:
        mean, std = ([float(number) for number in part] for part in normalise)
    except (TypeError, ValueError) as error:
        raise ValueError(f"normalise must be (mean, std), each one number or three; got {normalise!r}") from error
    if len(mean) not in (1, 3) or len(std) not in (1, 3) or not min(std) > 0:
        raise ValueError(f"normalise must be (mean, std), each one number or three, std above 0; got {normalise!r}")
    return mean, std


def _python(name: str, file: str, asked: dict[str, Any]) -> str:
    """A call that makes it again, wherever the script stands."""
    function = name.rpartition(":")[2]
    said = f"{Path(file).resolve()}:{function}" if file else name
    given = {
        key: str(Path(v).resolve()) if isinstance(v, str | Path) else v for key, v in asked.items() if v is not None
    }
    return f"yours.load({', '.join([repr(said), *(f'{key}={value!r}' for key, value in given.items())])})"
