"""kill -9 at any moment of a benchmark: its file stays whole, its rows are those of a run that nobody stopped."""

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.xai_core.benchmark.toy_cells import cells, worked_on
from xai_core.benchmark.exports import export
from xai_core.benchmark.running import run
from xai_core.benchmark.store import Store

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[3]
HEAD = """
import sys
from pathlib import Path
from tests.xai_core.benchmark.toy_cells import cells
from xai_core.benchmark.exports import export
from xai_core.benchmark.running import run
from xai_core.benchmark.store import Store
folder = Path(sys.argv[1])
store = Store(folder / "killed.sqlite")
"""


def child(code: str, folder: Path) -> subprocess.Popen:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen([sys.executable, "-c", HEAD + code, str(folder)], env=environment)


def kill_soon(process: subprocess.Popen, chance: random.Random) -> None:
    """At some moment of the next 50 ms."""
    time.sleep(chance.random() / 20)
    process.send_signal(signal.SIGKILL)
    process.wait()


def test_a_run_that_is_killed_eight_times(tmp_path: Path) -> None:
    chance, log, done = random.Random(0), tmp_path / "log", 0
    for kill in range(8):
        process = child('run(cells(60, folder / "log", seconds=0.02), store, progress=False)', tmp_path)
        begun, end = len(worked_on(log)), time.monotonic() + 60
        while len(worked_on(log)) <= begun + kill and process.poll() is None and time.monotonic() < end:
            time.sleep(0.005)
        kill_soon(process, chance)
        with closing(Store(tmp_path / "killed.sqlite")) as killed:
            assert killed.db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            assert not killed.altered and killed.count("cells")[1] >= done
            done = killed.count("cells")[1]
    assert len(worked_on(log)) <= done + 8  # of each run at most one cell was lost
    with closing(Store(tmp_path / "killed.sqlite")) as killed, closing(Store(tmp_path / "whole.sqlite")) as whole:
        assert run(cells(60, log), killed, progress=False).done == 60 - done
        run(cells(60, tmp_path / "other"), whole, progress=False)
        assert repr([*killed.rows("cells")]) == repr([*whole.rows("cells")])


def test_an_export_that_is_killed_leaves_whole_files(tmp_path: Path) -> None:
    with closing(Store(tmp_path / "killed.sqlite")) as store:
        run(cells(60, tmp_path / "log"), store, progress=False)
        export(store, tmp_path)
    before, chance = pq.read_table(tmp_path / "rows.parquet").to_pylist(), random.Random(1)
    for _ in range(4):
        said = tmp_path / "said"
        said.unlink(missing_ok=True)
        process = child('\nwhile True:\n    export(store, folder)\n    (folder / "said").touch()', tmp_path)
        end = time.monotonic() + 60
        while not said.exists() and time.monotonic() < end:
            time.sleep(0.005)
        kill_soon(process, chance)
        assert repr(pq.read_table(tmp_path / "rows.parquet").to_pylist()) == repr(before)  # NaN is no NaN's equal
        assert len((tmp_path / "rows.csv").read_text(encoding="utf-8").splitlines()) == 1 + len(before)
