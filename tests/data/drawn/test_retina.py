"""Drawn eyes: the rule of the grades, masks that are exact, lesions that can be removed, and the network of grades."""

from functools import cache

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from data import collection
from data.drawn import retina
from data.nets import networks
from data.training.fitting import FRESH

SEEDS = st.integers(0, 10**6)


@pytest.mark.parametrize(
    ("microaneurysms", "haemorrhages", "exudates", "expected"),
    [
        (0, (0, 0, 0, 0), 0, "none"),
        (1, (0, 0, 0, 0), 0, "mild"),
        (9, (0, 0, 0, 0), 0, "mild"),
        (0, (1, 0, 0, 0), 0, "moderate"),
        (0, (0, 0, 0, 0), 1, "moderate"),
        (5, (9, 9, 9, 1), 3, "moderate"),  # one quadrant has too few
        (0, (2, 2, 2, 2), 0, "severe"),
    ],
)
def test_the_rule_by_hand(microaneurysms: int, haemorrhages: tuple, exudates: int, expected: str) -> None:
    assert retina.GRADES[retina.grade(microaneurysms, haemorrhages, exudates)] == expected


@settings(max_examples=12)
@given(seed=SEEDS)
def test_an_eye_has_the_grade_it_was_drawn_for_and_worse_grades_keep_the_lesions_of_milder_ones(seed: int) -> None:
    eyes = [retina.draw(name, seed) for name in retina.GRADES]
    assert [eye.name for eye in eyes] == list(retina.GRADES)
    none, mild, moderate, severe = (eye.lesions for eye in eyes)
    assert not torch.stack(list(none.values())).any()
    assert mild["microaneurysms"].any() and not mild["haemorrhages"].any() and not mild["hard exudates"].any()
    assert moderate["haemorrhages"].any() or moderate["hard exudates"].any()
    for kind in retina.LESIONS:
        assert (severe[kind] | ~moderate[kind]).all(), "no lesion goes away as the eye gets worse"
    assert all(torch.equal(eye.vessels, eyes[0].vessels) and torch.equal(eye.disc, eyes[0].disc) for eye in eyes)


@settings(max_examples=12)
@given(seed=SEEDS, kind=st.sampled_from(retina.LESIONS))
def test_leaving_out_lesions_changes_their_pixels_and_no_other(seed: int, kind: str) -> None:
    eye, without = retina.draw("severe", seed), retina.draw("severe", seed, without=[kind])
    changed = (eye.image != without.image).any(0)
    assert not (changed & ~eye.lesions[kind]).any()
    assert torch.equal(changed.any(), eye.lesions[kind].any())
    assert without.counts == eye.counts | {kind: 0}
    expected = {"haemorrhages": "moderate" if eye.counts["hard exudates"] else "mild"}
    assert without.name == expected.get(kind, "severe")


def test_without_any_lesion_it_is_the_healthy_eye() -> None:
    for name in retina.GRADES:
        bare = retina.draw(name, 5, without=retina.LESIONS)
        assert bare.label == 0 and torch.equal(bare.image, retina.draw("none", 5).image)


def test_lesions_lie_in_the_field_and_off_the_disc() -> None:
    for seed in range(6):
        eye = retina.draw("severe", seed)
        assert not (eye.lesion & ~eye.field).any()
        assert not (eye.lesion & eye.disc).float().mean() > 0.001
        corner = eye.image[:, 0, 0]
        torch.testing.assert_close(corner, torch.full((3,), 0.02))


def test_the_same_drawing_at_another_size() -> None:
    small, large = retina.draw("moderate", 4), retina.draw("moderate", 4, size=256)
    shrunk = torch.nn.functional.avg_pool2d(large.image[None], 4)[0]
    assert (shrunk - small.image).abs().mean() < 0.012
    assert small.counts == large.counts
    assert abs(small.field.float().mean() - large.field.float().mean()) < 0.02


def test_a_longer_batch_begins_with_the_same_eyes() -> None:
    images, labels, lesions = retina.batch(5, 7)
    assert labels.tolist() == [0, 1, 2, 3, 0]
    assert torch.equal(images[:3], retina.batch(3, 7)[0])
    eye = retina.draw("moderate", retina.eye_seed(7, 2))
    assert torch.equal(images[2], eye.image) and torch.equal(lesions[2], eye.lesion)
    assert retina.batch(3, 7, ["mild", "severe"])[1].tolist() == [1, 3, 1]


@pytest.mark.parametrize(
    ("label", "seed", "more", "says"),
    [
        ("bad", 0, {}, "label is 'bad'; it must be one of none, mild, moderate, severe, or 0 to 3"),
        (4, 0, {}, "label is 4;"),
        (True, 0, {}, "label is True;"),
        (0, -1, {}, "seed is -1; it must be an integer ≥ 0"),
        (0, 0, {"without": "haemorrhages"}, "without is 'haemorrhages'; it must be a collection of micro"),
        (0, 0, {"without": ["cysts"]}, "without is"),
        (0, 0, {"size": 8}, "size is 8; it must be an integer from 16 to 1024 pixels"),
    ],
)
def test_what_cannot_be_drawn_is_said(label: object, seed: int, more: dict, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        retina.draw(label, seed, **more)
    with pytest.raises(ValueError, match="n is 0"):
        retina.batch(0, 1)


# --- the network ------------------------------------------------------------------------------------------------------


@cache
def answers() -> torch.Tensor:
    """What the network says of 40 fresh eyes at all four grades: probabilities (4, 40, 4)."""
    seeds = [retina.eye_seed(FRESH, i) for i in range(40)]
    eyes = [[retina.draw(name, seed).image for name in retina.GRADES] for seed in seeds]
    x = torch.stack([torch.stack(grades) for grades in zip(*eyes, strict=True)])
    return networks.load("retina")(x.flatten(0, 1)).softmax(1).view(4, 40, 4)


def test_the_card_is_true() -> None:
    card = networks.card("retina")
    off = (answers().argmax(2) - torch.arange(4)[:, None]).abs()
    right, near = (off == 0).double().mean(), (off <= 1).double().mean()
    assert card["accuracy"] >= 0.9 and card["accuracy_within_one_grade"] >= 0.98
    assert abs(float(right) - card["accuracy"]) < 0.06  # 160 eyes: three standard errors
    assert abs(float(near) - card["accuracy_within_one_grade"]) < 0.02
    assert "no medical device" in card["warning"]


def test_without_its_lesions_the_same_eye_is_graded_lower() -> None:
    """An eye at grade `none` is the same eye with every lesion left out."""
    healthy, *ill = answers()
    for p in ill:
        assert float((healthy.argmax(1) < p.argmax(1)).double().mean()) > 0.9
        assert float((healthy[:, 0] - p[:, 0]).mean()) > 0.6


def test_the_benchmark_sees_eyes_with_lesions_and_where_they_are() -> None:
    listed = list(collection.pictures("retina", "retina:4"))
    assert [each.name for each in listed] == ["00000", "00001", "00002", "00003"]
    assert 0 not in [each.label for each in listed], "in a healthy eye there is nothing to point at"
    found = collection.picture("retina", "retina:4", "00002")
    eye = retina.draw(found.label, retina.eye_seed(FRESH, 2))
    assert torch.equal(found.image, eye.image) and torch.equal(found.masks["part"], eye.lesion)
    assert found.digest == listed[2].digest and list(found.masks) == ["part"]
