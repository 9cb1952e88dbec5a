"""The page Classes: its maps and numbers are the core's, K asks the network nothing, its script makes them again."""

import io
import json
from types import SimpleNamespace

import numpy as np
import pytest
import torch

import xai_core
from app.labs.classes import compute, sp_lime
from app.labs.classes.compute import Setting
from app.shared import show, take_away
from app.shared.meter import measured
from data.nets import networks
from data.pictures import digits
from tests.app.running import metrics, opened
from tests.fresh import run as run_script
from xai_core.classwide import class_maps
from xai_core.figures import classes

pytestmark = pytest.mark.usefixtures("fresh")

PAGE, PICK = "labs/classes/page.py", "SP-LIME"
FEW = {"many_digits": "40", "samples_digits": "50", "length": "6", "off": "grey"}
SETTING = Setting("digits 8 × 8", 40, 50, "grey", 0, 6, 0.25)


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """What the page last drew and offered, as values."""
    drawn = SimpleNamespace(panels={}, picked=None, files=None)
    pictures, picked, offer = show.pictures, classes.picked, take_away.offer_files

    def panels(given, key, **how):
        drawn.panels[key] = given
        pictures(given, key, **how)

    def pick(images, captions, theme="light"):
        drawn.picked = captions
        return picked(images, captions, theme)

    def files(*given, **how):
        drawn.files = given
        offer(*given, **how)

    monkeypatch.setattr(show, "pictures", panels)
    monkeypatch.setattr(classes, "picked", pick)
    monkeypatch.setattr(take_away, "offer_files", files)
    return drawn


@pytest.fixture(scope="module")
def core() -> SimpleNamespace:
    """The same from the core's functions alone."""
    images = digits.train_test().test_images
    X, others = images[:40], images[400:599]
    f = xai_core.make_score(networks.load("digits"), X, "predicted")
    local = xai_core.local_weights(f, X, N=50, K=6, segments="pixels", fill="grey")
    maps = {y: class_maps.class_maps(f, X, local, y, N=50, fill="grey") for y in (3, 9)}
    return SimpleNamespace(X=X, others=others, f=f, local=local, maps=maps, named=f.outputs(others).argmax(1))


def test_the_maps_and_their_numbers_are_those_of_the_core(seen: SimpleNamespace, core: SimpleNamespace) -> None:
    at = opened(PAGE, best_map="random", **FEW)
    assert not at.error and not at.warning and not at.toast
    kept = {}
    for y in (3, 9):
        panels = seen.panels[f"six_{y}"]
        assert list(panels) == list(class_maps.METHODS)
        for name, (rgb, words) in panels.items():
            A = core.maps[y][name]
            assert np.allclose(rgb, classes.darkened(A, core.local.segments), atol=1e-4)
            kept[y, name] = float(class_maps.kept(core.f, core.others, core.named, y, A, core.local.segments,
                                                  fill="grey").mean())  # fmt: skip
            alike = class_maps.likeness(A, core.X[core.local.labels == y], core.local.segments)
            said = [float(word.strip("*,")) for word in words.split() if word.strip("*,-")[:1].isdigit()]
            assert said == pytest.approx([kept[y, name], alike], abs=0.0051)
    best = max(class_maps.METHODS, key=lambda name: kept[3, name])
    assert f"**{best}** keeps 3 best, {kept[3, best]:.2f}" in at.success[0].value
    assert at.success[0].value.startswith("You guessed random: ")
    assert f"and random {kept[3, 'random']:.2f}." in at.success[0].value
    assert [*metrics(at).values()] == [f"{kept[3, best]:.2f}"] and next(iter(metrics(at))).startswith("of 3 is kept by")
    rows = next(m.value for m in at.markdown if m.value.startswith("| kept |")).splitlines()[2:]
    assert rows == [f"| {y} | " + " | ".join(f"{kept[y, name]:.2f}" for name in class_maps.METHODS) + " |"
                    for y in (3, 9)]  # fmt: skip


def test_what_a_map_keeps_is_told_after_a_guess(seen: SimpleNamespace, core: SimpleNamespace) -> None:
    at = opened(PAGE, **FEW)
    alike = class_maps.likeness(core.maps[3]["NormLIME"], core.X[core.local.labels == 3], core.local.segments)
    assert [*metrics(at).values()] == [f"{alike:.2f}"] and not at.success
    assert not any("kept" in words for _, words in seen.panels["six_3"].values())
    assert any("your guess" in each.value for each in at.info)


