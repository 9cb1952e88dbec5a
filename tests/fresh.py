"""Runs a script as `python script.py` would, without the seconds that importing PyTorch takes.

A server process has imported what every script imports, and has done nothing else. Each script runs in a copy of it: no
module, random state or cache of the tests comes along.
"""

import contextlib
import multiprocessing
import os
import runpy
import sys
from dataclasses import dataclass
from multiprocessing import forkserver
from pathlib import Path

ROOT = Path(__file__).parents[1]
IMPORTED = [
    "matplotlib.pyplot",
    "sklearn.linear_model",
    "skimage.segmentation",
    "distributed",
    "xai_core",
    "xai_core.figures",
    "xai_core.benchmark.running",
]


@dataclass(frozen=True)
class Done:
    """How a script ended, and all that it said."""

    returncode: int
    stderr: str


def server() -> multiprocessing.context.ForkServerContext:
    """The server process that has imported what every script imports; it is started once."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(IMPORTED)
    with contextlib.chdir(ROOT):  # it finds xai_core there
        forkserver.ensure_running()
    return context


def run(script: Path, folder: Path, timeout: float = 120) -> Done:
    """Run `script` with `folder` as its working directory."""
    context = server()
    said = folder / f"{script.stem}.stderr"
    process = context.Process(target=_run, args=(str(script), str(folder), dict(os.environ), str(said)))
    process.start()
    process.join(timeout)
    if process.is_alive():
        process.kill()
        process.join()
        raise TimeoutError(f"{script} did not end within {timeout} s")
    return Done(process.exitcode, said.read_text(encoding="utf-8", errors="replace"))


def _run(script: str, folder: str, environment: dict[str, str], said: str) -> None:
    """In the copy: make it look as if Python had just been started in `folder`."""
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    log = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(log, sys.stdout.fileno())
    os.dup2(log, sys.stderr.fileno())
    sys.argv = [script]
    sys.path.insert(0, str(Path(script).resolve().parent))
    runpy.run_path(script, run_name="__main__")
