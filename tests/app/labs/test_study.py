"""The page Study: a taker's way from the link to the end, the teacher's numbers, and nothing lost or given away."""

import csv
import io
import json
import re
from collections import Counter
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from app.labs.study import explanations, questions, results, taking
from app.labs.study.questions import PLACES, QUESTIONS, RIGHT, TITLES, VOTES, options, order
from app.labs.study.store import Store, StoreError, Study, Taker, name_of
from app.labs.study.tally import HEADER, as_csv, tally, votes
from app.shared import take_away
from tests.app.running import MAIN, metrics, ran
from tests.app.running import opened as opened_at
from xai_core.evaluate import votes as statistics
from xai_core.plain import markdown

PAGE = "labs/study/page.py"


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("XAI_STUDY_DB", str(tmp_path / "study.sqlite3"))
    return Store(tmp_path / "study.sqlite3")


@pytest.fixture
def study(store: Store) -> Study:
    created, _ = store.create("Class 3b", explanations.load().checksum)
    return created


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """What the page last drew and offered, as values instead of pixels."""
    seen = SimpleNamespace(bars=None, files=None)
    real_bars, real_offer = results.bars, take_away.offer_files

    def bars(means: np.ndarray, half: np.ndarray, *rest: Any) -> Any:
        seen.bars = (means, half, *rest)
        return real_bars(means, half, *rest)

    def offer_files(*files: Any, **how: Any) -> None:
        seen.files = files
        real_offer(*files, **how)

    monkeypatch.setattr(results, "bars", bars)
    monkeypatch.setattr(take_away, "offer_files", offer_files)
    return seen


opened = partial(opened_at, PAGE)


def param(at: AppTest, name: str) -> str:
    value = at.query_params[name]
    return value if isinstance(value, str) else value[0]


def button(at: AppTest, label: str) -> Any:
    return next(b for b in at.button if b.label == label)


def full(*_: Any) -> None:
    """In place of what would write to a full disk."""
    raise StoreError("It was NOT kept: the disk is full.")


def words(at: AppTest) -> str:
    """Everything that can be read on the page."""
    return "\n".join(str(e.value) for kind in ("markdown", "caption", "error", "warning", "success", "info", "code")
                     for e in getattr(at, kind))  # fmt: skip


def answered(store: Store, code: str, choices: dict[int, str], token: str | None = None) -> str:
    token = token or store.begin(code)
    for number, choice in choices.items():
        store.answer(code, token, number, choice)
    return token


def everything(counts: tuple[int, int, int, int], right: int = 5) -> dict[int, str]:
    """25 answers: so many votes for each method, so many checks right."""
    methods = [m for m, c in zip(explanations.METHODS, counts, strict=True) for _ in range(c)]
    checks = [RIGHT] * right + ["scattered"] * (5 - right)
    return dict(enumerate([*methods, *checks]))


# --- what is asked ----------------------------------------------------------------------------------------------------


def test_the_papers_design() -> None:
    assert len(QUESTIONS) == 25 and [q.number for q in QUESTIONS] == list(range(25))
    assert Counter(q.digit for q in VOTES) == dict.fromkeys(range(10), 2)
    assert all(set(q.options) == {"normlime", "lime", "smoothgrad_squared", "vargrad"} for q in VOTES)
    checks = [q for q in QUESTIONS if q.is_check]
    assert len(checks) == 5 and all(q.options.count(RIGHT) == 1 and q.digit != q.decoy for q in checks)
    # Columns of votes mean the same everywhere: in the maps, in the counts, and in the paper's row.
    assert tuple(statistics.PAPER_VOTES) == explanations.METHODS
    assert [TITLES[m] for m in explanations.METHODS] == results.NAMES


def test_orders_are_a_takers_own_and_stay() -> None:
    assert [q.number for q in order("a")] == [q.number for q in order("a")] != [q.number for q in order("b")]
    assert options("a", VOTES[3]) == options("a", VOTES[3])
    first, places = Counter(), Counter()
    for i in range(400):
        mine = order(f"taker {i}")
        assert sorted(q.number for q in mine) == list(range(25))
        first[mine[0].number] += 1
        shown = options(f"taker {i}", VOTES[0])
        assert list(shown) == list(PLACES) and set(shown.values()) == set(explanations.METHODS)
        places[next(p for p, m in shown.items() if m == "normlime")] += 1
    assert len(first) == 25 and max(first.values()) < 35  # 16 expected
    assert all(70 < places[p] < 130 for p in PLACES)  # 100 expected
    # Written down: a taker who goes on after an upgrade has to meet the same order.
    assert [q.number for q in order("a")][:5] == ORDER_OF_A
    assert "".join(str(VOTES[0].options.index(o)) for o in options("a", VOTES[0]).values()) == OPTIONS_OF_A


