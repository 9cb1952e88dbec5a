"""The page Scoreboard: its numbers are those of the core, scrubbing asks nothing, any link opens."""

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
from PIL import Image
from skimage.filters import sobel
from streamlit.testing.v1 import AppTest

import xai_core
from app.labs.scoreboard import compute, points
from app.labs.scoreboard.compute import EDGES, RANDOM, Candidate, Entry
from app.shared import networks, show, take_away
from app.shared.film import player
from app.shared.film.frames import Curves, Film
from app.shared.film.reel import reel
from app.shared.pictures import Picture, open_picture
from app.shared.stages import Question
from data.drawn import zoo
from data.nets import networks as shipped
from tests.app.running import opened as opened_at
from tests.app.running import ran, unpacked
from xai_core import evaluate, figures, rank_correlation
from xai_core.evaluate import Examination, own_baseline

PAGE = "labs/scoreboard/page.py"
FEW = {"candidate": ["Integrated Gradients", "UNI", EDGES], "B": "3", "T": "2"}
FAST = {"candidate": ["Simple gradient", EDGES]}
DIGIT = {"network": "digits", "picture": "digit", "number": "3"}
_dot = BytesIO()
Image.new("RGB", (1, 1)).save(_dot, "PNG")
DOT = _dot.getvalue()


@pytest.fixture(scope="module")
def core() -> SimpleNamespace:
    """The first picture and its maps, made by the core alone."""
    scene = zoo.draw("elephant", 27)
    model, x = shipped.load("zoo"), scene.image[None]
    exam = Examination(model, x, "predicted", {"animal": scene.animal, "part": scene.part})
    edges = torch.from_numpy(sobel(x[0].double().mean(0).numpy())).to(x)
    maps = {
        "Integrated Gradients": xai_core.explain(model, x, exam.label, "integrated_gradients", B=3),
        "UNI": xai_core.explain(model, x, exam.label, "uni", B=3, T=2),
        EDGES: (edges / 3).expand(1, 3, 64, 64),
    }
    f = xai_core.make_score(model, x, exam.label)
    own = {"Integrated Gradients": own_baseline(f, x, "integrated_gradients"), "UNI": own_baseline(f, x, "uni", T=2)}
    judged = {title: exam.judge_map(A, own=own.get(title)) for title, A in maps.items()}
    return SimpleNamespace(scene=scene, model=model, x=x, exam=exam, maps=maps, own=own, judged=judged)


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """What the page last drew and offered, as values; figures are not painted, which would be most of the work."""
    drawn = SimpleNamespace(maps={}, panels={}, files=None, found=None)
    real = show.maps, show.pictures, take_away.offer_files, points.dotted

    def maps(image: torch.Tensor, attributions: dict, captions: dict, failures: dict, **how: Any) -> None:
        drawn.maps, drawn.words, drawn.failures = attributions, captions, failures
        real[0](image, attributions, captions, failures, **how)

    def pictures(panels: dict, key: str, side: int = 448) -> None:
        drawn.panels[key] = panels
        real[1](panels, key, side)

    def offer_files(*files: Any, **how: Any) -> None:
        drawn.files = files
        real[2](*files, **how)

    def dotted(found: dict, *rest: Any) -> Any:
        drawn.found = found
        return real[3](found, *rest)

    head = player.head

    def told(film: Film, *given: Any) -> dict[str, Any]:
        drawn.film = film
        return head(film, *given)

    monkeypatch.setattr(player, "head", told)
    monkeypatch.setattr(player, "curves", lambda *_: Curves(DOT, ((0.0, 1.0, 0.0, 1.0),)))
    monkeypatch.setattr(show, "_png", lambda fig: DOT)
    monkeypatch.setattr(show, "sheet", lambda fig: show.Sheet(np.zeros((9, 9, 4), np.uint8), [(1, 7, 1, 8)]))
    monkeypatch.setattr(show, "maps", maps)
    monkeypatch.setattr(show, "pictures", pictures)
    monkeypatch.setattr(take_away, "offer_files", offer_files)
    monkeypatch.setattr(points, "dotted", dotted)
    return drawn


def played(seen: SimpleNamespace, k: int) -> dict[str, tuple[Any, str]]:
    """What the film shows after k steps: title → (picture or sentence, words)."""
    packed = reel(seen.film.id).expose(seen.film, k)
    head, shown = unpacked(packed)
    words = [panel["caption"] for panel in head["panels"]]
    return {panel.title: pair for panel, pair in zip(seen.film.panels, zip(shown, words, strict=True), strict=True)}


