"""The page Baselines: what its controls compute, what a link restores, and what stays in the cache."""

import json
from functools import partial
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import streamlit as st
import torch
from streamlit.testing.v1 import AppTest
from torch import Tensor

import xai_core
from app.labs.baselines.compute import KINDS, OWN, STARTS
from app.shared import controls, networks, show, stages, take_away, worse
from app.shared.film import maps as film_maps
from app.shared.film import player
from app.shared.film.frames import Film, Slider
from app.shared.film.reel import reel
from app.shared.meter import measured
from app.shared.pictures import Picture, open_picture
from app.shared.stages import Question
from data.nets import networks as shipped
from data.nets import pretrained
from data.pictures import corruptions
from tests.app.running import opened as opened_at
from tests.app.running import ran, unpacked
from tests.fresh import run as run_script
from xai_core import figures, nearest_part, roughness, share
from xai_core.baselines import BaselineName

PAGE = "labs/baselines/page.py"
DIGIT = {"network": "digits", "picture": "digit"}
FEW = {"start": ["black", "UNI"], "B": "5"}


@pytest.fixture(autouse=True)
def fresh() -> None:
    """Nothing is left in the caches, so that passes can be counted."""
    st.cache_resource.clear()
    st.cache_data.clear()


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """What the page last drew and offered, as values instead of pixels."""
    drawn = SimpleNamespace(maps={}, panels={}, offered=None, files=None)
    real = show.maps, show.pictures, take_away.offer, take_away.offer_files
    real_film = film_maps.of_maps

    def of_maps(slider: Slider, about: tuple, image: Tensor, title: None, titles: Any, answer: Any, **how: Any) -> Film:
        now = answer(player.value(slider))
        drawn.image, drawn.maps = now.pictures["the picture"], now.maps
        starts = {name: (figures.pixels(x), now.captions[name]) for name, x in now.pictures.items()}
        drawn.panels["starts"] = starts
        drawn.film = real_film(slider, about, image, title, titles, answer, **how)
        return drawn.film

    monkeypatch.setattr(film_maps, "of_maps", of_maps)

    def maps(image: Tensor, attributions: dict, *rest: Any, **how: Any) -> None:
        drawn.image, drawn.maps = image, attributions
        real[0](image, attributions, *rest, **how)

    def pictures(panels: dict, key: str) -> None:
        drawn.panels[key] = panels
        real[1](panels, key)

    def offer(*given: Any) -> None:
        drawn.offered = given
        real[2](*given)

    def offer_files(*files: Any, **how: Any) -> None:
        drawn.files = files
        real[3](*files, **how)

    monkeypatch.setattr(show, "maps", maps)
    monkeypatch.setattr(show, "pictures", pictures)
    monkeypatch.setattr(take_away, "offer", offer)
    monkeypatch.setattr(take_away, "offer_files", offer_files)
    return drawn


opened = partial(opened_at, PAGE)


def table(at: AppTest) -> dict[str, dict[str, float]]:
    """The page's numbers: row → column → value."""
    lines = next(m.value for m in at.markdown if m.value.startswith("|  | darkest")).splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {row[0]: dict(zip(rows[0][1:], map(float, row[1:]), strict=True)) for row in rows[2:]}


# --- the maps and their numbers ---------------------------------------------------------------------------------------


def test_every_baseline_of_the_core_is_on_the_page() -> None:
    words = BaselineName.__metadata__[0].values
    assert set(STARTS.values()) == {*words, "own_colour", "uni"}
    assert {name for name, _ in KINDS.values()} == set(corruptions.CORRUPTIONS)


def test_the_first_view(seen: SimpleNamespace) -> None:
    at = opened()
    assert list(seen.maps) == [f"map from {s}" for s in ("black", "blurred", "Gaussian noise", "UNI")]
    assert not at.error and not at.warning and not at.toast
    numbers = table(at)
    assert list(numbers)[-1] == "simple gradient (no baseline)" and len(numbers) == 5
    assert "same as before" not in numbers["black"]  # severity 0: there is no before


