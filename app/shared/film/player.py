"""A film on a page: the slider and its pictures move in the browser; where the hand comes to rest, Python is told."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st
from matplotlib.figure import Figure
from streamlit import runtime
from streamlit.errors import StreamlitAPIException

from app.shared import frame, links, screen, show
from app.shared.encoded import still
from app.shared.film.frames import COLOURS, SMALL, Curves, Film, Panel, Scale, Slider
from app.shared.film.reel import Reel, reel
from app.shared.scenes import strip

PATIENCE = 0.2  # s for which the server computes frames before it shows what it has
HERE = Path(__file__).parent

_component = st.components.v2.component(
    "film", js=(HERE / "film.js").read_text(encoding="utf-8"), css=(HERE / "film.css").read_text(encoding="utf-8")
)


# --- where the slider stands ------------------------------------------------------------------------------------------


def value(slider: Slider) -> int:
    """The stop at which the slider stands: the address's, else what came along from another page, else the usual."""
    if len(slider.stops) == 1:
        return 0
    asked = st.query_params.get(slider.key)
    mark, visit, said = f"_film_{slider.key}", st.session_state.get("_visit"), True
    if asked is not None:
        stop = slider.at(asked)
    elif st.session_state.get(mark) != visit and slider.key in st.session_state:
        stop = slider.at(str(st.session_state[slider.key]))  # brought along: from now on the address says it
        if stop is not None:
            said = settle(slider, slider.stops[stop].text)
    else:
        stop = None
    stop = slider.usual if stop is None else stop
    if said:
        st.session_state[mark] = visit
    st.session_state[slider.key] = slider.stops[stop].value
    return stop


def settle(slider: Slider, text: str, opacity: float | None = None) -> bool:
    """The hand has come to rest: the address and the session say where. A stop that there is not changes nothing.

    Returns whether the address could be written: not in the move that leaves a page where the key is a control's.

    This is all that a film ever writes, and what tests of pages call in place of the hand.
    """
    stop = slider.at(text)
    if stop is None:
        return True
    said = True
    if len(slider.stops) > 1:
        st.session_state[slider.key] = slider.stops[stop].value
        said = _say(slider.key, slider.stops[stop].text, slider.stops[slider.usual].text)
    if opacity is not None:
        st.session_state["opacity"] = float(opacity)
        _say("opacity", str(float(opacity)), "1.0")
    links.remember()
    return said


def _say(key: str, text: str, usual: str) -> bool:
    """In the address, where only what is unusual stands."""
    try:
        if text != usual:
            if st.query_params.get(key) != text:
                st.query_params[key] = text
        elif key in st.query_params:
            del st.query_params[key]
    except StreamlitAPIException:  # bound to that control yet
        return False
    return True


def opacity() -> float:
    """Of the maps over the picture: 0 shows the picture, 1 the map. It comes along from other pages, as a stop does."""
    asked, visit, said = st.query_params.get("opacity"), st.session_state.get("_visit"), True
    if asked is None and st.session_state.get("_film_opacity") != visit:
        asked = str(st.session_state.get("opacity", 1.0))
        said = _say("opacity", asked, "1.0")
    if said:
        st.session_state["_film_opacity"] = visit
    try:
        share = float("1" if asked is None else asked)
    except ValueError:
        share = 1.0
    st.session_state["opacity"] = share if 0 <= share <= 1 else 1.0
    return st.session_state["opacity"]


# --- what is painted --------------------------------------------------------------------------------------------------


def curves(about: tuple, draw: Callable[[str], Figure]) -> Curves:
    """A figure whose marks move, painted once for all readers. about: all that it depends on, besides the theme."""
    return _painted(repr(about), show.theme(), draw)


@st.cache_data(max_entries=64, show_spinner=False)
def _painted(about: str, theme: str, _draw: Callable[[str], Figure]) -> Curves:
    return Curves.of(_draw(theme))


# --- the player -------------------------------------------------------------------------------------------------------


@st.fragment
def play(film: Film, after: Callable[[int], None] | None = None) -> None:
    """The film. after: draws what else depends on the slider, again whenever the hand has come to rest."""
    at, kept = value(film.slider), reel(film.id)
    key = f"_player_{film.slider.key}"
    scales = kept.scaled(film)
    with st.container(key="at_film", gap=None):
        screen.here()
        _component(key=key, data=head(film, scales, at), on_settled_change=partial(_settled, film.slider, key))
        _feed(film, kept, at)
    if after is not None:
        with suppress(frame.Ended):  # what comes after it has less than all it has; a fragment has no page around it
            after(at)


def _settled(slider: Slider, key: str) -> None:
    hand = st.session_state[key].settled
    if not strip.left():  # a hand that is heard of late, by the next scene
        settle(slider, str(hand["stop"]), hand.get("opacity"))


@st.fragment
def _feed(film: Film, kept: Reel, at: int) -> None:
    """The frames that there are. The browser asks for more as long as one is missing, and says which it needs first."""
    key = f"_feed_{film.slider.key}"
    wanted = st.session_state.pop(f"{key}_wanted", None)
    n = len(film.slider.stops)
    kept.fill(film, wanted if wanted in range(n) else at, 0 if wanted is None else PATIENCE, at)
    frames = [_address(kept.frames.get(stop), "application/octet-stream", f"{key}-{stop}") for stop in range(n)]
    _component(key=key, data={"id": film.id, "frames": frames}, on_more_change=partial(_more, key))


def _more(key: str) -> None:
    st.session_state[f"{key}_wanted"] = st.session_state[key].more


def head(film: Film, scales: tuple[Scale, ...], at: int) -> dict[str, Any]:
    """All that the browser has to know besides the frames."""
    slider, name = film.slider, f"_player_{film.slider.key}"
    counted, rows = 0, []
    for title, n in film.rows.items():
        rows.append({"title": title, "panels": list(range(counted, counted + n))})
        counted += n
    moved = st.session_state.get(name, {}).get("settled") or {}
    return {
        "id": film.id,
        "key": slider.key,
        "label": slider.label,
        "stops": [{"text": stop.text, "words": stop.words} for stop in slider.stops],
        "usual": slider.usual,
        "ahead": len(slider.stops) if film.ahead is None else film.ahead,
        "at": at,
        "move": moved.get("move", 0),
        "address": True,
        "rows": rows,
        "panels": [_panel(panel, f"{name}-panel-{i}") for i, panel in enumerate(film.panels)],
        "scales": [{"top": scale.top, "unit": scale.unit, "legend": scale.legend} for scale in scales],
        "colours": COLOURS,
        "ground": None if film.ground is None else _address(*_grey(film), f"{name}-ground"),
        "opacity": None if film.ground is None else opacity(),
        "number": film.number,
        "note": film.note,
    }


def _panel(panel: Panel, place: str) -> dict[str, Any]:
    told: dict[str, Any] = {
        "title": panel.title,
        "kind": panel.kind,
        "scale": panel.scale,
        "smooth": panel.side > SMALL,
    }
    if panel.still is not None:
        told["still"] = _address(*still(panel.still), place)
    if panel.curves:
        told["curve"] = {"url": _address(panel.curves.png, "image/png", place), "axes": panel.curves.axes}
    return told


def _grey(film: Film) -> tuple[bytes, str]:
    return still(film.ground.mean(2, keepdims=True).repeat(3, 2))


def _address(content: bytes | None, mime: str, place: str) -> str | None:
    """Where the browser finds it: an address of its content, the same for all readers, fetched once."""
    if content is None:
        return None
    return runtime.get_instance().media_file_mgr.add(content, mime, place)
