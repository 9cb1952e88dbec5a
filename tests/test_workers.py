"""A process forked from one in which PyTorch has computed may wait for ever: the workbook's own are spawned."""

import re
from pathlib import Path

import dask
import distributed  # its defaults

ROOT = Path(__file__).parents[1]
FORKS = re.compile(r"os\.fork|multiprocessing\.(Pool|Process)|ProcessPoolExec|num_workers|get_context\((?!.spawn.\))")


def test_every_worker_of_ours_is_spawned() -> None:
    for top in ("app", "data", "notebooks", "xai_core"):
        for file in (ROOT / top).rglob("*.py"):
            assert not FORKS.search(file.read_text(encoding="utf-8")), file
    assert distributed and dask.config.get("distributed.worker.multiprocessing-method") == "spawn"
