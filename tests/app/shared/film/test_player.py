"""Where the slider stands: one function writes it, into the session and the address; the address leads."""

import json
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest


def script(asked: str, brought: object, settled: str, opacity: float | None) -> None:
    import streamlit as st

    from app.shared.film import player
    from app.shared.film.frames import Slider, Stop

    slider = Slider("B", "B", tuple(Stop(n, str(n), f"B = {n}") for n in (1, 5, 15)), 2)
    if asked and "asked" not in st.session_state:
        st.query_params["B"] = asked
    if brought is not None and "asked" not in st.session_state:
        st.session_state["B"] = brought
    st.session_state["asked"] = True
    st.session_state["_visit"] = st.session_state.get("_visit", 1)
    before = player.value(slider)
    if settled:
        player.settle(slider, settled, opacity)
    state = {name: st.session_state.get(name) for name in ("B", "opacity", "_values")}
    st.json({"before": before, "now": player.value(slider), "seen": player.opacity(), "address": dict(st.query_params),
             "state": state})  # fmt: skip


def told(asked: str = "", brought: object = None, settled: str = "", opacity: float | None = None) -> dict[str, Any]:
    at = AppTest.from_function(script, args=(asked, brought, settled, opacity)).run()
    assert not at.exception, at.exception
    return json.loads(at.json[0].value)


def test_a_settled_move_is_in_the_session_and_in_the_address() -> None:
    seen = told(settled="5", opacity=0.4)
    assert (seen["before"], seen["now"], seen["seen"]) == (2, 1, 0.4)
    assert seen["address"] == {"B": "5", "opacity": "0.4"}
    assert seen["state"]["B"] == 5 and seen["state"]["opacity"] == 0.4
    assert seen["state"]["_values"]["B"] == 5  # it goes along to the next page


def test_what_is_usual_needs_no_parameter() -> None:
    seen = told(asked="5", settled="15", opacity=1.0)
    assert (seen["before"], seen["now"], seen["address"]) == (1, 2, {})


@pytest.mark.parametrize("nowhere", ["99", "x", "nan", "-1"])
def test_a_stop_that_there_is_not_changes_nothing(nowhere: str) -> None:
    seen = told(asked="5", settled=nowhere)
    assert seen["now"] == 1 and seen["address"] == {"B": "5"} and seen["state"]["B"] == 5
    assert told(asked=nowhere)["before"] == 2


@pytest.mark.parametrize(("brought", "stop"), [(5, 1), ("5", 1), (7, 1), (99, 2), ("by rule", 2)])
def test_what_comes_along_from_another_page_is_written_into_the_address(brought: object, stop: int) -> None:
    seen = told(brought=brought)
    assert seen["before"] == stop and seen["address"] == ({} if stop == 2 else {"B": "5"})


def test_the_address_comes_before_what_was_brought_along() -> None:
    assert told(asked="1", brought=5)["before"] == 0


def other_page() -> None:
    import streamlit as st

    from app.shared.film import player

    st.session_state.setdefault("_visit", 1)
    if "opacity" not in st.session_state:
        st.session_state["opacity"] = 0.4
    st.json({"seen": player.opacity(), "address": dict(st.query_params)})


def test_the_opacity_comes_along_from_another_page_and_back_is_back() -> None:
    at = AppTest.from_function(other_page).run()
    assert json.loads(at.json[0].value) == {"seen": 0.4, "address": {"opacity": "0.4"}}
    at.query_params.clear()  # back, on the same page
    at.run()
    assert json.loads(at.json[0].value) == {"seen": 1.0, "address": {}}
    at.query_params["opacity"] = "7"
    at.run()
    assert json.loads(at.json[0].value)["seen"] == 1.0


def test_back_to_an_address_without_the_parameter_is_back_to_the_usual_stop() -> None:
    at = AppTest.from_function(script, args=("5", None, "", None)).run()
    at.query_params.clear()
    at.run()
    assert '"before": 2' in at.json[0].value or '"before":2' in at.json[0].value


def alone() -> None:
    import streamlit as st

    from app.shared.film import player
    from app.shared.film.frames import ALONE

    place = player.value(ALONE)
    player.settle(ALONE, "", 0.25)
    st.json({"at": place, "address": dict(st.query_params), "keys": [n for n in st.session_state if n[0] not in "_$"]})


def test_a_film_of_one_frame_has_no_slider_to_remember() -> None:
    at = AppTest.from_function(alone).run()
    assert json.loads(at.json[0].value) == {"at": 0, "address": {"opacity": "0.25"}, "keys": ["opacity"]}
