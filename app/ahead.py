"""What everybody sees first is computed before anybody asks: a visitor of the server's own opens every page once.

It comes when the first reader has a picture and rests, stands behind everybody in the line (shared/turns.py), and waits
between two pages as long as anybody moves. XAI_AHEAD=0 keeps it away. What all pages import is imported at the start,
while the first browser still loads.
"""

import asyncio
import importlib
import logging
import os
from collections.abc import Callable
from urllib.parse import urlencode

from streamlit import runtime
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.session_manager import SessionClient

FIRST = (  # what main.py imports, and then what most pages do
    "app.labs.study.guesses", "app.shared.lecture", "app.shared.predict.veil",
    "app.shared.compare.tab", "app.shared.take_away",
)  # fmt: skip
REST = 3.0  # s for which nobody has moved before a page is opened
NOBODY = 20.0  # s after which the visitor comes although no reader has
PATIENCE = 300.0  # s for a page
LINK = {"guess": "off", "ahead": "on"}  # the maps at once; and in the line behind everybody: see main.py


class Visitor(SessionClient):
    """One visit: opens a page, looks at nothing, and leaves when all is drawn."""

    def __init__(self) -> None:
        self.drawn = asyncio.Event()

    def write_forward_msg(self, msg: ForwardMsg) -> None:
        """What Streamlit sends to a browser; a page that runs again of its own accord is not done."""
        if msg.WhichOneof("type") == "script_finished" and msg.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
            self.drawn.set()

    async def open(self, page: str) -> None:
        """Raises TimeoutError for a page that takes too long."""
        server = runtime.get_instance()
        session = server.connect_session(client=self, user_info={})
        try:
            server.handle_backmsg(session, asking_for(page))
            await asyncio.wait_for(self.drawn.wait(), PATIENCE)
        finally:
            server.close_session(session)


def asking_for(page: str) -> BackMsg:
    """The message with which a browser opens a page."""
    message = BackMsg()
    asked = message.rerun_script
    asked.page_name, asked.query_string = page, urlencode(LINK)
    asked.context_info.url = f"http://localhost/{page}"
    asked.context_info.color_scheme = "light"
    asked.context_info.timezone, asked.context_info.locale = "UTC", "en-US"
    return message


async def open_all() -> None:
    """Import, and open every page in the lecture's order."""
    await asyncio.to_thread(lambda: [importlib.import_module(name) for name in FIRST])
    if os.environ.get("XAI_AHEAD") == "0":
        return
    from app.shared import pages, turns  # they bring torch

    await _until(lambda: turns.resting(REST) and turns.came(), NOBODY)
    for page in pages.PAGES.values():
        await _until(lambda: turns.resting(REST))
        try:
            await Visitor().open("" if page == pages.START else page.name)
        except TimeoutError:
            logging.getLogger(__name__).warning("The page %s was not drawn ahead in %.0f s.", page.title, PATIENCE)


async def _until(so: Callable[[], bool], seconds: float = float("inf")) -> None:
    while not so() and (seconds := seconds - 1) > 0:
        await asyncio.sleep(1)
