"""What a table says of many numbers: mean, spread, how sure the mean is, and whether two methods differ.

    mean ± std                       std with n − 1: how much single pictures differ
    mean ± t_{n−1} std / √n          95 % confidence interval of the mean (Student): how sure the mean is
    Wilcoxon's signed-rank test      of the differences picture by picture: both methods saw the same [Wilcoxon1945]
    Friedman's test                  of several methods at once: whether their ranks differ at all [Friedman1937]
    Holm 1979 [Holm1979]             p₍₁₎·m, p₍₂₎·(m − 1), … made increasing: of m tests in a table none is a lucky one

A score that does not exist for a picture (NaN) enters none of these, and is counted.
What to look at: with 20 pictures a p-value cannot fall below 2⁻¹⁹, and with 50,000 any difference is significant; the
difference itself says whether it matters.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy  # its parts are loaded at their first use

LEVEL = 0.95


@dataclass(frozen=True)
class Summary:
    """Of the numbers that exist."""

    n: int
    missing: int
    mean: float
    std: float
    low: float
    high: float


@dataclass(frozen=True)
class Comparison:
    """One method against another on the pictures that both have a number of."""

    pairs: int
    difference: float  # mean of (this − other)
    p: float


def summary(values: Sequence[float]) -> Summary:
    """Mean, standard deviation and confidence interval. NaN where there are too few numbers."""
    numbers = np.asarray(values, dtype=float)
    known = numbers[~np.isnan(numbers)]
    n, nan = len(known), math.nan
    mean = float(known.mean()) if n else nan
    std = float(known.std(ddof=1)) if n > 1 else nan
    half = scipy.stats.t.ppf((1 + LEVEL) / 2, n - 1) * std / math.sqrt(n) if n > 1 else nan
    return Summary(n, len(values) - n, mean, std, float(mean - half), float(mean + half))


def compare(values: Sequence[float], other: Sequence[float]) -> Comparison:
    """Wilcoxon's two-sided test, pair by pair. values, other: in the same order of pictures; NaN drops a pair."""
    differences = np.asarray(values, dtype=float) - np.asarray(other, dtype=float)
    known = differences[~np.isnan(differences)]
    if len(known) == 0:
        return Comparison(0, math.nan, math.nan)
    same = not known.any()  # nothing to rank: no evidence of a difference
    return Comparison(len(known), float(known.mean()), 1.0 if same else float(scipy.stats.wilcoxon(known).pvalue))


def differ(values: np.ndarray) -> float:
    """p of Friedman's test that k methods are alike on the same n pictures, (k, n); of two, Wilcoxon's. NaN of one."""
    if len(values) < 2 or not values.shape[1]:
        return math.nan
    if len(values) == 2:
        return compare(values[0], values[1]).p
    if (values == values[0]).all():  # nothing to rank
        return 1.0
    return float(scipy.stats.friedmanchisquare(*values).pvalue)


def holm(p: Sequence[float]) -> list[float]:
    """p-values corrected for their number; NaN (no test) stays NaN and does not count."""
    order = sorted((each, i) for i, each in enumerate(p) if not math.isnan(each))
    corrected, largest = [math.nan] * len(p), 0.0
    for rank, (each, i) in enumerate(order):
        largest = max(largest, min(1.0, each * (len(order) - rank)))
        corrected[i] = largest
    return corrected


def least_pairs(tests: int, level: float = 0.05) -> int:
    """How many pairs a difference needs to be significant: of n signs that agree, p · tests = 2¹⁻ⁿ · tests < level."""
    return math.floor(1 + math.log2(max(1, tests) / level)) + 1
