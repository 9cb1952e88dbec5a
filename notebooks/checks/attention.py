"""Checks of the exercises in 02_attention.ipynb and 19_attention_and_gradients.ipynb."""

from collections.abc import Callable

import torch
from torch import Tensor

import xai_core
from checks import ask, check, compare, require, tensor

STATE = torch.tensor([0.5, -1.0, 2.0])
KEYS = torch.tensor([[0.2, -0.4], [1.0, 0.3], [-0.7, 0.9], [0.1, 0.1]])  # U h_j of four words
W = torch.tensor([[0.3, 0.1, -0.2], [-0.5, 0.4, 0.6]])
V = torch.tensor([2.0, -1.5])


@check
def attention(my_attention: Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]) -> str:
    """my_attention(s, keys, W, v): softmax over the words of v · tanh(W s + key)."""
    found = tensor(ask(my_attention, STATE, KEYS, W, V))
    inner = W @ STATE + KEYS
    energy = torch.tanh(inner) @ V
    right = energy.softmax(0)
    mistakes = [
        (energy, "These are the energies. The softmax over the words is missing."),
        (energy.exp(), "You took exp and did not divide by the sum. Take softmax."),
        (energy / energy.sum(), "You divided by the sum. Take exp first: softmax."),
        (energy.log_softmax(0), "That is the logarithm of attention. Take softmax."),
        (energy.sigmoid(), "You took the sigmoid: a row then sums to anything. Take softmax."),
        (energy.argmax(), "That is the word that gets most. Return the weights of all four."),
        ((-energy).softmax(0), "The sign is the other way round: a high energy should get much."),
        ((inner @ V).softmax(0), "The tanh is missing."),
        ((torch.tanh(KEYS) @ V).softmax(0), "Your weights do not depend on the state s: W s is missing."),
        (
            (torch.tanh(W @ STATE) @ V).softmax(0).expand(4),
            "Your weights do not depend on the words: add the keys.",
        ),
        ((torch.tanh(inner).sum(1)).softmax(0), "v is missing: the energy is v · tanh(…)."),
        ((torch.tanh(inner) @ V.abs()).softmax(0), "You took |v|. Take v as it is."),
        (torch.full((4,), 0.25), "All words get the same. The energies should tell them apart."),
    ]
    if found.shape == right.shape and not any(torch.allclose(found, wrong.double()) for wrong, _ in mistakes):
        total = float(found.sum())
        require(abs(total - 1) < 1e-5, f"A row of attention sums to 1; yours to {total:.7g}. Softmax runs over words.")
    compare(found, right, mistakes)
    return "One matrix for the state, one sum for each word, one softmax over all words."


@check
def erasure(my_erasure: Callable[[Callable[[Tensor], Tensor], Tensor, Tensor], Tensor]) -> str:
    """my_erasure(F, x, neutral): F(x) − F(x with word j neutral) for each j; F maps (1, L, D) to a number."""
    x = torch.tensor([[[1.0, 2.0], [0.5, -1.0], [3.0, 0.25]]])
    neutral = torch.tensor([0.1, 0.7])

    def F(x: Tensor) -> Tensor:
        shape = tuple(x.shape) if isinstance(x, Tensor) else type(x).__name__
        require(shape == (1, 3, 2), f"F should see the text with one word exchanged, (1, 3, 2); it saw {shape}.")
        return (x[..., 0] * torch.tensor([1.0, 2.0, -1.0])).sum(1) + x[..., 1].prod(1)

    found = tensor(ask(my_erasure, F, x, neutral))

    def lost(neutral: Tensor) -> Tensor:
        return xai_core.erasure(lambda x: torch.cat([F(row[None]) for row in x])[:, None], x, neutral)[0]

    right, before = lost(neutral), F(x)[0]
    kept, text = [], x.clone()
    for j in range(3):
        text[0, j] = neutral
        kept.append(before - F(text)[0])
    mistakes = [
        (-right, "The sign: what is lost is F(x) − F(without), not the other way round."),
        (right.abs(), "You took absolute values. A word whose absence raises F has a negative loss."),
        (before - right, "That is F without each word. Subtract it from F(x)."),
        (lost(torch.zeros(2)), "You put zeros in the place of the word. Put neutral there."),
        (lost(torch.ones(2)), "You put ones in the place of the word. Put neutral there."),
        (torch.stack(kept), "The words stay erased from one step to the next. Begin each time with a fresh copy of x."),
        (right[1:], "The first word is missing: range(1, L) begins at 1."),
        (right[:-1], "The last word is missing: range(L) ends at L − 1, the last word."),
        (right.sum(), "You added up. Three words, three numbers."),
        (right.mean(), "You averaged. Three words, three numbers."),
        (right.softmax(0), "You took the softmax. What is lost need not sum to 1."),
        (right[:, None], "The numbers are right, as a column: F gives (1,). Take F(…)[0]."),
        (right[None], "The numbers are right, as a row of a batch. Three words, three numbers."),
    ]
    compare(found, right, mistakes)
    return "One pass for each word: erasure needs no gradient, and no look inside."


@check
def shares(my_shares: Callable[[Tensor], Tensor]) -> str:
    """my_shares(A): (1, L, D) → (L,), each word's sum relative to the sum of all."""
    A = torch.tensor([[[0.5, -0.25], [1.0, 0.25], [-0.5, 0.25]]])
    found = tensor(ask(my_shares, A))
    total, strength = A[0].sum(-1), A[0].abs().sum(-1)
    right = total / total.sum()
    mistakes = [
        (total, "These are the sums. Divide them by the sum of all words."),
        (strength / strength.sum(), "You took absolute values. A word that speaks against keeps its minus."),
        (total.abs() / total.abs().sum(), "You took absolute values. A word that speaks against keeps its minus."),
        (total.softmax(0), "You took the softmax. Divide by the sum."),
        (A[0].mean(-1), "These are means of each word. Take sums, and divide by the sum of all words."),
        (A[0].sum(0) / A.sum(), "You summed over the words. Sum over the numbers of each word: the last axis."),
        (right[None], "The numbers are right, as a row of a batch. Three words, three numbers."),
        (right[:, None], "The numbers are right, as a column. Three words, three numbers."),
    ]
    compare(found, right, mistakes)
    return "A row that sums to 1, as attention's does; but a word may have less than nothing."
