"""The main path in a real browser: load, slide, share the link, upload a photograph and junk; and nothing overflows."""

import unicodedata
from collections.abc import Callable
from io import BytesIO
from itertools import cycle
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import numpy as np
import pytest
from PIL import Image

from app.shared.pages import PAGES, START
from tests.app.hostile import FAR, KEYS, MARKUP, OF_STUDY
from tests.app.served import PHONE, PROJECTOR, new_page, wait_until

pytestmark = pytest.mark.browser

LIGHT_WORK = "?guess=off&method=Integrated+Gradients&method=UNI"  # LIME's thousand masks are not what is looked at here


def settled(page: Any) -> None:
    """Wait until the script has run to its end and every picture is there."""
    page.locator(".st-key-foot").wait_for()  # the last of a page
    page.wait_for_function(
        """() => document.querySelector('.stApp').dataset.testScriptState === 'notRunning'
            && !document.querySelector('[data-testid=stSpinner], [data-stale=true], [data-testid=stSkeleton]')
            && document.querySelector('.stMain img, .stMain [data-testid=stBidiComponentIsolated]')
            && [...document.images].every(image => image.complete)
            && (hosts => !hosts.length || hosts.some(
                host => host.shadowRoot?.querySelector('.film:not(.computing), .predict')))(
                [...document.querySelectorAll('[data-testid=stBidiComponentIsolated]')]
                    .filter(host => !host.closest('.st-key-veil_open, .st-key-_strip_keys')))""",
        timeout=60_000,
    )


def pictures(page: Any) -> list[str]:
    """What is shown: the addresses of pictures, which Streamlit names by their content, and what films have painted."""
    images = page.locator("[class*=st-key-pictures] img").evaluate_all(
        "images => images.map(i => i.src.split('/').pop())"
    )
    return images + page.locator(".film figure :is(canvas, img)").evaluate_all(
        "all => all.map(c => c.toDataURL?.() ?? c.src.split('/').pop())"
    )


def photograph() -> bytes:
    file = BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (80, 120, 3), dtype=np.uint8)).save(file, "JPEG")
    return file.getvalue()


def test_load_slide_and_share(page: Any, browser: Any, address: str) -> None:
    elsewhere = []
    page.on("request", lambda r: elsewhere.append(r.url) if not r.url.startswith((address, "data:", "blob:")) else None)
    page.goto(f"{address}explain{LIGHT_WORK}")
    settled(page)
    first = pictures(page)
    assert len(first) == 3
    words = page.locator("img, .film canvas").evaluate_all("all => all.map(i => i.alt || i.ariaLabel)")
    assert all(len(told) > 5 for told in words)

    slider = page.locator(".film .heart")
    slider.focus()
    slider.press("ArrowRight")  # from 15 to the next stop
    page.wait_for_url("**B=16**")
    wait_until(lambda: set(pictures(page)[1:]).isdisjoint(first[1:]))  # both maps are new …
    settled(page)
    second = pictures(page)
    assert second[0] == first[0]  # … of the same picture

    friend = browser.new_context(viewport=PHONE)
    there = new_page(friend)
    there.goto(page.url)
    settled(there)
    wait_until(lambda: pictures(there) == second)
    friend.close()
    assert not [url for url in elsewhere if not url.startswith("ws")]  # it runs offline: nothing is fetched from others


