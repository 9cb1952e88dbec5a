"""The page Attention, measured: who points at what decides, and with whom erasure sides where two maps disagree."""

import math

import streamlit as st

from app.labs.attention import compute as reading
from app.labs.attention.compute import ATTENTION, How
from app.shared import frame
from app.shared.turns import Rank, turn
from data.text import phrases
from data.training.fitting import FRESH
from xai_core import Duel, duel
from xai_core.evaluate.words import HIDDEN, LEFT_OUT, Reading, best, chance, pointing
from xai_core.statistics import Summary

COUNTS = (10, 20, 40, 100, 200)


@st.cache_resource(max_entries=16, show_spinner=False)
def readings(n: int, how: How) -> list[Reading]:
    """n fresh phrases of two words or more that the network translates without an error, read."""
    found, bar = [], st.progress(0.0, text=f"Reading {n} fresh phrases …")
    with turn(("fresh phrases", n), rank=Rank.LATER):
        pairs = _fresh(n)
    for pair in pairs:  # a turn each, so that others come between
        with turn(("read", pair.english, how), rank=Rank.LATER):
            found.append(reading.read(pair.english, pair.german, how, pair.decides))
        bar.progress(len(found) / n, text=f"Reading {n} fresh phrases: {len(found)}")
    bar.empty()
    return found


@st.cache_data(max_entries=len(COUNTS), show_spinner=False)
def _fresh(n: int) -> list[phrases.Pair]:
    pairs = phrases.corpus(n + n // 5 + 5, FRESH, held=True)
    right = (p for p in pairs if len(p.english) > 1 and reading.translated(" ".join(p.english)).words == p.german)
    return [pair for pair, _ in zip(right, range(n), strict=False)]


def fought(found: list[Reading], how: How, erased: str) -> Duel:
    """Attention against the other map, judged by one way to erase."""
    return duel(
        [r.drops[erased] for r in found], [r.maps[ATTENTION] for r in found], [r.maps[how.title] for r in found]
    )


def show(how: How, guess: str | None) -> None:
    """The controls, the table, and the answer to the reader's guess."""
    left, right = st.columns([2, 3], gap="medium")
    n = left.select_slider("Fresh phrases", COUNTS, value=20, key="fresh", bind="query-params")
    if not right.toggle(f"Measure attention and {how.title} on them", key="measure", bind="query-params"):
        st.caption("Half a second for each phrase, longer with UNI. None of the phrases was learned from.")
        return
    found = readings(n, how)
    head = ["", "strongest word is one that decides", "deciders found, where there are two or more"]
    frame.table(head, rows(found, how), "measured")
    st.caption(
        "Means over phrases, with 95 % intervals (Student's t). Output words that every input word decides are left"
        " out. A map drawn by chance would point at a word that decides in"
        f" {chance(found).mean:.0%}. Deciders are known because the phrases are generated."
    )
    for erased in (LEFT_OUT, HIDDEN):
        st.markdown(sentence(fought(found, how, erased), how, erased))
    if guess is not None:
        st.success(verdict(guess, fought(found, how, HIDDEN), how))


def rows(found: list[Reading], how: How) -> list[list[str]]:
    """Each map and each erasure: how often its strongest word decides, and how many deciders it finds."""
    titles = {
        "attention": ATTENTION, how.words: how.title, "erasure, the word left out": LEFT_OUT,
        "erasure, the word hidden": HIDDEN,
    }  # fmt: skip
    return [[title, _said(pointing(found, name)), _said(best(found, name))] for title, name in titles.items()]


def _said(s: Summary) -> str:
    return f"{s.mean:.1%} ({s.low:.1%} to {min(s.high, 1):.1%})" if s.n > 1 else "too few"


def sentence(d: Duel, how: How, erased: str) -> str:
    """What one way to erase says of the disagreements."""
    begun = f"**A word {'left out' if erased == LEFT_OUT else 'hidden'}.** {d.rows} German words, "
    if d.texts < 2:
        return begun + f"{d.apart} of them with a disagreement: too few to say more."
    return begun + (
        f"{d.apart} where attention and {how.title} name different words, in {d.texts} phrases. What is missed more is"
        f" attention's word in {d.share:.0%} of the disagreements (95 %: {max(d.low, 0):.0%} to {min(d.high, 1):.0%})."
    )


def verdict(guess: str, d: Duel, how: How) -> str:
    """The guess against the measurement: a side is taken only if the interval leaves one half out."""
    if math.isnan(d.low):
        return "Too few disagreements to judge your guess; measure more phrases."
    answer = "attention" if d.low > 0.5 else "the gradients" if d.high < 0.5 else "neither, measurably"
    told = f"a hidden word sides with **{answer}**, {d.share:.0%} for attention against {how.title}."
    return frame.judged(guess, answer, told)
