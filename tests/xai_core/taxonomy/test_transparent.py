"""Models that can be read, contrast between two classes, and a head that is learned anew."""

import copy

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.tree import DecisionTreeClassifier

from data.drawn import outlines, zoo
from data.nets import networks
from data.training import fitting, repairing
from tests.toys import SmallCNN, fingerprint, images, linear, seeded
from xai_core import integrated_gradients, make_score, simple_gradient
from xai_core.contrast import contrast
from xai_core.taxonomy.decision_trees import as_nodes, way

# --- outlines ---------------------------------------------------------------------------------------------------------


def test_a_silhouette_by_hand() -> None:
    """An L: three rows of one pixel and one of three, in a box of 4 × 3."""
    mask = np.zeros((8, 10), bool)
    mask[2:6, 3] = True
    mask[5, 3:6] = True
    found = dict(zip(outlines.COLUMNS, outlines.measured(mask), strict=True))
    assert found["area"] == 6 / 80 and found["width/height"] == 3 / 4 and found["extent"] == 6 / 12
    assert (found["top third"], found["bottom third"]) == (1 / 6, 3 / 6)
    assert (found["left third"], found["right third"]) == (4 / 6, 1 / 6)
    assert 0 < found["eccentricity"] < 1 and found["solidity"] < 1
    with pytest.raises(ValueError, match="animal must be a mask"):
        outlines.measured(np.zeros((4, 4), bool))


def test_the_table_holds_what_is_measured() -> None:
    table = outlines.load()
    assert table.train.shape == (400, 9) and table.test.shape == (200, 9) and table.classes == zoo.CLASSES
    for rows, labels, stream in (
        (table.train, table.train_labels, fitting.TRAINING),
        (table.test, table.test_labels, fitting.FRESH),
    ):
        for i, name in enumerate(zoo.batch_labels(3, stream)):
            np.testing.assert_allclose(rows[i], outlines.row_of(name, zoo.scene_seed(stream, i)), atol=5.1e-5)
            assert zoo.CLASSES[labels[i]] == name
    assert np.bincount(table.test_labels).tolist() == [20] * 10


# --- decision trees ---------------------------------------------------------------------------------------------------


def stump() -> DecisionTreeClassifier:
    """x ≤ 1.5?  no: y ≤ 10?"""
    rows = np.array([[0, 5], [1, 15], [2, 5], [3, 5], [2, 15], [3, 15]], float)
    return DecisionTreeClassifier(random_state=0).fit(rows, [0, 0, 1, 1, 2, 2])


def test_the_way_through_a_tree_by_hand() -> None:
    first, second = way(stump(), np.array([2.25, 12.0]), ["x", "y"])
    assert (first.column, first.value, first.threshold, first.yes, first.margin) == ("x", 2.25, 1.5, False, 0.75)
    assert (second.column, second.threshold, second.yes, second.margin) == ("y", 10.0, False, 2.0)
    assert str(first) == "x is 2.25, more than 1.50"
    assert str(way(stump(), np.array([1.0, 0.0]), ["x", "y"])[0]) == "x is 1.00, at most 1.50"
    for row, columns in (([1.0], ["x", "y"]), ([1.0, 2.0], ["x"])):
        with pytest.raises(ValueError, match="row and columns must be 2 each"):
            way(stump(), np.array(row), columns)


@given(st.lists(st.floats(-2, 20, width=32), min_size=2, max_size=2))
def test_the_strong_way_ends_at_the_models_answer(row: list[float]) -> None:
    model, row = stump(), np.array(row)
    at = as_nodes(model, ["x", "y"], ["cat", "dog", "owl"], row)
    edges = []
    while at.children:
        assert at.strong and sum(c.strong for c in at.children) == 1
        (at,) = [c for c in at.children if c.strong]
        edges.append(at.edge)
    assert at.label == f"{['cat', 'dog', 'owl'][int(model.predict([row])[0])]} 100%"
    assert edges == ["yes" if asked.yes else "no" for asked in way(model, row, ["x", "y"])]


def test_without_a_row_no_way_is_strong() -> None:
    root = as_nodes(stump(), ["x", "y"], ["cat", "dog", "owl"])
    assert root.label == "x ≤ 1.50?" and [c.label for c in root.children] == ["cat 100%", "y ≤ 10.00?"]
    assert not root.strong and not any(c.strong for c in root.children)