def test_the_strip_leads_through_scenes_and_back(page: Any, address: str) -> None:
    """By mouse and by keys; nothing else moves, and on a slider the keys are the slider's."""
    page.goto(f"{address}explain{LIGHT_WORK}&animal=frog")
    settled(page)
    strip, heart = page.locator(".st-key-strip"), page.locator(".film .heart")
    places = page.locator(".st-key-strip, .st-key-at_question, .st-key-at_subject")
    tops = "all => all.map(e => e.getBoundingClientRect().top)"
    strip.get_by_role("link", name="4", exact=True).click()
    page.wait_for_url("**network=digits**try=4")
    strip.get_by_text("A digit takes the animal's place").wait_for()
    page.locator(".film").get_by_text("Gradient × input").wait_for()
    settled(page)
    after, moved = pictures(page), places.evaluate_all(tops)
    strip.get_by_role("link", name="before", exact=True).click()
    page.wait_for_url("**try=4-before")
    wait_until(lambda: len(now := pictures(page)) == 3 and set(now).isdisjoint(after))
    assert max(abs(x - y) for x, y in zip(moved, places.evaluate_all(tops), strict=True)) <= 2
    heart.press("ArrowRight")
    page.wait_for_url("**B=16")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("ArrowRight")
    strip.get_by_text("A photograph of a retina").wait_for()
    assert "try=5" in page.url and "B=16" not in page.url
    strip.get_by_role("link", name="Back to my settings").click()
    page.wait_for_url("**animal=frog**")
    page.get_by_role("heading", name="frog").wait_for()
    assert "try=" not in page.url and not page.locator("[data-testid=stAlertContentError]").count()


def test_settings_go_along_to_the_next_page(page: Any, address: str) -> None:
    page.goto(f"{address}explain{LIGHT_WORK}&animal=frog")
    settled(page)
    slider = page.locator(".film .heart")
    slider.focus()
    slider.press("ArrowRight")
    page.locator(".st-key-pages").get_by_role("link", name="Unlearning").click()  # at once: no move is lost
    page.get_by_role("heading", name="What does the network see when it has forgotten").wait_for()
    settled(page)
    page.locator(".st-key-B").get_by_text("16", exact=True).wait_for()
    page.locator(".st-key-T").get_by_role("slider").press("ArrowRight")
    wait_until(lambda: all(part in page.evaluate("location.href") for part in ("B=16", "T=11", "animal=frog")))


def test_a_colour_is_taken_from_the_picture(page: Any, address: str) -> None:
    """A click into the coarse picture sets the baseline's colour, in the address too, and the way starts from it."""
    page.goto(address + "paths?guess=off&way=straight+from+a+colour+of+mine&errors=false&at=0")
    settled(page)
    first = pictures(page)
    page.get_by_text("Pick the colour from the picture").click()
    cells = page.locator("[data-testid=stVegaLiteChart] canvas, [data-testid=stVegaLiteChart] svg").first
    cells.click(position={"x": 150, "y": 150})
    page.wait_for_url("**colour=%23**")
    wait_until(lambda: pictures(page)[0] != first[0])  # γ(0) is the new colour


def test_upload_a_photograph_and_junk(page: Any, address: str) -> None:
    page.goto(address + "explain?guess=off&picture=upload&method=Simple+gradient")
    chooser = page.locator("input[type=file]")
    chooser.wait_for(state="attached")
    page.locator(".st-key-foot").wait_for()
    assert not pictures(page)  # nothing is computed for another picture
    far, name = stays_here(page, address), f"_a_ *b* ![c]({FAR.replace('/', ':')}c.png) <b>.jpg"
    chooser.set_input_files({"name": name, "mimeType": "image/jpeg", "buffer": photograph()})
    page.get_by_text("It stays on this computer").wait_for()
    wait_until(lambda: len(pictures(page)) == 2)
    settled(page)

    chooser.set_input_files({"name": "`$x$` <i>.png", "mimeType": "image/png", "buffer": b"no picture at all"})
    page.locator("[data-testid=stAlertContentError]").get_by_text("`$x$` <i>.png").wait_for()
    wait_until(lambda: not pictures(page))
    assert not far()


def test_the_first_page_is_one_screen_and_leads_on(page: Any, address: str) -> None:
    page.goto(address)
    page.locator(".stMain img").wait_for()
    assert page.locator("[data-testid=stMain]").evaluate("main => main.scrollHeight <= main.clientHeight")
    assert not barriers(page)
    page.get_by_role("link", name="Explain this picture").click()
    page.wait_for_url("**/explain*")
    settled(page)


