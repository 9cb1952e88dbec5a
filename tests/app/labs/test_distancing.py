"""The page Distancing: report, maps and regions are the core's, α and rule ask nothing, the script makes them again."""

import io
import json
import math
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import streamlit as st
import torch

import xai_core
from app.labs.distancing import compute, drift, pairs, views
from app.labs.distancing import files as distancing_files
from app.labs.distancing import report as distancing_report
from app.labs.distancing.compute import Reading
from app.labs.distancing.pairs import Pair
from app.shared import show, take_away
from app.shared.film.frames import Film
from app.shared.film.reel import reel
from app.shared.meter import measured
from app.shared.pictures import Picture
from data.drawn import zoo
from data.nets import held_apart, networks
from tests.app.running import opened, ran, unpacked
from xai_core import figures
from xai_core.figures import distancing

PAGE = "labs/distancing/page.py"
NETWORKS, CLUES, ROWS = "All networks", "Least activated", "Several methods"
CATS = Pair("zoo", ("cat", "dog"))
COUNT = 32  # scenes: enough where only the bookkeeping is looked at


@pytest.fixture(scope="module", autouse=True)
def few(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Few scenes and short training, in a cache of our own; what is ready stays so from test to test."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pairs, "SCENES", COUNT)
        patch.setattr(pairs, "NEW_SCENES", 16)
        patch.setattr(pairs, "EPOCHS", 1)
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        st.cache_resource.clear()
        st.cache_data.clear()
        yield
    st.cache_resource.clear()
    st.cache_data.clear()


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """What the page hands to its figures, tables and buttons, as values; nothing is painted."""
    found = SimpleNamespace(surviving=None, hulls=[], rows=None, drifting=None, how={}, panels={}, files=None)
    empty = distancing.figure(1, 1)

    def surviving(image: Any, maps: dict, kept: dict, *rest: Any) -> Any:
        found.surviving = (image, maps, kept)
        return empty

    def hulls(images: Any, regions: dict, captions: list, **how: Any) -> Any:
        found.hulls.append((images, regions, captions))
        return empty

    def rows(images: Any, maps: dict, *rest: Any) -> Any:
        found.rows = (images, maps, rest[0])
        return empty

    def drifting(logits: dict, labels: Any, names: Any, **how: Any) -> Any:
        found.drifting, found.how = (logits, labels, names), how
        return empty

    real = show.pictures, take_away.offer_files

    def pictures(panels: dict, key: str, **how: Any) -> None:
        found.panels[key] = panels
        real[0](panels, key, **how)

    def offer(*files: Any, **how: Any) -> None:
        found.files = files
        real[1](*files, **how)

    for name, function in {
        "surviving": surviving,
        "hulls": hulls,
        "original_and_gad": rows,
        "drifting": drifting,
    }.items():
        monkeypatch.setattr(distancing, name, function)
    monkeypatch.setattr(drift, "painted", lambda *_: [np.full((4, 5, 3), k / 5) for k in range(5)])
    monkeypatch.setattr(show, "pictures", pictures)
    monkeypatch.setattr(take_away, "offer_files", offer)
    show._painted.clear()
    return found


@pytest.fixture(scope="module")
def core() -> SimpleNamespace:
    """The same from the core's functions alone."""
    model, (X, labels, *_) = networks.load("zoo"), zoo.batch(COUNT, 1, ("cat", "dog"))
    supports = [xai_core.as_support(model, held_apart.load(α), X, labels, (0, 1), α) for α in held_apart.ALPHAS]
    x = zoo.draw("cat", 0).image[None]
    return SimpleNamespace(model=model, X=X, labels=labels, supports=supports, x=x, twice=x.repeat(2, 1, 1, 1))


def found_by_core(core: SimpleNamespace, method: str = "simple_gradient", apart: int = 8, **how: Any) -> Any:
    supports = [s for s in core.supports if s.alpha[0] <= apart]
    return xai_core.gad(core.model, supports, core.twice, torch.tensor([0, 1]), method, **how)


def table(at: Any, first: str) -> list[list[str]]:
    """The cells of the table whose head begins with this word."""
    text = next(m.value for m in at.markdown if m.value.startswith(f"| {first} "))
    return [[cell.strip(" *") for cell in line.strip("|").split("|")] for line in text.splitlines()]


# --- the shipped pair -------------------------------------------------------------------------------------------------


def test_the_first_look(drawn: SimpleNamespace, core: SimpleNamespace) -> None:
    at = opened(PAGE, agreed="about half", tab=NETWORKS)
    assert not at.error and not at.toast and not at.button
    # the report, a row an α
    lines = table(at, "α")[2:]
    for α, line, support in zip(held_apart.ALPHAS, lines, core.supports, strict=True):
        r = support.report
        assert line == [f"{α}", *(f"{x:.0%}" for x in r.reached), f"{r.before:.2f} → {r.after:.3f}",
                        *(f"{min(row):.2f}" for row in r.order), f"{r.elsewhere:.2f}"]  # fmt: skip
    warned = [w.value.split(":")[0] for w in at.warning]
    assert warned == [f"α = {α}" for α, s in zip(held_apart.ALPHAS, core.supports, strict=True)
                      if min(s.report.reached) < 0.9 or min(map(min, s.report.order)) < 0.8]  # fmt: skip
    assert "α = 8" in warned and "α = 2" not in warned
    # Figure 1: every network's own logits
    logits, labels, names = drawn.drifting
    assert list(logits) == [0, 2, 4, 6, 8] and names == ("cat", "dog") and torch.equal(labels, core.labels)
    for L, each in zip(logits.values(), [core.model, *(s.model for s in core.supports)], strict=True):
        torch.testing.assert_close(L, each(core.X)[:, :2], rtol=1e-4, atol=1e-4)
    # Figure 3
    expected = found_by_core(core)
    image, maps, kept = drawn.surviving
    assert torch.equal(image, core.x) and list(maps["dog"]) == [f"α = {α}" for α in (0, 2, 4, 6, 8)]
    for i, name in enumerate(("cat", "dog")):
        torch.testing.assert_close(torch.stack([*maps[name].values()]), expected.maps[:, i], rtol=1e-3, atol=1e-6)
        assert torch.equal(kept[name] != 0, expected.A[i] != 0)
    left = table(at, "left")[2:]
    assert [line[1:-1] for line in left] == [[f"{v:.1%}" for v in expected.left[:, i]] for i in (0, 1)]
    assert [line[-1] for line in left] == ["3.1%", "3.1%"]  # a half, five times
    shares = [f"**{float(expected.left[-1, i] / expected.left[0, i]):.0%}**" for i in (0, 1)]
    assert all(share in at.success[0].value for share in shares) and "guessed about half" in at.success[0].value


def test_a_frame_is_what_survives_at_its_alpha(
    drawn: SimpleNamespace, core: SimpleNamespace, films: dict[str, Film]
) -> None:
    opened(PAGE, share_top="0.2", apart="4")
    film, expected = films["apart"], found_by_core(core, apart=4, share=0.2)
    assert [stop.value for stop in film.slider.stops] == [0, *held_apart.ALPHAS]
    stop = [0, *held_apart.ALPHAS].index(4)
    head, (_, clouds, *maps) = unpacked(reel(film.id).expose(film, stop))
    assert clouds == pytest.approx(np.full((4, 5, 3), stop / 5), abs=0.01)
    top = film.scales()[0].top
    for i in (0, 1):
        for seen, A in zip(maps[2 * i : 2 * i + 2], (expected.maps[-1, i], expected.A[i]), strict=True):
            whole = figures.pixel_map(A) / top * 127
            np.testing.assert_allclose(seen, whole.clip(-127, 127), atol=0.7)
        assert f"{float(expected.left[-1, i]):.1%} of the pixels" in head["panels"][3 + 2 * i]["caption"]
    assert head["number"] == f"{float(expected.left[-1, 0]):.1%}" and film.number == "of the pixels survive, for cat"


def test_the_clouds_are_the_panels_of_figure_1() -> None:
    """Each is a panel of its own, as large as the others; at α = 0 there are no arrows yet."""
    kit = pairs.kit_of(CATS)
    found = drift._painted.__wrapped__(CATS, "light", kit.scenes)
    shapes = {panel.shape for panel in found}
    assert len(found) == 5 and max(h for h, *_ in shapes) - min(h for h, *_ in shapes) <= 1
    assert all(panel.min() >= 0 and panel.max() <= 1 and (panel < 0.9).any() for panel in found)
    assert not np.array_equal(found[0][:200, :200], found[4][:200, :200])


def test_regions_and_their_scores(drawn: SimpleNamespace, core: SimpleNamespace) -> None:
    at = opened(PAGE, share_top="0.1", apart="4")
    expected = found_by_core(core, apart=4, share=0.1)
    cells = table(at, "")
    _, regions, captions = drawn.hulls[0]
    assert captions == ["for cat", "for dog"] and list(regions) == ["Simple gradient"]
    original, gad = regions["Simple gradient"]
    assert torch.equal(original, expected.masks[0][:, 0]) and torch.equal(gad, expected.masks.all(0)[:, 0])
    for i in (0, 1):
        rc = xai_core.complexity(gad[i], original[i])
        f = xai_core.make_score(core.model, core.x, i, "logit")
        covers = torch.stack([xai_core.hull(gad[i]).mask, xai_core.supplementary(original[i], gad[i])])
        rs = 100 * xai_core.sensitivity(f, core.x, covers[None])[0]
        sizes = ", ".join(f"{int(cover.sum())}" for cover in covers)
        assert rc <= 1 and [row[1 + i] for row in cells[2:]] == [*(f"{v:.2f}" for v in (rc, *rs.tolist())), sizes]
        said = next(m.value for m in at.markdown if m.value.startswith(f"**{('cat', 'dog')[i]}**: the region"))
        assert ("as the paper expects" in said) == bool(rs[0] > rs[1]) and f"{rc:.0%} as large" in said


def test_alpha_rule_and_threshold_ask_the_networks_nothing(drawn: SimpleNamespace, core: SimpleNamespace) -> None:
    at = opened(PAGE, base="Gradient × input", tab=NETWORKS)
    assert any("10 gradients" in c.value for c in at.caption)  # 5 networks, 2 classes
    with measured() as cost:
        five = compute.maps(CATS, (Picture("toy zoo", "cat", 0),) * 2, (0, 1), "gradient_x_input", None)
    assert cost.passes == 0
    at.query_params["apart"] = "2"
    at.selectbox(key="join").set_value("minimum")
    at.selectbox(key="important").set_value("above")
    ran(at)
    assert any("α, rule and threshold ask the networks nothing" in c.value for c in at.caption)
    expected = found_by_core(core, "gradient_x_input", 2, join="minimum", important="above")
    for i, name in enumerate(("cat", "dog")):
        torch.testing.assert_close(drawn.surviving[2][name], expected.A[i], rtol=1e-3, atol=1e-6)
    assert not at.warning  # α = 8 takes no part
    reading = Reading(0, "gradient_x_input", None, "minimum", "top", 1.0)
    assert torch.equal(reading.read(five).A, five[0])  # the base method alone


def test_integrated_gradients_have_their_steps(drawn: SimpleNamespace, core: SimpleNamespace) -> None:
    at = opened(PAGE, base="Integrated Gradients", B="3", apart="2", tab=NETWORKS)
    assert any("30 gradients" in c.value for c in at.caption)
    expected = found_by_core(core, "integrated_gradients", 2, B=3)
    torch.testing.assert_close(drawn.surviving[1]["cat"]["α = 2"], expected.maps[1, 0], rtol=1e-3, atol=1e-6)
    assert not [s for s in opened(PAGE).slider if s.key == "B"]  # the gradient has none


def test_the_least_activated(drawn: SimpleNamespace, core: SimpleNamespace, films: dict[str, Film]) -> None:
    of = {"pair_picture": "least activated", "of_cat_dog": "dog", "least": "2"}
    opened(PAGE, **of, outlines="true", tab=CLUES)
    dogs = (core.labels == 1).nonzero()[:, 0]
    with torch.no_grad():
        logits = core.model(core.X)
    rows = dogs[logits[dogs, 1].argsort()[:5]]
    assert np.array_equal(films["apart"].ground, figures.pixels(core.X[rows[1]]))
    captions = [words for _, words in drawn.panels["clues"].values()]
    assert captions == [f"cat {logits[i, 0]:.1f}, dog {logits[i, 1]:.1f}" for i in rows]
    images, regions, _ = drawn.hulls[1]
    assert torch.equal(images, core.X[rows])
    expected = xai_core.gad(core.model, core.supports, images, 1, "simple_gradient")
    original, gad = regions["Simple gradient"]
    assert (original == expected.masks[0][:, 0]).float().mean() > 0.999
    assert (gad == expected.masks.all(0)[:, 0]).float().mean() > 0.999


def test_rows_and_new_scenes(drawn: SimpleNamespace, core: SimpleNamespace) -> None:
    at = opened(PAGE, rows="true", rows_of=["Grad-CAM"], scene="7", tab=ROWS)
    images, maps, captions = drawn.rows
    assert captions == ["cat 7", "cat 8", "dog 7", "dog 8"] and list(maps) == ["Grad-CAM"]
    assert torch.equal(images[3], zoo.draw("dog", 8).image)
    expected = xai_core.gad(core.model, core.supports, images, torch.tensor([0, 0, 1, 1]), "grad_cam")
    for mine, theirs in zip(maps["Grad-CAM"], (expected.maps[0], expected.A), strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-3, atol=1e-5)
    at = opened(PAGE, spread_of="new scenes", tab=NETWORKS)
    new = zoo.batch(16, 2, ("cat", "dog"))
    torch.testing.assert_close(drawn.drifting[0][0.0], core.model(new[0])[:, :2], rtol=1e-4, atol=1e-4)
    assert not at.error


def test_nothing_left_is_a_sentence(drawn: SimpleNamespace) -> None:
    at = opened(PAGE, important="above", share_above="1.0", tab=NETWORKS)  # nothing is above the maximum
    assert [i.value.split(":")[0] for i in at.info if i.value.startswith("For")] == [
        "For cat nothing is left",
        "For dog nothing is left",
    ]
    assert [row[1:] for row in table(at, "")[2:]] == [["none", "none"]] * 3 + [["0, 0", "0, 0"]]
    assert any("no region" in m.value for m in at.markdown)


def test_the_sentences_about_rc_and_rs() -> None:
    said = views.judged
    assert "no region" in said("cat", 0.0, math.nan, 0.1) and "two hulls are one" in said("cat", 1.0, 0.2, math.nan)
    assert "a point or a line" in said("cat", 0.0, 0.2, 0.1) and "a point or a line" in said("cat", math.nan, 0.2, 0.1)
    assert "80% as large" in said("cat", 0.8, 0.2, 0.1) and "as the paper expects" in said("cat", 0.8, 0.2, 0.1)
    assert "the paper expects more" in said("cat", 0.8, 0.1, 0.1)


def test_what_the_report_complains_of() -> None:
    report = SimpleNamespace(reached=(0.89, 0.95), order=((0.9, math.nan), (0.95, 0.79)))
    assert distancing_report.complaints(CATS, report) == [
        "cat reached only 89% of it", "within dog the order is kept to 0.79 only",
    ]  # fmt: skip
    fine = SimpleNamespace(reached=(0.9, math.nan), order=((0.8, math.nan), (math.nan, math.nan)))
    assert distancing_report.complaints(CATS, fine) == []


def test_bad_links(films: dict[str, Film]) -> None:
    at = opened(PAGE, apart="3", base="LIME", scene="-1", least="9", join="all")
    assert len(at.toast) == 1 and not at.error and films["apart"]
    at = opened(PAGE, class_a_zoo="dog")
    assert "Choose another one beside dog" in at.info[0].value and not at.exception


# --- other pairs ------------------------------------------------------------------------------------------------------


def test_a_pair_is_trained_once(films: dict[str, Film]) -> None:
    at = opened(PAGE, class_a_zoo="lion", class_b_zoo="rabbit", apart="2")
    pair = Pair("zoo", ("rabbit", "lion"))  # in the network's order
    assert not films and "rabbit and lion" in at.info[0].value
    at.button[0].click()
    ran(at)
    assert films["apart"] and not at.button
    files = sorted(pair.folder.iterdir())
    assert len(files) == 4 and "_rabbit_lion" in pair.folder.name
    kit = pairs.ready(pair)
    X, labels, *_ = zoo.batch(COUNT, 1, pair.names)
    again = xai_core.support_network(networks.load("zoo"), X, labels, (2, 3), 2, epochs=1, rate=4e-4)
    torch.testing.assert_close(kit.networks[1](X), again.model(X), rtol=1e-4, atol=1e-4)
    assert kit.reports[0].reached == pytest.approx(again.report.reached, abs=1e-4)
    pairs._shelf.clear()  # a new start of the app
    steps: list[int] = []
    found = pairs.prepare(pair, lambda done, total: steps.append(done))
    assert len(steps) == 4 and torch.equal(found.networks[4](X), kit.networks[4](X))  # read, not trained
    assert sorted(pair.folder.iterdir()) == files


def test_two_readers_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    pair, made, waited, results = Pair("husky_wolf", ("husky", "wolf")), [], threading.Event(), []

    def make(pair: Pair, tell: Any) -> str:
        made.append(pair)
        assert waited.wait(20)  # until the other one has asked, too
        return "kit"

    monkeypatch.setattr(pairs, "_make", make)
    readers = [threading.Thread(target=lambda: results.append(pairs.prepare(pair, wait=waited.set))) for _ in "ab"]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join(30)
    assert made == [pair] and results == ["kit", "kit"]
    pairs._shelf.clear()


def test_scenes_are_those_that_the_network_learned_from() -> None:
    pictures, X, labels = pairs._drawn(Pair("husky_wolf", ("husky", "wolf")), 6, 1)
    images, truth, *_ = zoo.husky_wolf(6, 1)
    assert torch.equal(X, images) and torch.equal(labels, truth)
    assert [p.snow for p in pictures] == [bool(y) for y in truth]  # every wolf on snow, no husky
    assert set(pairs.network_names()) >= {"zoo", "husky_wolf"}
    assert not {"digits", "mnist"} & set(pairs.network_names())


# --- take away --------------------------------------------------------------------------------------------------------


def test_take_away(
    drawn: SimpleNamespace, core: SimpleNamespace, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(PAGE, apart="2", join="minimum", base="Guided backprop", share_top="0.3")
    script, png, npz = drawn.files
    assert png().startswith(b"\x89PNG")
    given = np.load(io.BytesIO(npz()))
    settings = json.loads(str(given["settings"]))
    assert (settings["join"], settings["share"], settings["classes"]) == ("minimum", 0.3, ["cat", "dog"])
    monkeypatch.chdir(tmp_path)
    exec(compile(script, "this_setting.py", "exec"), {"__name__": "__main__"})
    made = np.load(tmp_path / "gad.npz")
    for name in ("x", "gad", "maps", "masks"):
        assert np.allclose(made[name], given[name], atol=1e-5), name
    assert (tmp_path / "gad.png").exists()
    trained = Pair("zoo", ("rabbit", "lion"))
    other = distancing_files.python(
        trained, trained.picture("lion", 3), Reading(4, "uni", 10, "intersection", "top", 0.5)
    )
    compile(other, "other.py", "exec")
    assert "support_networks(" in other and "[2, 4], epochs=1, rate=0.0004" in other and "B=10" in other
