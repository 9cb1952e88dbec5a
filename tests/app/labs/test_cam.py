"""The page CAM: its numbers are those of the core; zeros, layers, two animals and the table are explained."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

import xai_core
from app.labs.cam import compute
from app.labs.cam import table as cam_table
from app.labs.cam import two_animals as cam_two
from app.shared import show
from app.shared.film.reel import reel
from data.drawn import two_animals, zoo
from data.nets import networks
from tests.app.running import opened, unpacked
from xai_core import figures

pytestmark = pytest.mark.usefixtures("fresh")

PAGE = "labs/cam/page.py"


@pytest.fixture
def panels(monkeypatch: pytest.MonkeyPatch) -> dict:
    """The maps that the page last drew."""
    found, real = {}, show.maps

    def maps(x, attributions, captions, failures, *, key="maps", **how):
        found[key] = (attributions, captions, failures)
        real(x, attributions, captions, failures, key=key, **how)

    monkeypatch.setattr(show, "maps", maps)
    monkeypatch.setattr(cam_two, "SCENES", 4)
    return found


def test_the_maps_are_those_of_the_core(panels: dict, seen: SimpleNamespace) -> None:
    at = opened(PAGE, layer="blocks.1", depth="an early layer")
    x, model = zoo.draw("elephant", 27).image[None], networks.load("zoo")
    f = xai_core.make_score(model, x, "predicted", "logit")
    maps, captions, failures = seen.now.maps, seen.now.captions, seen.now.failures
    assert not failures
    expected = {"CAM": xai_core.cam(f, x), "Grad-CAM, enlarged": xai_core.grad_cam(f, x, "blocks.1")}
    for name, map_ in expected.items():
        torch.testing.assert_close(maps[name].sum(1, keepdim=True), map_, rtol=1e-4, atol=1e-6)
    torch.testing.assert_close(
        maps["Guided Grad-CAM"], xai_core.guided_grad_cam(f, x, "blocks.1"), rtol=1e-4, atol=1e-6
    )
    signed = xai_core.grad_cam_map(f, x, "blocks.1", signed=True)
    block = maps["Before the ReLU"].sum(1)[0, ::4, ::4]
    torch.testing.assert_close(block, signed[0], rtol=1e-4, atol=1e-7)
    assert captions["Grad-CAM, coarse"].startswith("16 × 16")
    stops = [stop.text for stop in seen.film.slider.stops]
    assert stops == [layer.name for layer in xai_core.cam_layers(f, x)]
    for name in ("stem", "blocks.1"):  # every layer by its own largest numbers: a film's scale is one
        head, (*_, coarse, _, _) = unpacked(reel(seen.film.id).expose(seen.film, stops.index(name)))
        before = xai_core.grad_cam_map(f, x, name, signed=True)
        own = compute.enlarged(before.relu(), x, "nearest")[0, 0].numpy()
        drawn = own / np.percentile(own, figures.maps.TOP) * 127
        np.testing.assert_allclose(coarse, drawn.clip(-127, 127), atol=0.6)
        assert head["number"] == f"{float((before > 0).double().mean()):.0%}"
    assert seen.film.scales()[0].top == 1
    values = {m.label: m.value for m in at.metric}
    assert float(values["Largest |Grad-CAM − ReLU(CAM)/(hw)|, relative"]) < 1e-5
    assert float(values["The same over 400 maps of the zoo network"]) < 1e-5
    told = next(s.value for s in at.success if s.value.startswith("You guessed an early layer"))
    animal = zoo.draw("elephant", 27).animal
    read = compute.read_layers(f, x)
    inside = {n: float(t.inside[0]) for n, t in compute.judged(read, x, animal).items()}
    assert f"{max(v for v in inside.values() if v == v):.0%} of its map" in told


def test_two_animals_by_hand() -> None:
    both = two_animals.draw_two("cat", "dog", 2, 5)
    cat, dog = zoo.draw("cat", zoo.scene_seed(5, 2)), zoo.draw("dog", zoo.scene_seed(5, 3))  # the second: they swap
    assert torch.equal(both.images[1], torch.cat([dog.image, cat.image], 2))
    assert torch.equal(both.first[1][:, 64:], cat.animal) and not both.first[1][:, :64].any()
    assert torch.equal(both.second[1][:, :64], dog.animal) and not both.second[1][:, 64:].any()
    above = two_animals.draw_two("cat", "dog", 1, 5, "one above the other")
    assert above.images.shape == (1, 3, 128, 64) and above.first[0][:64].any() and not above.first[0][64:].any()
    for wrong in ({"n": 0}, {"arrangement": "behind"}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            two_animals.draw_two("cat", "dog", **{"n": 1, "seed": 5, **wrong})


def test_grad_cam_follows_the_class_and_guided_backprop_does_not(panels: dict) -> None:
    """Over 20 pictures: the other animal gets nothing of Grad-CAM, and a sixth or more of guided backprop."""
    found = cam_two.maps("zoo", "cat", "dog", two_animals.ARRANGEMENTS[0], 20)
    both = cam_two.pictures("cat", "dog", two_animals.ARRANGEMENTS[0], 20)
    grad, guided = (cam_two.marked(found[m, "cat"], both.first, both.second) for m in ("grad_cam", "guided_backprop"))
    assert grad.other < 0.02 and grad.own > 0.35 and grad.pointing > 0.9 and guided.other > 0.1
    assert cam_two.alike(found["guided_backprop", "cat"], found["guided_backprop", "dog"]) > 0.5
    assert abs(cam_two.alike(found["guided_grad_cam", "cat"], found["guided_grad_cam", "dog"])) < 0.1
    A = torch.tensor([[[[3.0, 1.0], [-5.0, 0.0]]]])
    left, right = torch.tensor([[[True, False], [True, False]]]), torch.tensor([[[False, True], [False, False]]])
    by_hand = cam_two.marked(A, left, right)
    assert (by_hand.own, by_hand.other, by_hand.pointing, by_hand.chance, by_hand.empty) == (0.75, 0.25, 1.0, 0.5, 0)


def test_another_network_no_cam_and_the_same_animal_twice(panels: dict, seen: SimpleNamespace) -> None:
    at = opened(PAGE, network="zoo_vgg", layer="stem", one="dog", two="dog", every="true", weights="published")
    assert "global average pooling" in seen.now.failures["CAM"]
    assert "six_two" not in panels and any("two different animals" in w.value for w in at.warning)
    table = next(m.value for m in at.markdown if m.value.startswith("|  | "))
    assert table.count("\n") == len(xai_core.catalogue()) + 1 and "squeezenet1\\_1" in table


def test_zeros_are_explained(panels: dict, seen: SimpleNamespace) -> None:
    """Nothing of this rabbit speaks for a cat at the last layer; the map before the ReLU is on the page."""
    at = opened(PAGE, animal="rabbit", number="6", target="cat")
    maps = seen.now.maps
    assert not maps["Grad-CAM, enlarged"].any() and not maps["Guided Grad-CAM"].any()
    f = xai_core.make_score(networks.load("zoo"), x := zoo.draw("rabbit", 6).image[None], 0, "logit")
    assert zoo.CLASSES[0] == "cat"
    signed = xai_core.grad_cam_map(f, x, signed=True)
    assert (maps["Before the ReLU"] <= 0).all() and maps["Before the ReLU"].any()
    said = next(w.value for w in at.warning if w.value.startswith("**All zero**: every place"))
    assert f"from {float(signed.min()):.2g} to {float(signed.max()):.2g}" in said


def test_the_table_in_words() -> None:
    found = cam_table.rows("random")
    rows = cam_table.cells(found, cam_table.CAM_FAMILY)
    assert rows[1][:2] == ["CAM", "✓"] and len(rows) == 4
    assert rows[1].count("✗ refuses") == 5
    told = cam_table.reasons(found, ("cam",))
    assert "CAM on vit_b_16" in told["the head reads the class token, not the mean of the patches"]


def test_enlarging_by_hand() -> None:
    x, map_ = torch.zeros(1, 3, 4, 4), torch.tensor([[[0.0, 4], [8, 12]]])
    near = compute.enlarged(map_, x, "nearest")[0, 0]
    assert near.tolist() == [[0, 0, 4, 4]] * 2 + [[8, 8, 12, 12]] * 2
    assert compute.enlarged(map_, x)[0, 0, 0].tolist() == [0, 1, 3, 4]
    np.testing.assert_allclose(figures.pixel_map(compute.spread(near[None, None], x)), near)
    assert compute.difference(torch.tensor([[[4.0, -8]]]), torch.tensor([[[2.0, -4]]])) == 0
    assert compute.difference(torch.tensor([[[4.0, -8]]]), torch.tensor([[[3.0, -4]]])) == 0.25
