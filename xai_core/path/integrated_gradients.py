"""Integrated Gradients: the straight path (Sundararajan, Taly & Yan 2017, eq. 1) [Sundararajan2017].

    A = (x − x′) ⊙ ∫₀¹ ∇F(x′ + α(x − x′)) dα       ≈ (x − x′)/B ⊙ Σ_{k=1…B} ∇F(x′ + k/B (x − x′))

Units: score. What to look at: Σ_i A_i against F(x) − F(x′). The sums meet as B grows.

Of all paths the straight one treats every coordinate alike: equal roles and equal values get equal shares. The method
keeps the axioms of the paper: completeness, sensitivity, implementation invariance, linearity, symmetry.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from xai_core import symbols
from xai_core.baselines import BaselineName, make_baseline
from xai_core.path.completeness import checked
from xai_core.path.paths import straight
from xai_core.path.traces import KEPT_BYTES, STRAIGHT, Trace
from xai_core.score import ScoreFunction
from xai_core.stages import Method
from xai_core.symbols import Rule, Steps


def integrated_gradients_plain(F: Callable[[Tensor], Tensor], x: Tensor, baseline: Tensor, B: int) -> Tensor:
    """Eq. 1 as a Riemann sum (the paper's eq. 3): x, x′ (N, …) → A (N, …). For reading.

    F: (N, …) → (N,), a score.
    """
    total = torch.zeros_like(x)
    for k in range(1, B + 1):
        # ∇F(x′ + k/B (x − x′))
        point = (baseline + k / B * (x - baseline)).requires_grad_()
        (slope,) = torch.autograd.grad(F(point).sum(), point)  # the rows are independent: one sum serves all
        total += slope
    # A = (x − x′) ⊙ 1/B Σ_k ∇F
    return (x - baseline) * total / B


# The fast form: many points in one pass, every rule, and the gradients kept where another B will be asked for.


def trace(
    f: ScoreFunction, x: Tensor, baseline: BaselineName = "black", *, seed: int = 0, keep: int = KEPT_BYTES
) -> Trace:
    """The trace of the straight path from a baseline to x, (N, …). Another B or rule is then nearly free.

    keep: bytes of gradients that it may keep.
    Raises TypeError or ValueError for a baseline that `make_baseline` refuses.
    """
    return Trace(f, straight(make_baseline(x, baseline, seed), x.detach()), x, keep=keep)


def integrated_gradients(
    f: ScoreFunction,
    x: Tensor,
    baseline: BaselineName = "black",
    B: Steps = 15,
    rule: Rule = "right",
    seed: int = 0,
) -> Tensor:
    """(x − x′) ⊙ ∫₀¹ ∇F(x′ + α(x − x′)) dα: (N, …) → (N, …), in units of the score. [Sundararajan2017, eq. 1].

    baseline: see `baselines.make_baseline`; seed: of a noise baseline. B, rule: see `quadrature`.
    Costs B gradients, and a forward pass or two for the gap. Warns where the gap is too large to trust the map.
    Raises TypeError or ValueError for a baseline, B or rule that is not allowed.

    Examples:
        The paper's F = ReLU(ReLU(x₁) − 1 − ReLU(x₂)) at (3, 1), from 0: the two values add up to F = 1.

        >>> import torch, xai_core
        >>> F = lambda x: (x[:, 0].relu() - 1 - x[:, 1].relu()).relu()
        >>> xai_core.integrated_gradients(F, torch.tensor([[3.0, 1.0]]), B=100).round(decimals=3)
        tensor([[ 1.5000, -0.5000]])
    """
    symbols.check(integrated_gradients, B=B, rule=rule)
    walked = trace(f, x, baseline, seed=seed, keep=0)
    return checked(walked, walked.attribution(B, rule), "integrated_gradients")


ROWS = (
    Method(
        integrated_gradients,
        title="Integrated Gradients",
        family="path",
        paper="Sundararajan, Taly & Yan 2017",
        equation=r"A = \frac{x - x'}{B} \odot \sum_{k=1}^{B} \nabla F_c\Big(x' + \frac{k}{B}(x - x')\Big)",
        cost="B + 1",
        needs="gradients",
        stages={"start": make_baseline, **STRAIGHT},
    ),
)