def test_an_old_link_without_a_page_leads_to_explain(page: Any, address: str) -> None:
    """Explain was the first page once, at the address without a name: its links keep their settings."""
    page.goto(f"{address}{LIGHT_WORK}&B=30&animal=frog")
    page.wait_for_url("**/explain?*")
    settled(page)
    asked = parse_qs(urlsplit(page.url).query)
    assert asked == {"guess": ["off"], "method": ["Integrated Gradients", "UNI"], "B": ["30"], "animal": ["frog"]}
    assert len(pictures(page)) == 3
    page.locator(".film .stop").get_by_text("B = 30", exact=True).wait_for()


HOSTILE = {name: {} for name in PAGES if name != START.name} | {  # page, or a view of it → what is asked rightly
    "domains": {"domain": "text", "review": "your own words"},
    "lime": {"input": "text", "text": "your own text"},
    "study": {"preference": "10"},
}


@pytest.mark.slow  # the pages' own work, all of it; test_hostile_links.py asks without a browser
@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_a_hostile_link_fetches_nothing_and_leads_nowhere(page: Any, address: str, name: str) -> None:
    """Every key asks for pictures, links or mathematics: it is told as it is, and the browser stays here."""
    far, turn = stays_here(page, address), sorted(HOSTILE).index(name)
    words = dict(zip(sorted(set(KEYS) - set(OF_STUDY)), cycle(MARKUP[turn % len(MARKUP) :] + MARKUP), strict=False))
    page.goto(f"{address}{name}?{urlencode(words | {'number': '1e999'} | HOSTILE[name])}")
    toasts = page.get_by_test_id("stToast")  # one for the controls, one for what hide= names in vain
    toasts.first.wait_for(timeout=120_000)
    wait_until(lambda: any(word in told(toast) for toast in toasts.all() for word in MARKUP))
    assert not far()
    wait_until(lambda: page.locator("[data-testid=stStatusWidget], [data-testid=stSpinner]").count() == 0, 90)
    assert not far() and not page.get_by_test_id("stException").count()


def test_a_hostile_study_fetches_nothing_and_leads_nowhere(page: Any, address: str) -> None:
    far = stays_here(page, address)
    for word in MARKUP:  # in one window, where the app's own files are fetched once
        page.goto(f"{address}study?{urlencode({'study': word, 'teacher': word})}")
        sentence = page.get_by_test_id("stAlertContentError")
        sentence.wait_for()
        assert repr(word) in told(sentence) or "There is no study on this computer yet" in told(sentence)
        assert not far() and not page.get_by_test_id("stException").count()


def told(place: Any) -> str:
    """What one reads there: without the marks that have no width."""
    return "".join(letter for letter in place.inner_text() if unicodedata.category(letter) != "Cf")


def stays_here(page: Any, address: str) -> Callable[[], list[str]]:
    """What the page fetches or leads to that is not of this server: asked at the end."""
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url))

    def far() -> list[str]:
        there = page.evaluate(
            """() => [...document.querySelectorAll('a[href], [src], form[action], link[href]')]
                .map(e => e.href || e.src || e.action).filter(Boolean)"""
        )
        host = urlsplit(address).netloc
        return [url for url in (*fetched, *there) if urlsplit(url).netloc not in ("", host)]

    return far


