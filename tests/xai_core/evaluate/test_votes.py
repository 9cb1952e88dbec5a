"""Shares, ANOVA, Tukey and Friedman: by hand, against SciPy, and against what the NormLIME paper reports."""

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from xai_core.evaluate import votes

# Three takers, three methods; every number below is worked out by hand from these.
VOTES = [[6, 3, 1], [5, 3, 2], [7, 3, 0]]
SHARES = [[0.6, 0.3, 0.1], [0.5, 0.3, 0.2], [0.7, 0.3, 0.0]]


def test_shares() -> None:
    np.testing.assert_allclose(votes.shares(VOTES), SHARES)


def test_anova_by_hand() -> None:
    """Means 0.6, 0.3, 0.1, of all 1/3. Between: 3·(0.0711 + 0.0011 + 0.0544) = 0.38, by 2: 0.19.
    Within: 0.02 + 0 + 0.02 = 0.04, by 6: 1/150. F = 0.19 · 150 = 28.5."""
    found = votes.anova(SHARES)
    assert (found.between, found.within) == (2, 6)
    assert pytest.approx(28.5) == found.F
    # For two degrees between, the tail is a power: p = (1 + 2F/6)^(−3).
    assert found.p == pytest.approx((1 + 2 * 28.5 / 6) ** -3)


def test_blocked_by_hand() -> None:
    """Takers' means are all 1/3: the same sums of squares, 0.38 and 0.04, but 2·2 degrees within. F = 0.19/0.01."""
    found = votes.blocked(SHARES)
    assert (found.between, found.within) == (2, 4)
    assert pytest.approx(19.0) == found.F
    assert found.p == pytest.approx((1 + 2 * 19 / 4) ** -2)
    # Of the paper's F, three quarters are left.
    assert scipy.stats.f.sf(votes.PAPER_F * 3 / 4, 3, 246) == pytest.approx(2.6e-75, rel=0.1)


def test_tukey_by_hand() -> None:
    """q = difference / √(MS_within / n) = difference / √(1/450); the interval is ± q₀.₉₅ · √(1/450)."""
    error = (1 / 450) ** 0.5
    pairs = votes.tukey(SHARES)
    assert [(p.first, p.second) for p in pairs] == [(0, 1), (0, 2), (1, 2)]
    for pair, difference in zip(pairs, (0.3, 0.5, 0.2), strict=True):
        assert pair.difference == pytest.approx(difference)
        assert pair.p == pytest.approx(scipy.stats.studentized_range.sf(difference / error, 3, 6), abs=1e-9)
        half = scipy.stats.studentized_range.ppf(0.95, 3, 6) * error
        assert (pair.low, pair.high) == (pytest.approx(difference - half), pytest.approx(difference + half))


def test_friedman_by_hand() -> None:
    """All three takers rank alike: rank sums 9, 6, 3; χ² = 12/(3·3·4)·(81 + 36 + 9) − 3·3·4 = 6; p = e^(−3)."""
    assert votes.friedman(SHARES) == pytest.approx((6.0, np.exp(-3)))


def test_intervals_by_hand() -> None:
    """Standard deviation 0.1, three takers: 4.3027 · 0.1 / √3; a method with equal shares has no width."""
    means, half = votes.interval(SHARES)
    np.testing.assert_allclose(means, [0.6, 0.3, 0.1])
    np.testing.assert_allclose(half, [4.302653 * 0.1 / 3**0.5, 0, 4.302653 * 0.1 / 3**0.5], rtol=1e-6, atol=1e-12)
    means, half = votes.interval(SHARES[:1])
    assert means.tolist() == SHARES[0] and np.isnan(half).all()
    with pytest.raises(ValueError, match="at least one taker"):
        votes.interval(np.zeros((0, 4)))


@settings(max_examples=15)
@given(arrays(int, st.tuples(st.integers(2, 6), st.just(4)), elements=st.integers(1, 20)), st.integers(0, 3))
def test_agrees_with_scipy(counts: np.ndarray, one: int) -> None:
    counts[0, one] += 1 + counts[:, one].max()  # somebody differs, so that there is something to test
    s = votes.shares(counts)
    np.testing.assert_allclose(s.sum(1), 1)
    if votes.why_untested(s):
        return
    F, p = scipy.stats.f_oneway(*s.T)
    found = votes.anova(s)
    assert (found.F, found.p) == (pytest.approx(F), pytest.approx(p))
    assert (found.between, found.within) == (3, 4 * (len(s) - 1))
    # The same from the definition.
    between = len(s) * np.square(s.mean(0) - 1 / 4).sum() / 3
    within = np.square(s - s.mean(0)).sum() / found.within
    assert pytest.approx(between / within, rel=1e-6) == found.F
    assert 0 <= votes.friedman(s)[1] <= 1