def test_the_zoos_outlines_can_be_read_at_a_price() -> None:
    """A tree of six questions is right on most of 200 fresh animals; the network is on all of 2000."""
    table = outlines.load()
    model = DecisionTreeClassifier(max_depth=6, random_state=0).fit(table.train, table.train_labels)
    assert 0.8 < model.score(table.test, table.test_labels) < 0.93 < networks.card("zoo")["accuracy"]


# --- contrast ---------------------------------------------------------------------------------------------------------


def test_contrast_by_hand() -> None:
    """z = Wx: the gradient of z₀ − z₂ is the difference of two rows, and a common row falls out."""
    W = torch.tensor([[2.0, 5.0, 0.0], [1.0, 1.0, 1.0], [0.0, 5.0, 3.0]])
    x = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    f = make_score(linear(W), x, 0)
    g = contrast(f, 2)
    assert simple_gradient(g, x).tolist() == [[2.0, 0.0, -3.0]] * 2
    assert g(x).tolist() == [2 * 1 - 3 * 3, 2 * 4 - 3 * 6]
    p = torch.log_softmax(x @ W.T, 1)
    torch.testing.assert_close(g(x), p[:, 0] - p[:, 2])
    each = contrast(make_score(linear(W), x, torch.tensor([0, 1])), 2)
    assert each(x).tolist() == [-7.0, float(W[1] @ x[1] - W[2] @ x[1])]


def test_integrated_gradients_of_a_contrast_is_the_difference_of_two_maps() -> None:
    model, x = seeded(SmallCNN).eval(), images(2)
    a, b = (make_score(model, x, c, "logit") for c in (1, 3))
    difference = integrated_gradients(contrast(a, 3), x, B=10)
    torch.testing.assert_close(
        difference, integrated_gradients(a, x, B=10) - integrated_gradients(b, x, B=10), rtol=1e-4, atol=1e-6
    )


def test_a_contrast_needs_another_class_that_is_there() -> None:
    model, x = seeded(SmallCNN).eval(), images(1)
    f = make_score(model, x, 1)
    for wrong in (1, -1):
        with pytest.raises(ValueError, match=f"against must be another class than the target, 0 or more; got {wrong}"):
            contrast(f, wrong)
    with pytest.raises(TypeError, match="against must be a class number; got 'cat'"):
        contrast(f, "cat")
    with pytest.raises(ValueError, match="against must be a class from 0 to 4; got 9"):
        contrast(f, 9)(x)


# --- repair -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def biased() -> networks.ZooNet:
    return networks.load("husky_wolf")


def test_features_are_what_the_head_reads(biased: networks.ZooNet) -> None:
    x = images(3, side=64)
    torch.testing.assert_close(biased.head(repairing.features(biased, x)), biased(x))


def test_a_new_head_helps_and_the_features_stay(biased: networks.ZooNet) -> None:
    """With the snow under the huskies the old head is never right; forty fair scenes make the new one better."""
    fair, labels, *_ = zoo.husky_wolf(40, fitting.TRAINING, snow="independent")
    before = fingerprint(biased, fair, labels)
    repaired = repairing.with_new_head(biased, fair, labels)
    assert fingerprint(biased, fair, labels) == before
    swapped, truth, *_ = zoo.husky_wolf(30, fitting.FRESH, snow="with husky")
    assert fitting.accuracy(biased, swapped, truth) == 0 and fitting.accuracy(repaired, swapped, truth) > 0.6
    old, new = biased.state_dict(), repaired.state_dict()
    assert {k for k in old if not torch.equal(old[k], new[k])} == {"head.weight", "head.bias"}
    assert torch.equal(repaired.head.weight[0], -repaired.head.weight[1]) and not repaired.training
    again = repairing.with_new_head(copy.deepcopy(biased), fair, labels)
    assert torch.equal(again.head.weight, repaired.head.weight)


def test_a_new_head_needs_two_classes(biased: networks.ZooNet) -> None:
    x = images(4, side=64)
    with pytest.raises(ValueError, match=r"two classes 0 and 1; got 2 outputs and labels \[1\]"):
        repairing.with_new_head(biased, x, torch.ones(4, dtype=torch.long))
    with pytest.raises(ValueError, match=r"got 10 outputs and labels \[0, 1\]"):
        repairing.with_new_head(networks.build("zoo").eval(), x, torch.tensor([0, 1, 0, 1]))
