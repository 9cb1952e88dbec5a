"""The README's pictures: `python -m tests.measure.pictures` starts the app and takes them in Chromium.

docs/explain.png, docs/unlearning.png    two pages as a projector shows them, 1280 × 720
docs/alpha.webp                          the α of the page Paths under a moving hand
"""

import io
from typing import Any

from PIL import Image
from playwright.sync_api import sync_playwright

from tests.app.served import CHROMIUM, FLAGS, PROJECTOR, ROOT, served

PAGES = {"explain": "explain?guess=off", "unlearning": "unlearning?guess=off"}  # file → address
FRAMES, WIDTH, SPEED = 26, 800, 90  # of the moving picture: how many, pixels, ms a frame


def shown(page: Any, address: str) -> None:
    """Open a page, and wait until its film has all its frames."""
    page.goto(address, timeout=120_000)
    page.locator(".st-key-foot").wait_for(timeout=120_000)
    page.locator(".film:not(.computing)").first.wait_for(timeout=120_000)
    page.wait_for_timeout(8000)


def moving(page: Any) -> list[Image.Image]:
    """The film as the hand moves along its slider."""
    slider, frames = page.locator(".film .heart").first, []
    slider.press("Home")
    for _ in range(FRAMES):
        page.wait_for_timeout(80)
        image = Image.open(io.BytesIO(page.screenshot()))
        frames.append(image.resize((WIDTH, WIDTH * image.height // image.width), Image.Resampling.LANCZOS))
        slider.press("ArrowRight")
        slider.press("ArrowRight")
    return frames


def main() -> None:
    with served() as app, sync_playwright() as playwright:
        address = app.address
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport=PROJECTOR, color_scheme="light")
        for name, path in PAGES.items():
            shown(page, address + path)
            page.screenshot(path=ROOT / "docs" / f"{name}.png")
        shown(page, f"{address}paths?guess=off&errors=false")
        first, *rest = moving(page)
        first.save(ROOT / "docs" / "alpha.webp", save_all=True, append_images=rest, duration=SPEED, loop=0, quality=70)
        browser.close()


if __name__ == "__main__":
    main()
