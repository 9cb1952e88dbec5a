"""The page Trust: what the class sees before it answers, what is explained, and the numbers of the proof."""

from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import scipy.stats
import streamlit as st
import torch
from streamlit.testing.v1 import AppTest

import xai_core
from app.labs.trust import compute
from app.shared import huskies, show, take_away
from app.shared.huskies import CONDITIONS, Twins
from app.shared.meter import measured
from app.shared.shares import Share
from data.drawn import zoo
from data.nets import networks
from data.training import fitting
from tests.app.running import metrics, ran
from tests.app.running import opened as opened_at
from xai_core import catalogue, figures

PAGE = "labs/trust/page.py"
QUICK = {"trust": "no", "reveal": "true", "scenes": "4", "N_lime_trust": "30"}
IG = {**catalogue()["integrated_gradients"].defaults, "B": 4}
LIME = {**catalogue()["lime"].defaults, "N": 40}


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is left in the caches, so that passes can be counted; fewer animals, so that it is quick."""
    st.cache_resource.clear()
    st.cache_data.clear()
    monkeypatch.setattr(huskies, "ANIMALS", 8)


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """What the page last drew and offered, as values instead of pixels."""
    drawn = SimpleNamespace(panels={}, offered=None)
    real_pictures, real_offer = show.pictures, take_away.offer

    def pictures(panels: dict, key: str, **how: Any) -> None:
        drawn.panels[key] = panels
        real_pictures(panels, key, **how)

    def offer(*given: Any) -> None:
        drawn.offered = given
        real_offer(*given)

    monkeypatch.setattr(show, "pictures", pictures)
    monkeypatch.setattr(take_away, "offer", offer)
    return drawn


opened = partial(opened_at, PAGE)


def text(at: AppTest) -> str:
    return "\n".join(e.value for e in (*at.markdown, *at.caption, *at.code))


def table(at: AppTest, head: str) -> dict[str, list[str]]:
    """The rows of the table that begins so."""
    lines = next(m.value for m in at.markdown if m.value.startswith(head)).splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]
    return {row[0]: row[1:] for row in rows}


# --- before the class has answered ------------------------------------------------------------------------------------


def test_the_ten_follow_the_rule() -> None:
    """Five of each; snow lies as in training but for the third husky and the third wolf."""
    ten = compute.ten()
    for name in zoo.HUSKY_WOLF:
        snow = [p.snow for p in ten if p.name == name]
        assert snow == [(name == "wolf") != (i == 2) for i in range(5)]
    assert [p.name for p in ten] == zoo.batch_labels(10, fitting.FRESH, zoo.HUSKY_WOLF)
    wrong = [i for i, p in enumerate(compute.predictions()) if not compute.is_right(p)]
    assert wrong == [i for i, p in enumerate(ten) if p.snow == (p.name == "husky")] and len(wrong) == 2


def test_nothing_is_given_away_before_an_answer(seen: SimpleNamespace) -> None:
    at = opened(reveal="true", proof="true")  # a link that forgot to answer
    assert "**100%**" in text(at) and "8 of them right" in text(at)
    assert at.toggle(key="reveal").disabled
    assert set(seen.panels) == {"ten"} and seen.offered is None
    said = [words for _, words in seen.panels["ten"].values()]
    assert "snow" not in text(at) and not any("snow" in words for words in said)
    assert sum(words.endswith(": wrong") for words in said) == 2
    assert metrics(at) == {"of its answers on 8 fresh pictures are right": "100%"}


def test_answers_stay_and_open_the_explanations(seen: SimpleNamespace) -> None:
    at = opened(trust_why="it is nearly always right", trust_how="the ears", by="Grad-CAM")
    at.pills(key="trust").set_value("yes")
    ran(at)
    at.toggle(key="reveal").set_value(True)
    ran(at)
    assert at.text_input(key="trust_why").value == "it is nearly always right"
    assert at.text_input(key="trust_how").value == "the ears"
    assert list(seen.panels["kept"]) == list(seen.panels["ten"])
    assert "proof" not in text(at) and "twins" not in seen.panels


# --- what is seen of the ten ------------------------------------------------------------------------------------------


def test_kept_superpixels_by_hand() -> None:
    x = torch.arange(12.0).view(1, 3, 2, 2) / 12
    segments = torch.tensor([[0, 1], [2, 3]])
    shown = compute.kept(x, torch.tensor([0.2, -0.9, 0.5, 0.0]), segments, K=3)
    assert torch.equal(shown[..., 0, 0], x[..., 0, 0]) and torch.equal(shown[..., 1, 0], x[..., 1, 0])
    assert (shown[..., 0, 1] == 0.5).all() and (shown[..., 1, 1] == 0.5).all()  # against, and nothing
    assert (compute.kept(x, torch.tensor([0.2, -0.9, 0.5, 0.0]), segments, K=1)[..., 0, 0] == 0.5).all()
    A = torch.tensor([[[[1.0, 2.0], [3.0, 4.0]], [[0.5, 0.0], [-3.0, 1.0]]]])
    assert compute.by_superpixel(A, torch.tensor([[0, 0], [1, 2]])).tolist() == [3.5, 0.0, 5.0]


def test_the_pictures_show_the_map_on_the_page(seen: SimpleNamespace) -> None:
    """LIME's superpixels for the prediction, from nothing but the core."""
    opened(**QUICK, K="3", which="2")
    about, maps, given, _ = seen.offered
    x = about.opened.x
    assert about.picture == compute.ten()[1] and given["lime"]["N"] == 30
    f = xai_core.make_score(networks.load("husky_wolf"), x, "predicted")
    near = xai_core.neighbourhood(f, x, 30)
    painted = near.paint(xai_core.k_lasso(near, 3).weights)
    torch.testing.assert_close(maps["lime"].A.sum(1)[0], painted.float(), rtol=1e-4, atol=1e-6)
    expected = figures.pixels(torch.where(painted > 0, x, 0.5))
    above, below = np.split(list(seen.panels["kept"].values())[1][0], [64])
    np.testing.assert_allclose(above, figures.pixels(x))
    np.testing.assert_allclose(below[-64:], expected)


