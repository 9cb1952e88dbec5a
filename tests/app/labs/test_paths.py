"""The page Paths: what it shows is what xai_core says; the scrubber costs a gradient at most; links, colours, files."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

import xai_core
from app.labs.paths import compute
from app.labs.paths.compute import WAYS
from app.shared import controls
from app.shared.film.frames import Film
from app.shared.film.reel import reel
from data.drawn import zoo
from data.nets import networks
from tests.app.running import opened, ran, the_script_makes_the_same, unpacked
from xai_core import figures
from xai_core.path import traces

pytestmark = pytest.mark.usefixtures("fresh")

PAGE = "labs/paths/page.py"
TITLES = {way.name: way.title for way in WAYS}
CHEAP = {"errors": "false", "B": "10"}


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The curves that the page last drew, as numbers."""
    found = SimpleNamespace(panels={}, errors={}, bounds={}, marks={})
    grid, errors = figures.curve_grid, figures.error_against_steps

    def curve_grid(panels, **how):
        found.panels = panels
        return grid(panels, **how)

    def error_against_steps(lines, bounds=None, **how):
        found.errors, found.bounds, found.marks = lines, bounds, how
        return errors(lines, bounds, **how)

    monkeypatch.setattr(figures, "curve_grid", curve_grid)
    monkeypatch.setattr(figures, "error_against_steps", error_against_steps)
    return found


def table(at: AppTest) -> dict[str, list[str]]:
    """The page's table of numbers: row → cells."""
    lines = next(m.value for m in at.markdown if "Completeness gap" in m.value).splitlines()
    cells = [[c.strip() for c in line.strip("|").split("|")] for line in lines]
    return {row[0]: row[1:] for row in cells}


def elephant() -> tuple[xai_core.Score, torch.Tensor]:
    x = zoo.draw("elephant", 27).image[None]
    return xai_core.make_score(networks.load("zoo"), x, "predicted"), x


def test_the_numbers_are_those_of_the_trace(drawn: SimpleNamespace, films: dict[str, Film]) -> None:
    at = opened(PAGE, at="0.4", third="in the last third", **CHEAP)
    f, x = elephant()
    rows = table(at)
    black, unlearned = xai_core.trace(f, x), xai_core.trace(f, x, xai_core.uni_baseline(f, x))
    for column, path in enumerate((black, unlearned)):
        A = path.attribution(10)
        expected = {
            "F(x′), where it starts": f"{path.confidence([0.0]).item():.3f}",
            "ΣA": f"{A.sum().item():+.3f}",
            "F(x) − F(x′), what ΣA should be": f"{path.change().item():+.3f}",
            "Completeness gap": f"{path.gap(A).item():.3f}",
            "Gradients used": "10",
            "Monotone (Spearman, 1 is best)": f"{path.monotonicity(50).item():.2f}",
        }
        assert {name: rows[name][column] for name in expected} == expected
        α, score = drawn.panels["F(γ(α)): the score"][rows[""][column]]
        assert score == pytest.approx(path.confidence(list(α))[:, 0].tolist(), abs=1e-4)
        _, norm = drawn.panels["‖∇F(γ(α))‖: the gradient's length"][rows[""][column]]
        assert norm == pytest.approx(path.gradient_norm(list(α))[:, 0].tolist(), rel=1e-3)
        points, collected = drawn.panels["ΣA collected so far"][rows[""][column]]
        assert points == pytest.approx([k / 10 for k in range(11)]) and collected[-1] == pytest.approx(
            A.sum().item(), abs=1e-4
        )
    rises = black.confidence([0.0, 1 / 3, 2 / 3, 1.0])[:, 0].diff()
    assert int(rises.argmax()) == 1 and at.success[0].value.startswith("You guessed in the last third: ")


