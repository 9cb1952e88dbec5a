"""Convergence: how many steps B are enough?

    error(B) = |Σ_i A_i(B) − (F(x) − F(x′))|                     the completeness gap, as a function of B
    error(B) ≤ M ‖x − x′‖² / (2B)                                right and left rule, smooth F: [Choi2025, eq. 2]
    error(B) ≤ V / B                                             right and left rule, any F

Units: score. What to look at: both bounds over the measured gaps, and which rule is below them first.

M is the largest second derivative of F along the path *per unit of length*. So M ‖x − x′‖² = max |d²F/dα²|, a number
that is read off the trace. At the kinks of a ReLU network dF/dα jumps and M does not exist: measured on a finer grid it
only grows. V, the total variation of dF/dα (how far it travels up and down on the way), survives kinks. A curved path
has a larger M and V than a straight one, and needs more steps: that is why UNI wants low curvature.
"""

from collections.abc import Sequence
from typing import Annotated

import torch
from torch import Tensor

from xai_core import symbols
from xai_core.path.quadrature import quadrature
from xai_core.path.traces import Trace
from xai_core.symbols import Rule, Steps, Symbol

Tolerance = Annotated[
    float,
    Symbol("tolerance", "τ", "completeness gap that is good enough", "of |F(x) − F(x′)|", low=0.005, high=0.2,
           step=0.005, above=True),
]  # fmt: skip


FINE = 300  # steps of the grid on which M and V are measured


def gaps(trace: Trace, B: Sequence[int], rule: Rule = "right") -> Tensor:
    """The completeness gap for each number of steps: (len(B), N).

    Only points that the trace has not seen cost a gradient, and of those only dF/dα is kept.
    Raises TypeError or ValueError for a B or rule that `quadrature` refuses.
    """
    symbols.check(gaps, rule=rule)
    found = []
    for steps in B:
        points, weights = quadrature(steps, rule)
        found.append((trace.alphas(weights)[:, None] * trace.slope_along(points)).sum(0) - trace.change())
    return torch.stack(found).abs()


def bound(trace: Trace, B: Sequence[int], fine: Steps = FINE, *, kinks: bool = False) -> Tensor:
    """What the gap of the right and the left rule cannot exceed, for each number of steps: (len(B), N).

    kinks=False: the paper's M ‖x − x′‖²/(2B), for smooth F; True: V/B, for any F. M and V are measured from
    differences on `fine` equal steps, so each is at most its true value and grows towards it with `fine`.
    Raises TypeError or ValueError if fine is not a whole number, at least 1.
    """
    symbols.check(bound, fine=fine)
    if kinks:
        slopes = trace.slope_along([k / fine for k in range(fine + 1)])  # (fine + 1, N)
        most = slopes.diff(dim=0).abs().sum(0)
    else:
        most = trace.curvature(fine) / 2
    return most / torch.tensor(B, dtype=most.dtype, device=most.device)[:, None]


def ladder(most: int = FINE, least: int = 1) -> list[int]:
    """The divisors of `most`, from `least` up: numbers of steps.

    Under the right and the left rule the points of each are among those of `most` steps. So trying them all costs no
    more than trying the last.
    """
    return [B for B in range(least, most + 1) if most % B == 0]


def steps_for(trace: Trace, tolerance: Tolerance = 0.05, rule: Rule = "right", most: Steps = FINE) -> Tensor:
    """The fewest steps, of the divisors of `most`, whose gap is within the tolerance: (N,); 0 where none is.

    A small gap may be luck, two errors that cancel: B counts only if all larger ones that are tried are within it too.
    tolerance: a share of |F(x) − F(x′)|; [Sundararajan2017, §5] ask for 5 %.
    Raises TypeError or ValueError for a tolerance, rule or most that is not allowed.
    """
    symbols.check(steps_for, tolerance=tolerance, rule=rule, most=most)
    least = 2 if rule == "trapezoid" else 1
    if most < least:
        raise ValueError(f"most must be at least {least} for the {rule} rule; got {most}")
    tried = ladder(most, least)
    enough = gaps(trace, tried, rule) <= tolerance * trace.change().abs()  # (tries, N)
    held = enough.flip(0).cumprod(0).flip(0).bool()  # … and for all larger B too
    return torch.where(held.any(0), torch.tensor(tried, device=held.device)[held.int().argmax(0)], 0)
