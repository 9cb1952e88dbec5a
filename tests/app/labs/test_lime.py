"""The page LIME: what it shows is what the core computes, and reading it in another way asks nothing."""

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

import xai_core
from app.labs.lime import compute, files, samples, truth
from app.labs.lime import tables as lime_tables
from app.labs.lime import texts as lime_texts
from app.labs.lime import weights as lime_weights
from app.labs.lime.samples import text_html
from app.shared import frame, meter, networks, show
from app.shared.film.frames import Film
from app.shared.film.reel import reel
from app.shared.pages import OWN_WEIGHTS
from app.shared.pictures import Picture, open_picture
from data import tables
from data.nets import networks as shipped
from data.text import documents, newsgroups, texts
from tests.app.running import opened as opened_at
from tests.app.running import ran, unpacked
from tests.fresh import run as run_script
from xai_core import figures
from xai_core.figures import linear
from xai_core.perturbation import words

DIGIT = {"network": "digits", "picture": "digit", "N_lime": "60"}
TEXT = {"input": "text", "N_lime": "60"}
TABLE = {"input": "table", "N_lime": "60", "model": "linear"}
PIN = "network=digits&picture=digit&number=27&target=3&method=simple_gradient"
BESIDE = {"beside": [lime_weights.BAND, lime_weights.SHAP]}


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is left in the caches; a classifier of texts reads few posts, so that it is quick."""
    st.cache_resource.clear()
    st.cache_data.clear()
    monkeypatch.setattr(lime_texts, "POSTS", 200)


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """What the page last drew and offered, as values instead of pixels, and all that was asked."""
    drawn = SimpleNamespace(panels={}, bars=[], tables={}, asked=0, given=None, curves=None)
    real = show.pictures, linear.bars, frame.table, meter.answered, files.offer, linear.r2_curves

    def pictures(panels: dict, key: str, **how: Any) -> None:
        drawn.panels[key] = panels
        real[0](panels, key, **how)

    def bars(weights: dict, **how: Any) -> Any:
        drawn.bars.append((weights, how))
        return real[1](weights, **how)

    def table(head: list, lines: list, key: str) -> None:
        drawn.tables[key] = (head, lines)
        real[2](head, lines, key)

    def answered(n: int) -> None:
        drawn.asked += n
        real[3](n)

    def offer(*given: Any) -> None:
        drawn.given, drawn.how = given
        real[4](*given)

    def r2_curves(curves: dict, **how: Any) -> Any:
        drawn.curves = curves
        return real[5](curves, **how)

    monkeypatch.setattr(show, "pictures", pictures)
    monkeypatch.setattr(linear, "bars", bars)
    monkeypatch.setattr(frame, "table", table)
    for module in (meter, lime_texts, lime_tables):
        monkeypatch.setattr(module, "answered", answered)
    monkeypatch.setattr(files, "offer", offer)
    monkeypatch.setattr(linear, "r2_curves", r2_curves)
    return drawn


opened = partial(opened_at, "labs/lime/page.py")


def asked_by(at: AppTest, seen: SimpleNamespace) -> int:
    """Copies asked about in one more run."""
    seen.asked, seen.bars = 0, []
    ran(at)
    return seen.asked


def line(at: AppTest) -> str:
    return next(m.value for m in at.markdown if m.value.startswith("Local R²"))


def choose(at: AppTest, tab: str) -> None:
    """Open a tab."""
    at.session_state["tab"] = tab
    ran(at)


# --- three kinds of input, against the core ---------------------------------------------------------------------------


def test_a_picture_is_explained_as_the_core_does(seen: SimpleNamespace, films: dict[str, Film]) -> None:
    at = opened(N_lime="80", K="4", sigma_lime="0.3", seed="5", fill="mean", segments="grid", output="logit")
    assert not at.error and not at.toast
    x = open_picture(Picture("toy zoo", "elephant", 27), seen.given.about.network).x
    f = xai_core.make_score(shipped.load("zoo"), x, "predicted", "logit")
    near = xai_core.neighbourhood(f, x, 80, "grid", "mean", 5)
    fit = xai_core.k_lasso(near, 4, 0.3)
    weights, _ = seen.bars[0]
    top = linear.strongest(fit.weights, 4)
    assert list(weights) == [f"no. {j}" for j in top]
    assert list(weights.values()) == pytest.approx([float(fit.weights[j]) for j in top], rel=1e-4, abs=1e-5)
    assert f"Local R² **{fit.r2:.2f}**" in line(at) and "80 pictures asked about" in line(at)
    film = films["K"]
    head, (_, _, kept, signed) = unpacked(reel(film.id).frames[3])  # K = 4
    grey = (fit.weights <= 0)[near.segments].numpy()
    np.testing.assert_allclose(kept[grey], 0.5, atol=0.5 / 255 + 1e-6)
    np.testing.assert_allclose(kept[~grey], x[0].permute(1, 2, 0).numpy()[~grey], atol=0.5 / 255 + 1e-6)
    (scale,) = film.scales()
    usual = xai_core.k_lasso(near, film.slider.usual + 1, 0.3).weights[near.segments].numpy()
    assert scale.top == pytest.approx(np.percentile(abs(usual), figures.maps.TOP), rel=1e-4)
    told = fit.weights[near.segments].numpy() / scale.top * 127
    np.testing.assert_allclose(signed, told.clip(-127, 127), atol=0.6)
    assert head["number"] == f"{fit.r2:.2f}" and f"no. {top[0]} {float(fit.weights[top[0]]):+.3f}" in head["says"]
    one, _ = unpacked(reel(film.id).expose(film, 0))
    assert one["number"] == f"{xai_core.k_lasso(near, 1, 0.3).r2:.2f}"
    names = shipped.class_names("zoo")
    choose(at, "Classes")
    best = near.scores[0].argsort(descending=True)[:3].tolist()
    assert [said.split(",")[0] for said in seen.panels["top"]] == [names[c] for c in best]
    for c, (_, words_) in zip(best, seen.panels["top"].values(), strict=True):
        assert words_ == f"local R² {xai_core.k_lasso(near, 4, 0.3, column=c).r2:.2f}"


def test_a_text_is_explained_as_the_core_does(seen: SimpleNamespace) -> None:
    own = OWN_WEIGHTS
    at = opened(**TEXT, group="atheism", post="3", K="5", beside=own, guess_side="the clue in the header")
    posts = documents.corpus(200, 1, header="with class")
    classifier = texts.fit(posts.texts, posts.labels, "linear")
    post = documents.draw("atheism", 3)
    masks = words.random_sizes(lime_texts.MOST_COPIES, len(xai_core.words_of(post.text)), 0)[:60]
    near = xai_core.word_neighbourhood(classifier.predict_proba, post.text, masks=masks)
    fit = xai_core.k_lasso(near, 5)
    weights, how = seen.bars[0]
    top = linear.strongest(fit.weights, 5)
    assert weights == pytest.approx({near.names[j]: float(fit.weights[j]) for j in top})
    scaled = how["marks"]["its own, scaled"]
    sign = 1 if near.target == 1 else -1
    known = {name: sign * classifier.weights()[name] for name in weights}
    ratio = max(map(abs, weights.values())) / max(map(abs, known.values()))
    assert scaled == pytest.approx({name: c * ratio for name, c in known.items()})
    share = documents.shares(post, near.names, fit.weights.numpy())
    rows = {row[0]: row[2] for row in seen.tables["truth"][1]}
    assert rows["the clue in the header"] == f"{share['leak']:.0%}"
    assert rows["words of its own side"] == f"{share['deciding']:.0%}"
    assert at.success[0].value.startswith("Right" if share["leak"] == max(share.values()) else "You guessed")


@pytest.mark.parametrize("name", tables.NAMES)
def test_a_row_is_explained_as_the_core_does(name: str, seen: SimpleNamespace) -> None:
    at = opened(**TABLE, table=name, row="2", K="3")
    table = tables.load(name)
    predict = tables.predictor(tables.fit(table, "linear"))
    near = xai_core.table_neighbourhood(predict, table.test[2], table.train, 60, 0, columns=table.columns)
    fit = xai_core.k_lasso(near, 3, 1.06, "l2")
    weights = seen.bars[0][0]
    assert weights == pytest.approx({near.names[j]: float(fit.weights[j]) for j in linear.strongest(fit.weights, 3)})
    assert f"**{fit.r2:.2f}**" in line(at)
    regressor = table.classes is None
    assert ("progression" in at.markdown[0].value + at.markdown[1].value) == regressor
    drawn = len(seen.bars)
    choose(at, "Classes")
    assert (len(seen.bars) == drawn + 1) == regressor  # the explanation again; a regressor has no classes to compare


# --- every copy -------------------------------------------------------------------------------------------------------


def test_every_copy_can_be_seen_with_its_numbers(seen: SimpleNamespace) -> None:
    at = opened(**DIGIT, order="lowest F first", copy="2", tab="Copies")
    given = seen.given
    near = compute.around(given.this, 60, 0)
    F, order = near.scores[:, near.target], [0, *(1 + near.scores[1:, near.target].argsort(stable=True)).tolist()]
    panels = seen.panels["copies"]
    assert list(panels) == [f"sample {i}" for i in order[1:13]]
    worst = order[1]
    picture, said = panels[f"sample {worst}"]
    on = near.masks[worst][given.labels].numpy()
    assert (picture[~on] == 0.5).all()
    np.testing.assert_allclose(picture[on][:, 0], given.about.opened.x[0, 0].numpy()[on])
    π = float(xai_core.lime.__globals__["kernel"](near.masks, 0.25)[worst])
    assert f"F = **{float(F[worst]):.3f}**" in said and f"π = {π:.2g}" in said
    bits = "".join("1" if each else "0" for each in near.masks[worst].tolist())
    assert any(f"`{bits}`" in c.value for c in at.caption)
    at.slider(key="copy").set_value(60)
    assert asked_by(at, seen) == 0
    assert list(seen.panels["copies"]) == [f"sample {order[-1]}"]
    at.slider(key="copy").set_value(1500)
    ran(at)
    assert list(seen.panels["copies"]) == [f"sample {order[-1]}"]
    assert any("There are 60 copies" in c.value for c in at.caption)


def test_copies_of_a_row_mark_what_changed(seen: SimpleNamespace) -> None:
    opened(**TABLE, table="iris", order="as drawn", copy="1", tab="Copies")
    table = tables.load("iris")
    rows, masks = xai_core.table_samples(table.test[0], table.train, 60, 0)
    _, lines = seen.tables["copies"]
    assert len(lines) == samples.SHEET
    for i, cells in enumerate(lines):
        for j, cell in enumerate(cells[5:]):
            assert (cell == f"{rows[i, j]:.4g}") == bool(masks[i, j])
            assert cell.endswith(f"**{rows[i, j]:.4g}**") or masks[i, j]


def test_left_out_words_are_struck_and_nothing_is_markup() -> None:
    said = text_html("<b>no</b> & no, yes", {"no": "text-decoration:line-through"})
    assert said.count("line-through") == 2 and "&lt;b&gt;" in said and "&amp;" in said and "<b>" not in said


# --- nothing is asked twice -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [DIGIT, TEXT, TABLE], ids=["picture", "text", "table"])
def test_only_new_copies_ask(kind: dict[str, str], seen: SimpleNamespace) -> None:
    at = opened(**kind)
    sigma = "sigma_table" if kind is TABLE else "sigma_lime"
    if kind is DIGIT:
        at.query_params["K"] = "3"
    else:
        at.slider(key="K").set_value(3)
    assert asked_by(at, seen) == 0 and len(seen.bars[0][0]) == 3
    before = line(at)
    at.slider(key=sigma).set_value(0.6)
    assert asked_by(at, seen) == 0 and line(at) != before
    at.select_slider(key="N_lime").set_value("30")
    assert asked_by(at, seen) == 0 and seen.how.N == 30
    assert compute.around(seen.given.this, 30, 0).masks.shape[0] == 30
    at.select_slider(key="N_lime").set_value("100")
    new = asked_by(at, seen)
    assert new == (100 if kind is TABLE else 41)  # 40 new copies, and the thing itself once more
    at.query_params["against"] = "N and σ"
    at.selectbox(key="distance_table" if kind is TABLE else "distance").set_value("l2")
    assert asked_by(at, seen) == 0


def test_what_grows_is_what_would_have_been_asked_at_once(seen: SimpleNamespace) -> None:
    at = opened(**{**DIGIT, "N_lime": "30"})
    at.select_slider(key="N_lime").set_value("100")
    ran(at)
    grown = compute.around(seen.given.this, 100, 0)
    q = seen.given.about.question("probability")
    whole = xai_core.neighbourhood(xai_core.make_score(shipped.load("digits"), q.x, q.target), q.x, 100)
    assert torch.equal(grown.masks, whole.masks)
    torch.testing.assert_close(grown.scores, whole.scores)


def test_curves_over_N_and_sigma_are_read_from_the_copies(seen: SimpleNamespace) -> None:
    opened(**DIGIT, against="N and σ", K="3", tab="Fit")
    near = compute.around(seen.given.this, 60, 0)
    sizes, by_N, now = seen.curves["N: copies"]
    assert now == sizes[-1] == 60 and sizes[0] == 10
    assert by_N == [xai_core.k_lasso(near.first(n), 3).r2 for n in sizes]
    widths, by_sigma, width = seen.curves["σ: width of the kernel"]
    assert width == 0.25 and by_sigma == [xai_core.k_lasso(near, 3, s).r2 for s in widths]
    assert seen.asked == 61  # sixty copies, and F(x)


# --- beside the weights -----------------------------------------------------------------------------------------------


def test_band_and_shapley_values_stand_beside(seen: SimpleNamespace) -> None:
    opened(**DIGIT, K="4", **BESIDE)
    this = seen.given.this
    weights, how = seen.bars[0]
    fits = [xai_core.k_lasso(compute.around(this, 60, seed), 4) for seed in range(compute.SEEDS)]
    spread = xai_core.band(fits)
    top = [this.names.index(name) for name in weights]
    assert how["bands"] == linear.banded(this.names, spread, top)
    q = seen.given.about.question("probability")
    f = xai_core.make_score(shipped.load("digits"), q.x, q.target)
    masks, w = xai_core.coalitions(this.features, 60, 0)
    φ = xai_core.shapley_values(xai_core.neighbourhood(f, q.x, masks=masks), w)
    assert how["marks"]["KernelSHAP"] == pytest.approx({this.names[j]: float(φ[j]) for j in top}, abs=1e-5)


def test_shapley_values_of_a_row_add_up(seen: SimpleNamespace) -> None:
    """Against a background of rows: Σφ = F(x) minus the mean answer to the background."""
    opened(**TABLE, table="iris", beside=lime_weights.SHAP)
    table = tables.load("iris")
    predict = tables.predictor(tables.fit(table, "linear"))
    target = seen.given.this.target
    nothing = predict(table.train[: lime_tables.BACKGROUND])[:, target].mean()
    φ = compute.shapley(seen.given.this, 60, 0)
    assert float(φ.sum()) == pytest.approx(predict(table.test[:1])[0, target] - nothing, abs=1e-9)
    assert seen.bars[0][1]["marks"]["KernelSHAP"].keys() == seen.bars[0][0].keys()


def test_a_class_without_the_clue_puts_no_weight_on_it(seen: SimpleNamespace) -> None:
    opened(**{**TEXT, "N_lime": "300"}, learnt=lime_texts.CLEAN, guess_side="all other words")
    rows = {row[0]: row[2] for row in seen.tables["truth"][1]}
    assert rows["the clue in the header"] == "0%"


# --- guesses and bad input --------------------------------------------------------------------------------------------


def test_shares_of_a_picture_add_up(seen: SimpleNamespace) -> None:
    at = opened(N_lime="60", guess_part="the trunk")
    fit = compute.fit(seen.given.this, seen.how)
    found = truth.shares(seen.given, fit.weights)
    assert sum(g.weight for g in found.values()) == pytest.approx(1)
    assert sum(g.size for g in found.values()) == pytest.approx(1)
    assert len(at.success) == 2  # on the stage what the choice was worth, and where most of the weight is


def test_the_truth_waits_for_a_guess(seen: SimpleNamespace) -> None:
    at = opened(**TEXT)
    assert not at.success and "truth" not in seen.tables
    assert any("Make your guess" in i.value for i in at.info)


@pytest.mark.parametrize("own", ["", "word", "!!! ???", "same same same"])
def test_a_text_of_less_than_two_words_is_a_sentence(own: str, seen: SimpleNamespace) -> None:
    at = opened(**TEXT, text=lime_texts.OWN, own=own)
    assert any("two different words" in i.value for i in at.info) and not seen.bars


def test_a_readers_own_text(seen: SimpleNamespace) -> None:
    text = "Grace <script>alert(1)</script> and $doubt$ _and_ *evidence* | 信仰"
    at = opened(**TEXT, text=lime_texts.OWN, own=text)
    assert seen.given.text == text and not at.error
    assert seen.given.this.names == xai_core.words_of(text)


def test_K_larger_than_M_is_read_as_M(seen: SimpleNamespace) -> None:
    at = opened(**DIGIT, K="30")
    at.segmented_control(key="input").set_value("table")
    ran(at)
    assert any("only 4 features here, so K = 30 is read as K = 4" in c.value for c in at.caption)
    assert seen.how.K == 4 and not at.error


@pytest.mark.parametrize(
    "query",
    [{"input": "song"}, {"text": "poem"}, {"post": "-3"}, {"copy": "0", "tab": "Copies"}, {"beside": "nothing"}],
    ids=str,
)  # fmt: skip
def test_a_bad_link_opens_the_usual_setting(query: dict[str, str], seen: SimpleNamespace) -> None:
    at = opened(**{**TEXT, **query}) if "input" not in query else opened(**DIGIT, **query)
    assert not at.error and seen.bars
    assert any(f"`{next(iter(query))}=" in toast.value for toast in at.toast)


def test_newsgroups_are_named_only_where_they_are(monkeypatch: pytest.MonkeyPatch, seen: SimpleNamespace) -> None:
    monkeypatch.setattr(newsgroups, "is_available", lambda: False)
    at = opened(**TEXT)
    assert lime_texts.NEWS not in at.selectbox(key="text").options
    assert lime_texts.REAL not in at.selectbox(key="learnt").options


# --- take away --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "query",
    [
        {**DIGIT, "K": "4", "seed": "3", "fill": "mean", "pin": PIN},
        {**TEXT, "text": lime_texts.OWN, "own": 'He said "faith",\nshe said \\doubt\\.'},
        {**TABLE, "table": "diabetes", "K": "3"},
    ],
    ids=["picture", "text", "table"],
)
def test_this_setting_as_python_makes_the_same_numbers(
    query: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    offered: list[Any] = []
    monkeypatch.setattr(files.take_away, "offer_files", lambda *given, **how: offered.append(given))
    opened(**query)
    script, picture, numbers = offered[-1]
    taken = np.load(BytesIO(numbers()))
    (tmp_path / "this_setting.py").write_text(script, encoding="utf-8")
    done = run_script(tmp_path / "this_setting.py", tmp_path)
    assert done.returncode == 0, done.stderr
    made = np.load(tmp_path / "lime.npz")
    assert set(made) == set(taken) - {"settings"}
    for name in set(made) - {"names"}:
        np.testing.assert_allclose(made[name], taken[name], rtol=1e-4, atol=1e-5)
    assert made["names"].tolist() == taken["names"].tolist()
    assert (tmp_path / "lime.png").stat().st_size > 1000 and len(picture()) > 1000
    settings = json.loads(str(taken["settings"]))
    assert settings["N"] == 60 and settings.get("pinned") == query.get("pin")
    if "pin" in query:  # both maps, LIME's and the one beside it
        assert np.array_equal(np.unique(made["lime"]), np.unique(made["weights"]))
        x, target = Picture("digit", number=27), 3
        opened_x = open_picture(x, networks.describe("digits"), b"").x
        A = xai_core.explain(shipped.load("digits"), opened_x, target, "simple_gradient")
        np.testing.assert_allclose(made["pinned"], A[0].numpy(), atol=1e-6)