def test_a_frame_is_what_the_trace_says_at_its_alpha(films: dict[str, Film]) -> None:
    opened(PAGE, at="0.4", **CHEAP)
    film, (f, x) = films["at"], elephant()
    assert [stop.value for stop in film.slider.stops] == [k / 50 for k in range(51)]
    kept = reel(film.id)
    assert set(kept.frames) == {20}  # the stop that the link asks for; the browser asks for the rest
    head, shown = unpacked(kept.frames[20])
    tops = [scale.top for scale in film.scales()]
    wholes = []
    for column, path in enumerate((xai_core.trace(f, x), xai_core.trace(f, x, xai_core.uni_baseline(f, x)))):
        whole, point, captions = (
            path.attribution(10),
            path.points([0.4])[0],
            head["panels"][3 * column : 3 * column + 3],
        )
        so_far = path.attribution(10, until=0.4)
        picture, gradient, collected = shown[3 * column : 3 * column + 3]
        assert picture == pytest.approx(figures.pixels(point), abs=0.51 / 255)
        top = tops[1 + column]
        steepest = path.gradients([max((path.gradient_norm([a]).item(), a) for a in compute.grid(q_of(x)))[1]])[0]
        assert top == pytest.approx(np.percentile(np.abs(figures.pixel_map(steepest)), figures.maps.TOP), rel=1e-3)
        is_to_8_bits(gradient, figures.pixel_map(path.gradients([0.4])[0]), top)
        is_to_8_bits(collected, figures.pixel_map(so_far) / float(whole.abs().sum()), tops[0])
        wholes.append(np.percentile(np.abs(figures.pixel_map(whole)) / float(whole.abs().sum()), figures.maps.TOP))
        F_, length = f"F = {path.confidence([0.4]).item():.3f}", f"length {path.gradient_norm([0.4]).item():.3g}"
        sum_ = f"ΣA = {so_far.sum().item():+.3f}"
        assert [c["caption"] for c in captions] == [F_, length, f"{sum_} of {path.change().item():+.3f}"]
        assert captions[2]["alt"].endswith(sum_) and f"{F_}, {sum_}" in head["says"]
        if column == 0:
            assert head["number"] == F_.removeprefix("F = ")
    assert tops[0] == pytest.approx(max(wholes), rel=1e-3)  # one scale for what is compared
    assert shown[-1] == [0.4]


def is_to_8_bits(seen: np.ndarray, map_: np.ndarray, top: float) -> None:
    np.testing.assert_allclose(seen / 127 * top, map_.clip(-top, top), atol=0.52 * top / 127)


def q_of(x: torch.Tensor) -> SimpleNamespace:
    return SimpleNamespace(x=x)


def test_all_of_the_film_is_in_the_trace_already(films: dict[str, Film], monkeypatch: pytest.MonkeyPatch) -> None:
    """All stops of α are points of the curves: a frame slices the trace."""
    at = opened(PAGE, **CHEAP)
    film, asked = films["at"], []
    real = traces.gradient
    monkeypatch.setattr(traces, "gradient", lambda f, x: asked.append(len(x)) or real(f, x))
    reel(film.id).fill(film, 43, 60)
    assert len(reel(film.id).frames) == 51 and not asked
    head, _ = unpacked(reel(film.id).frames[50])
    assert head["panels"][2]["caption"].split()[2] == table(at)["ΣA"][0]
    at.query_params["at"] = "0.86"
    ran(at)
    assert at.session_state["at"] == 0.86 and not asked


def test_a_frame_of_b_is_the_map_of_so_many_steps(films: dict[str, Film], drawn: SimpleNamespace) -> None:
    """B under the hand: its map and gap, and a line at every place where the gradient is asked."""
    at = opened(PAGE, hand="B", B="4", rule="midpoint", way=[TITLES["from_black"], TITLES["guided_ig"]])
    film, (f, x) = films["B"], elephant()
    steps = [stop.value for stop in film.slider.stops]
    assert not [s for s in at.select_slider if s.key == "B"] and set(reel(film.id).frames) == {steps.index("4")}
    path, (scale,) = xai_core.trace(f, x), film.scales()
    for B in (4, 7):
        head, shown = unpacked(reel(film.id).expose(film, steps.index(str(B))))
        A = path.attribution(B, "midpoint")
        whole = figures.pixel_map(A)
        is_to_8_bits(shown[1], whole / np.abs(whole).sum(), scale.top)
        gap = f"{path.gap(A).item():.3f}"
        assert head["panels"][1]["caption"].endswith(f"gap {gap}") and head["number"] == gap
        assert shown[-1] == pytest.approx([(k + 0.5) / B for k in range(B)])
    slopes = drawn.panels["dF/dα: what is summed up"]
    assert list(slopes) == [TITLES["from_black"]]  # another B is another way of Guided IG
    α, slope = slopes[TITLES["from_black"]]
    assert slope == pytest.approx(path.slope_along(list(α))[:, 0].tolist(), abs=1e-3)
    assert table(at)["Gradients used"][0] == "4"
    at.query_params["B"] = "7"
    assert table(ran(at))["Gradients used"][0] == "7"


def test_a_refused_b_is_a_sentence_in_its_frame(films: dict[str, Film]) -> None:
    at = opened(PAGE, hand="B", B="1", rule="trapezoid", way=[TITLES["from_black"]])
    assert "B must be at least 2 for the trapezoid rule" in at.error[0].value  # below the film, which goes on
    film = films["B"]
    _, shown = unpacked(reel(film.id).expose(film, 0))
    assert "at least 2" in shown[1] and shown[-1] == []
    _, shown = unpacked(reel(film.id).expose(film, 1))
    assert shown[1].shape == (64, 64)


