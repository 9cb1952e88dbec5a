"""The exercises of 16_distancing.ipynb: each wrong answer is told what is wrong with it."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

import xai_core


def lowered(*places: tuple[str, str], by: float = -1.0) -> Callable[..., Tensor]:
    """An answer: in the rows of these samples, these columns change by that many α."""

    def answer(logits: Tensor, labels: Tensor, a: int, b: int, alpha: float) -> Tensor:
        rows = {"a": labels == a, "b": labels == b, "not a": labels != a, "not b": labels != b, "all": labels >= 0}
        found = logits.clone()
        for which, column in places:
            found[rows[which], {"a": a, "b": b}[column]] += by * alpha
        return found

    return answer


def in_place(logits: Tensor, labels: Tensor, a: int, b: int, alpha: float) -> Tensor:
    logits[labels == a, b] -= alpha
    logits[labels == b, a] -= alpha
    return logits


def all_but_own(logits: Tensor, labels: Tensor, a: int, b: int, alpha: float) -> Tensor:
    found = logits.clone()
    for c in (a, b):
        own = found[labels == c, c]
        found[labels == c] -= alpha
        found[labels == c, c] = own
    return found


TARGETS = {
    "Right.": lowered(("a", "b"), ("b", "a")),
    "Nothing was lowered": lambda logits, labels, a, b, alpha: logits.clone(),
    "each sample's own class": lowered(("a", "a"), ("b", "b")),
    "You lowered both logits: the": lowered(("a", "a"), ("a", "b"), ("b", "a"), ("b", "b")),
    "the classes come closer": lowered(("a", "b"), ("b", "a"), by=1.0),
    "You raised the own": lowered(("a", "a"), ("b", "b"), by=1.0),
    "Only the samples of a": lowered(("a", "b")),
    "Only the samples of b": lowered(("b", "a")),
    "not of b does not mean of a": lowered(("not b", "b"), ("not a", "a")),
    "both logits of all samples": lowered(("all", "a"), ("all", "b")),
    "You lowered b for all": lowered(("all", "b")),
    "You lowered a for all": lowered(("all", "a")),
    "every class but the own one": all_but_own,
    "by α/2": lowered(("a", "b"), ("b", "a"), by=-0.5),
    "changes what it is given": in_place,
    "a list. Return a torch.Tensor": lambda logits, *_: logits.tolist(),
    "Rows and columns are exchanged": lambda logits, *_: logits.T,
    "logit 1, should be 1.000; yours is 2.400": lowered(("a", "b"), ("b", "a"), by=-0.3),  # wrong in no known way
    "as in the stub, and it takes (": lambda logits: logits,
    "Not done yet": lambda logits, labels, a, b, alpha: ...,
}


def half(values: Tensor) -> Tensor:
    return values > values.flatten(1).median(1).values[:, None, None]


def in_all(maps: Tensor) -> Tensor:
    return half(maps.abs()).all(0)


def zeroing(maps: Tensor) -> Tensor:
    maps[0][~in_all(maps)] = 0
    return maps[0]


INTERSECTION = {
    "Right.": lambda maps: maps[0] * in_all(maps),
    "Keep what is important in all": lambda maps: maps[0] * half(maps.abs()).any(0),
    "All of them have to": lambda maps: maps[0] * (half(maps.abs()).sum(0) >= 2),
    "That is the mask": in_all,
    "You lost the sign": lambda maps: maps[0].abs() * in_all(maps),
    "what speaks against is never important": lambda maps: maps[0] * half(maps).all(0),
    "only the network itself": lambda maps: maps[0] * half(maps.abs())[0],
    "only the supports": lambda maps: maps[0] * half(maps.abs())[1:].all(0),
    "the last network's values": lambda maps: maps[-1] * in_all(maps),
    "the mean of the maps": lambda maps: maps.mean(0) * in_all(maps),
    "One median for all maps": lambda maps: maps[0] * (maps.abs() > maps.abs().median()).all(0),
    "averaged before the threshold": lambda maps: maps[0] * half(maps.abs().mean(0, keepdim=True))[0],
    "half of the minimum": lambda maps: maps[0] * half(maps.abs().amin(0, keepdim=True))[0],
    "Turn the comparison round": lambda maps: maps[0] * (~half(maps.abs())).all(0),
    "changes what it is given": zeroing,
    "a list. Return a torch.Tensor": lambda maps: maps[0].tolist(),
    "You return all maps": lambda maps: maps * in_all(maps),
    "zeros only": lambda maps: torch.zeros(4, 3),
    "Not done yet": lambda maps: ...,
}
ANSWERS = [("targets", *item) for item in TARGETS.items()] + [("intersection", *item) for item in INTERSECTION.items()]


@pytest.mark.parametrize(("name", "said", "answer"), ANSWERS, ids=[f"{name}: {said}" for name, said, _ in ANSWERS])
def test_the_check_names_the_mistake(verdict: Callable[..., str], name: str, said: str, answer: Callable) -> None:
    assert said in verdict("distancing", name, answer)


def test_the_two_ways_to_say_half_agree(checks: Callable) -> None:
    """The exercise's median and the library's rule: no number of the test map is tied."""
    maps = checks("distancing").MAPS
    expected = xai_core.survivors(maps[:, None, None])
    assert torch.equal(expected.masks[:, 0, 0], half(maps.abs()))
    assert torch.equal(expected.A[0, 0], maps[0] * in_all(maps))
    assert 0 < int((expected.A != 0).sum()) < 6
