"""The page Distancing: its numbers by other means, what asks a network and what does not, training, what one takes."""

import io
import json
import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import streamlit as st
import torch
from matplotlib.figure import Figure
from streamlit.testing.v1 import AppTest

from app import apart, apart_files, take_away
from app.apart import Pair
from app.held_apart import shipped
from data import networks, zoo
from xai_core import complexity, explain, gad, hull, important_pixels, make_score, survivors
from xai_core import distancing_figures as drawn

MAIN = Path(__file__).parents[1] / "app" / "main.py"
PAGE = "labs/distancing.py"
CATS_AND_DOGS = Pair("zoo", 0, 1)
QUICK = {"base": "Simple gradient"}


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing is left in the caches, and nothing is kept in the reader's own folder; fewer scenes, to be quick."""
    st.cache_resource.clear()
    st.cache_data.clear()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(apart, "SHOWN", 24)


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """What the page last gave to its figures and to the download buttons."""
    told = SimpleNamespace(asked=[], offered=None, surviving=None, rows=None)
    real_gad, real_offer, real_surviving, real_rows = (
        apart.gad, take_away.offer_files, drawn.surviving, drawn.original_and_gad,
    )  # fmt: skip

    def counted(*given: object, **also: object) -> object:
        told.asked.append(given[3:])
        return real_gad(*given, **also)

    def offer(*given: object, **also: object) -> None:
        told.offered = given
        real_offer(*given, **also)

    def surviving(*given: object) -> Figure:
        told.surviving = given
        return real_surviving(*given)

    def rows(*given: object) -> Figure:
        told.rows = given
        return real_rows(*given)

    monkeypatch.setattr(apart, "gad", counted)
    monkeypatch.setattr(take_away, "offer_files", offer)
    monkeypatch.setattr(drawn, "surviving", surviving)
    monkeypatch.setattr(drawn, "original_and_gad", rows)
    return told


def opened(**query: str) -> AppTest:
    at = AppTest.from_file(str(MAIN), default_timeout=120)
    for name, value in query.items():
        at.query_params[name] = value
    at.switch_page(PAGE)
    return ran(at)


def ran(at: AppTest) -> AppTest:
    at.run()
    assert not at.exception, [e.value for e in at.exception]
    return at


def text(at: AppTest) -> str:
    return "\n".join(e.value for e in (*at.markdown, *at.caption, *at.info, *at.warning, *at.success))


def test_numbers_of_the_page_by_other_means(seen: SimpleNamespace) -> None:
    at = opened(**QUICK, apart_scene="3", guess_left="a half")
    X, labels = apart.scenes(CATS_AND_DOGS)
    again, own_labels, *_ = zoo.batch(24, apart.FRESH + 1, ("cat", "dog"))
    assert torch.equal(X, again) and torch.equal(labels, own_labels)
    x = X[2:3]
    said = text(at)
    for c, name in enumerate(("cat", "dog")):
        models = [networks.load("zoo"), *(s.model for s in shipped())]
        maps = torch.stack([explain(m, x, c, "simple_gradient", output="logit") for m in models])
        found = survivors(maps)
        torch.testing.assert_close(seen.surviving[2][name], found.A[0])
        shares = " → ".join(f"{float(v):.0%}" for v in found.left[:, 0])
        assert f"for *{name}* {shares}" in said
        own, left = found.masks[0][0, 0], found.masks.all(0)[0, 0]
        row = next(line for line in said.splitlines() if line.startswith(f"| for {name} |")).split(" | ")
        assert row[1:3] == [str(int(left.sum())), f"{complexity(left, own):.2f}"]
        covered = hull(left).mask
        f = make_score(models[0], x, c, output="logit")
        change = float((f(x) - f(x * ~covered)).abs()) / int(covered.sum())
        assert float(row[3]) == pytest.approx(1000 * change, abs=0.006)
    assert any("of the important pixels for cat" in s.value for s in at.success)
    for α, support in zip((2, 4, 6, 8), shipped(), strict=True):
        assert f"| {α} | {support.report.reached[0]:.0%} | {support.report.reached[1]:.0%} |" in said


