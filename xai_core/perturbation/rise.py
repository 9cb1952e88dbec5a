"""RISE: cover the picture with random masks, and see which ones the network likes (Petsiuk, Das & Saenko 2018).

    S(λ) = 1 / (N p₁) Σ_i F(x ⊙ M_i) M_i(λ)                                                   [Petsiuk2018, eq. 6]

Units: of the score; only differences within a map mean anything, for a map of one value says "no place matters".
What to look at: the noise. S comes from a sample: another seed gives another map, and N a smoother one.

A mask is a coarse s × s grid of coin flips (each cell on with probability p₁). It is enlarged smoothly and shifted at
random, so that its cells' borders leave no trace. S(λ) is the mean score of the masks that leave the pixel λ visible.
"""

from collections.abc import Iterator
from typing import Annotated

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from xai_core import symbols
from xai_core.perturbation.superpixels import filling, grid
from xai_core.score import ScoreFunction, forward, rows_at_once
from xai_core.stages import Method
from xai_core.symbols import Fill, Samples, Symbol

Cells = Annotated[
    int,
    Symbol("cells", "s", "cells of a coarse mask along a side", "cells", low=2, high=16, step=1, least=1, whole=True),
]
KeepShare = Annotated[
    float,
    Symbol("p1", "p₁", "share of a mask's cells that are on", "of all cells", low=0.05, high=0.95, step=0.05,
           above=True, most=1),
]  # fmt: skip


def rise(
    f: ScoreFunction,
    x: Tensor,
    N: Samples = 1000,
    cells: Cells = 7,
    p1: KeepShare = 0.5,
    fill: Fill = "grey",
    seed: int = 0,
) -> Tensor:
    """RISE: (N, C, H, W) → (N, 1, H, W); other data (N, …) → (N, …), each number with a coin flip of its own.

    fill: stands where a mask is 0 ("mean": the mean colours of s × s rectangles). The paper multiplies pixels of which
        the mean was taken off, so covered places are about grey. The paper takes N = 4000 and more.
    In units of the score; [Petsiuk2018, eq. 6]. Costs N forward passes an image; every image sees the same masks.
    Raises TypeError or ValueError for an N, cells, p1 or fill that is not allowed; a fill of several rows is not.

    Examples:
        F = x₁. Of the masks that leave x₁ visible all score 1; of those that leave x₂ visible, the half with x₁ on.

        >>> import torch, xai_core
        >>> xai_core.rise(lambda x: x[:, 0], torch.ones(1, 2), N=4000, fill="black").round(decimals=1)
        tensor([[1.0000, 0.5000]])
    """
    symbols.check(rise, N=N, cells=cells, p1=p1)
    x = x.detach()
    image = x.dim() == 4
    places = x.shape[2:] if image else x.shape[1:]
    off = _off(x, places, cells, fill)  # (N, …)
    S = torch.zeros(len(x), *places, dtype=torch.double, device=x.device)
    for M in _masks(N, places, cells if image else None, p1, seed, max(1, rows_at_once(x) // len(x))):
        M = M.to(x)
        over = M[:, None, None] if image else M[:, None]  # one mask for all images and channels
        masked = torch.lerp(off, x, over)  # (n, N, …)
        score = forward(f, masked.flatten(0, 1)).view(len(M), len(x))  # F(x ⊙ M_i)
        S += torch.einsum("mn,m...->n...", score.double(), M.double())
    S = (S / (N * p1)).to(x)
    return S[:, None] if image else S


def _off(x: Tensor, places: torch.Size, cells: int, fill: str | Tensor) -> Tensor:
    """What stands where a mask is 0, one for each row of x: (N, …). Raises ValueError for a background of more."""
    labels = (
        grid(x.shape[2], x.shape[3], cells) if x.dim() == 4 else torch.arange(places.numel(), device="cpu").view(places)
    )
    off = torch.cat([filling(each, labels, fill) for each in x.split(1)])
    if len(off) != len(x):
        raise ValueError(f"fill must be one input for RISE, it is asked once a mask; got {len(off) // len(x)} rows")
    return off


def _masks(N: int, places: torch.Size, cells: int | None, p1: float, seed: int, few: int) -> Iterator[Tensor]:
    """N masks in parts of at most `few`: (n, H, W) in [0, 1]."""
    rng = np.random.default_rng(seed)
    for part in torch.arange(N, device="cpu").split(few):
        # One draw a mask, so that the masks depend on the seed alone and not on the size of a part.
        if cells is None:
            yield torch.from_numpy(np.stack([rng.random(places) < p1 for _ in part])).double()
        else:
            cell = [-(-side // cells) for side in places]  # in pixels, rounded up
            drawn = [(rng.random((cells, cells)) < p1, rng.integers(cell)) for _ in part]
            coarse, shifts = (torch.from_numpy(np.stack(each)) for each in zip(*drawn, strict=True))
            yield _smooth(coarse, shifts, cell, places)


def _smooth(coarse: Tensor, shifts: Tensor, cell: list[int], places: torch.Size) -> Tensor:
    """Coin flips (n, s, s), bilinearly enlarged by a cell more than the picture, each cut out at its own shift."""
    size = [(coarse.shape[1] + 1) * c for c in cell]
    large = F.interpolate(coarse[:, None].double(), size=size, mode="bilinear", align_corners=False)[:, 0]
    height, width = places
    cuts = zip(large, shifts.tolist(), strict=True)
    return torch.stack([mask[top : top + height, left : left + width] for mask, (top, left) in cuts])


ROWS = (
    Method(
        rise,
        title="RISE",
        family="perturbation",
        paper="Petsiuk, Das & Saenko 2018",
        equation=r"A = \frac{1}{N p_1} \sum_{i=1}^{N} F_c(x \odot M_i) \, M_i, \qquad M_i \text{: } s \times s"
        r" \text{ coin flips, enlarged and shifted}",
        cost="N",
        needs="answers",
    ),
)
