"""Traces: what is seen on the way from x′ to x, each point computed once.

    A ≈ Σ_k w_k ∇F(γ(α_k)) ⊙ γ′(α_k)           and       dF/dα = ∇F(γ(α)) · γ′(α)

The gradients are what costs. All else is read off them: the attribution under any rule, the part of it collected up to
any α, the completeness gap, how steadily F rises (monotonicity), how the path bends (curvature).
Units: score (a probability, or logits); the gradient's norm is score per unit of the input.
What to look at: the completeness gap |Σ_i A_i − (F(x) − F(x′))|, the sum's error: a number that anyone can check.
"""

import threading
from collections.abc import Callable

import scipy  # its parts are loaded at their first use
import torch
from torch import Tensor

from xai_core.path.paths import Path, polyline, spread, straight
from xai_core.path.quadrature import quadrature
from xai_core.precision import wide
from xai_core.score import ScoreFunction, forward, gradient, rows_at_once
from xai_core.symbols import Rule, Steps

KEPT_BYTES = 64 * 2**20  # of gradients, unless a trace is given another budget


class Trace:
    """What was seen on a path: F(γ(α)) and ∇F(γ(α)), each point computed once.

    Everything else is read off it: attributions with any B and rule, the completeness gap, the confidence along the
    path. Numbers are kept for good, gradients within a budget of `keep` bytes, the newest of them: another B costs only
    the points that are not there. keep=0 keeps none, so that B = 1000 takes the memory of B = 32.
    Several threads may share a trace; what they ask for together is computed once.
    A path may also be found while it is walked: see `found`.
    """

    def __init__(self, f: ScoreFunction, path: Path, like: Tensor, *, keep: int = KEPT_BYTES) -> None:
        self.f, self.path, self.keep = f, path, keep
        self.like = like.detach()  # shape, type and device of the input
        self._scores: dict[float, Tensor] = {}  # α → F(γ(α)), (N,)
        self._slopes: dict[float, Tensor] = {}  # α → ∇F(γ(α)), (N, …), the oldest first
        self._rises: dict[float, Tensor] = {}  # α → dF/dα, (N,)
        self._norms: dict[float, Tensor] = {}  # α → ‖∇F(γ(α))‖₂, (N,)
        self._sum: tuple[int, Tensor] | None = None  # of a path that was found in so many pieces: its attribution
        self._lock = threading.RLock()

    @classmethod
    def found(
        cls,
        f: ScoreFunction,
        start: Tensor,
        step: Callable[[int, Tensor, Tensor], Tensor],
        B: int,
        *,
        keep: int = KEPT_BYTES,
        end: Tensor | None = None,
    ) -> "Trace":
        """The trace of B straight pieces, each chosen where it begins: step(k, γ_k, ∇F(γ_k)) → γ_{k+1}, k = 0…B − 1.

        The gradient that chooses a piece is also the one it is multiplied with: A = Σ_k ∇F(γ_k) ⊙ (γ_{k+1} − γ_k), the
        left rule, is summed on the way and costs B gradients. The corners come out of the budget first; where it does
        not hold them, the trace knows F and dF/dα at the corners, and nothing between. end: F(x), where it is known.
        """
        at, A, corners = start, torch.zeros_like(start, dtype=wide(start)), [start]
        all_corners = (B + 1) * size_of(start)
        seen = cls(f, straight(start, start), start, keep=max(0, keep - all_corners))
        for k in range(B):
            values, slope = gradient(f, at)
            corner, at = at, step(k, at, slope)
            pieces = slope.to(A) * (at.to(A) - corner.to(A))  # (N, …)
            A += pieces
            seen._scores[k / B], seen._rises[k / B] = values, B * pieces.flatten(1).sum(1)
            seen._norms[k / B] = slope.to(A).flatten(1).norm(dim=1)
            seen._hold({k / B: slope})
            if all_corners <= keep:
                corners.append(at)
        seen.path = polyline(*corners) if all_corners <= keep else _last_piece(corner, at, B)
        seen._sum = B, A.to(start.dtype)
        seen._scores.update({} if end is None else {1.0: end})
        return seen

    def rounded(self, f: ScoreFunction, like: Tensor) -> "Trace":
        """The same trace for an input of another type, as which all that was seen is kept; f is asked from now on."""
        if like.dtype != self.like.dtype:
            self.f, self.like = f, like.detach()
            for seen in (self._scores, self._slopes, self._rises, self._norms):
                seen.update({α: value.to(like.dtype) for α, value in seen.items()})
            self._sum = self._sum and (self._sum[0], self._sum[1].to(like.dtype))
        return self

    @property
    def kept(self) -> tuple[float, ...]:
        """The points whose gradients are there."""
        return tuple(self._slopes)

    def _hold(self, slopes: dict[float, Tensor]) -> None:
        """Keep these gradients, and of the older ones as many as the budget allows."""
        most = self.keep // size_of(self.like)
        self._slopes.update(dict(list(slopes.items())[:most]))
        for α in list(self._slopes)[: max(0, len(self._slopes) - most)]:
            del self._slopes[α]

    def alphas(self, points: list[float]) -> Tensor:
        """Points as a tensor, (n,), in single precision at least."""
        # 16 bits cannot tell 199/200 from 1
        return torch.tensor(points, dtype=wide(self.like), device=self.like.device)

    def gradients(self, points: list[float]) -> Tensor:
        """∇F(γ(α)) at these points: (n, N, …). Only points whose gradient is not kept cost anything."""
        with self._lock:
            new = [α for α in dict.fromkeys(points) if α not in self._slopes]
            slopes = {α: self._slopes[α] for α in points if α in self._slopes}
            for part in self._passes(new):
                at = self.points(part)  # (n, N, …)
                values, slope = gradient(self.f, at.flatten(0, 1))
                self._scores.update(zip(part, values.view(at.shape[:2]), strict=True))
                norms = slope.to(wide(slope)).flatten(1).norm(dim=1).view(at.shape[:2])
                self._norms.update(zip(part, norms, strict=True))
                slopes.update(zip(part, slope.view(at.shape), strict=True))
            self._hold({α: slopes[α] for α in new})
        return torch.stack([slopes[α] for α in points])

    def confidence(self, points: list[float]) -> Tensor:
        """F(γ(α)) at these points: (n, N)."""
        with self._lock:
            for part in self._passes([α for α in dict.fromkeys(points) if α not in self._scores]):
                at = self.points(part)
                self._scores.update(zip(part, forward(self.f, at.flatten(0, 1)).view(at.shape[:2]), strict=True))
        return torch.stack([self._scores[α] for α in points])

    def points(self, points: list[float]) -> Tensor:
        """γ(α) at these points: (n, N, …)."""
        return self.path.point(self.alphas(points)).to(self.like.dtype)

    def _velocity(self, points: list[float]) -> Tensor:
        return self.path.velocity(self.alphas(points)).to(wide(self.like))

    def _passes(self, points: list[float]) -> list[list[float]]:
        n = max(1, rows_at_once(self.like) // len(self.like))
        return [points[i : i + n] for i in range(0, len(points), n)]

    def attribution(self, B: int = 15, rule: str = "right", until: float = 1.0) -> Tensor:
        """A = Σ_k w_k ∇F(γ(α_k)) ⊙ γ′(α_k): (N, …).

        until: only the part collected so far, from the points α_k ≤ until.
        """
        if self._sum and (B, rule) == (self._sum[0], "left") and until >= 1:
            return self._sum[1].clone()
        points, weights = quadrature(B, rule)
        weight = dict(zip(points, weights, strict=True))
        points = [α for α in points if α <= until]
        A = torch.zeros_like(self.like, dtype=wide(self.like))
        for part in self._passes(points):
            slopes = self.gradients(part)  # (n, N, …)
            w = self.alphas([weight[α] for α in part])
            A += (spread(w, A) * slopes * self._velocity(part)).sum(0)
        return A.to(self.like.dtype)

    def change(self) -> Tensor:
        """F(x) − F(x′), what the attributions have to add up to: (N,)."""
        start, end = self.confidence([0.0, 1.0])
        return end - start

    def gap(self, A: Tensor) -> Tensor:
        """The completeness gap |Σ_i A_i − (F(x) − F(x′))| of an attribution: (N, …) → (N,)."""
        return (A.flatten(1).sum(1, dtype=wide(A)) - self.change()).abs()

    def slope_along(self, points: list[float]) -> Tensor:
        """dF/dα = ∇F · γ′ at these points: (n, N). The area under it is F(x) − F(x′)."""
        for part in self._passes([α for α in dict.fromkeys(points) if α not in self._rises]):
            rises = (self.gradients(part) * self._velocity(part)).flatten(2).sum(2)  # (n, N)
            self._rises.update(zip(part, rises, strict=True))
        return torch.stack([self._rises[α] for α in points])

    def gradient_norm(self, points: list[float]) -> Tensor:
        """‖∇F(γ(α))‖₂ at these points: (n, N). Where it is near 0, F is saturated."""
        for part in self._passes([α for α in dict.fromkeys(points) if α not in self._norms]):
            self.gradients(part)
        return torch.stack([self._norms[α] for α in points])

    def cumulative(self, B: int = 15, rule: str = "right") -> Tensor:
        """Σ_i A_i collected up to each point of the rule: (B, N). The last row is the whole sum."""
        points, weights = quadrature(B, rule)
        return (self.alphas(weights)[:, None] * self.slope_along(points)).cumsum(0)

    def monotonicity(self, B: int = 15) -> Tensor:
        """Spearman's correlation of F(γ(α)) with α at k/B, k = 0…B: (N,).

        1 is a steady rise; NaN where F is constant.
        """
        points = [k / B for k in range(B + 1)]
        values = self.confidence(points).double().cpu()
        constant = (values == values[0]).all(0)
        found = [
            float("nan") if c else scipy.stats.spearmanr(points, v).statistic
            for c, v in zip(constant, values.T, strict=True)
        ]
        return torch.tensor(found, device="cpu")

    def curvature(self, B: int = 15) -> Tensor:
        """The largest |d²F/dα²| along the path, from differences of dF/dα at k/B, k = 0…B: (N,). Units: score."""
        slopes = self.slope_along([k / B for k in range(B + 1)])
        return slopes.diff(dim=0).abs().amax(0) * B


def straight_trace(f: ScoreFunction, x: Tensor, start: Tensor) -> Trace:
    """The trace of the straight path from x′ to x."""
    return Trace(f, straight(start, x.detach()), x)


def nodes(B: Steps, rule: Rule) -> tuple[int, str]:
    """How a method sums along its path: the number of gradients, and the rule. Raises as `quadrature` does."""
    quadrature(B, rule)
    return B, rule


def attribution(nodes: tuple[int, str], trace: Trace) -> Tensor:
    """What the path attributes."""
    return trace.attribution(*nodes)


READ: dict[str, Callable] = {
    "nodes": nodes,
    "attribution": attribution,
}  # the last stages of a method that lets B and the rule be chosen
STRAIGHT: dict[str, Callable] = {"trace": straight_trace, **READ}  # … on the straight path from its `start`


def size_of(x: Tensor) -> int:
    """Bytes of a tensor's numbers."""
    return x.numel() * x.element_size()


def _last_piece(corner: Tensor, end: Tensor, pieces: int) -> Path:
    """The end of a path whose other corners were not kept: γ(1), and the velocity there."""

    def at_end(value: Tensor) -> Callable[[Tensor], Tensor]:
        def expanded(α: Tensor) -> Tensor:
            if (α < 1).any():
                raise ValueError(
                    f"keep must hold {pieces + 1} inputs for points between the corners k/{pieces} of a path that is "
                    f"found on the way; got a smaller budget and α = {α[α < 1][0]:g}"
                )
            return value.expand(len(α), *value.shape)

        return expanded

    return Path(point=at_end(end), velocity=at_end(pieces * (end - corner)))
