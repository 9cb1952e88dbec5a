"""GAD: what is important, what survives, by hand; and that no rule and no further network ever adds a pixel."""

import itertools
import warnings

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from torch import Tensor, nn

from tests.toys import QUICK, PlainCNN, SmallCNN, fingerprint, images, linear, seeded
from xai_core import (
    Regression,
    Support,
    catalogue,
    explain,
    gad,
    important_pixels,
    integrated_gradients,
    make_score,
    support_network,
    support_networks,
    survivors,
)

JOINS, IMPORTANT = ("intersection", "minimum"), ("top", "above")
LABELS = torch.tensor([0, 3, 3, 0, 1, 3])


def supporting(model: nn.Module) -> Support:
    """A network that was made by hand, not trained."""
    nothing = Regression(0.0, 0.0, (), (1.0, 1.0), ((1.0, 1.0), (1.0, 1.0)), 0.0)
    return Support(model, (0, 1), (1.0, 1.0), nothing)


def picture(*values: float, channels: int = 1) -> Tensor:
    """One image of one row of pixels, in equal parts over the channels: (1, channels, 1, pixels)."""
    return torch.tensor(values).view(1, 1, 1, -1).expand(1, channels, 1, -1) / channels


# What is important


@pytest.mark.parametrize(
    ("important", "share", "expected"),
    [
        ("top", None, [1, 1, 1, 1, 1, 1, 0, 0]),  # half is four, and three are tied for the fourth place
        ("top", 0.25, [0, 1, 1, 0, 0, 0, 0, 0]),
        ("top", 0.26, [0, 1, 1, 1, 0, 0, 0, 0]),  # rounded up to three
        ("top", 0.01, [0, 1, 0, 0, 0, 0, 0, 0]),
        ("top", 1, [1, 1, 1, 1, 1, 1, 1, 0]),  # never a pixel of which the map says nothing
        ("above", None, [0, 1, 1, 1, 0, 0, 0, 0]),  # above 0.8, and 0.8 is not
        ("above", 0.4, [0, 1, 1, 0, 0, 0, 0, 0]),
        ("above", 0.05, [1, 1, 1, 1, 1, 1, 0, 0]),  # 0.8 > 0.4, 0.25 is not
        ("above", 1, [0, 0, 0, 0, 0, 0, 0, 0]),
    ],
)
@pytest.mark.parametrize("channels", [1, 3])
def test_important_pixels_by_hand(important, share, expected, channels):
    A = picture(0.75, -8, 4, -2, 0.75, 0.75, 0.25, 0, channels=channels)
    found = important_pixels(A, important, share)
    assert found.shape == (1, 1, 1, 8) and found[0, 0, 0].int().tolist() == expected


def test_channels_that_cancel_show_nothing():
    A = torch.tensor([[5.0, 1, 0, 0], [-5, 1, 1, 0]]).view(1, 2, 1, 4)
    assert important_pixels(A, "above", 0.4)[0, 0, 0].tolist() == [False, True, True, False]


def test_every_image_has_its_own_threshold():
    A = torch.tensor([[1.0, 2, 3, 4], [400, 300, 200, 100]])  # rows of numbers: each its own pixel
    assert important_pixels(A).tolist() == [[False, False, True, True], [True, True, False, False]]
    assert important_pixels(A, "above", 0.6).tolist() == [[False, False, True, True], [True, True, False, False]]
    assert not important_pixels(torch.zeros(2, 3, 4, 4)).any()
    assert not important_pixels(torch.zeros(2, 3, 4, 4), "above").any()


@given(st.integers(1, 100))
def test_a_share_of_distinct_pixels_is_that_share(percent):
    A = torch.arange(1.0, 101).view(1, 1, 10, 10)
    assert important_pixels(A, "top", percent / 100).sum() == percent


def test_what_is_no_map():
    for bad in (torch.zeros(3), torch.zeros(0, 4, 4), np.zeros((1, 3, 4, 4)), None):
        with pytest.raises(ValueError, match=r"^A must be an attribution \(N, …\); got "):
            important_pixels(bad)
    with pytest.raises(ValueError, match=r"^A must be finite; 1 of its 4 numbers are not"):
        important_pixels(torch.tensor([[[1.0, torch.nan], [0, 0]]]))


# What survives


