"""Properties of a method, measured: what it needs, what it costs, whether it has a sign, whether its sum is right.

    gap = |Σ_i A_i − (F(x) − F(x′))| / |F(x) − F(x′)|         0: complete, as the axiom of Sundararajan et al. 2017 asks

Where a method has no x′ it promises no sum, and its gap is NaN. KernelSHAP promises one over superpixels, each of which
is painted with its value: there Σ runs over superpixels. AGI's x′ are one a rival class; F(x′) is their mean.
Units: passes in inputs; the gap is a share. What to look at: gradient × input, which has a sum and no promise: from
black it would keep one on a linear network, and no other.
"""

from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from xai_core.methods import catalogue
from xai_core.score import forward, make_score
from xai_core.stages import Stages
from xai_core.taxonomy.black_boxes import Passes, counted, needs


@dataclass(frozen=True)
class Properties:
    """What was measured of one method on one picture."""

    needs: str  # of black_boxes.OPENED
    passes: Passes
    signed: bool  # is there anything that speaks against the class?
    gap: float  # NaN: no sum is promised


def properties(model: nn.Module, x: Tensor, target: int, method: str, **symbols: Any) -> Properties:
    """Measure a method on one picture x (1, C, H, W). symbols: as in `explain`; small ones make it quick.

    Raises ValueError for more than one picture, and as `explain` does.
    """
    if x.dim() != 4 or len(x) != 1:
        raise ValueError(f"x must be one picture (1, C, H, W); got {tuple(x.shape)}")
    A, passes = counted(model, x, target, method, **symbols)
    row = catalogue()[method]
    f = make_score(model, x, target, symbols.get("output", row.output))
    run = Stages(row, f, x, symbols)
    change = float(forward(f, x)) - _start(run)
    values = run.get("values")  # of the features, where those were painted
    whole = float((A if values is None else values).double().sum())
    gap = abs(whole - change) / abs(change) if change else float("nan")
    return Properties(needs(model, x, target, method, **symbols), passes, bool((A < 0).any()), gap)


def _start(run: Stages) -> float:
    """F(x′), with the x′ that the method compares with, or their mean; NaN where there is none."""
    if "trace" in run:
        return float(run["trace"].confidence([0.0]).mean())
    start = run.get("start", "off")
    return float("nan") if start is None else float(forward(run.f, start))
