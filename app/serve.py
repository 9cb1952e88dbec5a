"""The server: `python -m streamlit run app/serve.py` from the project's folder, or `make app`.

Streamlit with the guard before it. main.py is what it shows.
"""

import asyncio
import threading
import webbrowser
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import streamlit as st
from starlette.middleware import Middleware

from app import ahead, guard, uploads

EVERY = 30  # seconds between two looks for what readers have left behind


@asynccontextmanager
async def lifespan(app: st.App) -> AsyncIterator[None]:
    """As long as the server runs."""
    if not st.get_option("server.headless"):
        address = f"http://localhost:{st.get_option('server.port')}"
        threading.Timer(1, webbrowser.open, [address]).start()  # when the server listens
    tasks = [asyncio.create_task(work) for work in (_sweep(), ahead.open_all())]
    yield
    for task in tasks:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _sweep() -> None:
    while True:
        await asyncio.sleep(EVERY)
        uploads.sweep()


app = st.App("main.py", middleware=[Middleware(guard.Guard)], lifespan=lifespan)
