"""Ground truth in a row: do a sentence's words, or a signal's samples, get their scores where the answer is decided?

    share     Σ_{i decides} |A_i| / Σ_i |A_i|          how much of the attribution lies on what decides
    pointing  [ argmax_i A_i decides ]                 is the place that speaks loudest for the class one of them?
    signs     share of the deciding i, with a known pull, of which A_i has the sign of the pull

A sequence that is scored by chance gets `chance` of the first two, the share of places that decide, and ½ of the third.
The pointing game is Zhang et al.'s [Zhang2016]; pictures have ground_truth.py, which counts what is positive alone.
What to look at: all three. A map may lie on the right words and still tell them the wrong way round.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy  # its parts are loaded at their first use
import torch
from torch import Tensor

from xai_core.inputs import type_and_shape
from xai_core.rankings import check_map


@dataclass(frozen=True)
class Found:
    """What one row of scores found, each in [0, 1]; NaN where the question has no answer."""

    share: float  # NaN for scores that are all 0
    pointing: float  # between 0 and 1 where equals compete
    signs: float  # NaN without a pull
    chance: float


def sequence_truth(A: Tensor, decides: Tensor, pull: Tensor | None = None) -> Found:
    """Compare the scores of one sequence with the truth: (P,), (P,) bool → numbers.

    decides: what decides, neither nothing nor everything. pull: (P,), which way each place pulls, towards the class;
    0 where that is open. Equal scores share `pointing`, so constant ones have `chance` of it.
    Raises ValueError with the argument's name where shapes or types do not fit, or scores are not finite.
    """
    if not isinstance(A, Tensor) or A.dim() != 1:
        raise ValueError(f"A must be scores of one sequence (P,); got {type_and_shape(A)}")
    check_map(A[None])
    if not isinstance(decides, Tensor) or decides.dtype != torch.bool or decides.shape != A.shape:
        raise ValueError(f"decides must be bool {tuple(A.shape)}; got {type_and_shape(decides)}")
    if not decides.any() or decides.all():
        raise ValueError("decides must be neither nothing nor everything: all scores would do")
    if pull is not None and (not isinstance(pull, Tensor) or pull.shape != A.shape):
        raise ValueError(f"pull must have the shape of A, {tuple(A.shape)}; got {type_and_shape(pull)}")
    A, decides = A.detach().double().cpu(), decides.cpu()
    winners = A.max() == A
    signed = decides & (pull.cpu() != 0) if pull is not None else torch.zeros_like(decides)
    agree = (A.sign() == pull.cpu().double().sign())[signed] if pull is not None else A.new_empty(0)
    total = A.abs().sum()
    return Found(
        float(A.abs()[decides].sum() / total) if total > 0 else float("nan"),
        float((winners & decides).sum() / winners.sum()),
        float(agree.double().mean()) if len(agree) else float("nan"),
        float(decides.double().mean()),
    )


def mean_interval(values: Sequence[float], level: float = 0.95) -> tuple[float, float, float]:
    """(mean, low, high): Student's t interval of the mean of independent values in [0, 1]; NaN are left out.

    The interval is cut to [0, 1], outside of which no mean can lie. All three are the value itself where all are equal.
    Raises ValueError for fewer than two values.
    """
    known = np.asarray(values, dtype=float)
    known = known[~np.isnan(known)]
    if len(known) < 2:
        raise ValueError(f"values must be two numbers or more, without NaN; got {len(known)}")
    mean, error = float(known.mean()), float(scipy.stats.sem(known))
    if error == 0:
        return mean, mean, mean
    low, high = scipy.stats.t.interval(level, len(known) - 1, mean, error)
    return mean, max(0.0, float(low)), min(1.0, float(high))
