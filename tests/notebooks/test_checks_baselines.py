"""The checks of 11_baselines.ipynb: each wrong answer is told what is wrong with it."""

from collections.abc import Callable

import pytest
from torch import Tensor


def inside(strength: Tensor, part: Tensor, whole: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Σ on part and whole, and their sizes."""
    return strength[part].sum(), strength[whole].sum(), part.sum(), whole.sum()


def share(formula: Callable[..., Tensor]) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
    return lambda strength, part, whole: formula(*inside(strength, part, whole), strength)


SHARE = {
    "Right.": share(lambda p, w, n, m, s: (p / w) / (n / m)),
    "Upside down": share(lambda p, w, n, m, s: (n / m) / (p / w)),
    "divide by |part| / |whole|": share(lambda p, w, n, m, s: p / w),
    "sum over the whole picture": share(lambda p, w, n, m, s: p / s.sum()),
    "in the map and in the pixels": share(lambda p, w, n, m, s: (p / s.sum()) / (n / s.numel())),
    "count all pixels": share(lambda p, w, n, m, s: (p / w) / (n / s.numel())),
    "the mean on the part": share(lambda p, w, n, m, s: p / n),
    "Where is the map?": share(lambda p, w, n, m, s: n / m),
    "compare the part with the rest": share(lambda p, w, n, m, s: (p / n) / ((w - p) / (m - n))),
    "the sum on the part": share(lambda p, w, n, m, s: p),
    "You return (2,) numbers": lambda strength, part, whole: strength[part],
    "yours is 0.123": lambda strength, part, whole: 0.123,
    "as in the stub, and it takes (": lambda strength: 0.0,
    "Not done yet": lambda strength, part, whole: ...,
}
COLOUR = {
    "Right. Whoever": lambda image, part: image[:, part].mean(1),
    "Right. The median": lambda image, part: image[:, part].median(1).values,
    "of the whole picture": lambda image, part: image.mean((1, 2)),
    "all but the part": lambda image, part: image[:, ~part].mean(1),
    "zeros included": lambda image, part: (image * part).mean((1, 2)),
    "You added the colours up": lambda image, part: image[:, part].sum(1),
    "opposite colour": lambda image, part: 1 - image[:, part].mean(1),
    "one number, a grey": lambda image, part: image[:, part].mean(),
    "You return a picture": lambda image, part: image * part,
    "averaged over the channels": lambda image, part: image.mean(0),
    "over the last dimension": lambda image, part: image[:, part],
    "zeros only": lambda image, part: [0.0, 0.0, 0.0],
    "Not done yet": lambda image, part: None,
}
ANSWERS = [("share", *item) for item in SHARE.items()] + [("hiding_colour", *item) for item in COLOUR.items()]


@pytest.mark.parametrize(("name", "said", "answer"), ANSWERS, ids=[f"{name}: {said}" for name, said, _ in ANSWERS])
def test_the_check_names_the_mistake(verdict: Callable[..., str], name: str, said: str, answer: Callable) -> None:
    assert said in verdict("baselines", name, answer)
