"""The server's own visitor: it opens every page once, when nobody else moves, and can be kept away."""

import asyncio
from urllib.parse import parse_qs

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from app import ahead
from app.ahead import Visitor
from app.shared import pages, turns


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The pages that are opened, none of them really; a page of one name takes too long."""
    names: list[str] = []

    async def open(self: Visitor, page: str) -> None:
        names.append(page)
        if page == "lime":
            raise TimeoutError

    monkeypatch.setattr(Visitor, "open", open)
    monkeypatch.setattr(turns, "resting", lambda seconds: True)
    monkeypatch.setattr(turns, "came", lambda: True)
    return names


def test_every_page_is_opened_in_order_and_one_that_takes_too_long_stops_none(opened: list[str]) -> None:
    asyncio.run(ahead.open_all())
    assert opened == ["", *(name for name in pages.PAGES if name != pages.START.name)]


def test_the_visitor_can_be_kept_away(opened: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XAI_AHEAD", "0")
    asyncio.run(ahead.open_all())
    assert opened == []


def test_it_asks_as_a_browser_does_and_says_that_nobody_waits() -> None:
    asked = ahead.asking_for("cam").rerun_script
    assert asked.page_name == "cam" and parse_qs(asked.query_string) == {"guess": ["off"], "ahead": ["on"]}


def test_a_page_that_runs_again_is_not_drawn_yet() -> None:
    visitor, drawn = Visitor(), []
    for how in (None, ForwardMsg.FINISHED_EARLY_FOR_RERUN, ForwardMsg.FINISHED_SUCCESSFULLY):
        message = ForwardMsg()
        if how is not None:
            message.script_finished = how
        visitor.write_forward_msg(message)
        drawn.append(visitor.drawn.is_set())
    assert drawn == [False, False, True]
