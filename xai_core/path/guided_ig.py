"""Guided IG: of the features, those that matter least go first (Kapishnikov et al. 2021) [Kapishnikov2021].

From x′ to x in B steps; each covers 1/B of the way, measured by Σ_i |x_i − γ_i|. At each step
    S = the fraction p of the features with the smallest |∂F/∂γ_i| of those that can still move
    the features of S move towards x, all by the same share of what is open to them; if that is not enough, the next p
    A ← A + ∇F(γ) ⊙ (change of γ)
and no feature may be further than d (`max_dist`, as a share of its way) from where the straight path would be. With
d = 0, or p = 1, the path is straight and this is Integrated Gradients.

Steep slopes on the way to x are often noise that has nothing to do with the picture; this path goes around them, as
long as it can. Which way that is depends on the network, so the points are found one after the other.
Units: score. What to look at: F along this path against the straight one; the steep part comes later.
"""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Annotated

import torch
from torch import Tensor

from xai_core import symbols
from xai_core.baselines import BaselineName, make_baseline
from xai_core.network.private_copy import private_copy
from xai_core.path.completeness import checked
from xai_core.path.traces import KEPT_BYTES, Trace, attribution
from xai_core.score import Score, ScoreFunction, forward, passes, rows
from xai_core.stages import Method
from xai_core.symbols import Choice, Steps, Symbol

Fraction = Annotated[
    float,
    Symbol("fraction", "p", "share of the features that move first", "of all features", low=0.01, high=1, step=0.01,
           above=True, most=1),
]  # fmt: skip
Detour = Annotated[
    float,
    Symbol("max_dist", "d", "how far a feature may be from the straight path", "of its way", low=0, high=1, step=0.01,
           most=1),
]  # fmt: skip

Precision = Annotated[str, Choice("precision", "arithmetic that finds the path", ("double", "input"))]


CORNERS = 4 * KEPT_BYTES  # 400 photographs: this path cannot be found again point by point
ENOUGH = 1e-9  # a rest of the way, relative to the whole, that counts as covered


def guided_trace(
    f: ScoreFunction,
    x: Tensor,
    baseline: BaselineName = "black",
    B: Steps = 200,
    fraction: Fraction = 0.25,
    max_dist: Detour = 0.02,
    seed: int = 0,
    precision: Precision = "double",
    *,
    keep: int = KEPT_BYTES,
) -> Trace:
    """The trace of the guided path; `attribution(B, "left")` reads Guided IG off it. See `guided_ig`.

    Raises TypeError or ValueError for a baseline, precision or symbol that is not allowed.
    """
    symbols.check(guided_trace, B=B, fraction=fraction, max_dist=max_dist, precision=precision)
    start = make_baseline(x, baseline, seed)
    f_too, x_too, start, end = _in_double(f, x, start) if precision == "double" else (f, x, start, None)
    seen = Trace.found(f_too, start, _guide(start, x_too.detach(), B, fraction, max_dist), B, keep=keep, end=end)
    return seen.rounded(f, x)


@torch.inference_mode(False)  # autograd cannot use what is made in a caller's inference mode
def _in_double(f: ScoreFunction, x: Tensor, start: Tensor) -> tuple[ScoreFunction, Tensor, Tensor, Tensor | None]:
    """The same in double precision, and F(x), where network and device can; else as it is."""
    if not isinstance(f, Score) or x.dtype == torch.float64 or x.device.type == "mps":
        return f, x, start, None
    precise = replace(f, model=private_copy(f.model).double())
    try:
        end = forward(precise, x.double())
    except ValueError:  # a network that makes single-precision numbers of its own
        return f, x, start, None
    return precise, x.double(), start.double(), end


