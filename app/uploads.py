"""Files of visitors: only from a session whose page asked for one, one a session, and so many bytes in all.

Streamlit 1.67 takes any number of files from whoever is connected, and keeps them until the next visitor leaves.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx


@dataclass
class Uploads:
    """Which sessions may upload, and what they have in memory, whether in Streamlit's hands or in a page's."""

    most_bytes: int = 512 * 2**20  # of all sessions together
    patience: float = 120  # seconds that the files of a session wait for a reader who has left
    asking: dict[str, float] = field(default_factory=dict)  # session → when it was last seen connected
    kept: dict[str, tuple[str, int]] = field(default_factory=dict)  # session → its file, and its bytes
    coming: dict[str, int] = field(default_factory=dict)  # session → bytes on their way
    lock: threading.Lock = field(default_factory=threading.Lock)

    def ask(self, session: str) -> None:
        """The page of a session asks for a file."""
        with self.lock:
            self.asking[session] = time.monotonic()

    def begin(self, session: str, size: int) -> tuple[int, str]:
        """Let a file of so many bytes come: (0, ""), or a status and the sentence that says why not."""
        with self.lock:
            if session not in self.asking:
                return 403, "This page asks for no file."
            if session in self.coming:
                return 429, "Another file of yours is still on its way."
            others = sum(bytes_ for who, (_, bytes_) in self.kept.items() if who != session)
            if others + sum(self.coming.values()) + size > self.most_bytes:
                return 503, "The server holds as many files as it can; try again in a few minutes."
            self.coming[session] = size
        return 0, ""

    def end(self, session: str, file: str, whole: bool) -> str | None:
        """A file has come, or has not. Returns the session's former file, which gives way to it."""
        with self.lock:
            size, (former, _) = self.coming.pop(session), self.kept.get(session, ("", 0))
            if whole:
                self.kept[session] = (file, size)
        return former if whole and former not in ("", file) else None

    def gone(self, connected: Callable[[str], bool]) -> list[str]:
        """Sessions whose readers left more than `patience` ago; they are forgotten here."""
        now = time.monotonic()
        with self.lock:
            self.asking.update({who: now for who in self.asking if connected(who)})
            left = [who for who, seen in self.asking.items() if now - seen > self.patience]
            for who in left:
                del self.asking[who]
                self.kept.pop(who, None)
        return left


uploads = Uploads()


def ask_for_file() -> None:
    """The page that is being drawn asks its reader for a file: from now on the session may send one."""
    if ctx := get_script_run_ctx():
        uploads.ask(ctx.session_id)


def sweep() -> None:
    """Let go of what the sessions of readers who have left hold; Streamlit waits for the next visitor to do so."""
    if runtime.exists():
        server = runtime.get_instance()
        for session in uploads.gone(server.is_active_session):
            server.uploaded_file_mgr.remove_session_files(session)
            server.close_session(session)
