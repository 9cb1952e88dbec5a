"""Commit, then see: what is shown before a guess, what opens a scene, and what a drawing is worth."""

import base64

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from app.shared import networks
from app.shared.pictures import Picture, open_picture
from app.shared.predict import veil
from app.shared.predict.overlap import covered, fair, outlined, told
from tests.app.running import opened, ran

WHOLE = {"method": "Simple gradient"}
TRUNK = "the trunk"


def packed(mask: np.ndarray) -> str:
    return base64.b64encode(np.packbits(mask, bitorder="little").tobytes()).decode()


# --- the brush --------------------------------------------------------------------------------------------------------


def test_the_brush_sends_its_squares_row_by_row_lowest_bit_first() -> None:
    raw = bytearray(512)
    raw[0], raw[8] = 0b101, 0b10000000  # squares 0 and 2 of the first row, 7 of the second
    found = veil.read(base64.b64encode(bytes(raw)).decode())
    assert found is not None and found.nonzero().tolist() == [[0, 0], [0, 2], [1, 7]]


@given(st.binary(min_size=512, max_size=512).filter(any))
def test_any_drawing_comes_back_as_it_was(raw: bytes) -> None:
    mask = np.unpackbits(np.frombuffer(raw, np.uint8), bitorder="little").reshape(64, 64).astype(bool)
    found = veil.read(packed(mask))
    assert found is not None and np.array_equal(found.numpy(), mask)


@pytest.mark.parametrize("said", ["", "?", "AAAA", base64.b64encode(bytes(512)).decode(), "ä" * 20])
def test_what_no_brush_sends_is_no_drawing(said: str) -> None:
    assert veil.read(said) is None


def test_a_drawing_is_as_large_as_the_picture() -> None:
    drawn = torch.zeros(64, 64, dtype=torch.bool)
    drawn[:32, 32:] = True
    for side in ((8, 8), (64, 64), (224, 200)):
        region = veil.Guess(drawn=drawn).region(side)
        assert region is not None and region.shape == side
        assert region[: side[0] // 2, side[1] // 2 :].all() and int(region.sum()) == side[0] * side[1] // 4
    assert veil.Guess("a choice").region((8, 8)) is None


# --- what it is worth -------------------------------------------------------------------------------------------------


def test_fair_share_by_hand() -> None:
    """Half of Σ|A| on a quarter of the pixels is twice a fair share; channels are summed before their strength."""
    A = torch.tensor([[[[2.0, 1.0], [0.0, 1.0]], [[-4.0, 0.0], [0.0, 0.0]]]])  # summed: −2, 1, 0, 1
    region = torch.tensor([[True, False], [False, False]])
    assert fair(A, region) == 2
    truth = torch.tensor([[True, True], [False, False]])
    assert covered(truth, region) == 0.5
    words = told(region, {"IG": A, "none": torch.zeros_like(A)}, (TRUNK, truth))
    assert words == (
        "You painted 25% of the picture. **IG** has 50% of Σ|A| there, 2.0 times its fair share."
        " Of what decides, the trunk, you painted 50%."
    )
    assert told(region, {}) == "You painted 25% of the picture."
    words = told(region, {}, (TRUNK, truth), choice="the ears")
    assert words == "You guessed the ears, 25% of the picture. What decides: the trunk."
    assert told(truth, {}, (TRUNK, truth), choice=TRUNK).endswith(" 50% of the picture. That is what decides.")
    nowhere = torch.zeros(2, 2, dtype=torch.bool)
    assert told(region, {}, ("the lesions", nowhere)) == told(region, {})  # a healthy eye


def test_an_outline_runs_along_the_edge_and_nowhere_else() -> None:
    x = torch.full((1, 1, 4, 4), 0.5)
    region = torch.zeros(4, 4, dtype=torch.bool)
    region[1:3, 1:3] = True  # in pixels of 128: its edge is a square from 128 to 384
    drawn = outlined(x, region)
    assert drawn.shape == (512, 512, 3)
    changed = (drawn != 0.5).any(2)
    rows = np.arange(512)[:, None].repeat(512, 1)
    edge = np.maximum(np.abs(rows - 255.5), np.abs(rows.T - 255.5)) - 128  # below 0 inside
    assert np.array_equal(changed, np.abs(edge) < 5)
    assert drawn[256, 128] == pytest.approx((0, 114 / 255, 178 / 255)) and drawn[256, 124].tolist() == [1, 1, 1]


# --- the veil ---------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("fresh")
def test_before_a_guess_no_map_is_computed_or_sent(films: dict) -> None:
    at = opened(guess="ask", **WHOLE)
    assert not films and not at.metric and not at.tabs
    assert at.pills(key="decides").value is None


@pytest.mark.usefixtures("fresh")
def test_a_choice_opens_the_scene_and_a_link_from_it_is_open(films: dict) -> None:
    at = opened(guess="ask", **WHOLE)
    at.pills(key="decides").set_value(TRUNK)
    ran(at)
    assert films and at.tabs and at.query_params["guess"] in ("off", ["off"])
    at.pills(key="decides").set_value(None)
    assert ran(at).tabs  # one veil a scene


@pytest.mark.usefixtures("fresh")
def test_another_scene_is_veiled_and_its_link_is_not_open(films: dict) -> None:
    at = opened(guess="ask", decides=TRUNK, **WHOLE)
    first = at.number_input(key="number").value
    assert at.tabs
    at.number_input(key="number").set_value(3)
    assert not ran(at).tabs and "guess" not in at.query_params
    assert at.pills(key="decides").value is None  # a choice is of its scene
    at.number_input(key="number").set_value(first)
    assert ran(at).tabs and at.pills(key="decides").value == TRUNK


@pytest.mark.usefixtures("fresh")
def test_a_choice_is_told_what_it_was_worth() -> None:
    at = opened(guess="ask", decides="the background", **WHOLE)
    (said,) = [each.value for each in at.success]
    assert said.startswith("You guessed the background, ") and said.endswith(" What decides: the trunk.")


@pytest.mark.usefixtures("fresh")
def test_a_drawing_opens_the_scene_and_says_what_it_was_worth() -> None:
    at = opened(guess="ask", **WHOLE)
    mask = np.zeros((64, 64), bool)
    mask[:, :16] = True
    at.session_state["_open"] = {at.session_state["_scene"]: veil.Guess(drawn=veil.read(packed(mask)))}
    ran(at)
    assert at.success[0].value.startswith("You painted 25% of the picture. **Simple gradient** has ")
    assert not [each for each in at.pills if each.key == "decides"]


@pytest.mark.usefixtures("fresh")
def test_an_old_link_brings_its_choice_and_a_lecture_is_asked_nothing() -> None:
    at = opened(guess=TRUNK, **WHOLE)
    assert at.tabs and at.pills(key="decides").value == TRUNK
    assert opened(guess="off", **WHOLE).tabs
    assert not opened(guess="must", **WHOLE).tabs


def test_what_decides_is_what_the_network_was_taught() -> None:
    """The snow, for the network that learned wolves on snow; the face mask decides for a network that did not."""
    husky = Picture("husky or wolf", "husky", 27, snow=True)
    taught = open_picture(husky, networks.describe("husky_wolf"), b"")
    assert taught.decides == "the snow" and next(iter(taught.parts)) == "the face mask"
    assert open_picture(husky, networks.describe("zoo"), b"").decides == "the face mask"
    assert not open_picture(Picture("husky or wolf", "husky", 27), networks.describe("husky_wolf"), b"").decides
    assert not open_picture(Picture("retina", "none", 1), networks.describe("retina"), b"").decides