def _guide(
    start: Tensor, x: Tensor, B: int, fraction: float, max_dist: float
) -> Callable[[int, Tensor, Tensor], Tensor]:
    """The rule that chooses the next point, for `Trace.found`. Every image goes its own way."""
    way = (x - start).double()  # (N, …)
    length = way.flatten(1).abs()  # (N, d)
    total = length.sum(1, keepdim=True)  # (N, 1)
    done = torch.zeros_like(length)  # how far each feature has come: 0 at x′, 1 at x
    # Slopes that differ by rounding alone are equal, and go together. On a plain baseline that is the rule, not the
    # exception: to a convolution every pixel inside is the same, and which quarter of them went first would be chance.
    tied = 1 + math.sqrt(torch.finfo(x.dtype).eps)
    group = math.floor(fraction * (length.shape[1] - 1)) + 1  # features in S: those up to the p-quantile, "lower"

    def step(k: int, _: Tensor, slope: Tensor) -> Tensor:
        nonlocal done
        if k == B - 1:
            return x
        straight = (k + 1) / B
        low, high = max(straight - max_dist, 0), min(straight + max_dist, 1)
        done = done.clamp(min=low)  # whatever is too far behind catches up
        need = straight * total - (length * done).sum(1, keepdim=True)  # way to be covered in this step, (N, 1)
        steep = slope.flatten(1).abs().masked_fill((done >= high) | (length == 0), torch.inf)  # inf: cannot move
        while ((need > ENOUGH * total) & (steep.amin(1, keepdim=True) < torch.inf)).any():
            threshold = steep.kthvalue(group, dim=1, keepdim=True).values
            chosen = (steep <= tied * threshold) & (steep < torch.inf)
            room = (chosen * length * (high - done)).sum(1, keepdim=True)
            share = torch.where(need < room, need / room, need > 0)  # 1: as far as they can
            done = torch.where(chosen, done + share * (high - done), done)
            done = torch.where(chosen & (share == 1), high, done)
            need = (need - room).clamp(min=0)
            steep = steep.masked_fill(chosen, torch.inf)
        return (start + done.view_as(way) * way).to(x.dtype)

    return step


def guided_ig(
    f: ScoreFunction,
    x: Tensor,
    baseline: BaselineName = "black",
    B: Steps = 200,
    fraction: Fraction = 0.25,
    max_dist: Detour = 0.02,
    seed: int = 0,
    precision: Precision = "double",
) -> Tensor:
    """Σ_k ∇F(γ_k) ⊙ (γ_{k+1} − γ_k) along the guided path: (N, …) → (N, …). B gradients, one after the other.

    In units of the score; [Kapishnikov2021]. B = 200, fraction = 0.25, max_dist = 0.02: the authors' code.
    The gradient that decides a step is also its weight, so the completeness gap falls as 1/B, like the left rule's.
    baseline: see `baselines.make_baseline`; seed: of a noise baseline.
    precision: "double" computes in float64 whatever x is, where f is a score and the device can. Which feature goes
        first hangs on the last digits of a slope: in float32 two processors find two paths. "input" is faster.
    Warns where the gap is too large to trust the map.
    Raises TypeError or ValueError for a baseline, precision or symbol that is not allowed.

    Examples:
        F = (2x₁ + x₂)² at (3, 3) from 0. Where x₂, of the smaller slope, may go all its way first, it gets 9 of the 81.

        >>> import torch, xai_core
        >>> F = lambda x: (2 * x[:, 0] + x[:, 1]) ** 2
        >>> xai_core.guided_ig(F, torch.tensor([[3.0, 3.0]]), B=400, max_dist=1.0).round()
        tensor([[72.,  9.]])
        >>> xai_core.guided_ig(F, torch.tensor([[3.0, 3.0]]), B=400, max_dist=0.0).round()
        tensor([[54., 27.]])
    """
    x = x.detach()
    start = make_baseline(x, baseline, seed)
    found = []
    for i in passes(x):
        walked = guided_trace(rows(f, i), x[i], start[i], B, fraction, max_dist, precision=precision, keep=0)
        found.append(checked(walked, walked.attribution(B, "left"), "guided_ig"))
    return torch.cat(found)


def _guided(
    f: ScoreFunction,
    x: Tensor,
    start: Tensor,
    B: Steps,
    fraction: Fraction,
    max_dist: Detour,
    precision: Precision,
) -> Trace:
    return guided_trace(f, x, start, B, fraction, max_dist, precision=precision, keep=CORNERS)


def _corners(B: Steps) -> tuple[int, str]:
    """Each gradient is the weight of the step that it has chosen."""
    return B, "left"


ROWS = (
    Method(
        guided_ig,
        title="Guided IG",
        family="path",
        paper="Kapishnikov et al. 2021",
        equation=r"A = \sum_{k} \nabla F_c(\gamma_k) \odot (\gamma_{k+1} - \gamma_k), \qquad"
        r" \text{smallest } |\partial F_c / \partial \gamma_i| \text{ first}",
        cost="B + 1",
        needs="gradients",
        stages={"start": make_baseline, "trace": _guided, "nodes": _corners, "attribution": attribution},
    ),
)
