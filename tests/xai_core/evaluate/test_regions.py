"""Regions and their scores: areas and answers by hand, hulls against whole-number geometry, what must never happen."""

import math
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.toys import PlainCNN, fingerprint, images, linear, noted, seeded
from xai_core import complexity, hull, make_score, sensitivity, supplementary
from xai_core.score import rows_at_once


def mask_of(picture: str) -> torch.Tensor:
    """A mask as one sees it: # is in."""
    return torch.tensor([[sign == "#" for sign in line] for line in picture.split()])


def masks(most: int = 9):
    """Masks of any size up to `most` × `most`, with any number of pixels."""
    side = st.integers(1, most)
    return st.tuples(side, side).flatmap(
        lambda hw: st.lists(st.booleans(), min_size=hw[0] * hw[1], max_size=hw[0] * hw[1]).map(
            lambda on: torch.tensor(on).view(hw)
        )
    )


def nested():
    """A mask and a part of it."""
    return masks().flatmap(
        lambda m: st.lists(st.booleans(), min_size=m.numel(), max_size=m.numel()).map(
            lambda on: (torch.tensor(on).view(m.shape) & m, m)
        )
    )


# Hulls

HANDMADE = {  # mask, its hull's pixels, the polygon's area
    "a square of 3 × 3 is 2 · 2 between its centres": ("..... .###. .###. .###.", "..... .###. .###. .###.", 4),
    "its four corners are enough": ("#.# ... #.#", "### ### ###", 4),
    "a triangle of legs 3": ("#... .... .... #..#", "#... ##.. ###. ####", 4.5),
    "a diamond": ("..#.. ..... #...# ..... ..#..", "..#.. .###. ##### .###. ..#..", 8),
    "the smallest there is": ("## #.", "## #.", 0.5),
    "a sliver with pixels on its edge": ("#.... ..... ....# ....#", "#.... ..#.. ...## ....#", 2),
    "nothing": ("... ...", "... ...", 0),
    "one pixel": ("... .#.", "... .#.", 0),
    "two neighbours": ("... .##", "... .##", 0),
    "a line": ("#..#. .....", "####. .....", 0),
    "a line down": (".# .. .# .#", ".# .# .# .#", 0),
    "a diagonal": ("#... .... .... ...#", "#... .#.. ..#. ...#", 0),
    "the other diagonal": ("...# .... .#.. #...", "...# ..#. .#.. #...", 0),
    "a knight's moves": ("#.... ..... ....#", "#.... ..#.. ....#", 0),
    "two pixels with none between": ("#... ...#", "#... ...#", 0),
    "a picture of one row": ("#.#.#", "#####", 0),
}


@pytest.mark.parametrize("name", HANDMADE)
def test_hulls_by_hand(name):
    picture, filled, area = HANDMADE[name]
    found = hull(mask_of(picture))
    assert torch.equal(found.mask, mask_of(filled)) and found.area == area


def test_a_polygon_has_columns_and_rows():
    """As a figure draws it: x to the right, y down."""
    corners = hull(mask_of("#..# .... #...")).polygon
    assert sorted(map(tuple, corners.tolist())) == [(0, 0), (0, 2), (3, 0)]
    assert hull(mask_of("... ..#")).polygon.tolist() == [[2, 1]]
    assert hull(mask_of("#.# ...")).polygon.tolist() == [[0, 0], [2, 0]]
    assert hull(mask_of("... ...")).polygon.shape == (0, 2)