def test_the_pick_is_sp_limes(seen: SimpleNamespace, core: SimpleNamespace) -> None:
    at = opened(PAGE, pick="3", tab=PICK, **FEW)
    picked = xai_core.submodular_pick(core.local.weights, 3)
    assert seen.picked == [f"no. {i}: {core.local.labels[i]}" for i in picked]
    share = xai_core.coverage(core.local.weights, picked) / float(xai_core.sp_importance(core.local.weights).sum())
    assert any(f"After 3: **{share:.0%}** covered" in m.value for m in at.markdown)


def test_k_and_sigma_ask_nothing_and_more_pictures_only_for_the_new_ones(core: SimpleNamespace) -> None:
    with measured() as first:
        W = compute.weights(SETTING).weights
    assert first.forwards == 40 * 50 and torch.equal(W, core.local.weights)
    with measured() as again:
        assert int((compute.weights(Setting(*[*vars(SETTING).values()][:5], 3, 0.5)).weights != 0).sum()) == 3 * 40
    assert again.passes == 0
    with measured() as more:
        compute.weights(Setting("digits 8 × 8", 60, 50, "grey", 0, 6, 0.25))
    assert more.forwards == 20 * 50


def test_another_class_asks_for_its_own_averages_alone(core: SimpleNamespace) -> None:
    local = compute.weights(SETTING)
    compute.maps(SETTING, local, 3)
    with measured() as cost:
        compute.maps(Setting(*[*vars(SETTING).values()][:5], 9, 0.25), local, 3)  # another K: nothing
    assert cost.passes == 0
    assert compute.maps(SETTING, local, 99) == {}


@pytest.mark.parametrize("kind", ["posts", "iris"])
def test_posts_and_tables(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sp_lime, "ROWS", 12)
    at = opened(PAGE, look_at=kind, pick="4", tab=PICK, **FEW)
    named = sp_lime.named(kind)
    picked = xai_core.submodular_pick(named.local.weights, 4)
    titles = [e.label for e in at.expander if e.label.startswith(("post", "row"))]
    assert [t.split(":")[0] for t in titles] == [named.titles[i] for i in picked]
    assert any(named.what in m.value for m in at.markdown)
    top = next(iter(sp_lime.strongest(named.local.weights[picked[0]], named.local.names, 1)))
    assert top in titles[0]
    if kind == "posts":  # the header that leaks is what this classifier reads
        S = xai_core.class_normlime(named.local.weights, named.local.labels, 0)
        assert {"NNTP", "Posting", "Host"} == set(sp_lime.strongest(S, named.local.names, 3))


def test_the_zoo_says_where_its_weight_lies(monkeypatch: pytest.MonkeyPatch) -> None:
    small = compute.Source("zoo", "square of an 8 × 8 grid", 20, 20, (20, 50), ("elephant",))
    monkeypatch.setitem(compute.SOURCES, "toy zoo", small)
    at = opened(PAGE, crowd="toy zoo", length="6", tab="One explanation")
    assert not at.error
    said = next(m.value for m in at.markdown if "Single explanations of elephant" in m.value)
    shares = [int(word.rstrip("%")) for word in said.replace("**", "").split() if word.endswith("%")]
    assert len(shares) == 4 and shares[0] > shares[1] and shares[2] > shares[3]  # more than the fair share


def test_a_class_nobody_is_taken_for_and_a_link_that_cannot_be(core: SimpleNamespace) -> None:
    few = {**FEW, "many_digits": "20"}
    missing = sorted(set(range(10)) - set(core.local.labels[:20].tolist()))
    at = opened(PAGE, of_class=[str(missing[0]), "3"] if missing else ["3"], **few)
    assert len(at.warning) == bool(missing)
    at = opened(PAGE, crowd="no such", look_at="nothing", tab=PICK, **FEW)
    assert len(at.toast) == 1 and not at.error


def test_mnist_where_it_is_not(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setenv("XAI_DATA_HOME", str(tmp_path))
    at = opened(PAGE, crowd="MNIST 28 × 28")
    assert "MNIST is not in" in at.info[0].value and not at.error


@pytest.mark.slow  # everything that the page computes, once more
def test_take_away(seen: SimpleNamespace, core: SimpleNamespace, tmp_path) -> None:
    opened(PAGE, **FEW)
    script, png, npz = seen.files
    assert png().startswith(b"\x89PNG")
    given = np.load(io.BytesIO(npz()))
    assert np.allclose(given["W"], core.local.weights) and json.loads(str(given["settings"]))["K"] == 6
    (tmp_path / "script.py").write_text(script)
    done = run_script(tmp_path / "script.py", tmp_path, 300)
    assert done.returncode == 0, done.stderr
    made = np.load(tmp_path / "classes.npz")
    for name in ("W", "labels", "3: NormLIME", "9: VarGrad", "9: KernelSHAP"):
        assert np.allclose(made[name], given[name], atol=1e-5)
