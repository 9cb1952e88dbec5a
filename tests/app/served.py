"""The app, served as a reader starts it, on a free port: for tests, pictures in a browser and measurements."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


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
        [sys.executable, "-m", *command], cwd=ROOT, env={**os.environ, "OMP_NUM_THREADS": "1"},
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