def test_alpha_rule_and_threshold_ask_no_network(seen: SimpleNamespace) -> None:
    at = opened(**QUICK)
    asked = len(seen.asked)
    assert asked == 4  # this scene for both classes, and the five least activated of each
    at.select_slider(key="distance").set_value(0)
    ran(at)
    assert len(seen.surviving[1]["cat"]) == 1  # the network itself, alone
    base = seen.surviving[1]["cat"]["α = 0"]
    torch.testing.assert_close(seen.surviving[2]["cat"], torch.where(important_pixels(base[None])[0], base, 0))
    for key, value in (("join", "minimum"), ("important", "above"), ("join", "intersection")):
        at.selectbox(key=key).set_value(value)
        ran(at)
    at.slider(key="share_above").set_value(0.5)
    at.select_slider(key="distance").set_value(6)
    ran(at)
    assert len(seen.asked) == asked and list(seen.surviving[1]["dog"]) == ["α = 0", "α = 2", "α = 4", "α = 6"]
    at.number_input(key="apart_scene").set_value(2)
    ran(at)
    assert len(seen.asked) == asked + 2


def test_every_method_and_nothing_left(seen: SimpleNamespace) -> None:
    for title in ("Grad-CAM", "Deconvolution", "UNI"):
        opened(base=title, important="above", share_above="1.0")  # nothing is above the whole of the maximum
        assert not seen.surviving[2]["cat"].any()
    at = opened(base="Guided backprop", important="above", share_above="1.0")
    assert "nothing is left to draw" in text(at) and "| for cat | 0 | none |" in text(at)


def test_the_least_activated_scenes() -> None:
    own = apart.logits(CATS_AND_DOGS)[0.0]
    X, labels = apart.scenes(CATS_AND_DOGS)
    with torch.no_grad():
        torch.testing.assert_close(own, networks.load("zoo")(X)[:, :2])
    for which in (0, 1):
        found = apart.least_activated(CATS_AND_DOGS, which, 3)
        rest = [i for i in range(24) if labels[i] == which and i not in found]
        assert all(labels[i] == which for i in found) and len(found) == 3
        assert own[found, which].max() <= own[rest, which].min()


def test_five_methods_side_by_side(seen: SimpleNamespace) -> None:
    opened(**QUICK, five="true", rows_for="dog", apart_scene="24")
    images, rows, captions, *_ = seen.rows
    X, labels = apart.scenes(CATS_AND_DOGS)
    assert torch.equal(images, X[20:24]) and captions == [("cat", "dog")[k] for k in labels[20:24].tolist()]
    original, left = rows["Gradient × input"]
    found = gad(networks.load("zoo"), shipped(), X[20:24], 1, "gradient_x_input")
    torch.testing.assert_close(original, found.maps[0])
    torch.testing.assert_close(left, found.A)
    assert len(rows) == 5


def test_another_pair_is_trained_once_and_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(apart, "LEARNED", 16)
    monkeypatch.setattr(apart, "RATE", 1e-5)
    at = opened(**QUICK, apart_network="husky_wolf")
    assert "four networks have to be trained first" in at.info[0].value
    assert not list(at.get("download_button"))
    at.button[0].click()
    ran(at)
    said = text(at)
    assert "### What still counts when the network holds husky and wolf further apart?" in said
    assert any("less than 90 % of the distance was reached" in w.value for w in at.warning)  # 16 scenes, a tiny rate
    kept = list((tmp_path / "cache" / "xai-workbook" / "supports").iterdir())
    assert len(kept) == 4
    st.cache_resource.clear()  # the server starts again
    steps = []
    found = apart.train(Pair("husky_wolf", 0, 1), lambda done, total: steps.append(done))
    assert len(steps) == 4 and len(found) == 4  # found, not trained: told once a network


def test_what_one_takes_away(seen: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened(**QUICK, distance="4", join="minimum", apart_scene="5")
    script, png, npz = seen.offered
    assert png()[:4] == b"\x89PNG"
    with np.load(io.BytesIO(npz())) as mine:
        settings = json.loads(str(mine["settings"]))
        assert settings["pair"] == {"network": "zoo", "a": 0, "b": 1} and settings["join"] == "minimum"
        assert mine["cat: maps"].shape == (3, 3, 64, 64)
        monkeypatch.chdir(tmp_path)
        exec(compile(script, "this_setting.py", "exec"), {})
        with np.load(tmp_path / "gad.npz") as again:
            for name in ("cat", "dog"):
                np.testing.assert_allclose(again[name], mine[f"{name}: GAD"], atol=1e-6)
    assert (tmp_path / "gad.png").stat().st_size > 10_000
    other = apart_files.script(Pair("birds", 0, 1), 0, "uni", (0, 2), "intersection", "top", 0.5)
    assert re.search(r"support_networks\(model, X, labels, \(0, 1\), \[2\], rate=0.0004\)", other)
    assert "zoo.birds(" in other and "held_apart" not in other
