"""The attack on attributions: can a change that nobody sees turn the map over? (Ghorbani et al. 2019) [Ghorbani2019].

    δ* = argmax d(A(x), A(x + δ))   subject to   ‖δ‖_∞ ≤ ε_f  and  argmax F(x + δ) = argmax F(x)      UNI paper, eq. 3

The change is found by steps along the sign of a gradient, one step of ε_f (FGSM) or several small ones:

    x_{t+1} = clip( x_t − 1.25 · ε_f/T · sign ∇_x D(x_t) ),      D = Σ_{i ∈ top k of A(x)} |G_i| / Σ_i |G_i|

D is the share of a map G that still lies where the map was strongest (Ghorbani's top-k attack). d itself is of no use
to begin with: at δ = 0 it is at its minimum, and its gradient is 0.
G is the gradient of F, or, for a method with a baseline x′, its map along the straight line from x′:

    G = ∇F(x)        or        G = (x − x′) ⊙ 1/B Σ_{k=1…B} ∇F(x′ + k/B (x − x′))

∇D needs second derivatives, which are 0 in a network of ReLUs. So G is taken from its softplus twin: the same weights
with softplus(βa)/β for ReLU(a) [Dombrowski2019]. Networks of smooth functions (GELU) are their own twin. What
counts is what the *real* network's map does at the picture that was found.
surrogate="score" lowers F instead, the plain FGSM [Goodfellow2015]: no second derivative, and no map in it.
Where a step changes the label it is halved until it does not, image by image, so the label is kept by construction.
Units: pixel values. What to look at: `moved`, the picture nobody can tell from x, beside its map; and what noise of the
same size does.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.nn.functional import softplus

from xai_core import symbols
from xai_core.baselines import BaselineName, make_baseline
from xai_core.gradient.deeplift import unasking
from xai_core.gradient.relu_rules import ReLURule
from xai_core.gradient.rescale_rules import attention
from xai_core.inputs import check_input
from xai_core.network.answers import check_unscripted
from xai_core.path.paths import straight
from xai_core.path.traces import Trace
from xai_core.precision import wide
from xai_core.rankings import TopPixels, check_map, rank_correlation, ranking, top_intersection
from xai_core.score import Score, check_score, gradient, passes, rows_at_once
from xai_core.symbols import AttackBudget, Choice, Steps, Symbol

AttackRounds = Annotated[
    int,
    Symbol("steps", "T", "steps of the attack", "gradients", low=1, high=50, step=1, least=1, whole=True),
]
Surrogate = Annotated[str, Choice("surrogate", "what the attack on maps goes down", ("softplus", "score"))]
Sharpness = Annotated[
    float,
    Symbol("beta", "β", "sharpness of softplus in the place of ReLU", "per unit of activation", low=1, high=100, step=1,
           above=True),
]  # fmt: skip


HALVINGS = 8  # of a step that changes the label, before it is given up
OVERSHOOT = 1.25  # T steps of ε_f/T could not come back from a wrong start


class Twin(ReLURule):
    """Softplus for ReLU; attention and hard sigmoid in single steps, as their own have no second derivative.

    In this thread alone, as `ReLURule`.
    """

    def __init__(self, beta: float) -> None:
        # In place, what softplus is told has to be a copy: its slope is asked for at a.
        super().__init__(lambda a, in_place: a.copy_(softplus(a.clone(), beta)) if in_place else softplus(a, beta))

    def __torch_function__(self, function, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if function is F.scaled_dot_product_attention:
            return attention(*args, **kwargs)
        if function is F.hardsigmoid:
            return (args[0] + 3).clamp(0, 6) / 6
        if function is F.multi_head_attention_forward:
            with self:  # its steps are met in turn
                return unasking(function)(*args, **kwargs)
        return super().__torch_function__(function, types, args, kwargs)


@dataclass(frozen=True, eq=False)
class Attacked:
    """A picture that looks the same, and gets the same label."""

    x: Tensor  # (N, …), the original
    moved: Tensor  # (N, …), at most ε_f from it in every number
    smooth: bool  # the network has no ReLU, and was its own twin

    @property
    def size(self) -> Tensor:
        """‖δ‖_∞ of each image, (N,): 0 where every step would have changed the label."""
        return (self.moved - self.x).flatten(1).abs().amax(1)


@dataclass(frozen=True, eq=False)
class Robustness:
    """Two maps, before and after, and how much they agree."""

    attacked: Attacked
    A: Tensor  # (N, …), of x
    A_moved: Tensor  # (N, …), of the moved picture
    spearman: Tensor  # (N,): UNI paper, Table 5
    intersection: Tensor  # (N,), share of the k strongest pixels that stayed: Table 6


def robustness(
    attribute: Callable[[Tensor], Tensor], attacked: Attacked, k: TopPixels = 1000, A: Tensor | None = None
) -> Robustness:
    """How much of a map survives: Spearman's ρ and the top-k intersection, (N,) each.

    attribute: from inputs to maps, such as `lambda x: integrated_gradients(f, x, B=30)`. It has to explain the same
        class for both. A: the map of x, if it is known. k: cut to the number of pixels.
    Both are NaN where one of the two maps is constant. Raises ValueError for maps that are not finite.
    """
    A = attribute(attacked.x) if A is None else A
    moved = attribute(attacked.moved)
    check_map(A)
    check_map(moved, "what attribute returns")
    k = min(k, A[0].numel() // (A.shape[1] if A.dim() == 4 else 1))
    return Robustness(attacked, A, moved, rank_correlation(A, moved), top_intersection(A, moved, k))


def attack_maps(
    f: Score,
    x: Tensor,
    eps: AttackBudget = 8 / 255,
    steps: AttackRounds = 1,
    k: TopPixels = 1000,
    start: BaselineName | None = None,
    B: Steps = 5,
    surrogate: Surrogate = "softplus",
    beta: Sharpness = 5.0,
    seed: int = 0,
) -> Attacked:
    """A picture within ε_f whose map G is strongest elsewhere, with the label that the network gives to x.

    steps: T; 1 is the one-step attack of the UNI paper. k: the strongest pixels of G(x), which are to lose; cut to half
        of the pixels. start: x′ as in `make_baseline`, of a method with a path; None for the gradient. B: points on
        the line from x′. beta: of the twin; larger is nearer to ReLU and less smooth (of 5, 20 and 100 the smallest
        did most on the zoo). seed: of a noise baseline.
    Costs B second-order gradients a step, or one, and a forward pass for every halving.
    Raises TypeError or ValueError with the argument's name, what was given and what is allowed.
    """
    symbols.check(attack_maps, eps=eps, steps=steps, k=k, B=B, surrogate=surrogate, beta=beta)
    check_score(f)
    if surrogate == "softplus":
        check_unscripted(f, "attack_maps with surrogate='softplus'")
    check_input(x)
    x = x.detach()
    start = None if start is None else make_baseline(x, start, seed)
    here = gradient(f, x)[1] if start is None else Trace(f, straight(start, x), x, keep=0).attribution(B)
    order = ranking(here, absolute=True)
    strongest = order[:, : min(k, max(1, order.shape[1] // 2))].to(x.device)
    low, high = (x - eps).clamp(min=min(0.0, float(x.min()))), (x + eps).clamp(max=max(1.0, float(x.max())))
    label, moved, smooth = _labels(f, x), x, False
    size = eps if steps == 1 else OVERSHOOT * eps / steps
    for _ in range(steps):
        if surrogate == "score":
            down = -gradient(f, moved)[1]
        else:
            down, smooth = _downhill(f, moved, strongest, start, B, beta)
        moved = _with_label(f, label, moved, size * down.sign(), low, high)
    return Attacked(x, moved, smooth)


def _downhill(f: Score, x: Tensor, strongest: Tensor, start: Tensor | None, B: int, beta: float) -> tuple[Tensor, bool]:
    """The way in which D falls, (N, …), and whether no ReLU had to be replaced."""
    down, met = torch.zeros_like(x), 0
    for i in torch.arange(len(x), device="cpu").split(max(1, rows_at_once(x) // (1 if start is None else B))):
        with torch.inference_mode(False), torch.enable_grad():
            point = x[i].clone().requires_grad_()
            with Twin(beta) as changed:
                G = _map(f.rows(i), point, None if start is None else start[i], B)
            strong = (G.sum(1, dtype=wide(G)) if G.dim() == 4 else G.to(wide(G))).flatten(1).abs()  # (n, P)
            share = strong.gather(1, strongest[i]).sum(1) / strong.sum(1).clamp(min=torch.finfo(strong.dtype).tiny)
            if share.requires_grad:  # the rows are independent, so the gradient of their sum is each one's own
                slope = _second(share.sum(), point)
                down[i] = down[i] if slope is None else -slope
        met += changed.met
    return down, met == 0


def _second(share: Tensor, x: Tensor) -> Tensor | None:
    """∇D, which asks every step of the network for its second derivative; None where D does not depend on x."""
    try:
        return torch.autograd.grad(share, x, allow_unused=True)[0]
    except RuntimeError as error:
        if isinstance(error, torch.OutOfMemoryError):
            raise
        raise ValueError(
            f"surrogate must be 'score' for this network: one of its steps has no second derivative ({error})"
        ) from error


def _map(f: Score, x: Tensor, start: Tensor | None, B: int) -> Tensor:
    """G with a history, so that it can be differentiated again: (n, …) → (n, …)."""
    if start is None:
        return torch.autograd.grad(f(x).sum(), x, create_graph=True)[0]
    way = x - start
    points = torch.cat([start + k / B * way for k in range(1, B + 1)])  # (B·n, …)
    (slopes,) = torch.autograd.grad(f(points).sum(), points, create_graph=True)
    return way * slopes.view(B, *x.shape).mean(0)


def _with_label(f: Score, label: Tensor, here: Tensor, step: Tensor, low: Tensor, high: Tensor) -> Tensor:
    """Take the step, halved for each image until the label is kept; an image for which none does stays."""
    moved, open_rows = here.clone(), torch.arange(len(here), device=here.device)
    for halving in range(HALVINGS + 1):
        there = (here + step / 2**halving)[open_rows]
        there = torch.maximum(torch.minimum(there, high[open_rows]), low[open_rows])
        kept = _labels(f, there) == label[open_rows]
        moved[open_rows[kept]] = there[kept]
        open_rows = open_rows[~kept]
        if not len(open_rows):
            break
    return moved


def _labels(f: Score, x: Tensor) -> Tensor:
    """The class that the network names, whatever the target: (R, …) → (R,)."""
    with torch.no_grad():
        return torch.cat([f.logits(x[i]).argmax(1) for i in passes(x)])
