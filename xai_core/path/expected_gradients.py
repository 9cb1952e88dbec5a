"""Expected Gradients: Integrated Gradients from many references at once [Erion2021, §2].

    A = E_{x′ ∼ D, α ∼ U(0,1)} [ (x − x′) ⊙ ∇F(x′ + α (x − x′)) ]
      ≈ 1/N Σ_{k=1…N} (x − x′_k) ⊙ ∇F(x′_k + α_k (x − x′_k))

No single baseline is "nothing to see": D is a set of references, and A the mean of Integrated Gradients from all of
them. One sample serves both expectations, so N gradients are enough for any D.
Complete on average: Σ_i A_i → F(x) − E_{x′} F(x′). With one reference and α on the nodes of a rule, it is Integrated
Gradients by that rule.
Units: score. What to look at: the gap, which falls as 1/√N only; `rule` trades the random α for nodes.
"""

from typing import Annotated

import numpy as np
import torch
from torch import Tensor

from xai_core import symbols
from xai_core.baselines import blur, make_baseline
from xai_core.inputs import check_dense
from xai_core.path.paths import straight
from xai_core.path.quadrature import quadrature
from xai_core.path.traces import Trace
from xai_core.precision import wide
from xai_core.score import ScoreFunction, gradient, rows, rows_at_once
from xai_core.stages import Method
from xai_core.symbols import Choice, Symbol

COPIES = 5  # noisy and blurred copies of x, each
References = Annotated[
    str | Tensor,
    Choice("references", "the inputs that x is compared with", ("noise_and_blur", "noise", "blur"),
           open="a tensor of inputs (N₀, …), such as a sample of the data"),
]  # fmt: skip
Alphas = Annotated[
    str,
    Choice("rule", "where α lies", ("uniform", "right", "left", "midpoint", "trapezoid", "gauss_legendre")),
]
Points = Annotated[
    int, Symbol("N", "N", "pairs of a reference and an α", "gradients", low=1, high=300, step=1, least=1, whole=True)
]


def expected_gradients(
    f: ScoreFunction,
    x: Tensor,
    N: Points = 100,
    references: References = "noise_and_blur",
    rule: Alphas = "uniform",
    seed: int = 0,
) -> Tensor:
    """The mean of (x − x′) ⊙ ∇F over N pairs (x′, α): (N, …) → (N, …), in units of the score. [Erion2021, eq. 2].

    references: a tensor (N₀, …) of inputs like those of x, or copies of x: five noisier and noisier, five more and more
        blurred. Each is used equally often. rule: "uniform" draws α, any other takes the rule's N nodes.
    seed: of the noise, of α, and of which reference meets which α. Costs N gradients.
    Raises TypeError or ValueError for an N, references or rule that is not allowed.

    Examples:
        F = x₁ + 2x₂ at (3, 1), from (0, 0) and (1, 1): ΣA = F(x) − the mean of 0 and 3.

        >>> import torch, xai_core
        >>> F, D = lambda x: x[:, 0] + 2 * x[:, 1], torch.tensor([[0.0, 0.0], [1.0, 1.0]])
        >>> xai_core.expected_gradients(F, torch.tensor([[3.0, 1.0]]), N=10, references=D).round(decimals=3)
        tensor([[2.5000, 1.0000]])
    """
    symbols.check(expected_gradients, N=N, rule=rule)
    means = []
    for i in torch.arange(len(x), device="cpu").split(1):
        D = reference_set(x[i], references, seed)
        means.append(mean_over_pairs(rows(f, i), x[i], D, N, rule, seed))
    return torch.cat(means)


def reference_set(x: Tensor, references: References = "noise_and_blur", seed: int = 0) -> Tensor:
    """D of one input x (1, …): (N₀, …). Raises TypeError or ValueError if references are not like x."""
    x = x.detach()
    if isinstance(references, Tensor):
        check_dense(references, "references")
        if references.shape[1:] != x.shape[1:] or not len(references) or not torch.isfinite(references).all():
            raise ValueError(
                f"references must be finite inputs (N₀, {', '.join(map(str, x.shape[1:]))}), like those of x;"
                f" got {tuple(references.shape)}"
            )
        return references.detach().to(x)
    if not isinstance(references, str):
        raise TypeError(f"references must be a name or a tensor of inputs; got {type(references).__name__}")
    symbols.check(expected_gradients, references=references)
    rng = np.random.default_rng(seed)
    spread = [(k + 1) / COPIES for k in range(COPIES)]
    noise = torch.from_numpy(rng.standard_normal((COPIES, *x.shape[1:]))).to(x)
    noisy = [x + s * 0.4 * each for s, each in zip(spread, noise, strict=True)]
    side = max(x.shape[2:], default=0)
    blurred = [blur(x, s * 0.2 * side) for s in spread] if side else [make_baseline(x, "mean")]
    return torch.cat({"noise": noisy, "blur": blurred}.get(references, [*noisy, *blurred]))


def mean_over_pairs(f: ScoreFunction, x: Tensor, D: Tensor, N: int, rule: str, seed: int) -> Tensor:
    """1/N Σ_k (x − x′_k) ⊙ ∇F(x′_k + α_k (x − x′_k)) of one input x (1, …): (1, …)."""
    x, rng = x.detach(), np.random.default_rng(seed)
    which = torch.from_numpy(rng.permutation(np.arange(N) % len(D)))  # each reference equally often, (N,)
    if rule == "uniform":
        α, weights = rng.random(N), np.full(N, 1 / N)
    else:
        α, weights = map(np.array, quadrature(N, rule))
    A, like = torch.zeros_like(x, dtype=wide(x)), x
    x, D = x.to(A), D.to(A)
    for part in torch.arange(N, device="cpu").split(rows_at_once(x)):
        start = D[which[part]]  # x′_k, (n, …)
        shape = (-1, *[1] * (x.dim() - 1))
        a, w = (torch.from_numpy(v)[part].to(x).view(shape) for v in (α, weights))
        _, slope = gradient(f, (start + a * (x - start)).to(like))
        A += (w * (x - start) * slope).sum(0, keepdim=True)
    return A.to(like)


# Its stages. The trace is that of all the straight paths, one a reference: for the scores of a path, not for the sum.


def _trace(f: ScoreFunction, x: Tensor, D: Tensor) -> Trace:
    x = x.detach().expand_as(D)
    return Trace(f, straight(D, x), x)


def _nodes(N: Points) -> tuple[int, str]:
    return N, "midpoint"


ROWS = (
    Method(
        expected_gradients,
        title="Expected Gradients",
        family="path",
        paper="Erion et al. 2021",
        equation=r"A = \frac{1}{N} \sum_{k=1}^{N} (x - x'_k) \odot \nabla F_c\big(x'_k + \alpha_k (x - x'_k)\big),"
        r" \qquad x'_k \sim D, \quad \alpha_k \sim U(0, 1)",
        cost="N",
        needs="gradients",
        stages={"D": reference_set, "trace": _trace, "nodes": _nodes, "attribution": mean_over_pairs},
    ),
)
