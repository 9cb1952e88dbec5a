"""The neighbourhood of a text: leave some of its words out, and ask the classifier again.

    features  the distinct words of the text, in the order in which they first occur; off means left out everywhere
    z         how many words are off is drawn evenly from 1 … M, then which ones (as in LIME's own package)

    word      as Unicode cuts a text of any script (Unicode Standard Annex 29): combining marks, joiners and apostrophes
              belong to their word, hyphens divide. One exception: "good.Bad" and "host.example" are two words each
    scripts   that leave no blanks between words: of Chinese each character counts as one; of Japanese each kanji, each
              hiragana, and each run of katakana; of Thai, Lao, Khmer and Burmese all up to the next blank or U+200B

Units: F in probability. The classifier is any function from texts to probabilities: it is not looked into.
What to look at: the words in front. If a header or a signature is among them, the classifier has not read the text.
"""

from collections.abc import Sequence

import numpy as np
import regex
import torch
from torch import Tensor

from xai_core import symbols
from xai_core.perturbation.neighbourhood import Neighbourhood, Predict, ask, explained_column, own_masks
from xai_core.symbols import Samples

TEXTS_AT_ONCE = 500
# From a boundary (or a full stop or colon that divides) a letter, digit or _, and on to the next one. A run of letters
# and digits of English is taken at once, for speed; one of a script that needs a dictionary (class SA), for good.
WORD = regex.compile(
    r"(?:\b|(?<=[.:])) (?:[a-zA-Z0-9_]+ | (?=\p{L})\p{Line_Break=SA}+ | [\p{L}\p{N}_]) (?:(?!\b)(?![.:]\p{L}).)*",
    regex.WORD | regex.DOTALL | regex.VERBOSE,
)


def words_of(text: str) -> tuple[str, ...]:
    """The features of a text: its distinct words, case kept, in order of occurrence. Emoji and punctuation are none.

    Raises TypeError if text is no string, and ValueError if it has fewer than two words: nothing to compare.
    """
    if not isinstance(text, str):
        raise TypeError(f"text must be a string; got {type(text).__name__}")
    found = tuple(dict.fromkeys(WORD.findall(text)))
    if len(found) < 2:
        raise ValueError(f"text must have two different words or more; got {text[:60]!r}")
    return found


def masked_text(text: str, on: Sequence[bool] | Tensor, blank: str = "") -> str:
    """h(z): the text with `blank` in place of every word that is off. on: one value a word of `words_of`.

    Raises ValueError for another number of values, and what `words_of` raises.

    Examples:
        >>> import xai_core
        >>> xai_core.masked_text("not a bad film", [False, True, True, True], blank="…")
        '… a bad film'
    """
    names = words_of(text)
    if len(on) != len(names):
        raise ValueError(f"on must have {len(names)} values, one a distinct word of the text; got {len(on)}")
    left_out = {name for name, stays in zip(names, on, strict=True) if not stays}
    return WORD.sub(lambda word: blank if word[0] in left_out else word[0], text)


def random_sizes(N: int, M: int, seed: int) -> Tensor:
    """Masks as LIME draws them for texts: row 0 all on, else 1 … M features off, every number equally often.

    A long text with half of its words gone says nothing any more: this way some copies stay close to it. (N, M) bool.
    """
    draws = np.random.default_rng(seed).random((N, 1 + M))  # a row a mask: the first n of N are those of N = n
    off = 1 + (M * draws[:, :1]).astype(int)  # how many
    order = draws[:, 1:].argsort(1)  # a random order of the features
    masks = torch.from_numpy(order >= off)
    masks[0] = True
    return masks


def word_neighbourhood(
    predict: Predict,
    text: str,
    N: Samples = 1000,
    seed: int = 0,
    target: int | None = None,
    masks: Tensor | None = None,
    blank: str = "",
) -> Neighbourhood:
    """N copies of a text with words left out, and what the classifier says to each.

    predict: a function from a list of n texts to (n, classes), or (n,); an array or a tensor.
    target: the class to explain; None for the one that the whole text gets.
    masks: (N, M) of your own in place of random ones. Row 0 has to be all on.
    blank: stands where a word is off, by default nothing.
    Costs N predictions. Read it with `k_lasso(near, K, distance="cosine")`, or with `shapley_values`.
    Raises TypeError or ValueError for an N, text, target, masks or answers that are not allowed.
    """
    symbols.check(word_neighbourhood, N=N)
    names = words_of(text)
    masks = random_sizes(N, len(names), seed) if masks is None else own_masks(masks, len(names))
    scores = torch.cat(
        [ask(predict, [masked_text(text, z, blank) for z in part.tolist()]) for part in masks.split(TEXTS_AT_ONCE)]
    )
    return Neighbourhood(None, masks, scores, explained_column(scores, target), names=names)
