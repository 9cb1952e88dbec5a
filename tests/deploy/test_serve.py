"""nginx in front of several processes: what its configuration says, and that nginx can read it."""

import http.server
import re
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy import serve


@pytest.mark.parametrize("ports", [(5001,), (5001, 5002), (5001, 5002, 5003)])
def test_every_process_is_in_turn_for_new_visitors_and_keeps_its_own(tmp_path: Path, ports: tuple[int, ...]) -> None:
    text = serve.configuration(tmp_path, "127.0.0.1:8501", ports)
    assert "@" not in re.sub(r"#.*", "", text)
    (any_,) = re.findall(r"upstream any \{ (.*) \}", text)
    assert re.findall(r"127\.0\.0\.1:(\d+)", any_) == [str(port) for port in ports]
    for i, port in enumerate(ports, 1):
        (mine,) = re.findall(rf"upstream process_{i} \{{ (.*) \}}", text)
        assert mine.startswith(f"server 127.0.0.1:{port} ") and mine.count("backup") == len(ports) - 1
        assert f" {i} process_{i};" in text and f"127.0.0.1:{port} {i};" in text


@pytest.mark.skipif(shutil.which("nginx") is None, reason="no nginx")
def test_nginx_reads_it(tmp_path: Path) -> None:
    file = tmp_path / "nginx.conf"
    file.write_text(serve.configuration(tmp_path, "127.0.0.1:8501", (5001, 5002)), encoding="utf-8")
    done = subprocess.run(
        ["nginx", "-t", "-p", str(tmp_path), "-c", str(file), "-e", "stderr"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


class Healthy(http.server.BaseHTTPRequestHandler):
    """Answers as Streamlit does."""

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/_stcore/health" else 404)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def answering() -> Iterator[int]:
    with http.server.HTTPServer(("127.0.0.1", 0), Healthy) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def test_health(answering: int) -> None:
    assert serve.healthy(answering)
    (nobody,) = serve.free_ports(1)
    assert not serve.healthy(nobody)
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.MonkeyPatch.context() as patch:
        patch.setattr(serve, "LOOK", 0.05)
        assert not serve.healthy(silent.getsockname()[1])


def test_free_ports_are_different_ones() -> None:
    assert len(set(serve.free_ports(20))) == 20


def test_what_has_died_is_started_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[int] = []
    monkeypatch.setattr(serve.Processes, "start", lambda self, i: started.append(i))
    monkeypatch.setattr(serve, "healthy", lambda port: port == 1)
    processes = serve.Processes(tmp_path, "", (1, 2))
    alive, dead = (subprocess.Popen(["sleep", t]) for t in ("60", "0"))
    dead.wait()
    processes.running = {0: alive, 1: alive, 2: dead}
    processes.answered = {1: 0.0, 2: 0.0}
    try:
        processes.watch()
    finally:
        processes.close()
    assert started == [2] and processes.answered[1] > 0 and alive.returncode == -15
