"""KernelSHAP: Shapley values as a weighted regression (Lundberg & Lee 2017, theorem 2) [Lundberg2017].

    φ = argmin_φ Σ_z π(z) (F(h(z)) − F(h(0)) − φ · z)²     subject to   Σ_j φ_j = F(x) − F(h(0))        (efficiency)
    π(z) = (M − 1) / (C(M, k) · k · (M − k)),  k = Σ_j z_j

Units: φ_j is the score that feature j brings; they add up to F(x) − F(h(0)), whatever was sampled.
What to look at: LIME's weights of the same features. Only the kernel differs, and the sum.

The Shapley value of a feature is what it brings on average over all orders, switching on one feature after the other.
Over all 2^M masks the regression gives it exactly; over a sample, nearly. Masks with few or with nearly all features
on weigh most. So those are taken first, all of them, as far as N reaches.
"""

import warnings
from collections.abc import Callable
from itertools import combinations, product
from math import comb
from numbers import Integral
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from xai_core import symbols
from xai_core.perturbation.neighbourhood import Neighbourhood, each_row, neighbourhood, painted
from xai_core.perturbation.superpixels import filling, superpixels
from xai_core.score import ScoreFunction
from xai_core.stages import Method
from xai_core.symbols import Fill, Samples, Segmentation


def kernel_shap_plain(F: Callable[[Tensor], Tensor], x: Tensor, off: Tensor, segments: Tensor) -> Tensor:
    """Theorem 2 over all 2^M masks, of one input x (1, …): φ, one value for each of the M segments, (M,). For reading.

    F: a score, (1, …) → (1,). off (1, …): what stands where a segment is off. segments (H, W): 0…M−1.
    """
    M = int(segments.max()) + 1
    z = torch.tensor([*product([False, True], repeat=M)])  # (2^M, M), from all off to all on
    y, π = torch.zeros(2**M).double(), torch.zeros(2**M).double()
    for i, mask in enumerate(z):
        # F(h(z))
        y[i] = F(torch.where(mask[segments], x, off))[0]
        # π(M, |z|) = (M − 1) / (C(M, |z|) · |z| · (M − |z|)), infinite at both ends: there φ is exact instead
        k = int(mask.sum())
        π[i] = (M - 1) / (comb(M, k) * k * (M - k)) if 0 < k < M else 0
    # φ = argmin Σ_z π (F(h(z)) − F(h(0)) − φ · z)²  subject to  1 · φ = F(x) − F(h(0)), by Lagrange's multiplier λ:
    # (ZᵀΠZ) φ + λ 1 = ZᵀΠ (F(h(z)) − F(h(0)))
    Z, one = z.double(), torch.ones(M, 1).double()
    left = torch.cat([torch.cat([Z.T @ (π[:, None] * Z), one], 1), torch.cat([one.T, torch.zeros(1, 1)], 1)])
    right = torch.cat([Z.T @ (π * (y - y[0])), y[-1:] - y[0]])
    return torch.linalg.solve(left, right)[:M]


# The fast form: many masks in one pass, and only N of the 2^M.


def kernel_of_size(M: int) -> np.ndarray:
    """π summed over all masks of a size, for k = 1 … M − 1: (M − 1) / (k (M − k)), to a sum of 1. (M − 1,)."""
    k = np.arange(1, M)
    weight = (M - 1) / (k * (M - k))
    return weight / weight.sum()


