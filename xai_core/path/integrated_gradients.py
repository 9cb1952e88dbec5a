"""Integrated Gradients: the straight path (Sundararajan, Taly & Yan 2017, eq. 1).

    A = (x − x′) ⊙ ∫₀¹ ∇F(x′ + α(x − x′)) dα       ≈ (x − x′)/B ⊙ Σ_{k=1…B} ∇F(x′ + k/B (x − x′))

Of all paths it is the one that treats every coordinate alike: two features with equal roles and equal values get equal
shares. It keeps the axioms of the paper: completeness, sensitivity, implementation invariance, linearity, symmetry.
Units: score. What to look at: `trace(f, x, baseline)` keeps the gradients, so that another B or rule is nearly free.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from xai_core import symbols
from xai_core.baselines import make_baseline
from xai_core.path.paths import straight
from xai_core.path.traces import Trace
from xai_core.score import ScoreFunction
from xai_core.symbols import BaselineName, Rule, Steps


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
    f: ScoreFunction, x: Tensor, baseline: BaselineName = "black", *, seed: int = 0, remember: bool = True
) -> Trace:
    """The trace of the straight path from a baseline to x."""
    return Trace(f, straight(make_baseline(x, baseline, seed), x.detach()), x, remember=remember)


def integrated_gradients(
    f: ScoreFunction,
    x: Tensor,
    baseline: BaselineName = "black",
    B: Steps = 15,
    rule: Rule = "right",
    seed: int = 0,
) -> Tensor:
    """(x − x′) ⊙ ∫₀¹ ∇F(x′ + α(x − x′)) dα: (N, …) → (N, …). Sundararajan et al. 2017, eq. 1; B and rule as in
    `quadrature`.

    baseline: see `baselines.make_baseline`; seed: of a noise baseline.
    """
    symbols.check(integrated_gradients, B=B, rule=rule)
    return trace(f, x, baseline, seed=seed, remember=False).attribution(B, rule)
