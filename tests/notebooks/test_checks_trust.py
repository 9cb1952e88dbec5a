"""The checks of 06_trust.ipynb: each wrong answer is told what is wrong with it."""

from collections.abc import Callable

import pytest
from torch import Tensor


def in_place(A: Tensor, animal: Tensor) -> Tensor:
    A.abs_()
    return A.sum()


def share(formula: Callable[..., Tensor]) -> Callable[[Tensor, Tensor], Tensor]:
    """From the map's strength, the background, the animal, and the map with its sign."""
    return lambda A, animal: formula(A.sum(0).abs(), ~animal, animal, A.sum(0))


def size(mask: Tensor) -> Tensor:
    return mask.double().mean()


SHARE = {
    "Right.": share(lambda s, b, a, m: s[b].sum() / s.sum() / size(b)),
    "forgot |A|": share(lambda s, b, a, m: m[b].sum() / m.sum() / size(b)),
    "That is the animal's share": share(lambda s, b, a, m: s[a].sum() / s.sum() / size(a)),
    "You summed over the animal": share(lambda s, b, a, m: s[a].sum() / s.sum() / size(b)),
    "divide by the animal's area": share(lambda s, b, a, m: s[b].sum() / s.sum() / size(a)),
    "That is the share of the map": share(lambda s, b, a, m: s[b].sum() / s.sum()),
    "Where is the map?": share(lambda s, b, a, m: size(b)),
    "Upside down": share(lambda s, b, a, m: size(b) * s.sum() / s[b].sum()),
    "|A| in each channel": lambda A, animal: A.abs().sum(0)[~animal].sum() / A.abs().sum() / size(~animal),
    "Compare it with the whole": share(lambda s, b, a, m: s[b].sum() / s[a].sum()),
    "the mean on the background": share(lambda s, b, a, m: s[b].mean()),
    "the sum on the background": share(lambda s, b, a, m: s[b].sum()),
    "divide by the number of pixels": share(lambda s, b, a, m: s[b].sum() / s.sum() / b.sum()),
    "changes what it is given": in_place,
    "You return (5,) numbers": share(lambda s, b, a, m: s[b]),
    "yours is 0.123": lambda A, animal: 0.123,
    "as in the stub, and it takes (": lambda A: 0.0,
    "Not done yet": lambda A, animal: ...,
}
FLIPS = {
    "Right.": lambda on, off: ((on > 0.5) != (off > 0.5)).double().mean(),
    "whose answer stays": lambda on, off: ((on > 0.5) == (off > 0.5)).double().mean(),
    "That is how many": lambda on, off: ((on > 0.5) != (off > 0.5)).sum(),
    "goes the other way": lambda on, off: ((on > 0.5) & (off <= 0.5)).double().mean(),
    "the mean change of p": lambda on, off: (on - off).mean(),
    "the mean size of the change": lambda on, off: (on - off).abs().mean(),
    "how often it says wolf on snow": lambda on, off: (on > 0.5).double().mean(),
    "more than 0.5": lambda on, off: ((on - off).abs() > 0.5).double().mean(),
    "compare the probabilities": lambda on, off: (on != off).double().mean(),
    "You return (8,) numbers": lambda on, off: on > 0.5,
    "yours is 0.123": lambda on, off: 0.123,
    "Not done yet": lambda on, off: None,
}
ANSWERS = [("background_share", *item) for item in SHARE.items()] + [("flips", *item) for item in FLIPS.items()]


@pytest.mark.parametrize(("name", "said", "answer"), ANSWERS, ids=[f"{name}: {said}" for name, said, _ in ANSWERS])
def test_the_check_names_the_mistake(verdict: Callable[..., str], name: str, said: str, answer: Callable) -> None:
    assert said in verdict("trust", name, answer)
