"""How the network `retina` learns to grade drawn eyes: each eye at all four grades, so that only lesions can tell."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from data.drawn import retina
from data.nets import networks
from data.streams import FRESH, TRAINING
from data.training.fitting import accuracy, as_bytes, examples, fit, save

EYES, EPOCHS = 1400, 6
GRAIN = 0.02  # the most Gaussian noise added: a microaneurysm is two pixels wide, and more would bury it


def example(i: int) -> tuple[np.ndarray, np.ndarray]:
    """The i-th example, eye i // 4 at grade i % 4: image (3, 64, 64) uint8, target (4,) float32."""
    grades = len(retina.GRADES)
    eye = retina.draw(i % grades, retina.eye_seed(TRAINING, i // grades))
    return as_bytes(eye.image), np.eye(grades, dtype=np.float32)[eye.label]


def turned(x: Tensor) -> Tensor:
    """Half of the eyes mirrored, half upside down, all with a little noise."""
    for axis in (2, 3):
        x = torch.where(torch.rand(len(x), 1, 1, 1) < 0.5, x.flip(axis), x)
    return (x + torch.randn_like(x) * torch.rand(len(x), 1, 1, 1) * GRAIN).clamp(0, 1)


def make(download: bool) -> dict[str, Any]:
    """Train, measure and save the network of eyes; returns its card."""
    n = EYES * len(retina.GRADES)
    network = fit(
        networks.build("retina"), *examples(example, n, "retina"),
        name="retina", epochs=EPOCHS, rate=4e-3, batch=64, augment=turned,
    )  # fmt: skip
    images, labels, _ = retina.batch(1000, FRESH)
    with torch.inference_mode():
        said = torch.cat([network(x).argmax(1) for x in images.split(500)])
    facts = {
        "data": f"{EYES} eyes of data.retina, each at all four grades; {EPOCHS} epochs, mirrored, noise up to {GRAIN}",
        "rule": retina.RULE,
        "accuracy": accuracy(network, images, labels),
        "accuracy_on": "1000 fresh eyes, data.retina.batch(1000, 1000000)",
        "accuracy_within_one_grade": round(float(((said - labels).abs() <= 1).double().mean()), 4),
        "accuracy_by_grade": {
            name: round(float((said == labels)[labels == i].double().mean()), 4) for i, name in enumerate(retina.GRADES)
        },
        "warning": "A toy of drawn eyes and no medical device. On photographs of real eyes its grade means nothing.",
    }
    return save("retina", network, facts)