LOOKED_AT_ALWAYS = ("explain",)  # all others with the slow tests: it is the pages' own work that takes long


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[] if name in LOOKED_AT_ALWAYS else pytest.mark.slow)
        for name in sorted(set(PAGES) - {START.name})
    ],
)
def test_nothing_overflows(page: Any, address: str, name: str) -> None:
    page.set_viewport_size(PHONE)
    page.goto(address + name + LIGHT_WORK)
    for size in (PHONE, PROJECTOR):
        page.set_viewport_size(size)
        settled(page)
        if size == PHONE and page.locator(".film").count():  # a map is in sight while its slider moves
            seen = page.locator(".film :is(.heart, canvas)").evaluate_all(
                "all => all.map(e => e.getBoundingClientRect().bottom)"
            )
            assert max(seen[:3]) <= PHONE["height"]
        if size == PROJECTOR:  # question, controls, pictures and number are in sight at once: the tabs begin below them
            assert page.get_by_test_id("stTabs").first.bounding_box()["y"] <= PROJECTOR["height"]
        assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth <= innerWidth")
        # Code, long equations and wide figures scroll in a box of their own; nothing else may reach beyond the edge.
        beyond = page.locator(".stMainBlockContainer").evaluate(
            """main => [...main.querySelectorAll('*')]
                .filter(e => !e.closest('pre, .katex-display, table, [role=tablist], [type=range]'))
                .filter(e => !e.closest('[class*=st-key-scrolls], [class*=st-key-pictures]'))
                .filter(e => !e.closest('.st-key-pages, [role=radiogroup]'))
                .filter(e => e.getBoundingClientRect().width > 0 && e.getBoundingClientRect().right > innerWidth + 1)
                .map(e => e.outerHTML.slice(0, 120))"""
        )
        assert not beyond, size
    assert not barriers(page)


