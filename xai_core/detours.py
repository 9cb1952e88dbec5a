"""Detours: the other two paths of figure 1 in Sundararajan, Taly & Yan 2017, in two dimensions as on images.

    P1  one group of coordinates after the other       γ_i(α) = x′_i + clip(Gα − g_i, 0, 1) (x_i − x′_i)
    P2  straight, all at once: `straight` in paths.py  γ_i(α) = x′_i + α (x_i − x′_i)
    P3  curved, some early and some late               γ_i(α) = x′_i + α^{p_i} (x_i − x′_i)

Each takes every coordinate from x′_i to x_i and is complete; they differ in who gets what the coordinates do together.
F = x₁x₂ from (0, 0) to (1, 1): P1 gives (0, 1), P2 (½, ½), P3 with p = (1, 2) gives (⅓, ⅔).
Use: `Trace(f, one_by_one(start, x, groups), x).attribution(B, rule)`.
What to look at: the same Σ_i A_i under three different maps.
"""

import torch
from torch import Tensor

from xai_core.paths import Path


def one_by_one(start: Tensor, x: Tensor, groups: Tensor) -> Path:
    """P1: group 0 goes all the way from x′ to x, then group 1, …, each in an equal share of α.

    groups: whole numbers from 0, broadcasting to x: `torch.tensor([0, 1])` for two coordinates; for images a number a
        pixel (H, W), such as rows, distance from the middle or superpixels, or one a channel (C, 1, 1).
    Use "midpoint" with B a multiple of the number of groups: the other rules meet the corners of this path.
    """
    if groups.is_floating_point() or groups.is_complex() or groups.dtype == torch.bool or (groups < 0).any():
        raise ValueError(f"groups must be whole numbers, at least 0, one a coordinate; got {groups.dtype}: {groups}")
    group = _broadcast("groups", groups, x)  # (N, …)
    G, way = int(group.max()) + 1, x - start

    def point(α: Tensor) -> Tensor:
        done = (G * _as(α, x) - group).clamp(0, 1)  # (n, N, …)
        return start + done * way

    def velocity(α: Tensor) -> Tensor:
        turn = (G * α * (1 + 1e-6)).long().clamp(max=G - 1)  # whose turn it is; g/G may round down a hair
        return G * way * (group == turn.view(-1, *[1] * x.dim()))

    return Path(point, velocity)


def bent(start: Tensor, x: Tensor, power: Tensor) -> Path:
    """P3: coordinate i has gone α^{p_i} of its way; p = 1 keeps step with the straight path, a larger p comes later.

    power: numbers from 1, broadcasting to x: `torch.tensor([1.0, 2.0])` for two coordinates; for images (H, W), …
    """
    if not (power >= 1).all() or not torch.isfinite(power).all():
        raise ValueError(f"power must be at least 1, and finite, for every coordinate; got {power}")
    p, way = _broadcast("power", power, x), x - start
    return Path(
        point=lambda α: start + _as(α, x) ** p * way,
        velocity=lambda α: p * _as(α, x) ** (p - 1) * way,
    )


def _as(α: Tensor, x: Tensor) -> Tensor:
    """α (n,) shaped (n, 1, …), of x's type, so that it multiplies (N, …)."""
    return α.to(x.dtype).view(-1, *[1] * x.dim())


def _broadcast(name: str, value: Tensor, x: Tensor) -> Tensor:
    try:
        return value.to(x).expand_as(x)
    except RuntimeError as error:
        raise ValueError(
            f"{name} must broadcast to x of shape {tuple(x.shape)}; got shape {tuple(value.shape)}"
        ) from error