opened = partial(opened_at, PAGE)
slow = partial(pytest.param, marks=pytest.mark.slow)


def table(at: AppTest, head: str) -> dict[str, list[str]]:
    """A table's rows by their first cell, without the marks of bold and italics."""
    lines = next(m.value for m in at.markdown if m.value.startswith(f"| {head} |")).splitlines()
    rows = [[cell.strip() for cell in line.strip("|").replace("\\|", "¦").split("|")] for line in lines]
    return {row[0].strip("*").replace("¦", "|"): row[1:] for row in rows}


def bold(row: list[str]) -> list[bool]:
    return [cell.startswith("**") for cell in row]


def under(pair: np.ndarray) -> np.ndarray:
    """The lower of two pictures, one on the other."""
    return pair[len(pair) // 2 :]


def shown(x: float) -> str:
    return f"{x:.2f}" if np.isfinite(x) else "none"


# --- deletion and insertion -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("game", ["insertion", "deletion"])
def test_the_curves_are_those_of_the_core(game: str, seen: SimpleNamespace, core: SimpleNamespace) -> None:
    at = opened(**FEW, game=game, canvas="black")
    rows = table(at, "AUC")
    for title in FEW["candidate"]:
        torch.testing.assert_close(seen.maps[title], core.maps[title], rtol=1e-4, atol=1e-6)
        expected = [core.judged[title][f"{game}_{canvas}"] for canvas in ("black", "blurred", "own")]
        assert [cell.strip("*") for cell in rows[title]] == [shown(x) for x in expected]
        assert seen.words[title] == f"AUC {shown(expected[0])}"
    play = getattr(evaluate, game)
    curve = play(core.exam.f, core.x, core.maps["UNI"], "black", 10)
    panels = played(seen, 3)
    assert panels["UNI"][1] == f"F = {float(curve.scores[0, 3]):.3f}" and panels["curves"][0] == [0.3]
    assert under(panels["UNI"][0]) == pytest.approx(show.figures.pixels(curve.picture(3)), abs=0.51 / 255)
    bare = float(core.exam.f(torch.zeros_like(core.x)))
    assert panels["black, bare"][1] == f"F = {bare:.3f}" and not seen.film.panels[0].still.any()
    assert rows["F of the bare canvas"][0] == f"*{bare:.2f}*"


def test_the_canvas_flips_the_ranking() -> None:
    """The page's first view: three canvases, and no candidate wins on all of them."""
    at = opened(believed="Guided backprop")
    rows = table(at, "AUC")
    winners = [{t for t in rows if bold(rows[t])[c]} for c in range(3)]
    assert winners == [{"Guided backprop"}, {"UNI", EDGES}, {"UNI"}]
    assert at.success[0].value == "You guessed Guided backprop: best on black, not on blurred."
    assert rows[EDGES][2] == "none"  # it compares the picture with nothing


def test_scrubbing_asks_the_network_nothing(seen: SimpleNamespace, core: SimpleNamespace) -> None:
    st.cache_resource.clear()
    at = opened(**FEW, canvas="blurred", step="0")
    assert any(c.value.startswith("Just now: ") for c in at.caption)
    curve = evaluate.insertion(core.exam.f, core.x, core.maps[EDGES], "blurred", 10)
    for k in (4, 10):
        at.query_params["step"] = str(k)
        ran(at)
        assert any(c.value == "Read from the cache." for c in at.caption)
        assert played(seen, k)[EDGES][1] == f"F = {float(curve.scores[0, k]):.3f}"
    assert np.allclose(
        under(played(seen, 10)[EDGES][0]), show.figures.pixels(core.x), atol=0.51 / 255
    )  # all pixels are back
    at.segmented_control(key="canvas").set_value("own")
    ran(at)
    assert any(c.value == "Read from the cache." for c in at.caption)


def test_own_canvases(seen: SimpleNamespace, core: SimpleNamespace) -> None:
    opened(**FEW, canvas="own", step="0")
    panels = played(seen, 0)
    assert np.allclose(under(panels["UNI"][0]), show.figures.pixels(core.own["UNI"]), atol=0.51 / 255)
    bare = float(core.exam.f(core.own["UNI"]))
    assert panels["UNI"][1] == f"F = {bare:.3f}, bare x′ {bare:.3f}"
    assert panels["the picture"][1] == f"F(x) = {float(core.exam.f(core.x)):.3f}"
    assert "no canvas of its own" in panels[EDGES][0]
    at = opened(**FAST, canvas="own")
    assert "None of these has a baseline of its own" in at.info[0].value


def test_epsilon_moves_unis_own_canvas() -> None:
    at = opened(candidate="UNI", B="3", T="2", eps="0.1", canvas="own", budgets="true")
    said = next(m.value for m in at.markdown if m.value.startswith("On its own baseline UNI gets"))
    x = zoo.draw("elephant", 27).image[None]
    f = xai_core.make_score(shipped.load("zoo"), x, "predicted")
    A = xai_core.uni(f, x, B=3, T=2, eps=0.1)
    start = own_baseline(f, x, "uni", T=2, eps=0.1)
    assert f"At ε = 0.1 the bare canvas has {float(f(start)):.2f} " in said
    assert table(at, "AUC")["UNI"][2].strip("*") == shown(float(evaluate.insertion(f, x, A, start, 10).auc))


# --- the other judges -------------------------------------------------------------------------------------------------


def test_mufidelity(seen: SimpleNamespace, core: SimpleNamespace) -> None:
    at = opened(**FEW, judge="MuFidelity", subsets="50", subset_share="0.4", subset_reference="blurred", subset="7")
    for title, A in core.maps.items():
        expected = evaluate.mufidelity(core.exam.f, core.x, A, 50, 0.4, reference="blurred")
        torch.testing.assert_close(seen.found[title].sums, expected.sums, rtol=1e-3, atol=1e-5)
        torch.testing.assert_close(seen.found[title].changes, expected.changes, rtol=1e-3, atol=1e-5)
        assert seen.words[title] == f"r = {float(expected.correlation):.2f}"
    change = float(expected.changes[0, 6])
    (said,) = (words for _, words in seen.panels["subset"].values())
    assert said == f"F = {float(core.exam.f(core.x)) - change:.3f}, lost {change:+.3f}"
    at.number_input(key="subset").set_value(8)
    ran(at)
    (said,) = (words for _, words in seen.panels["subset"].values())
    assert said.endswith(f"lost {float(expected.changes[0, 7]):+.3f}")
    assert any(c.value == "Read from the cache." for c in at.caption)


def test_one_dot_is_ringed() -> None:
    sums, changes = torch.tensor([[0.0, 1.0, 2.0]]), torch.tensor([[0.0, 0.5, 1.0]])
    found = {"a": evaluate.MuFidelity(torch.tensor([1.0]), sums, changes)}
    dots = points.dotted(found, "black", "light")
    rgba = dots.ringed(1)
    (column, row), (above_column, above_row) = dots.at[0, 1], dots.at[0, 2]
    assert above_column > column and above_row < row  # larger sums to the right, larger losses above
    changed = np.argwhere((rgba != dots.sheet.rgba).any(2))
    assert np.abs(np.hypot(*(changed - (row, column)).T) - 10).max() < 2 and len(changed) > 100
    assert dots.sheet.rgba[round(row), round(column), 3] > 0  # there is a dot in its middle


def test_ground_truth(seen: SimpleNamespace, core: SimpleNamespace) -> None:
    at = opened(**FEW, judge="Ground truth")
    rows = table(at, "")
    assert rows[""] == [
        "inside the elephant", "inside the trunk", "points at the elephant", "points at the trunk",
    ]  # fmt: skip
    for title, each in core.judged.items():
        wanted = ("inside_animal", "inside_part", "pointing_animal", "pointing_part")
        assert [cell.strip("*") for cell in rows[title]] == [shown(each[name]) for name in wanted]
    area = [float(mask.double().mean()) for mask in (core.scene.animal, core.scene.part)]
    assert rows["by chance"] == [shown(a) for a in area * 2]


def test_the_mean_over_scenes(seen: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compute, "SCENES", 3)
    at = opened(**FAST, judge="Ground truth", animal="cat", target="cat", scenes="true")
    scenes = [zoo.draw("cat", n) for n in range(3)]
    x, model = torch.stack([s.image for s in scenes]), shipped.load("zoo")
    A = xai_core.explain(model, x, 0, "simple_gradient")
    expected = []
    for masks in ([s.animal for s in scenes], [s.part for s in scenes]):
        truth = evaluate.ground_truth(A, torch.stack(masks))
        expected.append((float(truth.inside.mean()), float(truth.pointing.mean())))
    (animal, part), cells = expected, table(at, "mean of 3 scenes")["Simple gradient"]
    assert [c.strip("*") for c in cells] == [shown(v) for v in (animal[0], part[0], animal[1], part[1])]


def test_the_snow_is_part_of_the_truth(seen: SimpleNamespace) -> None:
    at = opened(**FAST, judge="Ground truth", network="husky_wolf", picture="husky or wolf", canine="husky",
                snow="true")  # fmt: skip
    assert "inside the snow" in table(at, "")[""] and any("every wolf stood on snow" in m.value for m in at.markdown)


def test_no_truth_is_a_sentence() -> None:
    at = opened(**FAST, **DIGIT, judge="Ground truth")
    assert "Nobody knows which pixels of this picture" in at.info[0].value


def test_ruins(seen: SimpleNamespace, core: SimpleNamespace) -> None:
    at = opened(candidate=["Guided backprop", EDGES], judge="Network in ruins", ruin="3")
    found = evaluate.randomisation(
        core.model, lambda network: xai_core.explain(network, core.x, core.exam.label, "guided_backprop"), depths=8
    )
    rows = table(at, "ρ with so many layers in ruins")
    assert rows["Guided backprop"] == [shown(float(rho)) for rho in found.spearman[1:, 0]]
    assert set(rows[EDGES]) == {"1.00"}  # they do not look at the network
    layers = evaluate.layers_of(core.model)
    with torch.no_grad():
        p = evaluate.ruined(core.model, layers[:3])(core.x).softmax(1)[0]
    assert any(m.value == f"With every layer in ruins still above ρ = ½: **{EDGES}**." for m in at.markdown)
    film = seen.film
    depths = [stop.value for stop in film.slider.stops]
    assert depths[0] == 0 and depths[-1] == len(layers) and film.slider.stops[depths.index(3)].words.endswith(layers[2])
    packed = [unpacked(reel(film.id).expose(film, depths.index(depth))) for depth in (0, 3)]
    (trained, same), (ruined, shuffled) = packed
    assert same[1] == pytest.approx(same[4]) and trained["panels"][4]["caption"] == "ρ = 1.00"  # as it was trained
    panels = ruined["panels"]
    assert f"elephant {float(p[core.exam.label]):.1%}" in panels[3]["caption"]
    assert (
        panels[4]["caption"] == f"ρ = {rows['Guided backprop'][0]}" and ruined["number"] == rows["Guided backprop"][0]
    )
    A = xai_core.explain(evaluate.ruined(core.model, layers[:3]), core.x, core.exam.label, "guided_backprop")
    own, (scale,) = figures.pixel_map(A), film.scales()
    own = (own / np.abs(own).sum()).clip(-scale.top, scale.top)
    np.testing.assert_allclose(shuffled[4] / 127 * scale.top, own, atol=scale.top / 127)
    assert shuffled[-1] == [3.0]  # the mark on the curves


def test_attack(seen: SimpleNamespace, core: SimpleNamespace) -> None:
    at = opened(candidate=["Simple gradient", RANDOM], judge="Attack", attack_eps="4")
    f = xai_core.make_score(core.model, core.x, core.exam.label)
    attacked = evaluate.attack_maps(f, core.x, 4 / 255)
    after = evaluate.robustness(lambda x: xai_core.explain(core.model, x, core.exam.label, "simple_gradient"), attacked)
    row = table(at, "")["Simple gradient"]
    assert row[:2] == [shown(float(after.spearman)), shown(float(after.intersection))]
    assert table(at, "")[RANDOM] == [*["1.00"] * 4, "4.0"]  # numbers by lot look at nothing
    moved = seen.panels["attacked"]["for Simple gradient"]
    assert np.array_equal(moved[0], show.figures.pixels(attacked.moved)) and "at most 4.0/255" in moved[1]


def test_all_scores(seen: SimpleNamespace, core: SimpleNamespace) -> None:
    at = opened(**FEW, judge="All scores")
    rows = table(at, "")
    for name in ("mufidelity", "insertion_blurred", "deletion_own", "inside_animal", "pointing_part"):
        cells = rows[evaluate.SCORES[name].title][1:]
        assert [cell.strip("*") for cell in cells] == [shown(core.judged[t][name]) for t in FEW["candidate"]], name
    A = core.maps["Integrated Gradients"]
    half = evaluate.ruined(core.model, evaluate.layers_of(core.model)[:12])
    again = xai_core.explain(half, core.x, core.exam.label, "integrated_gradients", B=3)
    assert rows["|ρ|, half in ruins"][1].strip("*") == shown(abs(float(rank_correlation(A, again))))


# --- what is no explanation, and who is best --------------------------------------------------------------------------


def test_edges_and_random_numbers() -> None:
    x = zoo.draw("cat", 1).image[None]
    edges = compute.drawn(x, Candidate("edges", EDGES, {"seed": 0}))
    np.testing.assert_allclose(edges.sum(1)[0], sobel(x[0].double().mean(0).numpy()), atol=1e-6)
    first, again, other = (compute.drawn(x, Candidate("random", RANDOM, {"seed": s})) for s in (1, 1, 2))
    assert torch.equal(first, again) and not torch.equal(first, other) and first.shape == x.shape
    assert compute.drawn(x[:, :1], Candidate("edges", EDGES)).shape == (1, 1, 64, 64)


def test_best() -> None:
    assert compute.best({"a": 0.501, "b": 0.499, "c": 0.3}, 1.0) == ["a", "b"]  # equal as they are shown
    assert compute.best({"a": 0.5, "b": float("nan"), "c": 0.3}, 0.0) == ["c"]
    assert compute.best({"a": 1.0, "b": 1.0}, 1.0) == [] and compute.best({}, 1.0) == []
    assert compute.best({"a": 0.4}, 1.0) == ["a"]


def test_the_candidate_is_part_of_the_key() -> None:
    """Else one reader would see another's curve."""
    network, picture = networks.describe("digits"), Picture("digit", number=1)
    x = open_picture(picture, network).x
    q = Question(network, picture, 0, "probability", x)
    entries = [Entry(c, compute.drawn(x, c), None)
               for c in (Candidate("random", RANDOM, {"seed": s}) for s in range(2))]  # fmt: skip
    first, second = (compute.curves(q, "deletion", e.candidate, e)["black"] for e in entries)
    assert not torch.equal(first.exchange.order, second.exchange.order)
    expected = evaluate.deletion(xai_core.make_score(shipped.load("digits"), x, 0), x, entries[1].A, "black", 10)
    torch.testing.assert_close(second.scores, expected.scores, rtol=1e-4, atol=1e-6)


# --- networks, links, failures ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("judge", ["Deletion and insertion", "MuFidelity", "Network in ruins", "Attack", "All scores"])
def test_a_network_of_one_channel(judge: str, films: dict[str, Film]) -> None:
    """Painted, too."""
    titles = ["Gradient × input", "UNI", RANDOM]
    at = opened(**DIGIT, judge=judge, candidate=titles, B="2", T="2", ruin="2")
    assert not at.error and not at.warning and not at.toast
    if judge == "Network in ruins":
        panels = films["ruin"].panels
        assert [panel.title for panel in panels[1:4]] == [panel.title for panel in panels[5:8]] == titles
    else:
        assert all(any(m.value.startswith(f"**{title}**") for m in at.markdown) for title in titles)


def test_a_method_that_does_not_fit_is_a_sentence(seen: SimpleNamespace) -> None:
    opened(**DIGIT, candidate=["CAM", EDGES])
    assert list(seen.maps) == [EDGES] and "CAM" in seen.failures
    opened(**DIGIT, candidate="CAM")
    assert not seen.maps and "CAM" in seen.failures


def test_no_candidate() -> None:
    at = opened(**FAST)
    at.multiselect(key="candidate").set_value([])
    ran(at)
    assert at.info[0].value == "Choose a candidate above."


def test_another_choice_forgets_the_guess_of_one_who_left(seen: SimpleNamespace) -> None:
    at = opened(**FAST, believed="Simple gradient")
    assert len(at.success) == 1
    at.multiselect(key="candidate").set_value([EDGES])
    ran(at)
    assert not at.success and list(seen.maps) == [EDGES]


@pytest.mark.parametrize(
    ("query", "ignored"),
    [
        ({}, {"judge": "beauty", "game": "chess", "canvas": "pink", "step": "11", "believed": "UNI"}),
        ({"judge": "MuFidelity"}, {"subset": "201", "subset_share": "2", "subsets": "1", "candidate": "magic"}),
        ({"judge": "Network in ruins"}, {"ruin": "23", "all_depths": "perhaps"}),
        ({"judge": "Attack"}, {"attack_eps": "0", "attack_steps": "many"}),
    ],
    ids=["curves", "points", "ruins", "attack"],
)
def test_a_bad_link_opens_the_usual_setting(
    query: dict[str, str], ignored: dict[str, str], seen: SimpleNamespace
) -> None:
    at = opened(**{**FAST, **DIGIT, **query, **ignored})
    assert not at.error and (seen.maps or seen.film)
    (toast,) = at.toast
    assert sum(f"`{name}={word}`" in toast.value for name, word in ignored.items()) == min(len(ignored), 4)  # are named


def test_an_upload(seen: SimpleNamespace) -> None:
    file = BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (70, 90, 3), dtype=np.uint8)).save(file, "PNG")
    at = opened(**FAST, picture="upload")
    assert not seen.maps
    at.file_uploader[0].upload("mine.png", file.getvalue(), "image/png")
    ran(at)
    assert seen.maps[EDGES].any() and "mine.png" in seen.files[0]


