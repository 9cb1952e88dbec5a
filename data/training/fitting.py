"""How a shipped network learns: examples drawn by two processes, cross-entropy to target distributions, accuracy.

    L = −1/n Σ_i Σ_c y_ic log p_c(x_i)        y: one class, or a distribution where the picture leaves it open

The recipes, what each network sees and for how long, are in train.py and in the files that it names.
"""

from __future__ import annotations

import datetime
import multiprocessing
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import log_softmax
from tqdm.auto import tqdm

from data.nets import networks
from data.streams import FRESH, TRAINING

__all__ = [
    "FRESH",
    "SMOOTHING",
    "TRAINING",
    "accuracy",
    "as_bytes",
    "examples",
    "fit",
    "flip_and_grain",
    "save",
    "shift",
]

SMOOTHING = 0.05  # label smoothing: keeps confidences near 0.95, where gradients still say something


def as_bytes(image: Tensor) -> np.ndarray:
    """Pixels in [0, 1] as 0 … 255, of the same shape and as uint8: a quarter of the memory."""
    return (image * 255).round().to(torch.uint8).numpy()


def examples(make: Callable[[int], tuple[np.ndarray, np.ndarray]], n: int, name: str) -> tuple[Tensor, Tensor]:
    """The first n examples, drawn by two processes: images (n, 3, 64, 64) uint8, targets (n, classes) float32."""
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        drawn = list(tqdm(pool.imap(make, range(n), chunksize=64), f"{name}: drawing", n, unit="image"))
    return tuple(torch.from_numpy(np.stack(column)) for column in zip(*drawn, strict=True))


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
    """Half of the images (n, C, H, W) mirrored, all with Gaussian noise of a strength of their own (σ up to 0.06)."""
    mirrored = torch.rand(len(x), 1, 1, 1) < 0.5
    x = torch.where(mirrored, x.flip(3), x)
    return (x + torch.randn_like(x) * torch.rand(len(x), 1, 1, 1) * 0.06).clamp(0, 1)


def shift(pixels: int) -> Callable[[Tensor], Tensor]:
    """An augmentation that moves each batch (n, C, H, W) by up to `pixels` either way."""

    def moved(x: Tensor) -> Tensor:
        dy, dx = torch.randint(-pixels, pixels + 1, (2,)).tolist()
        return torch.roll(x, (dy, dx), (2, 3))

    return moved


@torch.inference_mode()
def accuracy(network: nn.Module, images: Tensor, labels: Tensor) -> float:
    """The share of images (n, …) whose largest logit is their label (n,)."""
    hits = [(network(x).argmax(1) == y).sum() for x, y in zip(images.split(500), labels.split(500), strict=True)]
    return round(int(sum(hits)) / len(images), 4)


def save(name: str, network: nn.Module, facts: dict[str, Any]) -> dict[str, Any]:
    """Keep a trained network, with today's date in its card; returns the card.

    Raises ValueError for a name that is no shipped network's.
    """
    common = {"seed": 0, "label_smoothing": SMOOTHING, "date": datetime.date.today().isoformat()}
    return networks.save(name, network, {**common, **facts})
