"""MuFidelity: do the features that the map adds up bring the score they promise? (Bhatt et al. 2020) [Bhatt2020, §3].

    μ = corr_S ( Σ_{i∈S} A_i ,  F(x) − F(x with S set to the reference) )          over random subsets S of one size |S|

Pearson's correlation, from −1 to 1; the UNI paper (Table 2) reports |μ|, here the sign is kept: −1 is a map that is
right but for its sign, and that is worth knowing.
Features are cells of a grid, because a network hardly notices single pixels missing. The answers are a neighbourhood,
as LIME's: they depend on the picture alone, so any number of maps is judged by the same ones, at the price of one.
Four choices decide the number, and papers often leave them out: the grid, |S|, the reference, how many subsets.
What to look at: the scatter of `sums` against `changes`, and what a map of random numbers gets. That is no 0: with N
subsets of M features |μ| is about 0.8 √(1/M + 1/N) by chance alone, 0.1 on a grid of 8 × 8, however many subsets are
drawn, and 0.06 with single pixels as features and N = 200.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import torch
from torch import Tensor

from xai_core import symbols
from xai_core.perturbation.neighbourhood import Neighbourhood, neighbourhood
from xai_core.perturbation.superpixels import superpixels
from xai_core.rankings import as_seen
from xai_core.score import ScoreFunction, rows
from xai_core.symbols import Fill, Segmentation, Symbol

Subsets = Annotated[
    int, Symbol("N", "N", "random subsets of features", "subsets", low=20, high=1000, step=20, least=2, whole=True)
]
SubsetShare = Annotated[
    float,
    Symbol("share", "|S|/d", "size of a subset", "of all features", low=0.05, high=0.95, step=0.05, above=True,
           most=1),
]  # fmt: skip


@dataclass(frozen=True, eq=False)
class MuFidelity:
    """The number and the points that it was made from."""

    correlation: Tensor  # μ, (N,); NaN where all sums or all changes are equal
    sums: Tensor  # Σ_{i∈S} A_i, (N, n)
    changes: Tensor  # F(x) − F(x without S), (N, n)


def mufidelity(
    f: ScoreFunction,
    x: Tensor,
    A: Tensor,
    N: Subsets = 200,
    share: SubsetShare = 0.2,
    segments: Segmentation = "grid",
    reference: Fill = "black",
    seed: int = 0,
) -> MuFidelity:
    """μ of each image: (N, …) → (N,). Costs N + 1 forward passes an image.

    A: the attribution, (N, …) like x, or (N, 1, H, W). share: |S| as a share of the features. segments: "grid" (8 × 8
        cells), "pixels", "slic", or labels. reference: what stands where S was, as in `neighbourhood`.
    A constant map adds up to the size of S: NaN where all subsets are equally large, as on a grid of equal cells.
    Raises TypeError or ValueError with the argument's name, what was given and what is allowed.
    """
    symbols.check(mufidelity, N=N, share=share, reference=reference)
    nears, masks = [], None
    for i in torch.arange(len(x), device="cpu").split(1):
        labels = superpixels(x[i], segments)
        M = int(labels.max()) + 1
        if masks is None or masks.shape[1] != M:  # the same subsets serve all pictures with as many features
            masks = subsets(M, N, share, seed)
        nears.append(neighbourhood(rows(f, i), x[i], len(masks), labels, reference, masks=masks))
    return read(nears, A)


def without_subsets(
    f: ScoreFunction,
    x: Tensor,
    N: Subsets = 200,
    share: SubsetShare = 0.2,
    segments: Segmentation = "grid",
    reference: Fill = "black",
    seed: int = 0,
) -> Neighbourhood:
    """What the network says to one image (1, …) without each of N subsets. Row 0 is the image itself.

    Raises TypeError or ValueError for an N, share, segments or reference that is not allowed.
    """
    symbols.check(without_subsets, N=N, share=share)
    labels = superpixels(x, segments)
    masks = subsets(int(labels.max()) + 1, N, share, seed)
    return neighbourhood(f, x, len(masks), labels, reference, masks=masks)


def subsets(M: int, N: Subsets = 200, share: SubsetShare = 0.2, seed: int = 0) -> Tensor:
    """N random subsets of `share` of M features (rounded, one at least, not all), as masks: (N + 1, M) bool.

    False is in the subset. Row 0 is the empty subset. The first n of N are those of N = n.
    Raises TypeError or ValueError for an N or share that is not allowed.
    """
    symbols.check(subsets, N=N, share=share)
    size = min(max(1, round(share * M)), M - 1)
    chance = np.random.default_rng(seed).random((N, M))
    masks = torch.ones(N + 1, M, dtype=torch.bool, device="cpu")
    masks[1:].scatter_(1, torch.from_numpy(chance.argpartition(size - 1, axis=1)[:, :size]), False)
    return masks


def read(nears: Sequence[Neighbourhood], A: Tensor) -> MuFidelity:
    """μ of N maps from the answers near their images; asks nothing. Another map of the same image costs a product.

    Raises ValueError if A is no finite map with a row an image, and the places of each.
    """
    value = as_seen(A)  # (N, places)
    segments = [near.segments for near in nears if near.segments is not None]
    if not len(value) == len(nears) == len(segments) or any(each.numel() != value.shape[1] for each in segments):
        raise ValueError(f"A must have a row an image, ({len(nears)}, …), and the places of each; got {tuple(A.shape)}")
    sums, changes = [], []
    for near, places, a in zip(nears, segments, value, strict=True):
        feature = torch.zeros(near.features, dtype=torch.double, device="cpu").index_add_(
            0, places.flatten(), a
        )  # (M,)
        sums.append((~near.masks[1:]).double() @ feature)
        answers = near.answers()
        changes.append(answers[0] - answers[1:])
    of_map, of_score = torch.stack(sums), torch.stack(changes)
    return MuFidelity(pearson(of_map, of_score), of_map, of_score)


def pearson(a: Tensor, b: Tensor) -> Tensor:
    """Pearson's r of each row: (N, n), (N, n) → (N,). NaN where a row is constant, up to rounding."""
    constant = [each.amax(1) - each.amin(1) <= 1e-12 * each.abs().amax(1) for each in (a, b)]
    u, v = (each - each.mean(1, keepdim=True) for each in (a.double(), b.double()))
    r = (u * v).sum(1) / (u.norm(dim=1) * v.norm(dim=1))
    return torch.where(constant[0] | constant[1], torch.nan, r.clamp(-1, 1))
