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
from app.shared import controls, show
from data.drawn import zoo
from data.nets import networks
from tests.app.running import opened, ran, the_script_makes_the_same
from xai_core import figures
from xai_core.path import traces

pytestmark = pytest.mark.usefixtures("fresh")

PAGE = "labs/paths/page.py"
TITLES = {way.name: way.title for way in WAYS}
CHEAP = {"errors": "false", "B": "10"}


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The curves and panels that the page last drew, as numbers."""
    found = SimpleNamespace(panels={}, errors={}, bounds={}, marks={}, pictures={})
    grid, errors, pictures = figures.curve_grid, figures.error_against_steps, show.pictures

    def curve_grid(panels, **how):
        found.panels = panels
        return grid(panels, **how)

    def error_against_steps(lines, bounds=None, **how):
        found.errors, found.bounds, found.marks = lines, bounds, how
        return errors(lines, bounds, **how)

    def panels(given, key, **how):
        found.pictures[key] = given
        pictures(given, key, **how)

    monkeypatch.setattr(figures, "curve_grid", curve_grid)
    monkeypatch.setattr(figures, "error_against_steps", error_against_steps)
    monkeypatch.setattr(show, "pictures", panels)
    return found


def table(at: AppTest) -> dict[str, list[str]]:
    """The page's table of numbers: row → cells."""
    lines = next(m.value for m in at.markdown if "Completeness gap" in m.value).splitlines()
    cells = [[c.strip() for c in line.strip("|").split("|")] for line in lines]
    return {row[0]: row[1:] for row in cells}


def elephant() -> tuple[xai_core.Score, torch.Tensor]:
    x = zoo.draw("elephant", 27).image[None]
    return xai_core.make_score(networks.load("zoo"), x, "predicted"), x


def test_the_numbers_are_those_of_the_trace(drawn: SimpleNamespace) -> None:
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
        panels = drawn.pictures["at_from_black" if column == 0 else "at_uni"]
        so_far = path.attribution(10, until=0.4).sum().item()
        assert panels["A so far"][1] == f"ΣA = {so_far:+.3f} of {path.change().item():+.3f}"
        assert panels["γ(α)"][1] == f"F = {path.confidence([0.4]).item():.3f}"
        assert panels["∇F(γ(α))"][1] == f"length {path.gradient_norm([0.4]).item():.3g}"
        assert panels["γ(α)"][0] == pytest.approx(figures.pixels(path.points([0.4])[0]), abs=1e-6)
    rises = black.confidence([0.0, 1 / 3, 2 / 3, 1.0])[:, 0].diff()
    assert int(rises.argmax()) == 1 and at.success[0].value.startswith("You guessed in the last third: ")


def test_the_scrubber_asks_for_nothing_new(drawn: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    """All stops of α are points of the curves: moving it slices the trace."""
    at = opened(PAGE, **CHEAP)
    before = drawn.pictures["at_uni"]["A so far"][1]
    asked = []
    real = traces.gradient
    monkeypatch.setattr(traces, "gradient", lambda f, x: asked.append(len(x)) or real(f, x))
    at.slider(key="at").set_value(0.86)
    ran(at)
    assert drawn.pictures["at_uni"]["A so far"][1] != before and not asked
    at.slider(key="at").set_value(1.0)
    ran(at)
    said = drawn.pictures["at_from_black"]["A so far"][1].split()
    assert said[2] == table(at)["ΣA"][0] and not asked


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
    at = opened(PAGE, way=[TITLES["from_grey"]], tolerance="10", B="20")
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
    at = opened(PAGE, way=[TITLES["guided_ig"]], B="10")
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


def test_the_line_at_alpha_is_painted_where_alpha_is() -> None:
    """On a sheet whose α runs along known pixels, and on a real one: over the tick of its axis."""
    white = np.full((40, 101, 4), 255, np.uint8)
    marked = show.Sheet(white, [(10.0, 90.0, 6, 18)]).marked(0.5, "#1a1a1a")
    painted = np.argwhere((marked != white).any(2))
    assert set(map(tuple, painted)) == {(row, column) for row in (6, 7, 8, 12, 13, 14) for column in (49, 50)}
    assert (white == 255).all()
    fig = figures.curve_grid({"F": {"a": ([0, 1], [0.2, 0.8])}, "G": {"a": ([0, 1], [0, 1])}}, x="α", columns=1)
    sheet = show.sheet(fig)
    assert len(sheet.axes) == 2
    for ax, (zero, one, top, bottom) in zip(fig.axes, sheet.axes, strict=True):
        assert ax.transData.inverted().transform([(zero, 0), (one, 0)])[:, 0] == pytest.approx([0, 1])
        assert 0 <= top < bottom <= len(sheet.rgba)
    assert sheet.axes[0][3] < sheet.axes[1][2]  # the first panel is above the second
