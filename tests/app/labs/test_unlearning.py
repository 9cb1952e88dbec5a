"""The page Unlearning: its three choices and its experiments, each number compared with a direct call of xai_core."""

from collections.abc import Iterator
from functools import partial
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
import streamlit as st
import torch
from matplotlib.figure import Figure
from streamlit.testing.v1 import AppTest
from torch import Tensor

import xai_core
from app.labs.unlearning import compute
from app.shared import controls, networks, show
from app.shared.film import maps as film_maps
from app.shared.film import player
from app.shared.film.frames import Film, Slider
from app.shared.film.reel import reel
from app.shared.meter import measured
from app.shared.pictures import Picture, open_picture
from app.shared.stages import Question
from data.nets import networks as shipped
from tests.app.running import opened as opened_at
from tests.app.running import png, ran, unpacked
from xai_core import figures, integrated_gradients, make_score, trace, uni, uni_baseline
from xai_core.path.matching import budget, match_baseline
from xai_core.rankings import rank_correlation
from xai_core.symbols import Choice

DIGIT = {"network": "digits", "picture": "digit", "number": "3"}
USUAL = {"T": 10, "eps": None, "eta": 1.0, "mu": None, "weights": "all", "goal": "unlearned", "divergence": "kl",
         "subspace": "pixels"}  # fmt: skip


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    st.cache_resource.clear()
    st.cache_data.clear()
    yield


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Maps, captions and curves of the page, by where they stand: "maps" is the film at its present stop."""
    found = SimpleNamespace(maps={}, captions={}, curves={}, marks={})
    real_maps, real_curves, real_film = show.maps, figures.curves, film_maps.of_maps

    def of_maps(slider: Slider, about: tuple, image: Tensor, title: str, titles: Any, answer: Any, **how: Any) -> Film:
        now = answer(player.value(slider))
        found.maps["maps"], found.captions["maps"], found.now = now.maps, now.captions, now
        found.film = real_film(slider, about, image, title, titles, answer, **how)
        return found.film

    def maps(
        image: Tensor, attributions: dict, captions: dict, failures: dict, *, key: str = "maps", **how: Any
    ) -> None:
        found.maps[key], found.captions[key] = attributions, captions
        real_maps(image, attributions, captions, failures, key=key, **how)

    def curves(lines: dict, *, title: str = "", marks: Any = None, **how: Any) -> Figure:
        found.curves[title], found.marks[title] = lines, marks
        return real_curves(lines, title=title, marks=marks, **how)

    monkeypatch.setattr(show, "maps", maps)
    monkeypatch.setattr(film_maps, "of_maps", of_maps)
    monkeypatch.setattr(figures, "curves", curves)
    return found


opened = partial(opened_at, "labs/unlearning/page.py")


def said(at: AppTest) -> str:
    return "\n".join(element.value for element in [*at.markdown, *at.caption, *at.info])


def digit() -> tuple[xai_core.Score, Tensor]:
    """The score and the picture that DIGIT opens."""
    x = open_picture(Picture("digit", number=3), networks.describe("digits")).x
    return make_score(shipped.load("digits"), x, "predicted"), x


def judged(
    f: xai_core.Score, x: Tensor, B: int = 15, rule: str = "right", **options: Any
) -> tuple[float, float, float]:
    """F(x′), monotonicity and gap, directly."""
    start = uni_baseline(f, x, **options)
    path = trace(f, x, start)
    return float(f(start)), float(path.monotonicity(B)), float(path.gap(path.attribution(B, rule)))


# --- the four choices -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options", [{"weights": "last_layer"}, {"goal": "uniform"}, {"divergence": "total_variation"},
                {"subspace": "mask_7"}, {"weights": "last_layer", "divergence": "reverse_kl"}], ids=str,
)  # fmt: skip
def test_the_choices_reach_the_map(options: dict[str, str], drawn: SimpleNamespace) -> None:
    at = opened(**DIGIT, **options)
    assert not at.toast and all(at.selectbox(key=name).value == word for name, word in options.items())
    f, x = digit()
    torch.testing.assert_close(drawn.maps["maps"]["UNI"], uni(f, x, **options), rtol=1e-3, atol=1e-6)
    assert not torch.allclose(drawn.maps["maps"]["UNI"], uni(f, x), rtol=1e-2)


def test_what_stage_one_says() -> None:
    f, x = digit()
    c = int(f.target)

    def after(**options: str) -> list[str]:
        at = opened(**DIGIT, **options)
        table = next(m.value for m in at.markdown if m.value.startswith("| Stage"))
        return [cell.strip() for cell in table.splitlines()[2].strip("| ").split("|")]

    before = f"{float(f.outputs(x)[0, c]):.1%}"

    assert after() == ["1 · Unlearn: one step of length η = 1 up the loss",
                       f"{c}: {before} → {float(xai_core.answer_to_match(f, x)[0, c]):.1%}"]  # fmt: skip
    heading, value = after(weights="last_layer", eta="0.2")
    assert heading.endswith("η = 0.2 up the loss, of the last layer alone")
    assert value == f"{c}: {before} → {float(xai_core.answer_to_match(f, x, 0.2, 'last_layer')[0, c]):.1%}"
    heading, value = after(goal="uniform")
    assert heading == "1 · Goal: every class as likely as any other" and value == f"{c}: {before} → 10.0%"


def test_every_word_of_the_choices_is_explained() -> None:
    made = {c.name: c.declared for c in controls.controls() if isinstance(c.declared, Choice)}
    for name, meanings in controls.WORDS.items():
        assert tuple(meanings) == made[name].values
    at = opened(**DIGIT)
    assert all(f"**{word}**" in at.selectbox(key="divergence").help for word in compute.COMPARED["divergence"])


def test_the_distance_in_the_equation_is_the_one_in_use() -> None:
    usual, other = opened(**DIGIT), opened(**DIGIT, divergence="l2", goal="uniform")
    assert len(other.latex) == len(usual.latex) + 1
    masked = opened(**DIGIT, subspace="scales").latex
    assert len(masked) == len(usual.latex) + 1 and "U_s m_s" in masked[-1].value
    assert r"(p_j - q_j)^2" in other.latex[1].value and "classes" in other.latex[1].value


# --- nothing before it is asked for -----------------------------------------------------------------------------------


def test_no_experiment_without_a_wish(drawn: SimpleNamespace) -> None:
    at = opened(**DIGIT)
    assert at.button_group(key="experiment").value == "none"
    assert set(drawn.maps) == {"maps"} and set(drawn.curves) == {"3 · Score along the path"}
    assert "This experiment" not in said(at)


def test_an_experiment_is_computed_once(drawn: SimpleNamespace) -> None:
    at = opened(**DIGIT, experiment="divergence")
    # Each divergence: 10 gradients to match and 15 along the path, one forward at x′. The present one's x′ is there.
    assert "Just now: 90 gradients, 4 forwards" in said(at)
    first = drawn.maps["experiment"]
    again = opened(**DIGIT, experiment="divergence")
    assert "This experiment" not in said(again) and again.button_group(key="experiment").value == "divergence"
    assert all(torch.equal(A, first[name]) for name, A in drawn.maps["experiment"].items())
    at.button_group(key="experiment").set_value("none")
    drawn.maps.clear()
    ran(at)
    assert set(drawn.maps) == {"maps"}


# --- sweeps -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("letter", "name"), compute.SWEPT.items())
@pytest.mark.parametrize("given", [{}, {"B": "10", "rule": "midpoint", "goal": "uniform", "divergence": "l2"}], ids=str)
def test_a_sweep_is_what_xai_core_says(letter: str, name: str, given: dict[str, str], drawn: SimpleNamespace) -> None:
    at = opened(**DIGIT, experiment=letter, **given)
    f, x = digit()
    numbers = {"B": int(given.get("B", 15)), "rule": given.get("rule", "right")}
    options = {k: given[k] for k in ("goal", "divergence") if k in given}
    lines = {title: next(iter(drawn.curves[title].values())) for title in drawn.curves if ":" in title}
    assert [title.split(":")[0] for title in lines] == ["F(x′)", "Monotone", "Completeness gap"]
    values = lines["F(x′): should be low"][0]
    assert 7 <= len(values) <= 8 and values == sorted(values)
    for i in (0, 3, len(values) - 1):
        expected = judged(f, x, **numbers, **options, **{name: values[i]})
        assert [heights[i] for _, heights in lines.values()] == pytest.approx(expected, rel=1e-3, abs=1e-5)
    for (title, (xs, ys)), now in zip(lines.items(), judged(f, x, **numbers, **options), strict=True):
        ((present, height),) = drawn.marks[title].values()
        assert height == pytest.approx(now, rel=1e-3, abs=1e-5) and ys[xs.index(present)] == height
    assert ("neither η nor the weights play a part" in said(at)) == (letter == "η" and "goal" in given)


def test_the_present_value_is_among_those_tried() -> None:
    f, x = digit()
    q = Question(networks.describe("digits"), Picture("digit", number=3), int(f.target), "probability", x)
    usual = USUAL
    assert compute.present(q, usual, "eps") == pytest.approx(
        float(budget(f, x, xai_core.answer_to_match(f, x))), rel=1e-5
    )
    mu = compute.present(q, usual, "mu")
    by_rule = match_baseline(f, x, xai_core.answer_to_match(f, x))
    torch.testing.assert_close(uni_baseline(f, x, mu=mu), by_rule, rtol=1e-4, atol=1e-5)
    assert list(compute.sweep(q, usual, "T")) == [1, 2, 3, 5, 10, 20, 50]
    assert list(compute.sweep(q, USUAL | {"T": 7}, "T")) == [1, 2, 3, 5, 7, 10, 20, 50]
    assert list(compute.sweep(q, USUAL | {"eta": 0.35}, "eta")) == [
        0.05, 0.1, 0.2, 0.35, 0.5, 1.0, 2.0, 5.0,
    ]  # fmt: skip
    tried = compute.sweep(q, USUAL | {"eps": 0.123}, "eps")
    rule = compute.present(q, usual, "eps")
    assert len(tried) == 8 and 0.123 in tried and rule in tried and max(tried) == pytest.approx(8 * rule, rel=0.05)
    assert all(how == USUAL | {"eps": value} for value, how in tried.items())
    with measured() as cost:
        compute.sweep(q, usual, "mu")
    assert cost.passes == 0  # the rule's μ is kept


# --- choices side by side ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", compute.COMPARED)
def test_choices_are_what_xai_core_says(name: str, drawn: SimpleNamespace) -> None:
    opened(**DIGIT, experiment=name, eta="0.5")
    f, x = digit()
    now = uni(f, x, eta=0.5)
    words = compute.COMPARED[name]
    shown = drawn.maps["experiment"]
    assert list(shown) == [f"{words[0]} (now)", *words[1:]]
    for word, (title, A) in zip(words, shown.items(), strict=True):
        options = {"eta": 0.5, name: word}
        expected = uni(f, x, **options)
        torch.testing.assert_close(A, expected, rtol=1e-3, atol=1e-6)
        score, monotone, gap = judged(f, x, **options)
        caption = drawn.captions["experiment"][title]
        assert f"monotone {monotone:.2f}" in caption
        assert number_after(caption, "F(x′) = ") == pytest.approx(score, rel=6e-3)
        assert number_after(caption, "gap ") == pytest.approx(gap, abs=6e-4)
        assert number_after(caption, "ρ = ") == pytest.approx(float(rank_correlation(expected, now)), abs=6e-3)
    assert "ρ = 1.00" in drawn.captions["experiment"][f"{words[0]} (now)"]


def number_after(text: str, words: str) -> float:
    return float(text.split(words)[1].split()[0].strip(","))


def test_with_a_uniform_goal_the_weights_play_no_part(drawn: SimpleNamespace) -> None:
    at = opened(**DIGIT, experiment="weights", goal="uniform")
    all_, last = drawn.maps["experiment"].values()
    assert torch.equal(all_, last) and "neither η nor the weights play a part" in said(at)


# --- stability --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", ["right", "trapezoid"])
def test_stability_is_that_of_xai_core(rule: str, drawn: SimpleNamespace) -> None:
    at = opened(**DIGIT, experiment="B", rule=rule)
    f, x = digit()
    few = (1, 15, 30) if rule == "right" else (2, 15, 30)
    methods = {"uni": lambda B: uni(f, x, B, rule=rule), "integrated_gradients": lambda B: integrated_gradients(
        f, x, "black", B, rule)}  # fmt: skip
    for method, attribute in methods.items():
        expected = xai_core.stability(attribute, few)
        shown, captions = drawn.maps[f"stability_{method}"], drawn.captions[f"stability_{method}"]
        assert list(shown) == [f"B = {B}" for B in (*few, 300)]
        for B, A in expected.maps.items():
            torch.testing.assert_close(shown[f"B = {B}"], A, rtol=1e-3, atol=1e-5)
        for B, ρ in expected.correlation.items():
            assert number_after(captions[f"B = {B}"], "ρ = ") == pytest.approx(float(ρ), abs=2e-3)
    if rule == "right":  # 15 of each path were there, and 1, 15, 30 are among the 300
        assert "Just now: 570 gradients" in said(at)


# --- any picture ------------------------------------------------------------------------------------------------------


def test_an_upload_is_experimented_on(drawn: SimpleNamespace) -> None:
    at = opened(picture="upload", experiment="goal")
    at.file_uploader[0].upload("mine.png", png(), "image/png")
    ran(at)
    mine = drawn.maps["experiment"]["uniform"]
    name = "zoo"
    x = open_picture(Picture("upload", "mine.png"), networks.describe(name), png()).x
    f = make_score(shipped.load(name), x, "predicted")
    torch.testing.assert_close(mine, uni(f, x, goal="uniform"), rtol=1e-3, atol=1e-5)


def test_a_photograph_on_a_pretrained_network(real_squeezenet: Any, drawn: SimpleNamespace) -> None:
    opened(network="squeezenet1_1", picture="photograph", photo="cat", experiment="weights", B="5", T="3")
    x = open_picture(Picture("photograph", "cat"), networks.describe("squeezenet1_1")).x
    f = make_score(real_squeezenet, x, "predicted")
    for title, A in drawn.maps["experiment"].items():
        expected = uni(f, x, 5, 3, weights=title.removesuffix(" (now)"))
        torch.testing.assert_close(A, expected, rtol=1e-2, atol=1e-5)


def test_an_answer_that_is_reached_already_is_no_error(drawn: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where C has no slope x′ stays at x: a map of zeros, and no rank correlation."""
    monkeypatch.setattr(import_module("xai_core.path.uni"), "match_baseline", lambda f, x, *_: x)
    at = opened(**DIGIT, experiment="weights")
    assert not at.error and not any(A.any() for A in drawn.maps["experiment"].values())
    assert all("monotone none" in words and "ρ = none" in words for words in drawn.captions["experiment"].values())
    at.button_group(key="experiment").set_value("ε")
    ran(at)
    assert not at.error


