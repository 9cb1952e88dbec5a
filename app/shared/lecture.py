"""Lecture mode: a page in large type, nothing around it, its scenes under the keys ← and →.

    lecture=on        in the address; then the number of the scene, 1 and so on
    hide=B,network    controls and places that are taken away, so that an audience cannot lose itself; for any link

The scenes are those that the page offers in its tab. The browser opens the others ahead, one by one and unseen
(lecture.js), so that the server has their answers when the key is pressed.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import streamlit as st

from app.shared import controls, links, pages
from app.shared.pages import Page, Settings
from xai_core.plain import code

PLACES = ("subject", "settings", "guess", "controls", "legend", "number", "tabs", "pages", "foot")  # of every page
POPOVERS = {"network": "choose_Network", "picture": "choose_Picture", "target": "choose_Class"}  # control → its button
HERE = Path(__file__).parent
_known = {*PLACES, *links.OF_EXPLAIN, *(c.key for c in controls.controls())}  # and what pages have drawn since

_component = st.components.v2.component("lecture", js=(HERE / "lecture.js").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Scene:
    """What a page offers to try: a link with a name."""

    label: str
    page: str
    settings: Settings


def on() -> bool:
    """Whether the address asks for it."""
    return bool(re.fullmatch(r"on|[1-9]\d{0,2}", st.query_params.get("lecture", "")))


def begin(page: Page) -> None:
    """Before anything of the page is drawn: a scene is what its link says, whatever was moved on the one before."""
    here, before = (page.name, _number()), st.session_state.get("_lecture_at")
    st.session_state["_lecture_at"], st.session_state["_lecture_scenes"] = here, {}
    if on() and before not in (None, here):
        for name in [n for n in st.session_state if not str(n).startswith(links.NOT_OURS)]:
            del st.session_state[name]
        st.session_state["_values"] = {}
        st.query_params["lecture"] = st.query_params["lecture"]  # said again, the browser's address follows, too


def offer(page: str, tried: Mapping[str, Settings | tuple[str, Settings]], always: Settings) -> list[Scene]:
    """The scenes of a page, in their order; they are kept for the keys."""
    found = [
        Scene(label, *(where if isinstance(where, tuple) else (page, {**always, **where})))
        for label, where in tried.items()
    ]
    kept = st.session_state.setdefault("_lecture_scenes", {}).setdefault(page, [])
    kept.extend(scene for scene in found if scene not in kept)  # a part of a page may be drawn again by itself
    return found


def bar(page: Page) -> None:
    """In place of all that stands around a page: which scene this is, and the links to its neighbours."""
    scenes, number = st.session_state["_lecture_scenes"].get(page.name, []), _number()
    order = [*scenes[number:], *scenes[: max(0, number - 1)][::-1]]  # what comes, first; then what was
    ahead = [f"{s.page}?{urlencode(_query(s, scenes, page), doseq=True)}" for s in order]
    st.html(f"<style>{(HERE / 'lecture.css').read_text(encoding='utf-8')}</style>")
    with st.container(key="lecture_bar", horizontal=True, vertical_alignment="center"):
        for name, at, icon in (("back", number - 2, "arrow_back"), ("on", number, "arrow_forward")):
            with st.container(key=f"lecture_{name}", width="content"):
                if 0 <= at < len(scenes):
                    pages.link(scenes[at].page, " ", _query(scenes[at], scenes, page), icon)
        said = scenes[number - 1].label if 0 < number <= len(scenes) else page.question or page.title
        st.markdown(f"**{number or '·'}/{len(scenes)}** {said}" if scenes else said)
        _component(key="lecture_keys", data={"ahead": ahead})


def hide() -> None:
    """Take away what hide= names; say what it names in vain. After a page is drawn: its controls are known then."""
    _known.update(str(name) for name in st.session_state if not str(name).startswith(links.NOT_OURS))
    wanted = dict.fromkeys(word for words in st.query_params.get_all("hide") for word in words.split(",") if word)
    if rules := "".join(_rule(word) for word in wanted if word in _known):
        st.html(f"<style>{rules}</style>")
    if unknown := [word for word in wanted if word not in _known]:
        named = ", ".join(map(code, unknown[: links.MOST_NAMED])) + (" and more" if len(unknown) > 4 else "")
        st.toast(
            f"The link hides {named}, which is no control: a control's name is how it stands in the address. These are"
            f" places: {', '.join(PLACES)}.",
            duration="long",
        )


def _number() -> int:
    asked = st.query_params.get("lecture", "")
    return int(asked) if asked.isdecimal() else 0


def _query(scene: Scene, scenes: list[Scene], page: Page) -> Settings:
    """What the address holds at a scene; on another page its number would mean another one."""
    number = str(1 + scenes.index(scene)) if scene.page == page.name else "on"
    return {**scene.settings, **pages.carried(), "lecture": number}


def _rule(name: str) -> str:
    """CSS for one of the names that are allowed."""
    shown = re.sub(r"[^\w-]", "-", name)  # as Streamlit writes a key into a class
    places = [f".st-key-{shown}", f".st-key-at_{shown}"]
    if name in POPOVERS:
        places.append(f".st-key-{POPOVERS[name]}")
    if name == "tabs":
        places.append(".stMain [data-testid=stTabs]")
    rule = f"{', '.join(places)} {{ display: none !important; }}"
    # A film's sliders stand in a shadow, which only such variables reach.
    where, film = (".stMain", "--veil") if name == "opacity" else (f".st-key-_player_{shown}", "--hand")
    return f"{rule} {where} {{ {film}: none; }} "
