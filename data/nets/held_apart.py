"""Four networks that hold the zoo's cats and dogs further apart than the zoo's own network does, by 2, 4, 6 and 8.

They are the zoo network's support regressions of GAD (Rodrigues, Boutry & Najman 2024, §4.2), trained as the paper has
it: 10 epochs, Adam with a learning rate of 4e-5, on 256 cats and 256 dogs (the code: xai_core/distancing/supports.py).
They are shipped because that takes 75 s on two cores, which a lecture does not have; each has a card with the SHA-256
that `load` verifies. `python -m app.labs.distancing.held_apart` makes them again.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from torch import Tensor, nn

from data.drawn import zoo
from data.nets import networks
from data.streams import TRAINING

PAIR: tuple[str, str] = ("cat", "dog")
CLASSES: tuple[int, int] = (zoo.CLASSES.index(PAIR[0]), zoo.CLASSES.index(PAIR[1]))  # their logits
ALPHAS: tuple[int, ...] = (2, 4, 6, 8)
FOLDER = networks.CHECKPOINTS / "held_apart"
COMMAND = "python -m app.labs.distancing.held_apart"
COUNT, STREAM = 512, TRAINING  # of the samples: the zoo network, too, learned from this stream


def samples() -> tuple[Tensor, Tensor]:
    """What the four learned from: images (512, 3, 64, 64), labels (512,), half of them cats. Drawn in some seconds."""
    images, labels, *_ = zoo.batch(COUNT, STREAM, PAIR)
    return images, labels


def load(alpha: int, folder: Path = FOLDER) -> nn.Module:
    """The network of one distance, in eval mode, frozen. Raises ValueError for another alpha, and as networks.load."""
    return networks.load("zoo", _of(alpha, folder))


def card(alpha: int, folder: Path = FOLDER) -> dict[str, Any]:
    """What is known of it: data, distance, how well it was reached, command, checksum. Raises as `load`."""
    return networks.card("zoo", _of(alpha, folder))


def save(alpha: int, network: nn.Module, facts: dict[str, Any], folder: Path = FOLDER) -> dict[str, Any]:
    """Write the network of one distance and its card.

    Returns the card. Raises ValueError for another alpha.
    """
    return networks.save("zoo", network, {**facts, "alpha": alpha, "command": COMMAND}, _of(alpha, folder))


def _of(alpha: int, folder: Path) -> Path:
    if alpha not in ALPHAS:
        raise ValueError(f"alpha is {alpha!r}; the shipped distances are {', '.join(map(str, ALPHAS))}")
    return Path(folder) / f"{alpha:g}"
