"""A benchmark that is stopped, killed, spread over workers: the same rows, nothing twice, nothing half."""

import json
import math
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import dask
import pytest
import torch

from tests import fresh
from tests.xai_core.benchmark.toy_cells import cells, worked_on
from xai_core.benchmark.cells import Cell, Result, work
from xai_core.benchmark.running import run
from xai_core.benchmark.store import Store, StoreBusy
from xai_core.benchmark.watching import Watch

ROOT = Path(__file__).parents[3]


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "results.sqlite")
    yield store
    store.close()


@pytest.fixture(scope="module", autouse=True)
def workers_start_soon():
    """Workers are copies of a process that has imported PyTorch and Dask; one that is killed is replaced at once."""
    fresh.server()
    with dask.config.set({"distributed.worker.multiprocessing-method": "forkserver"}):
        yield


@pytest.fixture(scope="module")
def cluster(workers_start_soon):
    """A process of one thread; a task that kills it comes back at once."""
    from distributed import LocalCluster

    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 0}),
        LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address="127.0.0.1:0") as cluster,
    ):
        yield cluster.scheduler_address


def quiet(wanted, store, **given):
    return run(wanted, store, progress=False, **given)


def exported(store: Store) -> str:
    return "\n".join(json.dumps(row) for row in store.rows("cells"))


# --- cells ------------------------------------------------------------------------------------------------------------


def test_a_key_stands_for_function_and_settings_alone():
    cell = Cell("m:f", {"a": 1, "b": [0.1, "ε"]}, {"folder": "x"})
    assert cell.key == Cell("m:f", {"b": [0.1, "ε"], "a": 1}, {"folder": "y"}, "group").key
    others = [
        Cell("m:g", cell.settings),
        Cell("m:f", {"a": 2, "b": [0.1, "ε"]}),
        Cell("m:f", {"a": 1, "b": [0.1, "e"]}),
    ]
    assert len({cell.key, *(other.key for other in others)}) == 4
    # by other means: printf '["m:f",{"a":1}]' | sha256sum
    assert Cell("m:f", {"a": 1}).key == "b59819d18ecc5555427fff443cb835f1698a170b08809dd0304d04359eb6f8ed"


def test_a_cell_is_summed_on_one_thread_and_the_number_is_put_back(tmp_path, monkeypatch):
    before, seen = torch.get_num_threads(), []
    monkeypatch.setattr(
        "tests.xai_core.benchmark.toy_cells.time.sleep", lambda seconds: seen.append(torch.get_num_threads())
    )
    try:
        torch.set_num_threads(2)
        result = work(cells(1, tmp_path / "log")[0])
        assert seen == [1] and torch.get_num_threads() == 2
        failed = work(cells(1, tmp_path / "log", fails=[0])[0])
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
    assert result.error == "" and result.rows[0] == {"score": "square", "value": 0}
    assert failed.error == "ValueError: n is 0; it must be another" and failed.rows == []


# --- store ------------------------------------------------------------------------------------------------------------


def test_rows_come_back_bit_for_bit_in_the_order_of_the_plan(store):
    values = [0.1 + 0.2, 5e-324, math.pi, -0.0, math.inf]
    wanted = [Cell("m:f", {"n": n}) for n in range(5)]
    store.plan("cells", wanted)
    for n in (3, 0, 4, 1):
        store.keep(Result(wanted[n].key, [{"value": values[n]}], 0.5, 0.25))
    assert [(row["n"], row["value"]) for row in store.rows("cells")] == [(n, values[n]) for n in (0, 1, 3, 4)]
    assert math.copysign(1, list(store.rows("cells"))[2]["value"]) == -1
    assert store.count("cells") == (5, 4)
    store.plan("cells", [wanted[4], wanted[0], wanted[4]])  # another plan: only what is asked for, named twice or not
    assert [row["n"] for row in store.rows("cells")] == [4, 0] and store.count("cells") == (2, 2)
    assert list(store.timings("cells")) == [({"n": 4}, 0.5, 0.25), ({"n": 0}, 0.5, 0.25)]


def test_groups_are_neighbours_that_are_not_done(store, tmp_path, monkeypatch):
    monkeypatch.setattr("xai_core.benchmark.store.PAGE", 2)  # a group may cross the pages that are read
    wanted = cells(7, tmp_path / "log", group=3)
    store.plan("cells", wanted)
    store.keep(work(wanted[1]))
    assert [[c.settings["n"] for c in group] for group in store.groups("cells")] == [[0, 2], [3, 4, 5], [6]]
    store.plan("cells", cells(3, tmp_path / "log"))  # of no group: each alone
    assert [[c.settings["n"] for c in group] for group in store.groups("cells")] == [[0], [2]]