# --- take away --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ({**FEW, "canvas": "own", "game": "deletion"}, "deletion, own: uni"),
        slow({"judge": "MuFidelity", "candidate": ["Simple gradient", RANDOM], "subsets": "50"}, "MuFidelity: random"),
        slow({**FAST, "judge": "Ground truth"}, "inside part: edges"),
        slow({"judge": "Attack", **FAST}, "attack: simple_gradient"),
        slow({"judge": "Network in ruins", **FAST}, "ruins: simple_gradient"),
        ({**DIGIT, **FAST, "judge": "All scores"}, ""),
    ],
    ids=["curves", "points", "truth", "attack", "ruins", "all"],
)  # fmt: skip
def test_this_setting_as_python_makes_the_same_numbers(
    query: dict[str, Any], says: str, seen: SimpleNamespace, tmp_path: Path, capsys: pytest.CaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    opened(**query)
    script, png, npz = seen.files
    assert png().startswith(b"\x89PNG")
    taken = np.load(BytesIO(npz()))
    settings = json.loads(str(taken["settings"]))
    capsys.readouterr()
    monkeypatch.chdir(tmp_path)
    exec(compile(script, "this_setting.py", "exec"), {"__name__": "__main__"})
    printed = capsys.readouterr().out
    made = np.load(tmp_path / "scoreboard.npz")
    assert set(made) == set(taken) - {"settings"}
    for name in made:
        np.testing.assert_allclose(made[name], taken[name], rtol=1e-4, atol=1e-6)
    line = next((line for line in printed.splitlines() if line.startswith(says)), "")
    numbers = settings["numbers"]
    expected = {
        "deletion, own: uni": lambda: numbers["deletion_own"]["UNI"],
        "MuFidelity: random": lambda: numbers["r"][RANDOM],
        "inside part: edges": lambda: numbers["inside the trunk"][EDGES],
        "attack: simple_gradient": lambda: numbers["rho"]["Simple gradient"],
        "ruins: simple_gradient": lambda: [*numbers["rho of Simple gradient"].values()],
    }
    if says:
        got = json.loads(line.removeprefix(says).strip().split(",")[0]) if "[" not in line else json.loads(
            line.removeprefix(says).strip())  # fmt: skip
        assert got == pytest.approx(expected[says](), abs=2e-4)


def test_the_link_holds_every_setting(seen: SimpleNamespace) -> None:
    at = opened(**FAST, game="deletion", canvas="black", step="7", believed=EDGES)
    link = next(c.value for c in at.code if "candidate=" in c.value)
    for part in ("game=deletion", "canvas=black", "step=7", "candidate=Simple+gradient", "believed="):
        assert part in link


def test_masks_are_those_of_the_scene(core: SimpleNamespace) -> None:
    network = networks.describe("zoo")
    known = compute.masks(open_picture(Picture("toy zoo", "elephant", 27), network))
    assert list(known) == ["the elephant", "the trunk"]
    assert torch.equal(known["the elephant"], core.scene.animal) and torch.equal(known["the trunk"], core.scene.part)
    assert compute.masks(open_picture(Picture("digit"), networks.describe("digits"))) == {}
