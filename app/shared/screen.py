"""The screen: where the pieces of a page stand, in whatever order they are made.

    question
    subject     network, picture and class, in one line
    guess
    controls    at most four, the page's own slider in the row right above what it moves
    pictures    in one row
    legend      of their colours; beside it the number that judges, large
    tabs        Judge · Equation and code · Scenes · Take away · All settings

On a projector (1280 × 720) all above the tabs is in sight at once. A page asks for its screen first and then fills it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

JUDGE, CODE, SCENES, TAKE_AWAY, SETTINGS = "Judge", "Equation and code", "Scenes", "Take away", "All settings"
TABS = (JUDGE, CODE, SCENES, TAKE_AWAY, SETTINGS)


@dataclass(frozen=True)
class Screen:
    """Places to write into: `with screen.guess: …`."""

    question: DeltaGenerator
    subject: DeltaGenerator
    guess: DeltaGenerator
    controls: DeltaGenerator
    pictures: DeltaGenerator
    legend: DeltaGenerator
    number: DeltaGenerator
    tabs: dict[str, DeltaGenerator]

    @property
    def judge(self) -> DeltaGenerator:
        """Numbers, truth and tables."""
        return self.tabs[JUDGE]

    @property
    def code(self) -> DeltaGenerator:
        """Equations, and the functions that have just run."""
        return self.tabs[CODE]

    @property
    def scenes(self) -> DeltaGenerator:
        """What to try."""
        return self.tabs[SCENES]

    @property
    def take_away(self) -> DeltaGenerator:
        """Files, script and link."""
        return self.tabs[TAKE_AWAY]

    @property
    def settings(self) -> DeltaGenerator:
        """What is seldom moved. It is always filled: a control that is not drawn would forget its value."""
        return self.tabs[SETTINGS]

    def shows(self, tab: str) -> bool:
        """Whether a tab is open; one that is costly is filled only then."""
        return bool(getattr(self.tabs[tab], "open", True))


def screen(tabs: Sequence[str] = TABS, *, beside: bool = False) -> Screen:
    """The places of a page, empty. tabs: those below the stage, in their order.

    beside: whether legend and number stand beside high pictures, not below.
    """
    with st.container(key="stage", gap="xsmall"):
        st.html('<span id="stage"></span>')  # where the link for readers without a mouse leads
        places = [st.container(key=f"at_{name}", gap="xsmall") for name in ("question", "subject", "guess", "controls")]
        if beside:
            place, left = st.columns([3, 2], gap="medium", vertical_alignment="center")
            right = left
        else:
            place = st.container(gap="xsmall")
            left, right = st.columns([2, 3], gap="medium", vertical_alignment="center")
        pictures = place.container(key="at_pictures", gap="xsmall")
        legend, number = left.container(key="at_legend"), right.container(key="at_number")
    if st.session_state.get("tab") not in tabs:  # another page's
        st.session_state.pop("tab", None)
    below = st.tabs(list(tabs), key="tab", on_change="rerun", bind="query-params")
    return Screen(*places, pictures, legend, number, dict(zip(tabs, below, strict=True)))
