"""Integrated Gradients: the straight path (Sundararajan, Taly & Yan 2017, eq. 1).

    A = (x − x′) ⊙ ∫₀¹ ∇F(x′ + α(x − x′)) dα       ≈ (x − x′)/B ⊙ Σ_{k=1…B} ∇F(x′ + k/B (x − x′))

Of all paths it is the one that treats every coordinate alike: two features with equal roles and equal values get equal
shares. It keeps the axioms of the paper: completeness, sensitivity, implementation invariance, linearity, symmetry.
Units: score. What to look at: `trace(f, x, baseline)` keeps the gradients, so that another B or rule is nearly free.
"""

from torch import Tensor

from xai_core import symbols
from xai_core.baselines import make_baseline
from xai_core.path.paths import straight
from xai_core.path.traces import KEPT_BYTES, STRAIGHT, Trace
from xai_core.score import ScoreFunction
from xai_core.stages import Method
from xai_core.symbols import BaselineName, Rule, Steps


def trace(
    f: ScoreFunction, x: Tensor, baseline: BaselineName = "black", *, seed: int = 0, keep: int = KEPT_BYTES
) -> Trace:
    """The trace of the straight path from a baseline to x. keep: bytes of gradients that it may keep."""
    return Trace(f, straight(make_baseline(x, baseline, seed), x.detach()), x, keep=keep)


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
    return trace(f, x, baseline, seed=seed, keep=0).attribution(B, rule)


ROWS = (
    Method(
        integrated_gradients,
        title="Integrated Gradients",
        family="path",
        paper="Sundararajan, Taly & Yan 2017",
        equation=r"A = \frac{x - x'}{B} \odot \sum_{k=1}^{B} \nabla F_c\Big(x' + \frac{k}{B}(x - x')\Big)",
        cost="B",
        needs="gradients",
        stages={"start": make_baseline, **STRAIGHT},
    ),
)
