"""Scenes from above: nothing is up, only the object differs, and the network that names them."""

from functools import cache

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from data.drawn import satellite
from data.nets import networks
from data.training.fitting import FRESH

SEEDS = st.integers(0, 10**6)
PLACES = st.sampled_from(satellite.PLACES)


@settings(max_examples=15)
@given(place=PLACES, seed=SEEDS, quarters=st.sampled_from([-3, -1, 1, 2]))
def test_a_scene_that_is_turned_is_the_same_picture_turned(place: str, seed: int, quarters: int) -> None:
    scene, turned = satellite.draw(place, seed), satellite.draw(place, seed, turn=90 * quarters)
    different = (torch.rot90(scene.image, -quarters, (1, 2)) - turned.image).abs().amax(0) > 1e-3
    assert different.float().mean() < 0.002  # a rounded coordinate may fall on the other side of an edge
    assert (torch.rot90(scene.thing, -quarters, (0, 1)) != turned.thing).float().mean() < 0.005


@settings(max_examples=15)
@given(place=PLACES, seed=SEEDS, turn=st.floats(-360, 360))
def test_the_object_is_all_that_differs_from_the_bare_ground(place: str, seed: int, turn: float) -> None:
    scene, bare = satellite.draw(place, seed, turn=turn), satellite.empty(seed, turn=turn)
    assert torch.equal((scene.image != bare).any(0), scene.thing)
    assert 0.03 < scene.thing.float().mean() < 0.7
    assert scene.image.min() >= 0 and scene.image.max() <= 1


def test_another_class_stands_on_the_same_ground() -> None:
    scenes = [satellite.draw(name, 11) for name in satellite.PLACES]
    assert [scene.name for scene in scenes] == list(satellite.PLACES)
    anything = torch.stack([scene.thing for scene in scenes]).any(0)
    assert all(torch.equal(scene.image[:, ~anything], scenes[0].image[:, ~anything]) for scene in scenes)


def test_a_longer_batch_begins_with_the_same_scenes() -> None:
    images, labels, things = satellite.batch(7, 3)
    assert labels.tolist() == [0, 1, 2, 3, 4, 5, 0]
    assert torch.equal(images[:2], satellite.batch(2, 3)[0])
    scene = satellite.draw("stadium", satellite.scene_seed(3, 4))
    assert torch.equal(images[4], scene.image) and torch.equal(things[4], scene.thing)


@pytest.mark.parametrize(
    ("label", "seed", "more", "says"),
    [
        ("farm", 0, {}, "label is 'farm'; it must be one of airport, harbour, "),
        (6, 0, {}, "label is 6;"),
        (0, 1.5, {}, "seed is 1.5; it must be an integer ≥ 0"),
        (0, 0, {"turn": 400}, "turn is 400; it must be from −360 to 360 degrees"),
        (0, 0, {"size": 2000}, "size is 2000; it must be an integer from 16 to 1024 pixels"),
    ],
)
def test_what_cannot_be_drawn_is_said(label: object, seed: object, more: dict, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        satellite.draw(label, seed, **more)
    with pytest.raises(ValueError, match="n is True"):
        satellite.batch(True, 1)


# --- the network ------------------------------------------------------------------------------------------------------


@cache
def fresh() -> tuple[torch.Tensor, torch.Tensor]:
    return satellite.batch(60, FRESH)[:2]


def test_the_card_is_true() -> None:
    card = networks.card("satellite")
    images, labels = fresh()
    right = float((networks.load("satellite")(images).argmax(1) == labels).double().mean())
    assert card["accuracy"] >= 0.95
    assert abs(right - card["accuracy"]) < 0.04


def test_its_answer_hardly_turns_with_the_scene() -> None:
    images, labels = fresh()
    network = networks.load("satellite")
    answers = [network(torch.rot90(images, k, (2, 3))).argmax(1) for k in range(4)]
    assert min(float((answer == labels).double().mean()) for answer in answers) >= 0.93


def test_of_bare_ground_it_is_not_sure() -> None:
    """Every class was equally right there; p of the scene's own class falls from near 1."""
    images, labels = fresh()
    network = networks.load("satellite")
    bare = torch.stack([satellite.empty(satellite.scene_seed(FRESH, i)) for i in range(60)])
    with_object = network(images).softmax(1).gather(1, labels[:, None])
    without = network(bare).softmax(1)
    assert float(with_object.mean()) > 0.8
    assert float(without.gather(1, labels[:, None]).mean()) < 0.35
    assert float(without.amax(1).mean()) < float(with_object.mean()) - 0.2
