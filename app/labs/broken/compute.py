"""What the page Broken computes: four students' maps of one picture, one of them wrong, and what each check finds.

    case  →  which student is wrong, and how (data/broken.py)  →  four maps  →  a check: one number, or three, a map

Every student starts from noise of an own seed, so the right maps differ, too.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st
import torch
from torch import Tensor, nn

from data.broken import MISTAKES, Written, noise, right
from data.drawn import zoo
from data.nets import networks

STUDENTS = ("Ada", "Ben", "Cleo", "Dan")
B = 30
SQUARE = (slice(None), slice(None), slice(24, 40), slice(24, 40))  # the middle of the picture


@dataclass(frozen=True)
class Case:
    """A picture, the student who made a mistake, and which."""

    number: int
    animal: str
    student: str
    mistake: str


def case(number: int) -> Case:
    """The n-th case, from 1. Five in a row have every mistake once."""
    block, i = divmod(number - 1, len(MISTAKES))
    drawn = random.Random(block)
    order = drawn.sample(list(MISTAKES), len(MISTAKES))
    animals, students = drawn.choices(zoo.CLASSES, k=len(order)), drawn.choices(STUDENTS, k=len(order))
    return Case(number, animals[i], students[i], order[i])


def picture(c: Case) -> Tensor:
    """(1, 3, 64, 64)"""
    return zoo.draw(c.animal, c.number).image[None]


def written(c: Case, student: str) -> Written:
    """What a student handed in."""
    return MISTAKES[c.mistake].function if student == c.student else right


@st.cache_resource(max_entries=64, show_spinner=False)
def maps(c: Case) -> dict[str, Tensor]:
    """Student → map, (1, 3, 64, 64), of the drawn animal's logit."""
    return {student: _map(c, student, picture(c), zoo.CLASSES.index(c.animal)) for student in STUDENTS}


def _map(c: Case, student: str, x: Tensor, target: int) -> Tensor:
    return written(c, student)(_network(), x, target, B, STUDENTS.index(student))


def _network() -> nn.Module:
    return networks.load("zoo")


# --- the checks -------------------------------------------------------------------------------------------------------


def looks(c: Case, student: str) -> str:
    """Nothing but the map."""
    return ""


def adds_up(c: Case, student: str) -> str:
    """Completeness."""
    x, target = picture(c), zoo.CLASSES.index(c.animal)
    with torch.no_grad():
        logits = _network()(torch.cat([x, noise(x, STUDENTS.index(student))]))[:, target]
    return f"Σ A = {float(maps(c)[student].sum()):.2f}, F(x) − F(x′) = {float(logits[0] - logits[1]):.2f}"


def repeats(c: Case, student: str) -> str:
    """The same call once more."""
    first, again = maps(c)[student], _map(c, student, picture(c), zoo.CLASSES.index(c.animal))
    change = float((first - again).abs().sum() / first.abs().sum())
    return f"second run: changed by {change:.0%}"


def has_signs(c: Case, student: str) -> str:
    """For and against."""
    return f"{float((maps(c)[student] < 0).float().mean()):.0%} of the numbers are below 0"


def asks_the_class(c: Case, student: str) -> str:
    """The map of the class that comes next in the list."""
    other = (zoo.CLASSES.index(c.animal) + 1) % len(zoo.CLASSES)
    first, second = maps(c)[student], _map(c, student, picture(c), other)
    same = float(torch.corrcoef(torch.stack([first.flatten(), second.flatten()]))[0, 1])
    return f"asked for {zoo.CLASSES[other]}: r = {same:.2f} with this map"


def knows_what_changed(c: Case, student: str) -> str:
    """A square of the picture is replaced by the baseline."""
    x = picture(c)
    x[SQUARE] = noise(x, STUDENTS.index(student))[SQUARE]
    A = _map(c, student, x, zoo.CLASSES.index(c.animal))
    return f"a square is set to x′: Σ|A| there is {float(A[SQUARE].abs().sum()):.2f}"


CHECKS: dict[str, Callable[[Case, str], str]] = {
    "look only": looks,
    "the sum": adds_up,
    "a second run": repeats,
    "the signs": has_signs,
    "another class": asks_the_class,
    "x = x′": knows_what_changed,
}