ORDER_OF_A, OPTIONS_OF_A = [2, 18, 23, 3, 24], "3102"


def test_a_check_has_one_picture_of_the_digit() -> None:
    for q in (q for q in QUESTIONS if q.is_check):
        shown = {o: questions.explanation(q, o) for o in q.options}
        means = explanations.load().means.numpy()
        np.testing.assert_array_equal(shown[RIGHT], means[q.digit])
        np.testing.assert_array_equal(shown["another digit"], means[q.decoy])
        np.testing.assert_array_equal(shown["another digit"], shown["another digit again"])
        np.testing.assert_array_equal(np.sort(shown["scattered"].ravel()), np.sort(shown[RIGHT].ravel()))
        assert np.corrcoef(shown["scattered"].ravel(), shown[RIGHT].ravel())[0, 1] < 0.2


# --- counting ---------------------------------------------------------------------------------------------------------


def test_tally() -> None:
    whole = tally(Taker("u", everything((9, 6, 3, 2), right=4)))
    assert whole.votes == (9, 6, 3, 2) and whole.right == 4 and whole.finished and whole.passed
    careless = tally(Taker("v", everything((9, 6, 3, 2), right=3)))
    assert careless.finished and not careless.passed
    partly = tally(Taker("w", {0: "lime", 1: "lime", 20: RIGHT, 21: RIGHT, 22: RIGHT, 23: RIGHT}))
    assert partly.votes == (0, 2, 0, 0) and partly.right == 4 and not partly.finished and not partly.passed
    np.testing.assert_array_equal(votes([whole, partly]), [[9, 6, 3, 2], [0, 2, 0, 0]])
    assert votes([]).shape == (0, 4)


def test_csv_is_one_row_an_answer_in_the_order_asked() -> None:
    rows = list(csv.DictReader(io.StringIO(as_csv("abc", [Taker("u", {0: "lime", 24: RIGHT, 7: "vargrad"})]))))
    assert tuple(rows[0]) == HEADER and len(rows) == 3
    asked = [q.number for q in order("u")]
    assert [int(r["question"]) for r in rows] == sorted([0, 7, 24], key=asked.index)
    for row in rows:
        q = QUESTIONS[int(row["question"])]
        assert int(row["asked_as"]) == asked.index(q.number) + 1
        assert options("u", q)[row["place"]] == row["choice"] and int(row["digit"]) == q.digit
        assert (row["study"], row["taker"], row["finished"], row["passed"]) == ("abc", "u", "0", "0")
        assert (row["kind"], row["variant"]) == (("check", "") if q.number == 24 else ("vote", str(q.variant)))


# --- the taker --------------------------------------------------------------------------------------------------------


def test_from_the_link_to_the_end(store: Store, study: Study) -> None:
    at = opened(study=study.code)
    assert store.everyone(study.code) == []  # a look at the link begins nothing
    button(at, "Begin").click()
    ran(at)
    token = param(at, "taker")
    mine = order(name_of(token))
    assert "question 1 of 25" in at.get("progress")[0].proto.text
    answered(store, study.code, {q.number: q.options[0] for q in mine[:23]}, token)

    at = opened(study=study.code, taker=token)  # another device, with the copied address
    for i, q in enumerate(mine[23:]):
        assert f"question {24 + i} of 25" in at.get("progress")[0].proto.text
        assert f"what makes a **{q.digit}**" in words(at)
        alts = [image.proto.imgs[0].alt for image in at.get("image")]
        assert [alt[: len("Picture A")] for alt in alts] == [f"Picture {p}" for p in PLACES]
        hidden = words(at) + json.dumps(alts)
        assert not re.search("lime|smooth|vargrad|right|scatter|another", hidden, re.IGNORECASE)
        at.radio[0].set_value("C")
        button(at, "Keep my answer").click()
        ran(at)
        assert store.taker(study.code, token).answers[q.number] == options(name_of(token), q)["C"]
    counts = tally(store.taker(study.code, token))
    assert counts.finished and at.success[0].value == "Thank you. All 25 answers are kept."
    for method, count in zip(explanations.METHODS, counts.votes, strict=True):
        assert f"| **{TITLES[method]}** | {count} |" in words(at)
    assert f"You found {counts.right} of the 5" in words(at)


