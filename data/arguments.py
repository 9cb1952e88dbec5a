"""What the drawn data ask of their arguments, said in one sentence each: the same words in every room.

Every function returns nothing, or the argument as Python's own kind of number.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np


def is_integer(value: object) -> bool:
    """Whether this is a whole number, Python's or NumPy's; True and False are none."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def seed(value: int) -> int:
    """An integer ≥ 0, or raises ValueError."""
    if not is_integer(value) or value < 0:
        raise ValueError(f"seed is {value!r}; it must be an integer ≥ 0")
    return int(value)


def count(n: int) -> None:
    """An integer n ≥ 1, or raises ValueError."""
    if not is_integer(n) or n < 1:
        raise ValueError(f"n is {n!r}; it must be an integer ≥ 1")


def size(value: int) -> None:
    """The side of a drawing, an integer from 16 to 1024 pixels, or raises ValueError."""
    if not isinstance(value, int) or not 16 <= value <= 1024:
        raise ValueError(f"size is {value!r}; it must be an integer from 16 to 1024 pixels")


def share(name: str, value: float) -> None:
    """A number in [0, 1], or raises ValueError; `name` is the argument's."""
    if not 0 <= value <= 1:
        raise ValueError(f"{name} is {value!r}; it must lie in [0, 1]")


def one_of(name: str, value: str | None, allowed: Collection[str]) -> None:
    """One of the words `allowed` or None, or raises ValueError; `name` is the argument's."""
    if value is not None and value not in allowed:
        raise ValueError(f"{name} is {value!r}; it must be one of {', '.join(allowed)}")


def label(value: int | str, classes: Sequence[str], allowed: str) -> int:
    """A class, given by index or name, as its index in `classes`.

    Raises ValueError, of which `allowed` is the end of the sentence: "it must be …".
    """
    if isinstance(value, str) and value in classes:
        return list(classes).index(value)
    if not is_integer(value) or not 0 <= value < len(classes):
        raise ValueError(f"label is {value!r}; it must be {allowed}")
    return int(value)
