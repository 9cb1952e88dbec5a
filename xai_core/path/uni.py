"""UNI: unlearn the image, find the input that looks unlearned, walk back (Choi, Duplessis & Belongie, ICLR 2025).

Algorithm 1, in its three stages; each is a function that can be used alone:

    1. unlearn          θ̂ = θ + η ∇_θ L / ‖∇_θ L‖₂                                         unlearning.py
    2. match_baseline   T times: δ ← δ − μ ∇_δ KL(F(x; θ̂) ‖ F(x + δ; θ)),  δ ← ε δ / ‖δ‖₂   matching.py
    3. attribution      A = (x − x′)/B ⊙ Σ_{k=1…B} ∇F_c(x′ + k/B (x − x′))                 traces.py

The third is Integrated Gradients from x′ = x + δ: a baseline that nobody had to choose.
Units: x, ε in pixel values; A in score.
What to look at: F(x′) should be low, and the confidence should rise steadily from x′ to x.
"""

from typing import Annotated

import torch
from torch import Tensor

from xai_core import symbols
from xai_core.path.matching import Budget, Divergence, MatchingSteps, Rate, budget, match_baseline
from xai_core.path.paths import straight
from xai_core.path.traces import STRAIGHT, Trace
from xai_core.path.unlearning import Ascent, Weights, unlearned_probabilities
from xai_core.score import Score
from xai_core.stages import Method
from xai_core.symbols import Choice, Rule, Steps

Goal = Annotated[str, Choice("goal", "the answer that x′ should get", ("unlearned", "uniform"))]


def answer_to_match(
    f: Score, x: Tensor, eta: Ascent = 1.0, weights: Weights = "all", goal: Goal = "unlearned"
) -> Tensor:
    """The answer that x′ should get, (N, …) → (N, classes): F(x; θ̂), or 1/classes if goal="uniform", an answer of a
    network that never learned anything; eta and weights then play no part.
    """
    symbols.check(answer_to_match, eta=eta, weights=weights, goal=goal)
    if goal == "unlearned":
        return unlearned_probabilities(f, x, eta, weights)
    with torch.no_grad():
        classes = f.logits(x[:1]).shape[1]
    return torch.full((len(x), classes), 1 / classes, dtype=x.dtype, device=x.device)


def chosen_budget(f: Score, x: Tensor, unlearned: Tensor, eps: Budget = None) -> Tensor:
    """ε of each image, (N,): as chosen, or by the rule in `matching.budget`."""
    return budget(f, x, unlearned) if eps is None else torch.as_tensor(eps, dtype=x.dtype).expand(len(x))


def matched(
    f: Score, x: Tensor, unlearned: Tensor, budget: Tensor, T: MatchingSteps, mu: Rate, divergence: Divergence
) -> Tensor:
    """Stage 2 at a given ε: x′, (N, …)."""
    return match_baseline(f, x, unlearned, T, budget, mu, divergence)


def uni_baseline(
    f: Score,
    x: Tensor,
    T: MatchingSteps = 10,
    eps: Budget = None,
    eta: Ascent = 1.0,
    mu: Rate = None,
    weights: Weights = "all",
    goal: Goal = "unlearned",
    divergence: Divergence = "kl",
) -> Tensor:
    """Stages 1 and 2: the unlearned baseline x′ of each image, (N, …) → (N, …)."""
    return match_baseline(f, x, answer_to_match(f, x, eta, weights, goal), T, eps, mu, divergence)


def uni(
    f: Score,
    x: Tensor,
    B: Steps = 15,
    T: MatchingSteps = 10,
    eps: Budget = None,
    eta: Ascent = 1.0,
    mu: Rate = None,
    rule: Rule = "right",
    weights: Weights = "all",
    goal: Goal = "unlearned",
    divergence: Divergence = "kl",
) -> Tensor:
    """Algorithm 1: Integrated Gradients from the unlearned baseline, (N, …) → (N, …). B, T, η: the paper's.

    eps: None chooses the budget by the rule in `matching.budget`. weights, goal, divergence: what the paper's reviewers
    asked about; the defaults are the paper's.
    Costs 1 gradient in the weights, 1 forward pass, T + B gradients in the input, and 1 more for the rule.
    """
    symbols.check(uni, B=B, rule=rule)
    x = x.detach()
    start = uni_baseline(f, x, T, eps, eta, mu, weights, goal, divergence)
    return Trace(f, straight(start, x), x, keep=0).attribution(B, rule)


ROWS = (
    Method(
        uni,
        title="UNI",
        family="path",
        paper="Choi, Duplessis & Belongie 2025",
        equation=r"\begin{aligned} \hat\theta &= \theta + \eta \frac{\nabla_\theta L}{\|\nabla_\theta L\|} \\"
        r" x' &= \arg\min_{\|x' - x\| = \varepsilon} \mathrm{KL}\big(F(x; \hat\theta) \,\|\, F(x'; \theta)\big)"
        r" \quad \text{in } T \text{ steps of size } \mu \\"
        r" A &= \frac{x - x'}{B} \odot \sum_{k=1}^{B} \nabla F_c\Big(x' + \frac{k}{B}(x - x')\Big) \end{aligned}",
        cost="T + B + 3",
        needs="inside",
        stages={"unlearned": answer_to_match, "budget": chosen_budget, "start": matched, **STRAIGHT},
    ),
)
