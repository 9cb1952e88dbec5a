"""The screen: where the pieces of a page stand, in whatever order they are made.

    question
    subject     network, picture and class, in one line; at its end all settings that are seldom moved
    guess
    controls    at most four, the page's own slider in the row right above what it moves
    pictures    in one row
    legend      of their colours; beside it the number that judges, large
    tabs        Judge · Equation and code · Take away

On a projector (1280 × 720) all above the tabs is in sight at once. A page asks for its screen first and then fills it.
A page whose pictures are a film asks for the `stage` above it, and makes its `tabs` where what else depends on the
slider is drawn.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

HERE = "stage"
JUDGE, CODE, TAKE_AWAY = "Judge", "Equation and code", "Take away"
COMPARE = "Compare"  # of pages whose maps can be pinned
TABS = (JUDGE, CODE, TAKE_AWAY)


@dataclass(frozen=True)
class Tabs:
    """Places below the stage: `with on.judge: …`."""

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
    def take_away(self) -> DeltaGenerator:
        """Files, script and link."""
        return self.tabs[TAKE_AWAY]

    def shows(self, tab: str) -> bool:
        """Whether a tab is open; one that is costly is filled only then."""
        return bool(getattr(self.tabs[tab], "open", True))


@dataclass(frozen=True)
class Stage:
    """Places above the pictures: `with on.guess: …`."""

    question: DeltaGenerator
    subject: DeltaGenerator
    settings: DeltaGenerator  # always filled: a control that is not drawn would forget its value
    guess: DeltaGenerator
    controls: DeltaGenerator


@dataclass(frozen=True)
class Screen(Tabs, Stage):
    """Places of a whole page."""

    pictures: DeltaGenerator
    legend: DeltaGenerator
    number: DeltaGenerator


def stage() -> Stage:
    """The upper places of a page, empty. What follows is a film: its slider, pictures, legend and number."""
    with st.container(key="stage", gap="xsmall"):
        return _upper()


def here() -> None:
    """Where the link for readers without a mouse leads: right before the controls, or before a film's slider."""
    st.html(f'<span id="{HERE}"></span>')


def _upper() -> Stage:
    question = st.container(key="at_question", gap="xsmall")
    with st.container(key="at_subject", horizontal=True, vertical_alignment="center", gap="small"):
        subject = st.container(width="stretch")
        settings = st.popover("All settings", key="settings")
    guess, controls = (st.container(key=f"at_{name}", gap="xsmall") for name in ("guess", "controls"))
    return Stage(question, subject, settings, guess, controls)


def screen(names: Sequence[str] = TABS) -> Screen:
    """The places of a page, empty. names: of the tabs, in their order."""
    with st.container(key="stage", gap="xsmall"):
        here()
        upper = _upper()
        pictures = st.container(key="at_pictures", gap="xsmall")
        left, right = st.columns([2, 3], gap="medium", vertical_alignment="center")
        legend, number = left.container(key="at_legend"), right.container(key="at_number")
    return Screen(**vars(upper), **vars(tabs(names)), pictures=pictures, legend=legend, number=number)


def tabs(names: Sequence[str] = TABS) -> Tabs:
    """The tabs of a page whose film tells what depends on its slider."""
    if st.session_state.get("tab") not in names:  # another page's
        st.session_state.pop("tab", None)
    below = st.tabs(list(names), key="tab", on_change="rerun", bind="query-params")
    return Tabs(dict(zip(names, below, strict=True)))
