"""Unlearning, stage 1 of UNI: one step that makes the network forget an image (Choi, Duplessis & Belongie 2025).

    θ̂ = θ + η ∇_θ L / ‖∇_θ L‖₂            L: cross-entropy of the network at (x, y)      [Choi2025, Algorithm 1, line 4]

Units: η is a length in the space of the weights. What to look at: how far F_c(x) falls, and what it falls to.

Training went down this slope; one step of length η back up it undoes some of what was learned about x. That is
*approximate* unlearning. The *exact* kind trains again without x (Bourtoule et al. 2021) [Bourtoule2021]. It needs the
data and the time, and one picture among thousands may make no difference.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Annotated

import torch
from torch import Tensor, nn

from xai_core import symbols
from xai_core.network.answers import NoSlope, differentiated
from xai_core.network.private_copy import private_copy
from xai_core.precision import wide
from xai_core.score import Score, check_score
from xai_core.symbols import Choice, Symbol

Ascent = Annotated[
    float, Symbol("eta", "η", "unlearning step ‖θ̂ − θ‖₂", "weights, ℓ2", low=0.05, high=5.0, step=0.05, above=True)
]
Weights = Annotated[str, Choice("weights", "which weights unlearn", ("all", "last_layer"))]


def unlearn(f: Score, x: Tensor, eta: Ascent = 1.0, weights: Weights = "all") -> Score:
    """The same score for the network with weights θ̂, one normalised ascent step away from θ.

    x: one image (1, …): the direction belongs to it. eta: ‖θ̂ − θ‖₂, over all weights that move, together.
    weights: "all", or those of the "last_layer" alone: what the network sees stays, only its verdict is unlearned.
    Raises TypeError or ValueError for a symbol that is not allowed. Raises ValueError for more than one image, a
    network of one class, or a score that depends on no weights.
    """
    symbols.check(unlearn, eta=eta, weights=weights)
    check_score(f)
    if len(x) != 1:
        raise ValueError(f"x must be one image (1, …), each has its own unlearning direction; got {len(x)}")
    θ, moving = _movable(f, weights)
    f = replace(f, model=θ, target=f.target[:1])
    _ascend(f, moving, x, eta)
    for weight in θ.parameters():
        weight.requires_grad_(False)
    return f


def _movable(f: Score, weights: Weights) -> tuple[nn.Module, list[nn.Parameter]]:
    """A copy of the network, and those of its weights that unlearn."""
    θ = private_copy(f.model, frozen=False)
    return θ, [p for p in (θ if weights == "all" else _last_layer(θ)).parameters() if p.requires_grad]


def _ascend(f: Score, moving: list[nn.Parameter], x: Tensor, eta: float) -> None:
    """θ̂ in the place of θ: one step of length η that makes f's network forget x, (1, …)."""
    with torch.inference_mode(False), torch.enable_grad():
        # L = −log F_c, so ∇L = −(1 − F_c) ∇m: the direction of −m, which is still there where F_c has rounded to 1.
        try:
            point = x.detach().requires_grad_()  # gradient checkpoints of the old kind want it so
            _, slopes = differentiated(partial(log_odds(f), point), moving, unused=True)
        except NoSlope:
            raise ValueError("model must have weights to unlearn with; this score depends on none") from None
        norm = torch.stack([s.norm(dtype=wide(s)) for s in slopes]).norm()  # one number for all weights
        ascent = eta / norm if norm > 0 else 0.0  # no slope, no direction: θ̂ = θ
        for weight, slope in zip(moving, slopes, strict=True):
            weight.data = weight.detach() - ascent * slope  # new memory: the old is shared with the caller's network


def _last_layer(model: nn.Module) -> nn.Module:
    """The module that owns the last matrix of weights, in the order of declaration: a classifier's head."""
    layers = [m for m in model.modules() if any(p.dim() > 1 for p in m.parameters(recurse=False))]
    return layers[-1] if layers else model


@torch.inference_mode(False)  # here and below: autograd cannot use what is made in a caller's inference mode
def unlearned_probabilities(f: Score, x: Tensor, eta: Ascent = 1.0, weights: Weights = "all") -> Tensor:
    """F(x; θ̂), each image by the network that forgot it: (N, …) → (N, classes), probabilities.

    Raises TypeError or ValueError as `unlearn` does.
    """
    symbols.check(unlearn, eta=eta, weights=weights)
    check_score(f)
    θ, moving = _movable(f, weights)  # one copy: its weights are set for an image, and put back for the next
    learned, forgotten = [p.detach() for p in moving], []
    for i in torch.arange(len(x), device="cpu").split(1):
        f_hat = replace(f.rows(i), model=θ, target=f.rows(i).target[:1])
        _ascend(f_hat, moving, x[i], eta)
        with torch.no_grad():
            forgotten.append(f_hat.logits(x[i]).softmax(1))
        for weight, value in zip(moving, learned, strict=True):
            weight.data = value
    return torch.cat(forgotten)


def log_odds(f: Score) -> Callable[[Tensor], Tensor]:
    """m(x) = log F_c/(1 − F_c), a function (n, …) → (n,). It has a slope where F_c itself has rounded to 1.

    Called with a network of one class, m raises ValueError.
    """
    check_score(f)

    def m(x: Tensor) -> Tensor:
        logits = f.logits(x)
        if logits.shape[1] < 2:
            raise ValueError("model must have two classes or more for one to be unlearned; it has 1")
        target = f.target.to(x.device).expand(len(x))[:, None]
        others = logits.scatter(1, target, -torch.inf).logsumexp(1)
        return logits.gather(1, target)[:, 0] - others

    return m
