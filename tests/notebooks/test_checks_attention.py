"""The exercises on attention, of two notebooks: each wrong answer is told what is wrong with it."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

import xai_core


def right_attention(s: Tensor, keys: Tensor, W: Tensor, v: Tensor) -> Tensor:
    return (torch.tanh(W @ s + keys) @ v).softmax(0)


ATTENTION = {
    "right": (right_attention, "Right."),
    "energies": (lambda s, keys, W, v: torch.tanh(W @ s + keys) @ v, "The softmax over the words is missing"),
    "no tanh": (lambda s, keys, W, v: ((W @ s + keys) @ v).softmax(0), "The tanh is missing"),
    "no state": (lambda s, keys, W, v: (torch.tanh(keys) @ v).softmax(0), "do not depend on the state s"),
    "wrong axis": (lambda s, keys, W, v: torch.tanh(W @ s + keys).softmax(0) @ v, "sums to 1"),
    "a matrix": (
        lambda s, keys, W, v: torch.tanh(W @ s + keys).softmax(0),
        r"The shape should be (4,); yours is (4, 2)",
    ),
    "reversed": (lambda s, keys, W, v: right_attention(s, keys, W, v).flip(0), "right numbers in the wrong places"),
    "a list": (lambda s, keys, W, v: right_attention(s, keys, W, v).tolist(), "You return a list"),
    "nothing": (lambda s, keys, W, v: ..., "Not done yet"),
}


@pytest.mark.parametrize("name", ATTENTION)
def test_attention(verdict: Callable[..., str], name: str) -> None:
    answer, says = ATTENTION[name]
    assert says in verdict("attention", "attention", answer)


def erased(F: Callable, x: Tensor, neutral: Tensor) -> Tensor:
    return xai_core.erasure(lambda x: torch.cat([F(row[None]) for row in x])[:, None], x, neutral)[0]


def kept_erased(F: Callable, x: Tensor, neutral: Tensor) -> Tensor:
    changed, lost = x.clone(), []
    for j in range(x.shape[1]):
        changed[0, j] = neutral
        lost.append(F(x)[0] - F(changed)[0])
    return torch.stack(lost)


def in_place(F: Callable, x: Tensor, neutral: Tensor) -> Tensor:
    before = F(x)[0]
    x[0, 0] = neutral
    return before - torch.stack([F(x)[0]] * 3)


ERASURE = {
    "right": (erased, "Right."),
    "sign": (lambda F, x, neutral: -erased(F, x, neutral), "The sign"),
    "zeros": (lambda F, x, neutral: erased(F, x, torch.zeros(2)), "zeros in the place of the word"),
    "kept": (kept_erased, "Begin each time with a fresh copy of x"),
    "in place": (in_place, "changes what it is given"),
    "left out": (lambda F, x, neutral: F(x[:, 1:]), r"it saw (1, 2, 2)"),
    "one number": (lambda F, x, neutral: erased(F, x, neutral).sum(), r"You added up"),
    "half": (lambda F, x, neutral: erased(F, x, neutral) / 2, "All is 0.5 times what it should be"),
    "nothing": (lambda F, x, neutral: ..., "Not done yet"),
}


@pytest.mark.parametrize("name", ERASURE)
def test_erasure(verdict: Callable[..., str], name: str) -> None:
    answer, says = ERASURE[name]
    assert says in verdict("attention", "erasure", answer)


SHARES = {
    "right": (lambda A: A[0].sum(-1) / A.sum(), "Right."),
    "sums": (lambda A: A[0].sum(-1), "Divide them by the sum of all words"),
    "absolute": (lambda A: A[0].abs().sum(-1) / A.abs().sum(), "You took absolute values"),
    "softmax": (lambda A: A[0].sum(-1).softmax(0), "You took the softmax"),
    "over words": (lambda A: A[0].sum(0) / A.sum(), "Sum over the numbers of each word"),
    "a batch": (lambda A: A.sum(-1) / A.sum(), "as a row of a batch"),
    "nothing": (lambda A: ..., "Not done yet"),
}


@pytest.mark.parametrize("name", SHARES)
def test_shares(verdict: Callable[..., str], name: str) -> None:
    answer, says = SHARES[name]
    assert says in verdict("attention", "shares", answer)
