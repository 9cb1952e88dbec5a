"""LIME: fit a short linear model to the network's answers near x, and read it (Ribeiro, Singh & Guestrin 2016).

    ξ(x) = argmin_g L(f, g, π_x) + Ω(g)           Ω(g) = ∞ · 1[‖w‖₀ > K]                    [Ribeiro2016, eq. 1]
    L    = Σ_z π_x(z) (f(h(z)) − g(z))²           g(z) = w₀ + w · z                         [Ribeiro2016, eq. 2]
    π_x(z) = exp(−D(1, z)² / σ²)                  D: distance of the mask from "everything on"

Units: w_j is the score that feature j brings. What to look at: the local R², the share of the answers' (weighted)
variance that the K features explain. A pretty map with R² = 0.1 says little. And the band of a weight over seeds: a bar
whose band crosses zero has no sign.

The best K features cannot be found exactly. K-LASSO (Algorithm 1) takes the first K of the LASSO path and fits those
by weighted least squares.
"""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from xai_core import symbols
from xai_core.perturbation.k_lasso import Band, LinearFit, Metric, Width, band, k_lasso, k_path, kernel
from xai_core.perturbation.neighbourhood import Neighbourhood, each_row, neighbourhood, painted
from xai_core.score import ScoreFunction
from xai_core.stages import Method
from xai_core.symbols import Fill, Length, Samples, Segmentation

__all__ = ["Band", "LinearFit", "band", "k_lasso", "k_path", "kernel", "lime", "lime_plain"]  # k_lasso.py's too


def lime_plain(
    f: Callable[[Tensor], Tensor], x: Tensor, off: Tensor, segments: Tensor, N: int, K: int, σ: float, seed: int = 0
) -> Tensor:
    """Algorithm 1, line by line, of one input x (1, …): the weight of each of the M segments, (M,). For reading.

    f: a score, (1, …) → (1,). off (1, …): what stands where a segment is off. segments (H, W): 0…M−1. D: cosine.
    """
    from sklearn.linear_model import lars_path  # here: it takes a second that `import xai_core` need not

    M, flip, Z = int(segments.max()) + 1, np.random.default_rng(seed), []
    for i in range(N):
        # z ← sample_around(x′), x itself first
        z = torch.from_numpy((flip.random(M) < 0.5) | (i == 0))  # (M,)
        # π_x(z) = exp(−D(1, z)² / σ²)
        D = 1 - torch.cosine_similarity(torch.ones(M).double(), z.double(), dim=0)
        # Z ← Z ∪ ⟨z, f(h(z)), π_x(z)⟩
        Z.append((z.double(), f(torch.where(z[segments], x, off))[0].double(), torch.exp(-((D / σ) ** 2))))
    z, y, π = (torch.stack(each) for each in zip(*Z, strict=True))  # (N, M), (N,), (N,)
    # K-LASSO: the LASSO path of Σ_z π (f − g)² as long as at most K weights are not 0 …
    root, share = π.sqrt()[:, None], π / π.sum()
    path = lars_path((root * (z - share @ z)).numpy(), (root[:, 0] * (y - share @ y)).numpy(), method="lasso")[2]
    chosen = path[:, (path != 0).sum(0) <= K][:, -1].nonzero()[0]  # path: (M, knots)
    # … then Σ_z π_x(z) (f(h(z)) − g(z))² is least,  g(z) = w₀ + w · z of the chosen
    G = torch.cat([torch.ones(N, 1).double(), z[:, chosen]], 1)  # (N, 1 + K)
    w = torch.zeros(M).double()
    w[chosen] = torch.linalg.lstsq(root * G, root * y[:, None]).solution[1:, 0]
    return w


# The fast form: many masks in one pass, and the sums over z taken once for every K (k_lasso.py).


def lime(
    f: ScoreFunction,
    x: Tensor,
    N: Samples = 1000,
    K: Length = 6,
    sigma: Width = 0.25,
    segments: Segmentation = "slic",
    fill: Fill = "grey",
    distance: Metric = "cosine",
    seed: int = 0,
) -> Tensor:
    """LIME: each pixel gets the weight of its superpixel, (N, C, H, W) → (N, 1, H, W); other data (N, …) → (N, …).

    In units of the score; [Ribeiro2016, Algorithm 1]. Costs N forward passes an input.
    For the fit itself (intercept, R², chosen features) use `k_lasso(neighbourhood(f, x))`.
    Raises TypeError or ValueError for a symbol, segments or fill that is not allowed, or a K above M.

    Examples:
        A linear F, every number a feature, "off" 0: the model near x is F itself.

        >>> import torch, xai_core
        >>> F = lambda x: 3 * x[:, 0] - 2 * x[:, 1]
        >>> xai_core.lime(F, torch.ones(1, 3), K=2, fill="black").round(decimals=3)
        tensor([[ 3., -2.,  0.]])
    """
    symbols.check(lime, N=N, K=K, sigma=sigma, distance=distance)

    def weights_of(f: ScoreFunction, x: Tensor) -> tuple[Neighbourhood, Tensor]:
        near = neighbourhood(f, x, N, segments, fill, seed)
        return near, k_lasso(near, K, sigma, distance).weights

    return each_row(f, x, weights_of)


def near(f_all: ScoreFunction, x: Tensor, N: Samples, segments: Segmentation, fill: Fill, seed: int) -> Neighbourhood:
    """The masked copies and the answers of all classes: what costs N passes."""
    return neighbourhood(f_all, x, N, segments, fill, seed)


def fit(near: Neighbourhood, target: int, K: Length, sigma: Width, distance: Metric) -> LinearFit:
    """The short linear model of one class."""
    return k_lasso(near, K, sigma, distance, target)


def values(fit: LinearFit) -> Tensor:
    """One weight a feature, (M,)."""
    return fit.weights


ROWS = (
    Method(
        lime,
        title="LIME",
        family="perturbation",
        paper="Ribeiro, Singh & Guestrin 2016",
        equation=r"\min_{w} \sum_z e^{-D(1, z)^2/\sigma^2} \big(F_c(h(z)) - w_0 - w \cdot z\big)^2"
        r" \quad \text{with at most } K \text{ weights}",
        cost="N",
        needs="answers",
        stages={"near": near, "fit": fit, "values": values, "attribution": painted},
    ),
)
