"""Lecture mode: nothing around a page, and what hide= takes away."""

import pytest
from streamlit.testing.v1 import AppTest

from app.shared import lecture, links
from app.shared.pages import PAGES
from tests.app.running import opened

LIGHT = {"method": "Simple gradient"}


def links_of(at: AppTest) -> list[tuple[str, str, str]]:
    return [(link.proto.label, link.proto.page, link.proto.query_string) for link in at.get("page_link")]


def styles(at: AppTest) -> str:
    return " ".join(str(each.proto.body) for each in at.get("html"))


@pytest.mark.parametrize("asked", ["on", "3"])  # a number: as links said it before
def test_nothing_stands_around_the_page(asked: str) -> None:
    usual, at = opened(**LIGHT), opened(lecture=asked, **LIGHT)
    titles = {page.title for page in PAGES.values()}
    assert titles <= {label for label, *_ in links_of(usual)}
    assert not titles & {label for label, *_ in links_of(at)}
    assert "html { font-size: 125%; }" in styles(at) and "font-size: 125%" not in styles(usual)
    assert [w.key for w in at.selectbox] == [w.key for w in usual.selectbox]  # all else is there


@pytest.mark.parametrize("asked", ["off", "", "0", "on ", "On"])
def test_other_words_are_no_lecture(asked: str) -> None:
    at = opened(lecture=asked, **LIGHT)
    assert {page.title for page in PAGES.values()} <= {label for label, *_ in links_of(at)}


def test_the_link_for_others_is_no_lecture(monkeypatch: pytest.MonkeyPatch) -> None:
    class Asked(dict):
        def get_all(self, name: str) -> list[str]:
            return [self[name]]

    monkeypatch.setattr(links.st, "query_params", Asked(lecture="on", B="3", hide="K"))
    assert links.link().split("?")[1] == "B=3&hide=K"


def test_hide_takes_controls_and_places_away() -> None:
    shown = styles(opened(hide="network,N_rise,opacity,tabs", **LIGHT))
    assert ".st-key-network, .st-key-at_network, .st-key-choose_Network { display: none !important; }" in shown
    assert "stTabs] { display: none !important; }" in shown and ".stMain { --veil: none; }" in shown
    again = opened(hide=["B", "seed"], **LIGHT)  # given twice, as addresses have it
    assert ".st-key-_player_B { --hand: none; }" in styles(again) and not again.toast


def test_what_hide_names_in_vain_is_told_and_goes_nowhere() -> None:
    at = opened(hide="B,nonsense,x{}</style>", **LIGHT)
    (toast,) = at.toast
    assert toast.value.startswith("The link hides `nonsense`, `x{}</style>`, which is no control: ")
    assert "nonsense" not in styles(at) and "x{}" not in styles(at) and ".st-key-B," in styles(at)
    assert set(lecture.PLACES) <= {word.strip(" .") for word in toast.value.split(":")[-1].split(",")}
