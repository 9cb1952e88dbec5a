"""The strip: its links, what it says, and the way into a scene and back."""

from typing import Any
from urllib.parse import parse_qs

import pytest
from streamlit.testing.v1 import AppTest

from app.shared.pages import PAGES
from app.shared.scenes.of_file import scenes_of
from tests.app.running import opened, ran

LIGHT = {"guess": "must"}  # veiled: no map is computed, and the strip is the same
SCENES = scenes_of("explain").parts[""]


def links(at: AppTest) -> dict[str, dict[str, list[str]]]:
    """Of the strip: label → what it asks for."""
    titles = {page.title for page in PAGES.values()}
    found = [link.proto for link in at.get("page_link") if link.proto.label not in titles and not link.proto.disabled]
    return {link.label: parse_qs(link.query_string) for link in found}


def words(at: AppTest) -> str:
    (said,) = [str(each.proto.body) for each in at.get("html") if "<p title=" in str(each.proto.body)]
    return said


def go(at: AppTest, **asked: Any) -> AppTest:
    """As a link of the strip leads there."""
    at.query_params.clear()
    for name, value in {**LIGHT, **asked}.items():
        at.query_params[name] = value
    return ran(at)


def test_numbers_lead_to_scenes_and_arrows_to_their_neighbours() -> None:
    at = opened(hide="B", **LIGHT)
    found = links(at)
    assert [*found] == [str(scene.number) for scene in SCENES] + ["→"]
    assert found["→"] == found["1"] and found["2"] == {"method": ["Integrated Gradients", "UNI"], "B": ["3"],
                                                       "try": ["2"], "hide": ["B"]}  # fmt: skip
    assert f"<b>{len(SCENES)} scenes of this page</b>" in words(at)
    found = links(opened(**{**LIGHT, "try": "2"}))
    assert found["←"] == found["1"] and found["→"] == found["3"]
    assert found["before"] == {"method": ["Integrated Gradients", "UNI"], "try": ["2-before"]}
    assert found["after"] == found["2"] and found["Usual settings"] == {}
    assert "→" not in links(opened(**{**LIGHT, "try": str(len(SCENES))}))


@pytest.mark.parametrize("asked", ["", "0", "-1", "1e3", "٣", "2-", "2-after", "99"])
def test_other_words_are_no_scene(asked: str) -> None:
    assert "before" not in links(opened(**{**LIGHT, "try": asked}))


def test_a_scene_says_what_it_changes_and_where_to_look() -> None:
    said = words(opened(**{**LIGHT, "try": "2"}))
    assert f"<b>{SCENES[1].asks}</b>" in said and f"{SCENES[1].changes}. Look at {SCENES[1].look}." in said


def test_a_scene_is_what_its_link_says_and_the_way_back_what_was_set() -> None:
    at = opened(network="digits", picture="digit", **LIGHT)
    at.selectbox(key="target").set_value("7")
    ran(at)
    go(at, **{"try": "2"})
    assert at.selectbox(key="target").value == "the predicted one" and at.selectbox(key="network").value == "zoo"
    at.number_input(key="number").set_value(3)  # what is moved in a scene is of the scene
    ran(at)
    go(at, **{"try": "2-before"})
    assert at.number_input(key="number").value == 27
    back = links(at)["Back to my settings"]
    assert back == {"network": ["digits"], "guess": ["must"]}  # what was moved by hand only a browser's address says
    go(at, **back)
    assert at.selectbox(key="target").value == "7" and at.selectbox(key="network").value == "digits"
    assert "before" not in links(at)


def test_settings_that_no_address_says_come_back_too() -> None:
    """Those that came along from another page."""
    at = opened(network="digits", picture="digit", **LIGHT)
    at.session_state["_address"] = {}
    go(at, **{"try": "2"})
    go(at)
    assert at.selectbox(key="network").value == "digits" and at.selectbox(key="picture").value == "digit"


def test_parts_have_scenes_of_their_own_and_a_taker_none() -> None:
    found = scenes_of("attention")
    for part in found.parts:
        numbers = links(opened("labs/attention/page.py", attending=part, **LIGHT))
        assert sum(label.isdecimal() for label in numbers) == len(found.parts[part])
    assert not links(opened("labs/study/page.py", study="nobody"))


def test_before_and_after_share_one_guess() -> None:
    """Whoever has guessed after the change sees what was before it."""
    light = {"guess": "ask", "method": "Simple gradient"}
    after, before = ({**side, **light} for side in (SCENES[0].after, SCENES[0].before))
    assert opened(decides="the snow", **after, **{"try": "1"}).tabs
    at = opened(**after, **{"try": "1"})
    assert not at.tabs
    at.pills(key="decides").set_value("the snow")
    ran(at)
    assert go(at, **before, **{"try": "1-before"}).tabs
    assert not go(at, **before).tabs
