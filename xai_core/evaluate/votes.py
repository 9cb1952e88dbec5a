"""Votes: do people prefer one explanation to another, or could chance have done it?

    share      s_uj = votes of taker u for method j / votes of taker u               Σ_j s_uj = 1
    ANOVA      F = (n Σ_j (s̄_j − s̄)² / (k − 1)) / (Σ_uj (s_uj − s̄_j)² / (k (n − 1)))      n takers, k methods
    Tukey HSD  p_ij = P(q > |s̄_i − s̄_j| / √(MS_within / n)),  q: studentised range of k means, k (n − 1) degrees

Tukey 1949 [Tukey1949]. NormLIME paper (Ahern et al. 2019) [Ahern2019, §4.3]: one sample a taker, the shares of their 20
votes; 83 takers, F = 338. One taker's votes are no 20 independent samples: whoever likes a method likes it again. So
takers are counted, not votes.

ANOVA takes all n·k shares as independent, and they are not: those of a taker sum to 1, in the paper too. So it finds
differences where there are none, in 11 of 100 classes of 20 that choose by chance instead of 5. `blocked` counts each
taker as one block, which leaves (k − 1)/k of F; `friedman` only ranks the methods within each taker.
Units: shares of 1. What to look at: the difference of two means before its p; a p says little of a size.
"""

from dataclasses import dataclass

import numpy as np
import scipy  # its parts are loaded at their first use
from numpy.typing import ArrayLike, NDArray

PAPER_VOTES = {"normlime": 939, "lime": 438, "smoothgrad_squared": 132, "vargrad": 151}
PAPER_TAKERS = 83  # 20 votes each
PAPER_F, PAPER_P = 338, 5.22e-100


@dataclass(frozen=True)
class Anova:
    """Are all means equal? F, its p, and its two degrees of freedom."""

    F: float
    p: float
    between: int
    within: int


@dataclass(frozen=True)
class Pair:
    """Two methods (columns) compared: the difference of their mean shares, its 95 % interval, Tukey's p."""

    first: int
    second: int
    difference: float
    low: float
    high: float
    p: float


def shares(votes: ArrayLike) -> NDArray[np.float64]:
    """Votes of each taker for each method, (n, k) → shares (n, k), each row summing to 1.

    Raises ValueError for negative votes, for fewer than two methods and for a taker without a vote.
    """
    counts = np.asarray(votes, float)
    if counts.ndim != 2 or counts.shape[1] < 2:
        raise ValueError(f"votes must be (takers, methods) with at least 2 methods; got shape {counts.shape}")
    if not np.isfinite(counts).all() or (counts < 0).any():
        raise ValueError("votes must be counts, 0 or more")
    if not counts.sum(1).all():
        raise ValueError(f"votes: taker {int(np.argmin(counts.sum(1)))} has none, so no shares")
    return counts / counts.sum(1, keepdims=True)


def why_untested(s: ArrayLike) -> str:
    """Why these shares (n, k) cannot be tested, in a sentence; empty if they can."""
    s = np.asarray(s, float)
    if len(s) < 2:
        return f"A test compares takers with each other, so it needs at least 2; here is {len(s) or 'none'}."
    if (np.ptp(s, axis=0) < 1e-12).all():
        return "All takers have the same shares. Nothing varies within a method, so F would divide by zero."
    return ""


def anova(s: ArrayLike) -> Anova:
    """One-way ANOVA of shares (n, k), each method a group. Raises ValueError where `why_untested` has a reason."""
    s = _testable(s)
    n, k = s.shape
    found = scipy.stats.f_oneway(*s.T)
    return Anova(float(found.statistic), float(found.pvalue), k - 1, k * (n - 1))


