"""The app, page by page, without a browser: what a slider computes, what a link restores, what bad input does."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Annotated, Any

import numpy as np
import pytest
import torch
from torch import Tensor

import xai_core
from app.shared import controls, links, networks, show, stages, subject
from app.shared.meter import Cost, measured, watched
from app.shared.pictures import Picture, open_picture
from data.nets import networks as shipped
from data.nets import pretrained
from tests.app.running import metrics, opened, png, ran, the_script_makes_the_same
from xai_core import catalogue, methods
from xai_core.symbols import Symbol

pytestmark = pytest.mark.usefixtures("fresh")

PAGES = ("labs/saturation/page.py", "labs/unlearning/page.py")


FEW = {"N_lime": "50"}  # masks for LIME: as good as 1000 where only the bookkeeping is looked at
PATHS = {"method": ["Integrated Gradients", "UNI"]}


# --- what a slider computes -------------------------------------------------------------------------------------------


def test_the_first_page_explains_a_prediction(seen: SimpleNamespace) -> None:
    at = opened(**FEW)
    assert set(seen.maps) == {"Simple gradient", "Integrated Gradients", "UNI", "LIME"}
    assert not seen.failures and not at.error and not at.warning
    assert all(A.shape == seen.image.shape and A.any() for A in seen.maps.values())
    assert seen.captions["Simple gradient"].startswith("1 gradient,")
    assert "15 gradients, 1 forward" in seen.captions["Integrated Gradients"]
    assert "50 forwards" in seen.captions["LIME"] and "local R²" in seen.captions["LIME"]


def test_every_path_method_shows_its_gap(seen: SimpleNamespace) -> None:
    """The number is that of the map on the page, and the map is that of explain."""
    names = [m.name for m in catalogue().values() if m.family == "path"]
    assert len(names) == 6
    small = {"B_guided_ig": "20", "B_blur_ig": "20", "K_agi": "3", "T_agi": "5"}
    for some in (names[:3], names[3:]):
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
    assert "80 forwards" in seen.captions["KernelSHAP"] and "80 forwards" in seen.captions["RISE"]
    assert f"{7 * 7 + 1} forwards" in seen.captions["Occlusion"]  # (64 − 16) / 8 + 1 windows a side, and x itself
    about, found, given, _ = seen.offered
    for name, arguments in given.items():
        A = xai_core.explain(shipped.load("zoo"), about.opened.x, about.target, name, **arguments)
        torch.testing.assert_close(found[name].A, A, rtol=1e-4, atol=1e-6)
    f = xai_core.make_score(shipped.load("zoo"), about.opened.x, about.target)
    labels = xai_core.superpixels(about.opened.x)
    values = torch.stack([found["kernel_shap"].A[0].sum(0)[labels == j].mean() for j in labels.unique()])
    change = xai_core.score.forward(f, torch.cat([about.opened.x, torch.full_like(about.opened.x, 0.5)]))
    assert float(values.sum()) == pytest.approx(float(change[0] - change[1]), abs=1e-4)  # efficiency, on the page
    at.slider(key="opacity").set_value(0.5)
    ran(at)
    assert all("0 passes, read from the cache" in words for words in seen.captions.values())


def test_windows_and_samples_that_cannot_be_are_sentences(seen: SimpleNamespace) -> None:
    opened(method=["Occlusion", "Simple gradient"], window="4", stride="9")
    assert "stride must be at most the window, 4" in seen.failures["Occlusion"] and "Simple gradient" in seen.maps


def test_K_never_asks_the_network(seen: SimpleNamespace) -> None:
    at = opened(**FEW)
    before = seen.maps["LIME"]
    at.slider(key="K").set_value(3)
    ran(at)
    assert all("0 passes, read from the cache" in words for words in seen.captions.values())
    assert not torch.equal(before, seen.maps["LIME"])
    assert len(seen.maps["LIME"].unique()) <= 4  # three features and the rest


def test_B_asks_only_for_new_points(seen: SimpleNamespace) -> None:
    at = opened(**PATHS)
    # Every k/15 and k/10 is a point of k/30; of k/20 the odd k are not, and those are ten.
    for B, spent in (("30", "15 gradients,"), ("15", "0 passes"), ("10", "0 passes"), ("20", "10 gradients,")):
        at.select_slider(key="B").set_value(B)
        ran(at)
        assert all(spent in words for words in seen.captions.values()), (B, seen.captions)


def test_drawing_computes_nothing(seen: SimpleNamespace) -> None:
    at = opened(**PATHS)
    at.slider(key="opacity").set_value(0.5)
    at.button_group(key="scale").set_value("own")
    ran(at)
    assert all("0 passes" in words for words in seen.captions.values())
    assert (seen.how["opacity"], seen.how["scale"]) == (0.5, "own")


def test_two_readers_share_one_computation(seen: SimpleNamespace) -> None:
    opened(**PATHS)
    opened(**PATHS)
    assert all("0 passes, read from the cache" in words for words in seen.captions.values())


def test_eight_threads_compute_once_and_alike() -> None:
    network = networks.describe("zoo")
    x = open_picture(subject.START, network).x
    q = stages.Question(network, subject.START, 4, "probability", x)

    def one(B: int) -> tuple[Cost, Tensor]:
        with measured() as cost:
            given = {"baseline": "black", "B": B, "rule": "right", "seed": 0, "output": "probability"}
            A = stages.explanation(q, "integrated_gradients", given).A
        return cost, A

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(one, [10] * 8))
    assert sum(cost.gradients for cost, _ in answers) == 10
    assert all(torch.equal(A, answers[0][1]) for _, A in answers)


def test_passes_are_counted_in_pictures() -> None:
    f = watched(xai_core.make_score(shipped.load("zoo"), torch.rand(3, 3, 64, 64), "predicted"))
    x = torch.rand(3, 3, 64, 64)
    with measured() as outer:
        with measured() as cost:
            xai_core.score.gradient(f, x)
        assert (cost.forwards, cost.gradients) == (0, 3)
        with measured() as cost:
            xai_core.score.forward(f, x)
        assert (cost.forwards, cost.gradients) == (3, 0)
        with measured() as cost:
            xai_core.uni(f.rows(torch.tensor([0])), x[:1], B=5, T=4)
        assert cost.gradients == 1 + 1 + 4 + 5  # in the weights, for the rule of ε, matching, the path
    assert outer.gradients == 3 + 11
    assert Cost(1, 15).words() == "15 gradients, 1 forward"


# --- controls made from symbols ---------------------------------------------------------------------------------------


def test_every_symbol_and_choice_has_a_control() -> None:
    made = controls.controls()
    for name, method in xai_core.catalogue().items():
        mine = {c.name: c for c in made if name in c.methods}
        assert set(mine) == {*method.symbols, *method.options}
        for symbol, declared in {**method.symbols, **method.options}.items():
            assert mine[symbol].declared.default == declared.default
    assert len({c.key for c in made}) == len(made)


def test_a_new_symbol_of_a_new_method_appears_by_itself(monkeypatch: pytest.MonkeyPatch, seen: SimpleNamespace) -> None:
    waves = Annotated[int, Symbol("Q", "Q", "number of waves", "waves", low=1, high=9, step=1, least=1, whole=True)]

    def wave(f: Any, x: Tensor, Q: waves = 4) -> Tensor:  # type: ignore[valid-type]
        return torch.full_like(x, Q)

    rows = catalogue() | {"wave": methods.Method(wave, "Wave", "none", "nobody")}
    monkeypatch.setattr(methods, "_rows", lambda: rows)
    at = opened(method="Wave")
    assert float(seen.maps["Wave"].max()) == 4
    at.slider(key="Q_wave").set_value(7)
    ran(at)
    assert float(seen.maps["Wave"].max()) == 7


# --- links ------------------------------------------------------------------------------------------------------------


def test_a_link_restores_the_same_maps(seen: SimpleNamespace) -> None:
    at = opened(**PATHS)
    at.select_slider(key="B").set_value("20")
    at.select_slider(key="eps").set_value("2")
    at.selectbox(key="rule").set_value("midpoint")
    at.selectbox(key="baseline").set_value("white")
    at.selectbox(key="animal").set_value("frog")
    at.selectbox(key="target").set_value("cat")
    ran(at)
    first = dict(seen.maps)
    # What a browser then has in its address (it writes it; see test_browser.py).
    opened(**PATHS, B="20", eps="2", rule="midpoint", baseline="white", animal="frog", target="cat")
    assert first.keys() == seen.maps.keys()
    assert all(torch.equal(A, seen.maps[name]) for name, A in first.items())


def test_a_link_may_ask_for_numbers_between_the_stops(seen: SimpleNamespace) -> None:
    at = opened(**PATHS, B="37", eps="1.234")
    assert (at.select_slider(key="B").value, at.select_slider(key="eps").value) == ("37", "1.234")
    assert "37 gradients" in seen.captions["Integrated Gradients"]


@pytest.mark.parametrize(
    "query",
    [
        {"B": "banana"}, {"B": "-3"}, {"B": "1000000000"}, {"B": "nan"}, {"B": "1.5"}, {"eps": "-1"}, {"eps": "inf"},
        {"method": "foo"}, {"network": "foo"}, {"picture": "foo"}, {"target": "unicorn"}, {"number": "-1"},
        {"number": "9" * 30}, {"seed": "x"}, {"opacity": "7"}, {"scale": "huge"}, {"K": "0"},
        {"snow": "maybe", "picture": "husky or wolf"},
        {"N_lime": "1e9"}, {"guess": "<script>"},
    ],
    ids=str,
)  # fmt: skip
def test_a_bad_link_opens_the_usual_setting(query: dict[str, str], seen: SimpleNamespace) -> None:
    at = opened(**{**FEW, "method": ["Integrated Gradients", "UNI", "LIME"], **query})
    assert not at.error and seen.maps
    name = next(iter(query))
    assert any(f"`{name}=" in toast.value for toast in at.toast)


def test_a_parameter_that_nobody_knows_changes_nothing(seen: SimpleNamespace) -> None:
    at = opened(method="Simple gradient", nonsense="<script>")
    assert seen.maps and not at.error and not at.toast


def test_a_good_link_opens_without_a_note() -> None:
    at = opened(**PATHS, B="15", eps="by rule", number="27", target="cat", opacity="0.5")
    assert not at.toast


def test_settings_go_along_to_the_next_page_and_back(seen: SimpleNamespace) -> None:
    at = opened(method="UNI", animal="frog")
    at.select_slider(key="B").set_value("20")
    ran(at)
    at.switch_page("labs/unlearning/page.py")
    ran(at)
    assert at.select_slider(key="B").value == "20" and at.selectbox(key="animal").value == "frog"
    at.select_slider(key="B").set_value("10")
    ran(at)
    at.switch_page("labs/explain/page.py")
    ran(at)
    assert at.select_slider(key="B").value == "10" and at.multiselect(key="method").value == ["UNI"]
    assert not at.warning


def test_the_link_to_copy_holds_every_setting() -> None:
    at = opened(**PATHS, B="20")
    assert any(
        "method=Integrated+Gradients" in c.value and "method=UNI" in c.value and "B=20" in c.value for c in at.code
    ), [c.value for c in at.code if "?" in c.value]


def test_same() -> None:
    assert links._is(15, ["15"]) and links._is(["UNI", "LIME"], ["UNI", "LIME"]) and links._is(True, ["true"])
    assert not links._is(15, ["banana"]) and not links._is(None, ["x"]) and not links._is(["UNI"], ["UNI", "LIME"])


# --- networks and pictures --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [n for n in networks.names() if n in shipped.SHIPPED])
@pytest.mark.parametrize("picture", [
    Picture("toy zoo", "cat", 3), Picture("husky or wolf", "wolf", 3, True), Picture("digit", number=5),
    Picture("photograph", "coffee"), Picture("warbler or sparrow", "sparrow", 3),
], ids=lambda p: p.kind)  # fmt: skip
def test_every_shipped_network_takes_every_picture(name: str, picture: Picture) -> None:
    network = networks.describe(name)
    shown = open_picture(picture, network)
    assert shown.x.shape == (1, network.channels, network.size, network.size)
    assert shown.x.min() >= 0 and shown.x.max() <= 1
    probabilities = stages.predictions(network, picture, shown.x)
    assert len(probabilities) == len(networks.classes(name))
    torch.testing.assert_close(probabilities.sum(), torch.tensor(1.0))
    assert all(mask.shape == shown.x.shape[2:] for mask in shown.parts.values())


def test_another_network_brings_its_own_kind_of_picture(seen: SimpleNamespace) -> None:
    at = opened(method="Simple gradient", target="cat")
    at.selectbox(key="network").set_value("digits")
    ran(at)
    assert at.selectbox(key="picture").value == "digit" and seen.image.shape == (1, 1, 8, 8)
    assert at.selectbox(key="target").value == subject.PREDICTED


def test_a_network_that_is_not_here_offers_a_download(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, seen: SimpleNamespace
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr(pretrained.urllib.request, "urlopen", _no_network)
    at = opened(network="resnet18")
    assert "47 MB" in at.info[0].value and not seen.maps
    at.button[0].click()
    ran(at)
    assert "could not be downloaded" in at.error[0].value
    at.selectbox(key="network").set_value("digits")
    ran(at)
    assert seen.maps


def _no_network(*args: Any, **kwargs: Any) -> None:
    raise OSError("no route to host")


def test_a_pretrained_network_explains_a_photograph(monkeypatch: pytest.MonkeyPatch, seen: SimpleNamespace) -> None:
    random = pretrained.load("squeezenet1_1", weights=False)
    monkeypatch.setattr(pretrained, "is_available", lambda name: name == "squeezenet1_1")
    monkeypatch.setattr(pretrained, "load", lambda name: random)
    opened(network="squeezenet1_1", method=["Simple gradient", "Integrated Gradients"], photo="cat", B="3")
    assert seen.image.shape == (1, 3, 224, 224) and set(seen.maps) == {"Simple gradient", "Integrated Gradients"}


def test_an_upload_is_explained_and_stays_on_the_next_page(seen: SimpleNamespace) -> None:
    at = opened(picture="upload", method="Simple gradient")
    assert any("Choose a file" in info.value for info in at.info)
    at.file_uploader[0].upload("mine.png", png(), "image/png")
    ran(at)
    mine = seen.image
    assert not at.error and seen.offered[0].picture.name == "mine.png"
    at.switch_page("labs/unlearning/page.py")
    ran(at)
    assert torch.equal(mine, seen.image)


@pytest.mark.parametrize(
    "junk",
    [
        b"",
        b"not a picture",
        b"GIF89a" + bytes(50),
        png()[:-200],
        png()[:40],
        b"\x89PNG\r\n\x1a\n" + bytes(100),
        b"<svg/>",
    ],
    ids=["empty", "text", "gif", "cut short", "header", "no chunks", "svg"],
)
def test_a_bad_upload_is_one_sentence(junk: bytes, seen: SimpleNamespace) -> None:
    at = opened(picture="upload", method="Simple gradient")
    at.file_uploader[0].upload("junk.png", junk, "image/png")
    ran(at)
    assert len(at.error) == 1 and "junk.png" in at.error[0].value and "Traceback" not in at.error[0].value
    assert seen.maps["Simple gradient"].any()


# --- errors stay where they belong ------------------------------------------------------------------------------------


def test_one_method_that_cannot_leaves_the_others(seen: SimpleNamespace) -> None:
    at = opened(network="digits", picture="digit", method=["CAM", "Simple gradient"])
    assert "global average pooling" in seen.failures["CAM"] and seen.maps.keys() == {"Simple gradient"}
    assert [w.value for w in at.warning] == [seen.failures["CAM"]]


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


# --- the other pages --------------------------------------------------------------------------------------------------


def test_saturation_by_hand() -> None:
    at = opened("labs/saturation/page.py", slope="0.5")
    m = metrics(at)
    assert (m["f(x)"], m["Gradient at x"], m["f(x) − f(x′)"]) == ("1", "0", "1")
    # Right rule, B = 15, from 0 to 2: the slope is 2 at α = k/15 < 1/2, k = 1…7, so IG = 7 · 2/15.
    assert m["Integrated Gradients"] == f"{14 / 15:.3g}" and m["Completeness gap"] == f"{1 / 15:.2g}"
    assert "You guessed 0.5" in at.success[0].value
    at.slider(key="x").set_value(0.5)
    ran(at)
    assert metrics(at)["Gradient at x"] == "1" and metrics(at)["Integrated Gradients"] == "0.5"


def test_the_elephants_gradient_fades_and_integrated_gradients_stays() -> None:
    at = opened("labs/saturation/page.py", trunk="0.35")
    steep = metrics(at)
    at.select_slider(key="trunk").set_value(1.0)
    ran(at)
    long = metrics(at)
    fading = "Gradient on the trunk, of its largest"
    assert float(steep[fading].strip("%")) > 5 * float(long[fading].strip("%"))
    assert float(long["Confidence"]) > 0.9 and float(long["Integrated Gradients on the trunk"]) > 0.5


def test_unlearning_shows_its_three_stages(seen: SimpleNamespace) -> None:
    at = opened("labs/unlearning/page.py", change="visibly")
    assert [m.value.split("·")[0] for m in at.markdown if m.value.startswith("####")] == [
        "#### 1 ",
        "#### 2 ",
        "#### 3 ",
    ]
    assert set(seen.maps) == {"UNI", "Integrated Gradients from black"}
    assert "You guessed visibly" in at.success[0].value
    at.select_slider(key="eps").set_value("0.056")
    ran(at)
    assert any("ε = 0.056 (chosen by hand)" in m.value for m in at.markdown)


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(
    "query", [{"B": "banana"}, {"trunk": "9", "x": "wide", "start": "-7"}, {"T": "0", "eta": "-1"}]
)
def test_bad_links_to_the_other_pages(page: str, query: dict[str, str]) -> None:
    at = opened(page, **query)
    assert not at.error


def test_settings_of_unlearning_are_those_of_explain(seen: SimpleNamespace) -> None:
    opened("labs/unlearning/page.py", eps="2", B="20")
    there = seen.maps["UNI"]
    opened(method="UNI", eps="2", B="20")
    assert torch.equal(there, seen.maps["UNI"])
    assert "0 passes" in seen.captions["UNI"]


# --- take away --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "query",
    [
        {"method": ["Integrated Gradients", "UNI", "LIME", "SmoothGrad"], "B": "10", "eps": "2", **FEW},
        {"network": "digits", "picture": "photograph", "photo": "horse", "method": ["Grad-CAM", "Gradient × input"]},
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


def test_saturation_as_python(seen: SimpleNamespace, tmp_path: Path) -> None:
    opened("labs/saturation/page.py", trunk="0.35", number="3", B="10", x="1.5")
    settings = the_script_makes_the_same(seen, tmp_path)
    assert settings == {"x": 1.5, "start": 0.0, "B": 10, "scene": 3, "trunk": 0.35}


def test_pixels_stay_crisp() -> None:
    rgb = np.zeros((8, 8, 3))
    rgb[0, 0] = 1
    big = show.crisp(rgb)
    assert big.shape == (448, 448, 3) and big[:56, :56].min() == 255 and big.sum() == 56 * 56 * 3 * 255
