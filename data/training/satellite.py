"""How the network `satellite` learns to name what lies below: scenes turned any way, and some with nothing in them."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from data.drawn import satellite
from data.nets import networks
from data.streams import FRESH, TRAINING
from data.training.fitting import accuracy, as_bytes, examples, fit, save

SCENES, EPOCHS = 3600, 5
EMPTY = 0.06  # share of the examples without an object, every class equally right: the ground alone says nothing


def example(i: int) -> tuple[np.ndarray, np.ndarray]:
    """The i-th example: image (3, 64, 64) uint8 and its target distribution over the classes (6,) float32."""
    seed, classes = satellite.scene_seed(TRAINING, i), len(satellite.PLACES)
    if np.random.default_rng([TRAINING, i]).uniform() < EMPTY:
        return as_bytes(satellite.empty(seed)), np.full(classes, 1 / classes, np.float32)
    scene = satellite.draw(i % classes, seed)
    return as_bytes(scene.image), np.eye(classes, dtype=np.float32)[scene.label]


def turned(x: Tensor) -> Tensor:
    """Each batch turned by quarters, half of its scenes mirrored, all with a little noise: nothing is up."""
    x = torch.rot90(x, int(torch.randint(4, ())), (2, 3))
    x = torch.where(torch.rand(len(x), 1, 1, 1) < 0.5, x.flip(3), x)
    return (x + torch.randn_like(x) * torch.rand(len(x), 1, 1, 1) * 0.04).clamp(0, 1)


def make(download: bool) -> dict[str, Any]:
    """Train, measure and save the network of scenes from above; returns its card."""
    network = fit(
        networks.build("satellite"), *examples(example, SCENES, "satellite"),
        name="satellite", epochs=EPOCHS, rate=4e-3, batch=64, augment=turned,
    )  # fmt: skip
    images, labels, _ = satellite.batch(1200, FRESH)
    facts = {
        "data": f"{SCENES} scenes of data.satellite, {EMPTY:.0%} without an object (target uniform); {EPOCHS} epochs, "
        "turned by quarters and mirrored",
        "accuracy": accuracy(network, images, labels),
        "accuracy_on": "1200 fresh scenes, data.satellite.batch(1200, 1000000)",
    }
    return save("satellite", network, facts)