def barriers(page: Any) -> list[tuple[str, str, str]]:
    """What axe-core finds serious or critical on a light page, and which words are too faint on a dark one."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    found, quick = [], {"resultTypes": ["violations"], "preload": False}
    for scheme, asked in (("light", quick), ("dark", {**quick, "runOnly": ["color-contrast"]})):
        page.emulate_media(color_scheme=scheme)
        page.wait_for_function(
            """scheme => (app => app.dataset.testScriptState === "notRunning"
                && getComputedStyle(app).colorScheme === scheme)(document.querySelector(".stApp"))""",
            arg=scheme,
        )
        for rule in axe.run(page, options=asked).response["violations"]:
            if rule["impact"] in ("serious", "critical"):
                found += [(scheme, rule["id"], node["html"][:120]) for node in rule["nodes"]]
    return found


# --- films: what moves in the browser ---------------------------------------------------------------------------------


DRAG = """(slider, n) => { for (let i = 0; i < n; i++) {
    slider.value++; slider.dispatchEvent(new Event('input', {bubbles: true})); } }"""


def filled(page: Any) -> Any:
    """The film on the page, once it asks for no more frames."""
    settled(page)
    count, now = -1, "performance.getEntriesByType('resource').filter(r => r.name.endsWith('.bin')).length"
    while count != (count := page.evaluate(now)):
        page.wait_for_timeout(700)
    return page.locator(".film").first


def test_a_film_moves_by_itself_and_tells_where_the_hand_came_to_rest(page: Any, address: str) -> None:
    """Keys, Home and End, touch, the address, Back and Forward, words for those who cannot see: one load for all."""
    said: list[int] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: said.append(len(frame))))
    page.goto(f"{address}paths?guess=off&errors=false")
    film = filled(page)
    slider, maps = film.get_by_label("α: 0 is the baseline, 1 the picture"), film.get_by_role("img")
    began, at_half, entries, quiet = page.url, pictures(page), page.evaluate("history.length"), len(said)
    assert slider.get_attribute("aria-valuetext").startswith("α = 0.5: straight from black: F = ")
    slider.evaluate(DRAG, 10)
    assert film.locator(".stop").inner_text() == "α = 0.7"
    assert len(set(at_half) - set(pictures(page))) == film.locator("canvas").count() == 6  # all but the curves
    page.wait_for_url("**at=0.7")
    wait_until(lambda: page.evaluate("true") and len(said) > quiet)
    page.wait_for_timeout(500)
    assert len(said) == quiet + 1 and page.evaluate("history.length") == entries + 1  # ten stops are one move
    number = film.locator(".number").inner_text()
    assert f"F = {number}" in film.locator("figcaption").first.inner_text()
    assert maps.nth(2).get_attribute("aria-label").startswith("straight from black, A so far: ")
    at_seven = pictures(page)
    page.go_back()
    wait_until(lambda: pictures(page) == at_half and film.locator(".stop").inner_text() == "α = 0.5")
    assert page.url == began
    page.go_forward()
    wait_until(lambda: pictures(page) == at_seven)
    slider.press("ArrowRight")
    page.wait_for_url("**at=0.72")
    slider.press("End")
    page.wait_for_url("**at=1")
    slider.press("Home")
    page.wait_for_url("**at=0")
    assert film.locator(".stop").inner_text() == "α = 0"
    box = maps.nth(2).bounding_box()
    page.mouse.move(box["x"] + 1.5, box["y"] + 1.5)
    assert film.locator(".reading").inner_text() == "row 1, column 1: 0 (share of the whole Σ|A|, rounded to 8 bits)"
    box = slider.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_url(began)  # the usual stop needs no parameter


def test_a_stop_without_a_frame_keeps_the_old_picture(page: Any, address: str) -> None:
    """Frames are held back on their way: the slider moves, the picture stays and says that it waits."""
    held: list[Any] = []
    let_go = iter([True])  # the first alone
    page.route("**/media/*.bin", lambda route: route.continue_() if next(let_go, False) else held.append(route))
    page.goto(f"{address}paths?guess=off&errors=false&B=17&at=0.3")
    settled(page)
    film, before = page.locator(".film").first, pictures(page)
    slider, status = film.get_by_role("slider").first, film.get_by_role("status")
    slider.press("End")
    assert film.locator(".stop").inner_text() == "α = 1" and status.inner_text() == "computing …"
    assert slider.get_attribute("aria-valuetext") == "α = 1, computing" and pictures(page) == before
    let_go = cycle([True])
    for route in held:
        route.continue_()
    wait_until(lambda: status.inner_text() == "" and len(set(before) - set(pictures(page))) == 6)


def test_a_lecture_goes_from_scene_to_scene(page: Any, address: str) -> None:
    """→ opens the next scene, which was opened ahead and unseen; on a slider the key is the slider's."""
    page.goto(f"{address}unlearning?lecture=on&hide=T")
    strip = page.locator(".st-key-strip")
    strip.get_by_text("8 scenes").wait_for()
    ahead = "[...document.querySelectorAll('iframe')].some(frame => frame.src.includes('try=1'))"
    page.wait_for_function(ahead)  # when the film is whole
    assert page.locator(".st-key-pages, .st-key-foot").count() == 0
    assert not page.locator(".st-key-T").is_visible() and page.locator(".st-key-eta").is_visible()
    page.keyboard.press("ArrowRight")
    strip.get_by_text("ε is 0.056").wait_for()
    page.wait_for_url("**try=1**")
    page.locator(".film .stop").get_by_text("ε = 0.056").wait_for()
    page.locator(".film .heart").press("ArrowRight")
    page.wait_for_timeout(1500)
    assert "try=1" in page.url
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("PageDown")
    strip.get_by_text("ε rises to 30").wait_for()
    page.locator(".film .stop").get_by_text("ε = 30").wait_for()
    page.go_back()
    strip.get_by_text("ε is 0.056").wait_for()


def test_the_keyboard_is_at_the_slider_in_a_few_keys(page: Any, address: str) -> None:
    page.goto(f"{address}explain{LIGHT_WORK}")
    filled(page)
    for key in (
        "Tab",
        "Tab",
        "Tab",
        "Enter",
        "Tab",
        "ArrowRight",
    ):  # two stops of Streamlit, then our link
        page.keyboard.press(key)
    page.wait_for_url("**B=16**")
