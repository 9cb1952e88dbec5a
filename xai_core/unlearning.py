"""UNI: unlearn the image, find the input that looks unlearned, walk back (Choi, Duplessis & Belongie, ICLR 2025).

Algorithm 1, in its three stages; each is a function that can be used alone:

    1. unlearn          θ̂ = θ + η ∇_θ L / ‖∇_θ L‖₂            L: cross-entropy of the network at (x, y)
    2. match_baseline   T times: δ ← δ − μ ∇_δ KL(F(x; θ̂) ‖ F(x + δ; θ)),  δ ← ε δ / ‖δ‖₂;     x′ = x + δ
    3. attribution      A = (x − x′)/B ⊙ Σ_{k=1…B} ∇F_c(x′ + k/B (x − x′)): Integrated Gradients from x′

A static baseline asserts what "nothing to see" looks like. Here the network is asked instead: one step of gradient
ascent on the loss makes it forget this image, and x′ is the input at distance ε where the network, as it is, answers
like the one that forgot.
Units: x, ε in pixel values (a change of v in each of d pixels is ε = v√d); A in score.
What to look at: F(x′) should be low, and the confidence should rise steadily from x′ to x.
"""

import math
import warnings
from collections.abc import Callable
from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Tensor

from xai_core import symbols
from xai_core.paths import Trace, straight
from xai_core.score import Score, gradient, passes, private_copy
from xai_core.symbols import Ascent, Budget, MatchingSteps, Rate, Rule, Steps

# ε = 0.25 and μ = 0.1 are quoted for the paper, taken here as of a space normalised by a standard deviation s ≈ 0.225.
# In pixels a length is s times as long and a gradient 1/s times as steep: ε = 0.25 s, μ = 0.1 s².
PAPER_EPS, PAPER_MU = 0.056, 0.005
REACH = 2.0  # ε by rule, in first-order distances; see `budget`
LARGEST = 0.25  # … and at most this change a pixel, on average: ε ≤ 0.25 √d
STRIDE = 0.3  # μ by rule: a first step of 0.3 ε


def unlearn(f: Score, x: Tensor, eta: Ascent = 1.0) -> Score:
    """Stage 1: the same score for the network with weights θ̂, one normalised ascent step away from θ.

    x: one image (1, …): the direction belongs to it. eta: ‖θ̂ − θ‖₂, over all weights together.
    """
    symbols.check(unlearn, eta=eta)
    if len(x) != 1:
        raise ValueError(f"x must be one image (1, …), each has its own unlearning direction; got {len(x)}")
    with torch.inference_mode(False), torch.enable_grad():
        θ = private_copy(f.model, frozen=False)
        weights = [p for p in θ.parameters() if p.requires_grad]
        odds = _log_odds(replace(f, model=θ, target=f.target[:1]))(x.detach())  # m = log F_c/(1 − F_c)
        if not weights or not odds.requires_grad:
            raise ValueError("model must have weights to unlearn with; this score depends on none")
        # L = −log F_c, so ∇L = −(1 − F_c) ∇m: the direction of −m, which is still there where F_c has rounded to 1.
        slopes = torch.autograd.grad(-odds.sum(), weights, allow_unused=True, materialize_grads=True)
        norm = torch.stack([s.norm() for s in slopes]).norm()  # one number for all weights
        ascent = eta / norm if norm > 0 else 0.0  # no slope, no direction: θ̂ = θ
        for weight, slope in zip(weights, slopes, strict=True):
            weight.data = weight.detach() + ascent * slope  # new memory: the old is shared with the caller's network
    return replace(f, model=θ.requires_grad_(False))


@torch.inference_mode(False)  # here and below: autograd cannot use what is made in a caller's inference mode
def unlearned_probabilities(f: Score, x: Tensor, eta: Ascent = 1.0) -> Tensor:
    """F(x; θ̂), each image by the network that forgot it: (N, …) → (N, classes)."""
    forgotten = []
    for i in torch.arange(len(x)).split(1):
        f_hat = replace(unlearn(f.rows(i), x[i], eta), output="probability")
        with torch.no_grad():
            forgotten.append(f_hat.outputs(x[i]))
    return torch.cat(forgotten)


