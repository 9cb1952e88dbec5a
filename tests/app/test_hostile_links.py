"""Links that nobody should follow: every page opens at its usual settings, says so, and shows them as they are."""

import ast
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from app.labs.study.store import Store
from app.shared import links
from app.shared.pages import PAGES, START
from tests.app.hostile import KEYS, OF_STUDY, VALUES, links_of
from tests.app.running import opened
from tests.app.running import ran as ran_on

ROOT = Path(__file__).parents[2]
# Pages that open within a second of a processor; all others are opened by test_browser.py, and by the slow tests.
LIGHT = ("explain", "attention", "domains", "scoreboard", "study", "trust", "unlearning", "why")
LISTS = ("segmented_control", "pills")
SHOWN = ("markdown", "caption", "error", "warning", "info", "success", "toast", "title", "header", "subheader", "text")


def ran(page: str, asked: dict[str, str]) -> AppTest:
    """The page, opened by such a link: no exception, and nothing in it that a browser would follow."""
    at = opened(f"labs/{page}/page.py", **asked)
    for kind in SHOWN:
        for shown in at.get(kind):
            assert not links_of(str(shown.value)), (kind, shown.value)
    return at


def each(page: str, values: list[str]) -> dict[str, str]:
    """Every key of every page with one of the values, in turn; what opens another view of this page is left out."""
    given = dict(zip(KEYS, islice(cycle(values), len(KEYS)), strict=True))
    return {name: value for name, value in given.items() if page != "study" or name not in OF_STUDY}


@pytest.mark.parametrize("page", LIGHT)
def test_a_page_opens(page: str) -> None:
    """Each page with another turn of the values."""
    turn = 4 * LIGHT.index(page)
    at = ran(page, each(page, [*VALUES[turn:], *VALUES[:turn]]))
    assert "which is not possible here; the usual setting is used." in at.toast[0].value


@pytest.mark.slow
@pytest.mark.parametrize("page", sorted(PAGES))
def test_every_page_opens_whatever_is_asked(page: str) -> None:
    for value in VALUES:
        ran(page, each(page, [value]))


@pytest.mark.slow
@pytest.mark.parametrize("page", sorted(set(PAGES) - {START.name}))
def test_every_view_of_a_page_opens_whatever_is_asked(page: str) -> None:
    """A choice that shows other controls is made rightly, all else wrongly."""
    usual = opened(f"labs/{page}/page.py")
    choices = [w for kind in ("selectbox", "radio", "button_group") for w in usual.get(kind) if w.key in KEYS]
    for choice in choices:
        options: list[Any] = [getattr(option, "content", option) for option in choice.options]
        for option in options if len(options) <= 12 else []:
            ran(page, {**each(page, ["nan", "", "$x$"]), choice.key: str(option)})
    nested = {tab.label for outer in usual.tabs for tab in outer.tabs}
    for label in {tab.label for tab in usual.tabs} - nested:  # what is drawn only in its tab
        ran(page, {**each(page, ["nan", "", "$x$"]), "tab": label})


@pytest.mark.parametrize("page", ["explain", "domains"])
def test_what_streamlit_cannot_take_gives_way_to_the_usual_setting(page: str) -> None:
    """1.67 ends in an OverflowError for 1e999, and gives None where a choice has to be made."""
    asked = {"number": "1e999", "scale": "", "domain": "", "judge": "", "seed": "-inf", "grade": ""}
    at = ran(page, {**asked, "animal": "frog", "method": "UNI"})
    assert not at.error and "not possible here" in at.toast[0].value
    assert not {*asked} & {*at.query_params} and "method" in at.query_params
    if page == "explain":
        assert at.number_input(key="number").value == 27 and at.selectbox(key="animal").value == "frog"
        assert at.toast[0].value.startswith("The link asks for `number=1e999`, ")
        ran_on(at)
        assert not at.toast  # said once


def test_choices_that_always_have_a_value_are_known() -> None:
    """As the source has them."""
    found = set()
    for file in (ROOT / "app").rglob("*.py"):
        for call in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in LISTS:
                given = {word.arg: getattr(word.value, "value", None) for word in call.keywords}
                found |= {given["key"]} if given.get("required") else set()
    assert found == links.REQUIRED


@pytest.mark.parametrize(
    "asked",
    [{"study": value} for value in (*VALUES[13:18], "http://[", "\x00", "x" * 3000)] + [{"study": "x", "teacher": "²"}],
)
def test_a_code_that_is_none(asked: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """In a sentence that shows it as it is."""
    Store(tmp_path / "study.sqlite3").create("Class", "maps")
    monkeypatch.setenv("XAI_STUDY_DB", str(tmp_path / "study.sqlite3"))
    at = ran("study", asked)
    assert "There is no study with the code" in at.error[0].value
