"""Commit, then see, in a real browser: nothing of a map before the guess; and who guesses by hand, finger or keys."""

from io import BytesIO
from typing import Any
from urllib.parse import urljoin

import numpy as np
import pytest
from PIL import Image

from app.shared.subject import START
from data.drawn import zoo
from tests.app.served import PHONE, new_page

pytestmark = pytest.mark.browser

QUICK = "explain?method=Simple+gradient"
PAINTED = """canvas => canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data
    .reduce((sum, value, i) => sum + (i % 4 === 3 && value > 0), 0) / (canvas.width * canvas.height)"""
FOCUSED = """() => { let e = document.activeElement; while (e.shadowRoot?.activeElement) e = e.shadowRoot.activeElement;
    return [e.tagName, e.innerText ?? '', (s => s.outlineStyle + s.boxShadow)(getComputedStyle(e))]; }"""


def veiled(page: Any, address: str) -> Any:
    """The brush, once the picture under it is there."""
    page.goto(address)
    page.locator(".predict img").wait_for()
    page.wait_for_function("document.querySelector('.stApp').dataset.testScriptState === 'notRunning'")
    return page.locator(".predict canvas")


def seen(page: Any) -> Any:
    """The film, after a guess."""
    page.locator(".film canvas").first.wait_for()
    page.wait_for_function("document.querySelector('.stApp').dataset.testScriptState === 'notRunning'")
    assert page.locator(".predict").count() == 0
    return page.locator(".film")


def worth(page: Any) -> str:
    return page.locator(".st-key-at_guess").get_by_test_id("stAlert").inner_text()


def test_nothing_of_a_map_before_the_guess_and_all_of_it_after(page: Any, browser: Any, address: str) -> None:
    fetched: list[Any] = []
    said: list[bytes] = []
    page.on("response", lambda response: fetched.append(response) if f"{address}media/" in response.url else None)
    page.on(
        "websocket",
        lambda socket: socket.on("framereceived", lambda f: said.append(f if isinstance(f, bytes) else f.encode())),
    )
    brush = veiled(page, address + QUICK)
    scene = np.asarray(zoo.draw(START.name, START.number).image.permute(1, 2, 0))
    assert len(fetched) >= 2  # small beside the question, and large
    for response in fetched:
        shown = np.asarray(Image.open(BytesIO(response.body())).convert("RGB").resize((64, 64))) / 255
        assert np.abs(shown - scene).mean() < 0.04, response.url  # the picture itself, small or as JPEG
    assert page.locator(".film, figure, .stMain svg.marks").count() == 0 and brush.evaluate(PAINTED) == 0
    assert page.locator("canvas").count() == 1 and not page.get_by_test_id("stTabs").count()
    film = b"against\x00", b'"colours"', b"Riemann"  # of a film's head
    assert not any(word in frame for word in film for frame in said)
    compare = page.get_by_role("button", name="Compare")
    assert compare.is_disabled()

    box = brush.bounding_box()
    page.mouse.move(box["x"] + 40, box["y"] + 160)
    page.mouse.down()
    page.mouse.move(box["x"] + 140, box["y"] + 160, steps=5)
    page.mouse.up()
    assert 0.03 < brush.evaluate(PAINTED) < 0.06  # a stroke of a third by a ninth, with round ends
    compare.click()
    film = seen(page)
    assert worth(page).startswith("You painted ") and "times its fair share" in worth(page)
    assert any(b'"colours"' in frame for frame in said)  # so it would have been noticed
    still = page.request.get(urljoin(address, film.locator("img").first.get_attribute("src")))
    outlined = Image.open(BytesIO(still.body()))
    blue = (np.abs(np.asarray(outlined.convert("RGB")) - np.array([0, 114, 178.0])).max(2) < 3).mean()
    assert 0.005 < blue < 0.05

    page.wait_for_url("**guess=off*")
    friend = browser.new_context()
    there = new_page(friend)
    there.goto(page.url)  # a link that is copied after the guess
    seen(there)
    friend.close()
    again = new_page(page.context)
    again.goto(address + QUICK)  # who has been here in this browser
    seen(again)
    again.wait_for_url("**guess=off*")
    veiled(again, f"{address}{QUICK}&guess=must")
    assert again.locator(".predict button").all_inner_texts() == ["Compare", "Clear"]


def test_a_finger_paints_and_the_page_stays(browser: Any, address: str) -> None:
    context = browser.new_context(viewport=PHONE, has_touch=True)
    page = new_page(context)
    brush, finger = veiled(page, address + QUICK), context.new_cdp_session(page)
    box = brush.bounding_box()
    for dy in (60, 100, 150, 200, 200, None):  # it rests before it lifts: else the next tap only ends a fling
        page.wait_for_timeout(120)
        points = [] if dy is None else [{"x": box["x"] + 100, "y": box["y"] + dy}]
        kind = "touchEnd" if dy is None else "touchStart" if dy == 60 else "touchMove"
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    assert brush.evaluate(PAINTED) > 0.04
    assert brush.bounding_box() == box  # nothing scrolled
    for part in (brush, *page.locator(".predict button").all()):
        place = part.bounding_box()
        assert place["y"] + place["height"] <= PHONE["height"]
    page.get_by_role("button", name="Clear").tap()
    page.get_by_role("button", name="Compare", disabled=True).wait_for()
    assert brush.evaluate(PAINTED) == 0
    brush.tap(position={"x": 100, "y": 100})
    page.get_by_role("button", name="Compare").tap()
    assert seen(page) and worth(page).startswith("You painted 1% of the picture.")
    context.close()


def to(page: Any, what: str) -> None:
    """Tab until the focus is there, and can be seen there."""
    for _ in range(60):
        page.keyboard.press("Tab")
        tag, words, around = page.evaluate(FOCUSED)
        if what in (tag, words):
            assert around != "nonenone" or tag == "CANVAS"  # which has a ring
            return
    pytest.fail(f"no way to {what}")


def test_keys_alone_paint(page: Any, address: str) -> None:
    brush = veiled(page, f"{address}{QUICK}&guess=must")
    to(page, "CANVAS")
    ring = page.locator(".predict i")
    before = ring.bounding_box()
    page.keyboard.press("ArrowRight")
    assert ring.bounding_box()["x"] > before["x"] and brush.evaluate(PAINTED) == 0
    page.keyboard.press("Space")
    dot = brush.evaluate(PAINTED)
    assert dot == pytest.approx(np.pi / 4 / 81, rel=0.05)  # a circle of a ninth
    page.keyboard.press("Shift+ArrowDown")
    assert brush.evaluate(PAINTED) == pytest.approx(dot + 1 / 24 / 9, rel=0.05)
    to(page, "Compare")
    page.keyboard.press("Enter")
    assert seen(page) and worth(page).startswith("You painted ")


def test_keys_alone_choose(page: Any, address: str) -> None:
    veiled(page, f"{address}{QUICK}&guess=must")
    to(page, "the trunk")
    page.keyboard.press("Enter")
    assert seen(page) and worth(page).startswith("You guessed the trunk, ")


def test_off_asks_nobody(page: Any, address: str) -> None:
    page.goto(f"{address}{QUICK}&guess=off")
    assert seen(page) and not page.locator("[class*=veil_closed]").count()
