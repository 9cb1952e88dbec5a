"""Examination and walks: the same numbers as the scores one by one, nothing asked twice, nothing hidden."""

import math

import pytest
import torch

from data.drawn import zoo
from data.nets import networks
from tests.toys import QUICK as LITTLE
from tests.toys import PlainCNN, fingerprint, images, seeded
from xai_core import catalogue, explain, make_baseline, make_score, rank_correlation, trace, uni_baseline
from xai_core.evaluate import (
    SCORES,
    Examination,
    attack_maps,
    deletion,
    ground_truth,
    insertion,
    layers_of,
    mufidelity,
    own_baseline,
    robustness,
    ruined,
    walk,
)  # fmt: skip

QUICK = {
    "integrated_gradients": {"B": 6, "baseline": "blurred"},
    "uni": {"B": 5, "T": 3},
    "blur_ig": {"B": 6, "sigma": 5},
    "guided_ig": {"B": 4},
    "agi": {"B": 4, "T": 3, "K": 2},
    "path_integrated_gradients": {"B": 8, "G": 4},
}
QUICK |= {n: LITTLE[n] for n, row in catalogue().items() if "trace" in row.chain and n not in QUICK}  # later methods


@pytest.fixture(scope="module")
def scene():
    return zoo.draw("elephant", 17)


@pytest.mark.parametrize("method", QUICK)
def test_a_walk_is_the_methods_own_path(method):
    model, x = seeded(PlainCNN), images(1)
    f = make_score(model, x, 2)
    path = walk(f, x, method, **QUICK[method])
    A = explain(model, x, 2, method, **QUICK[method])
    assert torch.allclose(path.map(), A, atol=1e-7) and path.start.shape == x.shape
    starts = path.trace.points([0.0])[0]  # of every path, where there are several
    change = f(x) - torch.cat([f(start[None]) for start in starts]).mean()
    assert path.gap(A) == pytest.approx(abs(float(A.sum() - change)), abs=1e-6)
    if method != "agi":  # here the likeliest other class is predicted from the first: the path stays where it is
        assert -1 <= path.monotonicity() <= 1 and path.curvature() > 0
    assert torch.equal(own_baseline(f, x, method, **QUICK[method]), path.start)


def test_own_baselines():
    model, x = seeded(PlainCNN), images(1)
    f = make_score(model, x, 2)
    assert torch.equal(own_baseline(f, x, "uni", T=3), uni_baseline(f, x, T=3))
    assert torch.equal(own_baseline(f, x, "integrated_gradients", baseline="white"), torch.ones_like(x))
    assert torch.equal(own_baseline(f, x, "deeplift"), torch.zeros_like(x))
    assert own_baseline(f, x, "grad_cam") is None and walk(f, x, "lime") is None
    with pytest.raises(ValueError, match=r"x must be one input \(1, …\), stages are its own; got 2"):
        walk(make_score(model, images(2), 2), images(2), "uni")