# --- the proof --------------------------------------------------------------------------------------------------------


def test_accuracy_by_hand() -> None:
    t = Twins(
        torch.tensor([True, True, False, False]), torch.tensor([0.9, 0.8, 0.7, 0.2]), torch.tensor([0.1, 0.6, 0.3, 0.1])
    )
    found = {words: t.accuracy(where(t.wolf)) for words, where in CONDITIONS.items()}
    assert list(found.values()) == [1.0, 0.5, 0.75, 0.75]
    assert t.flipped == 2


def test_the_network_is_a_snow_detector() -> None:
    t = huskies.twins(False)
    assert [t.accuracy(where(t.wolf)) for where in CONDITIONS.values()] == [1.0, 0.0, 0.5, 0.5]
    assert t.flipped == huskies.ANIMALS == 8
    name = zoo.batch_labels(1, fitting.FRESH, zoo.HUSKY_WOLF)[0]
    one = zoo.draw_husky_wolf(name, zoo.scene_seed(fitting.FRESH, 0), snow=True).image[None]
    p = xai_core.make_score(networks.load("husky_wolf"), one, huskies.WOLF)(one)
    assert float(t.on_snow[0]) == pytest.approx(float(p), abs=1e-5)


def test_scenes_balance_class_and_snow() -> None:
    many = huskies.scenes(8)
    names = zoo.batch_labels(8, fitting.FRESH, zoo.HUSKY_WOLF)
    snowy = many.parts["the snow"].flatten(1).any(1).tolist()
    assert sorted(zip(names, snowy, strict=True)) == sorted(
        [("husky", False), ("husky", True), ("wolf", False), ("wolf", True)] * 2
    )
    assert not (many.parts["its deciding part"] & ~many.parts["the animal"]).any()
    assert (many.parts["the background"] ^ many.parts["the animal"]).all()


def test_shares_are_those_of_the_core() -> None:
    found = compute.proof(False, "integrated_gradients", IG, 4)
    many = huskies.scenes(4)
    strength = (
        xai_core.explain(networks.load("husky_wolf"), many.x, "predicted", "integrated_gradients", B=4).sum(1).abs()
    )
    for part, mask in many.parts.items():
        there = mask.flatten(1).any(1)
        share = ((strength * mask).sum((1, 2)) / strength.sum((1, 2)))[there]
        area = mask.float().mean((1, 2))[there]
        np.testing.assert_allclose(found[part].fair, share / area, rtol=1e-4)
        assert found[part].share == pytest.approx(float(share.mean()), rel=1e-4)
        assert found[part].area == pytest.approx(float(area.mean()), rel=1e-4)
    assert len(found["the snow"].fair) == 2  # of four scenes


def test_the_interval_is_students() -> None:
    mean, low, high = Share(0.5, 0.5, np.array([1.0, 2.0, 3.0, 6.0])).interval
    half = scipy.stats.t.ppf(0.975, 3) * np.std([1, 2, 3, 6], ddof=1) / 2
    assert (mean, low, high) == pytest.approx((3, 3 - half, 3 + half))
    assert Share(0.5, 0.5, np.array([2.0])).interval == (2.0, 2.0, 2.0)


