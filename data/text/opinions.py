"""What a list of words says of a film, by a rule: which words carry an opinion, and which of them decide the verdict.

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
from itertools import product
from math import comb

import regex
import torch
from torch import Tensor

from data.text.words import WORD

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
LONGEST = 48  # words of a review that the network reads
_PARTS = regex.compile(rf"{WORD.pattern}|[.,!?;:]", WORD.flags)


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
    return tuple("." if w in "!?;:" else w for w in _PARTS.findall(plain))[:LONGEST]


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
