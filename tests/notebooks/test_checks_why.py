"""The checks of 01_why.ipynb: each wrong answer is told what is wrong with it."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor


def in_place(z: Tensor, a: int, b: int) -> Tensor:
    z -= z[:, b : b + 1]
    return z[:, a]


def others(lengths: list[float], p: Tensor) -> list[float]:
    """The lengths at which another class wins than at the full one."""
    said = p.argmax(1)
    return [length for length, c in zip(lengths, said, strict=True) if c != said[-1]]


def first_alike(lengths: list[float], p: Tensor) -> float:
    said = p.argmax(1)
    return next(length for length, c in zip(lengths, said, strict=True) if c == said[-1])


CONTRAST = {
    "Right.": lambda z, a, b: z[:, a] - z[:, b],
    "The sign is wrong": lambda z, a, b: z[:, b] - z[:, a],
    "the logit of a alone": lambda z, a, b: z[:, a],
    "Classes are columns": lambda z, a, b: z[a] - z[b],
    "They saturate": lambda z, a, b: z.softmax(1)[:, a] - z.softmax(1)[:, b],
    "Its logarithm": lambda z, a, b: z.softmax(1)[:, a] / z.softmax(1)[:, b],
    "summed over the pictures": lambda z, a, b: (z[:, a] - z[:, b]).sum(),
    "absolute values": lambda z, a, b: (z[:, a] - z[:, b]).abs(),
    "Work on a copy": in_place,
    "Return a torch.Tensor": lambda z, a, b: (z[:, a] - z[:, b]).tolist(),
    "yours is (3, 4)": lambda z, a, b: z,
    "All your numbers are the same, 9": lambda z, a, b: torch.full((3,), 9.0),
    "as in the stub, and it takes (": lambda z: z,
    "Not done yet": lambda z, a, b: ...,
}
FLIP = {
    "Right.": lambda lengths, p: max(others(lengths, p)),
    "the shortest such length": lambda lengths, p: min(others(lengths, p)),
    "or an index": lambda lengths, p: lengths.index(max(others(lengths, p))),
    "It loses again later": first_alike,
    "The answer changes back": lambda lengths, p: lengths[lengths.index(first_alike(lengths, p)) - 1],
    "the full length itself": lambda lengths, p: lengths[-1],
    "You return (5,) numbers": lambda lengths, p: lengths,
    "yours is 0.60": lambda lengths, p: 0.6,
    "stopped with IndexError": lambda lengths, p: lengths[9],
    "Not done yet": lambda lengths, p: None,
}
ANSWERS = [("contrast", *item) for item in CONTRAST.items()] + [("flip", *item) for item in FLIP.items()]


@pytest.mark.parametrize(("name", "said", "answer"), ANSWERS, ids=[f"{name}: {said}" for name, said, _ in ANSWERS])
def test_the_check_names_the_mistake(verdict: Callable[..., str], name: str, said: str, answer: Callable) -> None:
    assert said in verdict("why", name, answer)
