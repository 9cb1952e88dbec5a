"""A pin is one map's setting in words; what is no setting is a sentence."""

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest
import torch
from hypothesis import given as generated
from hypothesis import settings
from hypothesis import strategies as st

import xai_core
from app.shared import pictures, subject
from app.shared.compare import pin
from app.shared.compare.pin import Pin, read
from app.shared.compare.two import differing
from app.shared.pictures import Picture
from app.shared.subject import START
from app.shared.worse import corrupted
from data.nets import networks as shipped
from tests.app.hostile import VALUES

USUAL = {"network": "zoo", "picture": "toy zoo", "name": "elephant", "target": "elephant", "method": "uni"}


@pytest.mark.parametrize(
    ("network", "picture", "method", "given"),
    [
        ("zoo", START, "simple_gradient", {}),
        ("zoo", START, "uni", {"B": 30, "eps": 0.056, "mu": None, "goal": "uniform", "output": "logit"}),
        ("husky_wolf", Picture("husky or wolf", "husky", 3, snow=True), "lime", {"K": 2, "seed": 5}),
        ("digits", Picture("digit", number=9), "integrated_gradients", {"baseline": (0.5,)}),
        ("zoo", START, "integrated_gradients", {"baseline": (0.7333, 0.6353, 0.3647)}),
        ("zoo", Picture("photograph", "cat"), "grad_cam", {"layer": "blocks.1"}),
    ],
)
def test_a_pin_comes_back_as_it_was(network: str, picture: Picture, method: str, given: dict[str, Any]) -> None:
    about = subject.of(network, picture)
    about = replace(about, target=1)
    there = Pin.of(about, method, given)
    back = read(there.words)
    assert (back.method, back.given) == (method, there.given)
    assert (back.about.network, back.about.picture, back.about.target) == (about.network, picture, 1)
    assert torch.equal(back.about.opened.x, about.opened.x)


def test_a_picture_made_worse_comes_back() -> None:
    bad = corrupted(subject.of("zoo", START), "shot_noise", 3, 5)
    back = read(Pin.of(bad, "simple_gradient", {}).words)
    assert back.about.picture == bad.picture and torch.equal(back.about.opened.x, bad.opened.x)
    assert differing(back, Pin.of(subject.of("zoo", START), "simple_gradient", {})) == [
        ["made worse", "shot_noise 3 of 5, seed 5", "–"]
    ]


def test_only_what_is_unusual_stands_in_it() -> None:
    there = Pin.of(subject.of("zoo", START), "uni", {"B": 30, "eta": 1.0})
    assert there.words == "network=zoo&picture=toy+zoo&name=elephant&number=27&target=elephant&method=uni&B=30"


def test_its_map_is_that_of_explain() -> None:
    there = read(urlencode({**USUAL, "method": "integrated_gradients", "B": "3", "number": "27"}))
    x, target = there.about.opened.x, there.about.target
    expected = xai_core.explain(shipped.load("zoo"), x, target, "integrated_gradients", B=3)
    torch.testing.assert_close(there.explained().A, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"network": "nobody's"}, 'the network of pin must be one of zoo, .* more; got "nobody\'s"'),
        ({"method": "magic"}, "the method of pin must be one of simple_gradient, "),
        ({"picture": "toy"}, "the picture of pin must be one of toy zoo, "),
        ({"name": "unicorn"}, "the name of pin must be one of cat, "),
        ({"target": "unicorn"}, "the target of pin must be one of "),
        ({"number": "-1"}, "the number of pin must be a whole number from 0 to 1000000; got '-1'"),
        ({"picture": "upload", "fingerprint": "0" * 16}, "which a link cannot carry"),
        ({"corruption": "rain"}, "the corruption of pin must be one of "),
        ({"corruption": "shot_noise", "severity": "6"}, "the severity of pin must be a whole number from 0 to 5"),
        ({"B": "1e9"}, r"B \(Riemann steps along the path\) in pin must be a number from 1 to 300; got '1e9'"),
        ({"B": "nan"}, "must be a number from 1 to 300; got 'nan'"),
        ({"B": "2.5"}, "must be a whole number"),
        ({"B": "by rule"}, "must be a number from 1 to 300; got 'by rule'"),
        ({"rule": "wrong"}, "the rule of pin must be one of right, left, "),
        ({"output": "as you like"}, "the output of pin must be one of probability, logit"),
        ({"K": "3"}, "uni in pin takes output, B, T, .*; got 'K'"),
        ({"seed": "3"}, "uni in pin takes .*; got 'seed'"),
        ({"method": "integrated_gradients", "baseline": "2,0,0"}, "must be a word or a colour such as"),
        ({"method": "agi", "published": "True"}, "agi in pin takes .*; got 'published'"),
        ({"name": "x" * 2000}, "pin must be at most 1000 letters long; got 2"),
    ],
)
def test_what_is_no_setting_is_a_sentence(asked: dict[str, str], says: str) -> None:
    with pytest.raises((ValueError, TypeError), match=says):
        read(urlencode({**USUAL, **asked}))


def test_a_network_that_is_not_here_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pin.networks, "missing", lambda: {"resnet18": 1})
    with pytest.raises(ValueError, match="needs the network resnet18, which has to be downloaded first"):
        read(urlencode({**USUAL, "network": "resnet18"}))


@pytest.mark.parametrize("words", VALUES)
def test_what_is_no_pin_at_all_is_a_sentence(words: str) -> None:
    with pytest.raises(ValueError, match="pin"):
        read(words)


@settings(max_examples=60)
@generated(
    st.sampled_from([*USUAL, "B", "eps", "rule", "snow", "layer", "output"]),
    st.one_of(st.sampled_from(VALUES), st.text()),
)
def test_any_value_is_read_or_refused(name: str, word: str) -> None:
    try:
        found = read(urlencode({**USUAL, name: word}))
    except (ValueError, TypeError) as error:
        assert "pin" in str(error) or "must be" in str(error)
    else:
        assert read(found.words).words == found.words


def test_every_picture_that_can_be_chosen_has_names() -> None:
    assert {*pin.NAMES, "upload"} == set(pictures.kinds())
