"""Every scene of every page: its settings arrive at controls that take them, one scene after the other.

A page ends here where it begins to compute, so that all scenes together cost seconds. A control that is drawn behind
that point has to be in the page's code at least.
"""

from collections.abc import Iterator
from typing import Any

import pytest
import streamlit as st

from app.labs.broken import compute as broken
from app.labs.prototypes import compute as prototypes
from app.shared import controls, frame
from app.shared.pages import PAGES, START
from app.shared.scenes.of_file import LABS, scenes_of
from tests.app.running import opened, ran

GUESS = {"classes": "must"}  # whose controls all stand before its veil
NEEDED = ("Opening the workbook", "The model is learning", "Drawing")  # what controls are made of


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing is computed that only pictures need."""
    spinner = st.spinner

    def ends(text: str = "", **how: Any) -> Any:
        if not text.startswith(NEEDED):
            frame.end()
        return spinner(text, **how)

    monkeypatch.setattr(st, "spinner", ends)
    monkeypatch.setattr(prototypes, "painted", lambda setting: frame.end())
    monkeypatch.setattr(broken, "maps", lambda case: frame.end())
    yield


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize(
    "lab",
    [
        pytest.param(lab, marks=[] if lab in ("explain", "lime", "domains") else pytest.mark.slow)
        for lab in sorted(set(PAGES) - {START.name})
    ],
)
def test_settings_arrive(lab: str) -> None:
    code = "\n".join(file.read_text(encoding="utf-8") for file in (LABS / lab).glob("*.py"))
    declared = {control.key for control in controls.controls()} | {"tab"}
    at = opened(PAGES[lab].file, guess=GUESS.get(lab, "off"))
    for scenes in scenes_of(lab).parts.values():
        for scene in scenes:
            at.query_params.clear()
            for name, value in {"guess": GUESS.get(lab, "off"), "try": str(scene.number), **scene.after}.items():
                at.query_params[name] = value
            ran(at)
            assert not at.toast, (scene.number, [each.value for each in at.toast])
            for name, asked in scene.after.items():
                if name not in at.session_state:
                    assert name in declared or f'"{name}"' in code, (scene.number, name)
                    continue
                words = [asked] if isinstance(asked, str) else asked
                value = at.session_state[name]
                values = value if isinstance(value, list) else [value]
                assert [*map(said, values)] == [*map(said, words)], (scene.number, name)


def said(value: Any) -> Any:
    """A value as an address and a control both know it."""
    try:
        return str(value).lower() if isinstance(value, bool) else float(value)
    except ValueError:
        return str(value).lower()
