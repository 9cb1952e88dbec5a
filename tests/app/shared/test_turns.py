"""The line: who computes next, who needs no turn, and who has left."""

import threading
import time

import pytest

from app.shared import turns as line
from app.shared.turns import Rank, Turns, arrive, computing, words


def started(*threads: threading.Thread) -> None:
    for thread in threads:
        thread.start()


def until(so: object, turns: Turns) -> None:
    """Wait until so many stand in line."""
    for _ in range(1000):
        with turns._changed:
            if len(turns._line) == so:
                return
        time.sleep(0.005)
    raise AssertionError("nobody came")


def line_of(turns: Turns, *comers: tuple[str, Rank, float | None]) -> list[str]:
    """In what order questions are computed that came one after another while somebody else was computing."""
    order: list[str] = []

    def ask(name: str, rank: Rank, since: float | None) -> None:
        with turns.turn(name, rank=rank, since=since):
            order.append(name)

    with turns.turn("before them"):
        threads = []
        for n, comer in enumerate(comers, 1):
            threads.append(threading.Thread(target=ask, args=comer))
            threads[-1].start()
            until(n, turns)
    for thread in threads:
        thread.join()
    return order


def test_first_come_first_served() -> None:
    assert line_of(Turns(), *((name, Rank.ASKED, None) for name in "abcd")) == list("abcd")


def test_what_nobody_waits_for_stands_last_and_the_older_film_first() -> None:
    comers = [
        ("young film", Rank.AHEAD, 20.0),
        ("old film", Rank.AHEAD, 10.0),
        ("LIME", Rank.LATER, 1.0),
        ("a reader who sees nothing", Rank.ASKED, None),
    ]
    assert line_of(Turns(), *comers) == ["a reader who sees nothing", "LIME", "old film", "young film"]


def test_no_more_compute_at_once_than_there_are_places() -> None:
    turns, now, most = Turns(places=2), [0], [0]

    def ask(k: int) -> None:
        with turns.turn(k):
            now[0] += 1
            most[0] = max(most[0], now[0])
            time.sleep(0.01)
            now[0] -= 1

    threads = [threading.Thread(target=ask, args=(k,)) for k in range(8)]
    started(*threads)
    for thread in threads:
        thread.join()
    assert most == [2] and not turns._line and not turns._running


def test_equal_questions_wait_for_one_answer_and_then_need_no_turn() -> None:
    turns, inside, told = Turns(places=2), threading.Event(), list[int]()

    def first() -> None:
        with turns.turn("q"):
            inside.set()
            until(1, turns)

    thread = threading.Thread(target=first)
    thread.start()
    inside.wait()
    with turns.turn("q", told.append):  # a place is free, but the same is being computed
        assert not turns._running and "q" in turns._answered
    thread.join()
    assert told == [1]
    with turns.turn("other"), turns.turn("within it"):
        assert turns._running == 1
        with turns.turn("q"):
            pass


def test_a_question_that_failed_is_asked_again_and_the_place_is_free() -> None:
    turns = Turns()
    with pytest.raises(ZeroDivisionError), turns.turn("q"):
        raise ZeroDivisionError
    with turns.turn("q"):
        assert turns._running == 1


def test_who_leaves_the_line_is_not_computed_for(monkeypatch: pytest.MonkeyPatch) -> None:
    class Left(BaseException):
        pass

    def check() -> None:
        raise Left

    turns = Turns()
    with turns.turn("a"):
        found: list[object] = []

        def ask() -> None:
            try:
                with turns.turn("b"):
                    found.append("computed")
            except Left as left:
                found.append(left)

        monkeypatch.setattr("app.shared.turns.get_run_yield_check", lambda: check)
        thread = threading.Thread(target=ask)
        thread.start()
        thread.join()
        assert isinstance(found[0], Left) and not turns._line


def test_a_place_is_told_in_words() -> None:
    assert words(1) == "You are next in line …" and words(3) == "You are third in line …"
    assert words(31) == "You are number 31 in line …"


def test_an_answer_that_was_not_kept_needs_a_turn_again() -> None:
    turns, had = Turns(), []
    for forgotten in (False, False, True):
        if forgotten:
            turns.forget("q")
        with turns.turn("q"):
            had.append(computing())
    assert had == [True, False, True] and not computing()


def test_a_page_that_is_opened_ahead_stands_behind_whoever_waits() -> None:
    turns, order = Turns(), list[str]()

    def open_page(name: str, ahead: bool) -> None:
        arrive(ahead)
        with turns.turn(name):
            order.append(name)

    threads = [threading.Thread(target=open_page, args=each) for each in (("ahead", True), ("reader", False))]
    with turns.turn("before them"):
        for n, thread in enumerate(threads, 1):
            thread.start()
            until(n, turns)
    for thread in threads:
        thread.join()
    assert order == ["reader", "ahead"]


def test_nobody_moves_once_the_last_reader_has_rested(monkeypatch: pytest.MonkeyPatch) -> None:
    turns, now = Turns(), [100.0]
    monkeypatch.setattr(line, "TURNS", turns)
    monkeypatch.setattr(line, "_last_move", [])
    monkeypatch.setattr(line.time, "monotonic", lambda: now[0])
    assert line.resting(3) and not line.came()
    line.arrive(ahead=True)
    assert line.resting(3) and not line.came()
    line.arrive()
    assert line.came() and not line.resting(3)
    now[0] = 103.0
    assert line.resting(3)
    with turns.turn("q"):
        assert not line.resting(3)