@pytest.mark.parametrize("start", range(0, len(WAYS), 4))
def test_every_way_arrives_and_its_map_is_that_of_explain(seen: SimpleNamespace, start: int) -> None:
    some = WAYS[start : start + 4]
    at = opened(PAGE, way=[w.title for w in some], colour="#c03030", **CHEAP)
    assert not at.error and not at.warning
    about, found, given, _, methods = seen.offered
    for way in some:
        A = xai_core.explain(networks.load("zoo"), about.opened.x, about.target, methods[way.name], **given[way.name])
        torch.testing.assert_close(found[way.name].A, A, rtol=1e-3, atol=1e-5)
        assert float(found[way.name].A.sum()) == pytest.approx(found[way.name].change, abs=found[way.name].gap + 1e-4)
    if compute.COLOUR in some:
        assert given["from_colour"]["baseline"] == (0.7529, 0.1882, 0.1882)


def test_the_error_against_b(drawn: SimpleNamespace) -> None:
    at = opened(PAGE, way=[TITLES["from_grey"]], tolerance="10", B="20", tab="How many steps?")
    f, x = elephant()
    path = xai_core.trace(f, x, "grey")
    Bs, gaps = drawn.errors[TITLES["from_grey"]]
    assert Bs[0] == 1 and Bs[-1] == 300
    assert gaps == pytest.approx(xai_core.gaps(path, Bs)[:, 0].tolist(), abs=1e-4)
    assert drawn.marks["chosen"] == 20
    assert drawn.marks["tolerance"] == pytest.approx(0.1 * path.change().abs().item(), abs=1e-4)
    enough = xai_core.steps_for(path, 0.1).item()
    assert any(
        m.value.startswith(f"**straight from grey**: B = {enough} for a gap of at most 10.0%") for m in at.markdown
    )
    kinks = dict(drawn.bounds)["V/B, first way"][1]
    assert kinks == pytest.approx(xai_core.bound(path, Bs, kinks=True)[:, 0].tolist(), rel=1e-3)


def test_guided_ig_has_no_error_curve(drawn: SimpleNamespace) -> None:
    at = opened(PAGE, way=[TITLES["guided_ig"]], B="10", tab="How many steps?")
    assert not drawn.errors and any("another B is another way" in i.value for i in at.info)


def test_a_colour_of_the_readers_own(seen: SimpleNamespace) -> None:
    at = opened(PAGE, way=[TITLES["from_colour"]], **CHEAP)
    assert seen.offered[2]["from_colour"]["baseline"] == (0.502, 0.502, 0.502)
    at.color_picker(key="colour").set_value("#ff8000")
    ran(at)
    assert seen.offered[2]["from_colour"]["baseline"] == (1.0, 0.502, 0.0)


def test_one_channel_takes_a_colours_mean(seen: SimpleNamespace) -> None:
    opened(PAGE, way=[TITLES["from_colour"], TITLES["p1_channels"]], network="digits", picture="digit",
           colour="#ff0000", **CHEAP)  # fmt: skip
    assert seen.offered[2]["from_colour"]["baseline"] == (0.3333,)
    assert controls.colour_of("#ff0000", 3) == (1.0, 0.0, 0.0)


@pytest.mark.parametrize(
    "query",
    [{"way": ["nowhere"], "B": "-3"}, {"at": "7", "tolerance": "x"}, {"colour": "red", "way": [TITLES["from_colour"]]}],
)
def test_bad_links(query: dict) -> None:
    at = opened(PAGE, **{**CHEAP, **query})
    assert not at.error


def test_no_way_and_an_impossible_rule() -> None:
    at = opened(PAGE, **CHEAP)
    at.multiselect(key="way").set_value([])
    ran(at)
    assert any("Choose a way" in i.value for i in at.info)
    at = opened(PAGE, errors="false", B="1", rule="trapezoid")
    assert "B must be at least 2 for the trapezoid rule" in at.error[0].value


def test_this_setting_as_python(seen: SimpleNamespace, tmp_path: Path) -> None:
    ways = [TITLES[name] for name in ("from_colour", "p1_rings", "agi", "from_shot_noise")]
    opened(PAGE, way=ways, colour="#336699", seed="3", **CHEAP)
    settings = the_script_makes_the_same(seen, tmp_path)
    assert set(settings["methods"]) == {"from_colour", "p1_rings", "agi", "from_shot_noise"}
