"""Paths: walk from a baseline x′ to the input x, and collect the gradient on the way.

    A_i = ∫₀¹ ∂F/∂γ_i(γ(α)) · dγ_i/dα dα            γ(0) = x′,  γ(1) = x

Integrated Gradients (Sundararajan, Taly & Yan 2017, eq. 1) is the straight path γ(α) = x′ + α(x − x′). Every path is
complete: Σ_i A_i = F(x) − F(x′). Different paths share that sum out differently (their Figure 1: P1, P2, P3).

A computer sums at B points instead: A ≈ Σ_k w_k ∇F(γ(α_k)) ⊙ γ′(α_k). The rule says which points and weights.
What to look at: the completeness gap |Σ_i A_i − (F(x) − F(x′))|, the sum's error: a number that anyone can check.
Units: score (a probability, or logits), shared out over the pixels.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.stats
import torch
from torch import Tensor

from xai_core import symbols
from xai_core.baselines import make_baseline
from xai_core.score import ScoreFunction, forward, gradient, rows_at_once
from xai_core.symbols import BaselineName, Rule, Steps


@dataclass(frozen=True)
class Path:
    """γ and its velocity dγ/dα, both (n,) → (n, N, …). Any curve will do; see `curve`."""

    point: Callable[[Tensor], Tensor]
    velocity: Callable[[Tensor], Tensor]


def straight(start: Tensor, x: Tensor) -> Path:
    """γ(α) = x′ + α(x − x′), the path of Integrated Gradients (P2)."""
    step = x - start  # (N, …)
    return Path(point=lambda α: start + _spread(α, step) * step, velocity=lambda α: step.expand(len(α), *step.shape))


def curve(point: Callable[[Tensor], Tensor]) -> Path:
    """Any smooth γ: (n,) → (n, N, …) made of torch operations; its velocity is found by automatic differentiation."""

    def velocity(α: Tensor) -> Tensor:
        return torch.func.jvp(point, (α,), (torch.ones_like(α),))[1]

    return Path(point, velocity)


def polyline(*corners: Tensor, skip: Tensor | None = None) -> Path:
    """Straight pieces through the given corners, each (N, …), in equal shares of α.

    Two pieces that move one coordinate each are the deck's P1. At a corner the velocity of the coming piece counts.
    skip: (N,), how many pieces each row leaves out at the start, so that rows with fewer corners spend all of α on
        their own.
    """
    corner = torch.stack(corners)  # (pieces + 1, N, …)
    pieces, row = len(corner) - 1, torch.arange(len(corner[0]), device=corner.device)
    left_out = torch.zeros_like(row) if skip is None else skip.to(row)  # (N,)

    def place(α: Tensor) -> tuple[Tensor, Tensor]:
        """Which piece, and how much of it is behind: (n, N) each."""
        at = left_out + α[:, None] * (pieces - left_out)
        piece = (at * (1 + 1e-6)).long().clamp(0, pieces - 1)  # 49 · (1/49) rounds to less than 1, and is corner 1
        return piece, (at - piece).clamp(min=0)

    def point(α: Tensor) -> Tensor:
        piece, within = place(α)
        here = corner[piece, row]  # (n, N, …)
        return here + _spread(within, here[0]) * (corner[piece + 1, row] - here)

    def velocity(α: Tensor) -> Tensor:
        piece, _ = place(α)
        move = corner[piece + 1, row] - corner[piece, row]
        return _spread((pieces - left_out).expand_as(piece), move[0]) * move

    return Path(point, velocity)


def _spread(α: Tensor, like: Tensor) -> Tensor:
    """α (n,) or (n, N) shaped (n, 1, …) or (n, N, 1, …), and of like's type, so that it multiplies (N, …)."""
    return α.to(like.dtype).view(*α.shape, *[1] * (like.dim() + 1 - α.dim()))


def quadrature(B: Steps, rule: Rule = "right") -> tuple[list[float], list[float]]:
    """Points α_k and weights w_k, Σ w_k = 1, of a rule with B gradients.

    right α_k = k/B (the UNI paper), left (k−1)/B, midpoint (k−½)/B; trapezoid: B points h = 1/(B−1) apart, half
    weight at both ends; gauss_legendre: exact for polynomials up to degree 2B − 1. Error as B grows, for smooth F:
    right and left 1/B, midpoint and trapezoid 1/B².
    """
    symbols.check(quadrature, B=B, rule=rule)
    if rule == "gauss_legendre":
        nodes, weights = np.polynomial.legendre.leggauss(B)  # on [−1, 1]
        return ((nodes + 1) / 2).tolist(), (weights / 2).tolist()
    if rule == "trapezoid":
        if B < 2:
            raise ValueError(f"B must be at least 2 for the trapezoid rule, which needs both ends of the path; got {B}")
        end = 0.5 / (B - 1)
        return [k / (B - 1) for k in range(B)], [end, *[2 * end] * (B - 2), end]
    # k/B is correctly rounded, so that equal fractions are equal numbers: B = 30 finds the 15 points of B = 15 again.
    points = {"right": [k / B for k in range(1, B + 1)], "left": [k / B for k in range(B)]}
    points["midpoint"] = [(2 * k + 1) / (2 * B) for k in range(B)]
    return points[rule], [1 / B] * B