@pytest.mark.parametrize(
    ("corruption", "severity"), [("brightness", 3), ("saturation", 5), ("defocus blur", 2), ("shot noise", 4)]
)
def test_the_numbers_are_those_of_the_core(corruption: str, severity: int, seen: SimpleNamespace) -> None:
    """Corrupted, explained and judged here again, from nothing but the core's functions."""
    starts = ["black", "shot noise", "UNI"]
    at = opened(corruption=corruption, severity=str(severity), start=starts, B="6", seed="7")
    about = seen.offered[0]
    before = open_picture(Picture("toy zoo", "elephant", 27), networks.describe("zoo"))
    x = corruptions.corrupt(before.x, KINDS[corruption][0], severity, seed=7)
    assert torch.equal(seen.image, x) and torch.equal(about.opened.x, x)
    animal = before.parts["the trunk"] | before.parts["the rest of the elephant"]
    model = shipped.load("zoo")
    for start in starts:
        method, options = ("uni", {}) if start == "UNI" else ("integrated_gradients", {"baseline": STARTS[start]})
        A, clean = (
            xai_core.explain(model, picture, about.target, method, B=6, seed=7, **options) for picture in (x, before.x)
        )
        torch.testing.assert_close(seen.maps[f"map from {start}"], A, rtol=1e-4, atol=1e-6)
        row = table(at)[start]
        for column, like in (("darkest ¼", "black"), ("brightest ¼", "white"), ("plainest ¼", "blurred")):
            part = nearest_part(before.x, like, animal)
            assert row[column] == pytest.approx(float(share(A, part, animal)), abs=0.006)
        assert row["roughness"] == pytest.approx(float(roughness(A)), abs=0.006)
        assert row["same as before"] == pytest.approx(float(xai_core.rank_correlation(A, clean)), abs=0.006)


def test_the_baselines_shown_are_those_of_the_paths(seen: SimpleNamespace) -> None:
    opened(start=["white", "mean colour", "UNI"], B="5")
    panels = seen.panels["starts"]
    assert list(panels) == ["the picture", "from white", "from mean colour", "from UNI"]
    assert (panels["from white"][0] == 1).all()
    f = xai_core.make_score(shipped.load("zoo"), seen.image, seen.offered[0].target)
    said = panels["from white"][1]
    assert said == f"F(x′) = {float(f(torch.ones_like(seen.image))):.3f}"


def test_a_colour_of_ones_own(seen: SimpleNamespace) -> None:
    at = opened(start=[OWN, "black"], colour="#ff8000", B="5")
    assert at.color_picker(key="colour").value == "#ff8000" and not at.toast
    assert np.allclose(seen.panels["starts"][f"from {OWN}"][0][0, 0], (1, 0.502, 0), atol=1e-3)
    at.color_picker(key="colour").set_value("#000000")
    ran(at)
    assert torch.equal(seen.maps[f"map from {OWN}"], seen.maps["map from black"])  # both are black now


def test_a_colour_for_a_grey_network_is_its_mean() -> None:
    assert controls.colour_of("#ff8000", 1) == pytest.approx(((255 + 128) / 255 / 3,), abs=1e-4)
    assert controls.colour_of("#ff8000", 3) == pytest.approx((1, 128 / 255, 0), abs=1e-4)


# --- the truth, told after a guess ------------------------------------------------------------------------------------


def test_the_truth_comes_after_the_guess(seen: SimpleNamespace) -> None:
    at = opened(**FEW)
    assert "on the trunk" not in table(at)["black"] and not at.success
    assert any("Make your guess" in info.value for info in at.info)
    at = opened(**FEW, blind="black")
    parts = open_picture(Picture("toy zoo", "elephant", 27), networks.describe("zoo")).parts
    whole = torch.ones_like(parts["the trunk"])
    expected = float(share(seen.maps["map from UNI"], parts["the trunk"], whole))
    assert table(at)["UNI"]["on the trunk"] == pytest.approx(expected, abs=0.006)
    numbers = table(at)
    least = min(("black", "UNI"), key=lambda s: numbers[s]["darkest ¼"])
    assert f"the least from **{least}**" in at.success[0].value
    assert any("the trunk decides" in m.value for m in at.markdown)


# --- what it costs ----------------------------------------------------------------------------------------------------


def test_a_severity_seen_before_asks_nothing(seen: SimpleNamespace) -> None:
    at = opened(corruption="brightness", severity="2", **FEW)
    assert any("Just now:" in c.value for c in at.caption)
    at.query_params["severity"] = "3"
    ran(at)
    third = dict(seen.maps)
    assert any("Just now:" in c.value for c in at.caption)
    at.query_params["severity"] = "2"
    ran(at)
    assert any(c.value == "Read from the cache." for c in at.caption)
    at.query_params["severity"] = "3"
    ran(at)
    assert all(torch.equal(A, third[name]) for name, A in seen.maps.items())