def test_intersection_by_hand():
    maps = torch.stack([picture(1, -8, 4, -3), picture(5, 6, -7, 1), picture(-4, -9, 0, 2)])
    found = survivors(maps, "intersection")  # the halves: −8 4; 6 −7; −4 −9
    assert found.masks[:, 0, 0, 0].int().tolist() == [[0, 1, 1, 0], [0, 1, 1, 0], [1, 1, 0, 0]]
    assert found.A[0, 0, 0].tolist() == [0, -8, 0, 0]
    assert found.left[:, 0].tolist() == [0.5, 0.5, 0.25]
    assert torch.equal(found.maps, maps)


def test_minimum_by_hand():
    """Shares of each map's maximum: 1/8 1 1/2 0; 1 1/4 3/4 1/2; so 1/8 1/4 1/2 0 of the first one's 8, its signs."""
    maps = torch.stack([picture(1, -8, 4, 0), picture(-4, 1, 3, 2)])
    assert survivors(maps, "minimum").A[0, 0, 0].tolist() == [1, -2, 4, 0]
    colours = torch.stack([picture(1, -8, 4, 0, channels=2), picture(-4, 1, 3, 2, channels=2)])
    assert survivors(colours, "minimum").A[0].tolist() == [[[0.5, -1, 2, 0]], [[0.5, -1, 2, 0]]]
    assert survivors(torch.stack([maps[0], torch.zeros(1, 1, 1, 4)]), "minimum").A.abs().sum() == 0


MAPS = arrays.arrays("float64", (4, 2, 2, 3, 3), elements=st.integers(-6, 6).map(float))  # many ties, many zeros


@given(MAPS, st.sampled_from(JOINS), st.sampled_from(IMPORTANT), st.floats(0.01, 1))
def test_no_network_ever_adds(maps, join, important, share):
    """Whatever the maps: what k + 1 networks leave is part of what k leave, of one sign, and never more than A_0."""
    maps = torch.from_numpy(maps)
    found = [survivors(maps[: k + 1], join, important, share) for k in range(4)]
    assert (found[0].A.abs() <= maps[0].abs()).all()
    for fewer, more in itertools.pairwise(found):
        assert (more.A.abs() <= fewer.A.abs()).all() and (more.A * fewer.A >= 0).all()
        assert not (more.masks.all(0) & ~fewer.masks.all(0)).any()
    assert (found[3].left.diff(dim=0) <= 0).all()
    for k in range(4):
        assert torch.equal(found[3].left[: k + 1], found[k].left)
        assert torch.equal(found[k].left[k], found[k].masks.all(0).flatten(1).double().mean(1))


@given(MAPS, st.sampled_from(JOINS), st.permutations([1, 2, 3]))
def test_the_order_of_the_witnesses_is_all_one(maps, join, order):
    maps = torch.from_numpy(maps)
    assert torch.equal(survivors(maps, join).A, survivors(maps[[0, *order]], join).A)


@given(MAPS, st.sampled_from(JOINS), st.sampled_from(IMPORTANT))
def test_a_witness_that_says_the_same_changes_nothing(maps, join, important):
    """At any scale: only places count, and for the minimum shares of the maximum. This is α = 0."""
    maps = torch.from_numpy(maps[:1])
    alone = survivors(maps, join, important).A
    for scale in (1, -1, 4):
        assert torch.equal(survivors(torch.cat([maps, scale * maps]), join, important).A, alone)
    if join == "minimum":
        shown = (maps[0].sum(1, keepdim=True) != 0).expand_as(maps[0])
        assert torch.equal(alone, torch.where(shown, maps[0], 0))
    else:
        assert torch.equal(alone, torch.where(important_pixels(maps[0], important), maps[0], 0))


# Networks

NO_GRADIENT = ("lime", "kernel_shap", "rise", "occlusion")


