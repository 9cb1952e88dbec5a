"""The app, served as a reader starts it, on a free port: for tests, pictures in a browser and measurements."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip
PROJECTOR, PHONE = {"width": 1280, "height": 720}, {"width": 390, "height": 844}


@dataclass(frozen=True)
class Served:
    """A running app."""

    address: str
    pid: int


@contextmanager
def served(processes: int = 1) -> Iterator[Served]:
    """The app on a free port; several processes behind nginx. Raises TimeoutError if it does not start in a minute.

    As `make app HOST=…` starts it for a class: one thread a computation.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    if processes > 1:
        command = ["deploy.serve", "--processes", str(processes), "--port", str(port)]
    else:
        command = ["streamlit", "run", "app/serve.py", "--server.port", str(port), "--server.address", "127.0.0.1"]
        command += ["--server.headless", "true"]
    server = subprocess.Popen(
        [sys.executable, "-m", *command], cwd=ROOT, env={**os.environ, "OMP_NUM_THREADS": "1", "XAI_AHEAD": "0"},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        for _ in range(120):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.5)
        else:
            raise TimeoutError("the app did not start within a minute")
        yield Served(f"http://127.0.0.1:{port}/", server.pid)
    finally:
        server.terminate()
        server.wait(20)


def wait_until(condition: Callable[[], bool], seconds: float = 30) -> None:
    """Ask again until it is so; a page is drawn in several steps."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.1)


def new_page(context: Any) -> Any:
    """A page that waits for a function by asking: Playwright's own way is `eval`, which the server's policy forbids."""
    page = context.new_page()

    def asked(expression: str, *, arg: Any = None, timeout: float = 60_000) -> None:
        wait_until(lambda: page.evaluate(expression, arg), timeout / 1000)

    page.wait_for_function = asked
    return page
