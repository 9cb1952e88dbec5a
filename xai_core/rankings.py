"""Rankings: the order in which a map names the pixels, and how much two maps agree about it.

    r_1, r_2, …, r_P         the pixels from the largest Σ_c A_c to the smallest                   (P = H · W)
    Spearman's ρ             Pearson's correlation of the two orders                               1 the same, 0 chance
    top-k intersection       |top_k(A) ∩ top_k(A′)| / k,  strongest by |Σ_c A_c|                  1 the same, k/P chance

Images are judged as they are looked at, summed over channels. Pixels of equal value have no order: they are put in a
random one, by the seed. In reading order a map of zeros would do well wherever the animal stands at the top. A map
that is the same everywhere has no order at all: what it has in common with another is NaN. So it is for every score:
what does not exist is NaN, and a map that holds NaN or infinite numbers is refused (`check_map`).
What to look at: how many pixels are tied. LIME's maps have about 50 values, Grad-CAM's are mostly zero.
"""

from typing import Annotated

import numpy as np
import scipy  # its parts are loaded at their first use
import torch
from torch import Tensor

from xai_core import symbols
from xai_core.inputs import check_dense, type_and_shape
from xai_core.symbols import Symbol

TopPixels = Annotated[
    int,
    Symbol("k", "k", "strongest pixels that are compared", "pixels", low=10, high=2000, step=10, least=1, whole=True),
]


def ranking(A: Tensor, *, absolute: bool = False, seed: int = 0) -> Tensor:
    """The numbers of the pixels, best first: (N, C, H, W) → (N, H·W), other data (N, …) → (N, d); int64.

    absolute: rank by |Σ_c A_c|, so that what speaks loudest against the class comes first, too. By default it comes
    last. seed: the order of equal pixels, of all of them where the map is constant.
    Raises ValueError if A is no finite attribution.
    """
    value = as_seen(A).numpy()
    value = np.abs(value) if absolute else value
    chance = np.random.default_rng(seed).permutation(value.shape[1])
    return torch.from_numpy(np.stack([np.lexsort((chance, -row)) for row in value]))


def rank_correlation(A: Tensor, other: Tensor, *, absolute: bool = False) -> Tensor:
    """Spearman's ρ of two attributions, row by row: (N, …), (N, …) → (N,). NaN where one of them is constant.

    Equal pixels have the mean of their ranks. Signed, because a pixel that changes sides matters more than one that
    changes shade; absolute=True for maps whose sign says nothing.
    Raises ValueError if the two are no finite attributions of one shape.

    Examples:
        >>> import torch, xai_core
        >>> xai_core.rank_correlation(torch.tensor([[1.0, 2.0, 3.0]]), torch.tensor([[1.0, 3.0, 2.0]])).item()
        0.5
    """
    _check_pair(A, other)
    found = []
    for a, b in zip(as_seen(A), as_seen(other), strict=True):
        a, b = (a.abs(), b.abs()) if absolute else (a, b)
        constant = _same_everywhere(torch.stack([a, b])).any()
        found.append(float("nan") if constant else scipy.stats.spearmanr(a, b).statistic)
    return torch.tensor(found, device="cpu")


def top_intersection(A: Tensor, other: Tensor, k: TopPixels = 1000, seed: int = 0) -> Tensor:
    """The share of the k strongest pixels of the one map that are among the k strongest of the other: → (N,).

    NaN where one of them is equally strong everywhere. Of equal pixels the seed draws lots, the same for both maps.

    k = 1000 of 224 × 224 pixels is the UNI paper's (Table 6), and Ghorbani's; of 64 × 64 it is a quarter of the
    picture. Two maps that have nothing to do with each other share k/P.
    Raises ValueError if the two are no finite attributions of one shape, or for a k beyond P.
    """
    symbols.check(top_intersection, k=k)
    _check_pair(A, other)
    ours, theirs = (ranking(each, absolute=True, seed=seed) for each in (A, other))
    if k > ours.shape[1]:
        raise ValueError(f"k must be at most the number of pixels, {ours.shape[1]}; got {k}")
    top = torch.zeros(2, *ours.shape, dtype=torch.bool, device="cpu")
    top[0].scatter_(1, ours[:, :k], True)
    top[1].scatter_(1, theirs[:, :k], True)
    plain = torch.stack([_same_everywhere(as_seen(each).abs()) for each in (A, other)]).any(0)
    return torch.where(plain, torch.nan, top.all(0).sum(1).double() / k)


def as_seen(A: Tensor) -> Tensor:
    """(N, C, H, W) → (N, H·W), summed over channels; anything else (N, …) → (N, d). float64, on the CPU.

    Raises ValueError if A is no finite attribution.
    """
    check_map(A)
    A = A.detach().cpu().double()
    return (A.sum(1) if A.dim() == 4 else A).flatten(1)


def check_map(A: Tensor, name: str = "A") -> None:
    """Raise ValueError or TypeError, which call A by its `name`, unless it is a finite attribution (N, …), N ≥ 1.

    The one rule of all scores: of a map with a hole there is no number.
    """
    if isinstance(A, Tensor):
        check_dense(A, name)
    if not isinstance(A, Tensor) or A.dim() < 2 or A.numel() == 0:
        raise ValueError(f"{name} must be an attribution (N, …); got {type_and_shape(A)}")
    finite = torch.isfinite(A)
    if not finite.all():
        raise ValueError(f"{name} must be finite; {int((~finite).sum())} of its {A.numel()} numbers are not")


def _same_everywhere(value: Tensor) -> Tensor:
    return (value == value[:, :1]).all(1)


def _check_pair(A: Tensor, other: Tensor) -> None:
    check_map(A)
    check_map(other, "other")
    if A.shape != other.shape:
        raise ValueError(f"other must have the shape of A, {tuple(A.shape)}; got {tuple(other.shape)}")