def test_another_k_asks_nothing_and_more_scenes_only_the_new_ones() -> None:
    with measured() as cost:
        compute.proof(False, "lime", LIME, 4)
    first = cost.forwards
    with measured() as cost:
        again = compute.proof(False, "lime", {**LIME, "K": 2, "sigma": 0.5}, 4)
    assert cost.passes == 0 and first >= 4 * 40
    with measured() as cost:
        compute.proof(False, "lime", LIME, 8)
    assert cost.forwards == first  # four new scenes
    x = huskies.scenes(4).x
    A = xai_core.explain(networks.load("husky_wolf"), x, "predicted", "lime", N=40, K=2, sigma=0.5)
    expected = xai_core.share(A, huskies.scenes(4).parts["the background"], torch.ones(64, 64, dtype=torch.bool))
    np.testing.assert_allclose(again["the background"].fair, expected, rtol=1e-4)


def test_the_verdict_says_what_the_interval_allows() -> None:
    assert "**do** point away" in compute.verdict("LIME", (1.2, 1.1, 1.3))
    assert "**at the animal**" in compute.verdict("LIME", (0.6, 0.5, 0.7))
    assert "**nobody could tell**" in compute.verdict("LIME", (1.1, 0.9, 1.3))
    told = compute.verdict("LIME", (1.1, 0.9, 1.3), (0.4, 0.2, 0.6))
    assert "0.40 (0.20 to 0.60)" in told and "gives it away" in told
    assert "No clear difference" in compute.verdict("LIME", (1.1, 0.9, 1.3), (0.9, 0.7, 1.1))


def test_the_fair_network_learns_from_snow_that_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(huskies, "FAIR_SCENES", 32)
    monkeypatch.setattr(huskies, "FAIR_EPOCHS", 1)
    real = zoo.husky_wolf

    def drawn(n: int, seed: int, *, snow: str) -> Any:
        asked.append((n, seed, snow))
        return real(n, seed, snow=snow)

    monkeypatch.setattr(zoo, "husky_wolf", drawn)
    state = torch.get_rng_state()
    first = huskies.network(fair=True)
    assert asked == [(32, fitting.TRAINING, "independent")]
    assert torch.equal(torch.get_rng_state(), state)  # nobody else's random numbers change
    st.cache_resource.clear()
    again = huskies.network(fair=True)
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), again.parameters(), strict=True))
    assert not first.training and not any(p.requires_grad for p in first.parameters())


def test_the_proof_on_the_page(seen: SimpleNamespace) -> None:
    at = opened(**QUICK, proof="true", by="Integrated Gradients", B="4", which="6", tab="The proof")
    assert [row[0] for row in table(at, "| where the snow lies").values()] == ["100%", "0%", "50%", "50%"]
    shares = table(at, "|  | area")
    expected = compute.proof(False, "integrated_gradients", IG, 4)
    assert list(shares) == list(expected)
    for part, row in shares.items():
        assert float(row[2]) == pytest.approx(expected[part].interval[0], abs=0.006)
        assert row[0] == f"{expected[part].area:.0%}"
    (on, there), (off, bare) = seen.panels["twins"].values()
    assert float(there.split("= ")[1]) > 0.9 and float(bare.split("= ")[1]) < 0.1 and not np.array_equal(on, off)
    assert "of 27 graduate students" in text(at) and "| trusted the bad network | 10 | 3 |" in text(at)
    assert at.success[0].value.startswith("Integrated Gradients gives the background")
    assert metrics(at) == {"of its answers are right with the snow swapped, under the huskies": "0%"}


def test_what_cannot_be_is_said(seen: SimpleNamespace) -> None:
    at = opened(trust="perhaps", reveal="maybe", by="magic", which="99")
    assert not at.exception and at.pills(key="trust").value is None
    at = opened(**QUICK, K="30", segments="quickshift", N_lime="junk")
    if at.error:
        assert "K must be at most the number of features" in at.error[0].value


def test_intervals_are_drawn_where_they_are() -> None:
    fig = figures.intervals(
        {"a": {"up": (1.0, 0.5, 2.0), "down": (3.0, 3.0, 3.5)}, "b": {"down": (2.0, 1.0, 2.5)}}, x="x", reference=1.0
    )
    ax = fig.axes[0]
    assert [t.get_text() for t in ax.get_yticklabels()] == ["up", "down"] and ax.yaxis_inverted()
    first, second = ax.containers
    assert first[0].get_xdata().tolist() == [1.0, 3.0] and second[0].get_xdata().tolist() == [2.0]
    ends = [segment[:, 0].tolist() for segment in first[2][0].get_segments()]
    assert ends == [[0.5, 2.0], [3.0, 3.5]]
    assert first[0].get_ydata()[1] < second[0].get_ydata()[0]  # beside each other, in one row
