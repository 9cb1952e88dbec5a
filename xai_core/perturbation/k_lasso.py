"""K-LASSO: the short linear model behind LIME, fitted to a neighbourhood [Ribeiro2016, Algorithm 1].

    L = Σ_z π_x(z) (f(h(z)) − g(z))²,   g(z) = w₀ + w · z,   π_x(z) = exp(−D(1, z)² / σ²)      [Ribeiro2016, eq. 2]

The LASSO path says which K features, weighted least squares on those says how much. All of it is linear algebra on
answers that are there: another K or σ never asks the network.
Units: w_j is the score that feature j brings. What to look at: the local R², and the band of a weight over seeds.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import torch
from torch import Tensor

from xai_core import symbols
from xai_core.perturbation.neighbourhood import Neighbourhood
from xai_core.symbols import Choice, Length, Symbol

Width = Annotated[
    float,
    Symbol("sigma", "σ", "width of the locality kernel", "distance", low=0.05, high=2.0, step=0.05, above=True),
]
Metric = Annotated[str, Choice("distance", "distance between masks", ("cosine", "l2"))]


SAME = 1e-12  # features whose difference has less than this share of the variance go together
APART = 1e-9  # equals are told apart by this share: the first of them enters first


@dataclass(frozen=True)
class LinearFit:
    """The short linear model: F(h(z)) ≈ intercept + weights · z near x."""

    weights: Tensor  # (M,), 0 for features that were not chosen
    intercept: float
    r2: float  # local (weighted) R²; NaN where answers do not vary, or are no more than weights and intercept
    chosen: list[int]  # the features of the fit, in the order in which LASSO takes them up


def kernel(masks: Tensor, sigma: Width = 0.25, distance: Metric = "cosine") -> Tensor:
    """π_x(z) = exp(−D²/σ²) for masks (N, M): (N,).

    distance: "cosine", 1 − cos(1, z), is the reference package's for images and text; "l2" is ‖1 − z‖₂/√M. That
    package takes the root of the kernel, so its width w is σ = √2 w here.
    Raises TypeError or ValueError for a sigma or distance that is not allowed.
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

    [Ribeiro2016, Algorithm 1]. near: N masks of M features; the weights are (M,), in units of the score.
    column: the class to explain, by default the neighbourhood's target.
    With no more samples than weights and intercept the fit goes through all of them, whatever they are. An R² of 1
    would mean nothing, and is NaN: take a larger N, or a smaller K.
    Raises TypeError or ValueError for a symbol or column that is not allowed, or a K above the number of features.
    """
    problem = _Weighted.of(near, K, sigma, distance, column)
    return problem.fit(_taken_up(problem.knots(K), K))


def k_path(
    near: Neighbourhood,
    most: Length = 30,
    sigma: Width = 0.25,
    distance: Metric = "cosine",
    column: int | None = None,
) -> list[LinearFit]:
    """The explanations of every length: `k_lasso` for K = 1 … `most` (or M, if that is less), from one LASSO path.

    Raises TypeError or ValueError for a symbol or column that is not allowed.
    """
    symbols.check(k_path, most=most)
    most = min(most, near.features)
    problem = _Weighted.of(near, most, sigma, distance, column)
    knots = problem.knots(most)
    return [problem.fit(_taken_up(knots, K)) for K in range(1, most + 1)]


@dataclass(frozen=True)
class _Weighted:
    """Eq. 2 without the samples: all that least squares needs of them, once π and the means are taken out."""

    gram: Tensor  # Σ_z π (z − z̄)(z − z̄)ᵀ, (M, M)
    slope: Tensor  # Σ_z π (z − z̄)(y − ȳ), (M,)
    variance: float  # Σ_z π (y − ȳ)²
    samples: int  # N
    z_mean: Tensor  # z̄, (M,)
    mean: float  # ȳ

    @classmethod
    def of(cls, near: Neighbourhood, K: int, sigma: float, distance: str, column: int | None) -> "_Weighted":
        symbols.check(k_lasso, K=K, sigma=sigma, distance=distance)
        if near.features < K:
            raise ValueError(f"K must be at most the number of features, {near.features}; got {K}")
        answers = near.answers(column)  # (N,)
        y = answers - answers[0]  # from what x itself gets: exactly 0 where nothing varies
        π = kernel(near.masks, sigma, distance)
        π = π / π.sum()
        z = near.masks.double()  # (N, M)
        root, z_mean, y_mean = π.sqrt(), π @ z, π @ y
        Z, Y = root[:, None] * (z - z_mean), root * (y - y_mean)
        return cls(Z.T @ Z, Z.T @ Y, float(Y @ Y), len(y), z_mean, float(answers[0] + y_mean))

    def knots(self, K: int) -> np.ndarray:
        """The LASSO path (by LARS) until more than K features are in use, or its end: (M, knots)."""
        from sklearn.exceptions import ConvergenceWarning  # here: it takes a second that `import xai_core` need not
        from sklearn.linear_model import lars_path_gram

        # LARS stops where correlations fall below an absolute bound, and at the first of two that are exactly equal.
        slope = (
            self.slope
            / (self.variance**0.5 or 1.0)
            * (1 - APART * torch.arange(len(self.slope), device="cpu").double())
        )
        most = K + 4  # a knot adds a feature, or now and then lets one go; steps not taken are half of the time
        while True:
            with warnings.catch_warnings():  # of features that go together it drops one, and says so
                warnings.simplefilter("ignore", ConvergenceWarning)
                path = lars_path_gram(slope.numpy(), self.gram.numpy(), n_samples=1, method="lasso", max_iter=most)[2]
            if ((path != 0).sum(0) > K).any() or path.shape[1] <= most:
                return path
            most *= 2

    def fit(self, chosen: list[int]) -> LinearFit:
        """Least squares on the chosen features alone; of features that always go together, equal parts."""
        G, b = self.gram[chosen][:, chosen], self.slope[chosen]
        w = torch.linalg.lstsq(G, b[:, None], rcond=SAME, driver="gelsd").solution[:, 0]
        unexplained = max(0.0, self.variance - float(2 * w @ b - w @ G @ w))  # below 0 by rounding only
        judged = self.variance > 0 and self.samples > len(chosen) + 1  # weights and intercept: through as many points
        r2 = 1 - unexplained / self.variance if judged else float("nan")
        weights = torch.zeros(len(self.z_mean), dtype=torch.double, device="cpu")
        weights[chosen] = w
        return LinearFit(weights, self.mean - float(self.z_mean @ weights), r2, chosen)


def _taken_up(knots: np.ndarray, K: int) -> list[int]:
    """The features in use just before the path first has more than K of them, in their order of entry.

    The reference package looks for the *last* such moment of the whole path. That is another one only where the path
    lets a feature go in between.
    """
    chosen: list[int] = []
    for in_use in knots.T != 0:
        if in_use.sum() > K:
            break
        chosen = [j for j in chosen if in_use[j]] + [int(j) for j in in_use.nonzero()[0] if j not in chosen]
    return chosen


@dataclass(frozen=True)
class Band:
    """How the weights of one input's explanations vary from seed to seed."""

    mean: Tensor  # (M,)
    low: Tensor  # 5 % of the runs lie below, (M,)
    high: Tensor  # 5 % of the runs lie above, (M,)
    chosen: Tensor  # share of the runs that chose the feature, (M,)


def band(fits: Sequence[LinearFit]) -> Band:
    """The spread of each weight over explanations that differ in the seed alone; not chosen counts as weight 0.

    Raises ValueError for fewer than two.
    """
    if len(fits) < 2:
        raise ValueError(f"fits must be two explanations or more, of different seeds; got {len(fits)}")
    w = torch.stack([fit.weights for fit in fits])  # (runs, M)
    low, high = w.quantile(torch.tensor([0.05, 0.95], dtype=w.dtype, device="cpu"), dim=0)
    return Band(w.mean(0), low, high, (w != 0).double().mean(0))
