"""What a visitor may ask of the server. Streamlit trusts whoever connects; a class, or the internet, is not trusted.

Guard       stands before Streamlit: headers of every answer, addresses and messages that no page needs, uploads
class_mode  whether others than the teacher can open this server: they start no download, and no training but the ten
            seconds of the fair network, which all share

serve.py puts it before the app. Behind a proxy it stays where it is; deploy/security-headers.conf repeats the headers.
"""

import ipaddress
import os
from collections.abc import Callable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

import streamlit as st
from google.protobuf.message import DecodeError
from streamlit import runtime
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.runtime.scriptrunner import get_script_run_ctx

from app.uploads import uploads

Message = MutableMapping[str, Any]

CORE = "/_stcore/"  # Streamlit's own addresses; all below it that is not needed is closed
OPEN = ("health", "host-config", "stream", "upload_file", "bidi-components")
MESSAGES = ("rerun_script", "stop_script", "file_urls_request", "app_heartbeat", "backend_operation_request")
OPERATIONS = ("deferred_file", "dataframe_chunk")  # a download, and the rows of a long table
FORWARDED = {"forwarded", "x-forwarded-for", "x-real-ip"}  # by a proxy
MOST_ADDRESSES = 4  # for uploads, that one message may ask for

# Of Streamlit's page only this is written into it instead of lying beside it: window.prerenderReady = false
INLINE = "'sha256-THxz9J9+wf7rhwR2YkXJoSZ13UCmYyC+3lNDv2+8ugA='"
POLICY = {
    "default-src": "'self'",
    "script-src": f"'self' blob: {INLINE}",  # blob: is how Streamlit loads a component, such as the film
    "style-src": "'self' 'unsafe-inline'",  # Streamlit writes its styles into the page
    "img-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "object-src": "'none'",
    "base-uri": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'self'",
}
HEADERS = {
    "Content-Security-Policy": "; ".join(f"{what} {whence}" for what, whence in POLICY.items()),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "no-referrer",  # an address may hold a teacher's secret
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


# --- what only the teacher may do -------------------------------------------------------------------------------------


def class_mode() -> bool:
    """Whether others can open this server: it listens to more than this computer, or XAI_CLASS says so.

    XAI_CLASS is for servers behind a proxy, which listen to nobody else: "1" or "0".
    """
    if (given := os.environ.get("XAI_CLASS", "")) in ("0", "1"):
        return given == "1"
    return not is_loopback(st.get_option("server.address") or "0.0.0.0")


def may_start() -> bool:
    """Whether this visitor may start what costs the server minutes or megabytes.

    In class mode this is who sits at the server: came straight to it, on its own loopback address and name.
    """
    if not class_mode():
        return True
    headers = {name.lower(): value for name, value in st.context.headers.items()}
    named = is_loopback(urlsplit(f"//{headers.get('host', '')}").hostname or "")
    return named and is_loopback(_peer()) and not headers.keys() & FORWARDED


def start_button(label: str, icon: str) -> bool:
    """A button for what only the teacher may start in class mode, else a sentence; whether it was pressed."""
    if may_start():
        return st.button(label, type="primary", icon=f":material/{icon}:")
    st.info(
        f"**{label}**: only the teacher can, at the server itself, whose address there begins with http://localhost."
    )
    return False


def _peer() -> str:
    """The other end of the visitor's connection; "" where there is none, as in a test of a page."""
    ctx = get_script_run_ctx()
    client = runtime.get_instance().get_client(ctx.session_id) if ctx and runtime.exists() else None
    context = getattr(client, "client_context", None)
    return getattr(context, "remote_ip", None) or ""


def is_loopback(host: str) -> bool:
    """Whether a name or number means the very computer that asks."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


# --- before Streamlit -------------------------------------------------------------------------------------------------


class Guard:
    """An ASGI application around another one."""

    def __init__(self, app: Callable) -> None:
        self.app = app

    async def __call__(self, scope: Message, receive: Callable, send: Callable) -> None:
        """Answer a request, or let it through."""
        path = scope.get("path", "")
        if scope["type"] == "websocket":
            await self.app(scope, _only_needed(receive), send)
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        send = _with_headers(send)
        _, core, rest = path.partition(CORE)
        if core and rest.split("/")[0] not in OPEN:
            await _say(send, 404, "There is nothing here.")
        elif core and rest.startswith("upload_file") and scope["method"] == "PUT":
            await self._upload(scope, receive, send, rest)
        else:
            await self.app(scope, receive, send)

    async def _upload(self, scope: Message, receive: Callable, send: Callable, rest: str) -> None:
        _, session, file, *_ = [*rest.split("/"), "", ""]
        length = dict(scope["headers"]).get(b"content-length", b"")
        size = int(length) if length.isdigit() else st.get_option("server.maxUploadSize") * 2**20
        status, why = uploads.begin(session, size)
        if status:
            await _say(send, status, why)
            return
        answered = 500

        async def heard(message: Message) -> None:
            nonlocal answered
            answered = message.get("status", answered)
            await send(message)

        try:
            await self.app(scope, receive, heard)
        finally:
            if former := uploads.end(session, file, answered < 300):
                runtime.get_instance().uploaded_file_mgr.remove_file(session, former)


def needed(data: bytes) -> bool:
    """Whether a page of the workbook sends such a message. What is none at all is left to Streamlit, which hangs up."""
    message = BackMsg()
    try:
        message.ParseFromString(data)
    except DecodeError:
        return True
    kind = message.WhichOneof("type")
    if kind == "backend_operation_request":
        return message.backend_operation_request.WhichOneof("payload") in OPERATIONS
    if kind == "file_urls_request":
        return len(message.file_urls_request.file_names) <= MOST_ADDRESSES
    return kind in MESSAGES


def _only_needed(receive: Callable) -> Callable:
    """Messages that no page of the workbook sends are not heard: clear_cache, which is for everybody, above all."""

    async def heard() -> Message:
        while True:
            message = await receive()
            data = message.get("bytes") if message["type"] == "websocket.receive" else None
            if data is None or needed(data):
                return message

    return heard


def _with_headers(send: Callable) -> Callable:
    lines = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), *lines]}
        await send(message)

    return sent


async def _say(send: Callable, status: int, sentence: str) -> None:
    body = f"{sentence}\n".encode()
    kind = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": kind})
    await send({"type": "http.response.body", "body": body})
