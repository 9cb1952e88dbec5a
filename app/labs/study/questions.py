"""What is asked: 20 questions with a vote and 5 attention checks, in an order of their own for each taker.

A vote has no right answer: four explanations of one digit, whose methods the taker does not know. A check has one: the
mean picture of the digit, beside another digit (twice: duplicates cannot both be the answer) and scattered pixels, like
the paper's figure 3. Four of five must be right, or the taker's votes do not count.

Orders come from the taker's name by a hash: a reload shows the same, and the next taker sees another.
"""

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st
from PIL import Image

from app.labs.study import explanations as study
from app.shared.subject import crisp
from xai_core import figures

PLACES = "ABCD"
RIGHT = "right"
DECOYS = ("another digit", "another digit again", "scattered")
CHECKS = ((0, 1), (3, 7), (4, 0), (6, 1), (7, 8))  # the digit, and the digit that the decoys show
NEEDED = 4  # right checks
TITLES = {
    "normlime": "NormLIME",
    "lime": "LIME",
    "smoothgrad_squared": "SmoothGrad²",
    "vargrad": "VarGrad",
}


@dataclass(frozen=True)
class Question:
    """Which of four pictures says best what makes this digit?"""

    number: int  # in the file of answers: 0 to 24
    digit: int
    options: tuple[str, ...]
    variant: int = 0  # of a vote: which pictures were explained
    decoy: int | None = None  # of a check: the digit that the wrong answers show

    @property
    def is_check(self) -> bool:
        return self.decoy is not None


VOTES = tuple(
    Question(study.VARIANTS * digit + variant, digit, study.METHODS, variant)
    for digit in range(10)
    for variant in range(study.VARIANTS)
)
QUESTIONS = VOTES + tuple(
    Question(len(VOTES) + i, digit, (RIGHT, *DECOYS), decoy=decoy) for i, (digit, decoy) in enumerate(CHECKS)
)


def order(taker: str) -> list[Question]:
    """All 25 questions as this taker meets them, checks among votes."""
    return _shuffled(QUESTIONS, taker)


def options(taker: str, question: Question) -> dict[str, str]:
    """What this taker sees at A, B, C and D: place → option."""
    return dict(zip(PLACES, _shuffled(question.options, f"{taker}/{question.number}"), strict=True))


def _shuffled(things: Sequence, word: str) -> list:
    """In the order of the hashes of their places: the same on every computer and for every version of Python."""
    return [
        things[i] for i in sorted(range(len(things)), key=lambda i: hashlib.sha256(f"{word}/{i}".encode()).digest())
    ]


def explanation(question: Question, option: str) -> np.ndarray:
    """The map behind an option, (28, 28), never negative."""
    shown = study.load()
    if not question.is_check:
        return shown.maps[question.digit, question.variant, study.METHODS.index(option)].numpy()
    if option in DECOYS[:2]:
        return shown.means[question.decoy].numpy()
    mean = shown.means[question.digit].numpy()
    if option == RIGHT:
        return mean
    return np.random.default_rng(question.number).permutation(mean.ravel()).reshape(mean.shape)


@st.cache_data(show_spinner=False)
def picture(number: int, option: str) -> bytes:
    """The option as a PNG, red for important, each on its own scale. Its name in the address is its content's hash."""
    map_ = explanation(QUESTIONS[number], option)
    _, top = figures.scaled({option: map_}, "own")
    file = io.BytesIO()
    Image.fromarray(crisp(figures.coloured(map_, top[option]), 336)).save(file, "PNG")
    return file.getvalue()
