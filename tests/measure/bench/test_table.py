"""The arithmetic of the bench's table, on times that nobody measured."""

import itertools
import time

import pytest

from tests.measure.bench.figure import dots
from tests.measure.bench.table import Row, as_numbers, head, line, markdown, notes
from tests.measure.bench.turns import Effort, take_turns

PEERS = ("captum", "lime")


def row(peer: list[float] | None = None, **given: object) -> Row:
    times = {"ours": [2.0, 3.0, 40.0], "floor": [1.0, 2.0, 10.0]} | ({} if peer is None else {"captum": peer})
    return Row("lime", "zoo", times, **given)


def test_ratios_are_medians_of_turns_and_not_ratios_of_medians():
    assert row().ratio("ours") == 2  # of 2, 1.5 and 4; the medians would give 3 / 2
    assert row().milliseconds("ours") == 3000 and row().milliseconds("floor") == 2000


def test_who_did_not_take_part_has_no_ratio():
    assert row().ratio("captum") is None and row().peers == [] and row().winners == []


@pytest.mark.parametrize(("ratio", "wins"), [(1.0, True), (1.9, True), (1.91, False), (2.0, False), (3.0, False)])
def test_a_peer_wins_by_more_than_five_per_cent(ratio, wins):
    """Ours is at 2: 2 / 1.9 = 1.053, 2 / 1.91 = 1.047."""
    against = row([ratio * 1.0, ratio * 2.0, ratio * 10.0])
    assert against.winners == (["captum"] if wins else [])
    assert against.cells(PEERS)[5] == (f"**{ratio:.2f}**" if wins else f"{ratio:.2f}")


def test_cells():
    assert row([4.0, 8.0, 40.0]).cells(PEERS) == ["zoo", "lime", "3000.00", "2000.00", "2.00", "4.00", "", ""]
    refused = row(notes={"lime": "needs three channels"}, memory=12.6)
    assert refused.cells(PEERS) == ["zoo", "lime", "3000.00", "2000.00", "2.00", "", "–", "13"]
    assert len(refused.cells(PEERS)) == len(head(PEERS))
    assert line(head(PEERS)).split()[:4] == ["network", "method", "ours,", "ms"]
    assert len(line(head(PEERS))) == len(line(refused.cells(PEERS)))


def test_a_reason_is_told_once():
    rows = [row(notes={"lime": "is away"}), row(notes={"lime": "is away", "captum": "is ill"})]
    assert notes(rows) == ["lime, lime on zoo, lime on zoo: is away", "captum, lime on zoo: is ill"]


def test_markdown():
    text = markdown([row([1.0, 2.0, 10.0]), row(notes={"lime": "is away"})], PEERS).splitlines()
    assert text[0] == "| network | method | ours, ms | floor, ms | ours | captum | lime | MiB |"
    assert text[1] == "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |"
    assert text[2] == "| zoo | lime | 3000.00 | 2000.00 | 2.00 | **1.00** |  |  |"
    assert text[3] == "| zoo | lime | 3000.00 | 2000.00 | 2.00 |  | – |  |"
    assert "more than 1.05 times as much: in 1 of 2 rows" in text[5] and text[7] == "– lime, lime on zoo: is away"


def test_numbers_for_the_file():
    (found,) = as_numbers([row([1.0, 2.0, 10.0])])
    assert found["ratios"] == {"ours": 2, "floor": 1, "captum": 1} and found["winners"] == ["captum"]
    assert found["seconds"]["ours"] == [2, 3, 40] and found["memory_MiB"] is None


def test_a_dot_for_each_cell():
    fig = dots([row([1.0, 2.0, 10.0]), Row("rise", "digits", {"ours": [3.0], "floor": [1.0]})], PEERS)
    zoo, digits = fig.axes
    # Lines from below: rise, lime; ours, captum and lime in turn.
    assert [dot.get_offsets().tolist() for dot in zoo.collections] == [[[2, 1]], [[1, 1]], []]
    assert [dot.get_offsets().tolist() for dot in digits.collections] == [[[3, 0]], [], []]
    assert zoo.get_xscale() == "log" and zoo.get_title() == "zoo" and digits.get_title() == "digits"


def test_turns_go_to_and_fro_and_a_peer_that_fails_is_noted(monkeypatch):
    """A clock that moves on by one at each look."""
    clock, called = itertools.count(), []
    monkeypatch.setattr(time, "process_time", lambda: float(next(clock)))

    def ill() -> None:
        raise ValueError("no colours\nand more")

    runs = {"ours": lambda: called.append("ours"), "floor": lambda: called.append("floor"), "captum": ill}
    times, failed = take_turns(runs, Effort(repeats=2, seconds=0), ("ours", "floor"))
    assert failed == {"captum": "ValueError: no colours"} and times == {"ours": [1, 1], "floor": [1, 1]}
    assert called == ["ours", "floor", *("ours", "floor"), *("floor", "ours")]  # the first warms up


@pytest.mark.parametrize(("repeats", "seconds", "turns"), [(1, 100, 1), (5, 100, 5), (5, 0, 2), (5, 6, 3)])
def test_a_row_ends_in_time_but_not_before_two_turns(repeats, seconds, turns, monkeypatch):
    """One run looks at the clock twice a turn, and once more from the third turn on."""
    clock = itertools.count()
    monkeypatch.setattr(time, "process_time", lambda: float(next(clock)))
    times, _ = take_turns({"ours": int}, Effort(repeats, seconds), ("ours",))
    assert len(times["ours"]) == turns


def test_an_error_of_ours_is_none_of_a_peers():
    with pytest.raises(ZeroDivisionError):
        take_turns({"ours": lambda: 1 / 0}, Effort(1, 1), ("ours",))
