"""Where δ may lie: in all pixels, in a mask of 7 × 7 that is made larger, or in masks of many sizes at once.

    δ = Σ_s U_s m_s                          m_s: a mask, (C, s, s); U_s: bilinear, to the size of x
    m_s ← m_s − μ U_sᵀ ∇_δ C                 for all s, which is one step of δ:
    δ ← δ − μ Σ_s U_s U_sᵀ ∇_δ C             in all pixels U = 1: δ ← δ − μ ∇_δ C, the paper's

Units: those of ∇_δ C. What to look at: x′ − x, which is smooth where δ is a mask: 147 numbers of 3 × 7 × 7, whatever
the size of the picture.

In all pixels δ may be a pattern that only a network sees, as an attack's. UNI's reviewers asked what becomes of the
map where δ cannot: in few numbers, or with coarse changes beside fine ones [Choi2025].
"""

import math
from typing import Annotated

import torch
from torch import Tensor
from torch.nn import functional as F

from xai_core.precision import wide
from xai_core.symbols import Choice

SIDE = 7  # of the mask, and of the coarsest of many
Subspace = Annotated[str, Choice("subspace", "where δ may lie", ("pixels", "mask_7", "scales"))]


def within(slope: Tensor, subspace: Subspace) -> Tensor:
    """Σ_s U_s U_sᵀ g, the step of δ that the steps of the masks are: slopes g, (n, C, …) → (n, C, …).

    subspace: "pixels" leaves g as it is. "mask_7": s = 7. "scales": s = 7, 14, 28, … and all pixels.
    A picture with fewer than s pixels along a side has one number for each.
    Raises ValueError for masks of what is no picture (N, C, H, W) and no signal (N, C, L).
    """
    if subspace == "pixels":
        return slope
    if slope.dim() not in (3, 4):
        raise ValueError(
            f"subspace {subspace!r} needs pictures (N, C, H, W) or signals (N, C, L); x has shape {tuple(slope.shape)}"
        )
    longest = max(slope.shape[2:])
    doubled = [SIDE << k for k in range(math.ceil(math.log2(longest / SIDE)))]  # 7, 14, 28, …, up to the picture's
    sides = [SIDE] if subspace == "mask_7" else [*doubled, longest]
    return torch.stack([_of_mask(slope.to(wide(slope)), side) for side in sides]).sum(0)


def _of_mask(slope: Tensor, side: int) -> Tensor:
    """U Uᵀ g for one size of the mask, axis by axis."""
    for axis in range(2, slope.dim()):
        U = enlarged(slope.shape[axis], side).to(slope)  # (size, side)
        slope = (slope.movedim(axis, -1) @ U @ U.T).movedim(-1, axis)
    return slope


def enlarged(size: int, side: int) -> Tensor:
    """U along one axis, (size, side): linear interpolation, times √(side/size).

    With this factor U Uᵀ g = g for a g that is the same everywhere: masks of all sizes move alike.
    """
    side = min(side, size)
    one_each = torch.eye(side, dtype=torch.double, device="cpu")  # (side, side): each number of the mask alone
    return F.interpolate(one_each[None], size, mode="linear", align_corners=False)[0].T * math.sqrt(side / size)