def test_a_reload_shows_the_same(store: Store, study: Study) -> None:
    token = answered(store, study.code, {0: "lime"})
    one, two = opened(study=study.code, taker=token), opened(study=study.code, taker=token)
    pictures = [[image.proto.imgs[0].url for image in at.get("image")] for at in (one, two)]
    assert pictures[0] == pictures[1] and len(pictures[0]) == 4
    assert words(one) == words(two)


def test_no_choice_and_a_second_click(store: Store, study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    token = store.begin(study.code)
    at = opened(study=study.code, taker=token)
    button(at, "Keep my answer").click()
    ran(at)
    assert at.error[0].value == "Choose A, B, C or D first." and store.taker(study.code, token).answers == {}
    # The second click of a double click arrives with the first one's question, whatever is shown by then.
    number = order(name_of(token))[0].number
    chosen = {f"_study_choice_{number}": "B"}
    monkeypatch.setattr(taking.st, "session_state", chosen)
    taking._answer(store, study.code, token, number)
    chosen[f"_study_choice_{number}"] = "D"
    taking._answer(store, study.code, token, number)
    expected = options(name_of(token), QUESTIONS[number])["B"]
    assert store.taker(study.code, token).answers == {number: expected}
    assert taking.TROUBLE not in chosen


def test_a_session_that_came_back_hears_its_first_click(store: Store, study: Study) -> None:
    """A server that began anew, or the other one behind nginx, knows no page that was drawn before the click."""

    def clicked(label: str, **query: str) -> AppTest:
        before, after = opened(study=study.code, **query), AppTest.from_file(str(MAIN), default_timeout=180)
        if before.radio:
            before.radio[0].set_value("A")
        button(before, label).click()
        after._page_hash = before._page_hash
        after.query_params.update(before.query_params)
        after._run(before._tree.get_widget_states())
        assert not after.exception
        return after

    token = param(clicked("Begin"), "taker")
    clicked("Keep my answer", taker=token)
    assert len(store.taker(study.code, token).answers) == 1


def test_an_answer_that_cannot_be_kept_says_so(store: Store, study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    token = store.begin(study.code)
    at = opened(study=study.code, taker=token)
    before = words(at)

    with monkeypatch.context() as patch:
        patch.setattr(Store, "answer", full)
        at.radio[0].set_value("A")
        button(at, "Keep my answer").click()
        ran(at)
    assert at.error[0].value.startswith("It was NOT kept: the disk is full. Your answer is not kept.")
    assert before in words(at) or "question 1 of 25" in at.get("progress")[0].proto.text
    button(at, "Keep my answer").click()  # there is room again; the choice is still marked
    ran(at)
    assert not at.error and len(store.taker(study.code, token).answers) == 1


def test_a_closed_study(store: Store) -> None:
    study, secret = store.create("t", explanations.load().checksum)
    half, whole = answered(store, study.code, {0: "lime"}), answered(store, study.code, everything((5, 5, 5, 5)))
    store.set_open(study.code, secret, False)
    at = opened(study=study.code)
    assert "takes no new answers" in at.warning[0].value and not [b for b in at.button if b.label == "Begin"]
    assert "Your 1 answers are kept" in opened(study=study.code, taker=half).warning[0].value
    assert "What you chose" in words(opened(study=study.code, taker=whole))


def test_bad_links(store: Store, study: Study) -> None:
    _, secret = store.create("another", explanations.load().checksum)
    for query, why in (
        ({"study": "nothere"}, "no study with the code"),
        ({"study": study.code, "taker": "made-up"}, "not of a taker of this study"),
        ({"study": study.code, "teacher": secret}, "not the teacher's link"),
    ):
        at = opened(**query)
        assert why in at.error[0].value, query
        assert "NormLIME" not in words(at) and not at.metric
    other, _ = store.create("older", "of other maps")
    assert "other explanations" in opened(study=other.code).error[0].value


@pytest.mark.parametrize("typed", ["http://[", "http://[::1", "*x*", "?study=http://["])
def test_a_code_that_is_no_code_gets_a_sentence(study: Study, typed: str) -> None:
    at = opened()
    at.text_input(key="_study_code").set_value(typed)
    button(at, "Take part").click()
    ran(at)
    shown = markdown(repr(typed.removeprefix("?study=")))
    assert at.error[0].value == f"There is no study with the code {shown} on this computer. Check the link."


# --- the teacher ------------------------------------------------------------------------------------------------------


def test_start_a_study(store: Store) -> None:
    at = opened()
    assert not store.path.exists()  # looking stores nothing
    at.text_input(key="_study_title").set_value("Class *3b*")
    button(at, "Start").click()
    ran(at)
    code, secret = param(at, "study"), param(at, "teacher")
    assert store.study(code).title == "Class *3b*" and r"### Class \*3b\*" in words(at)
    links = [c.value for c in at.code]
    assert links[0].endswith(f"?study={code}") and secret not in links[0]
    assert links[1].endswith(f"?study={code}&teacher={secret}")
    assert [(m.label, m.value) for m in at.metric] == [
        ("Begun", "0"), ("Finished", "0"), ("Passed", "0"), ("Answers kept", "0"),
    ]  # fmt: skip
    button(at, "Take the secret out of the address, to project this page").click()
    ran(at)
    assert "teacher" not in at.query_params and at.metric  # still the teacher's page
    button(at, "Leave this study").click()
    ran(at)
    assert "study" not in at.query_params and "Answers kept" not in metrics(at)
    assert not opened(study=code).metric  # whoever has the class's link alone is a taker


@pytest.mark.parametrize(
    ("page", "plain", "here_only"),
    [("http://192.168.1.20:8501/study", True, False), ("https://xai.example/study", False, False),
     ("http://localhost:8501/study", False, True), ("http://[::1]:8501/study", False, True)],
)  # fmt: skip
def test_the_teacher_is_told_who_can_listen(
    store: Store, page: str, plain: bool, here_only: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    study, secret = store.create("t", explanations.load().checksum)
    monkeypatch.setattr(type(st.context), "url", property(lambda context: page))
    said = [warning.value for warning in opened(study=study.code, teacher=secret).warning]
    assert any("over plain HTTP: whoever listens" in each for each in said) is plain
    assert any("works on this computer only" in each for each in said) is here_only


def test_a_code_by_hand_or_a_whole_link(store: Store, study: Study) -> None:
    at = opened()
    for typed in (f" {study.code.upper()} ", f"http://192.168.1.20:8501/study?study={study.code}"):
        at.text_input(key="_study_code").set_value(typed)
        button(at, "Take part").click()
        ran(at)
        assert param(at, "study") == study.code and "Class 3b" in words(at)
        button(at, "Leave this study").click()
        ran(at)


def test_the_teachers_numbers(store: Store, drawn: SimpleNamespace) -> None:
    study, secret = store.create("t", explanations.load().checksum)
    counts = [(10, 6, 2, 2), (12, 4, 1, 3), (8, 6, 4, 2)]
    for row in counts:
        answered(store, study.code, everything(row))
    answered(store, study.code, everything((0, 0, 0, 20), right=3))  # did not look
    answered(store, study.code, {0: "lime", 1: "lime"})
    store.begin(study.code)
    at = opened(study=study.code, teacher=secret)
    assert [m.value for m in at.metric] == ["6", "4", "3", "102"]
    means, half = drawn.bars[:2]
    np.testing.assert_allclose(means, [0.5, 16 / 60, 7 / 60, 7 / 60])
    np.testing.assert_allclose(half[0], 4.302653 * 0.1 / 3**0.5, rtol=1e-6)
    s = statistics.shares(counts)
    test, block, pair = statistics.anova(s), statistics.blocked(s), statistics.tukey(s)[0]
    page = words(at)
    assert "| NormLIME | 30 | 939 |" in page and "| VarGrad | 7 | 151 |" in page
    assert f"F(3, 8) = {test.F:.1f}" in page and f"F(3, 6) = {block.F:.1f}" in page and "F(3, 328) = 338" in page
    assert f"| NormLIME − LIME | {100 * pair.difference:+.1f} |" in page and "| +23.3 |" in page
    table = at.dataframe[0].value
    assert len(table) == 3 and table["NormLIME"].tolist() and set(table["passed"]) == {True}

    at.session_state["_study_counted"] = "all who finished"
    ran(at)
    assert "| VarGrad | 27 | 151 |" in words(at) and len(at.dataframe[0].value) == 4
    at.session_state["_study_counted"] = "every vote so far"
    ran(at)
    assert "| LIME | 18 | 438 |" in words(at) and len(at.dataframe[0].value) == 5


def test_close_and_open_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    study, secret = store.create("t", explanations.load().checksum)
    at = opened(study=study.code, teacher=secret)
    button(at, "Close the study").click()
    ran(at)
    assert not store.study(study.code).open and "**Closed**" in words(at)
    with monkeypatch.context() as patch:
        patch.setattr(Store, "writing", full)
        button(at, "Open it again").click()
        ran(at)
    assert at.error[0].value.startswith("It was NOT kept") and not store.study(study.code).open
    button(at, "Open it again").click()
    ran(at)
    assert store.study(study.code).open


def test_too_few_and_all_the_same(store: Store) -> None:
    study, secret = store.create("t", explanations.load().checksum)
    assert "No votes to show yet" in words(opened(study=study.code, teacher=secret))
    answered(store, study.code, everything((10, 6, 2, 2)))
    page = words(opened(study=study.code, teacher=secret))
    assert "needs at least 2; here is 1" in page and "F(3" not in page and "Tukey HSD" not in page
    answered(store, study.code, everything((10, 6, 2, 2)))
    page = words(opened(study=study.code, teacher=secret))
    assert "All takers have the same shares" in page and "F(3" not in page


# --- without a study --------------------------------------------------------------------------------------------------


def test_the_paper_is_uncovered_by_a_guess(drawn: SimpleNamespace) -> None:
    at = opened(takers="12", preference="30", seed="4")
    made = statistics.simulated(12, 0.3, 4)
    np.testing.assert_allclose(drawn.bars[0], made.mean(0) / 20)
    assert f"| NormLIME | {made[:, 0].sum()} | ? |" in words(at) and "939" not in words(at)
    assert drawn.bars[-1] is False
    at = opened(takers="12", preference="30", seed="4", votes="a third")
    assert "You guessed a third: NormLIME got 939 of 1660 votes, 57%" in at.success[0].value
    assert f"| NormLIME | {made[:, 0].sum()} | 939 |" in words(at) and drawn.bars[-1] is True
    F = f"{statistics.anova(statistics.shares(made)).F:.1f}"
    assert f"= {F}" in words(at) and [*metrics(at).values()] == [F]


def test_an_empty_class_and_the_files(
    drawn: SimpleNamespace, capsys: pytest.CaptureFixture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = opened(takers="0")
    assert "No votes to show yet" in words(at) and drawn.files[1] is None
    opened(takers="6", preference="100", seed="2")
    script, png, npz = drawn.files
    monkeypatch.chdir(tmp_path)
    exec(compile(script, "script", "exec"), {})
    s = statistics.shares(statistics.simulated(6, 1.0, 2))
    assert str(round(statistics.anova(s).F, 6))[:6] in capsys.readouterr().out
    assert png().startswith(b"\x89PNG")
    packed = np.load(io.BytesIO(npz()))
    np.testing.assert_array_equal(np.load("votes.npz")["votes"], packed["votes"])
    np.testing.assert_array_equal(packed["votes"], statistics.simulated(6, 1.0, 2))
    assert json.loads(str(packed["settings"])) == {"takers": 6, "preference": 1.0, "seed": 2}


def test_back_from_another_page(store: Store, study: Study) -> None:
    token = answered(store, study.code, {0: "lime"})
    at = opened(study=study.code, taker=token)
    at.switch_page("labs/saturation/page.py")
    ran(at)
    at.switch_page(PAGE)
    ran(at)
    assert "question 2 of 25" in at.get("progress")[0].proto.text and param(at, "taker") == token
