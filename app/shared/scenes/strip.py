"""The strip of a page: its scenes by number, what the one that is on changes, before and after, and the way back.

    try=2           in the address: scene 2
    try=2-before    the setting from which scene 2 differs

A scene is what its link says, on the page's usual settings, whatever was moved before. What the reader had set is kept
for the way back. In a lecture the strip stands at the bottom, and the browser opens the other scenes ahead.
"""

import re
from collections.abc import Sequence
from html import escape
from pathlib import Path
from urllib.parse import urlencode

import streamlit as st

from app.shared import lecture, links, networks, own, pages
from app.shared.pages import Page, Settings
from app.shared.scenes.of_file import Scene, scenes_of

KEY = "try"  # of the address
BEFORE = "-before"
HERE = Path(__file__).parent

_component = st.components.v2.component("scenes", js=(HERE / "keys.js").read_text(encoding="utf-8"))


def of(page: Page) -> tuple[Scene, ...]:
    """The scenes of the part of a page that is shown."""
    found = scenes_of(page.name)
    if found.unless in st.query_params:
        return ()
    return found.parts[links.coming(found.part, list(found.parts)) if found.part else ""]


def at() -> tuple[int, bool]:
    """Which scene the address asks for, 0 for none, and whether for what stands before its change."""
    asked = re.fullmatch(rf"([1-9]\d?)({BEFORE})?", st.query_params.get(KEY, ""), re.ASCII)
    return (int(asked[1]), bool(asked[2])) if asked else (0, False)


def left() -> bool:
    """Whether the scene that was on has been left, before the page is drawn: what was moved there is of no other."""
    return st.session_state.get("_scene_at", ("", *at()))[1:] != at()


def begin(page: Page) -> None:
    """Before anything of the page is drawn: into a scene, and out of it, all controls begin anew."""
    here, before = (page.name, *at()), st.session_state.get("_scene_at")
    st.session_state["_scene_at"] = here
    if before in (None, here) or (before[0] != page.name and not here[1]):  # to another page settings come along
        return
    mine = st.session_state.setdefault("_mine", {})
    if before[0] == page.name and not before[1]:
        mine[page.name] = (st.session_state.get("_address", {}), st.session_state.get("_values", {}))
    for name in [n for n in st.session_state if not str(n).startswith(links.NOT_OURS)]:
        del st.session_state[name]
    st.session_state["_values"] = {} if here[1] else mine.get(page.name, ({}, {}))[1]
    st.query_params[KEY] = st.query_params.get(KEY, "0")  # said again, the browser's address follows, too
    if not here[1]:
        del st.query_params[KEY]


def draw(page: Page) -> None:
    """The strip, before the page: it always takes the same place."""
    scenes = of(page)
    if not scenes:
        return
    number, before = at()
    on = scenes[number - 1] if 0 < number <= len(scenes) else None
    with st.container(key="strip", horizontal=True, vertical_alignment="center", gap=None):
        with st.container(key="strip_numbers", horizontal=True, gap=None, width="content"):
            _step("back", "←", page, scenes, number - 1)
            for scene in scenes:
                with st.container(key=f"strip_{'now' if scene is on else scene.number}", width="content"):
                    _link(str(scene.number), page, _after(scene))
            _step("on", "→", page, scenes, number + 1)
        st.container(key="strip_words", width="stretch").html(_words(on, len(scenes)))
        with st.container(key="strip_ways", horizontal=True, gap=None, width="content"):
            if on:
                for side, label, query in ((True, "before", _before(on)), (False, "after", _after(on))):
                    shown = side == before != _stands(on)
                    with st.container(key=f"strip_{'side' if shown else f'other_{label}'}", width="content"):
                        _link(label, page, query)
                mine = st.session_state.get("_mine", {}).get(page.name)
                _link("Back to my settings" if mine else "Usual settings", page, mine[0] if mine else {})
        ahead = [*scenes[number:], *scenes[: max(0, number - 1)][::-1]] if lecture.on() else []  # what comes, first
        told = [f"{page.name}?{urlencode({**_after(s), **pages.carried()}, doseq=True)}" for s in ahead]
        _component(key="_strip_keys", data={"ahead": told, "lecture": lecture.on()})


def _step(way: str, label: str, page: Page, scenes: Sequence[Scene], number: int) -> None:
    with st.container(key=f"strip_{way}", width="content"):
        there = 0 < number <= len(scenes)
        _link(label, page, _after(scenes[number - 1]) if there else {}, disabled=not there)


def _link(label: str, page: Page, query: Settings, disabled: bool = False) -> None:
    st.page_link(page.file, label=label, query_params={**query, **pages.carried()} or None, disabled=disabled)


def _after(scene: Scene) -> Settings:
    return {**_usual(scene.after), **scene.after, KEY: str(scene.number)}


def _before(scene: Scene) -> Settings:
    return {**_usual(scene.after), **scene.before, KEY: f"{scene.number}{BEFORE}"}


def _stands(scene: Scene) -> bool:
    """Whether the settings are still those after the scene's change: the reader may have moved on."""
    asked = {name: st.query_params.get_all(name) for name in scene.change}
    return asked == {name: [said] if isinstance(said, str) else said for name, said in scene.change.items()}


def _usual(settings: Settings) -> Settings:
    """What a scene takes for granted, where one's own network or folder would come first."""
    network = str(settings.get("network", "zoo"))
    if not (own.name() or own.folder()) or network == own.name():
        return {}
    return {"network": network, "picture": networks.describe(network).natural}


def _words(on: Scene | None, many: int) -> str:
    """Two lines: what is asked, and what is changed and where to look."""
    if on is None:
        first, second = f"{many} scenes of this page", "Each changes one thing. The keys ← and → lead through them."
    else:
        first, second = on.asks, f"{on.changes}. Look at {on.look}."
    return f'<p title="{escape(f"{first} {second}")}"><b>{escape(first)}</b><br>{escape(second)}</p>'
