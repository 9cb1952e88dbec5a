"""Detours: the other two paths of figure 1 in Sundararajan, Taly & Yan 2017, on images too [Sundararajan2017].

    P1  one group of coordinates after the other       γ_i(α) = x′_i + clip(Gα − g_i, 0, 1) (x_i − x′_i)
    P2  straight, all at once: `straight` in paths.py  γ_i(α) = x′_i + α (x_i − x′_i)
    P3  curved, some early and some late               γ_i(α) = x′_i + α^{p_i} (x_i − x′_i)

Each takes every coordinate from x′_i to x_i and is complete; they differ in who gets what the coordinates do together.
F = x₁x₂ from (0, 0) to (1, 1): P1 gives (0, 1), P2 (½, ½), P3 with p = (1, 2) gives (⅓, ⅔).
On an image the groups are rows, rings around the middle, or the colour channels; the last group has the largest p.
Units: score. What to look at: the same Σ_i A_i under three different maps.
"""

from collections.abc import Callable
from typing import Annotated

import torch
from torch import Tensor

from xai_core import symbols
from xai_core.baselines import BaselineName, make_baseline
from xai_core.path.completeness import checked
from xai_core.path.paths import Path, spread, straight
from xai_core.path.traces import KEPT_BYTES, Trace, attribution
from xai_core.score import ScoreFunction
from xai_core.stages import Method
from xai_core.symbols import Choice, Steps, Symbol

Groups = Annotated[
    int, Symbol("G", "G", "groups that move one after the other", "groups", low=2, high=32, step=1, least=1, whole=True)
]
Order = Annotated[str, Choice("order", "who moves first on P1 and P3", ("rows", "rings", "channels"))]


LATEST = 4.0  # p of the last group in P3: when the first has come half of its way, the last has come a sixteenth


def groups(x: Tensor, order: Order = "rows", G: Groups = 8) -> Tensor:
    """Which group, from 0 on, a coordinate of x belongs to: whole numbers that broadcast to x.

    "rows": images (N, C, H, W) from top to bottom, other inputs (N, …, d) from the first number to the last;
    "rings": from the middle outwards; "channels": one group each. G: how many at most; a small image has fewer.
    Raises TypeError or ValueError for an order or G that is not allowed. Only images have rings and channels.
    """
    symbols.check(groups, order=order, G=G)
    if x.dim() != 4 and order != "rows":
        raise ValueError(f"order {order!r} needs images (N, C, H, W); x has shape {tuple(x.shape)}. Use 'rows'")
    if order == "channels":
        return torch.arange(x.shape[1], device=x.device).view(-1, 1, 1)
    size = x.shape[2:] if x.dim() == 4 else x.shape[-1:]
    if order == "rows":
        place = torch.arange(size[0], device=x.device) / size[0]
        place = place[:, None].expand(size) if x.dim() == 4 else place
    else:
        down, across = (torch.arange(n, device=x.device) - (n - 1) / 2 for n in size)
        place = torch.hypot(down[:, None], across)
        place = place / place.max().clamp(min=1)
    group = (place * G).long().clamp(max=G - 1)
    return group.unique(return_inverse=True)[1]  # no number left out: an empty group would wait for nothing


def one_by_one(start: Tensor, x: Tensor, groups: Tensor) -> Path:
    """P1: group 0 goes all the way from x′ to x, then group 1, …, each in an equal share of α.

    groups: whole numbers from 0, broadcasting to x: `torch.tensor([0, 1])` for two coordinates; for images a number a
        pixel (H, W), such as rows, distance from the middle or superpixels, or one a channel (C, 1, 1).
    Use "midpoint" with B a multiple of the number of groups: the other rules meet the corners of this path.
    Raises ValueError if groups are no whole numbers from 0, or do not broadcast to x.
    """
    if groups.is_floating_point() or groups.is_complex() or groups.dtype == torch.bool or (groups < 0).any():
        raise ValueError(f"groups must be whole numbers, at least 0, one a coordinate; got {groups.dtype}: {groups}")
    group = _broadcast("groups", groups, x)  # (N, …)
    G, way = int(group.max()) + 1, x - start

    def point(α: Tensor) -> Tensor:
        done = (G * spread(α, x) - group).clamp(0, 1)  # (n, N, …)
        return start + done * way

    def velocity(α: Tensor) -> Tensor:
        turn = (G * α * (1 + 1e-6)).long().clamp(max=G - 1)  # whose turn it is; g/G may round down a hair
        return G * way * (group == spread(turn, x))

    return Path(point, velocity)


def bent(start: Tensor, x: Tensor, power: Tensor) -> Path:
    """P3: coordinate i has gone α^{p_i} of its way; p = 1 keeps step with the straight path, a larger p comes later.

    power: numbers from 1, broadcasting to x: `torch.tensor([1.0, 2.0])` for two coordinates; for images (H, W), …
    Raises ValueError if a power is below 1 or infinite, or they do not broadcast to x.
    """
    if not (power >= 1).all() or not torch.isfinite(power).all():
        raise ValueError(f"power must be at least 1, and finite, for every coordinate; got {power}")
    p, way = _broadcast("power", power, x), x - start
    return Path(
        point=lambda α: start + spread(α, x) ** p * way,
        velocity=lambda α: p * spread(α, x) ** (p - 1) * way,
    )


