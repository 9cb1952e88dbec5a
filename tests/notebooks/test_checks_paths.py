"""The exercises of 10_paths.ipynb: each wrong answer is told what is wrong with it."""

import pytest
import torch

from xai_core import integrated_gradients


def along_the_diagonal(F, r, s):
    """Integrated Gradients: P2, not P1."""
    x, start = torch.tensor([s]), torch.tensor([r])
    return integrated_gradients(lambda p: F(p[:, 0], p[:, 1]), x, start, B=300, rule="midpoint")[0]


CORNER_PATH = {
    "Right.": lambda F, r, s: (F(s[0], r[1]) - F(*r), F(*s) - F(s[0], r[1])),
    "are swapped": lambda F, r, s: (F(*s) - F(s[0], r[1]), F(s[0], r[1]) - F(*r)),
    "signs are wrong": lambda F, r, s: (F(*r) - F(s[0], r[1]), F(s[0], r[1]) - F(*s)),
    "You move x₂ first": lambda F, r, s: (F(*s) - F(r[0], s[1]), F(r[0], s[1]) - F(*r)),
    "Both legs start at r": lambda F, r, s: (F(s[0], r[1]) - F(*r), F(r[0], s[1]) - F(*r)),
    "Both legs end at s": lambda F, r, s: (F(*s) - F(r[0], s[1]), F(*s) - F(s[0], r[1])),
    "straight path": along_the_diagonal,
    "You return 1 numbers": lambda F, r, s: F(*s) - F(*r),
    "It should be 33.000; yours is 2.000": lambda F, r, s: (1.0, 2.0),
    "as in the stub, and it takes (": lambda F, r, s: F(s),
    "Not done yet": lambda F, r, s: ...,
}
COMPLETENESS_GAP = {
    "Right.": lambda A, F_x, F_start: abs(A.sum() - (F_x - F_start)),
    "yours can be": lambda A, F_x, F_start: (F_x - F_start) - A.sum(),
    "take the absolute value at the end": lambda A, F_x, F_start: A.sum() - (F_x - F_start),
    "F(x′) is missing": lambda A, F_x, F_start: abs(A.sum() - F_x),
    "sign of the change": lambda A, F_x, F_start: abs(A.sum() - (F_start - F_x)),
    "not added": lambda A, F_x, F_start: abs(A.sum() - F_x - F_start),
    "added absolute values": lambda A, F_x, F_start: abs(A.abs().sum() - (F_x - F_start)),
    "took the mean": lambda A, F_x, F_start: abs(A.mean() - (F_x - F_start)),
    "share of the change": lambda A, F_x, F_start: abs(A.sum() - (F_x - F_start)) / (F_x - F_start),
    "one number": lambda A, F_x, F_start: abs(A - (F_x - F_start)),
    "yours is 9.000": lambda A, F_x, F_start: 9.0,
    "Not done yet": lambda A, F_x, F_start: ...,
}


@pytest.mark.parametrize(("said", "answer"), CORNER_PATH.items(), ids=list(CORNER_PATH))
def test_the_path_with_a_corner(verdict, said, answer):
    assert said in verdict("paths", "corner_path", answer)


@pytest.mark.parametrize(("said", "answer"), COMPLETENESS_GAP.items(), ids=list(COMPLETENESS_GAP))
def test_the_completeness_gap(verdict, said, answer):
    assert said in verdict("paths", "completeness_gap", answer)