def test_one_writer(store, tmp_path):
    other = Store(store.path)
    with store.only_writer(), pytest.raises(StoreBusy, match=r"Another command is writing to .*results\.sqlite"):
        quiet(cells(1, tmp_path / "log"), other)
    assert quiet(cells(1, tmp_path / "log"), other).done == 1  # let go of at the end
    other.close()


# --- running ----------------------------------------------------------------------------------------------------------


def test_nothing_is_done_twice(store, tmp_path):
    log = tmp_path / "log"
    first = quiet(cells(3, log), store)
    assert (first.planned, first.kept_before, first.done, first.failures, first.interrupted) == (3, 0, 3, [], False)
    second = quiet(cells(5, log), store)
    assert (second.planned, second.kept_before, second.done) == (5, 3, 2)
    assert worked_on(log) == [0, 1, 2, 3, 4]
    assert [row["value"] for row in store.rows("cells") if row["score"] == "square"] == [0, 1, 4, 9, 16]


def test_a_failing_cell_is_told_and_tried_again(store, tmp_path):
    log = tmp_path / "log"
    outcome = quiet(cells(4, log, fails=[1, 3]), store)
    assert outcome.done == 2
    assert outcome.failures == [
        ({"n": n, "network": "toy"}, f"ValueError: n is {n}; it must be another") for n in (1, 3)
    ]
    assert {row["n"] for row in store.rows("cells")} == {0, 2}
    outcome = quiet(cells(4, log, fails=[3]), store)
    assert outcome.done == 1 and [settings["n"] for settings, _ in outcome.failures] == [3]
    assert worked_on(log) == [0, 1, 2, 3, 1, 3]


def test_an_interruption_keeps_what_is_done(store, tmp_path, monkeypatch):
    def interrupted(seconds):
        if len(worked_on(tmp_path / "log")) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr("tests.xai_core.benchmark.toy_cells.time.sleep", interrupted)
    outcome = quiet(cells(5, tmp_path / "log"), store)
    assert outcome.interrupted and outcome.done == 2 and store.count("cells") == (5, 2)
    assert quiet(cells(5, tmp_path / "log"), store).done == 3


def test_killed_and_started_again(tmp_path):
    """kill -9 in the middle: the rows are those of a run that nobody stopped, and no kept cell is done again."""
    command = (
        "import sys; from tests.xai_core.benchmark.toy_cells import cells; from pathlib import Path;"
        "from xai_core.benchmark.running import run; from xai_core.benchmark.store import Store;"
        f"run(cells(12, Path({str(tmp_path / 'log')!r}), seconds=0.1), Store({str(tmp_path / 'killed.sqlite')!r}))"
    )
    child = subprocess.Popen([sys.executable, "-c", command], env={**os.environ, "PYTHONPATH": str(ROOT)})
    end = time.monotonic() + 60
    while len(worked_on(tmp_path / "log")) < 5 and time.monotonic() < end:
        time.sleep(0.01)
    child.send_signal(signal.SIGKILL)
    child.wait()
    killed, whole = Store(tmp_path / "killed.sqlite"), Store(tmp_path / "whole.sqlite")
    assert killed.db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    done = killed.count("cells")[1]
    assert 3 <= done <= 6
    assert quiet(cells(12, tmp_path / "log"), killed).done == 12 - done
    assert len(worked_on(tmp_path / "log")) <= 13  # at most one cell was in flight
    quiet(cells(12, tmp_path / "other"), whole)
    assert exported(killed) == exported(whole)
    killed.close(), whole.close()


def test_two_workers_find_the_same_bits_and_a_killed_one_is_replaced(store, tmp_path, cluster):
    quiet(cells(12, tmp_path / "here"), store)
    spread = Store(tmp_path / "spread.sqlite")
    outcome = quiet(cells(12, tmp_path / "there", group=3, kills=[4], fails=[8]), spread, workers=2)
    assert outcome.done == 11 and [settings["n"] for settings, _ in outcome.failures] == [8]
    assert len(worked_on(tmp_path / "there")) >= 14  # n = 3 and 4 were begun again elsewhere
    assert quiet(cells(12, tmp_path / "there"), spread, scheduler=cluster).done == 1
    assert exported(spread) == exported(store)
    spread.close()


