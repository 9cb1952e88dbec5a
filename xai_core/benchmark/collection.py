"""What the benchmark asks of the data, as protocols: a module with these functions can be judged.

The core imports no data. It knows a collection by a string alone, `data.collection` unless `--collection` names
another. Each table asks for its own functions and for no others: four are enough for UNI's. They must give the same for
the same arguments in every process, because a cell may be worked on by another machine; the digests say what "the same"
is. For one network and a folder no module is needed: `--model module:function --images FOLDER`.
"""

import importlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from torch import Tensor, nn


class Listed(Protocol):
    """A picture's name in its source, a digest of all that the network and the scores see, and its class if known."""

    name: str
    digest: str
    label: int | None


class Picture(Protocol):
    """A picture as a network sees it: (C, H, W) in [0, 1]; masks: the truth, "animal" and "part", (H, W) bool."""

    image: Tensor
    label: int | None
    masks: Mapping[str, Tensor]
    digest: str  # as in the list


class Apart(Protocol):
    """Pictures of two classes, logits 0 and 1: (n, 3, H, W) to explain, and others to learn from."""

    images: Tensor
    labels: Tensor
    seen: Tensor
    seen_labels: Tensor


class Split(Protocol):
    """Features (n, …) and labels (n,) to learn from, and held out."""

    train_images: Tensor
    train_labels: Tensor
    test_images: Tensor
    test_labels: Tensor


class Retraining(Protocol):
    """A classifier of features, and what it takes to train it again on some of them."""

    network: nn.Module
    features: Split
    digest: str

    def errors(self, kept: Tensor, runs: Sequence[int], progress: Callable[[Iterable], Iterable] = iter) -> Tensor:
        """The held-out error of E networks, each trained on the features kept (E, M), from the seed of its run.

        progress: wraps the loop over steps of training.
        """


class OfNormLIME(Protocol):
    """What NormLIME's figure asks."""

    def retraining(self, data: str, kind: str, device: str = "cpu", learned: int | None = None) -> Retraining:
        """Of "digits" or "mnist", by "pixels" or "conv"; `learned` digits are learned from, None for all.

        Raises FileNotFoundError where the digits are not here.
        """


class OfUNI(Protocol):
    """What UNI's tables ask of a module: a network and pictures.

    It may have besides: title(network), its name as in a table; own_source(network, n), n pictures that suit it, where
    nobody asks for others; fits(network, source), whether it understands these pictures.
    """

    def network(self, name: str) -> nn.Module:
        """A network (N, C, H, W) → (N, classes), logits, in evaluation mode. Raises ValueError for another name."""

    def weights(self, name: str) -> str:
        """A digest of its weights."""

    def pictures(self, network: str, source: str) -> Iterator[Listed]:
        """The pictures of a source, cut for this network, in order. Raises ValueError for a bad source."""

    def picture(self, network: str, source: str, name: str) -> Picture:
        """One of them."""


class OfGAD(Protocol):
    """What GAD's tables ask besides network and weights."""

    PAIRS: Mapping[str, Mapping[str, str]]  # pair of classes → column of GAD's tables → network

    def apart(self, pair: str, images: int) -> Apart:
        """Pictures of one of PAIRS, of which `images` are explained."""


class OfPhotographs(Protocol):
    """What GAD's tables of a folder of photographs ask besides network and weights."""

    def apart_in(self, folder: str, network: str, images: int) -> tuple[Sequence[str], Apart]:
        """The names of its classes, and pictures of the first two, of which at most `images` are explained."""

    def finetune(self, name: str, images: Tensor, labels: Tensor, classes: int) -> nn.Module:
        """The network `name`, taught to tell these classes."""

    def with_classes(self, name: str, classes: int) -> nn.Module:
        """The network `name` before that."""


OF_UNI = ("network", "weights", "pictures", "picture")
OF_GAD = ("network", "weights", "PAIRS", "apart")
OF_PHOTOGRAPHS = ("network", "weights", "apart_in", "finetune", "with_classes")
OF_NORMLIME = ("retraining",)
OF_COST = ("network",)  # "resnet18-untrained"


def load(name: str, asked: Sequence[str]) -> Any:
    """The module of this import name, with all that is asked of it. Raises ValueError with a sentence."""
    try:
        found = importlib.import_module(name)
    except ImportError as error:
        raise ValueError(f"collection must be a module that can be imported; got {name!r} ({error})") from error
    absent = [each for each in asked if not hasattr(found, each)]
    if absent:
        raise ValueError(
            f"collection {name!r} must have {', '.join(asked)} for these tables; it lacks {', '.join(absent)}"
        )
    return found


def title(known: Any, network: str) -> str:
    """A network's name as in a table: the collection's, where it has one for it."""
    try:
        return known.title(network)
    except (AttributeError, KeyError, ValueError):  # no such function, or a network that it does not know
        return network


def own_source(known: Any, network: str, n: int) -> str:
    """n pictures that suit a network. Raises ValueError where the collection has none of its own."""
    if not hasattr(known, "own_source"):
        raise ValueError(f"images is {n}; this collection has no pictures of its own for {network!r}: name a source")
    return known.own_source(network, n)


def fits(known: Any, network: str, source: str) -> bool:
    """Whether a network understands these pictures; where the collection does not say, it does."""
    return known.fits(network, source) if hasattr(known, "fits") else True
