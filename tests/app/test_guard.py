"""What the guard lets through: asked as a server asks it, with an application behind it that says what it heard."""

import asyncio
import base64
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import streamlit as st
from streamlit.proto.BackMsg_pb2 import BackMsg

from app import guard, serve
from app.guard import HEADERS, INLINE, Guard, needed
from app.shared import networks
from app.uploads import Uploads, uploads
from tests.app.running import opened

ROOT = Path(__file__).parents[2]


async def inner(scope: Any, receive: Any, send: Any) -> None:
    """Streamlit's place: it hears all messages of a WebSocket, and answers 200 or 204 to what else comes."""
    if scope["type"] == "websocket":
        while (message := await receive())["type"] != "websocket.disconnect":
            scope["heard"].append(message["bytes"])
        return
    status = scope.get("status", 200)
    await send({"type": "http.response.start", "status": status, "headers": [(b"x-own", b"1")]})
    await send({"type": "http.response.body", "body": b"inside"})


def asked(path: str, method: str = "GET", **more: Any) -> tuple[int, dict[str, str], bytes]:
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    headers = [(b"content-length", str(more.pop("length", 5)).encode())]
    scope = {"type": "http", "path": path, "method": method, "headers": headers, **more}
    asyncio.run(Guard(inner)(scope, None, send))
    start, body = sent
    return start["status"], {k.decode(): v.decode() for k, v in start["headers"]}, body["body"]


@pytest.fixture
def clean() -> Iterator[None]:
    """No session has asked for a file yet."""
    for each in (uploads.asking, uploads.kept, uploads.coming):
        each.clear()
    yield


# --- addresses and headers --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/explain", "/media/a.png", "/_stcore/health", "/_stcore/host-config",
                                  "/base/_stcore/health", "/static/js/index.js"])  # fmt: skip
def test_what_pages_need_is_open(path: str) -> None:
    status, headers, body = asked(path)
    assert (status, body) == (200, b"inside") and headers["x-own"] == "1"
    assert {name.lower(): value for name, value in HEADERS.items()}.items() <= headers.items()


@pytest.mark.parametrize("path", ["metrics", "agent/openapi.json", "agent/mcp", "script-health-check", "", "healthy"])
@pytest.mark.parametrize("base", ["", "/base"])
def test_all_else_of_streamlits_own_is_closed(path: str, base: str) -> None:
    status, headers, body = asked(f"{base}/_stcore/{path}")
    assert (status, body) == (404, b"There is nothing here.\n") and "content-security-policy" in headers


def test_the_proxy_says_the_same_headers() -> None:
    text = (ROOT / "deploy" / "security-headers.conf").read_text(encoding="utf-8")
    assert dict(re.findall(r'^add_header (\S+) "([^"]*)" always;$', text, flags=re.M)) == HEADERS
    assert set(re.findall(r"^proxy_hide_header (\S+);$", text, flags=re.M)) == set(HEADERS)


def test_the_policy_knows_what_streamlit_writes_into_its_page() -> None:
    page = (Path(st.__file__).parent / "static" / "index.html").read_text(encoding="utf-8")
    written = re.findall(r"<script>(.*?)</script>", page, flags=re.S)
    hashes = [base64.b64encode(hashlib.sha256(each.encode()).digest()).decode() for each in written]
    assert hashes == [INLINE.strip("'").removeprefix("sha256-")]


# --- messages ---------------------------------------------------------------------------------------------------------


def message(kind: str, **fields: Any) -> bytes:
    made = BackMsg()
    if kind in ("rerun_script", "file_urls_request", "backend_operation_request"):
        getattr(made, kind).SetInParent()
    else:
        setattr(made, kind, True)
    for name, value in fields.items():
        if isinstance(value, list):
            getattr(getattr(made, kind), name).extend(value)
        else:
            getattr(getattr(made, kind), name).SetInParent()
    return made.SerializeToString()


WANTED = [
    message("rerun_script"), message("stop_script"), message("app_heartbeat"),
    message("file_urls_request", file_names=["a.png"]), message("backend_operation_request", deferred_file=True),
    message("backend_operation_request", dataframe_chunk=True), b"\xff\xff\xff",
]  # fmt: skip
UNWANTED = [
    message("clear_cache"), message("load_git_info"), message("set_run_on_save"), message("debug_shutdown_runtime"),
    message("debug_disconnect_websocket"), message("file_urls_request", file_names=["a"] * 5),
    message("backend_operation_request", install_skills=True), message("backend_operation_request"), b"",
]  # fmt: skip


def test_messages_that_no_page_sends_are_not_heard() -> None:
    assert [needed(each) for each in WANTED] == [True] * len(WANTED)
    assert [needed(each) for each in UNWANTED] == [False] * len(UNWANTED)
    waiting = [{"type": "websocket.receive", "bytes": each} for each in [*UNWANTED, *WANTED, *UNWANTED]]
    waiting.append({"type": "websocket.disconnect"})

    async def receive() -> dict[str, Any]:
        return waiting.pop(0)

    heard: list[bytes] = []
    asyncio.run(Guard(inner)({"type": "websocket", "path": "/_stcore/stream", "heard": heard}, receive, None))
    assert heard == WANTED and not waiting


