"""The list of pages, the first of them, and links: from it, into pages, and old ones without a page."""

import json

import pytest
from streamlit.testing.v1 import AppTest

from app.shared import controls, links, pages
from app.shared.pages import PAGES, START
from tests.app.running import MAIN, opened, ran

LABS = MAIN.parent / "labs"


def root(**query: str | list[str]) -> AppTest:
    """The address without a page."""
    at = AppTest.from_file(str(MAIN), default_timeout=180)
    for name, value in ({"guess": "off", **query} if query else {}).items():
        at.query_params[name] = value
    return ran(at)


# --- pages ------------------------------------------------------------------------------------------------------------


def test_every_page_is_in_the_list_once() -> None:
    assert sorted(PAGES) == sorted(folder.parent.name for folder in LABS.glob("*/page.py"))
    assert len(PAGES) == sum(map(len, pages.GROUPS.values()))
    assert all((MAIN.parent / page.file).is_file() for page in PAGES.values())


def test_the_first_page_leads_to_all_others() -> None:
    at = root()
    led = {link.proto.page or START.name for link in at.get("page_link")}
    assert led == set(PAGES)
    assert "elephant" in "".join(m.value for m in at.markdown) and not at.query_params


def test_every_page_says_where_a_notebook_tells_it() -> None:
    """The section is there; the page Study has no notebook."""
    assert set(PAGES) - set(pages.AT_LENGTH) == {START.name, "study"}
    for notebook, section in pages.AT_LENGTH.values():
        cells = json.loads((MAIN.parents[1] / "notebooks" / f"{notebook}.ipynb").read_text(encoding="utf-8"))["cells"]
        assert any(f"## {section}" in "".join(cell["source"]).splitlines() for cell in cells), section
    said = opened(PAGES["trust"].file).caption[-1].value
    assert said == "At length: `notebooks/06_trust.ipynb`, section *1. Judge it by its answers*"


def test_links_into_pages_carry_settings_that_are_there() -> None:
    """A scene's link has the address of its page, and its parameters behind it."""
    links_ = opened(PAGES["domains"].file, domain="satellite", method="Simple gradient").get("page_link")
    scenes = [link for link in links_ if link.proto.query_string]  # all others are the navigation
    assert len(scenes) >= 3 and all(link.proto.page in PAGES and "=" in link.proto.query_string for link in scenes)


# --- old links --------------------------------------------------------------------------------------------------------


def test_an_old_link_without_a_page_opens_explain_with_its_settings() -> None:
    at = root(method=["UNI", "Gradient × input"], B="30", network="digits", picture="digit")
    assert at.multiselect(key="method").value == ["UNI", "Gradient × input"]
    assert at.session_state["B"] == "30" and at.selectbox(key="network").value == "digits"
    assert at.query_params["B"] == "30" and not at.toast


def test_an_old_link_that_cannot_be_followed_says_so() -> None:
    at = root(B="junk", method="Integrated Gradients")
    assert at.multiselect(key="method").value == ["Integrated Gradients"] and "`B=junk`" in at.toast[0].value


def test_a_parameter_of_nobody_stays_on_the_first_page() -> None:
    assert not root(utm_source="letter").multiselect


@pytest.mark.parametrize("network, picture", [("zoo", "toy zoo"), ("husky_wolf", "husky or wolf"), ("retina", "retina"),
                                              ("birds", "warbler or sparrow"), ("satellite", "satellite"),
                                              ("digits", "photograph")])  # fmt: skip
def test_every_setting_of_explain_is_known_to_old_links(network: str, picture: str) -> None:
    at = opened(network=network, picture=picture, method=["Simple gradient", "SmoothGrad"])
    asked = set(at.session_state["_values"])
    assert asked - {"tab"} <= links.OF_EXPLAIN | {control.key for control in controls.controls()}
