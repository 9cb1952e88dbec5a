"""Handwritten digits: scikit-learn's 8 × 8 ones, which come with it, and MNIST's 28 × 28, downloaded only if asked.

Images are (N, 1, size, size) float32 in [0, 1], ink bright on dark; labels (N,) int64.
Sources: Alpaydin and Kaynak, optical recognition of handwritten digits, UCI 1998; LeCun, Cortes and Burges, MNIST.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor


class Split(NamedTuple):
    """Images and labels to learn from, and those held out."""

    train_images: Tensor
    train_labels: Tensor
    test_images: Tensor
    test_labels: Tensor


def digits() -> tuple[Tensor, Tensor]:
    """All 1797 of scikit-learn's digits: images (1797, 1, 8, 8), labels (1797,)."""
    from sklearn.datasets import load_digits

    bundle = load_digits()
    # Each pixel counts the inked cells, 0 to 16, of a 4 × 4 block of the scan.
    return torch.tensor(bundle.images, dtype=torch.float32)[:, None] / 16, torch.tensor(bundle.target)


def train_test(seed: int = 0) -> Split:
    """scikit-learn's digits in two thirds to learn from (1198) and one third held out (599), shuffled by `seed`."""
    images, labels = digits()
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(seed))
    cut = 2 * len(images) // 3
    train, test = order[:cut], order[cut:]
    return Split(images[train], labels[train], images[test], labels[test])


def mnist(root: str | Path | None = None, download: bool = False) -> Split:
    """MNIST's 60000 training and 10000 test digits through torchvision.

    `root` is the folder that holds `MNIST/raw`: by default XAI_DATA_HOME if set, else ~/.cache/xai-workbook.
    Raises FileNotFoundError where the digits are not there and `download` is False, or cannot be downloaded.
    """
    from data.vision import torchvision

    folder = Path(root or os.environ.get("XAI_DATA_HOME") or Path.home() / ".cache" / "xai-workbook").expanduser()
    try:
        train, test = (torchvision.datasets.MNIST(folder, train=part, download=download) for part in (True, False))
    except (RuntimeError, OSError) as error:
        if download:
            raise FileNotFoundError(
                f"MNIST could not be downloaded to {folder} ({error}); check the network, or set XAI_DATA_HOME to a "
                "folder that holds MNIST/raw."
            ) from error
        raise FileNotFoundError(
            f"MNIST is not in {folder}; ask for it with download=True (about 12 MB), or set XAI_DATA_HOME to a folder "
            "that holds MNIST/raw."
        ) from error
    return Split(train.data[:, None] / 255, train.targets, test.data[:, None] / 255, test.targets)
