"""The page Explain: what a slider computes, what bad input does, what is told, what one takes away."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

import xai_core
from app.shared import stages
from app.shared.film import player
from app.shared.film.frames import Film
from app.shared.film.reel import reel
from data.nets import networks as shipped
from tests.app.running import costs, hand, opened, png, ran, the_script_makes_the_same, unpacked
from xai_core import catalogue, figures

pytestmark = pytest.mark.usefixtures("fresh")

FEW = {"N_lime": "50"}  # masks for LIME: as good as 1000 where only the bookkeeping is looked at
PATHS = {"method": ["Integrated Gradients", "UNI"]}


# --- what a slider computes -------------------------------------------------------------------------------------------


def test_the_first_page_explains_a_prediction(seen: SimpleNamespace) -> None:
    at = opened(**FEW)
    assert set(seen.maps) == {"Simple gradient", "Integrated Gradients", "UNI", "LIME"}
    assert not seen.failures and not at.error and not at.warning
    assert all(A.shape == seen.image.shape and A.any() for A in seen.maps.values())
    spent = costs(at)
    assert spent["Simple gradient"].startswith("1 gradient,")
    assert "15 gradients, 1 forward" in spent["Integrated Gradients"]
    assert "50 forwards" in spent["LIME"] and "local R²" in seen.captions["LIME"]


def test_what_is_quick_is_shown_before_the_network_is_asked_about_copies(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[Film] = []
    head = player.head
    monkeypatch.setattr(player, "head", lambda film, *given: (shown.append(film), head(film, *given))[1])
    monkeypatch.setattr(stages, "_copies", {})
    at = opened(**FEW)
    quick, whole = shown
    assert quick.ahead == 0 and quick.id != whole.id
    said = [[panel.what for panel in film.frame(14).shown if isinstance(panel.what, str)] for film in shown]
    assert said == [["", "computing …"], [""]] and "50 forwards" in costs(at)["LIME"]
    hand(at, K="3")  # the copies are known: nothing is put off
    assert len(shown) == 3 and shown[2].ahead


def test_a_page_runs_only_once_more_for_what_is_never_there(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(stages, "dear", lambda q, method, given: asked.append(method) or True)
    at = opened(method=["Simple gradient"])
    assert asked == ["simple_gradient"] and not at.error


def test_every_path_method_shows_its_gap(seen: SimpleNamespace) -> None:
    """The number is that of the map on the page, and the map is that of explain."""
    names = [m.name for m in catalogue().values() if m.family == "path"]
    small = {"B_guided_ig": "20", "B_blur_ig": "20", "K_agi": "3", "T_agi": "5"}
    for some in (names[i : i + 3] for i in range(0, len(names), 3)):
        opened(method=[catalogue()[n].title for n in some], **small)
        about, found, given, _ = seen.offered
        for name in some:
            assert f"gap {found[name].gap:.3f} of {found[name].change:+.3f}" in seen.captions[catalogue()[name].title]
            expected = xai_core.explain(shipped.load("zoo"), about.opened.x, about.target, name, **given[name])
            torch.testing.assert_close(found[name].A, expected, rtol=1e-3, atol=1e-5)
            assert float(found[name].A.sum()) == pytest.approx(found[name].change, abs=found[name].gap + 1e-4)


def test_maps_are_those_of_explain(seen: SimpleNamespace) -> None:
    opened(**FEW)
    subject_, found, given, _ = seen.offered
    network = shipped.load("zoo")
    for name, arguments in given.items():
        A = xai_core.explain(network, subject_.opened.x, subject_.target, name, **arguments)
        torch.testing.assert_close(found[name].A, A, rtol=1e-4, atol=1e-6)


def test_perturbations_ask_as_often_as_they_say(seen: SimpleNamespace) -> None:
    """KernelSHAP, RISE and occlusion on the page: the maps of explain, their forward passes, the settings of a link."""
    few = {"N_lime": "80", "window": "16"}
    at = opened(method=["KernelSHAP", "RISE", "Occlusion"], **few)
    assert not seen.failures and not at.error and not at.warning
    assert "80 forwards" in costs(at)["KernelSHAP"] and "80 forwards" in costs(at)["RISE"]
    assert f"{7 * 7 + 1} forwards" in costs(at)["Occlusion"]  # (64 − 16) / 8 + 1 windows a side, and x itself
    about, found, given, _ = seen.offered
    for name, arguments in given.items():
        A = xai_core.explain(shipped.load("zoo"), about.opened.x, about.target, name, **arguments)
        torch.testing.assert_close(found[name].A, A, rtol=1e-4, atol=1e-6)
    f = xai_core.make_score(shipped.load("zoo"), about.opened.x, about.target)
    labels = xai_core.superpixels(about.opened.x)
    values = torch.stack([found["kernel_shap"].A[0].sum(0)[labels == j].mean() for j in labels.unique()])
    change = xai_core.score.forward(f, torch.cat([about.opened.x, torch.full_like(about.opened.x, 0.5)]))
    assert float(values.sum()) == pytest.approx(float(change[0] - change[1]), abs=1e-4)  # efficiency, on the page
    hand(at, opacity="0.5")
    assert all("0 passes, read from the cache" in words for words in costs(at).values())


def test_windows_and_samples_that_cannot_be_are_sentences(seen: SimpleNamespace) -> None:
    opened(method=["Occlusion", "Simple gradient"], window="4", stride="9")
    assert "stride must be at most the window, 4" in seen.failures["Occlusion"] and "Simple gradient" in seen.maps


def test_K_never_asks_the_network(seen: SimpleNamespace) -> None:
    at = opened(**FEW)
    before = seen.maps["LIME"]
    at.slider(key="K").set_value(3)
    ran(at)
    assert all("0 passes, read from the cache" in words for words in costs(at).values())
    assert not torch.equal(before, seen.maps["LIME"])
    assert len(seen.maps["LIME"].unique()) <= 4  # three features and the rest


def test_B_asks_only_for_new_points(seen: SimpleNamespace) -> None:
    at = opened(**PATHS)
    # Every k/15 and k/10 is a point of k/30; of k/20 the odd k are not, and those are ten.
    for B, cost in (("30", "15 gradients,"), ("15", "0 passes"), ("10", "0 passes"), ("20", "10 gradients,")):
        hand(at, B=B)
        assert all(cost in words for words in costs(at).values()), (B, costs(at))


def test_drawing_computes_nothing(seen: SimpleNamespace) -> None:
    at = opened(**PATHS)
    at.button_group(key="scale").set_value("own")
    hand(at, opacity="0.5")
    assert all("0 passes" in words for words in costs(at).values())
    assert at.session_state["opacity"] == 0.5 and seen.how["scale"] == "own"


def test_every_frame_is_the_map_of_explain_to_8_bits(seen: SimpleNamespace) -> None:
    """At any B, on one scale, with the gap of this very map; a method without B is the same at every stop."""
    opened(method=["Simple gradient", "Integrated Gradients"], B="3")
    about, _, given, _ = seen.offered
    film, network = seen.film, shipped.load("zoo")
    kept, texts = reel(film.id), [stop.text for stop in film.slider.stops]
    assert list(kept.frames) == [2] and texts[:3] == ["1", "2", "3"]  # the rest is computed when the browser asks
    (scale,) = film.scales()
    for B in (1, 3, 20):
        head, (_, plain, map_) = unpacked(kept.expose(film, texts.index(str(B))))
        A = xai_core.explain(
            network, about.opened.x, about.target, "integrated_gradients", **given["integrated_gradients"] | {"B": B}
        )
        share = figures.pixel_map(A) / float(A.sum(1).abs().sum())
        assert map_ == pytest.approx((share / scale.top * 127).clip(-127, 127), abs=0.6)
        gap = abs(float(A.sum()) - seen.offered[1]["integrated_gradients"].change)
        assert head["number"] == f"{gap:.3f}" and f"gap {gap:.3f} of" in head["panels"][2]["caption"]
        assert (plain == unpacked(kept.frames[2])[1][1]).all()
    assert scale.top == pytest.approx(max(figures.scaled(usual_maps(about, given), "share")[1].values()), rel=1e-4)


def usual_maps(about: Any, given: dict[str, dict[str, Any]]) -> dict[str, np.ndarray]:
    network, usual = shipped.load("zoo"), {"integrated_gradients": {"B": 15}}
    return {
        name: figures.pixel_map(
            xai_core.explain(network, about.opened.x, about.target, name, **arguments | usual.get(name, {}))
        )
        for name, arguments in given.items()
    }


def test_two_readers_share_one_computation(seen: SimpleNamespace) -> None:
    opened(**PATHS)
    assert all("0 passes, read from the cache" in words for words in costs(opened(**PATHS)).values())


# --- errors stay where they belong ------------------------------------------------------------------------------------


def test_one_method_that_cannot_leaves_the_others(seen: SimpleNamespace) -> None:
    opened(network="digits", picture="digit", method=["CAM", "Simple gradient"])
    assert "global average pooling" in seen.failures["CAM"] and seen.maps.keys() == {"Simple gradient"}
    _, shown = unpacked(reel(seen.film.id).frames[0])
    assert shown[1] == seen.failures["CAM"] and shown[2].any()


def test_K_above_the_number_of_features_is_a_sentence(seen: SimpleNamespace) -> None:
    opened(method=["LIME", "Simple gradient"], picture="photograph", photo="moon", segments="quickshift", **FEW)
    assert "K must be at most" in seen.failures["LIME"] and "Simple gradient" in seen.maps


def test_no_method_at_all(seen: SimpleNamespace) -> None:
    at = opened(method="Simple gradient")
    at.multiselect(key="method").set_value([])
    ran(at)
    assert not seen.maps and not at.error


# --- the truth, told after a guess ------------------------------------------------------------------------------------


def test_the_truth_comes_after_the_guess() -> None:
    assert not any("You guessed" in m.value for m in opened(method="Simple gradient").markdown)
    told = [m.value for m in opened(method="Simple gradient", guess="the trunk").markdown if "You guessed" in m.value]
    assert told and "the trunk decides" in told[0]


# --- the page Unlearning, whose settings are the same ----------------------------------------------------------------


def test_unlearning_shows_its_three_stages(seen: SimpleNamespace) -> None:
    at = opened("labs/unlearning/page.py", change="visibly")
    stages = next(m.value for m in at.markdown if m.value.startswith("| Stage")).splitlines()[2:]
    assert [line.split("·")[0] for line in stages] == ["| 1 ", "| 2 "]  # the third is the path, a figure
    assert set(seen.maps) == {"UNI", "Integrated Gradients from black"}
    assert "You guessed visibly" in at.success[0].value
    hand(at, eps="0.056")
    assert any("| 0.056, by hand" in m.value for m in at.markdown)


def test_settings_of_unlearning_are_those_of_explain(seen: SimpleNamespace) -> None:
    opened("labs/unlearning/page.py", eps="2", B="20")
    there = seen.maps["UNI"]
    at = opened(method="UNI", eps="2", B="20")
    assert torch.equal(there, seen.maps["UNI"])
    assert "0 passes" in costs(at)["UNI"]


# --- take away --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "query",
    [
        {"method": ["Integrated Gradients", "UNI", "LIME", "SmoothGrad"], "B": "10", "eps": "2", **FEW},
        pytest.param(
            {
                "network": "digits",
                "picture": "photograph",
                "photo": "horse",
                "method": ["Grad-CAM", "Gradient × input"],
            },
            marks=pytest.mark.slow,
        ),
        {"picture": "upload", "method": "Guided backprop"},
    ],
    ids=["zoo", "photograph as a digit", "upload"],
)
def test_this_setting_as_python_makes_the_same_numbers(
    query: dict[str, Any], seen: SimpleNamespace, tmp_path: Path
) -> None:
    at = opened(**query)
    if query.get("picture") == "upload":
        name = 'it\'s "mine".png'
        (tmp_path / name).write_bytes(png())
        at.file_uploader[0].upload(name, png(), "image/png")
        ran(at)
    about, _, given, _ = seen.offered
    settings = the_script_makes_the_same(seen, tmp_path)
    assert settings["methods"] == given and settings["network"] == about.network.name


def test_unlearning_as_python(seen: SimpleNamespace, tmp_path: Path) -> None:
    opened("labs/unlearning/page.py", eta="0.5", output="logit", B="10")
    settings = the_script_makes_the_same(seen, tmp_path)
    assert settings["methods"]["uni"] | {"eta": 0.5, "B": 10, "output": "logit"} == settings["methods"]["uni"]
    assert set(settings["methods"]) == {"uni", "integrated_gradients"}
