"""Properties of a method, measured: what it needs, what it costs, whether it has a sign, whether its sum is right.

    gap = |Σ_i A_i − (F(x) − F(x′))| / |F(x) − F(x′)|         0: complete, as the axiom of Sundararajan et al. 2017 asks

Where a method has no x′ it promises no sum, and its gap is NaN. KernelSHAP promises one over superpixels, each of which
is painted with its value: there Σ runs over superpixels. AGI's x′ are one a rival class; F(x′) is their mean.
Units: passes in inputs; the gap is a share. What to look at: gradient × input, which has a sum and no promise: from
black it would keep one on a linear network, and no other.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from xai_core.baselines import make_baseline
from xai_core.methods import catalogue
from xai_core.path.agi import agi_trace
from xai_core.path.blur_ig import scale_space
from xai_core.path.uni import uni_baseline
from xai_core.perturbation.neighbourhood import filling
from xai_core.perturbation.superpixels import superpixels
from xai_core.score import Score, forward, make_score
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
    f = make_score(model, x, target, symbols.get("output", catalogue()[method].output))
    change = float(forward(f, x)) - _start(f, x, method, catalogue()[method].defaults | symbols)
    gap = abs(_sum(A, x, method, symbols) - change) / abs(change) if change else float("nan")
    return Properties(needs(model, x, target, method, **symbols), passes, bool((A < 0).any()), gap)


def _start(f: Score, x: Tensor, method: str, given: dict[str, Any]) -> float:
    """F(x′), with the x′ that the method starts from; NaN where there is none."""
    if method == "agi":
        trace = agi_trace(f, x, given["K"], given["T"], given["eps"])
        return float(trace.confidence([0.0]).mean())
    if method == "uni":
        stages = ("T", "eps", "eta", "mu", "weights", "goal", "divergence")
        start = uni_baseline(f, x, **{name: given[name] for name in stages})
    elif method == "blur_ig":
        start = scale_space(x, given["sigma"]).point(torch.zeros(1))[0]
    elif method == "kernel_shap":
        start = filling(x, superpixels(x, given["segments"]), given["fill"])
    elif "baseline" in given or method == "gradient_x_input":
        start = make_baseline(x, given.get("baseline", "black"), given.get("seed", 0))
    else:
        return float("nan")
    return float(forward(f, start))


def _sum(A: Tensor, x: Tensor, method: str, symbols: dict[str, Any]) -> float:
    """Σ A, over superpixels where they were painted."""
    if method != "kernel_shap":
        return float(A.double().sum())
    labels = superpixels(x, symbols.get("segments", catalogue()[method].defaults["segments"]))
    return sum(float(A[0].double().sum(0)[labels == j].mean()) for j in labels.unique())
