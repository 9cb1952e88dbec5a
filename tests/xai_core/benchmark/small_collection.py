"""A collection for the tests of the benchmark: two small networks, pictures of noise, one pair of classes."""

from collections import namedtuple
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor, nn

from tests.toys import SmallCNN, images, seeded

Listed = namedtuple("Listed", "name digest label")
Picture = namedtuple("Picture", "image label masks digest")
Apart = namedtuple("Apart", "images labels seen seen_labels")
NETWORKS = {"small": 0, "other": 1}
PAIRS = {"Cat x Dog": {"VGG": "small"}}


def networks_here() -> tuple[str, ...]:
    return tuple(NETWORKS)


def title(network: str) -> str:
    return network.title()


def network(name: str) -> nn.Module:
    return seeded(SmallCNN, seed=NETWORKS[name]).eval()


def weights(name: str) -> str:
    if name not in NETWORKS:
        raise ValueError(f"network is {name!r}; it must be one of {', '.join(NETWORKS)}")
    return f"seed {NETWORKS[name]}"


def own_source(network: str, n: int) -> str:
    return f"noise:{n}"


def fits(network: str, source: str) -> bool:
    return source.startswith("noise")


def pictures(network: str, source: str) -> Iterator[Listed]:
    for i in range(int(source.split(":")[1])):
        yield Listed(f"{i:05d}", f"noise {i}", None)


def picture(network: str, source: str, name: str) -> Picture:
    half = torch.zeros(16, 16, dtype=torch.bool)
    half[:8] = True
    return Picture(images(1, seed=int(name))[0], None, {"animal": half}, f"noise {int(name)}")


def apart(pair: str, n: int) -> Apart:
    labels = torch.arange(n) % 2
    return Apart(images(n), labels, images(6, seed=1), torch.arange(6) % 2)


def apart_in(folder: str, network: str, n: int) -> tuple[tuple[str, ...], Apart]:
    return tuple(each.name for each in Path(folder).iterdir()), apart(folder, n)


def finetune(name: str, images: Tensor, labels: Tensor, classes: int) -> nn.Module:
    return network(name)


def with_classes(name: str, classes: int) -> nn.Module:
    return seeded(SmallCNN, seed=2).eval()
