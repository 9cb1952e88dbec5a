"""Max-sensitivity: how far does the map move when the picture trembles? (Yeh et al. 2019, definition 3) [Yeh2019].

    SENS(x) = max_j ‖A(x + n_j) − A(x)‖₂ / ‖A(x)‖₂          n_j: each number drawn from U(−ε, ε)

The random neighbour of the attack: what noise of the same size does, without looking for the worst. The maximum is over
N draws, so it grows with N; it is a lower bound of the true one.
Units: none. 0: the map stays. 1: it moved as far as it is long.
What to look at: the gradient beside SmoothGrad and Integrated Gradients; and the attack's number beside this one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

import torch
from torch import Tensor

from xai_core import symbols
from xai_core.inputs import check_input
from xai_core.rankings import check_map
from xai_core.symbols import AttackBudget, Symbol

Draws = Annotated[int, Symbol("N", "N", "noisy copies", "maps", low=2, high=100, step=1, least=1, whole=True)]


@dataclass(frozen=True, eq=False)
class Sensitivity:
    """How far the map moved in each draw."""

    distances: Tensor  # ‖A(x + n_j) − A(x)‖ / ‖A(x)‖, (N, draws); NaN for a map of zeros

    @property
    def largest(self) -> Tensor:
        """SENS of each image, (N,)."""
        return self.distances.amax(1)


def max_sensitivity(
    attribute: Callable[[Tensor], Tensor],
    x: Tensor,
    N: Draws = 10,
    eps: AttackBudget = 8 / 255,
    seed: int = 0,
    A: Tensor | None = None,
) -> Sensitivity:
    """The largest relative change of a map under noise: (N, …) → (N,). Costs N maps an image, all in the same passes.

    attribute: from inputs to maps, as in `robustness`. It is given N copies of the images, one behind the other, so a
        score made for these images explains each copy for its image's class. A: the maps of x, if they are known.
    A constant map moves like any other; only of a map of zeros nothing can be said, NaN.
    Raises TypeError or ValueError for an x, N or eps that is not allowed, or maps that are not finite.
    """
    symbols.check(max_sensitivity, N=N, eps=eps)
    check_input(x)
    x = x.detach()
    generator = torch.Generator().manual_seed(seed)
    noise = [eps * (2 * torch.rand(x.shape, generator=generator, dtype=x.dtype, device="cpu") - 1) for _ in range(N)]
    A = attribute(x) if A is None else A
    moved = attribute(torch.cat([x + n.to(x.device) for n in noise]))
    check_map(A)
    check_map(moved, "what attribute returns")
    far = (moved.view(N, *A.shape).double() - A).flatten(2).norm(dim=2).T.cpu()  # (images, N)
    size = A.flatten(1).double().norm(dim=1).cpu()[:, None]
    return Sensitivity(torch.where(size > 0, far / size, torch.nan))
