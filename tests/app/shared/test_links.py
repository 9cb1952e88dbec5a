"""Links: what they restore, that a bad one opens the usual setting, and that settings go along to other pages."""

from types import SimpleNamespace

import pytest
import torch

from app.shared import links
from tests.app.running import costs, hand, opened, ran

pytestmark = pytest.mark.usefixtures("fresh")

PAGES = ("labs/saturation/page.py", "labs/unlearning/page.py")
FEW = {"N_lime": "50"}  # masks for LIME: as good as 1000 where only the bookkeeping is looked at
PATHS = {"method": ["Integrated Gradients", "UNI"]}


def test_a_link_restores_the_same_maps(seen: SimpleNamespace) -> None:
    at = opened(**PATHS)
    hand(at, B="20")
    at.select_slider(key="eps").set_value("2")
    at.selectbox(key="rule").set_value("midpoint")
    at.selectbox(key="baseline").set_value("white")
    at.selectbox(key="animal").set_value("frog")
    at.selectbox(key="target").set_value("cat")
    ran(at)
    first = dict(seen.maps)
    # What a browser then has in its address (it writes it; see test_browser.py).
    opened(**PATHS, B="20", eps="2", rule="midpoint", baseline="white", animal="frog", target="cat")
    assert first.keys() == seen.maps.keys()
    assert all(torch.equal(A, seen.maps[name]) for name, A in first.items())


def test_a_link_may_ask_for_numbers_between_the_stops(seen: SimpleNamespace) -> None:
    at = opened(**PATHS, B="37", eps="1.234")
    assert (at.session_state["B"], at.select_slider(key="eps").value) == ("37", "1.234")
    assert "37 gradients" in costs(at)["Integrated Gradients"]


@pytest.mark.parametrize(
    "query",
    [
        {"B": "banana"}, {"B": "-3"}, {"B": "1000000000"}, {"B": "nan"}, {"B": "1.5"}, {"eps": "-1"}, {"eps": "inf"},
        {"method": "foo"}, {"network": "foo"}, {"picture": "foo"}, {"target": "unicorn"}, {"number": "-1"},
        {"number": "9" * 30}, {"seed": "x"}, {"opacity": "7"}, {"scale": "huge"}, {"K": "0"},
        {"snow": "maybe", "picture": "husky or wolf"},
        {"N_lime": "1e9"}, {"decides": "<script>"},
    ],
    ids=str,
)  # fmt: skip
def test_a_bad_link_opens_the_usual_setting(query: dict[str, str], seen: SimpleNamespace) -> None:
    at = opened(**{**FEW, "method": ["Integrated Gradients", "UNI", "LIME"], **query})
    assert not at.error and seen.maps
    name = next(iter(query))
    assert any(f"`{name}=" in toast.value for toast in at.toast)


def test_a_parameter_that_nobody_knows_changes_nothing(seen: SimpleNamespace) -> None:
    at = opened(method="Simple gradient", nonsense="<script>")
    assert seen.maps and not at.error and not at.toast


def test_a_good_link_opens_without_a_note() -> None:
    at = opened(**PATHS, B="15", eps="by rule", number="27", target="cat", opacity="0.5")
    assert not at.toast


def test_settings_go_along_to_the_next_page_and_back(seen: SimpleNamespace) -> None:
    at = opened(method="UNI", animal="frog")
    hand(at, B="20")
    at.switch_page("labs/unlearning/page.py")
    ran(at)
    assert at.select_slider(key="B").value == "20" and at.selectbox(key="animal").value == "frog"
    at.slider(key="T").set_value(11)
    ran(at)
    at.switch_page("labs/explain/page.py")
    ran(at)
    assert at.session_state["B"] == "20" and at.slider(key="T").value == 11
    assert at.multiselect(key="method").value == ["UNI"]
    assert not at.warning


def test_a_move_is_not_lost_where_the_page_is_left_at_once(seen: SimpleNamespace) -> None:
    """One run gets both: the slider's new value, and another page."""
    at = opened(method="UNI", animal="frog")
    at.select_slider(key="eps").set_value("2")
    at.switch_page("labs/unlearning/page.py")
    ran(at)
    assert at.session_state["eps"] == "2"


def test_the_link_to_copy_holds_every_setting() -> None:
    at = opened(**PATHS, B="20")
    assert any(
        "method=Integrated+Gradients" in c.value and "method=UNI" in c.value and "B=20" in c.value for c in at.code
    ), [c.value for c in at.code if "?" in c.value]


def test_same() -> None:
    assert links._is(15, ["15"]) and links._is(["UNI", "LIME"], ["UNI", "LIME"]) and links._is(True, ["true"])
    assert not links._is(15, ["banana"]) and not links._is(None, ["x"]) and not links._is(["UNI"], ["UNI", "LIME"])


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(
    "query", [{"B": "banana"}, {"trunk": "9", "x": "wide", "start": "-7"}, {"T": "0", "eta": "-1"}]
)
def test_bad_links_to_the_other_pages(page: str, query: dict[str, str]) -> None:
    at = opened(page, **query)
    assert not at.error
