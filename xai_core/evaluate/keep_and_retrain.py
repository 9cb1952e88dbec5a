"""Keep and retrain (KAR): can a network do without what a method calls unimportant?

    K_s  =  all features but the ⌊s M⌉ least important               s = 10 % … 90 %
    e(s) =  error on held-out data of a network that has learned from the features K_s alone; mean over runs

Hooker, Erhan, Kindermans & Kim 2019 [Hooker2019]; the NormLIME paper [Ahern2019, §5 and figure 4]. The lower e(s), the
better was the order: what it dropped was not needed.

Retraining is the point. A trained network that is shown a picture with holes fails because it has never seen holes; a
network that has learned with them fails only where something is missing that nothing else tells.
Units: the error is a share of the held-out examples, 0 to 1.
What to look at: `random`, an order by lot. Features say the same thing twice: at 50 % it loses little. A method has to
beat it, not to be low. And the runs: networks differ from seed to seed even if nothing is dropped.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Annotated

import numpy as np
import torch
from torch import Tensor

from xai_core import symbols
from xai_core.inputs import check_dense
from xai_core.rankings import check_map
from xai_core.symbols import Symbol

Runs = Annotated[
    int, Symbol("runs", "R", "networks trained from different seeds", "networks", low=1, high=10, step=1, least=1,
                whole=True)
]  # fmt: skip


SHARES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)  # NormLIME paper, figure 4

Retrain = Callable[[Tensor, int], float]  # (kept (M,) bool, run) → error of a network trained on those features


@dataclass(frozen=True)
class Retrained:
    """What was dropped, and how well networks did without."""

    shares: tuple[float, ...]
    errors: Tensor  # (shares, runs) float64
    kept: Tensor  # (shares, runs, M) bool; runs differ where features are equally important


def keep_and_retrain(
    importance: Tensor,
    retrain: Retrain,
    shares: Sequence[float] = SHARES,
    runs: Runs = 5,
    seed: int = 0,
    progress: Callable[[Iterable], Iterable] = iter,
) -> Retrained:
    """Drop the least important features share by share, and have a network trained on what is left, `runs` times.

    importance: (M,), one number a feature for the whole data set, largest most important. All the same: an order by
        lot, another in each run, which is what a method has to beat.
    retrain: (kept (M,) bool, run) → error. It trains a network from scratch on those features alone, from the seed
        `run`, and judges it on data that neither the network nor `importance` has seen.
    shares: of the features to drop, each from 0 (nothing) to 1 (everything).
    progress: wraps the loop over all (share, run), such as `tqdm`.
    Raises ValueError or TypeError with the argument's name, what was given and what is allowed.
    """
    symbols.check(keep_and_retrain, runs=runs)
    kept = torch.stack([kept_features(importance, shares, seed, run) for run in range(runs)], 1)  # (S, R, M)
    errors = torch.zeros(len(shares), runs, dtype=torch.double, device="cpu")
    for s, run in progress([(s, run) for s in range(len(shares)) for run in range(runs)]):
        error = retrain(kept[s, run].clone(), run)
        if not isinstance(error, Real | Tensor | np.number) or not 0 <= float(error) <= 1:
            raise ValueError(f"retrain must return an error, a share from 0 to 1; got {error!r}")
        errors[s, run] = float(error)
    return Retrained(tuple(shares), errors, kept)


def kept_features(importance: Tensor, shares: Sequence[float], seed: int = 0, run: int = 0) -> Tensor:
    """What is left when each of these shares is dropped, (shares, M) bool: of two shares, the larger keeps a part.

    Among equally important features the lot decides, by seed and run. In reading order a picture would lose its top
    rows first, and a method that calls half of the features unimportant would be judged by that.
    """
    _check(importance, shares)
    M = len(importance)
    lot = np.random.default_rng([seed, run]).random(M)
    order = np.lexsort((lot, importance.detach().cpu().double().numpy()))  # least important first
    kept = torch.ones(len(shares), M, dtype=torch.bool, device="cpu")
    for row, share in zip(kept, shares, strict=True):
        row[order[: round(share * M)]] = False
    return kept


def _check(importance: Tensor, shares: Sequence[float]) -> None:
    if isinstance(importance, Tensor):
        check_dense(importance, "importance")
    if not isinstance(importance, Tensor) or importance.dim() != 1 or not len(importance):
        given = tuple(importance.shape) if isinstance(importance, Tensor) else type(importance).__name__
        raise ValueError(f"importance must be a tensor (M,), one number a feature; got {given}")
    check_map(importance[None], "importance")
    if not len(shares):
        raise ValueError("shares must be one share or more; got none")
    for share in shares:
        if isinstance(share, bool) or not isinstance(share, Real) or not (math.isfinite(share) and 0 <= share <= 1):
            raise ValueError(f"shares must be numbers from 0 (drop nothing) to 1 (drop everything); got {share!r}")
