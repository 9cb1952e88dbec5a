"""Ground truth: is what the map points at the thing that decides? Only drawn pictures can tell.

    inside    Σ_{i∈mask} A⁺_i / Σ_i A⁺_i         the share of what speaks for the class that lies inside (mass accuracy)
    best      |top_k(A) ∩ mask| / k,  k = |mask|    the share of the k best pixels that lies inside (rank accuracy)
    pointing  [ argmax A ∈ mask ]                   the pointing game: does the best pixel hit?

Arras, Osman & Samek 2022 [Arras2022, eq. 1 and 2]; Zhang et al. 2016 [Zhang2016, §4]. All lie between 0 and 1. A map
drawn by chance gets the mask's share of the area, `chance`.
The zoo's scenes have two masks: of the animal, and of the part that decides its class by construction (the trunk, the
ears). A right map may well use the background, if the *network* does: this truth is about pictures, and says something
of a method only on a network that has learned to look at the part.
What to look at: the same scenes with both masks. The animal is large, and easy to hit.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from xai_core.inputs import type_and_shape
from xai_core.rankings import as_seen, ranking


@dataclass(frozen=True, eq=False)
class Truth:
    """What of a map lies in the mask, image by image."""

    inside: Tensor  # (N,); NaN for a map that is nowhere positive
    best: Tensor  # (N,)
    pointing: Tensor  # (N,): 1 hit, 0 missed, between where equals compete
    chance: Tensor  # (N,), the share of the pixels that the mask covers


def ground_truth(A: Tensor, mask: Tensor, seed: int = 0) -> Truth:
    """Compare a map with the truth: (N, C, H, W) → (N,) each.

    mask: True where the truth is, (N, H, W) or (H, W) bool, neither empty nor everywhere. seed: the order of pixels of
    equal value, for `best`. Where several pixels share the maximum, `pointing` is the share of them that hits. So a
    constant map has the mask's share of the area, as one by chance.
    Raises ValueError if A is no finite map of images, or mask no such mask.
    """
    if not isinstance(A, Tensor) or A.dim() != 4:
        raise ValueError(f"A must be images (N, C, H, W); got {type_and_shape(A)}")
    shape = (len(A), *A.shape[2:])
    if not isinstance(mask, Tensor) or mask.dtype != torch.bool or mask.shape not in (shape, shape[1:]):
        raise ValueError(f"mask must be bool, {shape} or {shape[1:]}; got {type_and_shape(mask)}")
    value, inside = as_seen(A), mask.cpu().expand(shape).flatten(1)  # (N, P)
    size = inside.sum(1)
    if not ((size > 0) & (size < inside.shape[1])).all():
        raise ValueError("mask must be neither empty nor the whole picture: every map would do")
    positive = value.clamp(min=0)
    hits = inside.gather(1, ranking(A, seed=seed)).cumsum(1)  # in the k best pixels, k = 1 … P
    winners = value == value.amax(1, keepdim=True)
    return Truth(
        (positive * inside).sum(1) / positive.sum(1),
        hits.gather(1, size[:, None] - 1)[:, 0] / size.double(),
        (winners & inside).sum(1) / winners.sum(1).double(),
        size.double() / inside.shape[1],
    )
