"""Words through their embeddings: any method of the core on a network that reads.

    x = (e_1, …, e_L)          each word a row of the table of embeddings, (N, L, D): numbers, so F_c(x) has a gradient
    A_j = Σ_d A_jd             a word's score is the sum over its D numbers, as a pixel's is over its channels

A word has no gradient, its embedding has. The network that is explained maps embeddings (N, L, D) to logits, and
`explain`, `trace`, `uni` run on it as on pictures. A network that writes is one classifier for each word it writes.
Sundararajan, Taly & Yan 2017 [Sundararajan2017], §3 (completeness) and §6 (words, from the zero embedding).
Units: score.
What to look at: `nearest_words` of a baseline. Between the words of the table there is nothing anyone could have said.
"""

from collections.abc import Sequence
from typing import Annotated, Any

import torch
from torch import Tensor, nn

from xai_core import symbols
from xai_core.inputs import type_and_shape
from xai_core.methods import explain
from xai_core.symbols import Choice, Length

WordBaseline = Annotated[
    str, Choice("baseline", "where the path starts in the space of words", ("zero", "mean", "word"))
]


def word_scores(A: Tensor) -> Tensor:
    """A_j = Σ_d A_jd, each word's part: (N, L, D) → (N, L). Units: score. Raises ValueError for another shape."""
    if not isinstance(A, Tensor) or A.dim() != 3:
        raise ValueError(f"A must be of embeddings (N, L, D); got {type_and_shape(A)}")
    return A.sum(2)


def word_baseline(table: Tensor, baseline: WordBaseline = "zero", word: int | None = None) -> Tensor:
    """x′ for every word of a text: (V, D) → (1, 1, D), which broadcasts to embeddings (N, L, D).

    table: the embeddings of all V words. baseline: "zero", the zero vector; "mean", the mean of the table; "word", the
    row `word`, such as that of an unknown or padding word.
    Raises ValueError if table is no (V, D), or word is missing, given without being used, or no row of it.
    """
    symbols.check(word_baseline, baseline=baseline)
    _check_table(table)
    if (word is not None) != (baseline == "word"):
        raise ValueError(f"word must be given with baseline='word', and only then; got {word!r} with {baseline!r}")
    if word is not None and not 0 <= word < len(table):
        raise ValueError(f"word must be a row of the table, 0 to {len(table) - 1}; got {word!r}")
    table = table.detach()
    row = torch.zeros_like(table[0]) if baseline == "zero" else table.mean(0) if baseline == "mean" else table[word]
    return row[None, None]


def output_matrix(
    models: Sequence[nn.Module], x: Tensor, targets: Sequence[int], method: str, **settings: Any
) -> Tensor:
    """One row for each output word, the scores of the input words: (1, L, D) → (T, L).

    models: T networks, the t-th maps x to logits for the t-th output word, given those before it; targets: the class
    of each output word; method, settings: as `explain` takes them. Raises as `explain` does.
    """
    if not models or len(models) != len(targets):
        raise ValueError(
            f"models must be one network for each of the targets, at least one; got {len(models)} and {len(targets)}"
        )
    rows = [word_scores(explain(f, x, c, method, **settings)) for f, c in zip(models, targets, strict=True)]
    return torch.cat(rows)


def nearest_words(points: Tensor, table: Tensor, names: Sequence[str], K: Length = 3) -> list[list[tuple[str, float]]]:
    """The K words whose embeddings are nearest to each point, nearest first: (L, D) → L lists of (word, ‖·‖₂).

    What does a baseline in the space of embeddings say in words? Far from all of them, it says nothing.
    Equal distances: the word that is first in the table. Raises ValueError if shapes or the number of names differ.
    """
    symbols.check(nearest_words, K=K)
    _check_table(table)
    if not isinstance(points, Tensor) or points.dim() != 2 or points.shape[1] != table.shape[1]:
        raise ValueError(f"points must be (L, {table.shape[1]}); got {type_and_shape(points)}")
    if len(names) != len(table):
        raise ValueError(f"names must have one word for each of the {len(table)} rows of table; got {len(names)}")
    far = torch.cdist(points.detach().double(), table.detach().double(), compute_mode="donot_use_mm_for_euclid_dist")
    order = far.argsort(dim=1, stable=True)[:, :K]
    return [[(names[i], float(row[i])) for i in best] for row, best in zip(far, order.tolist(), strict=True)]


def _check_table(table: Tensor) -> None:
    if not isinstance(table, Tensor) or table.dim() != 2 or not len(table):
        raise ValueError(f"table must be embeddings (V, D), at least one row; got {type_and_shape(table)}")
