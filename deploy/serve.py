"""Several processes of the app behind nginx: `python -m deploy.serve --processes 2 --port 8501 --host 0.0.0.0`.

One process of Python computes pages one at a time. k of them share the visitors: nginx gives a new visitor to the next
process and keeps each with theirs. A process that has died, or no longer answers, is started anew. They listen on ports
of this computer that no other can reach. What is written while they run lies in one folder, which goes when they end:
nginx's files, and the films' frames.
"""

import argparse
import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

import streamlit

ROOT = Path(__file__).parents[1]
UPLOAD = 26  # MB, server.maxUploadSize and what a form adds
MIME_TYPES = tuple(Path(start, "nginx/mime.types") for start in ("/etc", "/usr/local/etc", "/opt/homebrew/etc"))
LOOK, PATIENCE = 5.0, 60.0  # s between two looks at the processes, and after which one that does not answer is ended


def configuration(folder: Path, listen: str, ports: Sequence[int]) -> str:
    """deploy/nginx.conf for processes at these ports."""
    numbers = range(1, len(ports) + 1)
    sockets = {i: f"127.0.0.1:{ports[i - 1]}" for i in numbers}
    each = [
        f"    upstream process_{i} {{ server {sockets[i]} fail_timeout=5s;"
        + "".join(f" server {sockets[j]} backup;" for j in numbers if j != i)
        + " keepalive 32; }"
        for i in numbers
    ]
    values = {
        "FOLDER": str(folder),
        "LISTEN": listen,
        "MIME_TYPES": next((str(p) for p in MIME_TYPES if p.is_file()), str(MIME_TYPES[0])),
        "STREAMLIT": str(Path(streamlit.__file__).parent / "static"),
        "HEADERS": str(ROOT / "deploy" / "security-headers.conf"),
        "UPLOAD": str(UPLOAD),
        "ANY": " ".join([*(f"server {sockets[i]} fail_timeout=5s;" for i in numbers), "keepalive 32;"]),
        "EACH": "\n".join(each),
        "CHOSEN": " ".join(f"{i} process_{i};" for i in numbers),
        "NUMBERS": " ".join(f"{sockets[i]} {i};" for i in numbers),
    }
    text = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
    for name, value in values.items():
        text = text.replace(f"@{name}@", value)
    return text


def healthy(port: int) -> bool:
    """Whether the process at this port answers."""
    there = http.client.HTTPConnection("127.0.0.1", port, timeout=LOOK)
    try:
        there.request("GET", "/_stcore/health")
        return there.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        there.close()


def free_ports(n: int) -> list[int]:
    """Ports that nobody listens on."""
    with ExitStack() as taken:
        sockets = [taken.enter_context(socket.socket()) for _ in range(n)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


@dataclass
class Processes:
    """The app k times, and nginx."""

    folder: Path
    listen: str
    ports: Sequence[int]
    in_class: bool = False  # others than who sits here may come
    running: dict[int, subprocess.Popen[bytes]] = field(default_factory=dict)  # 0: nginx
    answered: dict[int, float] = field(default_factory=dict)  # when each last did

    def start(self, i: int) -> None:
        """One of them; 0 is nginx."""
        if i:
            command = [sys.executable, "-m", "streamlit", "run", "app/serve.py", "--server.headless", "true"]
            command += ["--server.address", "127.0.0.1", "--server.port", str(self.ports[i - 1])]
            # One thread a computation: the processors are for the processes.
            frames, n = str(self.folder / "frames"), str(len(self.ports))
            more = {"XAI_PROCESSES": n, "XAI_FRAMES": frames, "OMP_NUM_THREADS": "1"}
            more |= {"XAI_CLASS": "1"} if self.in_class else {}
        else:
            written = self.folder / "nginx.conf"
            written.write_text(configuration(self.folder, self.listen, self.ports), encoding="utf-8")
            command = ["nginx", "-p", str(self.folder), "-c", str(written), "-e", "stderr", "-g", "daemon off;"]
            more = {}
        self.running[i] = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **more})
        self.answered[i] = time.monotonic()

    def open(self) -> None:
        """Start all; nginx when each process answers."""
        for i in range(1, len(self.ports) + 1):
            self.start(i)
        for i in range(1, len(self.ports) + 1):
            while not healthy(self.ports[i - 1]):
                if self.running[i].poll() is not None:
                    raise SystemExit(f"Process {i} of the app ended with {self.running[i].returncode}; see above.")
                time.sleep(0.2)
        self.start(0)

    def watch(self) -> None:
        """Start what has died, or has not answered for a minute, anew."""
        if self.running[0].poll() is not None:
            raise SystemExit(f"nginx ended with {self.running[0].returncode}; see above.")
        for i in range(1, len(self.ports) + 1):
            if healthy(self.ports[i - 1]):
                self.answered[i] = time.monotonic()
            elif self.running[i].poll() is not None or time.monotonic() - self.answered[i] > PATIENCE:
                print(f"Process {i} does not answer; it is started anew.", flush=True)
                self.end(i)
                self.start(i)

    def end(self, i: int) -> None:
        """One of them, kindly first."""
        process = self.running[i]
        if process.poll() is None:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(10)
                return
            process.kill()
            process.wait()

    def close(self) -> None:
        """All of them, nginx first."""
        for i in sorted(self.running):
            self.end(i)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m deploy.serve", description=__doc__.split("\n")[0])
    parser.add_argument("--processes", type=int, default=2, help="of the app; as many as processors is enough")
    parser.add_argument("--port", type=int, default=8501)
    parser.add_argument("--host", default="localhost", help="0.0.0.0: for a class on this network")
    given = parser.parse_args()
    if given.processes < 1:
        parser.error(f"--processes must be at least 1; got {given.processes}")
    if shutil.which("nginx") is None:
        sys.exit("Several processes need nginx in front of them. On Debian: apt-get install nginx-light. Or: make app")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with tempfile.TemporaryDirectory(prefix="xai-workbook-") as folder:
        os.chmod(folder, 0o711)  # nginx's workers may be another user's
        host = "127.0.0.1" if given.host == "localhost" else given.host
        processes = Processes(
            Path(folder), f"{host}:{given.port}", free_ports(given.processes), given.host != "localhost"
        )
        try:
            processes.open()
            print(f"{given.processes} processes of the app at http://{given.host}:{given.port}", flush=True)
            while True:
                time.sleep(LOOK)
                processes.watch()
        except KeyboardInterrupt:
            pass
        finally:
            processes.close()


if __name__ == "__main__":
    main()