class Trace:
    """What was seen on a path: F(γ(α)) and ∇F(γ(α)), each point computed once.

    Everything else is read off it: attributions with any B and rule, the completeness gap, the confidence along the
    path. remember=True keeps the gradients, so that another B costs only the points that are new (memory: one input a
    point); remember=False keeps the scores alone, so that B = 1000 takes the memory of B = 32.
    A path may also be found while it is walked: see `found`.
    """

    def __init__(self, f: ScoreFunction, path: Path, like: Tensor, *, remember: bool = True) -> None:
        self.f, self.path, self.remember = f, path, remember
        self.like = like.detach()  # shape, type and device of the input
        self.scores: dict[float, Tensor] = {}  # α → F(γ(α)), (N,)
        self.slopes: dict[float, Tensor] = {}  # α → ∇F(γ(α)), (N, …)
        self.rises: dict[float, Tensor] = {}  # α → dF/dα, (N,)
        self.sums: dict[tuple[int, str], Tensor] = {}  # (B, rule) → an attribution that was summed while walking

    @classmethod
    def found(
        cls, f: ScoreFunction, start: Tensor, step: Callable[[int, Tensor, Tensor], Tensor], B: int, *, remember: bool
    ) -> "Trace":
        """The trace of B straight pieces, each chosen where it begins: step(k, γ_k, ∇F(γ_k)) → γ_{k+1}, k = 0…B − 1.

        The gradient that chooses a piece is also the one it is multiplied with: A = Σ_k ∇F(γ_k) ⊙ (γ_{k+1} − γ_k), the
        left rule, is summed on the way and costs B gradients. remember=True keeps gradients and corners, and then any
        other B and rule can be asked for; remember=False keeps F and dF/dα at the corners.
        """
        wide = torch.promote_types(start.dtype, torch.float32)  # a sum of B small numbers needs the digits
        at, A, corners = start, torch.zeros_like(start, dtype=wide), [start]
        seen = cls(f, straight(start, start), start, remember=remember)
        for k in range(B):
            values, slope = gradient(f, at)
            corner, at = at, step(k, at, slope)
            pieces = slope * (at - corner)  # (N, …)
            A += pieces
            seen.scores[k / B], seen.rises[k / B] = values, B * pieces.flatten(1).sum(1)
            if remember:
                corners.append(at)
                seen.slopes[k / B] = slope
        seen.path = polyline(*corners) if remember else _last_piece(corner, at, B)
        seen.sums[B, "left"] = A.to(start.dtype)
        return seen

    def alphas(self, points: list[float]) -> Tensor:
        dtype = torch.promote_types(self.like.dtype, torch.float32)  # 16 bits cannot tell 199/200 from 1
        return torch.tensor(points, dtype=dtype, device=self.like.device)

    def gradients(self, points: list[float]) -> Tensor:
        """∇F(γ(α)) at these points: (n, N, …). Only points never seen before cost anything."""
        new = [α for α in dict.fromkeys(points) if α not in self.slopes]
        slopes = dict(self.slopes) if self.remember else {}
        for part in self._passes(new):
            at = self._points(part)  # (n, N, …)
            values, slope = gradient(self.f, at.flatten(0, 1))
            self.scores.update(zip(part, values.view(at.shape[:2]), strict=True))
            slopes.update(zip(part, slope.view(at.shape), strict=True))
        if self.remember:
            self.slopes.update({α: slopes[α] for α in new})
        return torch.stack([slopes[α] for α in points])

    def confidence(self, points: list[float]) -> Tensor:
        """F(γ(α)) at these points: (n, N)."""
        for part in self._passes([α for α in dict.fromkeys(points) if α not in self.scores]):
            at = self._points(part)
            self.scores.update(zip(part, forward(self.f, at.flatten(0, 1)).view(at.shape[:2]), strict=True))
        return torch.stack([self.scores[α] for α in points])

    def _points(self, points: list[float]) -> Tensor:
        return self.path.point(self.alphas(points)).to(self.like.dtype)

    def _velocity(self, points: list[float]) -> Tensor:
        return self.path.velocity(self.alphas(points)).to(self.like.dtype)

    def _passes(self, points: list[float]) -> list[list[float]]:
        n = max(1, rows_at_once(self.like) // len(self.like))
        return [points[i : i + n] for i in range(0, len(points), n)]

    def attribution(self, B: int = 15, rule: str = "right") -> Tensor:
        """A = Σ_k w_k ∇F(γ(α_k)) ⊙ γ′(α_k): (N, …)."""
        if (B, rule) in self.sums:
            return self.sums[B, rule].clone()
        points, weights = quadrature(B, rule)
        weight = dict(zip(points, weights, strict=True))
        A = torch.zeros_like(self.like)
        for part in self._passes(points):
            slopes = self.gradients(part)  # (n, N, …)
            w = self.alphas([weight[α] for α in part])
            A += (_spread(w, A) * slopes * self._velocity(part)).sum(0)
        return A

    def change(self) -> Tensor:
        """F(x) − F(x′), what the attributions have to add up to: (N,)."""
        start, end = self.confidence([0.0, 1.0])
        return end - start

    def gap(self, A: Tensor) -> Tensor:
        """The completeness gap |Σ_i A_i − (F(x) − F(x′))| of an attribution: (N, …) → (N,)."""
        return (A.flatten(1).sum(1) - self.change()).abs()

    def slope_along(self, points: list[float]) -> Tensor:
        """dF/dα = ∇F · γ′ at these points: (n, N). The area under it is F(x) − F(x′)."""
        for part in self._passes([α for α in dict.fromkeys(points) if α not in self.rises]):
            rises = (self.gradients(part) * self._velocity(part)).flatten(2).sum(2)  # (n, N)
            self.rises.update(zip(part, rises, strict=True))
        return torch.stack([self.rises[α] for α in points])

    def cumulative(self, B: int = 15, rule: str = "right") -> Tensor:
        """Σ_i A_i collected up to each point of the rule: (B, N). The last row is the whole sum."""
        points, weights = quadrature(B, rule)
        return (self.alphas(weights)[:, None] * self.slope_along(points)).cumsum(0)

    def monotonicity(self, B: int = 15) -> Tensor:
        """Spearman's correlation of F(γ(α)) with α at k/B, k = 0…B: (N,). 1 is a steady rise; NaN where F is
        constant."""
        points = [k / B for k in range(B + 1)]
        values = self.confidence(points).double().cpu()
        constant = (values == values[0]).all(0)
        found = [
            float("nan") if c else scipy.stats.spearmanr(points, v).statistic
            for c, v in zip(constant, values.T, strict=True)
        ]
        return torch.tensor(found)

    def curvature(self, B: int = 15) -> Tensor:
        """The largest |d²F/dα²| along the path, from differences of dF/dα at k/B, k = 0…B: (N,). Units: score."""
        slopes = self.slope_along([k / B for k in range(B + 1)])
        return slopes.diff(dim=0).abs().amax(0) * B


def _last_piece(corner: Tensor, end: Tensor, pieces: int) -> Path:
    """The end of a path whose other corners were not kept: γ(1), and the velocity there."""

    def at_end(value: Tensor) -> Callable[[Tensor], Tensor]:
        def expanded(α: Tensor) -> Tensor:
            if (α < 1).any():
                raise ValueError(
                    f"remember must be True for points between the corners k/{pieces} of a path that is found on the "
                    f"way, or for its gradients; got False and α = {α[α < 1][0]:g}"
                )
            return value.expand(len(α), *value.shape)

        return expanded

    return Path(point=at_end(end), velocity=at_end(pieces * (end - corner)))


def trace(
    f: ScoreFunction, x: Tensor, baseline: BaselineName = "black", *, seed: int = 0, remember: bool = True
) -> Trace:
    """The trace of the straight path from a baseline to x."""
    return Trace(f, straight(make_baseline(x, baseline, seed), x.detach()), x, remember=remember)


def integrated_gradients(
    f: ScoreFunction,
    x: Tensor,
    baseline: BaselineName = "black",
    B: Steps = 15,
    rule: Rule = "right",
    seed: int = 0,
) -> Tensor:
    """(x − x′) ⊙ ∫₀¹ ∇F(x′ + α(x − x′)) dα: (N, …) → (N, …). Sundararajan et al. 2017, eq. 1; B and rule as in
    `quadrature`.

    baseline: see `baselines.make_baseline`; seed: of a noise baseline.
    """
    symbols.check(integrated_gradients, B=B, rule=rule)
    return trace(f, x, baseline, seed=seed, remember=False).attribution(B, rule)
