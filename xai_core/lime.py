"""LIME: fit a short linear model to the network's answers near x, and read it (Ribeiro, Singh & Guestrin 2016).

    ξ(x) = argmin_g L(f, g, π_x) + Ω(g)           Ω(g) = ∞ · 1[‖w‖₀ > K]                             eq. 1
    L    = Σ_z π_x(z) (f(h(z)) − g(z))²           g(z) = w₀ + w · z                                  eq. 2
    π_x(z) = exp(−D(1, z)² / σ²)                  D: distance of the mask from "everything on"

The best K features cannot be found exactly; K-LASSO (Algorithm 1) takes the first K of the LASSO path and fits those
by weighted least squares.
Units: w_j is the score that feature j brings. What to look at: the local R², the share of the answers' (weighted)
variance that the K features explain. A pretty map with R² = 0.1 says little.
"""

from dataclasses import dataclass

import torch
from sklearn.linear_model import lars_path
from torch import Tensor

from xai_core import symbols
from xai_core.neighbourhood import Neighbourhood, neighbourhood
from xai_core.score import ScoreFunction, rows
from xai_core.symbols import Fill, Length, Metric, Samples, Segmentation, Width


@dataclass(frozen=True)
class LinearFit:
    """The short linear model: F(h(z)) ≈ intercept + weights · z near x."""

    weights: Tensor  # (M,), 0 for features that were not chosen
    intercept: float
    r2: float  # local (weighted) R²; NaN where the answers do not vary
    chosen: list[int]  # the features of the fit, in the order in which LASSO takes them up


def kernel(masks: Tensor, sigma: Width = 0.25, distance: Metric = "cosine") -> Tensor:
    """π_x(z) = exp(−D²/σ²) for masks (N, M): (N,).

    distance: "cosine", 1 − cos(1, z), is the reference package's for images and text; "l2" is ‖1 − z‖₂/√M. That
    package takes the root of the kernel, so its width w is σ = √2 w here.
    """
    symbols.check(kernel, sigma=sigma, distance=distance)
    share = masks.double().mean(1)  # of the features that are on
    # Of a mask with j of M on: cos(1, z) = j / (√M √j) = √(j/M), and ‖1 − z‖₂ = √(M − j).
    D = 1 - share.sqrt() if distance == "cosine" else (1 - share).sqrt()
    return torch.exp(-((D / sigma) ** 2))


def k_lasso(
    near: Neighbourhood,
    K: Length = 6,
    sigma: Width = 0.25,
    distance: Metric = "cosine",
    column: int | None = None,
) -> LinearFit:
    """Read a neighbourhood with K features. Never calls the network: moving K or σ is linear algebra.

    column: the class to explain, by default the neighbourhood's target.
    Raises ValueError if K is larger than the number of features.
    """
    symbols.check(k_lasso, K=K, sigma=sigma, distance=distance)
    if near.features < K:
        raise ValueError(f"K must be at most the number of features, {near.features}; got {K}")
    answers = near.scores[:, near.target if column is None else column]  # (N,)
    y = answers - answers[0]  # from what x itself gets: exactly 0 where nothing varies
    π = kernel(near.masks, sigma, distance)
    π = π / π.sum()
    z = near.masks.double()  # (N, M)
    # Weighted centring takes the intercept out; √π turns weighted into ordinary least squares.
    root, z_mean, y_mean = π.sqrt(), π @ z, π @ y
    Z, Y = root[:, None] * (z - z_mean), root * (y - y_mean)  # (N, M), (N,)
    chosen = _first_on_lasso_path(Z, Y, K)
    w = torch.linalg.lstsq(Z[:, chosen], Y[:, None], driver="gelsd").solution[:, 0]
    variance = float(Y @ Y)
    r2 = 1 - float((Y - Z[:, chosen] @ w).square().sum()) / variance if variance > 0 else float("nan")
    weights = torch.zeros(near.features, dtype=torch.double)
    weights[chosen] = w
    return LinearFit(weights, float(answers[0] + y_mean - z_mean @ weights), r2, chosen)


def _first_on_lasso_path(Z: Tensor, Y: Tensor, K: int) -> list[int]:
    """The features in use where the LASSO path (by LARS) last has at most K of them, in their order of entry."""
    _, _, coefficients = lars_path(Z.numpy(), Y.numpy(), method="lasso")  # (M, knots of the path)
    in_use = torch.from_numpy(coefficients != 0)
    last = int((in_use.sum(0) <= K).nonzero().max())
    entered = in_use[:, : last + 1].int().argmax(1)
    return sorted(in_use[:, last].nonzero().flatten().tolist(), key=lambda j: int(entered[j]))


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

    For the fit itself (intercept, R², chosen features) use `k_lasso(neighbourhood(f, x))`.
    """
    symbols.check(lime, N=N, K=K, sigma=sigma, distance=distance)
    maps = []
    for i in torch.arange(len(x)).split(1):
        near = neighbourhood(rows(f, i), x[i], N, segments, fill, seed)
        maps.append(near.paint(k_lasso(near, K, sigma, distance).weights))
    A = torch.stack(maps).to(x)
    return A[:, None] if x.dim() == 4 else A