def test_every_score_is_the_one_of_its_own_function(scene):
    model, x = networks.load("zoo"), scene.image[None]
    masks = {"animal": scene.animal, "part": scene.part}
    exam = Examination(model, x, "predicted", masks, seed=3, N=40, iterations=2)
    given = {"B": 10, "baseline": "blurred"}
    found = exam.judge("integrated_gradients", **given)
    assert list(found) == list(SCORES)
    f, blurred = make_score(model, x, "predicted"), make_baseline(x, "blurred")
    A = explain(model, x, "predicted", "integrated_gradients", **given)
    expected = {"mufidelity_signed": mufidelity(f, x, A, 40, seed=3).correlation}
    expected["mufidelity"] = expected["mufidelity_signed"].abs()
    expected["mufidelity_blurred"] = mufidelity(f, x, A, 40, reference="blurred", seed=3).correlation.abs()
    for percent in (5, 50):
        expected[f"mufidelity_{percent}"] = mufidelity(f, x, A, 40, share=percent / 100, seed=3).correlation.abs()
    for canvas, ground in (("black", "black"), ("blurred", "blurred"), ("own", blurred)):
        expected[f"deletion_{canvas}"] = deletion(f, x, A, ground, seed=3).auc
        expected[f"insertion_{canvas}"] = insertion(f, x, A, ground, seed=3).auc
    for name, steps in (("attack", 1), ("iterated", 2)):
        attacked = attack_maps(f, x, steps=steps, start=blurred)
        after = robustness(lambda x: explain(model, x, exam.label, "integrated_gradients", **given), attacked)
        expected |= {f"{name}_spearman": after.spearman, f"{name}_intersection": after.intersection}
    path = trace(f, x, "blurred")
    expected |= {"gap": path.gap(A), "monotonicity": path.monotonicity(30), "curvature": path.curvature(30)}
    for B in (1, 15, 30):
        expected[f"stability_{B}"] = rank_correlation(path.attribution(B), path.attribution(300))
    ruin = ruined(model, layers_of(model)[:12], 3)  # of 23
    again = explain(ruin, x, exam.label, "integrated_gradients", **given)
    expected["randomisation"] = rank_correlation(A, again).abs()
    for name, mask in masks.items():
        truth = ground_truth(A, mask)
        expected |= {f"inside_{name}": truth.inside, f"pointing_{name}": truth.pointing}
    assert exam.label == scene.label
    for name, value in expected.items():
        assert found[name] == pytest.approx(float(value), abs=2e-4 if name == "curvature" else 2e-5), name
    expected |= {"answer_x": f(x), "answer_black": f(torch.zeros_like(x))}
    expected |= {"answer_blurred": f(blurred), "answer_own": f(blurred)}
    for name in ("answer_x", "answer_black", "answer_blurred", "answer_own"):
        assert found[name] == pytest.approx(float(expected[name]), abs=2e-5), name
    alone = Examination(model, x, "predicted").judge("integrated_gradients", ("answer_own",), **given)
    assert alone["answer_own"] == pytest.approx(found["answer_own"], abs=2e-5)
    assert set(expected) == set(SCORES)


def test_a_score_alone_is_the_score_among_others_and_what_is_not_there_is_nan(scene):
    x = scene.image[None]
    alone = Examination(networks.load("zoo"), x, 1, N=30).judge("guided_backprop", ("insertion_blurred", "inside_part"))
    all_of_them = Examination(networks.load("zoo"), x, 1, N=30).judge("guided_backprop", tuple(SCORES))
    assert alone["insertion_blurred"] == pytest.approx(all_of_them["insertion_blurred"], abs=1e-6)
    assert math.isnan(alone["inside_part"]) and math.isnan(all_of_them["insertion_own"])
    assert {name for name, value in all_of_them.items() if math.isnan(value)} == {
        "deletion_own", "insertion_own", "answer_own",
        "stability_1", "stability_15", "stability_30", "gap", "monotonicity",
        "curvature", "inside_animal", "inside_part", "pointing_animal", "pointing_part",
    }  # fmt: skip


def test_what_maps_share_is_asked_once():
    model, x, asked = seeded(PlainCNN), images(1), []
    before = fingerprint(model)
    exam = Examination(model, x, 2, N=40, k=50)
    exam.f.model.fc.register_forward_hook(lambda module, inputs, output: asked.append(len(output)))
    for A in (images(1, seed=1), images(1, seed=2), images(1, seed=3)):
        exam.judge_map(A)
    assert sum(asked) == 4 * 41 + 2 + 3 * 4 * 9  # F(x) and 40 subsets of each kind, two canvases, nine pictures a curve
    assert fingerprint(model) == before


@pytest.mark.parametrize(
    ("x", "scores", "says"),
    [
        (images(2), ("gap",), r"x must be one image \(1, C, H, W\); got \(2, 3, 16, 16\)"),
        (images(1), ("gapp",), "scores must be of mufidelity, .*; got 'gapp'"),
    ],
)
def test_mistakes_are_named(x, scores, says):
    with pytest.raises(ValueError, match=says):
        Examination(seeded(PlainCNN), x, 0).judge("uni", scores)


@pytest.mark.parametrize(
    ("own", "got"), [(torch.zeros(1, 3, 8, 8), r"torch.float32, \(1, 3, 8, 8\)"), ("black", "str")]
)
def test_a_canvas_of_ones_own_is_a_picture_like_x(own, got):
    x = images(1)
    with pytest.raises(ValueError, match=rf"own must be a picture like x, \(1, 3, 16, 16\); got {got}"):
        Examination(seeded(PlainCNN), x, 0).judge_map(x, ("deletion_own",), own)
