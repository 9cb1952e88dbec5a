"""UNI: unlearn the image, find the input that looks unlearned, walk back (Choi, Duplessis & Belongie 2025) [Choi2025].

Algorithm 1, in its three stages; each is a function that can be used alone:

    1. unlearn          θ̂ = θ + η ∇_θ L / ‖∇_θ L‖₂                                         unlearning.py
    2. match_baseline   T times: δ ← δ − μ ∇_δ KL(F(x; θ̂) ‖ F(x + δ; θ)),  δ ← ε δ / ‖δ‖₂   matching.py
    3. attribution      A = (x − x′)/B ⊙ Σ_{k=1…B} ∇F_c(x′ + k/B (x − x′))                 traces.py

Units: x, ε in pixel values; A in score.
What to look at: F(x′) should be low, and the confidence should rise steadily from x′ to x.

The third stage is Integrated Gradients from x′ = x + δ: a baseline that nobody had to choose.
"""

from typing import Annotated

import torch
from torch import Tensor, nn

from xai_core import symbols
from xai_core.network.private_copy import private_copy
from xai_core.path.completeness import checked
from xai_core.path.matching import Budget, Divergence, MatchingSteps, Rate, budget, match_baseline
from xai_core.path.paths import straight
from xai_core.path.subspaces import Subspace
from xai_core.path.traces import STRAIGHT, Trace
from xai_core.path.unlearning import Ascent, Weights, unlearned_probabilities
from xai_core.score import Score, check_score
from xai_core.stages import Method
from xai_core.symbols import Choice, Rule, Steps

Goal = Annotated[str, Choice("goal", "the answer that x′ should get", ("unlearned", "uniform"))]


def uni_plain(model: nn.Module, x: Tensor, y: int, η: float, T: int, ε: float, μ: float, B: int) -> Tensor:
    """Algorithm 1, line by line, of one image x (1, …) and its class y: A, shaped like x. For reading; see `uni`.

    η in units of the weights, ε and μ in those of x. L is the cross-entropy, and δ starts at 0.
    """
    model = private_copy(model)
    θ = {name: weight.detach().clone().requires_grad_() for name, weight in model.named_parameters()}

    def F(x: Tensor, θ: dict[str, Tensor]) -> Tensor:  # F(x; θ), the probabilities, (1, classes)
        return torch.func.functional_call(model, θ, x).softmax(1)

    # 4. Unlearning direction: L = −log F_y(x; θ),  θ̂ = θ + η ∇_θ L / ‖∇_θ L‖
    L = -F(x, θ)[0, y].log()
    slope = torch.autograd.grad(L, list(θ.values()))
    norm = torch.cat([s.flatten() for s in slope]).norm()
    θ̂ = {name: weight + η * s / norm for (name, weight), s in zip(θ.items(), slope, strict=True)}
    # 5. T times: C = KL(F(x; θ̂) ‖ F(x + δ; θ)),  δ ← δ − μ ∇_δ C,  δ ← ε δ / ‖δ‖
    δ, q = torch.zeros_like(x), F(x, θ̂).detach()
    for _ in range(T):
        δ.requires_grad_()
        C = (q * (q.log() - F(x + δ, θ).log())).sum()
        δ = δ.detach() - μ * torch.autograd.grad(C, δ)[0]
        δ = ε * δ / δ.norm()
    # 7. Baseline: x′ = x + δ
    baseline = x + δ
    # 8. Attributions: A = (x − x′)/B ⊙ Σ_{k=1…B} ∇F_c(x′ + k/B (x − x′); θ)
    A = torch.zeros_like(x)
    for k in range(1, B + 1):
        point = (baseline + k / B * (x - baseline)).requires_grad_()
        A += torch.autograd.grad(F(point, θ)[0, y], point)[0]
    return (x - baseline) / B * A


# The fast form: any batch, ε and μ by rule, and the three stages each by itself.


def answer_to_match(
    f: Score, x: Tensor, eta: Ascent = 1.0, weights: Weights = "all", goal: Goal = "unlearned"
) -> Tensor:
    """The answer that x′ should get, (N, …) → (N, classes), probabilities.

    goal: "unlearned", F(x; θ̂), or "uniform", 1/classes: the answer of a network that never learned anything. Then eta
        and weights play no part.
    Raises TypeError or ValueError for a symbol that is not allowed, or a network that `unlearn` refuses.
    """
    symbols.check(answer_to_match, eta=eta, weights=weights, goal=goal)
    check_score(f)
    if goal == "unlearned":
        return unlearned_probabilities(f, x, eta, weights)
    with torch.no_grad():
        classes = f.logits(x[:1]).shape[1]
    return torch.full((len(x), classes), 1 / classes, dtype=x.dtype, device=x.device)


def chosen_budget(f: Score, x: Tensor, unlearned: Tensor, eps: Budget = None, subspace: Subspace = "pixels") -> Tensor:
    """ε of each image, (N,): as chosen, or by the rule in `matching.budget`."""
    if eps is None:
        return budget(f, x, unlearned, subspace)
    return torch.as_tensor(eps, dtype=x.dtype, device=x.device).expand(len(x))


def matched(
    f: Score, x: Tensor, unlearned: Tensor, budget: Tensor, T: MatchingSteps, mu: Rate, divergence: Divergence,
    subspace: Subspace,
) -> Tensor:  # fmt: skip
    """Stage 2 at a given ε: x′, (N, …)."""
    return match_baseline(f, x, unlearned, T, budget, mu, divergence, subspace)


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
    subspace: Subspace = "pixels",
) -> Tensor:
    """Stages 1 and 2: the unlearned baseline x′ of each image, (N, …) → (N, …).

    Raises TypeError or ValueError for a symbol that is not allowed, or a network that `unlearn` refuses.
    """
    return match_baseline(f, x, answer_to_match(f, x, eta, weights, goal), T, eps, mu, divergence, subspace)


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
    subspace: Subspace = "pixels",
) -> Tensor:
    """Integrated Gradients from the unlearned baseline: (N, …) → (N, …), in units of the score.

    [Choi2025, Algorithm 1] with B, T and η of the paper. eps: None for the rule in `matching.budget`.
    mu: None for the rule in `matching.rate_by_rule`.
    weights, goal, divergence, subspace: what the paper's reviewers asked about; the defaults are the paper's.
    Costs 1 gradient in the weights, 1 forward pass, T + B gradients in the input, and 1 more for the rule.
    Raises TypeError or ValueError for a symbol that is not allowed, or a network that `unlearn` refuses.

    Examples:
        A linear network whose two logits differ by w · x, w = (3, 4): δ = −ε w/‖w‖ = −(0.3, 0.4), and A = −δ ⊙ w.

        >>> import torch, xai_core
        >>> model = torch.nn.Linear(2, 2, bias=False)
        >>> model.weight.data = torch.tensor([[3.0, 4.0], [0.0, 0.0]])
        >>> f = xai_core.make_score(model, torch.full((1, 2), 0.5), target=0, output="logit")
        >>> xai_core.uni(f, torch.full((1, 2), 0.5), eps=0.5, eta=3.0).round(decimals=3)
        tensor([[0.9000, 1.6000]])
    """
    symbols.check(uni, B=B, rule=rule)
    x = x.detach()
    start = uni_baseline(f, x, T, eps, eta, mu, weights, goal, divergence, subspace)
    walked = Trace(f, straight(start, x), x, keep=0)
    return checked(walked, walked.attribution(B, rule), "uni")


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
        cost="T + B + 4",
        needs="inside",
        stages={"unlearned": answer_to_match, "budget": chosen_budget, "start": matched, **STRAIGHT},
    ),
)
