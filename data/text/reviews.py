"""Short film reviews written by a grammar, so that the words that decide are known, and which way each of them pulls.

    label      positive where V > 0, negative where V < 0           V: the value of the words, by opinions.py
    decides    V changes when this word is left out
    pull       what the word brings to V, over all orders of the words, towards the label

What to look at: "the plot was dull, but the music was lovely". "dull" is as strong a word as ever, and decides nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from data import arguments
from data.text.opinions import (
    CONTRAST,
    ENDS,
    INTENSIFIERS,
    LONGEST,
    NEGATIVE,
    NEGATORS,
    OPINION,
    POSITIVE,
    READ,
    joined,
    split,
    truth,
    value,
    words_of,
)

__all__ = [
    "CLASSES",
    "CONTRAST",
    "ENDS",
    "FORMS",
    "INTENSIFIERS",
    "LONGEST",
    "NEGATIVE",
    "NEGATORS",
    "OPINION",
    "POSITIVE",
    "READ",
    "UNKNOWN",
    "VOCABULARY",
    "Review",
    "Reviews",
    "batch",
    "draw",
    "joined",
    "review_seed",
    "split",
    "truth",
    "value",
    "without_opinion",
    "words_of",
]

CLASSES: tuple[str, ...] = ("negative", "positive")
FORMS: tuple[str, ...] = ("plain", "negated", "contrast", "balance")

THINGS: tuple[str, ...] = (
    "the plot", "the acting", "the music", "the ending", "the camera", "the dialogue", "the opening", "the cast",
    "the story", "the second half",
)  # fmt: skip
FRAMES = (
    "{thing} was {phrase}",
    "{thing} felt {phrase} to me",
    "we found {thing} {phrase}",
    "my friends called {thing} {phrase}",
    "{thing} seemed {phrase} after a while",
)
OPENINGS = (
    "i saw this film on a rainy sunday",
    "we went to the late show with my sister",
    "the cinema was full and the seats were red",
    "it is an old french film about a train",
    "they made it in three weeks by the sea",
    "my brother lent me the disc last winter",
    "it runs for two hours without a break",
)
CLOSINGS = (
    "i watched it with tea and bread",
    "the book has another title",
    "it was filmed in the north",
    "we took the bus home",
    "the tickets were blue",
)
UNKNOWN = "?"  # stands for any word that is not in VOCABULARY
VOCABULARY: tuple[str, ...] = tuple(
    sorted({*READ, *ENDS, *" ".join([*THINGS, *FRAMES, *OPENINGS, *CLOSINGS]).split()} - {"{thing}", "{phrase}"})
)


@dataclass(frozen=True, eq=False)
class Review:
    """One review: `words` as the rule and the network read them, `text` the same in one line.

    `decides` (L,) bool and `pull` (L,) float64, one value a word (see the head of the file); `value` is V; (label,
    seed, form) draws it again.
    """

    words: tuple[str, ...]
    label: int
    value: int
    decides: Tensor
    pull: Tensor
    form: str
    seed: int

    @property
    def text(self) -> str:
        """The words in one line."""
        return joined(self.words)

    @property
    def name(self) -> str:
        """The label in words."""
        return CLASSES[self.label]


class Reviews(NamedTuple):
    """n reviews and their labels (n,) int64."""

    reviews: list[Review]
    labels: Tensor


def draw(label: int | str, seed: int, *, form: str | None = None) -> Review:
    """One review: (label, seed, form) fixes every word. form: None draws one of FORMS.

    plain "the plot was good"; negated "the plot was not dull"; contrast: one clause, "but", the clause that counts;
    balance: two clauses that differ, one of them intensified, which wins. Around them, sentences without opinion.
    Raises ValueError, naming the argument, for an unknown label or form or a seed below 0.
    """
    index, seed = _label(label), arguments.seed(seed)
    if form is not None and form not in FORMS:
        raise ValueError(f"form is {form!r}; it must be one of {', '.join(FORMS)}, or None")
    rng = np.random.default_rng([seed, index])
    drawn = FORMS[rng.integers(len(FORMS))]
    form = form or drawn
    words = [] if rng.uniform() < 0.5 else f"{_one(rng, OPENINGS)} .".split()
    words += _opinion(rng, 2 * index - 1, form)
    words += [] if rng.uniform() < 0.6 else f". {_one(rng, CLOSINGS)}".split()
    words.append(".")
    return Review(tuple(words), index, value(words), *truth(words), form, seed)


def batch(n: int, seed: int, *, form: str | None = None) -> Reviews:
    """The first n reviews of the endless stream `seed`, labels in turn; a longer batch begins alike.

    Raises ValueError, naming the argument, where n < 1, seed < 0 or the form is unknown.
    """
    arguments.count(n)
    drawn = [draw(i % 2, review_seed(seed, i), form=form) for i in range(n)]
    return Reviews(drawn, torch.tensor([r.label for r in drawn]))


def review_seed(seed: int, i: int) -> int:
    """The seed of the i-th review of `batch(…, seed)`. Raises ValueError for a seed below 0."""
    return (arguments.seed(seed) << 32) + i


def without_opinion(seed: int) -> tuple[str, ...]:
    """Words of a review that says nothing of the film's worth: V = 0. Raises ValueError for a seed below 0."""
    rng = np.random.default_rng([arguments.seed(seed), 2])
    return tuple(f"{_one(rng, OPENINGS)} . {_one(rng, CLOSINGS)} .".split())


def _opinion(rng: np.random.Generator, sign: int, form: str) -> list[str]:
    """The clauses with an opinion, V of which has this sign."""
    things = iter(rng.permutation(len(THINGS)))
    used = {kind: iter(rng.permutation(kind)) for kind in (POSITIVE, NEGATIVE, NEGATORS, INTENSIFIERS)}  # none twice

    def clause(sign: int, before: Sequence[str] = ()) -> str:
        negated = before is NEGATORS
        word = next(used[POSITIVE if (sign > 0) != negated else NEGATIVE])
        phrase = f"{next(used[before])} {word}" if before else word
        return _one(rng, FRAMES).format(thing=THINGS[next(things)], phrase=phrase)

    if form == "plain":
        return clause(sign).split()
    if form == "negated":
        return clause(sign, NEGATORS).split()
    if form == "contrast":
        first, last = (clause(s, NEGATORS if rng.uniform() < 0.3 else ()) for s in (-sign, sign))
        return f"{first} , {CONTRAST} {last}".split()
    two = [clause(sign, INTENSIFIERS), clause(-sign)]
    return " and ".join(two[i] for i in rng.permutation(2)).split()


def _one(rng: np.random.Generator, things: Sequence[str]) -> str:
    return things[rng.integers(len(things))]


def _label(label: int | str) -> int:
    return arguments.label(label, CLASSES, f"one of {', '.join(CLASSES)}, or its index, 0 or 1")