def coalitions(M: int, N: Samples = 1000, seed: int = 0) -> tuple[Tensor, Tensor]:
    """At most N masks of M features and their weights π: (n, M) bool, (n,). The first is all on, the second all off.

    All 2^M of them if N allows. Else whole sizes k and M − k, from the outside in, as long as their share of N is
    enough for each of their masks. The rest is drawn at random by π, each mask with its complement.
    Raises TypeError or ValueError unless M is a whole number, at least 2, and N one of at least 4.
    """
    symbols.check(coalitions, N=N)
    if isinstance(M, bool) or not isinstance(M, Integral) or M < 2:
        raise ValueError(f"M (features) must be a whole number, at least 2; got {M!r}")
    M = int(M)  # 2^M and C(M, k) outgrow NumPy's numbers
    if N < 4:
        raise ValueError(f"N must be at least 4, two masks besides all on and all off; got {N}")
    share = kernel_of_size(M)  # of the sizes 1 … M − 1
    masks, weights = [np.ones((1, M), bool), np.zeros((1, M), bool)], [np.zeros(2)]  # those two are met exactly
    left, k = N - 2, 1
    while k <= M - k:
        sizes = {k, M - k}
        count = sum(comb(M, size) for size in sizes)
        open_share = share[k - 1 : M - k].sum()  # of the sizes not yet taken
        mine = sum(share[size - 1] for size in sizes)
        if count > left or (2**M > N and count > left * mine / open_share):
            break
        masks += [_all_of_size(M, size) for size in sorted(sizes)]
        weights += [np.full(comb(M, size), share[size - 1] / comb(M, size)) for size in sorted(sizes)]
        left, k = left - count, k + 1
    if k <= M - k and left > 1:
        drawn, times = _drawn(M, k, left // 2, share, seed)
        masks.append(drawn)
        weights.append(times / times.sum() * share[k - 1 : M - k].sum())
    return torch.from_numpy(np.concatenate(masks)), torch.from_numpy(np.concatenate(weights))


def _all_of_size(M: int, k: int) -> np.ndarray:
    masks = np.zeros((comb(M, k), M), bool)
    for row, on in zip(masks, combinations(range(M), k), strict=True):
        row[list(on)] = True
    return masks


def _drawn(M: int, least: int, pairs: int, share: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Different masks of the sizes `least` … M − `least`, each beside its complement, and how often each came.

    (n, M), (n,); n = 2 · pairs, or less where chance finds no more.
    """
    rng = np.random.default_rng(seed)
    sizes = np.arange(least, M - least + 1)
    p = share[sizes - 1] / share[sizes - 1].sum()
    times: dict[bytes, int] = {}
    for size in rng.choice(sizes, 8 * pairs, p=p):  # repeats count, and cost no forward pass
        on = np.zeros(M, bool)
        on[rng.permutation(M)[:size]] = True
        for mask in (on.tobytes(), (~on).tobytes()):
            times[mask] = times.get(mask, 0) + 1
        if len(times) == 2 * pairs:
            break
    return np.frombuffer(b"".join(times), bool).reshape(-1, M).copy(), np.array([*times.values()], float)


def shapley_values(near: Neighbourhood, weights: Tensor, column: int | None = None) -> Tensor:
    """Read a neighbourhood of `coalitions`: one Shapley value a feature, (M,), float64. Never calls the network.

    weights: (N,) those of the coalitions. column: the class to explain, by default the neighbourhood's target.
    With fewer masks than features the smallest φ of all that fit is returned, with a warning.
    Raises ValueError if no mask is all off, or weights are not finite, at least 0 and one a mask.
    """
    return _regressed(near, weights, near.answers(column)[:, None])[0]


def shapley_table(near: Neighbourhood, weights: Tensor) -> Tensor:
    """`shapley_values` of every column of the answers, (columns, M), for the price of one; raises alike."""
    return _regressed(near, weights, near.scores)


def _regressed(near: Neighbourhood, weights: Tensor, answers: Tensor) -> Tensor:
    """φ of n answers to the same masks: (N, n) → (n, M)."""
    masks, M = near.masks, near.features
    empty = (~masks).all(1).nonzero()
    if not len(empty):
        raise ValueError("near must have a mask with every feature off, as `coalitions` makes; it has none")
    if not isinstance(weights, Tensor) or tuple(weights.shape) != (len(masks),):
        given = tuple(weights.shape) if isinstance(weights, Tensor) else type(weights).__name__
        raise ValueError(f"weights must be a tensor, one a mask, ({len(masks)},); got {given}")
    if not (torch.isfinite(weights).all() and (weights >= 0).all()):
        raise ValueError("weights must be finite and at least 0, as those of `coalitions`")
    nothing, change = answers[empty[0, 0]], answers[0] - answers[empty[0, 0]]  # (n,)
    # Efficiency is built in: φ = (F(x) − F(h(0))) / M + ψ with Σψ = 0. Such a ψ does not feel a mask's mean, and once
    # that is taken out, the smallest solution of least squares has Σψ = 0 by itself.
    z = masks.double()
    centred = z - z.mean(1, keepdim=True)  # (N, M)
    rest = answers - nothing - z.mean(1, keepdim=True) * change  # (N, n)
    root = weights.double().sqrt()[:, None]
    solved = torch.linalg.lstsq(root * centred, root * rest, driver="gelsd")
    if int(solved.rank) < M - 1:
        warnings.warn(
            f"N = {len(masks)} masks cannot tell {M} features apart; take a larger N, or fewer features", stacklevel=3
        )
    psi = solved.solution.T  # (n, M)
    return change[:, None] / M + psi - psi.mean(1, keepdim=True)


def kernel_shap(
    f: ScoreFunction,
    x: Tensor,
    N: Samples = 1000,
    segments: Segmentation = "slic",
    fill: Fill = "grey",
    seed: int = 0,
) -> Tensor:
    """KernelSHAP: each pixel gets its superpixel's value, (N, C, H, W) → (N, 1, H, W); other data (N, …) → (N, …).

    In units of the score; [Lundberg2017, theorem 2]. Costs N forward passes an input, or 2^M where that is less.
    fill: "grey", "mean", "black", "blurred", one input, or a background of R rows over which F is averaged (R times the
        cost). For the values of the features themselves use `shapley_values`.
    Raises TypeError or ValueError for an N, segments or fill that is not allowed.

    Examples:
        With s = x₁ + x₂ + x₃ = 100 the score is 392, at 0 it is 2: the values add up to 390.

        >>> import torch, xai_core
        >>> F = lambda x: (x.sum(1) - 10).relu() + 3 * (x.sum(1) + 1).relu() - 1
        >>> xai_core.kernel_shap(F, torch.tensor([[20.0, 50.0, 30.0]]), fill="black").round(decimals=1)
        tensor([[ 76.7000, 196.7000, 116.7000]])
    """
    symbols.check(kernel_shap, N=N)

    def weights_of(f: ScoreFunction, x: Tensor) -> tuple[Neighbourhood, Tensor]:
        players = coalition(x, N, segments, seed)
        asked = near(f, x, players, fill)
        return asked, shapley_values(asked, players.weights)

    return each_row(f, x, weights_of)


class Coalitions(NamedTuple):
    """Who plays, and how much each mask counts."""

    labels: Tensor  # the feature of each place
    masks: Tensor  # (n, M)
    weights: Tensor  # π, (n,)


def coalition(x: Tensor, N: Samples, segments: Segmentation, seed: int) -> Coalitions:
    """The masks, before anything is asked."""
    labels = superpixels(x, segments)
    return Coalitions(labels, *coalitions(int(labels.max()) + 1, N, seed))


def near(f_all: ScoreFunction, x: Tensor, coalition: Coalitions, fill: Fill) -> Neighbourhood:
    """The answers of all classes: what costs N passes."""
    labels, masks, _ = coalition
    return neighbourhood(f_all, x, len(masks), labels, fill, masks=masks)


def off(x: Tensor, coalition: Coalitions, fill: Fill) -> Tensor:
    """h(0), from which the values add up to F(x)."""
    return filling(x, coalition.labels, fill)


def values(near: Neighbourhood, coalition: Coalitions, target: int) -> Tensor:
    """One Shapley value a feature, (M,)."""
    return shapley_values(near, coalition.weights, target)


ROWS = (
    Method(
        kernel_shap,
        title="KernelSHAP",
        family="perturbation",
        paper="Lundberg & Lee 2017",
        equation=r"\begin{gathered} \min_{\varphi} \sum_z \tfrac{M - 1}{\binom{M}{k} k (M - k)}"
        r" \big(F_c(h(z)) - F_c(h(0)) - \varphi \cdot z\big)^2, \qquad k = \textstyle\sum_j z_j \\"
        r" \text{with } \textstyle\sum_j \varphi_j = F_c(x) - F_c(h(0)) \end{gathered}",
        cost="N",
        needs="answers",
        stages={"coalition": coalition, "near": near, "off": off, "values": values, "attribution": painted},
    ),
)
