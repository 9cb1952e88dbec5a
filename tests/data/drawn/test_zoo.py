"""The toy zoo: what must be true of the drawings if explanations are to be judged on them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from data.drawn import zoo
from data.drawn.canvas import Canvas
from data.drawn.pen import Pen
from data.drawn.shapes import smoothstep, soft_union

LENGTHS = (0.0, 0.03, 0.1, 0.3, 0.6, 0.8, 1.0)


# --- drawing ----------------------------------------------------------------------------------------------------------


def test_the_distance_to_a_circle_is_its_distance() -> None:
    pen = Pen.placed(Canvas(64), 0, 0, 1)
    expected = np.hypot(pen.u - 0.25, pen.v + 0.125) - 0.5
    np.testing.assert_allclose(pen.ellipse(0.25, -0.125, 0.5, 0.5), expected, atol=1e-6)


def test_the_distance_to_a_square_is_its_distance_to_the_nearest_side() -> None:
    pen = Pen.placed(Canvas(64), 0, 0, 1)
    square = [(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)]
    expected = np.maximum(abs(pen.u), abs(pen.v)) - 0.5
    for corners in (square, square[::-1]):
        np.testing.assert_allclose(pen.polygon(corners), expected, atol=1e-6)


def test_the_distance_to_a_flower_is_the_distance_to_its_nearest_petal() -> None:
    pen = Pen.placed(Canvas(64), 0, 0, 1)
    angles = 0.7 + 2 * np.pi / 5 * np.arange(5)
    petals = [pen.ellipse(0.5 * np.cos(angle), 0.5 * np.sin(angle), 0.2, 0.2) for angle in angles]
    np.testing.assert_allclose(pen.flower(5, 0.5, 0.2, 0.7), np.min(petals, axis=0), atol=1e-5)


def test_the_covered_area_of_a_disc_is_its_area() -> None:
    canvas = Canvas(64)
    pen = Pen.placed(canvas, 0.1, -0.05, 0.5)
    pen.paint(pen.ellipse(0, 0, 1, 1), (1, 1, 1), outline=0)
    assert canvas.image[0].sum() * canvas.pixel**2 == pytest.approx(np.pi * 0.5**2, rel=2e-3)


@given(angle=st.floats(-3, 3), mirror=st.booleans(), scale=st.floats(0.2, 1.5), u=st.floats(-1, 1), v=st.floats(-1, 1))
def test_a_pen_finds_its_own_points_on_the_canvas(angle: float, mirror: bool, scale: float, u: float, v: float) -> None:
    pen = Pen.placed(Canvas(16), 0.1, -0.2, scale, angle, mirror).child(0.3, 0.1, 0.7, 0.5)
    x, y = pen.on_canvas(u, v)
    a, b, c, d = pen.axes
    assert (a * (x - pen.x) + b * (y - pen.y), c * (x - pen.x) + d * (y - pen.y)) == pytest.approx((u, v), abs=1e-9)
    assert pen.scale == pytest.approx(0.7 * scale)


def test_measuring_a_window_paints_the_same_pixels() -> None:
    images = []
    for windowed in (False, True):
        canvas = Canvas(64)
        pen = Pen.placed(canvas, 0.2, 0.1, 0.7, 0.4, True)
        if windowed:
            pen.dot(0.3, -0.2, 0.3, 0.2, (0.2, 0.6, 0.9), 0.3, outline=0.022)
        else:
            pen.paint(pen.ellipse(0.3, -0.2, 0.3, 0.2, 0.3), (0.2, 0.6, 0.9))
        images.append(canvas.image)
    np.testing.assert_allclose(*images, atol=2e-6)


def test_smoothstep_and_soft_union_by_hand() -> None:
    np.testing.assert_allclose(smoothstep(np.array([-1, 0, 0.25, 0.5, 1, 2])), [0, 0, 0.15625, 0.5, 1, 1])
    a, b = np.array([0.0, 0.0]), np.array([1.0, 0.0])
    np.testing.assert_allclose(soft_union(a, b, 0.4), [0.0, -0.1])  # far: the minimum; equal: k/4 deeper


# --- scenes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", zoo.CLASSES)
def test_a_seed_fixes_every_bit(name: str) -> None:
    first, again, other = zoo.draw(name, 3), zoo.draw(name, 3), zoo.draw(name, 4)
    for field in ("image", "animal", "part", "snow"):
        assert torch.equal(getattr(first, field), getattr(again, field))
    assert not torch.equal(first.image, other.image)


@settings(max_examples=40, deadline=None)
@given(label=st.sampled_from(zoo.CLASSES), seed=st.integers(0, 2**40), part=st.none() | st.floats(0, 1))
def test_every_scene_is_a_picture_with_its_part_within_its_animal(label: str, seed: int, part: float | None) -> None:
    scene = zoo.draw(label, seed, part=part)
    assert scene.image.shape == (3, 64, 64) and scene.image.dtype == torch.float32
    assert scene.image.isfinite().all() and scene.image.min() >= 0 and scene.image.max() <= 1
    assert not (scene.part & ~scene.animal).any()
    assert 250 <= scene.animal.sum() <= 2600, "neither lost nor filling the picture"
    assert not (scene.snow & scene.animal).any()
    if part is None:
        assert 0.6 <= scene.length <= 1
        assert scene.part.sum() >= 8


@pytest.mark.parametrize("name", zoo.CLASSES)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_outside_the_animal_nothing_moves_with_its_part(name: str, seed: int) -> None:
    scenes = [zoo.draw(name, seed, part=length) for length in LENGTHS]
    assert not scenes[0].part.any(), "a part of size 0 is not there"
    assert scenes[-1].part.any()
    for a, b in pairwise(scenes):
        moved = (a.image != b.image).any(0)
        assert not (moved & ~(a.animal | b.animal)).any()
        assert not (moved & ~(a.part | b.part)).any(), "within the animal, only the part moves"


@pytest.mark.parametrize("seed", range(4))
def test_without_an_animal_the_scene_is_the_same_but_for_animal_and_shadow(seed: int) -> None:
    bare = zoo.empty(seed)
    for name in ("cat", "fish"):
        scene = zoo.draw(name, seed)
        change = scene.image - bare
        assert (change[:, ~scene.animal] <= 1e-6).all(), "a shadow only darkens"
        sky = torch.arange(64)[:, None].expand(64, 64) < 8
        assert torch.equal(scene.image[:, sky & ~scene.animal], bare[:, sky & ~scene.animal])


@pytest.mark.parametrize("seed", range(5))
def test_the_trunk_grows_smoothly(seed: int) -> None:
    lengths = np.linspace(0, 1, 101)
    images = torch.stack([zoo.draw("elephant", seed, trunk=float(length)).image for length in lengths])
    steps = (images[1:] - images[:-1]).abs()
    assert steps.max() < 0.35, "no pixel jumps in a hundredth of the length"
    assert steps.sum((1, 2, 3)).max() < 12, "nor do many together"
    areas = [int(zoo.draw("elephant", seed, trunk=float(length)).part.sum()) for length in (0, 0.25, 0.5, 0.75, 1)]
    assert areas == sorted(set(areas)), "a longer trunk shows more"


def test_edges_are_anti_aliased() -> None:
    canvas = Canvas(64)
    pen = Pen.placed(canvas, 0, 0, 1)
    pen.paint(pen.capsule((-0.6, -0.4), (0.6, 0.3), 0.2), (1, 1, 1), outline=0)
    between = canvas.image[0][(canvas.image[0] > 0.02) & (canvas.image[0] < 0.98)]
    assert len(np.unique(between.round(2))) > 25, "an edge has many grey levels, not two"


def test_a_larger_drawing_is_the_same_drawing() -> None:
    for name in zoo.CLASSES:
        small, large = zoo.draw(name, 8), zoo.draw(name, 8, size=256)
        shrunk = torch.nn.functional.avg_pool2d(large.image[None], 4)[0]
        assert (shrunk - small.image).abs().mean() < 0.03, name


def test_another_label_in_the_same_seed_keeps_the_scenery_and_the_colours() -> None:
    cat, dog = zoo.draw("cat", 5), zoo.draw("dog", 5)
    assert cat.background == dog.background
    outside = ~(cat.animal | dog.animal)
    assert torch.equal(cat.image[:, outside], dog.image[:, outside])


# --- streams ----------------------------------------------------------------------------------------------------------


def test_a_longer_batch_begins_with_the_same_scenes() -> None:
    short, long = zoo.batch(5, 7), zoo.batch(12, 7)
    for a, b in zip(short, long, strict=True):
        assert torch.equal(a, b[:5])
    names = zoo.batch_labels(12, 7)
    again = zoo.draw(names[3], zoo.scene_seed(7, 3))
    assert torch.equal(again.image, long[0][3]) and torch.equal(again.part, long[3][3])
    assert sorted(long[1][:10].tolist()) == list(range(10)), "every round has every class once"


def test_a_batch_of_some_classes_keeps_the_zoos_labels() -> None:
    _, labels, *_ = zoo.batch(6, 0, classes=("dog", "fish"))
    assert sorted(labels.tolist()) == [1] * 3 + [8] * 3


@pytest.fixture(scope="module")
def sample() -> tuple[torch.Tensor, ...]:
    return zoo.batch(900, 11)


@pytest.mark.slow  # 900 scenes
def test_neither_colour_nor_background_gives_the_class_away(sample: tuple[torch.Tensor, ...]) -> None:
    images, labels, animals, _ = sample
    weight = animals[:, None].float()
    inside = (images * weight).sum((2, 3)) / weight.sum((2, 3))
    outside = (images * (1 - weight)).sum((2, 3)) / (1 - weight).sum((2, 3))
    for colours in (inside, outside):
        features = torch.cat([colours, colours**2], 1).numpy()
        model = LogisticRegression(max_iter=1000).fit(features[:600], labels[:600])
        assert model.score(features[600:], labels[600:]) < 0.24, "chance is 0.10"


def test_backgrounds_come_equally_with_every_class() -> None:
    counts = dict.fromkeys(zoo.BACKGROUNDS, 0)
    for i in range(300):
        counts[zoo.draw("turtle", i, size=16).background] += 1
    assert min(counts.values()) > 30


# --- the biased twin --------------------------------------------------------------------------------------------------


def test_snow_goes_with_the_wolf_with_the_husky_or_with_neither() -> None:
    runs = {snow: zoo.husky_wolf(40, 2, snow=snow) for snow in zoo.SNOW}
    wolf = runs["with wolf"][1] == zoo.HUSKY_WOLF.index("wolf")
    assert wolf.sum() == 20
    assert torch.equal(runs["with wolf"][3].any(2).any(1), wolf)
    assert torch.equal(runs["with husky"][3].any(2).any(1), ~wolf)
    snowy = runs["independent"][3].any(2).any(1)
    assert 4 <= (snowy & wolf).sum() <= 16 and 4 <= (snowy & ~wolf).sum() <= 16
    assert all(torch.equal(runs["with wolf"][1], run[1]) for run in runs.values())


def test_the_same_wolf_stands_on_snow_and_on_bare_ground() -> None:
    snow, bare = (zoo.draw_husky_wolf("wolf", 6, snow=where) for where in (True, False))
    assert snow.background == "snow" and bare.background != "snow"
    assert torch.equal(snow.animal, bare.animal)
    inside = -torch.nn.functional.max_pool2d(-snow.animal[None].float(), 5, 1, 2)[0] > 0  # without its soft edge
    same = (snow.image == bare.image).all(0)[inside]
    assert same.float().mean() > 0.97, "but for the ground seen between the legs"


# --- two birds --------------------------------------------------------------------------------------------------------


def test_only_the_beak_tells_the_birds_apart() -> None:
    """Two birds of one scene differ inside their beaks alone; without a beak they are the same bits."""
    for seed in range(6):
        warbler, sparrow = (zoo.draw_birds(name, seed) for name in zoo.BIRDS)
        differ = (warbler.image != sparrow.image).any(0)
        assert differ.any() and not (differ & ~(warbler.part | sparrow.part)).any()
        assert (warbler.background, warbler.length) == (sparrow.background, sparrow.length)
        assert warbler.part.sum() > 15 and sparrow.part.sum() > 15
        bare = [zoo.draw_birds(name, seed, part=0) for name in zoo.BIRDS]
        assert torch.equal(bare[0].image, bare[1].image) and not (bare[0].part | bare[1].part).any()


def test_a_warblers_beak_is_longer_and_a_sparrows_thicker() -> None:
    def extent(scene: zoo.Scene) -> tuple[int, int]:
        rows, columns = scene.part.nonzero().T
        return int(rows.max() - rows.min()), int(columns.max() - columns.min())

    for seed in range(6):
        (thin, long), (thick, short) = (extent(zoo.draw_birds(name, seed, part=1, size=128)) for name in zoo.BIRDS)
        assert long > 1.3 * short and thin / long < 0.6 < thick / short


def test_birds_come_in_a_stream() -> None:
    images, labels, animals, beaks = zoo.birds(6, 3)
    assert labels.bincount().tolist() == [3, 3] and (animals | ~beaks).all()
    for i, label in enumerate(labels.tolist()):
        scene = zoo.draw_birds(label, zoo.scene_seed(3, i))
        assert scene.name == zoo.BIRDS[label] and scene.part_name == zoo.BIRDS_PART[scene.name]
        assert torch.equal(images[i], scene.image) and torch.equal(beaks[i], scene.part)
    assert not zoo.birds(4, 3, part=0.0)[3].any()


# --- bad input --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: zoo.draw("unicorn", 0), "label is 'unicorn'; it must be one of cat, dog"),
        (lambda: zoo.draw(10, 0), "label is 10; .* 0 to 9"),
        (lambda: zoo.draw("cat", -1), "seed is -1"),
        (lambda: zoo.draw("cat", 0.5), "seed is 0.5"),
        (lambda: zoo.draw("cat", 0, trunk=0.5), "trunk is 0.5 for a cat"),
        (lambda: zoo.draw("elephant", 0, trunk=1.5), r"trunk is 1.5; it must lie in \[0, 1\]"),
        (lambda: zoo.draw("elephant", 0, trunk=float("nan")), "trunk is nan"),
        (lambda: zoo.draw("elephant", 0, trunk=0.5, part=0.5), "give one of them"),
        (lambda: zoo.draw("cat", 0, background="mars"), "background is 'mars'; .* meadow"),
        (lambda: zoo.draw("cat", 0, size=4), "size is 4; .* 16 to 1024"),
        (lambda: zoo.batch(0, 0), "n is 0"),
        (lambda: zoo.draw_birds("ostrich", 0), "label is 'ostrich'; it must be one of warbler, sparrow"),
        (lambda: zoo.draw_birds(0, 0, part=-0.1), r"part is -0.1; it must lie in \[0, 1\]"),
        (lambda: zoo.birds(0, 0), "n is 0"),
        (lambda: zoo.batch(2, 0, classes=("cat", "yeti")), "yeti"),
        (lambda: zoo.husky_wolf(4, 0, snow="always"), "snow is 'always'; .* with wolf"),
        (lambda: zoo.draw_husky_wolf("cat", 0), "label is 'cat'; it must be one of husky, wolf"),
    ],
)
def test_bad_input_is_named_in_a_sentence(call, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        call()