def test_a_frame_is_the_core_at_its_severity(seen: SimpleNamespace) -> None:
    opened(corruption="brightness", start=["black", "white"], B="5")
    film, model = seen.film, shipped.load("zoo")
    before, target = open_picture(Picture("toy zoo", "elephant", 27), networks.describe("zoo")), seen.offered[0].target
    x = corruptions.corrupt(before.x, "brightness", 3)
    head, (picture, black, _, from_black, _) = unpacked(reel(film.id).expose(film, 3))
    assert picture == pytest.approx(figures.pixels(x), abs=0.51 / 255) and not black.any()
    A = xai_core.explain(model, x, target, "integrated_gradients", B=5, baseline="black")
    whole = figures.pixel_map(A) / float(A.sum(1).abs().sum()) / film.scales()[0].top * 127
    np.testing.assert_allclose(from_black, whole.clip(-127, 127), atol=0.6)
    animal = before.parts["the trunk"] | before.parts["the rest of the elephant"]
    darkest = float(share(A, nearest_part(before.x, "black", animal), animal))
    assert float(head["number"]) == pytest.approx(darkest, abs=0.006)


def test_corruption_severity_and_seed_are_part_of_the_key() -> None:
    """Else one reader would see another's picture."""
    network = networks.describe("zoo")
    about = SimpleNamespace(network=network, picture=Picture("toy zoo", "cat", 3))
    x = open_picture(about.picture, network).x
    answers = []
    for corruption, severity, seed in (
        ("shot_noise", 3, 0),
        ("shot_noise", 3, 1),
        ("shot_noise", 4, 0),
        ("brightness", 3, 0),
    ):
        picture = worse.Corrupted(**vars(about.picture), corruption=corruption, severity=severity, seed=seed)
        bad = worse.worse(network, picture, x)
        assert torch.equal(bad, corruptions.corrupt(x, corruption, severity, seed))
        q = Question(network, picture, 0, "logit", bad)
        answers.append(stages.explanation(q, "simple_gradient", {}).A)
    plain = stages.explanation(Question(network, about.picture, 0, "logit", x), "simple_gradient", {}).A
    answers.append(plain)
    assert all(not torch.equal(a, b) for i, a in enumerate(answers) for b in answers[:i])
    with measured() as cost:
        stages.explanation(q, "simple_gradient", {})
    assert cost.passes == 0


def test_all_severities_at_once(seen: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = []
    real = show.figures.curves
    monkeypatch.setattr(show.figures, "curves", lambda lines, **how: drawn.append((lines, how)) or real(lines, **how))
    at = opened(sweep="true", corruption="Gaussian noise", severity="2", **FEW)
    (bias, how), (same, _) = drawn
    assert how["title"] == "Roughness: bias of frequency"
    assert bias["UNI"][1][2] == pytest.approx(table(at)["UNI"]["roughness"], abs=0.006)
    assert same["black"][1][0] == pytest.approx(1) and len(same["black"][1]) == 6
    assert same["black"][1][2] == pytest.approx(table(at)["black"]["same as before"], abs=0.006)


# --- networks, links, errors ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("corruption", list(KINDS))
def test_a_network_of_one_channel(corruption: str, seen: SimpleNamespace) -> None:
    at = opened(**DIGIT, corruption=corruption, severity="5", start=["white", OWN, "UNI"], colour="#203040", B="4")
    assert seen.image.shape == (1, 1, 8, 8) and len(seen.maps) == 3 and not at.error
    refused = [w.value for w in at.warning]
    if corruption == "saturation":
        assert len(refused) == 1 and "needs colour" in refused[0]
        assert "same as before" not in table(at)["white"]
    else:
        assert not refused
        assert "same as before" in table(at)["white"]


def test_saturation_is_refused_at_every_severity_and_the_sweep_stays_away(seen: SimpleNamespace) -> None:
    at = opened(**DIGIT, corruption="saturation", severity="0", sweep="true", **FEW)
    assert len(at.warning) == 1 and seen.maps


def test_a_photograph_and_its_own_network(monkeypatch: pytest.MonkeyPatch, seen: SimpleNamespace) -> None:
    random = pretrained.load("squeezenet1_1", weights=False)
    monkeypatch.setattr(pretrained, "is_available", lambda name: name == "squeezenet1_1")
    monkeypatch.setattr(pretrained, "load", lambda name: random)
    at = opened(network="squeezenet1_1", photo="cat", corruption="Gaussian blur", severity="4", start="black", B="3")
    assert seen.image.shape == (1, 3, 224, 224)
    assert seen.panels["starts"]["the picture"][1].startswith("Gaussian blur 4 of 5, σ 4.0 pixels: F(x) = ")
    assert not any("Make your guess" in info.value for info in at.info)  # nobody drew it: no truth to tell


def test_an_upload(seen: SimpleNamespace) -> None:
    from PIL import Image

    file = BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (70, 90, 3), dtype=np.uint8)).save(file, "PNG")
    at = opened(picture="upload", corruption="brightness", severity="1", **FEW)
    at.file_uploader[0].upload("mine.png", file.getvalue(), "image/png")
    ran(at)
    assert seen.offered[0].picture.name == "mine.png" and seen.offered[0].picture.corruption == "brightness"
    mine = seen.image
    at.query_params["severity"] = "0"
    ran(at)
    torch.testing.assert_close(corruptions.corrupt(seen.image, "brightness", 1), mine)


