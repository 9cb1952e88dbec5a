"""The tree of methods, and what it says of each: measured on networks, not believed."""

import warnings

import pytest
import torch
from torch import nn

from tests.toys import PlainCNN, SmallCNN, fingerprint, images, seeded
from xai_core import catalogue, explain, make_score, methods, superpixels
from xai_core.figures.trees import Node, placed, tree
from xai_core.taxonomy import taxonomy
from xai_core.taxonomy.black_boxes import BlackBox, counted, needs

FEW = {"N": 20, "B": 8, "T": 2, "K": 3}
METHODS = list(catalogue())


def few(name: str) -> dict[str, int]:
    return {k: v for k, v in FEW.items() if k in catalogue()[name].symbols}


def leaf(name: str) -> taxonomy.Leaf:
    (found,) = [each for each in taxonomy.leaves() if each.method == name]
    return found


@pytest.mark.parametrize("name", METHODS)
def test_what_a_method_needs_is_measured(name: str) -> None:
    assert needs(seeded(SmallCNN).eval(), images(1), 2, name, **few(name)) == leaf(name).needs


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("scale", [1, 2])
def test_what_a_method_costs_is_counted(name: str, scale: int) -> None:
    """The words of the tree are a formula in the method's symbols."""
    given = {k: scale * v for k, v in few(name).items()}
    x = images(1, side=24)
    _, passes = counted(seeded(SmallCNN).eval(), x, 2, name, **given)
    words = catalogue()[name].cost
    room = catalogue()[name].defaults | given | {"M": int(superpixels(x).max()) + 1}
    room["windows"] = 22 * 22  # of 3 pixels, one apart, as occlusion says
    expected = eval(words.removeprefix("≤ ").replace(" (", " * ("), {}, room)
    assert passes.all <= expected if words.startswith("≤") else passes.all == expected
    assert (passes.gradients > 0) == (leaf(name).needs != "answers" and name != "cam")
    plural = "1 pass" if words == "1" else f"{words} passes"
    assert leaf(name).cost == plural


def test_every_method_of_the_catalogue_has_its_leaf() -> None:
    for method in catalogue().values():
        mine = leaf(method.name)
        assert (mine.title, mine.paper) == (method.title, method.paper)
        assert taxonomy.BRANCHES[mine.branch].parent == "local"
    titles = [each.title for each in taxonomy.leaves()]
    assert len(set(titles)) == len(titles)
    assert all(each.needs in taxonomy.NEEDS and each.branch in taxonomy.BRANCHES for each in taxonomy.leaves())
    assert [each.title for each in taxonomy.on("global")] == ["Activation maximisation", "NormLIME", "SP-LIME"]


def test_a_new_method_stands_in_the_tree_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    def wave(f, x):
        return x

    def other(f, x):
        return x

    new = (methods.Method(wave, "Wave", "path", "Nobody 2030"), methods.Method(other, "Other", "dream", "N 2031"))
    rows = catalogue() | {row.name: row for row in new}
    monkeypatch.setattr(methods, "_rows", lambda: rows)
    assert taxonomy.on("path")[-1] == taxonomy.Leaf("Wave", "path", "inside", "not counted yet", "Nobody 2030", "wave")
    assert [each.title for each in taxonomy.on("local")] == ["Other"] and leaf("other").needs == "inside"
    local = next(c for c in taxonomy.as_tree("post-hoc").children if c.label == "Local")
    assert [c.label for c in local.children] == ["Perturbation", "Back-propagation", "Path", "Other"]


def test_who_has_less_of_a_network_has_fewer_methods() -> None:
    answers, gradients, inside = (
        {each.title for each in taxonomy.possible(has)} for has in ("answers", "gradients", "inside")
    )
    assert answers < gradients < inside
    assert {"LIME", "KernelSHAP", "RISE", "Occlusion", "NormLIME"} <= answers and "UNI" not in gradients
    assert "Decision tree" not in inside
    for wrong in ("itself", "all"):
        with pytest.raises(ValueError, match=f"has must be one of answers, gradients, inside; got '{wrong}'"):
            taxonomy.possible(wrong)
    with pytest.raises(ValueError, match="branch must be one of all, intrinsic"):
        taxonomy.on("twig")


