"""A reel: every frame once, for all readers, what is under the hand first."""

import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from diskcache import Cache

from app.shared.film import reel as reel_module
from app.shared.film.frames import Film, Frame, Panel, Scale, Shown
from app.shared.film.reel import Reel, order
from tests.app.running import unpacked
from tests.app.shared.film.test_frames import sliding


def counting(n: int, refuse: int | None = None) -> tuple[Film, list[int]]:
    """A film of n stops that notes which of its frames were computed."""
    computed: list[int] = []

    def frame(k: int) -> Frame:
        computed.append(k)
        if k == refuse:
            raise ValueError("B must be at least 2 for the trapezoid rule")
        return Frame([Shown(np.full((1, 1), k / n))], str(k))

    slider = sliding(*map(str, range(n)))
    return Film(slider, (), {"": 1}, (Panel("A", 0),), lambda: (Scale(1.0, "share"),), frame), computed


def test_the_hand_comes_first_then_its_neighbours_then_the_cheap_ones() -> None:
    assert list(order(3, 6)) == [3, 4, 2, 0, 1, 5]
    assert list(order(0, 3)) == [0, 1, 2] and list(order(2, 3)) == [2, 1, 0]
    film, computed = counting(6)
    kept = Reel()
    kept.fill(film, 3, 0)
    assert computed == [3]
    kept.fill(film, 3, 0)
    assert computed == [3]  # what is there is not computed again
    kept.fill(film, 1, 60)
    assert computed == [3, 1, 2, 0, 4, 5]
    head, (map_,) = unpacked(kept.frames[3])
    assert head["number"] == "3" and map_.tolist() == [[64]]  # 127 · 3/6, rounded to even


def test_what_is_dear_waits_until_it_is_asked_for() -> None:
    film, computed = counting(5)
    kept, dear = Reel(), replace(film, ahead=2)
    kept.fill(dear, 3, 60)
    assert computed == [3, 0, 1]
    kept.fill(dear, 4, 60)
    assert computed == [3, 0, 1, 4]


def test_thirty_readers_cost_one_computation() -> None:
    film, computed = counting(4)
    kept = Reel()
    readers = [threading.Thread(target=kept.fill, args=(film, 1, 60)) for _ in range(30)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert sorted(computed) == [0, 1, 2, 3]


def test_a_stop_that_is_refused_says_why_and_stops_nothing() -> None:
    film, _ = counting(3, refuse=0)
    kept = Reel()
    kept.fill(film, 0, 60)
    head, (said,) = unpacked(kept.frames[0])
    assert said == head["says"] == "B must be at least 2 for the trapezoid rule" and set(kept.frames) == {0, 1, 2}


def test_an_error_that_is_no_refusal_is_not_hidden_and_leaves_the_lock() -> None:
    film, _ = counting(2)
    broken = Film(film.slider, (), film.rows, film.panels, film.scales, lambda k: 1 / 0)
    kept = Reel()
    with pytest.raises(ZeroDivisionError):
        kept.expose(broken, 0)
    kept.expose(film, 0)


def test_processes_find_each_other_s_frames(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    film, computed = counting(3)
    with Cache(str(tmp_path)) as shelf:
        monkeypatch.setattr(reel_module, "_shelf", lambda: shelf)
        first, second = Reel(), Reel()  # of two processes
        first.fill(film, 0, 60)
        second.fill(film, 2, 60)
    assert sorted(computed) == [0, 1, 2] and second.frames == first.frames
