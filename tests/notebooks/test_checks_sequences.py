"""The exercises of 18_sequences.ipynb: each wrong answer is told what is wrong with it."""

from collections.abc import Callable

import pytest

SCORES = {
    "All numbers of a word": lambda A: A[0].sum(1),
    "four scores, one a number": lambda A: A[0].sum(0),
    "a batch of one review": lambda A: A.sum(2),
    "You add up sizes": lambda A: A[0].abs().sum(1),
    "the length of each vector": lambda A: A[0].norm(dim=1),
    "That is the mean": lambda A: A[0].mean(1),
    "the largest number of each word": lambda A: A[0].amax(1),
    "a list. Return a torch.Tensor": lambda A: A[0].sum(1).tolist(),
    "You summed over the batch": lambda A: A[0],
    "right numbers in the wrong places": lambda A: A[0].sum(1)[[1, 2, 0]],
}
HITS = {
    "A map is reduced to one place": lambda A, mask: bool(mask[A.argmax()]),
    "the most negative place a hit": lambda A, mask: bool(mask[A.abs().argmax()]),
    "where the sum lies": lambda A, mask: bool(A[mask].sum() > A[~mask].sum()) or bool(mask[A.argmax()]),
    "You call no stretch a hit": lambda A, mask: False,
    "You return (8,) numbers. A hit is True or False": lambda A, mask: A * mask,
}


@pytest.mark.parametrize("said", SCORES)
def test_scores_of_words(said: str, checks: Callable, capsys: pytest.CaptureFixture) -> None:
    checks("sequences").word_scores(SCORES[said])
    assert said in capsys.readouterr().out


@pytest.mark.parametrize("said", HITS)
def test_hits(said: str, checks: Callable, capsys: pytest.CaptureFixture) -> None:
    checks("sequences").hit(HITS[said])
    assert said in capsys.readouterr().out


def test_a_share_is_no_hit(checks: Callable, capsys: pytest.CaptureFixture) -> None:
    checks("sequences").hit(lambda A, mask: float(A[mask].sum() / A.sum()))
    assert "A hit is True or False" in capsys.readouterr().out