def test_a_cell_that_kills_every_worker_is_reported_and_costs_no_other(store, tmp_path, cluster):
    outcome = quiet(cells(4, tmp_path / "log", group=2, kills=[1], always=True), store, scheduler=cluster)
    assert outcome.done == 3
    assert outcome.failures == [({"n": 1, "network": "toy"}, "KilledWorker: every worker that tried this cell died")]
    assert worked_on(tmp_path / "log").count(1) == 2  # once with its group, once alone


def test_a_result_is_kept_before_its_group_is_done(store, tmp_path, cluster):
    """The worker dies at the fourth cell of a group: the three before it are not done again."""
    wanted = cells(4, tmp_path / "log", group=4, kills=[3], always=True, seconds=0.2)
    outcome = quiet(wanted, store, scheduler=cluster)
    assert outcome.done == 3 and [settings["n"] for settings, _ in outcome.failures] == [3]
    assert worked_on(tmp_path / "log") == [0, 1, 2, 3, 3]


def test_no_cell_is_begun_on_a_worker_when_the_time_is_up(store, tmp_path, cluster):
    wanted = cells(6, tmp_path / "log", group=6, seconds=0.3)
    outcome = quiet(wanted, store, scheduler=cluster, until=time.monotonic() + 0.9)
    assert outcome.done < 6 and outcome.turns == 0 and not outcome.failures
    assert quiet(wanted, store, scheduler=cluster).done == 6 - outcome.done


@pytest.mark.parametrize("workers", [-1, 1.5, True, "2"])
def test_a_wrong_number_of_workers(store, workers):
    with pytest.raises(ValueError, match=r"workers must be a whole number, 0 .in this process. or more; got"):
        quiet([], store, workers=workers)


def test_a_store_that_is_no_store(tmp_path):
    (tmp_path / "results.sqlite").write_text("not a database" * 100)
    with pytest.raises(sqlite3.DatabaseError):
        Store(tmp_path / "results.sqlite")


def test_the_rest_is_reckoned_kind_by_kind(store):
    """One slow method and one fast: what is left is not the mean of all."""
    wanted = [
        Cell("m:f", {"network": "zoo", "method": method, "n": n}) for n in range(3) for method in ("slow", "fast")
    ]
    store.plan("cells", wanted)
    for cell, seconds in zip(wanted, (100.0, 1.0), strict=False):
        store.keep(Result(cell.key, [{"value": 1}], seconds))
    watch = Watch(store, "cells", workers=2, shown=True)
    assert watch.left() == (2 * 100 + 2 * 1) / 2
    watch.count(Result(wanted[2].key, [], 200.0))
    assert watch.left() == (1 * 150 + 2 * 1) / 2
    watch.count(Result(wanted[4].key, [], error="ValueError: no"))
    assert watch.left() == 1
    watch.__exit__()
    store.plan("others", [Cell("m:f", {"n": n}) for n in range(9)])
    assert Watch(store, "others", workers=1).left() is None


# --- a file of somebody else ------------------------------------------------------------------------------------------


def forge(path: Path, *commands: str) -> None:
    """Write into a store as anybody can."""
    with closing(sqlite3.connect(path)) as db:
        db.executescript(";".join(commands))


@pytest.mark.parametrize(
    "forgery",
    [
        "UPDATE cells SET function = 'os:abort'",
        "UPDATE cells SET settings = '{\"n\": 7}'",
        "UPDATE cells SET function = 'os:abort', settings = 'no json'",
        'UPDATE plan SET context = \'{"log": "/elsewhere"}\'',
    ],
)
def test_what_is_worked_on_is_what_this_command_planned(store, tmp_path, forgery):
    log = tmp_path / "log"
    store.plan("cells", cells(2, log))
    forge(store.path, forgery)
    assert quiet(cells(2, log), store).done == 2
    assert worked_on(log) == [0, 1] and [row["n"] for row in store.rows("cells")] == [0] * 3 + [1] * 3


