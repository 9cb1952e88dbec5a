"""Matching, stage 2 of UNI: the input that looks to the network as x looks to the one that forgot it.

    C = KL(F(x; θ̂) ‖ F(x + δ; θ))                                 Choi, Duplessis & Belongie 2025 [Choi2025]
    T times:  δ ← δ − μ ∇_δ C,   δ ← ε δ / ‖δ‖₂                    Algorithm 1, lines 5 and 6
    x′ = x + δ                                                     line 7

Units: ε in those of x (pixel values, millivolts, …), ℓ2: a change of v in each of d numbers is ε = v√d.
What to look at: F_c(x′) should be low.

A static baseline asserts what "nothing to see" looks like. Here the network is asked: x′ is the input at distance ε
where the network, as it is, answers like the one that forgot. The sphere of radius ε keeps it near x. No colour, blur
or noise is brought in from outside, only what makes this network unsure.
"""

import math
import warnings
from collections.abc import Callable
from typing import Annotated

import torch
import torch.nn.functional as F
from torch import Tensor

from xai_core import symbols
from xai_core.path.subspaces import Subspace, within
from xai_core.path.unlearning import log_odds
from xai_core.precision import wide
from xai_core.score import Score, check_score, gradient, passes
from xai_core.symbols import Choice, Symbol

MatchingSteps = Annotated[
    int, Symbol("T", "T", "steps of baseline matching", "gradients", low=1, high=50, step=1, least=1, whole=True)
]
Budget = Annotated[
    float | Tensor | None,
    Symbol(
        "eps", "ε", "perturbation budget ‖x − x′‖₂", "pixel values, ℓ2",
        low=0.01, high=30.0, step=0.01, above=True, logarithmic=True, optional=True,
        per_image=True,
    ),
]  # fmt: skip
Rate = Annotated[
    float | Tensor | None,
    Symbol("mu", "μ", "step size of baseline matching", "pixel values", low=0.0005, high=1.0, step=0.0005, above=True,
           logarithmic=True, optional=True, per_image=True),
]  # fmt: skip
Divergence = Annotated[
    str, Choice("divergence", "how two answers are compared", ("kl", "reverse_kl", "l2", "total_variation"))
]


# ε = 0.25 and μ = 0.1 are quoted for the paper, taken here as of a space normalised by a standard deviation s ≈ 0.225.
# In pixels a length is s times as long and a gradient 1/s times as steep: ε = 0.25 s, μ = 0.1 s².
PAPER_EPS, PAPER_MU = 0.056, 0.005
REACH = 2.0  # ε by rule, in first-order distances; see `budget`
LARGEST = 0.25  # … and at most this change a pixel, on average: ε ≤ 0.25 √d; times max|x| where that is above 1
STRIDE = 0.3  # μ by rule: a first step of 0.3 ε


@torch.inference_mode(False)
def budget(f: Score, x: Tensor, unlearned: Tensor, subspace: Subspace = "pixels") -> Tensor:
    """ε by rule, (N,): twice the first-order distance to where the network's odds are those of the unlearned one.

        m(x) = log F_c/(1 − F_c)               log-odds; unlike F_c, it has a slope where F_c is saturated
        ε = 2 (m(x) − m̂) / ‖∇m(x)‖₂            m̂: log-odds under θ̂, but not below chance, −log(classes − 1)

    A larger input, other units or another network change ‖∇m‖, so ε follows all three. The factor 2 is measured, on the
    three shipped networks and ImageNet's SqueezeNet 1.1: F(x′) falls from .7–.98 to .01–.06 on average, Spearman along
    the path is ≥ .98 for every image, the mean gap of the right rule with B = 15 ≤ .04. (The zoo's transformer: .03 by
    the right and the midpoint rule, 24 scenes.) Half of it leaves .14 to .15 on the shipped ones; much more,
    and the path bends. tests/xai_core/path/test_unlearning.py and test_real.py bound the first three.
    unlearned: F(x; θ̂), (N, classes), from `unlearned_probabilities`. Warns if unlearning left the network as sure as it
    was. Raises ValueError for a network of one class.
    subspace: where δ may lie. There the way is longer: m falls less steeply than along ∇m.
    """
    symbols.check(budget, subspace=subspace)
    check_score(f)
    chance = -math.log(unlearned.shape[1] - 1)
    forgotten = unlearned.gather(1, f.target.to(x.device).expand(len(x))[:, None])[:, 0].logit().clamp(min=chance)
    found = []
    for i in passes(x):
        odds, slope = gradient(log_odds(f.rows(i)), x[i])  # (n,), (n, …)
        fall = odds - forgotten[i]
        if ((fall <= 0) & (odds > chance)).any():
            warnings.warn(
                "unlearning left the network as sure as it was; a smaller eta may not overshoot", stacklevel=2
            )
        fall = fall.clamp(min=1)  # at least a factor e in the odds, also for a class not predicted
        found.append(REACH * fall / _steepness(slope.to(wide(slope)), subspace))
    return torch.minimum(torch.cat(found), LARGEST * math.sqrt(x[0].numel()) * _scale(x))


def _steepness(slope: Tensor, subspace: Subspace) -> Tensor:
    """How steep m is where δ goes, (n,): ‖∇m‖ in all pixels, else ⟨∇m, d⟩ / ‖d‖ along d = Σ U Uᵀ ∇m."""
    if subspace == "pixels":
        return slope.flatten(1).norm(dim=1)
    step = within(slope, subspace)
    return (slope * step / _norm(step)).flatten(1).sum(1)


