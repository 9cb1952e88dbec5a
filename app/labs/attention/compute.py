"""The page Attention: a phrase, its translation, the maps of it, and what is missed when a word is gone."""

from dataclasses import dataclass
from itertools import count

import streamlit as st
import torch
from torch import Tensor

from data.nets import networks
from data.nets.translation import ENGLISH, UNKNOWN, Opened, Translation, Translator, opened, translate
from data.text import phrases
from data.text.phrases import Pair
from xai_core import make_score, nearest_words, uni_baseline, word_baseline
from xai_core.evaluate.words import Reading, reading

METHODS = {
    "Integrated Gradients": "integrated_gradients",
    "UNI": "uni",
    "Gradient × input": "gradient_x_input",
}
BASELINES = {"unknown word": "word", "zero": "zero", "mean word": "mean"}
ATTENTION = "attention"
TYPED, DRAWN = "typed", "drawn"


@dataclass(frozen=True)
class How:
    """Which map stands beside the attention."""

    title: str  # of METHODS
    baseline: str  # of BASELINES
    B: int

    @property
    def settings(self) -> dict:
        """As `explain` takes them."""
        if self.title == "Gradient × input":
            return {}
        if self.title == "UNI":
            return {"B": self.B}
        return {"B": self.B, "baseline": start(self.baseline)}

    @property
    def words(self) -> str:
        """For a heading."""
        return f"{self.title}, from the {self.baseline}" if "baseline" in self.settings else self.title


@st.cache_resource(show_spinner="Opening the network …")
def load() -> Translator:
    """The network, one for all readers: nothing that explains it changes it."""
    return networks.load("translation")


@st.cache_data(show_spinner=False)
def drawn(number: int) -> Pair:
    """The phrase of that number, which the network has not learned from, and what decides each word."""
    pairs = (phrases.draw(seed, 1000) for seed in count(100 * number))
    return next(pair for pair in pairs if phrases.held_out(pair.english))


@st.cache_data(max_entries=256, show_spinner=False)
def translated(text: str) -> Translation:
    """Raises ValueError for a text that is no phrase."""
    return translate(load(), text)


def truth(english: tuple[str, ...], german: tuple[str, ...], pair: Pair | None) -> tuple[frozenset[int], ...] | None:
    """What decides each word by construction; None where nobody knows, or the network writes something else."""
    if " ".join(english) == phrases.DECK:
        pair = phrases.translated(phrases.Greeting("good morning", ("ladies", "gentlemen")))
    return pair.decides if pair and (pair.english, pair.german) == (english, german) else None


@st.cache_resource(max_entries=64, show_spinner=False)
def read(english: tuple[str, ...], german: tuple[str, ...], how: How, decides: tuple | None = None) -> Reading:
    """All maps of a translation, and what erasing each word costs."""
    case = open_case(english, german)
    neutral = start("unknown word")[0, 0]
    known = decides or tuple(frozenset() for _ in german)
    methods = {how.title: (METHODS[how.title], how.settings)}
    return reading(case.x, case.steps, case.classes, case.writing, known, neutral, methods, {ATTENTION: case.attention})


@st.cache_resource(max_entries=64, show_spinner=False)
def open_case(english: tuple[str, ...], german: tuple[str, ...]) -> Opened:
    return opened(load(), english, german)


def start(baseline: str) -> Tensor:
    """x′ for each word, (1, 1, D)."""
    name = BASELINES[baseline]
    return word_baseline(load().english.weight, name, 0 if name == "word" else None)


@st.cache_data(max_entries=256, show_spinner=False)
def unlearned_words(english: tuple[str, ...], german: tuple[str, ...], t: int) -> list[list[tuple[str, float]]]:
    """What UNI's baseline for the t-th word says in words: for each English word the three nearest of the table."""
    case = open_case(english, german)
    x = uni_baseline(make_score(case.steps[t], case.x, case.classes[t]), case.x)
    return nearest_words(x[0], load().english.weight, ENGLISH)


def without(english: tuple[str, ...], gone: list[int], hidden: bool) -> str:
    """The phrase with these places left out, or hidden behind UNKNOWN."""
    kept = (UNKNOWN if j in gone else word for j, word in enumerate(english) if hidden or j not in gone)
    return " ".join(kept)


def top(row: Tensor) -> int:
    """The place of the largest number; the first where several are."""
    return int(torch.argmax(row))
