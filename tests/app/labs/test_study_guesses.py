"""What a class guesses is counted while its study is open: nobody's name, nothing outside a class."""

import sqlite3
from pathlib import Path

import pytest
import torch

from app.labs.study import explanations, guesses
from app.labs.study.guesses import Guessed, count, counts
from app.labs.study.store import Store, StoreError
from app.shared.predict import veil
from tests.app.running import opened, ran

WHOLE = {"method": "Simple gradient"}
TRUNK = "the trunk"


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("XAI_STUDY_DB", str(tmp_path / "study.sqlite3"))
    return Store(tmp_path / "study.sqlite3")


def test_counts_and_means_by_hand(store: Store) -> None:
    study, _ = store.create("a", "m")
    other, _ = store.create("b", "m")
    for choice, covered in ((TRUNK, None), ("the ears", None), (TRUNK, None), ("painted", 0.5), ("painted", 0.25)):
        count(store, study.code, "explain", choice, covered)
    count(store, study.code, "explain", "painted")  # where nobody knows what decides
    count(store, study.code, "cam", "early")
    count(store, other.code, "explain", TRUNK)
    assert counts(store, study.code) == [
        Guessed("cam", "early", 1, None),
        Guessed("explain", "painted", 3, 0.375),
        Guessed("explain", TRUNK, 2, None),
        Guessed("explain", "the ears", 1, None),
    ]
    assert counts(store, other.code) == [Guessed("explain", TRUNK, 1, None)]


def test_a_closed_study_and_one_that_is_not_there_keep_nothing(store: Store) -> None:
    study, secret = store.create("a", "m")
    store.set_open(study.code, secret, False)
    for code in (study.code, "nothere1"):
        with pytest.raises(StoreError):
            count(store, code, "explain", TRUNK)
    assert not counts(store, study.code)


def test_a_file_from_before_guesses_were_counted_goes_on(store: Store) -> None:
    study, _ = store.create("a", "m")
    with sqlite3.connect(store.path) as db:
        db.execute("DROP TABLE guesses")
    db.close()
    count(store, study.code, "explain", TRUNK)
    assert counts(store, study.code) == [Guessed("explain", TRUNK, 1, None)]


def test_a_choice_on_a_page_is_counted_once(store: Store) -> None:
    study, secret = store.create("a", explanations.load().checksum)
    at = opened(guess="ask", study=study.code, **WHOLE)
    assert not counts(store, study.code)
    at.pills(key="decides").set_value(TRUNK)
    ran(at)
    at.pills(key="decides").set_value("the background")  # after the maps were seen
    ran(at)
    assert counts(store, study.code) == [Guessed("explain", TRUNK, 1, None)]
    at = opened("labs/study/page.py", study=study.code, teacher=secret)
    assert any("| Explain | the trunk | 1 |  |" in each.value for each in at.markdown)


def test_a_drawing_is_counted_with_what_it_covered(store: Store) -> None:
    study, _ = store.create("a", "m")
    at = opened(guess="ask", study=study.code, **WHOLE)
    at.session_state["_open"] = {at.session_state["_scene"]: veil.Guess(drawn=torch.ones(64, 64, dtype=torch.bool))}
    at.session_state["_drawn_now"] = True
    ran(ran(at))
    (found,) = counts(store, study.code)
    assert found == Guessed("explain", veil.DRAWN, 1, 1.0)


@pytest.mark.parametrize("how", [{"decides": TRUNK}, {"teacher": "any"}, {"guess": "off"}])
def test_a_links_choice_a_teachers_and_a_lectures_are_not_counted(store: Store, how: dict) -> None:
    study, _ = store.create("a", "m")
    at = opened(**{"guess": "ask", "study": study.code, **WHOLE, **how})
    at.pills(key="decides").set_value(TRUNK)
    ran(at)
    assert at.tabs and not counts(store, study.code)


def test_outside_a_class_nothing_is_kept(store: Store) -> None:
    at = opened(guess="ask", **WHOLE)
    at.pills(key="decides").set_value(TRUNK)
    ran(at)
    assert at.tabs and not store.path.exists() and guesses.CLASS not in at.session_state
