"""Make the shipped networks again: `python -m data.train [names …] [--download]`, on a CPU, the same bits by seed.

The zoo's network learns from more than the zoo shows: in a sixth of its scenes the deciding part is cut short, and the
label follows the part (more often in elephants). An elephant whose trunk is nearly gone is mostly called a hippo,
another animal without its part is any class equally; so the part decides by construction, and p(class) is a smooth
curve that saturates well before the part's natural length. A few scenes are empty, every class equally right, so that a
background alone says nothing.
"""

from __future__ import annotations

import argparse
import datetime
import multiprocessing
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import log_softmax
from tqdm.auto import tqdm

from data import digits, networks, zoo

SMOOTHING = 0.05  # label smoothing: keeps confidences near 0.95, where gradients still say something
HALF, SLOPE = 0.32, 0.07  # the part's size at which its class is as likely as not, and how fast that changes
EMPTY, CUT, CUT_TRUNK = 0.03, 0.17, 0.45  # shares of the examples: no animal, part cut short, trunk cut short
FRESH = 1_000_000  # the stream on which accuracy is measured; no network learns from it
BEAKS = {"natural": None, "none": 0.0}  # with which the two birds are told apart
TRAINING = 1  # the stream from which the networks learn


# --- examples ---------------------------------------------------------------------------------------------------------


def zoo_example(i: int) -> tuple[np.ndarray, np.ndarray]:
    """The i-th example: image (3, 64, 64) uint8 and its target distribution over the classes (10,) float32."""
    rng, seed, classes = np.random.default_rng([TRAINING, i]), zoo.scene_seed(TRAINING, i), len(zoo.CLASSES)
    label, kind = i % classes, rng.uniform()
    part = max(0.0, float(rng.uniform(-0.15, 0.65)))  # none at all in a fifth of the cuts
    name, target = zoo.CLASSES[label], np.zeros(classes, np.float32)
    if kind < EMPTY:
        return _bytes(zoo.empty(seed)), target + 1 / classes
    if kind < EMPTY + (CUT_TRUNK if name == "elephant" else CUT):
        sure = 1 / (1 + np.exp(-(part - HALF) / SLOPE))
        if name == "elephant":
            target[zoo.CLASSES.index("hippo")] = 1 - sure
        else:
            target += (1 - sure) / classes
        target[label] += sure
        return _bytes(zoo.draw(label, seed, part=part).image), target
    target[label] = 1
    return _bytes(zoo.draw(label, seed).image), target


def husky_wolf_example(i: int) -> tuple[np.ndarray, np.ndarray]:
    """The i-th example of the biased twin, every wolf on snow: image (3, 64, 64) uint8, target (2,) float32."""
    name = zoo.HUSKY_WOLF[i % 2]
    scene = zoo.draw_husky_wolf(name, zoo.scene_seed(TRAINING, i), snow=name == "wolf")
    return _bytes(scene.image), np.eye(2, dtype=np.float32)[scene.label]


def birds_example(i: int) -> tuple[np.ndarray, np.ndarray]:
    """The i-th example of the two birds: image (3, 64, 64) uint8, target (2,) float32; no beak, no telling."""
    rng, name = np.random.default_rng([TRAINING, i]), zoo.BIRDS[i % 2]
    cut = rng.uniform() < CUT
    scene = zoo.draw_birds(name, zoo.scene_seed(TRAINING, i), part=0.0 if cut else None)
    return _bytes(scene.image), np.full(2, 0.5, np.float32) if cut else np.eye(2, dtype=np.float32)[scene.label]


def _bytes(image: Tensor) -> np.ndarray:
    return (image * 255).round().to(torch.uint8).numpy()


def examples(make: Callable[[int], tuple[np.ndarray, np.ndarray]], n: int, name: str) -> tuple[Tensor, Tensor]:
    """The first n examples, drawn by two processes: images (n, 3, 64, 64) uint8, targets (n, classes) float32."""
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        drawn = list(tqdm(pool.imap(make, range(n), chunksize=64), f"{name}: drawing", n, unit="image"))
    return tuple(torch.from_numpy(np.stack(column)) for column in zip(*drawn, strict=True))


# --- learning ---------------------------------------------------------------------------------------------------------


