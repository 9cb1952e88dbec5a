"""What looks at an answer to an exercise and says, in one sentence, what is wrong with it.

A check never raises, so a notebook always runs through. It prints one line that begins with one of three words:
«Not done yet» (nothing is filled in), «Not yet» (and what is wrong), «Right» (and what follows from it).
"""

import functools
from collections.abc import Callable
from typing import Any

TO_DO = "Not done yet: replace the three dots by your answer, then run this cell and the one above again."


class Wrong(Exception):
    """What is wrong with an answer, as a sentence for the person who wrote it."""


class NotDone(Exception):
    """The stub still returns its three dots."""


def require(true: bool, otherwise: str) -> None:
    """Raise Wrong with this sentence unless it holds."""
    if not true:
        raise Wrong(otherwise)


def done(value: Any) -> Any:
    """The value, if there is one yet."""
    if value is None or value is ...:
        raise NotDone
    return value


def check(judge: Callable[[Any], str]) -> Callable[[Any], None]:
    """Make a check of a function that raises Wrong, or returns what a right answer shows."""

    @functools.wraps(judge)
    def checked(answer: Any) -> None:
        try:
            print(f"Right. {judge(done(answer))}")
        except NotDone:
            print(TO_DO)
        except Wrong as wrong:
            print(f"Not yet. {wrong}")
        except Exception as error:  # the student's code may raise anything; the notebook goes on
            print(f"Not yet. Your code stopped with {type(error).__name__}: {error}")

    return checked
