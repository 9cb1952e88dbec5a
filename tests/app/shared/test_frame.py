"""The frame that all pages share, and the scripts that are put together in one place."""

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from app.shared import frame
from app.shared.script import call, script
from tests.app.running import MAIN, opened, ran
from xai_core import catalogue

LABS = MAIN.parent / "labs"


# --- the frame --------------------------------------------------------------------------------------------------------


def test_a_guess_against_the_answer() -> None:
    assert frame.judged("black", "black", "it is.") == "Right: it is."
    assert frame.judged("white", "black", "no.") == "You guessed white: no."
    assert frame.judged("white", None, "well.") == "You guessed white: well."


def test_one_that_fails_stops_no_other() -> None:
    def answer(name: str, given: int) -> float:
        if name == "bad":
            raise ValueError(f"B must be 1 or more; got {given}")
        return 1 / given

    found, failures = frame.answers({"good": 2, "bad": 0, "better": 4}, answer)
    assert found == {"good": 0.5, "better": 0.25} and failures == {"bad": "B must be 1 or more; got 0"}


def test_only_the_line_says_that_something_takes_long() -> None:
    """A spinner of a page's own is a computation outside the line. Opening files is none."""
    app = MAIN.parent
    said = {
        (file.relative_to(app).as_posix(), word)
        for file in app.rglob("*.py")
        for word in re.findall(r"\bspinner\(|show_spinner=(?!False)[^,)]*", file.read_text(encoding="utf-8"))
    }
    opening = 'show_spinner="Opening the network …"'
    assert said == {
        ("main.py", "spinner("), ("shared/frame.py", "spinner("), ("shared/networks.py", opening),
        ("labs/attention/compute.py", opening),
        ("shared/own.py", 'show_spinner="Opening your network …"'),
    }  # fmt: skip


def test_a_question_is_the_same_in_a_lecture_and_ahead_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, turn = [], frame.turns.turn

    def heard(question: tuple, *rest: Any) -> Any:
        asked.append(question)
        return turn(question, *rest)

    monkeypatch.setattr(frame.turns, "turn", heard)
    found = []
    for around in ({}, {"lecture": "1", "ahead": "on", "hide": "check"}, {"case": "2"}):
        asked.clear()
        opened("labs/broken/page.py", **around)
        found.append(list(asked))
    assert found[0] and found[0] == found[1] != found[2]


def test_every_method_has_a_tab() -> None:
    tabs = frame.of_methods(list(catalogue()))
    assert list(tabs) == [method.title for method in catalogue().values()]
    assert all(method.paper in tab.note for method, tab in zip(catalogue().values(), tabs.values(), strict=True))


def test_a_cell_with_a_bar_stays_a_cell() -> None:
    def page() -> None:
        from app.shared import frame

        frame.table(["", "Σ|A|"], [["in_part", "1"]], "one")

    at = ran(AppTest.from_function(page))
    assert at.markdown[0].value == "|  | Σ\\|A\\| |\n|---|---|\n| in\\_part | 1 |"


def test_a_page_stops_with_the_sentence() -> None:
    def page() -> None:
        import streamlit as st

        from app.shared import frame

        try:
            with frame.asking():
                raise ValueError("K must be at least 1; got *0*")
            st.markdown("not reached")
        except frame.Ended:  # as main.py does
            st.caption("reached")

    at = ran(AppTest.from_function(page))
    assert at.error[0].value == r"K must be at least 1; got \*0\*" and not at.markdown and at.caption


# --- scripts ----------------------------------------------------------------------------------------------------------


def test_a_script_imports_what_its_lines_use_and_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = script(
        ['x = zoo.draw("cat", 3).image[None]', "y = F.relu(x)  # said.text is no module"],
        stem="cat", figure='figures.map_grid(x, {"y": y}, scale="own")', arrays=("x=x.numpy()",), after=["done = True"],
    )  # fmt: skip
    head = text.split("x = zoo")[0]
    assert head.count("import") == 4 and "torch.nn.functional" in head and "from data import zoo" in head
    monkeypatch.chdir(tmp_path)
    world: dict = {}
    exec(compile(text, "cat.py", "exec"), world)
    assert world["done"] and np.load("cat.npz")["x"].shape == (1, 3, 64, 64) and Path("cat.png").stat().st_size > 1000


def test_a_call_is_written_as_one_would() -> None:
    assert call("f", "x", given={"name": 'a "b" é', "B": 3, "eps": None}) == 'f(x, name="a \\"b\\" é", B=3, eps=None)'


def test_every_page_of_maps_offers_a_script_of_its_own_stem(seen: SimpleNamespace) -> None:
    opened(method="Simple gradient")
    text, _, _ = seen.files
    assert 'fig.savefig("maps.png", dpi=160)' in text and '"maps.npz"' in text
