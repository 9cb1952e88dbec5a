"""The page Why: the box and its evidence, the readable tree, the four answers, and a click on every leaf of the map."""

from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import streamlit as st
import torch
from streamlit.testing.v1 import AppTest

import xai_core
from app.labs.distancing import pairs
from app.labs.why import compute, questions
from app.labs.why import map as why_map
from app.labs.why.compute import LENGTHS
from app.shared import controls, huskies, pages, stages
from app.shared.shares import share_on
from data.drawn import outlines
from data.nets import networks
from tests.app.running import metrics, ran
from tests.app.running import opened as opened_at
from xai_core import catalogue
from xai_core.taxonomy import taxonomy

PAGE = "labs/why/page.py"
ASK = {"part": "Four questions"}
MAP = {"part": "Map of methods"}
READABLE = "A model that can be read"
FEW = {"N": "20", "B": "8", "T": "2", "K": "3", "window": "16"}
CHEAP = {c.key: FEW[c.name] for c in controls.controls() if c.name in FEW}  # settings that cost little, on any page
LITTLE = {"many_digits": "20", "samples_digits": "50", "length": "6", "N_lime": "50"}
opened = partial(opened_at, PAGE)


@pytest.fixture
def seen(seen: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """What a page drew, as values; and less work: fewer scenes and animals."""
    monkeypatch.setattr(compute, "MANY", 4)
    monkeypatch.setattr(huskies, "ANIMALS", 8)
    monkeypatch.setattr(pairs, "SCENES", 32)
    monkeypatch.setattr(pairs, "NEW_SCENES", 16)
    return seen


@pytest.fixture(autouse=True, scope="module")
def fresh() -> None:
    st.cache_resource.clear()


def text(at: AppTest) -> str:
    return "\n".join(e.value for e in (*at.markdown, *at.caption, *at.info))


def about() -> Any:
    return compute.scene("elephant", 27)


# --- the box and the tree ---------------------------------------------------------------------------------------------


def test_the_box_says_one_word_until_somebody_guesses(seen: SimpleNamespace) -> None:
    at = opened()
    assert "“elephant”, 98%" in text(at) and not seen.maps and "of Σ|A|" not in text(at)
    at.pills(key="decides").set_value("the background")
    ran(at)
    A = xai_core.explain(networks.load("zoo"), about().opened.x, 4, "integrated_gradients")
    title = "Integrated Gradients"
    torch.testing.assert_close(seen.maps[title], A, rtol=1e-3, atol=1e-5)
    strength = A[0].sum(0).abs()
    for part, mask in about().opened.parts.items():
        share, area = float(strength[mask].sum() / strength.sum()), float(mask.float().mean())
        assert f"{part}: {area:.0%} of the pixels, **{share:.0%}** of Σ|A|" in text(at)
    assert at.success[0].value.startswith("You guessed the background: In training the class followed the trunk")
    trunk = about().opened.parts["the trunk"]
    assert metrics(at) == {
        f"of Σ|A| lie on the trunk, {float(trunk.float().mean()):.0%} of the pixels":
        f"{float(strength[trunk].sum() / strength.sum()):.0%}"
    }  # fmt: skip
    subject, found, given, _ = seen.offered  # what is taken away is what is shown
    assert subject.picture == about().picture and torch.equal(found["integrated_gradients"].A, seen.maps[title])
    assert given["integrated_gradients"] == catalogue()["integrated_gradients"].defaults


def test_the_tree_answers_as_it_is_drawn(seen: SimpleNamespace) -> None:
    """Six questions call this elephant a dog; one number says by how little."""
    at = opened(depth="6", tab=READABLE)
    rows = outlines.load()
    model = compute.tree("the zoo's outlines", 6)
    row = outlines.row_of("elephant", 27)
    assert rows.classes[model.predict([row])[0]] == "dog" and "So: **dog**" in text(at)
    assert f"| this tree, 6 questions | {model.score(rows.test, rows.test_labels):.1%} |" in text(at)
    cost = compute.price("the zoo's outlines")
    assert f"| linear model | {cost.linear:.1%} |" in text(at) and "| network, from pixels | 100.0% |" in text(at)
    assert model.get_depth() == 6 and cost.trees[5] == model.score(rows.test, rows.test_labels)
    assert 0 < cost.linear - max(cost.trees) < 0.1
    at.selectbox(key="readable").set_value("iris")
    at.select_slider(key="depth").set_value(2)
    ran(at)
    (table,) = (m.value for m in at.markdown if "| this tree, 2 questions |" in m.value)
    assert "Row 1, in truth" in text(at) and "network" not in table


# --- the four questions -----------------------------------------------------------------------------------------------


def test_why_is_answered_by_a_share_of_one_and_of_many(seen: SimpleNamespace) -> None:
    at = opened(**ASK, answered_by="Grad-CAM")
    mask = about().opened.parts["the trunk"]
    share = share_on(seen.maps["Grad-CAM"], mask)
    m = metrics(at)
    assert m["of Σ|A|"] == f"{share:.0%}" and m["relative"] == f"{share / float(mask.float().mean()):.1f}"
    assert m["times its fair share of Grad-CAM lies on the trunk"] == m["relative"]
    many = compute.many_shares("elephant", "grad_cam")
    assert len(many.fair) == 4
    mean, low, high = many.interval
    assert f"it is {mean:.1f} times ({low:.1f} to {high:.1f}, 95 %)" in text(at)


def test_why_not_is_a_difference_and_what_would_have_to_change(seen: SimpleNamespace) -> None:
    at = opened(**ASK, question="Why not something else?")
    assert at.selectbox(key="why_not_elephant").value == "hippo"  # what it says without a trunk
    a, b, difference = seen.maps.values()
    torch.testing.assert_close(difference, a - b, rtol=1e-3, atol=1e-4)
    logits = networks.load("zoo")(about().opened.x)[0]
    assert f"logit {float(logits[4] - logits[5]):+.1f}" in seen.captions["elephant − hippo"]
    growth = compute.grown("elephant", 27)
    assert growth.p.shape == (len(LENGTHS), 10) and growth.flip() == 0.3
    assert "At 0.3 of the longest, the network says **hippo**" in text(at)
    assert metrics(at) == {"of the longest trunk: so short, it is no elephant any more": "0.3"}
    cat = compute.Growth([], torch.eye(10)[[0] * len(LENGTHS)])
    assert cat.flip() is None


def test_when_it_fails_it_is_as_sure(seen: SimpleNamespace) -> None:
    at = opened(**ASK, question="When do you succeed or fail?")
    assert "| where the snow lies" not in text(at) and [*metrics(at).values()] == ["100%"]
    at.pills(key="swapped").set_value("half")
    ran(at)
    assert "| with the husky: swapped | 0% |" in text(at)
    assert at.success[0].value == "You guessed half: 0% of its answers are right with the snow swapped."
    (right, sure), (wrong, still) = compute.sureness(huskies.twins(False)).values()
    assert metrics(at) == {f"right with the snow swapped; on average it is {still:.0%} sure of its answer": "0%"}
    assert (right, wrong) == (1.0, 0.0) and sure > 0.9 and still > 0.9
    assert f"it is {sure:.0%} sure where it is right, and {still:.0%} sure where it is wrong" in text(at)


def test_a_new_last_layer_helps_and_its_maps_stay(seen: SimpleNamespace) -> None:
    at = opened(**ASK, question="How to correct an error?", fair_scenes="25")
    before, after = compute.repair(0), compute.repair(25)
    assert list(before.accuracy.values()) == [1.0, 0.0] and min(after.accuracy.values()) < 0.9
    assert list(seen.maps) == ["as it was", "new last layer, 25 scenes"]
    worst = f"{min(after.accuracy.values()):.0%}"
    assert metrics(at) == {"right in the worse of two conditions with the new last layer; before 0%": worst}
    for name, r in (("as it was", before), ("new last layer, 25 scenes", after)):
        mean, low, high = r.background.interval
        first, second = (f"{a:.0%}" for a in r.accuracy.values())
        assert f"| {name} | {first} | {second} | {mean:.2f} ({low:.2f} to {high:.2f}) |" in text(at)
    many = huskies.scenes(4)
    A = xai_core.explain(networks.load("husky_wolf"), many.x, "predicted", "integrated_gradients")
    expected = xai_core.share(A, many.parts["the background"], torch.ones(64, 64, dtype=torch.bool))
    np.testing.assert_allclose(before.background.fair, expected, rtol=1e-3)
    assert many.parts["the snow"][compute.SEEN].any()


def test_every_method_that_answers_why_can(seen: SimpleNamespace) -> None:
    for method in questions.METHODS:
        given = catalogue()[method].defaults
        A = stages.explanation(about().question(given["output"]), method, given).A
        expected = xai_core.explain(networks.load("zoo"), about().opened.x, 4, method)
        torch.testing.assert_close(A, expected, rtol=1e-3, atol=1e-5)


# --- the map ----------------------------------------------------------------------------------------------------------


def leaves() -> list[tuple[taxonomy.Leaf, str, dict[str, str]]]:
    """Every leaf that leads somewhere in this workbook: leaf, page, settings."""
    found = [(leaf, why_map.target(leaf, about())) for leaf in taxonomy.leaves()]
    return [(leaf, *where) for leaf, where in found if where is not None]


def test_the_map_shows_every_leaf_and_what_it_needs() -> None:
    at = opened(**MAP)
    shown = text(at)
    for leaf, *_ in leaves():
        assert f"{leaf.needs} · {leaf.cost}  \n{leaf.paper}" in shown
    assert len(at.caption) == len(leaves()) + 2  # its own, and the notebook at the foot
    assert {leaf.method for leaf, *_ in leaves()} >= set(catalogue())  # a method without a leaf would be lost
    for leaf in taxonomy.leaves():
        assert leaf.method or leaf.title in why_map.PAGES


def test_who_has_answers_alone_is_told_what_is_closed() -> None:
    at = opened(**MAP, have="its answers alone")
    shown = text(at)
    methods = [leaf for leaf in taxonomy.leaves() if leaf.method]
    usable = sum(leaf.needs == "answers" for leaf in methods)
    assert [*metrics(at).values()] == [f"{usable} of {len(methods)}"] and usable > 0
    closed = [leaf for leaf, *_ in leaves() if leaf.needs in ("gradients", "inside")]
    assert shown.count("not open to you") == len(closed) >= 18
    assert "needs inside: not open to you · T + B + 4 passes" in shown


METHODS = list(catalogue())
FOURS = [METHODS[i : i + 4] for i in range(0, len(METHODS), 4)]


@pytest.mark.parametrize("names", FOURS, ids=lambda names: names[0])
def test_a_click_on_a_method_opens_it_on_the_picture(names: list[str], seen: SimpleNamespace) -> None:
    """Four leaves a page, for that is what it takes; their links differ in the method alone."""
    clicked = {leaf.method: (page, settings) for leaf, page, settings in leaves() if leaf.method in names}
    titles = [catalogue()[name].title for name in names]
    rest = [{k: v for k, v in settings.items() if k != "method"} for _, settings in clicked.values()]
    assert [settings["method"] for _, settings in clicked.values()] == titles
    assert all(page == "explain" for page, _ in clicked.values()) and all(r == rest[0] for r in rest)
    at = opened_at(pages.PAGES["explain"].file, **rest[0], **CHEAP, method=titles)
    assert list(seen.maps) == titles and not seen.failures and not at.toast
    assert all(A.any() for A in seen.maps.values())
    assert seen.offered[0].picture == about().picture


WORDS = {  # what is on the screen behind a leaf that is no method of `explain`
    "Decision tree": "A model that needs no explanation",
    "Linear model": "the classifier's own",
    "NormLIME": "NormLIME",
    "SP-LIME": "SP-LIME",
    "LIME of words": "Which words make the classifier say",
    "LIME of a table's row": "Which columns make the model say",
    "GAD": "GAD",
}
OTHERS = [(leaf.title, page, settings) for leaf, page, settings in leaves() if not leaf.method]


def visits() -> dict[tuple[str, ...], tuple[str, dict[str, str]]]:
    """Titles → page and settings: a leaf whose link asks for less of the same page is seen on the way."""
    found: dict[tuple[str, ...], tuple[str, dict[str, str]]] = {}
    for title, page, settings in sorted(OTHERS, key=lambda each: -len(each[2])):
        for titles, (other, more) in found.items():
            if page == other and settings.items() <= more.items():
                found[*titles, title] = found.pop(titles)
                break
        else:
            found[(title,)] = page, settings
    return found


@pytest.mark.parametrize("titles", visits(), ids=", ".join)
def test_a_click_on_any_other_leaf_opens_its_page(titles: tuple[str, ...], seen: SimpleNamespace) -> None:
    page, settings = visits()[titles]
    at = opened_at(pages.PAGES[page].file, **settings, **LITTLE)
    assert not at.error and not at.toast
    options = [o for e in (*at.selectbox, *at.multiselect) for o in e.options] + [e.value for e in at.selectbox]
    on_screen = text(at) + "\n".join(map(str, options))
    assert all(WORDS.get(title, "") in on_screen for title in titles)


def test_a_leaf_without_a_page_has_no_link() -> None:
    stranger = taxonomy.Leaf("Stranger", "local", "answers", "1 pass", "Nobody 2030")
    assert why_map.target(stranger, about()) is None


@pytest.mark.parametrize(
    "query",
    [
        {"part": "x", "animal": "unicorn", "number": "-1", "readable": "x", "depth": "99", "decides": "<b>"},
        {**ASK, "question": "x", "answered_by": "magic"},
    ],
    ids=str,
)
def test_bad_links_open_the_usual_setting(query: dict[str, str], seen: SimpleNamespace) -> None:
    at = opened(**query)
    assert not at.error and len(at.toast) >= 1