@torch.inference_mode(False)
def budget(f: Score, x: Tensor, unlearned: Tensor) -> Tensor:
    """ε by rule, (N,): twice the first-order distance to where the network's odds are those of the unlearned one.

        m(x) = log F_c/(1 − F_c)               log-odds; unlike F_c, it has a slope where F_c is saturated
        ε = 2 (m(x) − m̂) / ‖∇m(x)‖₂            m̂: log-odds under θ̂, but not below chance, −log(classes − 1)

    A larger input, other units or another network change ‖∇m‖, so ε follows all three. The factor 2 is measured, on the
    three shipped networks and ImageNet's SqueezeNet 1.1: F(x′) falls from .7–.98 to .01–.06 on average, Spearman along
    the path is ≥ .98 for every image, the mean gap ≤ .04. Half of it leaves .14 to .15 on the shipped ones; much more,
    and the path bends. tests/test_unlearning.py and test_real.py bound the first three.
    unlearned: F(x; θ̂), (N, classes), from `unlearned_probabilities`.
    """
    chance = -math.log(unlearned.shape[1] - 1)
    forgotten = unlearned.gather(1, f.target.to(x.device).expand(len(x))[:, None])[:, 0].logit().clamp(min=chance)
    found = []
    for i in passes(x):
        odds, slope = gradient(_log_odds(f.rows(i)), x[i])  # (n,), (n, …)
        fall = odds - forgotten[i]
        if ((fall <= 0) & (odds > chance)).any():
            warnings.warn(
                "unlearning left the network as sure as it was; a smaller eta may not overshoot", stacklevel=2
            )
        fall = fall.clamp(min=1)  # at least a factor e in the odds, also for a class not predicted
        found.append(REACH * fall / slope.flatten(1).norm(dim=1))
    return torch.cat(found).clamp(max=LARGEST * math.sqrt(x[0].numel()))


def _log_odds(f: Score) -> Callable[[Tensor], Tensor]:
    def m(x: Tensor) -> Tensor:
        logits = f.logits(x)
        if logits.shape[1] < 2:
            raise ValueError("model must have two classes or more for one to be unlearned; it has 1")
        target = f.target.to(x.device).expand(len(x))[:, None]
        others = logits.scatter(1, target, -torch.inf).logsumexp(1)
        return logits.gather(1, target)[:, 0] - others

    return m


@torch.inference_mode(False)
def match_baseline(
    f: Score,
    x: Tensor,
    unlearned: Tensor,
    T: MatchingSteps = 10,
    eps: Budget = None,
    mu: Rate = None,
) -> Tensor:
    """Stage 2: x′ = x + δ, ‖δ‖₂ = ε, where the network answers like the unlearned one: (N, …) → (N, …).

    unlearned: F(x; θ̂), (N, classes), from `unlearned_probabilities`; any other distribution is allowed (a uniform
    one, …).
    eps: one number, one for each image (N,), or None for the rule in `budget`. δ starts at 0, so that nothing here is
    random, and ends on the sphere: x′ is not cut to [0, 1].
    mu: one number, one for each image, or None for μ = 0.3 ε / ‖∇_δ KL‖ at δ = 0. Since δ is put back on the sphere
    after each step, only μ‖∇‖ against ε matters: a much larger one forgets the last step, a much smaller does nothing.
    """
    symbols.check(match_baseline, T=T, eps=eps, mu=mu)
    eps = _per_image("eps", budget(f, x, unlearned) if eps is None else eps, x)
    mu = None if mu is None else _per_image("mu", mu, x)
    x = x.detach()
    baselines = []
    for i in passes(x):
        divergence = _divergence(f.rows(i), unlearned[i])
        delta, step = torch.zeros_like(x[i]), None if mu is None else mu[i]
        for _ in range(T):
            _, slope = gradient(divergence, x[i] + delta)  # ∇_δ KL
            if step is None:
                step = STRIDE * eps[i] / _norm(slope)
            delta = delta - step * slope
            delta = eps[i] * delta / _norm(delta)
        baselines.append(x[i] + delta)
    return torch.cat(baselines)


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
    tiny = 1000 * torch.finfo(v.dtype).tiny
    largest = v.flatten(1).abs().amax(1).clamp(min=tiny)
    norm = largest * (v.flatten(1) / largest[:, None]).norm(dim=1)
    return norm.where(norm > tiny, 1).view(-1, *[1] * (v.dim() - 1))


def _divergence(f: Score, unlearned: Tensor) -> Callable[[Tensor], Tensor]:
    """KL(F(x; θ̂) ‖ F(x + δ; θ)) as a function of x + δ: (n, …) → (n,)."""
    return lambda x: F.kl_div(f.logits(x).log_softmax(1), unlearned, reduction="none").sum(1)


def uni_baseline(
    f: Score,
    x: Tensor,
    T: MatchingSteps = 10,
    eps: Budget = None,
    eta: Ascent = 1.0,
    mu: Rate = None,
) -> Tensor:
    """Stages 1 and 2: the unlearned baseline x′ of each image, (N, …) → (N, …)."""
    return match_baseline(f, x, unlearned_probabilities(f, x, eta), T, eps, mu)


def uni(
    f: Score,
    x: Tensor,
    B: Steps = 15,
    T: MatchingSteps = 10,
    eps: Budget = None,
    eta: Ascent = 1.0,
    mu: Rate = None,
    rule: Rule = "right",
) -> Tensor:
    """Algorithm 1: Integrated Gradients from the unlearned baseline, (N, …) → (N, …). B, T, η: the paper's.

    eps: None chooses the budget by the rule in `budget`. Costs 1 gradient in the weights, 1 forward pass, T + B
    gradients in the input, and 1 more for the rule.
    """
    symbols.check(uni, B=B, rule=rule)
    x = x.detach()
    start = uni_baseline(f, x, T, eps, eta, mu)
    return Trace(f, straight(start, x), x, remember=False).attribution(B, rule)
