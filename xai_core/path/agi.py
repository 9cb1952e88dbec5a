"""AGI, Adversarial Gradient Integration: from where another class wins, to x (Pan, Li & Zhu 2021) [Pan2021].

For each of K other classes j, at most T steps of an attack that makes the network say j:
    x_0 = x,   x_{t+1} = clip(x_t + ε sign ∇ log p_j(x_t)),   until j is predicted;   x_adv^j = the last point
    A^j = ∫ ∇F ⊙ dγ   along the straight pieces from x_adv^j back to x;      A = mean_j A^j

No baseline has to be chosen: every rival class brings its own. Each path is complete, Σ_i A^j_i = F(x) − F(x_adv^j),
and the mean keeps that meaning whatever K is: Σ_i A_i = F(x) − mean_j F(x_adv^j). (A sum over j would grow with K.)
∇ log p has the signs of ∇p, and is still there where p has rounded to 0.

The authors' code does something else: every step starts again from the *original* x, at the latest gradient's signs,
and −∇F(x_t) ⊙ (x_{t+1} − x) is summed over t and j. That is a sum over no path, and says nothing about F(x) − F(x_adv).
`published=True` computes it, for comparison.
Units: ε in pixel values, A in score. What to look at: the maps of single classes, `agi_trace(…).attribution(B, rule)`.
"""

from itertools import pairwise
from typing import Annotated

import torch
from torch import Tensor

from xai_core import symbols
from xai_core.path.completeness import checked
from xai_core.path.paths import polyline
from xai_core.path.traces import KEPT_BYTES, Trace, nodes
from xai_core.precision import wide
from xai_core.score import Score, check_score, gradient, passes, rows_at_once
from xai_core.stages import Method
from xai_core.symbols import Rule, Steps, Symbol

Rivals = Annotated[
    int, Symbol("K", "K", "other classes, one path to each", "classes", low=1, high=50, step=1, least=1, whole=True)
]
AttackSteps = Annotated[
    int, Symbol("T", "T", "most steps towards another class", "gradients", low=1, high=50, step=1, least=1, whole=True)
]
PixelStep = Annotated[
    float,
    Symbol("eps", "ε", "change of every pixel in a step", "pixel values", low=0.001, high=0.2, step=0.001, above=True),
]


def rivals(f: Score, x: Tensor, K: Rivals = 15) -> Tensor:
    """The K classes that the network finds likeliest at x besides F's own, likeliest first: (N, …) → (K, N).

    Fewer if the network has fewer. Raises TypeError or ValueError if K is not a whole number, at least 1, and
    ValueError for a network of one class.
    """
    symbols.check(rivals, K=K)
    check_score(f)
    with torch.no_grad():
        logits = torch.cat([f.logits(x[i]) for i in passes(x)])  # (N, classes)
    if logits.shape[1] < 2:
        raise ValueError("model must have two classes or more, AGI walks from one to the others; it has 1")
    own = f.target.to(x.device).expand(len(x))[:, None]
    return logits.scatter(1, own, -torch.inf).topk(min(K, logits.shape[1] - 1), dim=1).indices.T


def attack(
    f: Score, x: Tensor, rival: Tensor, T: AttackSteps = 20, eps: PixelStep = 0.05, *, restart: bool = False
) -> tuple[list[Tensor], Tensor]:
    """The points x_0 … x_t of an attack on each row, x (R, …) and rival (R,), and how many steps each row took, (R,).

    Pixels stay in [0, 1]; an image that goes beyond by itself may use its own range. A row whose rival is predicted
    stays where it is. restart=True: every step starts from x again (the authors' code).
    Raises TypeError or ValueError for a T or eps that is not allowed.
    """
    symbols.check(attack, T=T, eps=eps)
    shape = (-1, *[1] * (x.dim() - 1))
    low, high = x.flatten(1).amin(1).clamp(max=0).view(shape), x.flatten(1).amax(1).clamp(min=1).view(shape)
    points, steps = [x], torch.zeros(len(x), dtype=torch.long, device=x.device)
    moving = torch.arange(len(x), device=x.device)
    for _ in range(T):
        direction, reached = _towards(f.rows(moving), points[-1][moving], rival[moving])
        moving, direction = moving[~reached], direction[~reached]
        if not len(moving):
            break
        origin, following = x if restart else points[-1], points[-1].clone()
        following[moving] = (origin[moving] + eps * direction.sign()).clamp(low[moving], high[moving])
        points.append(following)
        steps[moving] += 1
    return points, steps


def _towards(f: Score, x: Tensor, rival: Tensor) -> tuple[Tensor, Tensor]:
    """∇ log p_rival, and whether the rival is predicted: (R, …) → (R, …), (R,)."""
    slopes, reached = [], []
    for i in passes(x):
        named: list[Tensor] = []

        def log_p(x: Tensor, i: Tensor = i, named: list[Tensor] = named) -> Tensor:
            logits = f.rows(i).logits(x)  # (r, classes)
            named.append(logits.argmax(1))
            return logits.log_softmax(1).gather(1, rival[i, None])[:, 0]

        slopes.append(gradient(log_p, x[i])[1])
        reached.append(named[-1] == rival[i])
    return torch.cat(slopes), torch.cat(reached)


