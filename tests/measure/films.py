"""How long does a film take from a key to its picture? Run with `python -m tests.measure.films`.

For each page: the median and the longest of 30 keys, from the key to the frame that is painted, in ms; and how many
messages the server got meanwhile, which is at most one: the hand at rest. The app is started for it, and every film has
all its frames before a key is pressed.

    python -m tests.measure.films                       all pages with a film
    python -m tests.measure.films "paths?hand=B" cam    these addresses
"""

import argparse
import statistics
from typing import Any

from playwright.sync_api import sync_playwright

from tests.app.served import CHROMIUM, FLAGS, PROJECTOR, served

FILMS = (
    "explain", "lime", "cam", "saturation", "saturation?saturated=an+elephant", "paths?errors=false", "paths?hand=B",
    "baselines", "unlearning", "scoreboard", "scoreboard?judge=Network+in+ruins", "distancing",
)  # fmt: skip
KEYS = 30
WATCH = """() => { window.painted = []; addEventListener("keydown", ({ timeStamp }) => requestAnimationFrame(() => {
    const after = new MessageChannel();  // the first message after a frame's drawing comes when it is painted
    after.port1.onmessage = () => window.painted.push(performance.now() - timeStamp);
    after.port2.postMessage(0);
}), true); }"""


def filled(page: Any) -> None:
    """Wait until a film asks for no more frames."""
    page.locator(".film:not(.computing)").first.wait_for(timeout=180_000)
    count, now = -1, "performance.getEntriesByType('resource').filter(r => r.name.endsWith('.bin')).length"
    while count != (count := page.evaluate(now)):
        page.wait_for_timeout(3000)


def measured(page: Any, said: list[int]) -> tuple[list[float], int]:
    """Times of all keys in ms, and the messages meanwhile."""
    slider = page.locator(".film .heart").first
    slider.press("Home")
    page.wait_for_timeout(2000)
    page.evaluate(WATCH)
    before = len(said)
    for n in range(KEYS):
        slider.press("ArrowLeft" if n % 6 > 2 else "ArrowRight")
        page.wait_for_timeout(40)
    return page.evaluate("window.painted"), len(said) - before


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", nargs="*", default=FILMS)
    asked = parser.parse_args()
    print(f"{'page':40} median  longest  messages")
    with served() as app, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for path in asked.pages:
            page, said = browser.new_page(viewport=PROJECTOR), []
            page.on(
                "websocket", lambda socket, said=said: socket.on("framesent", lambda frame: said.append(len(frame)))
            )
            page.goto(f"{app.address}{path}{'&' if '?' in path else '?'}guess=off", timeout=120_000)
            filled(page)
            times, messages = measured(page, said)
            print(f"{path:40} {statistics.median(times):6.1f}  {max(times):7.1f}  {messages:8}")
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
