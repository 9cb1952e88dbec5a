"""The checks of 05_text_and_tables.ipynb: each wrong answer is told what is wrong with it."""

import re
from collections.abc import Callable, Collection

import numpy as np
import pytest


def whole(text: str, words: Collection[str], count: int = 0, flags: int = 0) -> str:
    for word in words:
        text = re.sub(rf"\b{word}\b", "", text, count=count, flags=flags)
    return text


def inside(text: str, words: Collection[str]) -> str:
    for word in words:
        text = text.replace(word, "")
    return text


LEAVE_OUT = {
    "Right.": whole,
    "still stand there": lambda text, words: text,
    "cut inside of words": inside,
    "Only the first time": lambda text, words: whole(text, words, count=1),
    "You treat «Art» like «art»": lambda text, words: whole(text, words, flags=re.IGNORECASE),
    "cuts at blanks only": lambda text, words: " ".join(w for w in text.split() if w not in words),
    "other way round": lambda text, words: " ".join(w for w in re.findall(r"\w+", text) if w in words),
    "one word, not all": lambda text, words: whole(text, list(words)[:1]),
    "You return a list": lambda text, words: re.findall(r"\w+", whole(text, words)),
    "never there: nothing": lambda text, words: "nothing",
    "as in the stub, and it takes (": lambda text: text,
    "Not done yet": lambda text, words: ...,
}


def binned(formula: Callable[[np.ndarray, int], np.ndarray], side: str = "left") -> Callable[..., np.ndarray]:
    """An answer from the bins of the values and of x's own."""
    return lambda v, own, b: formula(np.searchsorted(b, v, side=side), int(np.searchsorted(b, own, side=side)))


SAME_BIN = {
    "Right.": binned(lambda bins, home: bins == home),
    "other way round": binned(lambda bins, home: bins != home),
    "Those are the bins. z": binned(lambda bins, home: bins),
    "counted from 1": lambda v, own, b: np.digitize(v, b, right=True) + 1,
    "belongs below it": binned(lambda bins, home: bins == home, side="right"),
    "asked for the same value": lambda v, own, b: v == own,
    "lower border as inside": lambda v, own, b: (v >= 0.3) & (v <= 1.3),
    "Only the upper border": lambda v, own, b: v <= own,
    "Only the lower border": lambda v, own, b: v > b[0],
    "You return one number": lambda v, own, b: 1.0,
    "You return 3 numbers": lambda v, own, b: b,
    "You call all values the same": lambda v, own, b: np.ones(7),
    "as in the stub, and it takes (": lambda v: v,
    "Not done yet": lambda v, own, b: None,
}
ANSWERS = [("leave_out", *item) for item in LEAVE_OUT.items()] + [("same_bin", *item) for item in SAME_BIN.items()]


@pytest.mark.parametrize(("name", "said", "answer"), ANSWERS, ids=[f"{name}: {said}" for name, said, _ in ANSWERS])
def test_the_check_names_the_mistake(verdict: Callable[..., str], name: str, said: str, answer: Callable) -> None:
    assert said in verdict("text_and_tables", name, answer)


def test_blanks_do_not_matter(verdict: Callable[..., str]) -> None:
    assert "Right." in verdict("text_and_tables", "leave_out", lambda text, words: " ".join(whole(text, words).split()))
