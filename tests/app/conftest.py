"""What the tests of pages share: empty caches, and what a page drew, as values instead of pixels."""

import functools
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx
from torch import Tensor, nn
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook

from app.shared import show, take_away, turns
from app.shared.film import maps as film_maps
from app.shared.film import player
from app.shared.film.frames import Film, Slider
from tests.app.served import CHROMIUM, FLAGS, PROJECTOR, new_page, served


@pytest.fixture(scope="session", autouse=True)
def painted_once() -> Iterator[None]:
    """The key to the colours follows from three values: it need not be painted again when `fresh` empties caches."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(show, "_colour_key", functools.cache(show._colour_key.__wrapped__))
        yield


@pytest.fixture(autouse=True)
def in_line(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No page asks a network outside the line (turns.py), whatever a test does with it. One answer for one picture,
    without a gradient, is a glance and may be had at once: the title says it.

    Nothing counts as answered before, so that every question needs its turn.
    """
    inside = threading.local()

    def ask(module: nn.Module, given: tuple) -> None:
        inside.depth = getattr(inside, "depth", 0) + 1

    def answer(module: nn.Module, given: tuple, said: Any) -> None:
        inside.depth -= 1
        looked_up = isinstance(module, nn.Embedding)  # the words of one text
        if inside.depth or looked_up or turns.computing() or get_script_run_ctx(suppress_warning=True) is None:
            return
        rows = len(given[0]) if given and isinstance(given[0], Tensor) else 1
        glance = rows == 1 and not getattr(said, "requires_grad", False)
        assert glance, f"{type(module).__name__} was asked about {rows} inputs outside the line: see frame.asking"

    monkeypatch.setattr(turns.TURNS, "_answer", lambda question: None)
    hooks = register_module_forward_pre_hook(ask), register_module_forward_hook(answer, always_call=True)
    yield
    for hook in hooks:
        hook.remove()


@pytest.fixture
def fresh() -> Iterator[None]:
    """Nothing is left in the caches, so that passes can be counted."""
    st.cache_resource.clear()
    st.cache_data.clear()
    yield


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """What the page last drew and offered, as values instead of pixels."""
    drawn = SimpleNamespace(maps={}, captions={}, failures={}, offered=None, files=None)
    real_maps, real_offer, real_offer_files = show.maps, take_away.offer, take_away.offer_files
    real_of_maps = film_maps.of_maps

    def maps(image: Tensor, attributions: dict, captions: dict, failures: dict, **how: Any) -> None:
        drawn.image, drawn.maps, drawn.captions, drawn.failures, drawn.how = (
            image,
            attributions,
            captions,
            failures,
            how,
        )
        real_maps(image, attributions, captions, failures, **how)

    def offer(*given: Any) -> None:
        drawn.offered = given
        real_offer(*given)

    def offer_files(*files: Any, **how: Any) -> None:
        drawn.files = files
        real_offer_files(*files, **how)

    def of_maps(
        slider: Slider, about: tuple, image: Tensor, title: str | None, titles: Any, answer: Any, **how: Any
    ) -> Film:
        now = answer(player.value(slider))
        drawn.image, drawn.maps, drawn.captions, drawn.failures = image, now.maps, now.captions, now.failures
        drawn.now = now
        drawn.film, drawn.how = real_of_maps(slider, about, image, title, titles, answer, **how), how
        return drawn.film

    monkeypatch.setattr(film_maps, "of_maps", of_maps)
    monkeypatch.setattr(show, "maps", maps)
    monkeypatch.setattr(take_away, "offer", offer)
    monkeypatch.setattr(take_away, "offer_files", offer_files)
    return drawn


@pytest.fixture
def films(monkeypatch: pytest.MonkeyPatch) -> dict[str, Film]:
    """The films that the page last showed, by their sliders' keys: their frames can be asked for without a hand."""
    shown: dict[str, Film] = {}
    head = player.head

    def kept(film: Film, *given: Any) -> dict[str, Any]:
        shown[film.slider.key] = film
        return head(film, *given)

    monkeypatch.setattr(player, "head", kept)
    return shown


# --- in a browser -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The app, served as a reader starts it."""
    with served() as app:
        yield app.address


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with sync_api.sync_playwright() as playwright:
        try:
            opened = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        except sync_api.Error as error:
            pytest.skip(f"no Chromium to drive: {str(error).splitlines()[0]}")
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """Nothing that a page does is against the server's content security policy, and no film of it breaks."""
    context, refused = browser.new_context(viewport=PROJECTOR), []
    context.set_default_timeout(60_000)
    ours = ("Content Security Policy", "BidiComponent Error")
    context.on("console", lambda line: refused.append(line.text) if any(map(line.text.__contains__, ours)) else None)
    yield new_page(context)
    context.close()
    assert not refused
