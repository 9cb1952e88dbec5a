"""The small networks of the workbook: their architectures and their shipped weights.

Inputs are pixels in [0, 1]; what standardises them is the network's own first layer. Every ReLU is a module of its own,
so that rules which change ReLUs (deconvolution, guided backpropagation) reach each. Outputs are logits (N, classes).

A shipped network is `checkpoints/<name>.safetensors` with a card `checkpoints/<name>.json`: data, seed, accuracy, the
command that makes it again, and the SHA-256 that `load` verifies.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import safetensors.torch
from torch import Tensor, nn

from data.drawn.retina import GRADES
from data.drawn.satellite import PLACES
from data.drawn.signals import CLASSES as RHYTHMS
from data.drawn.zoo import BIRDS, CLASSES, HUSKY_WOLF
from data.nets.signal_network import SignalNet
from data.nets.standardise import Standardise
from data.nets.text_network import TextNet
from data.nets.translation import GERMAN, Translator
from data.nets.vit import ZooViT
from data.text.reviews import CLASSES as VERDICTS

CHECKPOINTS = Path(__file__).parents[1] / "checkpoints"
DIGITS: tuple[str, ...] = tuple("0123456789")


class Residual(nn.Module):
    """ReLU(norm(conv(ReLU(norm(conv(x))))) + shortcut(x)), (N, C_in, H, W) → (N, C_out, H/stride, W/stride).

    He, Zhang, Ren and Sun, «Deep residual learning», CVPR 2016, figure 2.
    """

    def __init__(self, c_in: int, c_out: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(c_in, c_out, 3, stride, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(c_out)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(c_out, c_out, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(c_out)
        self.relu2 = nn.ReLU()
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or c_in != c_out:
            self.shortcut = nn.Sequential(nn.Conv2d(c_in, c_out, 1, stride, bias=False), nn.BatchNorm2d(c_out))

    def forward(self, x: Tensor) -> Tensor:
        h = self.relu1(self.norm1(self.conv1(x)))
        return self.relu2(self.norm2(self.conv2(h)) + self.shortcut(x))


class ZooNet(nn.Module):
    """(N, 3, 64, 64) pixels in [0, 1] → (N, classes) logits: convolution, residual blocks, global average, linear head.

    The last convolution sees 8 × 8 places; global average pooling before a linear head is what class activation maps
    need (Zhou et al., CVPR 2016). Other sizes of image work too, through the average.
    """

    def __init__(self, classes: int = len(CLASSES), width: int = 20) -> None:
        super().__init__()
        self.standardise = Standardise()
        self.stem = nn.Sequential(
            nn.Conv2d(3, width, 5, 2, 2, bias=False), nn.BatchNorm2d(width), nn.ReLU()
        )  # (N, w, 32, 32)
        self.blocks = nn.Sequential(
            Residual(width, 2 * width, 2),  # (N, 2w, 16, 16)
            Residual(2 * width, 2 * width),
            Residual(2 * width, 4 * width, 2),  # (N, 4w, 8, 8)
            Residual(4 * width, 4 * width),
        )
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.head = nn.Linear(4 * width, classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.flatten(self.pool(self.blocks(self.stem(self.standardise(x))))))


class ZooVGG(nn.Module):
    """(N, 3, 64, 64) pixels in [0, 1] → (N, classes) logits: four blocks of convolutions, then two linear layers.

    Nothing is passed around a block, and the head sees 2 × 2 places: the plain network of Simonyan & Zisserman (ICLR
    2015, with the batch normalisation that came later), beside the residual `ZooNet`. Other sizes of image work too.
    """

    def __init__(self, classes: int = len(CLASSES), widths: tuple[int, ...] = (16, 32, 64, 96)) -> None:
        super().__init__()
        self.standardise = Standardise()
        self.blocks = nn.Sequential(
            *(_plain(c_in, c_out) for c_in, c_out in pairwise((3, *widths)))
        )  # (N, 16, 32, 32), (N, 32, 16, 16), (N, 64, 8, 8), (N, 96, 4, 4)
        self.pool = nn.AdaptiveAvgPool2d(2)
        self.flatten = nn.Flatten()
        self.head = nn.Sequential(nn.Linear(4 * widths[-1], 64), nn.ReLU(), nn.Linear(64, classes))

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.flatten(self.pool(self.blocks(self.standardise(x)))))


def _plain(c_in: int, c_out: int) -> nn.Sequential:
    """Two convolutions and a halving: (N, C_in, H, W) → (N, C_out, H/2, W/2)."""
    return nn.Sequential(
        nn.Conv2d(c_in, c_out, 3, padding=1, bias=False), nn.BatchNorm2d(c_out), nn.ReLU(),
        nn.Conv2d(c_out, c_out, 3, padding=1, bias=False), nn.BatchNorm2d(c_out), nn.ReLU(),
        nn.MaxPool2d(2),
    )  # fmt: skip


class DigitNet(nn.Module):
    """(N, 1, size, size) pixels in [0, 1] → (N, 10) logits; size is 8 (scikit-learn's digits) or 28 (MNIST).

    The network of the NormLIME paper (Ahern et al., arXiv:1909.04200, §4.2): two blocks of convolution and max-pooling,
    then fully connected layers of 128, 128 and 10 units with dropout between them.
    """

    def __init__(self, size: int = 8) -> None:
        super().__init__()
        if size not in (8, 28):
            raise ValueError(f"size is {size!r}; it must be 8 (scikit-learn's digits) or 28 (MNIST)")
        self.standardise = Standardise()
        self.block1 = nn.Sequential(nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2))
        self.block2 = nn.Sequential(nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2))
        self.flatten = nn.Flatten()
        self.head = nn.Sequential(
            nn.Linear(64 * (size // 4) ** 2, 128),
            nn.ReLU(),
            nn.Dropout(0.5),
            nn.Linear(128, 128),
            nn.ReLU(),
            nn.Dropout(0.5),
            nn.Linear(128, 10),
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.flatten(self.block2(self.block1(self.standardise(x)))))


# name → (architecture, class names): classifiers of pictures
SHIPPED: dict[str, tuple[Callable[[], nn.Module], tuple[str, ...]]] = {
    "zoo": (ZooNet, CLASSES),
    "zoo_vgg": (ZooVGG, CLASSES),
    "husky_wolf": (lambda: ZooNet(len(HUSKY_WOLF)), HUSKY_WOLF),
    "birds": (lambda: ZooNet(len(BIRDS)), BIRDS),
    "birds_vgg": (lambda: ZooVGG(len(BIRDS)), BIRDS),
    "digits": (DigitNet, DIGITS),
    "mnist": (lambda: DigitNet(28), DIGITS),
    "retina": (lambda: ZooNet(len(GRADES)), GRADES),
    "satellite": (lambda: ZooNet(len(PLACES)), PLACES),
    "zoo_vit": (ZooViT, CLASSES),
}
# The same for networks of which the inputs are no pictures.
SEQUENCES: dict[str, tuple[Callable[[], nn.Module], tuple[str, ...]]] = {
    "translation": (Translator, GERMAN),
    "reviews": (TextNet, VERDICTS),
    "signals": (SignalNet, RHYTHMS),
}


def build(name: str) -> nn.Module:
    """The architecture of a shipped network with fresh weights, in train mode. Raises ValueError for another name."""
    _known(name)
    return (SHIPPED | SEQUENCES)[name][0]()


def class_names(name: str) -> tuple[str, ...]:
    """The names of a shipped network's outputs, in order. Raises ValueError for another name."""
    _known(name)
    return (SHIPPED | SEQUENCES)[name][1]


def card(name: str, folder: Path = CHECKPOINTS) -> dict[str, Any]:
    """What is known of a shipped network: data, seed, accuracy, command, checksum.

    Raises ValueError for another name and FileNotFoundError where the card is missing.
    """
    _known(name)
    path = Path(folder) / f"{name}.json"
    if not path.is_file():
        raise FileNotFoundError(f"The card of network {name!r} is missing at {path}; make it with: {command(name)}")
    return json.loads(path.read_text(encoding="utf-8"))


def load(name: str, folder: Path = CHECKPOINTS) -> nn.Module:
    """A shipped network with its trained weights, in eval mode, parameters without gradients asked for.

    Raises ValueError for another name or a file whose SHA-256 is not its card's, FileNotFoundError for a missing file.
    """
    expected = card(name, folder)["sha256"]
    path = Path(folder) / f"{name}.safetensors"
    if not path.is_file():
        raise FileNotFoundError(
            f"The weights of network {name!r} are missing at {path}; make them with: {command(name)}"
        )
    content = path.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != expected:
        raise ValueError(
            f"The weights of network {name!r} at {path} are not those of its card "
            f"(SHA-256 {found[:12]}…, expected {expected[:12]}…); restore the file or make it with: {command(name)}"
        )
    network = build(name)
    network.load_state_dict(safetensors.torch.load(content))
    return network.eval().requires_grad_(False)


def save(name: str, network: nn.Module, facts: dict[str, Any], folder: Path = CHECKPOINTS) -> dict[str, Any]:
    """Write a network's weights and its card; returns the card, `facts` with architecture, size and SHA-256 added.

    Raises ValueError for a name that is no shipped network's.
    """
    _known(name)
    Path(folder).mkdir(parents=True, exist_ok=True)
    content = safetensors.torch.save({key: value.contiguous() for key, value in network.state_dict().items()})
    written = {
        "name": name,
        "classes": list(class_names(name)),
        "architecture": type(network).__name__,
        "parameters": sum(parameter.numel() for parameter in network.parameters()),
        "command": command(name),
        **facts,
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "licence": "MIT",
    }
    (Path(folder) / f"{name}.safetensors").write_bytes(content)
    text = json.dumps(written, indent=2, ensure_ascii=False) + "\n"
    (Path(folder) / f"{name}.json").write_text(text, encoding="utf-8")
    return written


def command(name: str) -> str:
    """What a person types to make a shipped network again."""
    return f"python -m data.training.train {name}"


def _known(name: str) -> None:
    if name not in SHIPPED | SEQUENCES:
        raise ValueError(f"name is {name!r}; the shipped networks are {', '.join(SHIPPED | SEQUENCES)}")