@pytest.mark.parametrize(
    "forgery",
    [
        "UPDATE cells SET function = 'os:abort'",
        "UPDATE cells SET settings = '{\"n\":7}'",
        "UPDATE plan SET context = '{}'",
        "INSERT INTO cells VALUES ('k', 'os:abort', '{}');"
        " INSERT INTO plan (name, position, key, context, team) VALUES ('cells', 9, 'k', '{}', '')",
    ],
)
def test_a_cell_that_was_slipped_in_is_refused(store, tmp_path, forgery):
    """Between planning and working, or by a file that answers otherwise than it was told."""
    store.plan("cells", cells(2, tmp_path / "log"))
    forge(store.path, forgery)
    with pytest.raises(ValueError, match=r"results\.sqlite asks for '.*', which this command did not plan"):
        list(store.groups("cells"))


def test_a_true_key_of_a_function_that_was_not_planned_is_refused(store, tmp_path):
    store.plan("cells", cells(1, tmp_path / "log"))
    other = Cell("os:abort", {})
    forge(
        store.path,
        f"INSERT INTO cells VALUES ('{other.key}', 'os:abort', '{{}}')",
        f"INSERT INTO plan (name, position, key, context, team) VALUES ('cells', 9, '{other.key}', '{{}}', '')",
    )
    with pytest.raises(ValueError, match="asks for 'os:abort', which this command did not plan: nothing of it is run"):
        list(store.groups("cells"))


@pytest.mark.parametrize(
    ("more", "kind"),
    [
        ("CREATE TRIGGER t AFTER INSERT ON plan BEGIN UPDATE cells SET function = 'os:abort'; END", "trigger 't'"),
        ("CREATE VIEW v AS SELECT * FROM cells", "view 'v'"),
        ("CREATE TABLE more (x)", "table 'more'"),
        ("CREATE INDEX i ON cells (function)", "index 'i'"),
    ],
)
def test_a_file_that_acts_by_itself_is_refused(store, more, kind):
    forge(store.path, more)
    with pytest.raises(ValueError, match=rf"results\.sqlite must hold the tables cells, .* alone; it has a {kind}"):
        Store(store.path)


@pytest.mark.parametrize(
    "accident",
    [
        "UPDATE results SET rows = replace(rows, '\"value\": 1}', '\"value\": 2}') WHERE rows LIKE '%\"value\": 1}%'",
        "UPDATE cells SET settings = replace(settings, '\"n\":1', '\"n\":9')",
        "UPDATE results SET checksum = NULL WHERE rows LIKE '%\"value\": 1}%'",
        "UPDATE results SET rows = 'cut o' WHERE rows LIKE '%\"value\": 1}%'",
    ],
)
def test_altered_rows_are_named_set_aside_and_measured_again(store, tmp_path, accident):
    log = tmp_path / "log"
    quiet(cells(3, log), store)
    before = exported(store)
    forge(store.path, accident)
    again = Store(store.path)
    assert [settings["network"] for settings in again.altered] == ["toy"] and len(again.altered) == 1
    assert again.count("cells") == (3, 2) and {row["n"] for row in again.rows("cells")} == {0, 2}
    ((_, why),) = again.failures("cells")
    assert why.startswith("its kept rows are not those of its checksum")
    outcome = quiet(cells(3, log), again)
    assert (outcome.done, outcome.failures) == (1, []) and worked_on(log) == [0, 1, 2, 1]
    assert exported(again) == before
    assert Store(store.path).altered == []


def test_results_from_before_checksums_are_read_and_watched_from_then_on(tmp_path):
    """A file as it was written then."""
    old, kept = tmp_path / "results.sqlite", cells(2, tmp_path / "log")
    first = Store(old)
    quiet(kept, first)
    before = exported(first)
    first.close()
    forge(
        old,
        "CREATE TABLE copy (key TEXT PRIMARY KEY REFERENCES cells (key), rows TEXT NOT NULL) WITHOUT ROWID",
        "INSERT INTO copy SELECT key, rows FROM results",
        "DROP TABLE results",
        "ALTER TABLE copy RENAME TO results",
    )
    found = Store(old)
    assert found.altered == [] and exported(found) == before and quiet(kept, found).done == 0
    found.close()
    forge(old, "UPDATE results SET rows = replace(rows, 'square', 'cube')")
    assert sorted(settings["n"] for settings in Store(old).altered) == [0, 1]


def test_what_is_no_row_is_refused(store):
    cell = Cell("m:f", {"n": 1})
    store.plan("cells", [cell])
    store.keep(Result(cell.key, [1, 2]))
    with pytest.raises(ValueError, match=r"results\.sqlite must hold rows that a cell returned; 'cells' has others"):
        list(store.rows("cells"))