# --- black boxes ------------------------------------------------------------------------------------------------------


def test_behind_the_wall_guided_backprop_is_the_gradient() -> None:
    """What sees no ReLU can change none; the gradient itself is the same on either side."""
    model, x = seeded(PlainCNN).eval(), images(2)
    box = BlackBox(model, "gradients")
    with pytest.warns(UserWarning, match="calls no ReLU"):
        behind = explain(box, x, 1, "guided_backprop")
    torch.testing.assert_close(behind, explain(model, x, 1, "simple_gradient", output="logit"))
    assert not torch.allclose(behind, explain(model, x, 1, "guided_backprop"))


def test_a_box_answers_as_its_network_and_shows_no_more() -> None:
    model, x = seeded(SmallCNN).eval(), images(3)
    before = fingerprint(model, x)
    for opened in ("answers", "gradients", "inside"):
        box = BlackBox(model, opened)
        torch.testing.assert_close(box(x), model(x))
        assert bool(list(box.parameters())) == (opened == "inside")
        assert (box.passes.forwards, box.passes.gradients) == (3, 0)
    assert fingerprint(model, x) == before
    with pytest.raises(ValueError, match="the score has no gradient"):
        explain(BlackBox(model), x, 0, "simple_gradient")
    with pytest.raises(ValueError, match="network with a convolution"):
        explain(BlackBox(model, "gradients"), x, 0, "cam")
    with pytest.raises(ValueError, match="opened must be one of answers, gradients, inside; got 'ajar'"):
        BlackBox(model, "ajar")
    with pytest.raises(ValueError, match="method must be one of simple_gradient"):
        counted(model, x, 0, "magic")


def test_passes_are_counted_in_inputs_and_over_all_copies() -> None:
    x = images(3)
    box = BlackBox(nn.Sequential(nn.Flatten(), nn.Linear(x[0].numel(), 4)), "gradients")
    f = make_score(box, x, 0)
    explain(box, x, 0, "integrated_gradients", B=5)
    assert (box.passes.forwards, box.passes.gradients) == (3, 15)  # three F(x′), for the gap
    with torch.no_grad():
        f(x)
    assert (box.passes.forwards, box.passes.gradients, box.passes.all) == (6, 15, 21)


# --- the picture ------------------------------------------------------------------------------------------------------

SMALL = Node("root", (Node("a", (Node("a1"), Node("a2", edge="no"), Node("a3"))), Node("leaf", colour="#000000")))


def test_leaves_have_rows_and_forks_stand_between_them() -> None:
    at = {p.node.label: (p.x, p.y) for p in placed(SMALL)}
    assert {name: y for name, (_, y) in at.items()} == {"root": 2.0, "a": 1.0, "a1": 0, "a2": 1, "a3": 2, "leaf": 3}
    assert at["root"][0] == 0 and at["a"][0] == at["leaf"][0] == 10 and at["a1"][0] == at["a3"][0] == 17


def test_the_tree_is_drawn_as_it_is() -> None:
    fig = tree(SMALL, legend={"mine": ("#000000", "s")}, title="T")
    (ax,) = fig.axes
    assert [t.get_text() for t in ax.texts] == ["root", "a", "a1", "no", "a2", "a3", "leaf"]
    lines = [line for line in ax.lines if len(line.get_xdata()) == 4]
    assert len(lines) == 5  # one a child
    assert list(lines[0].get_ydata()) == [2.0, 2.0, 1.0, 1.0]  # from the root's row to that of a
    assert ax.get_title() == "T" and [t.get_text() for t in fig.legends[0].get_texts()] == ["mine"]


def test_the_taxonomy_has_all_leaves_in_its_picture() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        (ax,) = tree(taxonomy.as_tree()).axes
    words = [t.get_text() for t in ax.texts]
    assert sorted(words) == sorted(
        [each.title for each in taxonomy.leaves()] + [b.title for b in taxonomy.BRANCHES.values()]
    )
