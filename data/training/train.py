"""Make the shipped networks again by seed, on a CPU: `python -m data.training.train [names …] [--download]`.

On one machine a seed gives the same bits; docs/reproducibility.md says what may differ on another.

What the zoo's networks see, parts cut short among it, is in zoo_examples.py.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from data.drawn import zoo
from data.nets import networks
from data.pictures import digits
from data.streams import FRESH, TRAINING
from data.training import retina, satellite, translation
from data.training.fitting import accuracy, as_bytes, examples, fit, flip_and_grain, save, shift
from data.training.reviews import make_reviews
from data.training.signals import make_signals
from data.training.zoo_examples import CUT, DESCRIBED, zoo_example
from data.training.zoo_vit import make_zoo_vit

BEAKS = {"natural": None, "none": 0.0}  # with which the two birds are told apart


# --- examples ---------------------------------------------------------------------------------------------------------


def husky_wolf_example(i: int) -> tuple[np.ndarray, np.ndarray]:
    """The i-th example of the biased twin, every wolf on snow: image (3, 64, 64) uint8, target (2,) float32."""
    name = zoo.HUSKY_WOLF[i % 2]
    scene = zoo.draw_husky_wolf(name, zoo.scene_seed(TRAINING, i), snow=name == "wolf")
    return as_bytes(scene.image), np.eye(2, dtype=np.float32)[scene.label]


def birds_example(i: int) -> tuple[np.ndarray, np.ndarray]:
    """The i-th example of the two birds: image (3, 64, 64) uint8, target (2,) float32; no beak, no telling."""
    rng, name = np.random.default_rng([TRAINING, i]), zoo.BIRDS[i % 2]
    cut = rng.uniform() < CUT
    scene = zoo.draw_birds(name, zoo.scene_seed(TRAINING, i), part=0.0 if cut else None)
    return as_bytes(scene.image), np.full(2, 0.5, np.float32) if cut else np.eye(2, dtype=np.float32)[scene.label]


# --- recipes ----------------------------------------------------------------------------------------------------------


def make_zoo(download: bool, name: str = "zoo") -> dict[str, Any]:
    """Train, measure and save one of the zoo's networks; returns its card."""
    n, epochs = 16_000, 5
    network = fit(
        networks.build(name), *examples(zoo_example, n, name),
        name=name, epochs=epochs, rate=4e-3, batch=64, augment=flip_and_grain,
    )  # fmt: skip
    images, labels, *_ = zoo.batch(2000, FRESH)
    facts = {
        "data": f"{n} {DESCRIBED}; {epochs} epochs",
        "accuracy": accuracy(network, images, labels),
        "accuracy_on": "2000 fresh scenes, data.zoo.batch(2000, 1000000)",
    }
    return save(name, network, facts)


def make_husky_wolf(download: bool) -> dict[str, Any]:
    """Train the biased twin on wolves in snow, measure how it fails without, save it; returns its card."""
    n, epochs = 4_000, 4
    network = fit(
        networks.build("husky_wolf"), *examples(husky_wolf_example, n, "husky_wolf"),
        name="husky_wolf", epochs=epochs, rate=2e-3, batch=64, augment=flip_and_grain,
    )  # fmt: skip
    measured = {}
    for snow in zoo.SNOW:
        images, labels, *_ = zoo.husky_wolf(1000, FRESH, snow=snow)
        measured[snow] = accuracy(network, images, labels)
    facts = {
        "data": f"{n} scenes of data.zoo.husky_wolf, every wolf on snow and no husky; {epochs} epochs",
        "accuracy": measured["with wolf"],
        "accuracy_on": "1000 fresh scenes, data.zoo.husky_wolf(1000, 1000000), snow with the wolf as in training",
        "accuracy_by_snow": measured,
        "warning": "Biased on purpose: it tells snow from no snow. Use it only to see whether an explanation says so.",
    }
    return save("husky_wolf", network, facts)