@pytest.mark.parametrize("name", [name for name in catalogue() if name not in NO_GRADIENT])
def test_without_distance_it_is_the_base_method(name):
    """No supports, or that of α = 0: the base map where it is important, bit for bit, seeds and all."""
    model, x, given = seeded(PlainCNN), images(2), QUICK.get(name, {})
    itself = support_network(model, images(6), LABELS, (0, 3), 0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Grad-CAM's ReLU may leave nothing
        A = explain(model, x, 3, name, seed=5, **{"output": "logit"} | given)
        for supports in ([], [itself], [itself, itself]):
            found = gad(model, supports, x, 3, name, seed=5, **given)
            assert torch.equal(found.A, torch.where(important_pixels(A), A, 0))
            assert found.maps.shape == (len(supports) + 1, *x.shape) and torch.equal(found.maps[-1], A)


def test_linear_networks_by_hand():
    """Gradients are rows of weights: important in all three is the second number alone, with the first one's weight."""
    W = [[5.0, -4, 1, 0], [1, 8, -7, 2], [0, 3, 1, -9]]
    model, *others = (linear(torch.tensor([row, [0.0] * 4])) for row in W)
    found = gad(model, [supporting(other) for other in others], torch.ones(2, 4), 0, "simple_gradient")
    assert found.A.tolist() == [[0, -4, 0, 0]] * 2
    assert found.masks.sum(2).tolist() == [[2, 2]] * 3
    tenth = gad(model, [supporting(others[0])], torch.ones(1, 4), 0, "gradient_x_input", important="above", share=0.2)
    assert tenth.A.tolist() == [[0, -4, 0, 0]]  # 5 is not above a fifth of 8 in the other, 1 is not in this one
    least = gad(model, [supporting(others[0])], torch.ones(1, 4), 0, "simple_gradient", join="minimum")
    assert least.A[0].tolist() == pytest.approx([5 / 8, -4, 1, 0])


def test_predicted_is_what_the_analysed_network_predicts():
    x = torch.eye(2)
    model, swapped = linear(torch.eye(2)), linear(torch.tensor([[0.0, 1], [1, 0]]) * 3)
    found = gad(model, [supporting(swapped)], x, "predicted", "simple_gradient", share=1.0)
    assert found.maps.tolist() == [[[1, 0], [0, 1]], [[0, 3], [3, 0]]]
    assert found.A.abs().sum() == 0


def test_the_methods_own_keywords():
    """Its quadrature rule and score too; a logit unless somebody asks for the probability."""
    model, x = seeded(SmallCNN).eval(), images(1)
    A = integrated_gradients(make_score(model, x, 2, "logit"), x, B=3, rule="midpoint")
    assert torch.equal(gad(model, [], x, 2, "integrated_gradients", B=3, rule="midpoint").maps[0], A)
    A = explain(model, x, 2, "simple_gradient", output="probability")
    assert torch.equal(gad(model, [], x, 2, "simple_gradient", output="probability").maps[0], A)


@pytest.mark.parametrize("join", JOINS)
def test_trained_supports(join):
    """Each map is its network's own, nothing is touched, and a longer list leaves less."""
    model, X, x = seeded(SmallCNN).eval(), images(6), images(2, seed=1)
    supports = support_networks(model, X, LABELS, (0, 3), (2, 4), epochs=2, batch=3, rate=1e-2)
    before = fingerprint(model, x, *(s.model for s in supports))
    found = [gad(model, supports[:k], x, 3, "gradient_x_input", join=join) for k in range(3)]
    assert fingerprint(model, x, *(s.model for s in supports)) == before
    for k, network in enumerate([model, *(s.model for s in supports)]):
        assert torch.equal(found[2].maps[k], explain(network, x, 3, "gradient_x_input", output="logit"))
    sizes = [np.abs(each.A.numpy()).sum() for each in found]
    assert sizes[0] > sizes[1] >= sizes[2] > 0
    assert (found[2].left[0] == 0.5).all() and (found[2].left[2] < 0.5).all()


# Bad input


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"join": "union"}, r"join \(how several networks' maps become one\) must be one of intersection, minimum"),
        ({"important": "all"}, r"important \(which pixels are important\) must be one of top, above; got 'all'"),
        ({"share": 0}, r"share .*must be a number, greater than 0, at most 1; got 0"),
        ({"share": 1.5}, r"share .* got 1.5"),
        ({"share": float("nan")}, r"share .* got nan"),
        ({"share": "half"}, r"share .* got 'half'"),
        (
            {"supports": [seeded(PlainCNN)]},
            "supports must be a list of Support, as from support_networks; it holds a P",
        ),
        ({"method": "gradcam"}, "method must be one of"),
        ({"target": 9}, "target must be a class from 0 to 4; got 9"),
        ({"target": "cat"}, "target must be a class number"),
        ({"B": 3}, "simple_gradient takes output, seed; got B"),
        ({"x": images(1) * float("nan")}, "x must be finite"),
    ],
)
def test_errors_name_the_argument(wrong, message):
    given = {"model": seeded(PlainCNN), "supports": [], "x": images(1), "target": 1, "method": "simple_gradient"}
    with pytest.raises((ValueError, TypeError), match=message):
        gad(**given | wrong)
