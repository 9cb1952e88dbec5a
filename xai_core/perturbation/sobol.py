"""Sobol indices: which feature's uncertainty makes the answer uncertain [Fel2021, §3].

    h(z) = z ⊙ x + (1 − z) ⊙ fill,   z ∈ [0, 1]^M uniform
    S_Ti = E[ Var(F | z_~i) ] / Var F      ≈ Σ_j (F(A_j) − F(A_B⁽ⁱ⁾_j))² / (2 N Var F)                [Jansen1999]

S_Ti is the *total* index: the share of F's variance in which feature i has a part, alone or together with others. So
the indices add up to 1 for a sum of features, and to more where features act together. A and B are two designs of N
masks from one scrambled Sobol sequence; A_B⁽ⁱ⁾ is A with column i from B.
Units: a share of the variance, never negative: the sign of a feature is not asked for.
What to look at: beside LIME or KernelSHAP, the features that matter only together with others.
"""

from typing import Annotated, NamedTuple

import scipy  # its parts are loaded at their first use
import torch
from torch import Tensor

from xai_core import symbols
from xai_core.perturbation.neighbourhood import Neighbourhood, each_row, neighbourhood, painted
from xai_core.perturbation.superpixels import superpixels
from xai_core.score import ScoreFunction
from xai_core.stages import Method
from xai_core.symbols import Fill, Segmentation, Symbol

Designs = Annotated[int, Symbol("N", "N", "masks in a design", "masks", low=8, high=128, step=8, least=2, whole=True)]


class Design(NamedTuple):
    """What will be asked."""

    labels: Tensor  # the feature of each place
    masks: Tensor  # x itself, then A, B and all A_B⁽ⁱ⁾: (1 + N (M + 2), M)


def sobol(
    f: ScoreFunction,
    x: Tensor,
    N: Designs = 32,
    segments: Segmentation = "slic",
    fill: Fill = "grey",
    seed: int = 0,
) -> Tensor:
    """Total Sobol indices: each pixel gets its superpixel's, (N, C, H, W) → (N, 1, H, W); other data (N, …) → (N, …).

    N: the authors' 32, times M + 2 passes for M features, and one for x. fill: as in LIME. seed: of the scrambling.
    Raises TypeError or ValueError for an N, segments or fill that is not allowed.

    Examples:
        F = z₁ + 2z₂: the second feature has four times the variance of the first.

        >>> import torch, xai_core
        >>> F = lambda x: x[:, 0] + 2 * x[:, 1]
        >>> A = xai_core.sobol(F, torch.ones(1, 2), N=256, segments="pixels", fill="black")
        >>> A.round(decimals=1)
        tensor([[0.2000, 0.8000]])
    """
    symbols.check(sobol, N=N)

    def weights_of(f: ScoreFunction, x: Tensor) -> tuple[Neighbourhood, Tensor]:
        asked = near(f, x, design(x, N, segments, seed), fill)
        return asked, total_indices(asked, N)

    return each_row(f, x, weights_of)


def designs(M: int, N: Designs = 32, seed: int = 0) -> Tensor:
    """A, B and A_B⁽¹⁾ … A_B⁽ᴹ⁾, one below the other: (N (M + 2), M) numbers in [0, 1]."""
    symbols.check(designs, N=N)
    power = max(1, (N - 1).bit_length())  # the sequence is balanced at powers of 2
    points = torch.from_numpy(scipy.stats.qmc.Sobol(2 * M, scramble=True, rng=seed).random_base2(power)[:N])
    A, B = points[:, :M], points[:, M:]  # (N, M)
    mixed = A.repeat(M, 1, 1)  # (M, N, M)
    for i in range(M):
        mixed[i, :, i] = B[:, i]
    return torch.cat([A, B, mixed.flatten(0, 1)])


def total_indices(near: Neighbourhood, N: int, target: int | None = None) -> Tensor:
    """S_T of each feature, (M,), from the answers to `designs`: 0 where F does not vary. Never calls the network."""
    answers = near.answers(target)[1:].view(-1, N)  # without x itself: A, B, A_B⁽¹⁾, …, (M + 2, N)
    A, mixed = answers[0], answers[2:]
    variance = answers[:2].var(correction=0)
    total = (A - mixed).square().mean(1) / (2 * variance)  # Σ_j (F(A_j) − F(A_B⁽ⁱ⁾_j))² / (2 N Var F)
    return total if variance > 0 else torch.zeros_like(total)


# Its stages.


def design(x: Tensor, N: Designs, segments: Segmentation, seed: int) -> Design:
    """The masks, before anything is asked."""
    labels = superpixels(x, segments)
    masks = designs(int(labels.max()) + 1, N, seed)
    return Design(labels, torch.cat([torch.ones_like(masks[:1]), masks]))


def near(f_all: ScoreFunction, x: Tensor, design: Design, fill: Fill) -> Neighbourhood:
    """The answers of all classes: what costs N (M + 2) passes."""
    labels, masks = design
    return neighbourhood(f_all, x, len(masks), labels, fill, masks=masks)


ROWS = (
    Method(
        sobol,
        title="Sobol indices",
        family="perturbation",
        paper="Fel et al. 2021",
        equation=r"S_{T_i} = \frac{\mathbb{E}\,[\mathrm{Var}(F_c \mid z_{\sim i})]}{\mathrm{Var}\,F_c} \approx"
        r" \frac{\sum_{j=1}^{N} \big(F_c(A_j) - F_c(A_{B,j}^{(i)})\big)^2}{2 N \, \mathrm{Var}\, F_c}",
        cost="N (M + 2) + 1",
        needs="answers",
        stages={"design": design, "near": near, "values": total_indices, "attribution": painted},
    ),
)