def agi_trace(
    f: Score,
    x: Tensor,
    K: Rivals = 15,
    T: AttackSteps = 20,
    eps: PixelStep = 0.05,
    *,
    keep: int = KEPT_BYTES,
) -> Trace:
    """The trace of all K paths at once, from x_adv^j at α = 0 to x at α = 1. Row j·N + i: image i, its j-th rival.

    Raises TypeError or ValueError for a K, T or eps that is not allowed, and ValueError for a network of one class.
    """
    rival = rivals(f, x, K)  # (K, N)
    x = x.detach().repeat(len(rival), *[1] * (x.dim() - 1))  # (K·N, …)
    points, steps = attack(f, x, rival.flatten(), T, eps)
    points += [points[-1]] if len(points) == 1 else []  # every rival is predicted at x: a path that stays there
    path = polyline(*reversed(points), skip=len(points) - 1 - steps)
    return Trace(f, path, x, keep=keep)


def agi(
    f: Score,
    x: Tensor,
    B: Steps = 20,
    K: Rivals = 15,
    T: AttackSteps = 20,
    eps: PixelStep = 0.05,
    rule: Rule = "midpoint",
    published: bool = False,
) -> Tensor:
    """mean_j ∫ ∇F ⊙ dγ along the way back from the attack towards class j: (N, …) → (N, …). [Pan2021].

    In units of the score; ε in pixel values. K = 15, T = 20, ε = 0.05: the authors'.
    B, rule: points on each path, as in `quadrature`; one step of ε = 0.05 in every pixel may cross from class to class,
        so that the gradient where it begins says little about it.
    Costs at most K (T + B) gradients an image, fewer where the attack succeeds earlier; B is not used if published.
    Raises TypeError or ValueError for a symbol that is not allowed, and ValueError for a network of one class.

    Examples:
        The logits are x₁ and x₂. Three steps of 0.1 from (0.75, 0.2) reach (0.45, 0.5), where class 1 is predicted.

        >>> import torch, xai_core
        >>> x = torch.tensor([[0.75, 0.2]])
        >>> f = xai_core.make_score(torch.nn.Identity(), x, target=0, output="logit")
        >>> A = xai_core.agi(f, x, eps=0.1)
        >>> round(A.sum().item(), 4)  # F(x) − F(x_adv) = 0.75 − 0.45
        0.3
    """
    symbols.check(agi, B=B, K=K, T=T, eps=eps, rule=rule)
    check_score(f)
    if not isinstance(published, bool):
        raise TypeError(f"published (the authors' sum instead of a path) must be True or False; got {published!r}")
    found = []
    for i in torch.arange(len(x), device="cpu").split(
        max(1, rows_at_once(x) // K)
    ):  # K paths an image, in bounded memory
        if published:
            found.append(_published(f.rows(i), x[i], K, T, eps))
            continue
        walked = agi_trace(f.rows(i), x[i], K, T, eps, keep=0)
        A = checked(walked, walked.attribution(B, rule), "agi")
        found.append(A.view(-1, *x[i].shape).mean(0, dtype=wide(A)).to(A))
    return torch.cat(found)


def _published(f: Score, x: Tensor, K: int, T: int, eps: float) -> Tensor:
    """Σ_j Σ_t −∇F(x_t) ⊙ (x_{t+1} − x) with every step from x: what the authors' code sums. Not a path."""
    rival = rivals(f, x, K)
    start = x.detach().repeat(len(rival), *[1] * (x.dim() - 1))
    points, steps = attack(f, start, rival.flatten(), T, eps, restart=True)
    A = torch.zeros_like(start, dtype=wide(start))
    for t, (here, following) in enumerate(pairwise(points)):
        moving = (t < steps).nonzero()[:, 0]
        _, slope = gradient(f.rows(moving), here[moving])
        A[moving] -= (slope * (following - start)[moving]).to(A)
    return A.view(-1, *x.shape).sum(0).to(x)


def _from_rivals(f: Score, x: Tensor, K: Rivals, T: AttackSteps, eps: PixelStep) -> Trace:
    return agi_trace(f, x, K, T, eps)


def _mean_over_rivals(
    f: Score,
    x: Tensor,
    nodes: tuple[int, str],
    trace: Trace,
    K: Rivals,
    T: AttackSteps,
    eps: PixelStep,
    published: bool,
) -> Tensor:
    if published:
        return _published(f, x, K, T, eps)
    A = trace.attribution(*nodes)
    return A.mean(0, keepdim=True, dtype=wide(A)).to(A)  # one image: the rows are its K paths


ROWS = (
    Method(
        agi,
        title="AGI",
        family="path",
        paper="Pan, Li & Zhu 2021",
        equation=r"A = \frac{1}{K} \sum_{j=1}^{K} \int \nabla F_c(\gamma^j) \odot d\gamma^j, \qquad"
        r" \gamma^j: x_{\mathrm{adv}}^j \to x",
        cost="≤ K (T + B + 2) + 1",
        needs="gradients",
        stages={"trace": _from_rivals, "nodes": nodes, "attribution": _mean_over_rivals},
    ),
)
