"""What the benchmark asks of the data, as a protocol: a module with these functions can be judged.

The core imports no data. It knows a collection by a string alone, `data.collection` unless `--collection` names
another: your own module of networks and pictures takes part in every table if it has these functions. They must give
the same for the same arguments in every process, because a cell may be worked on by another machine; the digests say
what "the same" is.
"""

import importlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

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

    def errors(self, kept: Tensor, runs: Sequence[int]) -> Tensor:
        """The held-out error of E networks, each trained on the features kept (E, M), from the seed of its run."""


class Retrainable(Protocol):
    """What NormLIME's figure asks besides: a collection without it has all other tables."""

    def retraining(self, data: str, kind: str, device: str = "cpu") -> Retraining:
        """Of "digits" or "mnist", by "pixels" or "conv". Raises FileNotFoundError where the digits are not here."""


class Collection(Protocol):
    """A module, or an object with these functions."""

    PAIRS: Mapping[str, Mapping[str, str]]  # pair of classes → column of GAD's tables → network

    def networks_here(self) -> Sequence[str]:
        """The networks that can be loaded without asking anybody."""

    def title(self, network: str) -> str:
        """A network's name as in a table."""

    def network(self, name: str) -> nn.Module:
        """A network (N, C, H, W) → (N, classes), logits, in evaluation mode. Raises ValueError for another name."""

    def weights(self, name: str) -> str:
        """A digest of its weights."""

    def own_source(self, network: str, n: int) -> str:
        """n pictures that suit this network, where nobody asks for others."""

    def fits(self, network: str, source: str) -> bool:
        """Whether a network understands these pictures. Raises ValueError with a sentence for a bad source."""

    def pictures(self, network: str, source: str) -> Iterator[Listed]:
        """The pictures of a source, cut for this network, in order."""

    def picture(self, network: str, source: str, name: str) -> Picture:
        """One of them."""

    def apart(self, pair: str, images: int) -> Apart:
        """Pictures of one of PAIRS, of which `images` are explained."""

    def apart_in(self, folder: str, network: str, images: int) -> tuple[Sequence[str], Apart]:
        """The same of a folder of photographs, and the names of its classes."""

    def finetune(self, name: str, images: Tensor, labels: Tensor, classes: int) -> nn.Module:
        """The network `name`, taught to tell these classes."""

    def with_classes(self, name: str, classes: int) -> nn.Module:
        """The network `name` before that."""


def load(name: str) -> Collection:
    """The collection of this import name. Raises ValueError with a sentence where there is none."""
    try:
        found = importlib.import_module(name)
    except ImportError as error:
        raise ValueError(f"collection must be a module that can be imported; got {name!r} ({error})") from error
    absent = [
        each for each in vars(Collection) if each.islower() and not each.startswith("_") and not hasattr(found, each)
    ]
    if absent:
        raise ValueError(f"collection {name!r} must have the functions of a collection; it lacks {', '.join(absent)}")
    return found
