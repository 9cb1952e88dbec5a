"""The server looks after what readers have left behind, as long as it runs, and ends without an error."""

import asyncio

import pytest

from app import serve, uploads


def test_it_sweeps_again_and_again_and_ends_quietly(monkeypatch: pytest.MonkeyPatch) -> None:
    swept: list[int] = []
    monkeypatch.setattr(serve, "EVERY", 0)
    monkeypatch.setenv("XAI_AHEAD", "0")
    monkeypatch.setattr(uploads, "sweep", lambda: swept.append(1))
    monkeypatch.setattr(serve.st, "get_option", lambda name: True)  # headless: no browser is opened

    async def run() -> None:
        async with serve.lifespan(serve.app):
            while len(swept) < 3:
                await asyncio.sleep(0)

    asyncio.run(asyncio.wait_for(run(), 30))
    assert len(swept) >= 3
