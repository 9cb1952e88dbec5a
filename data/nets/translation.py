"""The translation network: English phrases to German ones, word by word, with attention.

    h_1 … h_L        the English words as read forwards and backwards (GRU)               annotations
    a_ij = softmax_j v · tanh(W s_{i−1} + U h_j)                                          attention of word i to word j
    c_i = Σ_j a_ij h_j,   s_i = GRU(s_{i−1}, [y_{i−1}; c_i]),   p(y_i) = softmax(V [s_i; c_i; y_{i−1}])

Bahdanau, Cho and Bengio, «Neural machine translation by jointly learning to align and translate», ICLR 2015, small.

The network takes embeddings, not words: (N, L, D). So whatever explains a network on its inputs explains this one, and
`NextWord` is a classifier whose classes are the German words. A word that it does not know is `<unk>`, which it has met
in training in the place of any word: it answers what the rest of the phrase suggests.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from data.text.lexicon import english_words, german_words
from data.text.phrases import sentence

UNKNOWN, START, END = "<unk>", "<start>", "<end>"
ENGLISH: tuple[str, ...] = (UNKNOWN, *english_words())
GERMAN: tuple[str, ...] = (START, END, *german_words())
LONGEST = 20  # words, of either language; the corpus ends at 14
_ENGLISH = {word: i for i, word in enumerate(ENGLISH)}
_GERMAN = {word: i for i, word in enumerate(GERMAN)}


class Translator(nn.Module):
    """Embeddings of English words (N, L, D) and the German words so far (N, T) → logits (N, T, words), attention."""

    def __init__(self, size: int = 64, hidden: int = 128) -> None:
        super().__init__()
        half = hidden // 2
        self.english = nn.Embedding(len(ENGLISH), size)
        self.german = nn.Embedding(len(GERMAN), size)
        self.reader = nn.GRU(size, half, batch_first=True, bidirectional=True)
        self.first = nn.Linear(half, hidden)
        self.W = nn.Linear(hidden, half, bias=False)
        self.U = nn.Linear(hidden, half)
        self.v = nn.Linear(half, 1, bias=False)
        self.writer = nn.GRUCell(size + hidden, hidden)
        self.head = nn.Linear(2 * hidden + size, len(GERMAN))

    def read(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Annotations h (N, L, H) and the writer's first state (N, H), from what was read backwards."""
        h, last = self.reader(x)
        return h, torch.tanh(self.first(last[1]))

    def attend(self, s: Tensor, h: Tensor, keys: Tensor) -> Tensor:
        """a_i, (N, L): how much of each annotation goes into the context. keys: U h, the same for all output words."""
        return self.v(torch.tanh(self.W(s)[:, None] + keys))[:, :, 0].softmax(1)

    def write(self, y: Tensor, s: Tensor, h: Tensor, keys: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """One word further: the word before (N,) and state → what the head sees, state (N, H), attention (N, L)."""
        a = self.attend(s, h, keys)
        c = (a[:, None] @ h)[:, 0]
        before = self.german(y)
        s = self.writer(torch.cat([before, c], 1), s)
        return torch.cat([s, c, before], 1), s, a

    def forward(self, x: Tensor, written: Tensor) -> tuple[Tensor, Tensor]:
        """Logits for the word behind each of the written ones (N, T, words), and the attention (N, T, L).

        x: (N, L, D) embeddings; written: (N, T) German words by number, the first one START.
        """
        h, s = self.read(x)
        keys = self.U(h)
        seen, attention = [], []
        for y in written.T:
            features, s, a = self.write(y, s, h, keys)
            seen.append(features)
            attention.append(a)
        return self.head(torch.stack(seen, 1)), torch.stack(attention, 1)


class NextWord(nn.Module):
    """A classifier of embeddings, (N, L, D) → (N, German words): which word comes behind those already written.

    written: German words, without START. Raises ValueError for a word that is none of GERMAN.
    """

    def __init__(self, translator: Translator, written: Sequence[str] = ()) -> None:
        super().__init__()
        self.translator = translator
        self.register_buffer("written", numbers([START, *written])[None])

    def forward(self, x: Tensor) -> Tensor:
        return self.translator(x, self.written.expand(len(x), -1))[0][:, -1]


class Writing(nn.Module):
    """Embeddings (N, L, D) → the probabilities of all words of one translation, each given those before it: (N, T)."""

    def __init__(self, translator: Translator, words: Sequence[str]) -> None:
        super().__init__()
        self.translator = translator
        self.register_buffer("written", numbers([START, *words])[None])

    def forward(self, x: Tensor) -> Tensor:
        written = self.written.expand(len(x), -1)
        logits, _ = self.translator(x, written[:, :-1])
        return logits.softmax(2).gather(2, written[:, 1:, None])[:, :, 0]

    def attention(self, x: Tensor) -> Tensor:
        """What the network attends to while it writes these words, (N, T, L)."""
        return self.translator(x, self.written[:, :-1].expand(len(x), -1))[1]


class Translation(NamedTuple):
    """A phrase as it was read, its translation, and what the network attended to."""

    source: tuple[str, ...]  # the English words, UNKNOWN where the network does not know one
    words: tuple[str, ...]  # the German words, without END
    attention: Tensor  # (German words, English words), each row sums to 1
    probabilities: Tensor  # (German words,), of each word given those before it
    unknown: tuple[str, ...]  # what was typed where UNKNOWN is read
    finished: bool  # False: cut off at LONGEST words

    @property
    def text(self) -> str:
        """The German words in a row, the first letter a capital."""
        return sentence(self.words)


class Opened(NamedTuple):
    """A translation as an explanation takes it: its input, one classifier for each word, and what was attended to."""

    x: Tensor  # (1, L, D) embeddings of the English words
    steps: list[NextWord]  # T networks, each (N, L, D) → (N, German words)
    classes: list[int]  # the T German words by number
    writing: Writing  # (N, L, D) → (N, T), the probabilities of these words
    attention: Tensor  # (T, L)


def read_words(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The words of an English phrase as the network reads them, and those that it does not know.

    Case and punctuation at a word's ends do not matter. Raises TypeError for no text; ValueError for none or more than
    LONGEST words, or where it knows none of them.
    """
    if not isinstance(text, str):
        raise TypeError(f"text must be a string; got {type(text).__name__}")
    typed = [word for word in (part.strip(".,;:!?\"'()") for part in text.split()) if word]
    if not 1 <= len(typed) <= LONGEST:
        raise ValueError(f"text must have 1 to {LONGEST} words; it has {len(typed)}")
    words = ["I" if word in ("i", "I") else word.lower() for word in typed]
    unknown = tuple(word for word, as_read in zip(typed, words, strict=True) if as_read not in _ENGLISH)
    if len(unknown) == len(typed):
        raise ValueError(f"text must have a word that the network has learned; it knows none of {_few(unknown)}")
    return tuple(word if word in _ENGLISH else UNKNOWN for word in words), unknown


def embedded(translator: Translator, words: Sequence[str]) -> Tensor:
    """The embeddings of English words, UNKNOWN among them if need be: (1, L, D)."""
    found = torch.tensor([_ENGLISH.get(word, 0) for word in words])
    return translator.english(found)[None].detach()


def opened(translator: Translator, english: Sequence[str], german: Sequence[str]) -> Opened:
    """How the network writes these German words when it reads these English ones, whether or not it would choose them.

    Raises ValueError where either has no words, or a German word is none of the corpus.
    """
    if not english or not german:
        raise ValueError("english and german must have one word each, at least")
    x, writing = embedded(translator, english), Writing(translator, german)
    steps = [NextWord(translator, german[:i]) for i in range(len(german))]
    with torch.no_grad():
        return Opened(x, steps, numbers(german).tolist(), writing, writing.attention(x)[0])


def numbers(words: Sequence[str]) -> Tensor:
    """German words as classes, (T,). Raises ValueError for a word that is none."""
    strange = [word for word in words if word not in _GERMAN]
    if strange:
        raise ValueError(f"written must be German words of the corpus; got {_few(strange)}")
    return torch.tensor([_GERMAN[word] for word in words])


@torch.no_grad()
def translate(translator: Translator, text: str) -> Translation:
    """An English phrase in German, always the likeliest next word. Raises as `read_words` does."""
    source, unknown = read_words(text)
    h, s = translator.read(embedded(translator, source))
    keys, y = translator.U(h), numbers([START])
    words, attention, probabilities = [], [], []
    while len(words) < LONGEST:
        features, s, a = translator.write(y, s, h, keys)
        logits = translator.head(features)
        y = logits.argmax(1)
        if GERMAN[y] == END:
            break
        words.append(GERMAN[y])
        attention.append(a[0])
        probabilities.append(logits.softmax(1)[0, y[0]])
    finished = len(words) < LONGEST
    rows = torch.stack(attention) if words else torch.zeros(0, len(source))
    return Translation(source, tuple(words), rows, torch.tensor(probabilities), unknown, finished)


def _few(words: Sequence[str]) -> str:
    return ", ".join(repr(word[:20]) for word in words[:5]) + (" …" if len(words) > 5 else "")