def blocked(s: ArrayLike) -> Anova:
    """ANOVA of shares (n, k) with each taker a block (repeated measures): F shrinks to (k − 1)/k of `anova`'s.

    All takers have the same mean share, 1/k, so a block takes nothing from the sum of squares within a method, but one
    degree of freedom for each taker: Σ² / ((k − 1)(n − 1)) in place of Σ² / (k (n − 1)).
    Raises ValueError where `why_untested` has a reason.
    """
    plain = anova(s)
    k = plain.between + 1
    F, within = plain.F * plain.between / k, plain.within * plain.between // k
    return Anova(F, float(scipy.stats.f.sf(F, plain.between, within)), plain.between, within)


def tukey(s: ArrayLike) -> list[Pair]:
    """Tukey's honestly significant differences of shares (n, k), every pair of methods once, first < second.

    Raises ValueError where `why_untested` has a reason.
    """
    s = _testable(s)
    found = scipy.stats.tukey_hsd(*s.T)
    around = found.confidence_interval(0.95)
    means = s.mean(0)
    return [
        Pair(i, j, float(means[i] - means[j]), float(around.low[i, j]), float(around.high[i, j]),
             float(np.clip(found.pvalue[i, j], 0, 1)))
        for i in range(s.shape[1]) for j in range(i + 1, s.shape[1])
    ]  # fmt: skip


def friedman(s: ArrayLike) -> tuple[float, float]:
    """Friedman's χ² and its p: do takers rank the methods alike? Needs 3 methods or more.

    Raises ValueError where `why_untested` has a reason, and NaN is never returned: takers who all rank every method
    equal say nothing against equality, χ² = 0 and p = 1.
    """
    s = _testable(s)
    if s.shape[1] < 3:
        raise ValueError(f"Friedman's test compares at least 3 methods; got {s.shape[1]}")
    if (np.ptp(s, axis=1) == 0).all():
        return 0.0, 1.0
    found = scipy.stats.friedmanchisquare(*s.T)
    return float(found.statistic), float(found.pvalue)


def interval(s: ArrayLike, confidence: float = 0.95) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean share of each method and half the width of its t interval over takers, (n, k) → (k,), (k,).

    The half width is NaN for a single taker, of whom no spread is known. Raises ValueError for no taker at all.
    """
    s = np.asarray(s, float)
    if len(s) == 0:
        raise ValueError("an interval needs at least one taker")
    if len(s) == 1:
        return s[0], np.full(s.shape[1], np.nan)
    error = s.std(0, ddof=1) / np.sqrt(len(s))
    return s.mean(0), scipy.stats.t.ppf((1 + confidence) / 2, len(s) - 1) * error


def interval_from_F(means: ArrayLike, takers: int, F: float, confidence: float = 0.95) -> float:
    """Half the width of each mean's interval, read back from a published F: for papers that give no spread.

    MS_within = MS_between / F, and MS_between follows from the means alone. One spread for all methods, as in ANOVA.
    """
    means = np.asarray(means, float)
    within = takers * np.square(means - means.mean()).sum() / (len(means) - 1) / F
    t = scipy.stats.t.ppf((1 + confidence) / 2, len(means) * (takers - 1))
    return float(t * np.sqrt(within / takers))


def simulated(takers: int, preference: float, seed: int, votes: int = 20) -> NDArray[np.int64]:
    """Votes of a made-up class, (takers, 4), in the order of PAPER_VOTES.

    preference: 0, everyone chooses by chance; 1, everyone chooses with the paper's shares. Takers differ by chance
    only, so the spread is smaller than among people.
    Raises ValueError for takers below 0, or preference outside [0, 1].
    """
    if takers < 0 or not 0 <= preference <= 1:
        raise ValueError(f"takers must be 0 or more and preference in [0, 1]; got {takers} and {preference}")
    paper = np.array(list(PAPER_VOTES.values())) / sum(PAPER_VOTES.values())
    chances = (1 - preference) / len(paper) + preference * paper
    return np.random.default_rng(seed).multinomial(votes, chances, size=takers)


def _testable(s: ArrayLike) -> NDArray[np.float64]:
    s = np.asarray(s, float)
    if reason := why_untested(s):
        raise ValueError(reason)
    return s
