"""Paths: a curve γ from a baseline x′ to the input x (Sundararajan, Taly & Yan 2017) [Sundararajan2017].

    γ(0) = x′,   γ(1) = x           A_i = ∫₀¹ ∂F/∂γ_i(γ(α)) · dγ_i/dα dα

Units: α is a share of the way, without unit; γ is made of inputs. What to look at: `straight`, two lines.

Every path is *complete*: whatever the curve, Σ_i A_i = F(x) − F(x′). The curve decides how that sum is shared out
(the paper's figure 1: P1, P2, P3). A path is two functions of α: where one is, and how fast one moves. Walking it and
looking is traces.py's part.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Path:
    """γ and its velocity dγ/dα, both (n,) → (n, N, …). Any curve will do; see `curve`."""

    point: Callable[[Tensor], Tensor]
    velocity: Callable[[Tensor], Tensor]


def straight(start: Tensor, x: Tensor) -> Path:
    """γ(α) = x′ + α(x − x′), the path of Integrated Gradients (P2). start, x: (N, …).

    Examples:
        >>> import torch, xai_core
        >>> γ = xai_core.straight(torch.zeros(1, 2), torch.tensor([[4.0, 8.0]]))
        >>> γ.point(torch.tensor([0.0, 0.25, 1.0]))[:, 0]
        tensor([[0., 0.],
                [1., 2.],
                [4., 8.]])
    """
    step = x - start  # (N, …)
    return Path(point=lambda α: start + spread(α, step) * step, velocity=lambda α: step.expand(len(α), *step.shape))


def curve(point: Callable[[Tensor], Tensor]) -> Path:
    """Any smooth γ: (n,) → (n, N, …) made of torch operations; its velocity is found by automatic differentiation."""

    def velocity(α: Tensor) -> Tensor:
        return torch.func.jvp(point, (α,), (torch.ones_like(α),))[1]

    return Path(point, velocity)


def polyline(*corners: Tensor, skip: Tensor | None = None) -> Path:
    """Straight pieces through the given corners, each (N, …), in equal shares of α.

    Two pieces that move one coordinate each are the deck's P1. At a corner the velocity of the coming piece counts.
    skip: (N,), how many pieces each row leaves out at the start. So rows with fewer corners spend all of α on their
        own.
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
        return here + spread(within, here[0]) * (corner[piece + 1, row] - here)

    def velocity(α: Tensor) -> Tensor:
        piece, _ = place(α)
        move = corner[piece + 1, row] - corner[piece, row]
        return spread((pieces - left_out).expand_as(piece), move[0]) * move

    return Path(point, velocity)


def spread(α: Tensor, like: Tensor) -> Tensor:
    """α (n,) or (n, N) shaped (n, 1, …) or (n, N, 1, …), and of like's type, so that it multiplies (N, …)."""
    return α.to(like.dtype).view(*α.shape, *[1] * (like.dim() + 1 - α.dim()))