def _scale(x: Tensor) -> Tensor:
    """What counts as large in each row, (N,): 1, as for pixels in [0, 1], or the row's max|x| in larger units."""
    return x.flatten(1).abs().amax(1).clamp(min=1)


@torch.inference_mode(False)
def match_baseline(
    f: Score,
    x: Tensor,
    unlearned: Tensor,
    T: MatchingSteps = 10,
    eps: Budget = None,
    mu: Rate = None,
    divergence: Divergence = "kl",
    subspace: Subspace = "pixels",
) -> Tensor:
    """x′ = x + δ, ‖δ‖₂ = ε, where the network answers like the unlearned one: (N, …) → (N, …).

    unlearned: F(x; θ̂), (N, classes), from `unlearned_probabilities`; any other distribution is allowed (a uniform
    one, …).
    eps: one number, one for each image (N,), or None for the rule in `budget`. δ starts at 0, so that nothing here is
    random, and ends on the sphere: x′ is not cut to [0, 1].
    mu: one number, one for each image, or None for μ = 0.3 ε / ‖∇_δ C‖ at δ = 0. Since δ is put back on the sphere
    after each step, only μ‖∇‖ against ε matters: a much larger one forgets the last step, a much smaller does nothing.
    divergence: how C compares the two answers q = F(x; θ̂) and p = F(x + δ; θ); see DIVERGENCES.
    subspace: where δ may lie; see subspaces.py.
    Costs T gradients, and 1 more for the rule. Raises TypeError or ValueError for a symbol that is not allowed, an eps
    or mu of another shape, or a subspace that x does not have.
    """
    symbols.check(match_baseline, T=T, eps=eps, mu=mu, divergence=divergence, subspace=subspace)
    check_score(f)
    eps = _per_image("eps", budget(f, x, unlearned, subspace) if eps is None else eps, x)
    mu = None if mu is None else _per_image("mu", mu, x)
    x = x.detach()
    baselines = []
    for i in passes(x):
        distance = distance_to(f.rows(i), unlearned[i], divergence)
        delta, step = torch.zeros_like(x[i], dtype=wide(x)), None if mu is None else mu[i]
        for _ in range(T):
            _, slope = gradient(distance, (x[i] + delta).to(x.dtype))  # ∇_δ C
            slope = within(slope, subspace)
            if step is None:
                step = rate_by_rule(eps[i], slope)
            delta = delta - step * slope
            delta = eps[i] * delta / _norm(delta)
        baselines.append((x[i] + delta).to(x.dtype))
    return torch.cat(baselines)


def rate_by_rule(eps: float | Tensor, slope: Tensor) -> Tensor:
    """μ by rule, (n, 1, …): a first step 0.3 ε long.

    slope: ∇_δ C at δ = 0, (n, …), or what `within` makes of it. eps: ε of each row, (n, 1, …).
    """
    return STRIDE * eps / _norm(slope)


def _per_image(name: str, value: float | Tensor, x: Tensor) -> Tensor:
    """One number, or one for each image, shaped (N, 1, …) to multiply (N, …)."""
    value = torch.as_tensor(value, dtype=x.dtype, device=x.device)
    if value.dim() and value.shape != x.shape[:1]:
        raise ValueError(
            f"{name} must be one number, or one for each row of x, ({len(x)},); got shape {tuple(value.shape)}"
        )
    return value.expand(len(x)).view(-1, *[1] * (x.dim() - 1))


def _norm(v: Tensor) -> Tensor:
    """‖v‖₂ of each row, (n, …) → (n, 1, …), and 1 for a row of zeros, so that dividing by it leaves zeros.

    The squares of tiny numbers are 0 in float arithmetic, so each row is first divided by its largest.
    """
    v = v.to(wide(v))
    tiny = 1000 * torch.finfo(v.dtype).tiny
    largest = v.flatten(1).abs().amax(1).clamp(min=tiny)
    norm = largest * (v.flatten(1) / largest[:, None]).norm(dim=1)
    return norm.where(norm > tiny, 1).view(-1, *[1] * (v.dim() - 1))


def distance_to(f: Score, unlearned: Tensor, divergence: Divergence = "kl") -> Callable[[Tensor], Tensor]:
    """C as a function of x + δ: (n, …) → (n,). unlearned: the answer to match, (n, classes).

    In double precision: at 1 − p_c = 10⁻⁷ a float has rounded p_c to 1, and the slopes of all but KL to the wrong side.
    (Apple's GPUs have no doubles; there it stays a float.)
    """
    check_score(f)
    precise = torch.float32 if unlearned.device.type == "mps" else torch.float64
    q = unlearned.to(precise)
    return lambda x: DIVERGENCES[divergence](f.logits(x).to(precise).log_softmax(1), q).sum(1)


def _log(q: Tensor) -> Tensor:
    return q.clamp(min=torch.finfo(q.dtype).tiny).log()  # a probability may have rounded to 0


# C, class by class, from log p and q; each is 0 where p = q, and nowhere negative once it is summed.
DIVERGENCES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "kl": lambda log_p, q: F.kl_div(log_p, q, reduction="none"),  # KL(q ‖ p): p must not rule out what q allows
    "reverse_kl": lambda log_p, q: log_p.exp() * (log_p - _log(q)),  # KL(p ‖ q): nor q what p allows
    "l2": lambda log_p, q: (log_p.exp() - q).square(),
    "total_variation": lambda log_p, q: (
        (log_p.exp() - q).abs() / 2
    ),  # where p_c alone is above q_c, its slope is p_c's own
}