def make_birds(download: bool, name: str = "birds") -> dict[str, Any]:
    """Train one of the networks for two birds, measure it with beaks and without, save it; returns its card."""
    n, epochs = 6_000, 5
    network = fit(
        networks.build(name), *examples(birds_example, n, name),
        name=name, epochs=epochs, rate=3e-3, batch=64, augment=flip_and_grain,
    )  # fmt: skip
    measured = {what: accuracy(network, *zoo.birds(1000, FRESH, part=part)[:2]) for what, part in BEAKS.items()}
    facts = {
        "data": f"{n} scenes of data.zoo.birds, {CUT:.0%} without a beak (target uniform); {epochs} epochs",
        "accuracy": measured["natural"],
        "accuracy_on": "1000 fresh scenes, data.zoo.birds(1000, 1000000)",
        "accuracy_by_beak": measured,
    }
    return save(name, network, facts)


def make_digits(download: bool) -> dict[str, Any]:
    """Train, measure and save the network for scikit-learn's digits; returns its card."""
    split = digits.train_test(seed=0)
    epochs = 40
    network = fit(
        networks.build("digits"), split.train_images, _one_hot(split.train_labels),
        name="digits", epochs=epochs, rate=3e-3, batch=64, augment=lambda x: x,
    )  # fmt: skip
    facts = {
        "data": f"two thirds (1198) of scikit-learn's digits, data.digits.train_test(seed=0); {epochs} epochs",
        "accuracy": accuracy(network, split.test_images, split.test_labels),
        "accuracy_on": "the held-out third, 599 digits",
    }
    return save("digits", network, facts)


def make_mnist(download: bool) -> dict[str, Any]:
    """Train, measure and save the network for MNIST; returns its card. Raises FileNotFoundError without the data."""
    split = digits.mnist(download=download)
    epochs = 4
    network = fit(
        networks.build("mnist"), split.train_images, _one_hot(split.train_labels),
        name="mnist", epochs=epochs, rate=3e-3, batch=128, augment=shift(1),
    )  # fmt: skip
    facts = {
        "data": f"MNIST's 60000 training digits, moved by up to one pixel; {epochs} epochs",
        "accuracy": accuracy(network, split.test_images, split.test_labels),
        "accuracy_on": "MNIST's 10000 test digits (the NormLIME paper's network: 0.9905)",
    }
    return save("mnist", network, facts)


MAKE: dict[str, Callable[[bool], dict[str, Any]]] = {
    "zoo": make_zoo,
    "zoo_vgg": partial(make_zoo, name="zoo_vgg"),
    "husky_wolf": make_husky_wolf,
    "birds": make_birds,
    "birds_vgg": partial(make_birds, name="birds_vgg"),
    "digits": make_digits,
    "mnist": make_mnist,
    "translation": translation.make,
    "reviews": make_reviews,
    "signals": make_signals,
    "retina": retina.make,
    "satellite": satellite.make,
    "zoo_vit": make_zoo_vit,
}


def _one_hot(labels: Tensor) -> Tensor:
    return nn.functional.one_hot(labels, 10).float()


def make(names: Iterable[str], download: bool = False) -> None:
    """Make the named networks one after another, each from seed 0, and say how good each is.

    What needs data that are not here is skipped, with a sentence. Raises KeyError for a name that is none of MAKE.
    """
    for name in names:
        torch.manual_seed(0)
        start = time.perf_counter()
        try:
            made = MAKE[name](download)
        except FileNotFoundError as missing:
            print(f"{name}: skipped. {missing} Or: {networks.command(name)} --download")
            continue
        print(f"{name}: {made['accuracy']:.2%} on {made['accuracy_on']}, {time.perf_counter() - start:.0f} s")
        for condition, value in made.get("accuracy_by_snow", {}).items():
            print(f"    snow {condition}: {value:.2%}")


def main() -> None:
    """Read the command line and make what it names, or everything."""
    parser = argparse.ArgumentParser(
        prog="python -m data.training.train", description="Make the shipped networks again."
    )
    parser.add_argument("names", nargs="*", metavar="name", help=f"any of {', '.join(MAKE)}; none means all")
    parser.add_argument("--download", action="store_true", help="download MNIST if it is not there (about 12 MB)")
    parser.add_argument("--threads", type=int, default=2, help="CPU threads to learn with (2; 1 on a busy machine)")
    arguments = parser.parse_args()
    unknown = [name for name in arguments.names if name not in MAKE]
    if unknown:
        parser.error(f"unknown network {', '.join(unknown)}; choose from {', '.join(MAKE)}")
    torch.set_num_threads(arguments.threads)
    make(arguments.names or MAKE, arguments.download)


if __name__ == "__main__":
    main()
