"""The veil: whoever meets a scene for the first time says first where the evidence is, and then sees the maps.

    no guess yet    the picture alone, a brush, and "Show me"; nothing of a map is computed or sent
    a guess         a choice, or a drawing: the scene is open for the rest of the visit, and in this browser
    ?guess=off      nobody is asked: a link that was copied after the guess, a lecture
    ?guess=must     without "Show me"

A scene is a picture that a network is asked about on one page. What moves on an open scene is live as ever.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import streamlit as st
import torch
from streamlit import runtime
from torch import Tensor

from app.shared import frame, lecture, links
from app.shared.film.frames import picture
from app.shared.screen import Screen, Stage
from xai_core import figures

OFF, MUST, ASK = links.GUESSES
GRID = 64  # as in brush.js
KEY = "guess"  # of the address
PAINT = "Where is the evidence? Paint it on the picture, then compare."
HERE = Path(__file__).parent

_component = st.components.v2.component(
    "predict", js=(HERE / "brush.js").read_text(encoding="utf-8"), css=(HERE / "brush.css").read_text(encoding="utf-8")
)


@dataclass(frozen=True)
class Guess:
    """What a reader said before a scene was open."""

    choice: str | None = None
    drawn: Tensor | None = None  # (64, 64) bool

    def region(self, side: tuple[int, int]) -> Tensor | None:
        """What was drawn, as large as a picture: (H, W) bool."""
        if self.drawn is None:
            return None
        large = torch.nn.functional.interpolate(self.drawn[None, None].float(), size=side, mode="nearest")
        return large[0, 0] > 0


def begin() -> None:
    """Once a run, before the page: what the address says of guesses."""
    asked = st.query_params.get(KEY)
    if asked is None or asked == st.session_state.get("_guess_said"):
        return
    if asked in links.GUESSES:
        st.session_state["_guess_mode"] = asked


def mode() -> str:
    """OFF, MUST or ASK. Nobody is asked in a lecture."""
    return OFF if lecture.on() else st.session_state.get("_guess_mode", ASK)


def is_open(scene: str) -> bool:
    """Whether the maps of a scene may be seen."""
    return mode() == OFF or scene in st.session_state.get("_open", {})


def ask(
    on: Stage, scene: str, x: Tensor, question: str = "", options: Sequence[str] = (), key: str = "", *,
    paint: str = "",
) -> Guess:  # fmt: skip
    """The reader's guess. Until there is one, the picture alone is shown, and the page ends here.

    scene: what is asked about, in words that are the same on every visit. x: the picture (1, C, H, W). question,
    options, key: of the choices, if there are any, and their name in the address; after a drawing they are left out, so
    that there is room for what it was worth. paint: what the reader is to do with the brush; "": there is none.
    """
    known: dict[str, Guess] = st.session_state.setdefault("_open", {})
    choice = None
    if options and (scene not in known or known[scene].drawn is None):
        with on.guess:
            choice = frame.guess(question, options, key)
    if choice is not None and not is_open(scene):
        known[scene] = Guess(choice)
    opened = is_open(scene)
    st.session_state["_scene"] = scene
    _say(opened and scene in known)
    told = {"scene": scene, "open": opened}
    if not opened:
        told |= {"picture": _address(x), "alt": "The picture alone", "brush": bool(paint), "skip": mode() != MUST}
        told["asks"] = paint or "Choose your guess above. Then the maps are shown."
    where = on.pictures if isinstance(on, Screen) else st.container()
    with where.container(key="veil_open" if opened else "veil_closed"):
        _component(key="_veil", data=told, on_done_change=_done)
    if not opened:
        frame.end()
    return Guess(choice, known[scene].drawn if scene in known else None)


def _done() -> None:
    said = st.session_state["_veil"].done
    scene, drawn = str(said.get("scene", "")), read(str(said.get("drawn", "")))
    st.session_state.setdefault("_open", {})[scene] = Guess(drawn=drawn)


def read(packed: str) -> Tensor | None:
    """What the brush sent: (64, 64) bool; None for nothing, or for what no brush sends."""
    try:
        raw = np.frombuffer(base64.b64decode(packed, validate=True), np.uint8)
    except ValueError:
        return None
    if raw.size != GRID * GRID // 8 or not raw.any():
        return None
    return torch.from_numpy(np.unpackbits(raw, bitorder="little").reshape(GRID, GRID).astype(bool))


def _say(guessed: bool) -> None:
    """A link that is copied from an open scene opens it."""
    if mode() != ASK:
        return
    if guessed:
        st.query_params[KEY] = st.session_state["_guess_said"] = OFF
    elif st.query_params.get(KEY) == OFF:
        del st.query_params[KEY]


def _address(x: Tensor) -> str:
    content, mime = picture(figures.pixels(x))
    return runtime.get_instance().media_file_mgr.add(content, mime, "_veil")
