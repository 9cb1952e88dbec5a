"""The page Domains, retina and satellite: its numbers against direct calls, guesses, links, bad input."""

from collections.abc import Iterator
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
from app.labs.baselines import compute
from app.labs.domains import compute as domains_pictures
from app.labs.domains import retina as domains_retina
from app.labs.domains import views
from app.labs.domains.compute import BLURRED
from app.labs.scoreboard import compute as scoreboard
from app.shared import networks, show, subject
from app.shared.pictures import Picture, open_picture
from app.shared.shares import interval
from data.drawn import retina, satellite
from data.nets import networks as shipped
from tests.app.running import metrics
from tests.app.running import opened as opened_at
from xai_core.evaluate import ground_truth

FAST = ["Simple gradient", "Integrated Gradients"]
opened = partial(opened_at, "labs/domains/page.py")


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    st.cache_resource.clear()
    st.cache_data.clear()
    yield


@pytest.fixture
def panels(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the page drew, by where it stands."""
    drawn: dict[str, Any] = {}
    real = show.pictures

    def pictures(panels: dict, key: str, **how: Any) -> None:
        drawn[key] = panels
        real(panels, key, **how)

    monkeypatch.setattr(show, "pictures", pictures)
    return drawn


def text(at: AppTest) -> str:
    return "\n".join(e.value for e in (*at.markdown, *at.caption, *at.info))


def test_a_map_is_judged_by_the_lesions_once_someone_has_guessed(panels: dict[str, Any]) -> None:
    at = opened(eye="1", method=FAST)
    assert "Make your guess" in text(at) and all(words == "" for _, words in list(panels["domain"].values())[1:])
    assert "microaneurysms 5, haemorrhages 2, clusters of hard exudates 1" in text(at)
    at = opened(eye="1", method=FAST, guess_eye="the lesions")
    eye, network = retina.draw("moderate", 1), shipped.load("retina")
    A = xai_core.explain(network, eye.image[None], "predicted", "integrated_gradients")
    strength = A[0].sum(0).abs()
    expected = float(strength[eye.lesion].sum() / strength.sum())
    assert panels["domain"]["Integrated Gradients"][1].startswith(f"{expected:.0%} of")
    A_first = xai_core.explain(network, eye.image[None], "predicted", "simple_gradient")[0].sum(0).abs()
    area = float(eye.lesion.float().mean())
    assert metrics(at) == {
        f"of Σ|A| lie on the lesions, {area:.1%} of the pixels, by Simple gradient":
        f"{float(A_first[eye.lesion].sum() / A_first.sum()):.0%}"
    }  # fmt: skip
    hit = ground_truth(A, eye.lesion).pointing.item()
    row = next(line for e in at.markdown for line in e.value.splitlines() if "the best pixel" in line)
    assert row.split("|")[-2].strip() == ("yes" if hit else "no")


def test_outlines_lie_around_the_lesions_and_can_be_taken_away(panels: dict[str, Any]) -> None:
    opened(eye="1", method=FAST)
    with_lines = next(iter(panels["domain"].values()))[0]
    opened(eye="1", method=FAST, outline="false")
    without = next(iter(panels["domain"].values()))[0]
    changed = torch.from_numpy((with_lines != without).any(2))
    lesion = retina.draw("moderate", 1, size=views.SIDE).lesion
    around = torch.nn.functional.max_pool2d(lesion[None, None].float(), 3, 1, 1)[0, 0] > 0
    assert changed.any() and not (changed & lesion).float().sum() > 0.1 * changed.sum()
    assert not (changed & ~around).any()


def test_baselines_take_away_what_the_table_says() -> None:
    about = subject.of("retina", Picture("retina", "moderate", 1))
    eye, healthy = retina.draw("moderate", 1), retina.draw("none", 1).image[None]
    starts = domains_pictures.starts(about.question("probability"), eye.lesion, healthy)
    assert list(starts) == ["UNI", "black", "blurred", "without"]
    assert starts["without"].taken == pytest.approx(1) and starts["without"].says == "none"
    x = eye.image[None]
    amount = x.sum(1)[0]
    assert starts["black"].taken == pytest.approx(float(amount[eye.lesion].sum() / amount.sum()), rel=1e-5)
    assert starts["black"].away == pytest.approx(255 * float(x.square().mean().sqrt()), rel=1e-5)
    f = xai_core.make_score(shipped.load("retina"), x, about.target)
    torch.testing.assert_close(starts["UNI"].x, xai_core.uni_baseline(f, x))
    assert starts["UNI"].score == pytest.approx(f(starts["UNI"].x).item(), abs=1e-5)


def test_without_its_lesions_the_page_says_what_rule_and_network_say() -> None:
    at = opened(eye="1", method="Simple gradient", tab="Remove the lesions")
    table = next(e.value for e in at.markdown if "| the network says |" in e.value)
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines()]
    network = shipped.load("retina")
    for kind in retina.LESIONS:
        eye = retina.draw("moderate", 1, without=[kind])
        p = network(eye.image[None]).softmax(1)[0]
        says = [f"without {kind}", eye.name, retina.GRADES[int(p.argmax())], f"{float(p[2]):.0%}"]
        assert says in rows
    assert ["without any lesion", "none", "none"] in [row[:3] for row in rows]


def test_a_healthy_eye_has_nothing_to_point_at_and_the_page_goes_on() -> None:
    for tab in ("Judge", "UNI's baseline", "Remove the lesions"):
        at = opened(grade="none", method=FAST, guess_eye="the lesions", tab=tab)
        assert "A healthy eye has no lesion to point at" in text(at)
        assert not any("baseline x′" in e.value or "by the rule |" in e.value for e in at.markdown)
        assert "This setting as a link" in [e.label for e in at.expander]
        assert metrics(at) == {"of the pixels show the lesions, which alone decide": "0.0%"}


def test_the_real_photograph_is_not_to_be_believed() -> None:
    at = opened(method="Simple gradient", tab="A real eye")
    described = networks.describe("retina")
    x = open_picture(Picture("photograph", "retina"), described).x
    p = shipped.load("retina")(x).softmax(1)[0]
    assert f"**{retina.GRADES[int(p.argmax())]}, {float(p.max()):.0%}**" in text(at)
    assert "Do not believe it" in text(at)


def test_means_over_fresh_eyes(monkeypatch: pytest.MonkeyPatch) -> None:
    few = {"Simple gradient": ("simple_gradient", {}), BLURRED: domains_pictures.COMPARED[BLURRED]}
    for module in (views, domains_pictures):
        monkeypatch.setattr(module, "COMPARED", few)
    at = opened(method="Simple gradient", fresh="true", tab="Many eyes")
    table = next(e.value for e in at.markdown if "pointing game" in e.value)
    x, mask = domains_pictures.drawn("retina", 12, domains_retina.fresh)
    assert torch.equal(x[4], retina.draw("moderate", retina.eye_seed(1_000_000, 4)).image)
    A = xai_core.explain(shipped.load("retina"), x, "predicted", "simple_gradient")
    inside = ground_truth(A, mask).inside.double().numpy()
    low, high = scipy.stats.t.interval(0.95, 11, inside.mean(), scipy.stats.sem(inside))
    assert f"| Simple gradient | {inside.mean():.2f} | {low:.2f} to {high:.2f} |" in table
    how = {"method": "integrated_gradients", "baseline": "blurred"}
    A = xai_core.explain(shipped.load("retina"), x, "predicted", **how)
    assert f"| {BLURRED} | {ground_truth(A, mask).inside.nanmean():.2f} |" in table


def test_an_interval_by_hand() -> None:
    mean, low, high = interval(torch.tensor([1.0, 2.0, 3.0, float("nan")]))
    assert mean == 2 and high - mean == pytest.approx(4.302653 / 3**0.5, rel=1e-5) and low == pytest.approx(4 - high)
    assert interval(torch.ones(5)) == (1, 1, 1)
    assert np.isnan(interval(torch.tensor([float("nan")]))[0])


def test_a_scene_from_above_and_its_turns(panels: dict[str, Any]) -> None:
    at = opened(domain="satellite", place="harbour", scene="3", method=FAST, guess_scene="the object")
    scene, network = satellite.draw("harbour", 3), shipped.load("satellite")
    A = xai_core.explain(network, scene.image[None], "predicted", "simple_gradient")[0].sum(0)
    share = float(A.abs()[scene.thing].sum() / A.abs().sum())
    assert panels["domain"]["Simple gradient"][1].startswith(f"{share:.0%} of")
    turned = torch.rot90(scene.image, -1, (1, 2))[None]
    back = torch.rot90(xai_core.explain(network, turned, 1, "simple_gradient").sum(1), 1, (1, 2))
    opened(domain="satellite", place="harbour", scene="3", method=FAST, tab="Turn the scene")
    ρ = xai_core.rank_correlation(back[:, None], A[None, None]).item()
    assert panels["turned"]["turned by 90°"][1] == f"turned back: ρ = {ρ:.2f}"
    assert panels["turned"]["turned by 0°"][1] == "turned back: ρ = 1.00"
    assert at.success[0].value.startswith("You guessed the object, ")
    assert at.success[0].value.endswith("That is what decides.") and "By construction only the harbour" in text(at)


def test_no_method_and_odd_links_are_no_crash() -> None:
    for domain in ("retina", "satellite"):
        at = opened(domain=domain, method=[], grade="terrible", place="moon", eye="-4", scene="x")
        assert "This setting as a link" in [e.label for e in at.expander]


# --- the other pages --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("picture", [Picture("retina", "severe", 2), Picture("satellite", "airport", 2)])
def test_every_page_knows_what_decides(picture: Picture) -> None:
    network = networks.describe(picture.kind)
    shown = open_picture(picture, network)
    assert torch.stack(list(shown.parts.values())).sum(0).eq(1).all(), "every pixel is in one part"
    known = scoreboard.masks(shown)
    namespace: dict[str, Any] = {"retina": retina, "satellite": satellite}
    exec("\n".join(shown.python), namespace)
    torch.testing.assert_close(namespace["x"], shown.x)
    about = SimpleNamespace(opened=shown, picture=picture)
    if picture.kind == "retina":
        eye = retina.draw("severe", 2)
        assert torch.equal(known["the lesions"], eye.lesion) and torch.equal(known["the eye"], eye.field)
        assert compute.region(about).name == "the eye" and "lesions decide" in shown.truth
        assert torch.equal(domains_pictures.known(shown), eye.lesion)
    else:
        scene = satellite.draw("airport", 2)
        assert list(known) == ["the airport"] and torch.equal(known["the airport"], scene.thing)
        assert compute.region(about).name == "the airport" and "only the airport decides" in shown.truth


def test_the_network_brings_its_own_pictures_to_every_page() -> None:
    at = opened_at(
        "labs/explain/page.py", network="retina", method="Simple gradient", grade="severe", picture="retina", number="4"
    )
    assert "eye no. 4, severe" in text(at)
    at.selectbox(key="network").set_value("satellite").run()
    assert at.selectbox(key="picture").value == "satellite" and not at.exception
    assert at.selectbox(key="target").value == subject.PREDICTED