@pytest.mark.parametrize("query", [{"experiment": "all"}, {"experiment": ""}, {"divergence": "js"}], ids=str)
def test_bad_links(query: dict[str, str], drawn: SimpleNamespace) -> None:
    at = opened(**DIGIT, **query)
    assert not at.error and at.button_group(key="experiment").value in ("none", None) and set(drawn.maps) == {"maps"}


def test_the_experiment_is_in_the_link() -> None:
    at = opened(**DIGIT, experiment="η", goal="uniform")
    assert any("experiment=%CE%B7" in c.value and "goal=uniform" in c.value for c in at.code)


@pytest.mark.parametrize("moved", ["ε", "B"])
def test_a_frame_is_what_uni_says_at_this_stop(drawn: SimpleNamespace, moved: str) -> None:
    opened(**DIGIT, moved=moved, B="5", eps="0.5")
    f, x = digit()
    stops, key = [stop.text for stop in drawn.film.slider.stops], {"ε": "eps", "B": "B"}[moved]
    assert drawn.film.slider.key == key and drawn.film.slider.stops[drawn.film.slider.usual].text in ("by rule", "15")
    for text in {"ε": ("by rule", "0.1", "2"), "B": ("1", "30")}[moved]:
        asked = {"eps": 0.5, "B": 5} | {key: None if text == "by rule" else float(text) if key == "eps" else int(text)}
        B = asked.pop("B")
        head, (_, start, _, map_, _) = unpacked(reel(drawn.film.id).expose(drawn.film, stops.index(text)))
        matched = uni_baseline(f, x, **asked)
        A = trace(f, x, matched).attribution(B)
        share, top = figures.pixel_map(A) / float(A.sum(1).abs().sum()), drawn.film.scales()[0].top
        assert map_ == pytest.approx((share / top * 127).clip(-127, 127), abs=0.7)
        assert start == pytest.approx(figures.pixels(matched), abs=0.51 / 255)
        assert float(head["number"]) == pytest.approx(f(matched).item(), rel=2e-2, abs=1e-4)
