"""Counting: of each taker how far, how attentive, and how many votes for which method; and the file to take away."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from app.labs.study.explanations import METHODS
from app.labs.study.questions import NEEDED, QUESTIONS, RIGHT, options, order
from app.labs.study.store import Taker
from xai_core.plain import cell

HEADER = ("study", "taker", "finished", "passed", "asked_as", "question", "kind", "digit", "variant", "place", "choice")
COUNTED = {  # whose votes are shown
    "who passed": lambda t: t.passed,
    "all who finished": lambda t: t.finished,
    "every vote so far": lambda t: sum(t.votes) > 0,
}


@dataclass(frozen=True)
class Tally:
    """One taker in numbers."""

    name: str
    answered: int
    right: int  # attention checks
    votes: tuple[int, ...]  # for each of METHODS

    @property
    def finished(self) -> bool:
        return self.answered == len(QUESTIONS)

    @property
    def passed(self) -> bool:
        """Counts, by the paper's rule: all 25 answered, at least 4 checks of 5 right."""
        return self.finished and self.right >= NEEDED


def tally(taker: Taker) -> Tally:
    """Count one taker's answers."""
    given = [(QUESTIONS[number], choice) for number, choice in taker.answers.items()]
    voted = [choice for question, choice in given if not question.is_check]
    right = sum(question.is_check and choice == RIGHT for question, choice in given)
    return Tally(taker.name, len(given), right, tuple(voted.count(method) for method in METHODS))


def votes(tallies: Iterable[Tally]) -> np.ndarray:
    """(takers, methods), in the order of METHODS."""
    return np.array([t.votes for t in tallies], int).reshape(-1, len(METHODS))


def as_csv(code: str, takers: Iterable[Taker]) -> str:
    """One row an answer, takers by their names, their answers in the order in which they were asked."""
    file = io.StringIO()
    out = csv.writer(file, lineterminator="\n")
    out.writerow(HEADER)
    for taker in takers:
        t = tally(taker)
        for i, q in enumerate(order(taker.name)):
            if (choice := taker.answers.get(q.number)) is None:
                continue
            place = next(p for p, option in options(taker.name, q).items() if option == choice)
            kind, variant = ("check", "") if q.is_check else ("vote", q.variant)
            row = (code, t.name, int(t.finished), int(t.passed), i + 1, q.number, kind, q.digit, variant, place, choice)
            out.writerow(map(cell, row))
    return file.getvalue()
