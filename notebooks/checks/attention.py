"""Checks of the exercises in 15_attention.ipynb."""

from collections.abc import Callable

import torch
from torch import Tensor

import xai_core
from checks import check, done, require

STATE = torch.tensor([0.5, -1.0, 2.0])
KEYS = torch.tensor([[0.2, -0.4], [1.0, 0.3], [-0.7, 0.9], [0.1, 0.1]])  # U h_j of four words
W = torch.tensor([[0.3, 0.1, -0.2], [-0.5, 0.4, 0.6]])
V = torch.tensor([2.0, -1.5])


@check
def attention(my_attention: Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]) -> str:
    """my_attention(s, keys, W, v): softmax over the words of v · tanh(W s + key)."""
    found = done(my_attention(STATE, KEYS, W, V))
    require(isinstance(found, Tensor), f"You return a {type(found).__name__}; a row of attention is a torch.Tensor.")
    require(found.shape == (4,), f"Four words get four weights, shape (4,); yours is {tuple(found.shape)}.")
    energy = torch.tanh(W @ STATE + KEYS) @ V
    require(not torch.allclose(found, energy), "These are the energies. The softmax over the words is missing.")
    plain = (W @ STATE + KEYS) @ V
    require(not torch.allclose(found, plain.softmax(0)), "The tanh is missing.")
    blind = torch.tanh(KEYS) @ V
    require(not torch.allclose(found, blind.softmax(0)), "Your weights do not depend on the state s: W s is missing.")
    total = float(found.sum())
    require(abs(total - 1) < 1e-5, f"A row of attention sums to 1; yours to {total:.3g}. Softmax runs over the words.")
    right = energy.softmax(0)
    require(
        torch.allclose(found, right, atol=1e-5),
        f"The first word should get {right[0]:.3f}; yours gets {found[0]:.3f}.",
    )
    return "One matrix for the state, one sum for each word, one softmax over all words."


@check
def erasure(my_erasure: Callable[[Callable[[Tensor], Tensor], Tensor, Tensor], Tensor]) -> str:
    """my_erasure(F, x, neutral): F(x) − F(x with word j neutral) for each j; F maps (1, L, D) to a number."""
    x = torch.tensor([[[1.0, 2.0], [0.5, -1.0], [3.0, 0.25]]])
    neutral = torch.tensor([0.1, 0.7])

    def F(x: Tensor) -> Tensor:
        require(
            x.shape == (1, 3, 2), f"F should see the text with one word exchanged, (1, 3, 2); it saw {tuple(x.shape)}."
        )
        return (x[..., 0] * torch.tensor([1.0, 2.0, -1.0])).sum(1) + x[..., 1].prod(1)

    given = x.clone()
    found = done(my_erasure(F, given, neutral))
    require(torch.equal(given, x), "Your function changes the text that it is given. Work on x.clone().")
    require(
        isinstance(found, Tensor), f"You return a {type(found).__name__}; return a torch.Tensor, one number a word."
    )
    require(found.shape == (3,), f"Three words, three numbers, shape (3,); yours is {tuple(found.shape)}.")
    right = xai_core.erasure(lambda x: torch.cat([F(row[None]) for row in x])[:, None], x, neutral)[0]
    require(not torch.allclose(found, -right), "The sign: what is lost is F(x) − F(without), not the other way round.")
    zero = xai_core.erasure(lambda x: torch.cat([F(row[None]) for row in x])[:, None], x, torch.zeros(2))[0]
    require(not torch.allclose(found, zero), "You put zeros in the place of the word. Put neutral there.")
    first = F(x) - F(torch.stack([neutral, *x[0, 1:]])[None])
    both = F(x) - F(torch.stack([neutral, neutral, x[0, 2]])[None])
    require(
        not (torch.allclose(found[0], first[0]) and torch.allclose(found[1], both[0])),
        "The words stay erased from one step to the next. Begin each time with a fresh copy of x.",
    )
    require(torch.allclose(found, right, atol=1e-5), f"Word 0 should lose {right[0]:.3f}; yours loses {found[0]:.3f}.")
    return "One pass for each word: erasure needs no gradient, and no look inside."