def test_the_papers_numbers_fit_each_other() -> None:
    assert sum(votes.PAPER_VOTES.values()) == 1660 == 20 * votes.PAPER_TAKERS
    # F was printed without decimals: any F from 337.5 to 338.5 may have been found. p lies between theirs, for 3 and
    # 4·82 = 328 degrees of freedom; not for 331, what is left of 332 shares without a group's mean.
    largest, smallest = scipy.stats.f.sf([votes.PAPER_F - 0.5, votes.PAPER_F + 0.5], 3, 328)
    assert smallest < votes.PAPER_P < largest
    assert scipy.stats.f.sf(votes.PAPER_F - 0.5, 3, 331) < votes.PAPER_P
    # 30 % more votes than all others together (§1).
    best, *others = votes.PAPER_VOTES.values()
    assert best / sum(others) == pytest.approx(1.30, abs=0.005)


def test_a_published_F_gives_the_interval_back() -> None:
    """For our own shares, where the spread is known: MS_within = 1/150, three takers, 6 degrees of freedom."""
    half = votes.interval_from_F([0.6, 0.3, 0.1], 3, 28.5)
    assert half == pytest.approx(scipy.stats.t.ppf(0.975, 6) * (1 / 450) ** 0.5)
    paper = np.array(list(votes.PAPER_VOTES.values())) / 1660
    assert votes.interval_from_F(paper, votes.PAPER_TAKERS, votes.PAPER_F) == pytest.approx(0.0243, abs=5e-5)


def test_what_cannot_be_tested_says_why() -> None:
    for none in (np.zeros((0, 4)), [[0.4, 0.3, 0.2, 0.1]]):
        assert "needs at least 2" in votes.why_untested(none)
    same = votes.shares([[5, 5, 5, 5], [10, 10, 10, 10], [1, 1, 1, 1]])
    assert "same shares" in votes.why_untested(same)
    assert votes.why_untested(SHARES) == ""
    for test in (votes.anova, votes.tukey, votes.friedman):
        with pytest.raises(ValueError, match="same shares"):
            test(same)
        with pytest.raises(ValueError, match="at least 2"):
            test(same[:1])
    with pytest.raises(ValueError, match="at least 3 methods"):
        votes.friedman([[0.5, 0.5], [0.4, 0.6]])


def test_one_method_alone_varies_or_all_are_ranked_alike() -> None:
    """Shares in which only one pair of methods varies are still a test."""
    s = votes.shares([[10, 10, 0, 0], [9, 11, 0, 0]])
    assert votes.why_untested(s) == "" and votes.anova(s).p < 0.01
    assert {(p.first, p.second): p.p for p in votes.tukey(s)}[2, 3] == pytest.approx(1)


@pytest.mark.parametrize(
    ("wrong", "why"),
    [([[1, -1]], "counts"), ([[1, float("nan")]], "counts"), ([[1], [2]], "at least 2 methods"), ([1, 2], "shape"),
     ([[1, 2], [0, 0]], "taker 1 has none")],
)  # fmt: skip
def test_no_votes(wrong: list, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        votes.shares(wrong)


def test_simulated_classes() -> None:
    made = votes.simulated(2000, 1.0, seed=0)
    assert (made.sum(1) == 20).all()
    paper = np.array(list(votes.PAPER_VOTES.values())) / 1660
    np.testing.assert_allclose(made.mean(0) / 20, paper, atol=0.005)
    np.testing.assert_array_equal(votes.simulated(5, 0.3, seed=1), votes.simulated(5, 0.3, seed=1))
    np.testing.assert_allclose(votes.simulated(2000, 0.0, seed=0).mean(0), [5] * 4, atol=0.15)
    assert votes.simulated(0, 0.5, 0).shape == (0, 4)
    with pytest.raises(ValueError, match="preference"):
        votes.simulated(3, 1.5, 0)


def test_by_chance_a_plain_anova_finds_too_much() -> None:
    """Shares of one taker sum to 1; whoever takes them as independent finds a difference where there is none."""
    p = {votes.anova: [], votes.blocked: [], votes.friedman: []}
    for seed in range(400):
        s = votes.shares(votes.simulated(20, 0.0, seed))
        p[votes.anova].append(votes.anova(s).p)
        p[votes.blocked].append(votes.blocked(s).p)
        p[votes.friedman].append(votes.friedman(s)[1])
    found = {test: np.mean(np.array(ps) < 0.05) for test, ps in p.items()}
    assert found[votes.anova] == pytest.approx(0.11, abs=0.01)
    assert found[votes.blocked] == pytest.approx(0.05, abs=0.01)
    assert found[votes.friedman] == pytest.approx(0.05, abs=0.015)
