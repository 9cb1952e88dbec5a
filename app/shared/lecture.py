"""Lecture mode: a page in large type, nothing around it, its scenes (scenes/strip.py) in a line at the bottom.

lecture=on        in the address
hide=B,network    controls and places that are taken away, so that an audience cannot lose itself; for any link
"""

import re
from pathlib import Path

import streamlit as st

from app.shared import controls, links
from xai_core.plain import code

PLACES = (  # of every page
    "strip", "subject", "settings", "guess", "controls", "legend", "number", "tabs", "pages", "foot",
)  # fmt: skip
POPOVERS = {"network": "choose_Network", "picture": "choose_Picture", "target": "choose_Class"}  # control → its button
HERE = Path(__file__).parent
_known = {*PLACES, *links.OF_EXPLAIN, *(c.key for c in controls.controls())}  # and what pages have drawn since


def on() -> bool:
    """Whether the address asks for it. A number is what links said before scenes had a name of their own."""
    return bool(re.fullmatch(r"on|[1-9]\d{0,2}", st.query_params.get("lecture", "")))


def dress() -> None:
    """Type for the last row of a hall."""
    if on():
        st.html(HERE / "lecture.css")


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
