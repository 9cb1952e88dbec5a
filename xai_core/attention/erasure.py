"""Erasure: take a word away and see. Who was right, where two explanations disagree about the most important word?

    d_j = F(x) − F(x without word j)               what the output loses with the word; d < 0: it was in the way
    duel: of two maps a and b with argmax a ≠ argmax b,  a wins if  d_{argmax a} > d_{argmax b}

Attention says where the network looked, not what would change without it. Jain & Wallace 2019 found the two often apart
[Jain2019], Wiegreffe & Pinter 2019 that this depends on what one asks of an explanation [Wiegreffe2019]. Erasure: Li,
Monroe & Jurafsky 2016 [Li2016]. Units: score.
What to look at: a word that is left out makes a phrase that nobody says, and the network may stumble over that. A
neutral word in its place, which the network has met in training, does not: the two erasures need not agree.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from xai_core.inputs import check_input, type_and_shape
from xai_core.statistics import summary


def erasure(F: Callable[[Tensor], Tensor], x: Tensor, neutral: Tensor | None = None) -> Tensor:
    """d_j for every word of a text and every output: (1, L, D) → (T, L).

    F: maps embeddings (R, L′, D) to T numbers each, (R, T), such as the probabilities of T output words.
    neutral: the embedding (D,) that stands in the place of the word; None leaves the word out, so that L′ = L − 1.
    Raises ValueError if x is no single text, its only word would be left out, or neutral is no (D,).
    """
    check_input(x)
    if x.dim() != 3 or len(x) != 1:
        raise ValueError(f"x must be the embeddings of one text (1, L, D); got shape {tuple(x.shape)}")
    L, D = x.shape[1:]
    if neutral is None:
        if L == 1:
            raise ValueError("x has a single word, and nothing would be left without it; give neutral")
        others = [[i for i in range(L) if i != j] for j in range(L)]
        erased = x[0, others]  # (L, L − 1, D)
    else:
        if neutral.shape != (D,):
            raise ValueError(f"neutral must be an embedding ({D},); got {type_and_shape(neutral)}")
        erased = torch.where(torch.eye(L, dtype=torch.bool, device=x.device)[:, :, None], neutral.detach(), x)
    with torch.no_grad():
        return (F(x) - F(erased)).T  # (1, T) − (L, T)


@dataclass(frozen=True)
class Duel:
    """Where two maps name different words as the most important: how often erasure takes the first one's side."""

    rows: int  # output words that were looked at
    apart: int  # of these, the maps disagree
    texts: int  # texts in which they do at least once
    share: float  # of the disagreements, averaged text by text, that the first map wins; equal drops count half
    low: float  # the 95 % interval of that mean over texts (Student's t), as the words of one text are not independent
    high: float


def duel(drops: Sequence[Tensor], first: Sequence[Tensor], second: Sequence[Tensor]) -> Duel:
    """Compare two maps with erasure, text by text: each a sequence of (T, L), one for each text.

    Texts without a disagreement say nothing. share, low and high are NaN where no text has one, low and high also where
    only one has. Raises ValueError if the shapes differ.
    """
    won, rows = [], 0
    for d, a, b in zip(drops, first, second, strict=True):
        if not d.shape == a.shape == b.shape or d.dim() != 2:
            raise ValueError(
                f"drops, first and second must be (T, L) alike; got {', '.join(str(tuple(m.shape)) for m in (d, a, b))}"
            )
        rows += len(d)
        i, j = a.argmax(1), b.argmax(1)
        differ = i != j
        gain = (d.gather(1, i[:, None]) - d.gather(1, j[:, None]))[differ, 0]
        won.append((gain.sign().double() + 1) / 2)
    shares = [float(w.mean()) for w in won if len(w)]
    mean = summary(shares)
    return Duel(rows, sum(map(len, won)), len(shares), mean.mean, mean.low, mean.high)
