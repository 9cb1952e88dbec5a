"""The veil: whoever meets a scene for the first time says first where the evidence is, and then sees the maps.

    no guess yet    the picture alone, a brush, and "Show me"; nothing of a map is computed or sent
    a guess         a choice, or a drawing: the scene is open for the rest of the visit, and in this browser
    ?guess=off      nobody is asked: a link that was copied after the guess, a lecture
    ?guess=must     without "Show me"

A scene is a picture that a network is asked about on one page. What moves on an open scene is live as ever. A choice
belongs to its scene, too: the next one is asked about anew.
"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import streamlit as st
import torch
from streamlit import runtime
from torch import Tensor

from app.shared import frame, lecture, links
from app.shared import screen as places
from app.shared.film.frames import picture
from app.shared.pictures import Opened
from app.shared.predict import overlap
from app.shared.scenes import strip
from app.shared.screen import Screen, Stage
from xai_core import figures

OFF, MUST, ASK = links.GUESSES
GRID = 64  # as in brush.js
KEY = "guess"  # of the address
DRAWN = "painted on the picture"  # in place of a choice, where guesses are counted
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

    @property
    def made(self) -> bool:
        """Whether anything was said."""
        return self.choice is not None or self.drawn is not None

    def region(self, side: tuple[int, int]) -> Tensor | None:
        """What was drawn, as large as a picture: (H, W) bool."""
        if self.drawn is None:
            return None
        large = torch.nn.functional.interpolate(self.drawn[None, None].float(), size=side, mode="nearest")
        return large[0, 0] > 0

    def drawn_on(self, x: Tensor) -> np.ndarray | None:
        """The picture (1, C, H, W) with a line around what was drawn: (h, w, 3) in [0, 1]."""
        region = self.region(x.shape[-2:])
        return None if region is None else overlap.outlined(x, region)


@dataclass(frozen=True)
class Said:
    """A guess that has just been made, for whoever counts them."""

    choice: str  # DRAWN for a drawing
    covered: float | None = None  # share of what decides that was painted, where it is known


def begin() -> None:
    """Once a run, before the page: what the address says of guesses."""
    asked = st.query_params.get(KEY)
    if asked in links.GUESSES and asked != st.session_state.get("_guess_said"):
        st.session_state["_guess_mode"] = asked


def mode() -> str:
    """OFF, MUST or ASK. Nobody is asked in a lecture."""
    return OFF if lecture.on() else st.session_state.get("_guess_mode", ASK)


def is_open(scene: str) -> bool:
    """Whether the maps of a scene may be seen. Before and after the change of a numbered scene are one."""
    return mode() == OFF or not {scene, _numbered(scene)}.isdisjoint(st.session_state.get("_open", {}))


def _numbered(scene: str) -> str:
    """What is open together with a scene: all that the strip shows under its number; else the scene alone."""
    number, _ = strip.at()
    return f"{scene.split()[0]} {strip.KEY} {number}" if number else scene


def ask(
    on: Stage, scene: str, x: Tensor | None, question: str = "", options: Sequence[str] = (), key: str = "", *,
    paint: str = "",
) -> Guess:  # fmt: skip
    """The reader's guess. Until there is one, the picture alone is shown, and the page ends here.

    scene: what is asked about, in words that are the same on every visit. x: the picture (1, C, H, W), if one is asked
    about. question, options, key: of the choices, if there are any, and their name in the address; after a drawing they
    are left out, so that there is room for what it was worth. paint: what to do with the brush; "": there is none.
    """
    known: dict[str, Guess] = st.session_state.setdefault("_open", {})
    choice, made_here = None, f"_asked_{key}" in st.session_state  # a link's choice is nobody's guess
    if options and (scene not in known or known[scene].drawn is None):
        _turn(scene, key)
        with on.guess:
            choice = frame.guess(question, options, key)
    if choice is not None and not is_open(scene) and made_here:
        _count(Said(choice))
    if choice is not None and (scene in known or not is_open(scene)):
        known[scene] = Guess(choice)
    opened = is_open(scene)
    if opened and mode() != OFF:
        known.setdefault(_numbered(scene), Guess())
    st.session_state["_scene"] = scene
    _say(opened and scene in known)
    told = {"scene": scene, "open": opened}
    if not opened:
        told |= {"picture": None if x is None else _address(x), "brush": bool(paint), "skip": mode() != MUST}
        told["asks"] = paint or "Choose your guess above. Then the answer is shown."
    if isinstance(on, Screen):
        where = on.pictures
    else:
        where = st.container()
        if not opened:
            places.here()  # else the film's slider is what the link over the navigation leads to
    with where.container(key="veil_open" if opened else "veil_closed"):
        _component(key="_veil", data=told, on_done_change=_done)
    if not opened:
        frame.end()
    return Guess(choice, known[scene].drawn if scene in known else None)


def tell(on: Stage, guess: Guess, opened: Opened, maps: Mapping[str, Tensor]) -> None:
    """What a drawing was worth, or the choice of a part of the picture. maps: title → (1, C, H, W)."""
    region, choice = guess.region(opened.x.shape[-2:]), None
    if region is None and guess.choice in opened.parts:
        region, choice = opened.parts[guess.choice], guess.choice
    truth = (opened.decides, opened.parts[opened.decides]) if opened.decides else None
    if region is not None and bool(region.any()):
        on.guess.success(overlap.told(region, maps, truth, choice))
    if region is not None and choice is None and st.session_state.pop("_drawn_now", False):
        known = truth is not None and bool(truth[1].any())
        _count(Said(DRAWN, overlap.covered(truth[1], region) if truth is not None and known else None))


def just_said() -> list[Said]:
    """The guesses that nobody has counted yet; once."""
    return st.session_state.pop("_said", [])


def _count(said: Said) -> None:
    st.session_state.setdefault("_said", []).append(said)


def _turn(scene: str, key: str) -> None:
    """At another scene than before, its own choice: the one that was made there, or none yet."""
    before, st.session_state[f"_asked_{key}"] = st.session_state.get(f"_asked_{key}", scene), scene
    if before != scene and mode() != OFF:
        found = st.session_state["_open"].get(scene)
        st.session_state[key] = found.choice if found else None


def _done() -> None:
    said = st.session_state["_veil"].done
    scene, drawn = str(said.get("scene", "")), read(str(said.get("drawn", "")))
    st.session_state.setdefault("_open", {})[scene] = Guess(drawn=drawn)
    st.session_state["_drawn_now"] = drawn is not None


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
