"""What a part of a picture gets of a map: its share of Σ|A|, over one picture or many."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from xai_core import share
from xai_core.statistics import summary

Interval = tuple[float, float, float]  # mean, low, high


def share_on(A: Tensor, mask: Tensor) -> float:
    """The share of Σ|A|, channels summed first, on a mask: (1, C, H, W), (H, W) → a number; NaN for a map of zeros."""
    strength = A[0].sum(0).abs()
    return float(strength[mask].sum() / strength.sum())


def percent(x: float) -> str:
    """A share in words: a map of zeros has none."""
    return "none" if math.isnan(x) else f"{x:.0%}"


def interval(values: Sequence[float] | np.ndarray | Tensor) -> Interval:
    """Mean and Student's 95 % interval, NaN left out; of a single number the number itself."""
    found = summary(np.asarray(values))
    return (found.mean, found.low, found.high) if found.n > 1 else (found.mean,) * 3


@dataclass(frozen=True)
class Share:
    """What one part gets of Σ|A|, over the pictures that have it."""

    share: float  # mean share of Σ|A|
    area: float  # mean share of the pixels
    fair: np.ndarray  # each picture's share, relative to its area: 1 is fair

    @property
    def interval(self) -> Interval:
        """Of `fair`."""
        return interval(self.fair)

    @classmethod
    def of(cls, A: Tensor, mask: Tensor) -> "Share":
        """Maps (n, C, H, W) and the part's masks (n, H, W). Where it is missing there is nothing to share out."""
        relative = share(A, mask, torch.ones_like(mask))
        there = ~relative.isnan()
        fair, area = relative[there], mask.double().mean((1, 2))[there]
        return cls(float((fair * area).mean()), float(area.mean()), fair.numpy())
