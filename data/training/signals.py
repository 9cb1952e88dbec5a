"""How the network of traces learns: `python -m data.training.train signals`.

Each trace is drawn once, the four classes in turn. Nothing else is done to it: the drawing itself varies rate, waves,
drift and noise.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from data.drawn import signals
from data.nets import networks
from data.streams import FRESH, TRAINING
from data.training.fitting import accuracy, fit, save


def example(i: int) -> tuple[Tensor, Tensor]:
    """The i-th trace: signal (1, 256) and its target distribution (4,)."""
    label = i % len(signals.CLASSES)
    return signals.draw(label, signals.trace_seed(TRAINING, i)).signal, torch.eye(len(signals.CLASSES))[label]


def make_signals(download: bool) -> dict[str, Any]:
    """Train, measure and save the network; returns its card."""
    n, epochs = 12_000, 8
    drawn, targets = (torch.stack(column) for column in zip(*(example(i) for i in range(n)), strict=True))
    network = fit(
        networks.build("signals"), drawn, targets,
        name="signals", epochs=epochs, rate=4e-3, batch=64, augment=lambda x: x,
    )  # fmt: skip
    x, labels, _ = signals.batch(2000, FRESH)
    by_class = {name: accuracy(network, x[labels == c], labels[labels == c]) for c, name in enumerate(signals.CLASSES)}
    facts = {
        "data": f"{n} traces of data.signals drawn once; {epochs} epochs",
        "accuracy": accuracy(network, x, labels),
        "accuracy_on": "2000 fresh traces, data.signals.batch(2000, 1000000)",
        "accuracy_by_class": by_class,
        "warning": "A toy that tells drawn traces apart. Nothing of it says anything about a heart.",
    }
    return save("signals", network, facts)
