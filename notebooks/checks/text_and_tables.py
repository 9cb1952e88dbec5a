"""Checks of the exercises in 05_text_and_tables.ipynb."""

import re
from collections.abc import Callable, Collection

import numpy as np

from checks import ask, check, require

WORD = re.compile(r"\w+")


@check
def leave_out(my_text: Callable[[str, Collection[str]], str]) -> str:
    """my_text(text, words): the text without these words, wherever they stand as whole words."""
    text = "Host: the party of the artist.\nArt is long; an art, the art of the Host, and theatre."
    left_out = ("the", "art")
    answer = ask(my_text, text, left_out)
    require(isinstance(answer, str), f"You return a {type(answer).__name__}. The classifier reads a text, one string.")

    def without(pattern: str, count: int = 0, flags: int = 0) -> str:
        return re.sub(pattern, "", text, count=count, flags=flags)

    right = without(r"\b(?:the|art)\b")
    cut = text
    for word in left_out:
        cut = cut.replace(word, "")
    once = text
    for word in left_out:
        once = re.sub(rf"\b{word}\b", "", once, count=1)
    candidates = {
        "": right,
        "Nothing is left out: «the» and «art» still stand there.": text,
        "All is left out. The other words stay.": "",
        "You also cut inside of words: «party» lost its «art». Compare whole words, re.findall(r'\\w+', text).": cut,
        "Only the first time: a word that is off is off everywhere.": once,
        "You treat «Art» like «art». The classifier knows capitals, so they are two features.": without(
            r"\b(?:the|art)\b", flags=re.IGNORECASE
        ),
        "You wrote all in small letters. The classifier knows capitals: leave the other words as they are.": (
            right.lower()
        ),
        "«art,» with its comma is still there: split() cuts at blanks only. Use re.sub with r'\\w+'.": " ".join(
            word for word in text.split() if word not in left_out
        ),
        "The other way round: you kept these words and left out the rest.": " ".join(
            word for word in WORD.findall(text) if word in left_out
        ),
        "You left out one word, not all of them.": without(r"\bthe\b"),
        "You left out one word, not both.": without(r"\bart\b"),
        "You left out words that only begin with these, such as «artist».": without(r"\b(?:the|art)\w*"),
    }
    for what, value in candidates.items():
        if WORD.findall(answer) == WORD.findall(value):
            require(not what, what)
            return "This is h(z) of a text. A word has a natural off: it is not there."
    wanted, yours = WORD.findall(right), WORD.findall(answer)
    more = [word for word in dict.fromkeys(yours) if yours.count(word) > wanted.count(word)]
    less = [word for word in dict.fromkeys(wanted) if wanted.count(word) > yours.count(word)]
    if more or less:
        kept = f" What should be gone or was never there: {', '.join(more)}." if more else ""
        lost = f" What should have stayed: {', '.join(less)}." if less else ""
        require(False, f"These are not the words that should be left.{kept}{lost}")
    require(False, "These are the right words in another order.")
    return ""


@check
def same_bin(my_mask: Callable[[np.ndarray, float, np.ndarray], np.ndarray]) -> str:
    """my_mask(values, own, borders): 1 where a value lies in the same bin as x's own, (n,) → (n,)."""
    values = np.array([0.2, 0.3, 0.8, 1.3, 1.8, 2.5, 1.31])
    own, borders = 1.3, np.array([0.3, 1.3, 1.8])
    answer = ask(my_mask, values, own, borders)
    try:
        numbers = np.real_if_close(np.asarray(answer)).astype(float, casting="same_kind")
    except (TypeError, ValueError):
        numbers = np.array(np.nan)
    require(numbers.ndim > 0, f"You return {_said(answer)}. There is one number for each value, 0 or 1: 7 of them.")
    require(numbers.ndim == 1, f"You return numbers of shape {numbers.shape}. There is one for each value: (7,).")
    require(numbers.shape == (7,), f"You return {len(numbers)} numbers. There is one for each value: 7.")
    require(not np.isnan(numbers).any(), "Some of your numbers are NaN. z is 1 or 0.")
    bins = np.searchsorted(borders, values)
    home = np.searchsorted(borders, own)
    above = np.searchsorted(borders, values, side="right")
    candidates = {
        "": bins == home,
        "The other way round: 1 means the same bin as x.": bins != home,
        "Those are the bins. z is 1 where the bin is x's own.": bins,
        "Those are the bins, counted from 1. z is 1 where the bin is x's own.": bins + 1,
        "A value on a border belongs below it, as «0.3 < petal width ≤ 1.3» says. Leave `side` as it is.": (
            above == np.searchsorted(borders, own, side="right")
        ),
        "You asked for the same value. z asks for the same bin: 0.8 lies in it too.": values == own,
        "You count the lower border as inside. «0.3 < petal width» does not hold for 0.3.": (
            (values >= 0.3) & (values <= own)
        ),
        "You count the upper border as outside. «petal width ≤ 1.3» holds for 1.3.": (values > 0.3) & (values < own),
        "Only the upper border is right: values below the bin are in it, too.": values <= own,
        "Only the lower border is right: values above the bin are in it, too.": values > 0.3,
        "You call no value the same. 0.8 lies in x's bin.": np.zeros(7),
        "You call all values the same. 0.2 lies in another bin than x.": np.ones(7),
        "You compare with 1 and −1. z is 1 or 0.": np.where(bins == home, 1, -1),
    }
    for what, value in candidates.items():
        if np.array_equal(numbers, value.astype(float)):
            require(not what, what)
            return "Four numbers of a flower are now four yes or no: that is all LIME knows of them."
    said = " ".join(f"{each:g}" for each in numbers)
    require(False, f"For values {values.tolist()}, own 1.3, borders 0.3, 1.3, 1.8 z is 0 0 1 1 0 0 0; yours: {said}.")
    return ""


def _said(answer: object) -> str:
    return "one number" if isinstance(answer, int | float | np.generic) else f"a {type(answer).__name__}"
