"""The page Broken: every mistake once in five cases; each check gives away what it should, and nothing else does."""

import re

import pytest

from app.labs.broken import compute
from app.labs.broken.compute import CHECKS, STUDENTS
from data.broken import MISTAKES
from tests.app.running import opened

pytestmark = pytest.mark.usefixtures("fresh")
PAGE = "labs/broken/page.py"
CASES = {compute.case(n).mistake: compute.case(n) for n in range(1, 6)}


def numbers(text: str) -> list[float]:
    return [float(n) for n in re.findall(r"-?\d+(?:\.\d+)?", text)]


def test_five_cases_in_a_row_have_every_mistake_once() -> None:
    for block in range(4):
        found = [compute.case(5 * block + n).mistake for n in range(1, 6)]
        assert sorted(found) == sorted(MISTAKES)


@pytest.mark.parametrize(
    ("mistake", "check", "odd"),
    [
        ("class", "another class", lambda r: r == 1),
        ("probability", "the sum", lambda total, change: total <= 1 and change > 1.5),
        ("difference", "x = x′", lambda square: square > 0),
        ("seed", "a second run", lambda change: change > 0),
        ("sign", "the signs", lambda below, zero: below == zero),
    ],
)
def test_a_check_gives_the_wrong_map_away_and_no_other(mistake, check, odd) -> None:
    c = CASES[mistake]
    told = {student: numbers(CHECKS[check](c, student)) for student in STUDENTS}
    assert [student for student, found in told.items() if odd(*found)] == [c.student]


def test_the_wrong_line_stands_there_after_both_answers_and_not_before() -> None:
    c = CASES["sign"]
    at = opened(PAGE, case=str(c.number), **{f"who_{c.number}": c.student})
    assert not at.exception and not any("# wrong:" in each.value for each in at.code)
    assert [(m.label, m.value) for m in at.metric] == [("answers given", "1 of 2")]
    told = {f"who_{c.number}": c.student, f"why_{c.number}": MISTAKES["sign"].says}
    at = opened(PAGE, case=str(c.number), **told)
    code = next(each.value for each in at.code if "# wrong:" in each.value)
    assert "    # wrong:\n    return ((x - baseline) * total / B).abs()\n    # right: return (x - baseline)" in code
    assert [(m.label, m.value) for m in at.metric] == [("answers are right", "2 of 2")]


def test_another_reason_is_half_right() -> None:
    c = CASES["seed"]
    told = {f"who_{c.number}": c.student, f"why_{c.number}": MISTAKES["class"].says}
    at = opened(PAGE, case=str(c.number), **told)
    assert [(m.label, m.value) for m in at.metric] == [("answers are right", "1 of 2")]
    assert f"Right, it is {c.student}, for another reason." in at.success[0].value
