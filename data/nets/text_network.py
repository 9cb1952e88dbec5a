"""A network that reads: words become vectors, windows slide over them, and the strongest findings give the verdict.

    tokens (N, L) → embed → x (N, L, D) → head → logits (N, classes)

The two halves are used apart. A word has no gradient, it is a number in a list; its embedding has one. So the embedded
sentence x is the input that is explained, by the head alone, and a word's score is the sum over its D numbers:

    x = network.embed(tokens(words))            A = xai_core.explain(network.head, x, …).sum(-1)        (N, L)

Reference: Kim, «Convolutional neural networks for sentence classification», EMNLP 2014 (windows, maximum over time).
What to look at: `Windows`. A layer of it is a dilated convolution over words, written as what it is: the vectors of
three places side by side, and one matrix for all places.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from data.text.reviews import CLASSES, UNKNOWN, VOCABULARY, split

PAD, UNKNOWN_TOKEN = 0, 1
NUMBER = {word: i for i, word in enumerate(("", UNKNOWN, *VOCABULARY))}  # word → token; "" is padding
WIDTH = 24  # D: numbers a word


def tokens(words: Sequence[str], length: int | None = None) -> Tensor:
    """Words as numbers, (L,) int64; a word that the network never met is UNKNOWN_TOKEN. Padded at the end to `length`.

    Raises ValueError if there are no words, or more than `length`.
    """
    numbers = [NUMBER.get(word, UNKNOWN_TOKEN) for word in words]
    if not numbers or (length is not None and len(numbers) > length):
        allowed = "one word at least" if length is None else f"1 to {length} words"
        raise ValueError(f"words must be {allowed}; got {len(numbers)}")
    return torch.tensor(numbers + [PAD] * ((length or 0) - len(numbers)))


class Windows(nn.Module):
    """ReLU(W [x_{t−d}, x_t, x_{t+d}] + b) at every place t that has both neighbours: (N, L, C) → (N, L − 2d, H)."""

    def __init__(self, c_in: int, c_out: int, distance: int) -> None:
        super().__init__()
        self.distance = distance
        self.linear = nn.Linear(3 * c_in, c_out)
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        d = self.distance
        n = x.shape[1] - 2 * d
        return self.relu(self.linear(torch.cat([x[:, :n], x[:, d : d + n], x[:, 2 * d : 2 * d + n]], 2)))


class Head(nn.Module):
    """Embedded words (N, L, D), any L → logits (N, classes)."""

    def __init__(self, width: int = WIDTH, hidden: int = 64, classes: int = len(CLASSES)) -> None:
        super().__init__()
        self.windows = nn.Sequential(
            Windows(width, hidden, 1), Windows(hidden, hidden, 2), Windows(hidden, hidden, 4)
        )  # each place of the last sees 15 words
        self.linear = nn.Linear(hidden, classes)

    def forward(self, x: Tensor) -> Tensor:
        # Silence before and behind, as wide as what a place sees: more of it, such as padding, changes nothing.
        x = nn.functional.pad(x, (0, 0, 15, 15))
        return self.linear(self.windows(x).amax(1))  # the maximum over places


class TextNet(nn.Module):
    """Tokens (N, L) int64 → logits (N, classes). `embed` and `head` are its halves."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(len(NUMBER), WIDTH, padding_idx=PAD)  # padding is the vector 0
        self.head = Head()

    def embed(self, numbers: Tensor) -> Tensor:
        """Tokens (N, L) or (L,) → vectors (N, L, D) or (L, D), without a gradient to the table of words."""
        return self.embedding(numbers).detach()

    def forward(self, numbers: Tensor) -> Tensor:
        return self.head(self.embedding(numbers))

    @torch.no_grad()
    def predict(self, texts: Sequence[str]) -> Tensor:
        """What LIME and KernelSHAP ask: n texts, which may have lost all words → probabilities (n, classes)."""
        rows = [split(text) or ("",) for text in texts]
        longest = max(len(row) for row in rows)
        return self(torch.stack([tokens(row, longest) for row in rows])).softmax(1)