def test_every_kind_of_message_was_thought_of() -> None:
    """A new version of Streamlit may bring others: they are closed until somebody looks."""
    kinds = {each.name for each in BackMsg.DESCRIPTOR.oneofs_by_name["type"].fields}
    closed = {"clear_cache", "load_git_info", "set_run_on_save", "debug_shutdown_runtime", "debug_disconnect_websocket"}
    assert kinds == {*guard.MESSAGES} | closed


# --- uploads ----------------------------------------------------------------------------------------------------------


def test_a_file_that_no_page_asked_for_is_refused(clean: None) -> None:
    path = "/_stcore/upload_file/session/file"
    assert asked(path, "PUT")[::2] == (403, b"This page asks for no file.\n")
    uploads.ask("session")
    assert asked(path, "PUT", status=204)[::2] == (204, b"inside")
    assert uploads.kept == {"session": ("file", 5)} and not uploads.coming
    assert asked(path, "DELETE", status=204)[0] == 204


def test_a_session_keeps_one_file(clean: None, monkeypatch: pytest.MonkeyPatch) -> None:
    removed: list[tuple[str, str]] = []
    manager = SimpleNamespace(remove_file=lambda session, file: removed.append((session, file)))
    monkeypatch.setattr(guard.runtime, "get_instance", lambda: SimpleNamespace(uploaded_file_mgr=manager))
    uploads.ask("s")
    for file, status in (("a", 204), ("b", 204), ("b", 204), ("c", 413), ("d", 204)):
        asked(f"/_stcore/upload_file/s/{file}", "PUT", status=status)
    assert removed == [("s", "a"), ("s", "b")] and uploads.kept == {"s": ("d", 5)}


def test_files_are_bounded_in_all_and_one_at_a_time() -> None:
    some = Uploads(most_bytes=100)
    for who in "abc":
        some.ask(who)
    assert some.begin("a", 60) == (0, "")
    assert some.begin("a", 1)[0] == 429
    assert some.begin("b", 41)[0] == 503  # what is on its way counts
    assert some.end("a", "1", whole=True) is None
    assert some.begin("b", 41)[0] == 503 and some.begin("b", 40) == (0, "")
    assert some.end("b", "2", whole=False) is None and some.kept == {"a": ("1", 60)}
    assert some.begin("a", 100) == (0, "")  # the former file gives way


def test_who_has_left_leaves_nothing_behind() -> None:
    some = Uploads(patience=0)
    for who in "ab":
        some.ask(who)
        some.begin(who, 1)
        some.end(who, who, whole=True)
    assert some.gone(lambda who: who == "b") == ["a"]
    assert some.kept == {"b": ("b", 1)} and [*some.asking] == ["b"]
    assert some.begin("a", 1)[0] == 403


# --- what only the teacher may do -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "said", "open_to_others"),
    [("localhost", "", False), ("127.0.0.1", "", False), ("::1", "", False), ("0.0.0.0", "", True), (None, "", True),
     ("192.168.1.20", "", True), ("my-laptop", "", True), ("localhost", "1", True), ("0.0.0.0", "0", False)],
)  # fmt: skip
def test_a_server_that_others_can_open_is_in_class_mode(
    address: str | None, said: str, open_to_others: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard.st, "get_option", lambda name: {"server.address": address}[name])
    monkeypatch.setenv("XAI_CLASS", said)
    assert guard.class_mode() is open_to_others


@pytest.mark.parametrize(
    ("peer", "headers", "may"),
    [("127.0.0.1", {}, True), ("::1", {"Host": "[::1]:8501"}, True), ("192.168.1.30", {}, False), ("", {}, False),
     ("127.0.0.1", {"Host": "192.168.1.20:8501"}, False), ("127.0.0.1", {"Host": ""}, False),
     ("127.0.0.1", {"X-Forwarded-For": "192.168.1.30"}, False), ("127.0.0.1", {"Forwarded": "for=1.2.3.4"}, False)],
)  # fmt: skip
def test_in_class_mode_only_who_sits_at_the_server_may(
    peer: str, headers: dict[str, str], may: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "_peer", lambda: peer)
    monkeypatch.setattr(guard.st, "context", SimpleNamespace(headers={"Host": "localhost:8501", **headers}))
    monkeypatch.setenv("XAI_CLASS", "1")
    assert guard.may_start() is may
    monkeypatch.setenv("XAI_CLASS", "0")
    assert guard.may_start()


def test_a_visitor_of_a_class_starts_no_download(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(networks.pretrained, "is_available", lambda name: False)
    monkeypatch.setenv("XAI_CLASS", "1")
    at = opened(network="resnet18")
    assert not at.button and any("only the teacher can" in info.value for info in at.info)
    monkeypatch.setenv("XAI_CLASS", "0")
    assert [b.label for b in opened(network="resnet18").button] == ["Download resnet18"]


def test_the_server_has_the_guard_before_it() -> None:
    (one,) = serve.app._user_middleware
    assert one.cls is Guard and serve.app.script_path.name == "main.py"