@pytest.mark.parametrize(
    "query",
    [
        {"corruption": "fog"}, {"severity": "9"}, {"severity": "-1"}, {"severity": "two"}, {"start": "pink"},
        {"B": "0"}, {"colour": "red", "start": OWN}, {"colour": "#12", "start": OWN}, {"seed": "-4"},
        {"sweep": "perhaps"},
        {"blind": "<script>"}, {"rule": "simpson"}, {"output": "loss"},
    ],
    ids=str,
)  # fmt: skip
def test_a_bad_link_opens_the_usual_setting(query: dict[str, str], seen: SimpleNamespace) -> None:
    at = opened(**{**FEW, **query})
    assert not at.error and seen.maps
    name = next(iter(query))
    assert any(f"`{name}=" in toast.value for toast in at.toast)


def test_no_baseline_at_all(seen: SimpleNamespace) -> None:
    at = opened(**FEW)
    at.multiselect(key="start").set_value([])
    ran(at)
    assert not seen.maps and not at.error and list(table(at)) == ["simple gradient (no baseline)"]


def test_trapezoid_with_one_step_is_a_sentence() -> None:
    at = opened(**{**FEW, "B": "1"}, rule="trapezoid")
    assert "B must be at least 2" in at.error[0].value


def test_the_link_to_copy_holds_every_setting() -> None:
    at = opened(corruption="shot noise", severity="4", start=[OWN, "UNI"], colour="#123456", B="5")
    link = next(c.value for c in at.code if "corruption=" in c.value)
    for part in ("corruption=shot+noise", "severity=4", "start=own+colour", "start=UNI", "colour=%23123456", "B=5"):
        assert part in link


# --- take away --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "query",
    [
        pytest.param({"corruption": "Gaussian noise", "severity": "3", "seed": "5", "start": ["shot noise", OWN, "UNI"],
                      "B": "5", "colour": "#a0b0c0"}, marks=pytest.mark.slow),
        {**DIGIT, "corruption": "brightness", "severity": "2", "start": [OWN, "mean colour"], "output": "logit"},
        pytest.param({"severity": "0", **FEW}, marks=pytest.mark.slow),
    ],
    ids=["noise", "digit", "as it is"],
)  # fmt: skip
def test_this_setting_as_python_makes_the_same_numbers(
    query: dict[str, Any], seen: SimpleNamespace, tmp_path: Path
) -> None:
    opened(**query)
    text, picture, numbers = seen.files
    taken = np.load(BytesIO(numbers()))
    (tmp_path / "this_setting.py").write_text(text, encoding="utf-8")
    done = run_script(tmp_path / "this_setting.py", tmp_path)
    assert done.returncode == 0, done.stderr
    made = np.load(tmp_path / "maps.npz")
    assert set(made) == set(taken) - {"settings"}
    for name in made:
        np.testing.assert_allclose(made[name], taken[name], rtol=1e-4, atol=1e-6)
    assert len(picture()) > 1000
    settings = json.loads(str(taken["settings"]))
    line = settings["picture"]["python"][-1]
    assert ("corruptions.corrupt" in line) == (query["severity"] != "0")
