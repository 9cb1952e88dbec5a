"""Completeness, checked: does the map add up to what it explains?

    gap = |Σ_i A_i − (F(x) − F(x′))|                [Sundararajan2017, proposition 1]

Units: score. What to look at: what `checked` takes for poor. A path method is exact but for its sum of B terms. So a
large gap says that the sum is not yet the integral, and that the map is not to be trusted either.
"""

import warnings

import torch
from torch import Tensor

from xai_core.path.traces import Trace


def checked(trace: Trace, A: Tensor, method: str) -> Tensor:
    """A as it is, after a warning if its sum misses F(x) − F(x′) by so much that it cannot be trusted."""
    start, end = trace.confidence([0.0, 1.0])
    change, gap = (end - start).abs(), trace.gap(A)
    # Not even the sign of the sum is sure then. Where F hardly changes, a gap is large only beside F itself.
    poor = gap > torch.maximum(change, torch.maximum(start.abs(), end.abs()) / 2)
    if poor.any():
        i = int((gap * poor).argmax())
        warnings.warn(
            f"{method}: the map adds up to {A[i].sum():.3g} where F(x) − F(x′) = {end[i] - start[i]:.3g}, so do not"
            " trust it; a larger B, or rule='midpoint' where there is a rule, may bring them together",
            stacklevel=3,
        )
    return A