def whole_number_hull(points: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Andrew's monotone chain (1979) in whole numbers, without the points on an edge: the oracle."""

    def turn(o, a, b):
        return (a[0] - o[0]) * (b[1] - o[1]) - (a[1] - o[1]) * (b[0] - o[0])

    def half(points):
        chain = []
        for p in points:
            while len(chain) > 1 and turn(chain[-2], chain[-1], p) <= 0:
                chain.pop()
            chain.append(p)
        return chain[:-1]

    points = sorted(points)
    return half(points) + half(points[::-1])


def check_against_whole_numbers(mask):
    columns_and_rows = [(int(c), int(r)) for r, c in mask.nonzero()]
    corners = whole_number_hull(columns_and_rows)
    twice = sum(a[0] * b[1] - a[1] * b[0] for a, b in zip(corners, corners[1:] + corners[:1], strict=True))
    found = hull(mask)
    assert set(map(tuple, found.polygon.tolist())) == set(corners) and found.area == twice / 2
    r, c = np.mgrid[: mask.shape[0], : mask.shape[1]]
    expected = np.ones(mask.shape, dtype=bool)
    for a, b in pairwise([*corners, corners[0]]):
        expected &= (b[0] - a[0]) * (r - a[1]) - (b[1] - a[1]) * (c - a[0]) >= 0
    assert np.array_equal(found.mask.numpy(), expected)


@given(masks())
def test_hulls_against_whole_numbers(mask):
    if np.linalg.matrix_rank(mask.nonzero().numpy() - mask.nonzero()[:1].numpy()) == 2:
        check_against_whole_numbers(mask)


@pytest.mark.parametrize("share", [0.0002, 0.003, 0.5])
def test_hulls_of_photographs_size_against_whole_numbers(share):
    """Edges from border to border, with pixels on them and within a hair of them."""
    r, c = np.mgrid[:224, :224]
    disc = torch.from_numpy((r - 100) ** 2 + (c - 120) ** 2 <= 95**2)
    for seed in range(2):
        some = torch.rand(224, 224, generator=torch.Generator().manual_seed(seed)) < share
        check_against_whole_numbers(some)
        check_against_whole_numbers(some & disc)


@given(nested())
def test_hulls_in_general(pair):
    part, whole = pair
    small, large = hull(part), hull(whole)
    assert (large.mask | ~whole).all()  # it contains what it is of
    assert (large.mask | ~small.mask).all() and small.area <= large.area  # and grows with it
    again = hull(large.mask)
    assert torch.equal(again.mask, large.mask) and again.area == large.area
    for turned in (whole.T, whole.flip(0), whole.flip(1)):
        assert hull(turned).area == large.area
    assert torch.equal(hull(whole.T).mask, large.mask.T) and torch.equal(hull(whole.flip(1)).mask, large.mask.flip(1))
    moved = torch.nn.functional.pad(whole, (2, 1, 3, 0))
    assert hull(moved).area == large.area and torch.equal(hull(moved).mask[3:, 2:-1], large.mask)
    # Pick's theorem: pixels = area + ½ of those on the border + 1
    assert large.area == 0 or large.area < large.mask.sum() <= 2 * large.area + 2


# RC


def test_complexity_by_hand():
    """A square of 3 × 3 in one of 5 × 5: 4 of 16. Its diagonal: a line, 0."""
    whole = torch.ones(5, 5, dtype=torch.bool)
    inner, diagonal = torch.zeros(2, 5, 5).bool()
    inner[1:4, 1:4] = True
    diagonal.fill_diagonal_(True)
    assert complexity(inner, whole) == 0.25 and complexity(whole, inner) == 4
    assert complexity(diagonal, whole) == 0 and complexity(torch.zeros_like(whole), whole) == 0
    assert math.isnan(complexity(diagonal, diagonal)) and complexity(whole, diagonal) == math.inf


@given(nested())
def test_complexity_is_at_most_1_where_nothing_is_added(pair):
    rc = complexity(*pair)
    assert 0 <= rc <= 1 or math.isnan(rc)
    assert (rc == 1) == (hull(pair[1]).area > 0 and hull(pair[0]).area == hull(pair[1]).area)


def test_equal_hulls_are_no_gain_by_rounding():
    """Other pixels inside, the same outermost ones: exactly 1, which the paper counts for the original map."""
    for seed in range(20):
        some = torch.rand(61, 67, generator=torch.Generator().manual_seed(seed)) < 0.3
        corners = torch.zeros_like(some)
        columns, lines = hull(some).polygon.astype(int).T
        corners[lines, columns] = True
        assert complexity(corners, some) == 1.0


def test_supplementary_by_hand():
    orig, gad = mask_of("#..# .... .... #..#"), mask_of(".... .#.. .... .##.")
    assert torch.equal(supplementary(orig, gad), mask_of("#### #.## #.## #..#"))
    assert not supplementary(orig, orig).any() and torch.equal(supplementary(orig, gad & False), hull(orig).mask)
    assert torch.equal(supplementary(mask_of("##.. ##.."), mask_of(".### ....")), mask_of("#... ##.."))  # never −1


@given(nested())
def test_supplementary_and_gad_make_the_whole(pair):
    part, whole = pair
    rest = supplementary(whole, part)
    assert torch.equal(rest | hull(part).mask, hull(whole).mask) and not (rest & hull(part).mask).any()
    assert torch.equal(rest, supplementary(hull(whole).mask, hull(part).mask))


# RS

X = torch.tensor([[[[1.0, 0.5], [0.25, 0.0]]], [[[0.5, 0.5], [1.0, 1.0]]]], dtype=torch.double)
W = torch.tensor([[1.0, 2, 4, 8], [0, -1, 0, 3]], dtype=torch.double)


def linear_score(target):
    model = torch.nn.Sequential(torch.nn.Flatten(), linear(W, torch.tensor([5.0, 0], dtype=torch.double)))
    return make_score(model, X, target, output="logit")


def test_sensitivity_by_hand():
    """What leaves a linear sum, over how many pixels left: top row of image 0, class 0: (1 + 2·0.5)/2."""
    top, left = mask_of("## .."), mask_of("#. #.")
    f = linear_score(0)
    assert sensitivity(f, X, top).tolist() == [1.0, 0.75]
    assert sensitivity(f, X, torch.stack([top, left])).tolist() == [1.0, (0.5 + 4) / 2]
    both = torch.stack([torch.stack([top, left]), torch.stack([left, ~left])])  # (N, K, H, W)
    assert sensitivity(f, X, both).tolist() == [[1.0, (1 + 1) / 2], [(0.5 + 4) / 2, (1 + 8) / 2]]
    assert sensitivity(linear_score(torch.tensor([0, 1])), X, both).tolist() == [[1.0, 1.0], [0.0, (-0.5 + 3) / 2]]


def test_what_covers_is_a_choice():
    """Grey ½ in place of black 0; each picture's mean, 0.4375 and 0.75; a picture of one's own."""
    corner = mask_of("#. ..")
    f = linear_score(0)
    assert sensitivity(f, X, corner, "grey").tolist() == [0.5, 0.0]
    assert sensitivity(f, X, corner, "mean").tolist() == [0.5625, 0.25]
    assert sensitivity(f, X, corner, torch.full((1, 1, 2, 2), 0.9)).tolist() == pytest.approx([0.1, 0.4])
    flat = X[:, :, :1, :1].expand_as(X)  # a picture of one colour, blurred, is itself
    assert sensitivity(f, flat, corner, "blurred").tolist() == pytest.approx([0, 0], abs=1e-12)


def test_nothing_covered_has_no_number():
    found = sensitivity(linear_score(0), X, torch.stack([mask_of(".. .."), mask_of("## ##")]))
    assert found[0].isnan() and found[1] == (0.5 + 1 + 4 + 8) / 4


def test_many_masks_are_as_one_by_one_in_passes_of_bounded_memory():
    x = images(5)
    model = seeded(PlainCNN)
    f = make_score(model, x, torch.tensor([0, 1, 2, 3, 4]), output="logit")
    covers = torch.rand(5, 30, 16, 16, generator=torch.Generator().manual_seed(1)) < 0.3
    asked = []

    class Counted(torch.nn.Module):
        def forward(self, x):
            return model(noted(asked, len(x), x))

    counted = make_score(Counted(), x, torch.tensor([0, 1, 2, 3, 4]), output="logit")
    before = fingerprint(model, x, covers)
    found = sensitivity(counted, x, covers)
    assert fingerprint(model, x, covers) == before
    assert sum(asked) == 5 * 31 and max(asked) <= rows_at_once(x) < 5 * 30
    for n in range(5):
        for k in (0, 17, 29):
            covered = x[n] * ~covers[n, k]
            with torch.no_grad():
                change = model(x[n][None])[0, n] - model(covered[None])[0, n]
            assert found[n, k].item() == pytest.approx(float(change.abs() / covers[n, k].sum()), rel=1e-3, abs=1e-8)
    torch.testing.assert_close(sensitivity(f, x, covers[:, 3]), found[:, 3])
    assert sensitivity(f, x.requires_grad_(), covers[:, 3]).requires_grad is False


@given(masks(6), st.integers(0, 10_000))
def test_sensitivity_in_general(mask, seed):
    """At least 0; at most the largest change of one pixel, for a linear score; in proportion to the score."""
    generator = torch.Generator().manual_seed(seed)
    x, w = torch.rand(2, 1, 2, *mask.shape, generator=generator, dtype=torch.double)
    found = sensitivity(lambda rows: (rows * w).sum((1, 2, 3)), x, mask)
    if not mask.any():
        assert found.isnan().all()
    else:
        assert 0 <= found <= (x * w).sum(1).max() + 1e-12
        tripled = sensitivity(lambda rows: -3 * (rows * w).sum((1, 2, 3)), x, mask)
        torch.testing.assert_close(tripled, 3 * found)


# What is refused


def test_errors_name_the_argument():
    ok = mask_of("## ..")
    f = linear_score(0)
    for bad in (ok.float(), ok[None], ok.numpy(), None):
        with pytest.raises(ValueError, match=r"^mask must be a mask \(H, W\) of bool; got "):
            hull(bad)
        for score in (complexity, supplementary):
            with pytest.raises(ValueError, match=r"^gad must be a mask"):
                score(gad=bad, orig=ok)
            with pytest.raises(ValueError, match=r"^orig must be a mask"):
                score(gad=ok, orig=bad)
    with pytest.raises(ValueError, match=r"^gad must have the shape of orig, \(2, 2\); got \(1, 2\)"):
        complexity(ok[:1], ok)
    for bad in (ok.float(), ok[:1], ok.expand(3, 2, 2), ok.expand(2, 0, 2, 2), ok.expand(1, 1, 1, 2, 2), [ok]):
        with pytest.raises(ValueError, match=r"^masks must be bool, \(2, 2, 2\), \(2, 2\), or \(2, K, 2, 2\); got "):
            sensitivity(f, X, bad)
    with pytest.raises(ValueError, match=r"^x must be images \(N, C, H, W\); got torch.float64, \(1, 2, 2\)"):
        sensitivity(f, X[0], ok)
    with pytest.raises(ValueError, match=r"^fill .* must be one of grey, mean, black, blurred"):
        sensitivity(f, X, ok, "white")
    with pytest.raises(ValueError, match=r"^fill must be one picture; got 3 rows"):
        sensitivity(f, X, ok, torch.zeros(3, 1, 2, 2))
    with pytest.raises(ValueError, match=r"^fill must broadcast"):
        sensitivity(f, X, ok, torch.zeros(5))
