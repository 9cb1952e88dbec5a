"""Short film reviews written by a grammar, so that the words that decide are known, and which way each of them pulls.

    value of a clause   (−1 if negated) · (2 if intensified) · (+1 or −1, the opinion word)         "not dull": +1
    V(review)           the sum over its clauses; what stands before the last "but" does not count
    label               positive where V > 0, negative where V < 0

The rule reads a list of words and nothing else, so it also judges a review with words left out. Two truths follow:

    decides_i   V changes when word i is left out
    pull_i      the Shapley value of word i in V, times the label's sign: what it brings, over all orders of the words

In "not good", both words decide: without either, V is another. "not" pulls to negative with its whole weight. "good"
pulls nowhere: alone it is praise, behind "not" it makes the blame. A method that gives it one sign has made a choice.
What to look at: "the plot was dull, but the music was lovely". "dull" is as strong a word as ever, and decides nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from math import comb
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from data import arguments

CLASSES: tuple[str, ...] = ("negative", "positive")
FORMS: tuple[str, ...] = ("plain", "negated", "contrast", "balance")

POSITIVE: tuple[str, ...] = (
    "good", "great", "lovely", "funny", "moving", "clever", "charming", "warm", "brilliant", "gripping", "fresh",
    "elegant", "delightful", "superb",
)  # fmt: skip
NEGATIVE: tuple[str, ...] = (
    "bad", "dull", "boring", "clumsy", "weak", "tedious", "awful", "shallow", "annoying", "flat", "stale", "dreadful",
    "lazy", "messy",
)  # fmt: skip
NEGATORS = ("not", "never", "hardly")
INTENSIFIERS = ("very", "truly", "so")
CONTRAST = "but"
ENDS = (",", ".", "and", CONTRAST)  # a negation does not reach beyond
OPINION = dict.fromkeys(POSITIVE, 1) | dict.fromkeys(NEGATIVE, -1)
READ = frozenset((*OPINION, *NEGATORS, *INTENSIFIERS, CONTRAST))  # the words that the rule reads

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
LONGEST = 48  # words of a review that the network reads


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
        return joined(self.words)

    @property
    def name(self) -> str:
        """The label in words."""
        return CLASSES[self.label]


class Reviews(NamedTuple):
    """n reviews and their labels (n,) int64."""

    reviews: list[Review]
    labels: Tensor


def words_of(text: str) -> tuple[str, ...]:
    """The words of any text, in small letters, with commas and full stops as words of their own; "isn't" is "is not".

    Raises TypeError for anything but a string and ValueError, with a sentence, for a text without a word.
    """
    if not isinstance(text, str):
        raise TypeError(f"text must be a string; got {type(text).__name__}")
    found = split(text)
    if not any(w not in ENDS[:2] for w in found):
        raise ValueError("text must have a word at least; there is none to read")
    return found


def split(text: str) -> tuple[str, ...]:
    """As `words_of`, of a text that may be empty, such as one with all words left out."""
    plain = text.lower().replace("’", "'")
    plain = plain.replace("can't", "can not").replace("won't", "will not").replace("n't", " not")
    return tuple("." if w in "!?;:" else w for w in re.findall(r"\w+|[.,!?;:]", plain))[:LONGEST]


def joined(words: Sequence[str]) -> str:
    """Words in one line, no space before a comma or a full stop."""
    return re.sub(r" ([.,])", r"\1", " ".join(words))


def value(words: Sequence[str]) -> int:
    """V of a list of words. Words that the rule does not know are passed over."""
    total, factor = 0, 1
    for word in words:
        if word in ENDS:
            total, factor = (0 if word == CONTRAST else total), 1
        elif word in NEGATORS:
            factor = -factor
        elif word in INTENSIFIERS:
            factor *= 2
        elif word in OPINION:
            total, factor = total + factor * OPINION[word], 1
    return total


def truth(words: Sequence[str]) -> tuple[Tensor, Tensor]:
    """(decides, pull) of every word, (L,) bool and (L,) float64; pull is towards the sign of V (positive for V = 0).

    Exact: V of all 2^m lists that leave out some of the m words which the rule reads. Raises ValueError for m > 12.
    """
    players = [i for i, word in enumerate(words) if word in READ]
    m = len(players)
    if m > 12:
        raise ValueError(f"words must have at most 12 that the rule reads, for an exact truth; got {m}")
    V = {
        on: value([w for i, w in enumerate(words) if i not in players or on[players.index(i)]])
        for on in product((False, True), repeat=m)
    }
    decides, pull = torch.zeros(len(words), dtype=torch.bool), torch.zeros(len(words), dtype=torch.double)
    sign = -1 if V[(True,) * m] < 0 else 1
    for k, i in enumerate(players):
        for on, with_it in V.items():
            if on[k]:
                gain = with_it - V[(*on[:k], False, *on[k + 1 :])]
                pull[i] += sign * gain / (m * comb(m - 1, sum(on) - 1))
                decides[i] |= all(on) and gain != 0
    return decides, pull


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