def _broadcast(name: str, value: Tensor, x: Tensor) -> Tensor:
    try:
        return value.to(x).expand_as(x)
    except RuntimeError as error:
        raise ValueError(
            f"{name} must broadcast to x of shape {tuple(x.shape)}; got shape {tuple(value.shape)}"
        ) from error


PATHS: dict[str, Callable[[Tensor, Tensor, Tensor], Path]] = {  # name → the path from x′ to x, in these groups
    "one_by_one": one_by_one,
    "straight": lambda start, x, group: straight(start, x),
    "bent": lambda start, x, group: bent(start, x, 1 + (LATEST - 1) * group / group.max().clamp(min=1)),
}
PathName = Annotated[str, Choice("path", "figure 1's P1, P2 or P3", tuple(PATHS))]


def detour_trace(
    f: ScoreFunction,
    x: Tensor,
    baseline: BaselineName = "black",
    path: PathName = "one_by_one",
    order: Order = "rows",
    G: Groups = 8,
    seed: int = 0,
    *,
    keep: int = KEPT_BYTES,
) -> Trace:
    """The trace of P1, P2 or P3 from a baseline to x, (N, …). See `path_integrated_gradients`.

    Raises TypeError or ValueError for a baseline, path, order or G that is not allowed.
    """
    symbols.check(detour_trace, path=path, order=order, G=G)
    x, start = x.detach(), make_baseline(x, baseline, seed)
    return Trace(f, PATHS[path](start, x, groups(x, order, G)), x, keep=keep)


def whole_steps(x: Tensor, B: int, path: str, order: str, G: int) -> int:
    """B, raised to the next multiple of P1's groups, so that each of them gets as many steps as the others."""
    parts = int(groups(x, order, G).max()) + 1 if path == "one_by_one" else 1
    return -(-B // parts) * parts


def path_integrated_gradients(
    f: ScoreFunction,
    x: Tensor,
    baseline: BaselineName = "black",
    B: Steps = 64,
    path: PathName = "one_by_one",
    order: Order = "rows",
    G: Groups = 8,
    seed: int = 0,
) -> Tensor:
    """∫ ∇F ⊙ dγ along P1 "one_by_one", P2 "straight" or P3 "bent", by the midpoint rule: (N, …) → (N, …).

    In units of the score; [Sundararajan2017, eq. 2 and figure 1]. Costs B gradients.
    B: gradients on the whole path; on P1 raised to the next multiple of its groups. order, G: see `groups`.
    baseline: see `baselines.make_baseline`; seed: of a noise baseline.
    Raises TypeError or ValueError for a baseline, B, path, order or G that is not allowed.

    Examples:
        F = x₁x₂ from (0, 0) to (1, 1): on P1 x₁ moves while x₂ is 0, so x₂ gets all.

        >>> import torch, xai_core
        >>> F = lambda x: x[:, 0] * x[:, 1]
        >>> xai_core.path_integrated_gradients(F, torch.ones(1, 2), B=8, G=2)
        tensor([[0., 1.]])
        >>> xai_core.path_integrated_gradients(F, torch.ones(1, 2), B=8, path="straight")
        tensor([[0.5000, 0.5000]])
    """
    symbols.check(path_integrated_gradients, B=B, path=path, order=order, G=G)
    walked = detour_trace(f, x, baseline, path, order, G, seed, keep=0)
    A = walked.attribution(whole_steps(x, B, path, order, G), "midpoint")
    return checked(walked, A, "path_integrated_gradients")


def _on_path(f: ScoreFunction, x: Tensor, start: Tensor, path: PathName, order: Order, G: Groups) -> Trace:
    return detour_trace(f, x, start, path, order, G)


def _whole_nodes(x: Tensor, B: Steps, path: PathName, order: Order, G: Groups) -> tuple[int, str]:
    """The midpoint rule meets no corner, if each group has as many steps as the others."""
    return whole_steps(x, B, path, order, G), "midpoint"


ROWS = (
    Method(
        path_integrated_gradients,
        title="Path Integrated Gradients",
        family="path",
        paper="Sundararajan, Taly & Yan 2017",
        equation=r"A = \int_0^1 \nabla F_c(\gamma(\alpha)) \odot \gamma'(\alpha) \, d\alpha,"
        r" \qquad P_1\!: \text{one group after the other}, \quad P_2\!: \gamma = x' + \alpha(x - x'), \quad"
        r" P_3\!: \gamma_i = x'_i + \alpha^{p_i}(x_i - x'_i)",
        cost="B + 2",
        needs="gradients",
        stages={"start": make_baseline, "trace": _on_path, "nodes": _whole_nodes, "attribution": attribution},
    ),
)
