"""Votes as a page shows them: shares with their intervals beside the paper's, and the tests in words and numbers."""

import numpy as np
import streamlit as st
from matplotlib.figure import Figure

from app.labs.study.questions import TITLES
from app.shared import frame, show
from xai_core import figures
from xai_core.evaluate.votes import (
    PAPER_F,
    PAPER_P,
    PAPER_TAKERS,
    PAPER_VOTES,
    anova,
    blocked,
    friedman,
    interval,
    interval_from_F,
    shares,
    tukey,
    why_untested,
)

PAPER = np.array(list(PAPER_VOTES.values())) / sum(PAPER_VOTES.values())
PAPER_HALF = interval_from_F(PAPER, PAPER_TAKERS, PAPER_F)
NAMES = [TITLES[method] for method in PAPER_VOTES]  # in the order of app.labs.study.explanations.METHODS, see tests
CAUTION = (
    "**How far to trust this.** The votes of one taker are not independent, so takers are the sample. Their four shares"
    " sum to 1, which the one-way ANOVA, here and in the paper, does not know: of 100 classes of 20 that choose by"
    " chance it calls about 11 significant at p < 0.05, not 5. With each taker as a block, ¾ of F is left (of the"
    " paper's 338, 253.5); Friedman's test only ranks. Where all three say the same, the trouble does not matter. All"
    " of them judge what people like to look at, not whether a map is true to the network."
)


def show_votes(votes: np.ndarray, whose: str) -> None:
    """Counts of each taker (n, 4), beside the paper's: the chart, then the tests. whose: the legend's words."""
    if len(votes):
        left, right = st.columns([3, 2], gap="medium")
        with left:
            show_chart(votes, whose)
        with right:
            show_tests(votes)
        show_pairs(votes)
    else:
        st.info("No votes to show yet.")


def show_chart(votes: np.ndarray, whose: str, paper: bool = True) -> None:
    """The shares with their intervals. whose: the legend's words, such as "this class".

    paper: whether the paper's votes stand beside them; False before a guess.
    """
    s = shares(votes)
    means, half = interval(s)
    legend = f"{whose}, {len(s)} taker{'s' if len(s) > 1 else ''}"
    show.figure(bars(means, half, legend, show.theme(), paper), described(means, half, whose, paper))
    st.caption(
        "Share of the votes, mean over takers, with its 95 % interval (Student's t over takers). Chance: 25 %."
        + (" The paper gives no spread; its intervals are those that its F implies." if paper else "")
    )


def show_tests(votes: np.ndarray, paper: bool = True) -> None:
    """The votes in numbers, and whether chance alone could have made the methods differ."""
    show_counts(votes.sum(0), paper)
    s = shares(votes)
    reason = why_untested(s)
    if reason:
        st.info(f"No test is shown. {reason}")
    else:
        show_equality(s, paper)


def show_counts(counts: np.ndarray, paper: bool) -> None:
    """The votes in numbers."""
    theirs = PAPER_VOTES.values() if paper else ["?"] * len(NAMES)
    rows = [[n, str(c), str(p)] for n, c, p in zip(NAMES, counts, theirs, strict=True)]
    frame.table(["votes", "here", "paper"], rows, "votes")


def show_equality(s: np.ndarray, paper: bool) -> None:
    """Could chance alone have made the methods differ?"""
    plain, block, ranks = anova(s), blocked(s), friedman(s)
    theirs = [["the paper's", f"F(3, 328) = {PAPER_F}", f"{PAPER_P:.1e}"]] if paper else []
    rows = [
        ["one-way ANOVA", f"F({plain.between}, {plain.within}) = {plain.F:.1f}", p_value(plain.p)],
        *theirs,
        ["takers as blocks", f"F({block.between}, {block.within}) = {block.F:.1f}", p_value(block.p)],
        ["Friedman", f"χ²({plain.between}) = {ranks[0]:.1f}", p_value(ranks[1])],
    ]
    frame.table(["are all equal?", "", "p"], rows, "equality")


def show_pairs(votes: np.ndarray) -> None:
    """Which methods differ, and by how much; nothing where there is no test."""
    s = shares(votes)
    if why_untested(s):
        return
    rows = [
        [f"{NAMES[t.first]} − {NAMES[t.second]}", f"{100 * t.difference:+.1f}",
         f"{100 * t.low:+.1f} … {100 * t.high:+.1f}", p_value(t.p)]
        for t in tukey(s)
    ]  # fmt: skip
    frame.table(["Tukey HSD", "points", "95 % interval", "p"], rows, "pairs")


def bars(means: np.ndarray, half: np.ndarray, legend: str, theme: str, paper: bool = True) -> Figure:
    """Two bars a method, here and in the paper, each with its interval; means and half widths (4,)."""
    fig = figures.figure(6.4, 3.1, theme)
    ax = figures.style(fig.subplots(), "", "", "share of the votes (%)")
    at = np.arange(len(NAMES))
    groups = [(-0.2, means, np.nan_to_num(half), legend, figures.LINES[0])]
    if paper:
        groups.append((0.2, PAPER, PAPER_HALF, f"the paper, {PAPER_TAKERS} takers", figures.LINES[4]))
    for shift, m, h, label, colour in groups:
        ax.bar(at + shift, 100 * m, 0.38, label=label, color=colour, yerr=100 * h,
               error_kw={"ecolor": fig.ink, "capsize": 4, "elinewidth": 1.5})  # fmt: skip
    ax.axhline(25, color=fig.ink, linestyle=":", linewidth=1.2)
    ax.set_xticks(at, NAMES)
    ax.set_ylim(0, max(70, float(np.max(100 * (means + np.nan_to_num(half)))) + 5))
    ax.tick_params(axis="x", labelsize=12)
    fig.legend(loc="outside upper center", ncols=2, fontsize=12, frameon=False, labelcolor=fig.ink)
    return fig


def described(means: np.ndarray, half: np.ndarray, whose: str, paper: bool = True) -> str:
    """The chart in words."""
    each = [
        f"{n} {100 * m:.0f} %{'' if np.isnan(h) else f' ± {100 * h:.0f}'}{f', paper {100 * p:.0f} %' if paper else ''}"
        for n, m, h, p in zip(NAMES, means, half, PAPER, strict=True)
    ]
    return f"Shares of the votes, {whose}: {'; '.join(each)}."


def p_value(p: float) -> str:
    """Such as 0.031, 4.2e-06, < 1e-12."""
    return f"{p:.3f}" if p >= 0.001 else f"{p:.1e}" if p > 1e-12 else "< 1e-12"