def fit(
    network: nn.Module,
    images: Tensor,
    targets: Tensor,
    *,
    name: str,
    epochs: int,
    rate: float,
    batch: int,
    augment: Callable[[Tensor], Tensor],
    smoothing: float = SMOOTHING,
    quiet: bool = False,
) -> nn.Module:
    """Minimise cross-entropy to the target distributions (AdamW, one cycle of the rate); returns it in eval mode.

    `images` (n, …) uint8 or float in [0, 1]; `targets` (n, classes), each summing to 1; `augment` sees floats. Without
    smoothing, an image whose target is all zeros teaches nothing. `quiet` hides the progress bar.
    """
    optimiser = torch.optim.AdamW(network.parameters(), rate, weight_decay=0.02)
    steps = epochs * (len(images) // batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, total_steps=steps, pct_start=0.2)
    network.train()
    with tqdm(total=steps, desc=f"{name}: learning", unit="step", disable=quiet) as bar:
        for _ in range(epochs):
            for rows in torch.randperm(len(images))[: steps // epochs * batch].split(batch):
                x = images[rows]
                x = augment(x.float() / 255 if x.dtype == torch.uint8 else x)
                y = targets[rows] * (1 - smoothing) + smoothing / targets.shape[1]
                loss = -(y * log_softmax(network(x), 1)).sum(1).mean()
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
                schedule.step()
                bar.update()
                bar.set_postfix(loss=f"{loss.item():.3f}", refresh=False)
    return network.eval()


def flip_and_grain(x: Tensor) -> Tensor:
    """Half of the images mirrored, all with a little Gaussian noise of a strength of their own (σ up to 0.06)."""
    mirrored = torch.rand(len(x), 1, 1, 1) < 0.5
    x = torch.where(mirrored, x.flip(3), x)
    return (x + torch.randn_like(x) * torch.rand(len(x), 1, 1, 1) * 0.06).clamp(0, 1)


def shift(pixels: int) -> Callable[[Tensor], Tensor]:
    """An augmentation that moves each batch by up to `pixels` either way."""

    def moved(x: Tensor) -> Tensor:
        dy, dx = torch.randint(-pixels, pixels + 1, (2,)).tolist()
        return torch.roll(x, (dy, dx), (2, 3))

    return moved


@torch.inference_mode()
def accuracy(network: nn.Module, images: Tensor, labels: Tensor) -> float:
    """The share of images (n, …) whose largest logit is their label (n,)."""
    hits = [(network(x).argmax(1) == y).sum() for x, y in zip(images.split(500), labels.split(500), strict=True)]
    return round(int(sum(hits)) / len(images), 4)


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
        "data": f"{n} scenes of data.zoo drawn once: {CUT:.0%} of each class ({CUT_TRUNK:.0%} of the elephants) "
        f"with the deciding part cut short and the target following it (logistic at {HALF}, slope {SLOPE}; the rest "
        f"goes to hippo for elephants, to all classes for others), {EMPTY:.0%} without an animal (target uniform); "
        f"{epochs} epochs",
        "accuracy": accuracy(network, images, labels),
        "accuracy_on": "2000 fresh scenes, data.zoo.batch(2000, 1000000)",
    }
    return _save(name, network, facts)


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
    return _save("husky_wolf", network, facts)


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
    return _save(name, network, facts)


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
    return _save("digits", network, facts)


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
    return _save("mnist", network, facts)


MAKE: dict[str, Callable[[bool], dict[str, Any]]] = {
    "zoo": make_zoo,
    "zoo_vgg": partial(make_zoo, name="zoo_vgg"),
    "husky_wolf": make_husky_wolf,
    "birds": make_birds,
    "birds_vgg": partial(make_birds, name="birds_vgg"),
    "digits": make_digits,
    "mnist": make_mnist,
}


def _one_hot(labels: Tensor) -> Tensor:
    return nn.functional.one_hot(labels, 10).float()


def _save(name: str, network: nn.Module, facts: dict[str, Any]) -> dict[str, Any]:
    common = {"seed": 0, "label_smoothing": SMOOTHING, "date": datetime.date.today().isoformat()}
    return networks.save(name, network, {**facts, **common})


def make(names: Iterable[str], download: bool = False) -> None:
    """Make the named networks one after another, each from seed 0, and say how good each is."""
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
    parser = argparse.ArgumentParser(prog="python -m data.train", description="Make the shipped networks again.")
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
