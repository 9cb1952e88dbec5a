"""The exercises of 17_domains.ipynb: each wrong answer is told what is wrong with it."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor


def positive(A: Tensor) -> Tensor:
    return A.sum(0).clamp(min=0)


def in_place(A: Tensor, mask: Tensor) -> Tensor:
    A.clamp_(min=0)
    return A.sum()


INSIDE = {
    "Right. Compare": lambda A, m: positive(A)[m].sum() / positive(A).sum(),
    "Right.": lambda A, m: float((positive(A) * m).sum() / positive(A).sum()),
    "You took |A|": lambda A, m: A.sum(0).abs()[m].sum() / A.sum(0).abs().sum(),
    "You let what speaks against cancel": lambda A, m: A.sum(0)[m].sum() / A.sum(),
    "You cut each channel at 0": lambda A, m: A.clamp(min=0).sum(0)[m].sum() / A.clamp(min=0).sum(),
    "That is the share outside": lambda A, m: positive(A)[~m].sum() / positive(A).sum(),
    "That is the sum on the mask": lambda A, m: positive(A)[m].sum(),
    "relative to the area": lambda A, m: positive(A)[m].mean() / positive(A).mean(),
    "You divide by Σ|A|": lambda A, m: positive(A)[m].sum() / A.sum(0).abs().sum(),
    "what chance would give.": lambda A, m: m.double().mean(),
    "changes what it is given": in_place,
    "A share is one number": lambda A, m: positive(A) * m,
    "the share is 0.457; yours is 0.100": lambda A, m: 0.1,
    "as in the stub, and it takes (": lambda A: A,
    "Not done yet": lambda A, m: ...,
}
TURNED = {
    "Right. Now": lambda A, q: torch.rot90(A, q, (2, 3)),
    "as it came": lambda A, q: A,
    "turn it on instead of back": lambda A, q: torch.rot90(A, -q, (2, 3)),
    "always turn by one quarter": lambda A, q: torch.rot90(A, 1, (2, 3)),
    "A turn is no mirror": lambda A, q: A.flip(3),
    "swap rows and columns": lambda A, q: A.transpose(2, 3),
    "does not come back as it was. A pixel should be": lambda A, q: torch.rot90(A, q, (2, 3)) + 1,
    "The shape should be (2, 3, 4, 4); yours is (4, 4)": lambda A, q: A[0, 0],
    "a NumPy array. Return a torch.Tensor": lambda A, q: A.numpy(),
    "Not done yet": lambda A, q: None,
}


@pytest.mark.parametrize(("says", "answer"), INSIDE.items(), ids=list(INSIDE))
def test_inside(verdict: Callable[..., str], says: str, answer: Callable) -> None:
    assert says in verdict("domains", "inside", answer)


@pytest.mark.parametrize(("says", "answer"), TURNED.items(), ids=list(TURNED))
def test_turned_back(verdict: Callable[..., str], says: str, answer: Callable) -> None:
    assert says in verdict("domains", "turned_back", answer)
