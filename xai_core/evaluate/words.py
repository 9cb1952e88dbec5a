"""Maps of words, judged: do they point at what decides, and at what is missed when it is gone?

    pointing   [ argmax_j A_tj ∈ deciders of t ]         the pointing game: is the strongest word one that decides?
    best       |top_k(A_t) ∩ deciders of t| / k          k = number of deciders ≥ 2: are all of them found?
    duel       of two maps that disagree, whose word is missed more: see erasure.py

A text that is generated comes with the input words that decide each output word; a real one does not, but every word of
it can be erased. Both judge the network and the map together: a network may have its own reasons.
The first two are averaged over the output words t of a text, then over texts (Arras, Osman & Samek 2022, eqs. 1, 2).
What to look at: `chance`. In short texts, and where many words decide, any map points well.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from xai_core.attention.embeddings import output_matrix
from xai_core.attention.erasure import erasure
from xai_core.rankings import check_map
from xai_core.statistics import Summary, summary

LEFT_OUT, HIDDEN = "left out", "hidden"


@dataclass(frozen=True, eq=False)
class Reading:
    """A text of L words and its T output words: every map, what erasing costs, and what decides."""

    maps: dict[str, Tensor]  # name → (T, L)
    drops: dict[str, Tensor]  # how a word was erased → (T, L)
    decides: Tensor  # (T, L) bool


def reading(
    x: Tensor,
    steps: Sequence[nn.Module],
    classes: Sequence[int],
    writing: Callable[[Tensor], Tensor],
    decides: Sequence[frozenset[int]],
    neutral: Tensor,
    methods: Mapping[str, tuple[str, dict[str, Any]]],
    known: Mapping[str, Tensor] | None = None,
) -> Reading:
    """Explain each output word by each method, and erase each input word: left out, or hidden behind a neutral one.

    x: (1, L, D) embeddings. steps, classes: as in `output_matrix`. writing: (N, L, D) → (N, T), the probabilities of
    the output words. decides: for each output word the places of the input words that decide it. neutral: (D,).
    methods: name → (method, settings) of `explain`. known: maps (T, L) that need no method, such as the attention.
    A text of one word cannot lose it: its drops by leaving out are missing.
    """
    truth = torch.tensor([[j in places for j in range(x.shape[1])] for places in decides], device="cpu")
    maps = dict(known or {})
    maps |= {name: output_matrix(steps, x, classes, method, **how) for name, (method, how) in methods.items()}
    drops = {HIDDEN: erasure(writing, x, neutral)}
    if x.shape[1] > 1:
        drops[LEFT_OUT] = erasure(writing, x)
    return Reading(maps, drops, truth)


def pointing(readings: Sequence[Reading], name: str) -> Summary:
    """How often the largest number of a map, or of erasure, is a word that decides: mean and interval over texts.

    name: of a map, or of a way to erase. Output words that every input word decides are left out: any map would do.
    Where several words share the largest number, the share of them that decides; of a constant map that is `chance`.
    Raises ValueError for a map that is not finite.
    """
    return _averaged(readings, lambda r: _hits(r.decides, {**r.maps, **r.drops}.get(name)))


def best(readings: Sequence[Reading], name: str) -> Summary:
    """The share of the k largest numbers that belong to deciders, where k ≥ 2 words decide.

    The others are easy to forget beside the word that is translated. Mean and interval over texts; what every word
    decides is left out. Of equal numbers at the k-th place the expected share counts, as if lots were drawn.
    Raises ValueError for a map that is not finite.
    """
    return _averaged(readings, lambda r: _found(r.decides, {**r.maps, **r.drops}.get(name)))


def chance(readings: Sequence[Reading]) -> Summary:
    """What a map drawn by chance would reach in `pointing`: the share of the input words that decide."""
    return _averaged(readings, lambda r: r.decides.double().mean(1)[~r.decides.all(1)])


def _hits(decides: Tensor, A: Tensor | None) -> Tensor:
    if A is None:
        return torch.empty(0, device="cpu")
    check_map(A, "maps")
    winners = A.amax(1, keepdim=True) == A
    return ((winners & decides).sum(1) / winners.sum(1).double())[~decides.all(1)]


def _found(decides: Tensor, A: Tensor | None) -> Tensor:
    if A is None:
        return torch.empty(0, device="cpu")
    check_map(A, "maps")
    k = decides.sum(1)
    last = A.sort(dim=1, descending=True).values.gather(1, (k[:, None] - 1).clamp(min=0))  # the k-th best number
    better, equal = last < A, last == A
    drawn = (k - better.sum(1)) / equal.sum(1).double()  # the chance of each of the equal ones
    share = ((better & decides).sum(1) + drawn * (equal & decides).sum(1)) / k.double()
    return share[(k >= 2) & ~decides.all(1)]


def _averaged(readings: Sequence[Reading], of: Callable[[Reading], Tensor]) -> Summary:
    rows = [of(r) for r in readings]
    return summary([float(row.mean()) for row in rows if len(row)])
