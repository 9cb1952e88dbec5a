"""Class-wide means: from the maps of many pictures to one statement on a class.

    Ā(c) = 1/N Σ_n A_n                                   the mean map of N pictures of class c
    agreement = mean over pairs n < m of r(A_n, A_m)     1: all maps say the same of the same places; 0: unrelated
    share_k = mean over n of  (Σ_{p ∈ part k} |A_np| / Σ_p |A_np|) / (area of part k)

A mean over places means something where a place means the same in every picture, as on centred digits. An animal
stands anywhere; there the parts mean the same in all pictures, not the places, and shares of parts can be averaged.
Units: Ā as A; agreement none; a share is relative to the part's area, 1 is what a map that follows nothing gives it.
What to look at: `agreement` before Ā. A mean of unrelated maps is a picture of nothing.
"""

from collections.abc import Mapping

import torch
from torch import Tensor

from xai_core.evaluate.biases import share
from xai_core.inputs import type_and_shape
from xai_core.rankings import as_seen, check_map
from xai_core.statistics import Summary, summary


def mean_map(A: Tensor) -> Tensor:
    """Ā, signed: (N, C, H, W) → (1, C, H, W). Raises ValueError for another shape, or maps that are not finite."""
    _check(A)
    return A.mean(0, keepdim=True)


def agreement(A: Tensor) -> float:
    """The mean of Pearson's r over all pairs of maps, channels added: (N, C, H, W) → a number; NaN for one map.

    Maps that are the same everywhere agree or disagree with none: they are left out.
    Raises ValueError for another shape, or maps that are not finite.
    """
    _check(A)
    maps = as_seen(A)
    maps = maps[(maps != maps[:, :1]).any(1)]
    z = torch.nn.functional.normalize(maps - maps.mean(1, keepdim=True), eps=0)  # (N, P), of length 1: r = z_n · z_m
    n = len(z)
    return float((z.sum(0).square().sum() - n) / (n * (n - 1))) if n > 1 else float("nan")


def class_shares(A: Tensor, masks: Mapping[str, Tensor]) -> dict[str, Summary]:
    """Each part's share of Σ|A| relative to its area, over the pictures in which it is seen: mean, 95 % t interval.

    A: (N, C, H, W); masks: name → (N, H, W) bool. A map of zeros has no share, and is counted as missing.
    Raises ValueError for other shapes, or maps that are not finite.
    """
    _check(A)
    everywhere = torch.ones((len(A), *A.shape[2:]), dtype=torch.bool, device=A.device)
    return {name: summary(share(A, mask, everywhere).tolist()) for name, mask in masks.items()}


def _check(A: Tensor) -> None:
    if not isinstance(A, Tensor) or A.dim() != 4 or not len(A):
        raise ValueError(f"A must be maps of images (N, C, H, W), at least one; got {type_and_shape(A)}")
    check_map(A)
