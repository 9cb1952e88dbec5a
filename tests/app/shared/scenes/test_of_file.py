"""What a lab's scenes.toml says: how it is read, and what every file has to keep to."""

from itertools import pairwise

import pytest

from app.shared.pages import PAGES, START
from app.shared.scenes.of_file import LABS, Scene, read, scenes_of

ROW = {"asks": "Why?", "changes": "B falls", "look": "the gap", "change": {"B": 3}}
EVERY = [
    (lab, part, scene)
    for lab in sorted(set(PAGES) - {START.name})
    for part, scenes in scenes_of(lab).parts.items()
    for scene in scenes
]


def test_values_become_words_of_the_address() -> None:
    row = {**ROW, "given": {"method": ["UNI", "LIME"], "eps": 0.5}, "change": {"snow": True, "B": 3}}
    (scene,) = read({"scene": [row]}, "x").parts[""]
    assert scene.before == {"method": ["UNI", "LIME"], "eps": "0.5"}
    assert scene.after == {**scene.before, "snow": "true", "B": "3"}


def test_a_part_is_given_in_all_its_scenes_and_counts_its_own() -> None:
    found = read({"part": "domain", "unless": "study", "text": [ROW, ROW], "signal": [ROW]}, "x")
    assert (found.part, found.unless) == ("domain", "study")
    assert [(s.number, s.given) for s in found.parts["text"]] == [(1, {"domain": "text"}), (2, {"domain": "text"})]
    assert found.parts["signal"] == (Scene(1, "Why?", "B falls", "the gap", {"B": "3"}, {"domain": "signal"}),)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"scenes": [ROW]}, r"must stand under \[\[scene\]\], or part must be given; got \['scenes'\]"),
        ({"scene": [{**ROW, "asked": "?"}]}, r"scene 1 of x may say .*; got \['asked'\]"),
        ({"scene": [ROW, {**ROW, "look": ""}]}, "scene 2 of x must say look"),
        ({"scene": [{**ROW, "change": {}}]}, "scene 1 of x must say change"),
    ],
)
def test_a_file_that_says_something_else_is_refused(said: dict, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read(said, "x")


def test_every_page_has_scenes_that_change_something() -> None:
    assert {lab for lab, *_ in EVERY} == set(PAGES) - {START.name}
    assert {file.parent.name for file in LABS.glob("*/scenes.toml")} == set(PAGES) - {START.name}
    for lab, _, scene in EVERY:
        unlike = [name for name, value in scene.change.items() if scene.given.get(name) != value]
        assert unlike == list(scene.change), (lab, scene.number)
        assert scene.asks.endswith("?") and not scene.changes.endswith((".", "?")), (lab, scene)
        assert len(scene.asks) <= 90 and len(scene.changes) + len(scene.look) <= 120, (lab, scene.number)


def test_no_scene_is_the_one_before() -> None:
    for (lab, part, before), (other, same, scene) in pairwise(EVERY):
        assert (lab, part) != (other, same) or before.after != scene.after, (lab, scene.number)
