"""BlurIG, Guided IG, AGI and the three paths: values by hand, completeness, orders, batches, memory, refusals."""

import copy
import math
import warnings
from itertools import pairwise

import pytest
import torch
from torch import nn

from tests.toys import MLP, PlainCNN, SmallCNN, fingerprint, images, linear, seeded
from xai_core import (
    agi,
    agi_trace,
    bent,
    blur_ig,
    curve,
    detour_trace,
    explain,
    guided_ig,
    guided_trace,
    integrated_gradients,
    make_score,
    one_by_one,
    path_integrated_gradients,
    scale_space,
    straight,
)
from xai_core.baselines import blur
from xai_core.path.agi import attack, rivals
from xai_core.path.paths import polyline
from xai_core.path.three_paths import groups, whole_steps
from xai_core.path.traces import Trace

F64 = {"dtype": torch.double}


def square(x):
    """(2x₁ + x₂)²"""
    return (2 * x[:, 0] + x[:, 1]) ** 2


def sine(x):
    return x.flatten(1).sin().sum(1)


# The three paths


def test_p1_and_p3_in_two_dimensions():
    """F = x₁x₂ from 0 to (1, 1): (0, 1), (1, 0) and (⅓, ⅔); all of them complete."""
    x = torch.ones(1, 2, **F64)
    zero, product = torch.zeros_like(x), lambda x: x[:, 0] * x[:, 1]
    cases = [
        (one_by_one(zero, x, torch.tensor([0, 1])), "midpoint", [0, 1]),
        (one_by_one(zero, x, torch.tensor([1, 0])), "midpoint", [1, 0]),
        (straight(zero, x), "midpoint", [1 / 2, 1 / 2]),
        (bent(zero, x, torch.tensor([1.0, 2.0])), "gauss_legendre", [1 / 3, 2 / 3]),
    ]
    for path, rule, expected in cases:
        seen = Trace(product, path, x)
        assert seen.attribution(10, rule)[0].tolist() == pytest.approx(expected, abs=1e-12)
        assert seen.gap(seen.attribution(10, rule)).item() < 1e-12


def test_p1_and_p3_on_images():
    """Rows of pixels one after the other, columns later and later: other maps, one sum."""
    x = images(2, side=8).double()
    f, zero = make_score(seeded(PlainCNN).double(), x, 1, "logit"), torch.zeros_like(x)
    halves = one_by_one(zero, x, (torch.arange(8) // 4)[:, None])
    middle = halves.point(torch.tensor([0.5], **F64))[0]
    assert torch.equal(middle[:, :, :4], x[:, :, :4]) and not middle[:, :, 4:].any()
    powers = 1 + torch.arange(8) / 8
    maps = []
    for path in (halves, bent(zero, x, powers), straight(zero, x)):
        seen = Trace(f, path, x)
        maps.append(seen.attribution(400, "midpoint"))
        assert (seen.gap(maps[-1]) < 1e-3 * maps[-1].flatten(1).abs().sum(1)).all()
    assert not torch.allclose(maps[0], maps[2], rtol=0.05) and not torch.allclose(maps[1], maps[2], rtol=0.05)
    same = polyline(zero, middle, x)
    α = torch.tensor([0.0, 0.2, 0.5, 0.9, 1.0], **F64)
    torch.testing.assert_close(halves.point(α), same.point(α))
    torch.testing.assert_close(halves.velocity(α), same.velocity(α))


def test_path_integrated_gradients_by_hand():
    """F = x₁x₂ from 0 to (1, 1). P3 moves x₂ as α⁴: x₁ gets ∫ α⁴ dα = ⅕. The rest is x₂'s."""
    x, product = torch.ones(1, 2, **F64), lambda x: x[:, 0] * x[:, 1]
    for path, expected in {"one_by_one": [0, 1], "straight": [0.5, 0.5], "bent": [0.2, 0.8]}.items():
        A = path_integrated_gradients(product, x, B=2000, path=path, G=2)
        assert A[0].tolist() == pytest.approx(expected, abs=1e-6)
    start = torch.tensor([[0.0, 3.0]], **F64)  # x₁ goes first, while x₂ is still 3
    A = path_integrated_gradients(product, x, start, B=2, path="one_by_one", G=2)
    assert A[0].tolist() == pytest.approx([3, -2], abs=1e-12)


def test_the_straight_one_is_integrated_gradients():
    x = images(2, side=8)
    f = make_score(seeded(PlainCNN), x, 1)
    ours = path_integrated_gradients(f, x, "white", 20, "straight")
    torch.testing.assert_close(ours, integrated_gradients(f, x, "white", 20, "midpoint"))


@pytest.mark.parametrize("order", ["rows", "rings", "channels"])
@pytest.mark.parametrize("path", ["one_by_one", "straight", "bent"])
def test_path_integrated_gradients_on_images(path, order):
    """Complete, one image at a time or all at once, and P1 pays each group what F gains when it appears."""
    x = images(3, side=8).double()
    f = make_score(seeded(PlainCNN).double(), x, torch.tensor([0, 2, 1]), "logit")
    seen = detour_trace(f, x, "grey", path, order, G=4)
    A = path_integrated_gradients(f, x, "grey", 1200, path, order, G=4)
    assert (seen.gap(A) < 2e-3 * A.flatten(1).abs().sum(1)).all()
    alone = make_score(seeded(PlainCNN).double(), x[1:2], 2, "logit")
    torch.testing.assert_close(A[1:2], path_integrated_gradients(alone, x[1:2], "grey", 1200, path, order, G=4))
    if path == "one_by_one":
        group = groups(x, order, 4).expand_as(x)
        n = int(group.max()) + 1
        gains = seen.confidence([g / n for g in range(n + 1)]).diff(dim=0)  # (n, N)
        paid = torch.stack([(A * (group == g)).flatten(1).sum(1) for g in range(n)])
        torch.testing.assert_close(paid, gains, rtol=0, atol=2e-3 * float(A.abs().sum()))


def test_groups_by_hand():
    x = torch.zeros(2, 3, 4, 6)
    assert groups(x, "rows", 2).tolist() == [[0] * 6, [0] * 6, [1] * 6, [1] * 6]
    assert groups(x, "rows", 99)[:, 0].tolist() == [0, 1, 2, 3]  # no more groups than rows
    assert groups(x, "channels").flatten().tolist() == [0, 1, 2]
    square = torch.zeros(1, 1, 5, 5)  # distances from the middle 0, 1, √2, 2, √5, √8; in halves of √8 = 2.83
    expected = [[1, 1, 1, 1, 1], [1, 1, 0, 1, 1], [1, 0, 0, 0, 1], [1, 1, 0, 1, 1], [1, 1, 1, 1, 1]]
    found = groups(square, "rings", 2)
    on_the_edge = torch.zeros(5, 5, dtype=torch.bool)
    on_the_edge[[1, 1, 3, 3], [1, 3, 1, 3]] = True  # √2 is half of √8 but for rounding: either ring will do
    assert torch.equal(found[~on_the_edge], torch.tensor(expected)[~on_the_edge])
    assert groups(torch.zeros(1, 6), "rows", 3).tolist() == [0, 0, 1, 1, 2, 2]
    assert groups(torch.zeros(1, 2, 4), "rows", 2).tolist() == [0, 0, 1, 1]


def test_p1_gives_every_group_as_many_steps():
    """B = 15 on 8 groups are 16 steps: of 15, some groups would get one and some two."""
    x = images(1, side=8).double()
    f = make_score(nn.Sequential(nn.Flatten(), linear(torch.ones(2, 192, **F64))), x, 0, "logit")
    assert whole_steps(x, 15, "one_by_one", "rows", 8) == 16 and whole_steps(x, 16, "one_by_one", "rows", 8) == 16
    assert whole_steps(x, 15, "one_by_one", "channels", 8) == 15 and whole_steps(x, 7, "bent", "rows", 8) == 7
    torch.testing.assert_close(path_integrated_gradients(f, x, B=15), x)


def test_refused_detours():
    x = torch.rand(2, 5)
    with pytest.raises(ValueError, match=r"order 'rings' needs images \(N, C, H, W\); x has shape \(2, 5\)"):
        path_integrated_gradients(sine, x, order="rings")
    with pytest.raises(ValueError, match=r"path .* must be one of one_by_one, straight, bent; got 'zigzag'"):
        path_integrated_gradients(sine, x, path="zigzag")
    with pytest.raises(ValueError, match=r"G .* must be a whole number, at least 1; got 0"):
        path_integrated_gradients(sine, x, G=0)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_corners_are_met_however_they_round(dtype):
    """49 · (1/49) is less than 1 in floating point; the coming piece counts all the same."""
    for pieces in (3, 49, 107, 1000):
        corners = (torch.arange(pieces + 1) ** 2).to(dtype).view(-1, 1, 1)
        α = torch.tensor([k / pieces for k in range(pieces)], dtype=dtype)
        found = polyline(*corners).velocity(α)[:, 0, 0] / pieces
        torch.testing.assert_close(found, corners.diff(dim=0)[:, 0, 0])


def test_rows_with_fewer_corners():
    a, b, c = (torch.tensor([[v], [w]], **F64) for v, w in ((0, 5), (1, 5), (3, 7)))
    path = polyline(a, b, c, skip=torch.tensor([0, 1]))
    assert path.point(torch.tensor([0.25, 0.5], **F64))[..., 0].tolist() == [[0.5, 5.5], [1, 6]]
    assert path.velocity(torch.tensor([0.25, 0.5], **F64))[..., 0].tolist() == [[2, 2], [4, 2]]


# BlurIG


def test_blur_ig_of_separate_sines():
    """F = Σ sin x_i: each pixel gets sin(x) − sin(blurred x), whatever the path between."""
    x = images(2, side=12).double() * 3
    expected = x.sin() - blur(x, 4.0).sin()
    for rule, tolerance in (("right", 2e-3), ("midpoint", 1e-4), ("gauss_legendre", 1e-6)):
        torch.testing.assert_close(blur_ig(sine, x, 200, 4.0, rule), expected, rtol=0, atol=tolerance)


@pytest.mark.parametrize(("rule", "order"), [("right", 1), ("left", 1), ("midpoint", 2), ("trapezoid", 2)])
def test_order_of_blur_ig(rule, order):
    x = images(1, side=8).double() * 3
    seen = Trace(lambda x: x.flatten(1).exp().sum(1), scale_space(x, 2.0), x)
    exact = x.exp() - blur(x, 2.0).exp()
    errors = [(seen.attribution(B + (rule == "trapezoid"), rule) - exact).abs().sum() for B in (128, 256, 512)]
    for coarse, fine in pairwise(errors):
        assert math.log2(coarse / fine) == pytest.approx(order, abs=0.05)


def test_scale_space():
    """Its ends are the house's blur and x itself; its velocity is its derivative; the colour stays where it was."""
    x = images(2, side=9).double()[..., :7]
    path = scale_space(x, 3.0)
    ends = path.point(torch.tensor([0.0, 1.0], **F64))
    torch.testing.assert_close(ends[0], blur(x, 3.0))
    assert torch.equal(ends[1], x)
    α = torch.tensor([0.0, 0.3, 0.77, 0.95, 1.0], **F64)
    torch.testing.assert_close(path.velocity(α), curve(path.point).velocity(α), rtol=1e-8, atol=1e-10)
    plain = torch.full((1, 3, 5, 5), 0.7, **F64)
    torch.testing.assert_close(scale_space(plain, 50.0).point(α)[2], plain)


# Guided IG


@pytest.mark.parametrize(
    ("fraction", "max_dist", "expected"),
    [(0.25, 0.0, [54, 27]), (1.0, 0.02, [54, 27]), (0.25, 1.0, [72, 9]), (0.1, 1.0, [72, 9])],
)
def test_guided_ig_by_hand(fraction, max_dist, expected):
    """The authors' own example: (2x₁ + x₂)² at (3, 3) from 0, 81 to be shared."""
    x = torch.tensor([[3.0, 3.0]], **F64)
    A = guided_ig(square, x, "black", 1000, fraction, max_dist)
    assert A[0].tolist() == pytest.approx(expected, rel=3e-3) and A.sum().item() == pytest.approx(81, rel=1.5e-3)
    exact = guided_trace(square, x, "black", 1000, fraction, max_dist).attribution(1000, "midpoint")
    assert exact[0].tolist() == pytest.approx(expected, rel=5e-3) and exact.sum().item() == pytest.approx(81, abs=1e-9)


def test_guided_ig_step_by_step():
    """Three features, B = 2, nothing held back. Slopes (3, 1, 2): the flattest goes first, and the next two share."""
    x = torch.tensor([[1.0, 1.0, 2.0]], **F64)
    seen = guided_trace(lambda x: 3 * x[:, 0] + x[:, 1] + 2 * x[:, 2], x, B=2, fraction=0.25, max_dist=1.0)
    halfway = seen.path.point(torch.tensor([0.5], **F64))[0, 0]
    assert halfway.tolist() == pytest.approx([0, 1, 1])  # half of 1 + 1 + 2: x₂, then half of x₃
    assert seen.attribution(2, "left")[0].tolist() == pytest.approx([3, 1, 4])


def test_without_detour_it_is_integrated_gradients():
    x = images(2).double()
    f = make_score(seeded(PlainCNN).double(), x, 2)
    for given in ({"max_dist": 0.0}, {"fraction": 1.0}):
        torch.testing.assert_close(guided_ig(f, x, "grey", 20, **given), integrated_gradients(f, x, "grey", 20, "left"))


def test_guided_path_stays_in_its_tube():
    x = images(2).double()
    f = make_score(seeded(PlainCNN).double(), x, 2)
    seen = guided_trace(f, x, "white", 40, max_dist=0.1)
    way = x - 1
    for k in range(41):
        done = (seen.path.point(torch.tensor([k / 40], **F64))[0] - 1) / way
        assert (done >= k / 40 - 0.1 - 1e-9).all() and (done <= k / 40 + 0.1 + 1e-9).all()
        covered = (done * way.abs()).flatten(1).sum(1) / way.abs().flatten(1).sum(1)
        assert covered.tolist() == pytest.approx([k / 40] * 2, abs=1e-8)


def test_guided_ig_is_complete_to_first_order():
    x = seeded(torch.rand, 3, 5, **F64)
    f = make_score(seeded(MLP).double(), x, 1)
    for max_dist in (0.02, 0.3, 1.0):
        seen = {B: guided_trace(f, x, B=B, max_dist=max_dist, keep=0) for B in (50, 200, 800)}
        gaps = [t.gap(t.attribution(B, "left")) for B, t in seen.items()]
        assert (gaps[2] < 0.01).all() and gaps[0].sum() > 3 * gaps[1].sum() > 9 * gaps[2].sum()


# AGI


def network():
    return seeded(PlainCNN, seed=3).double().eval(), images(3).double()


def test_agi_by_hand():
    """Two classes, F linear: one step of ε moves pixel i by ±ε, and A_i is |w_i| ε a step, to the brim of [0, 1]."""
    w = torch.tensor([[1.0, -2.0, 0.0], [0.0, 0.0, 0.0]], **F64)
    x = torch.tensor([[0.95, 0.02, 0.5]], **F64)
    f = make_score(linear(w), x, 0, "logit")
    assert rivals(f, x).tolist() == [[1]]
    points, steps = attack(f, x, torch.tensor([1]), T=3, eps=0.1)
    assert steps.tolist() == [3] and [p[0].tolist() for p in points[1:]] == [
        pytest.approx(v) for v in ([0.85, 0.12, 0.5], [0.75, 0.22, 0.5], [0.65, 0.32, 0.5])
    ]
    assert agi(f, x, T=3, eps=0.1)[0].tolist() == pytest.approx([0.3, 0.6, 0])
    points, steps = attack(f, x, torch.tensor([1]), T=20, eps=0.1)
    assert steps.item() == 4 and (f(points[-1]) < 0) and (f(points[-2]) > 0)  # stops as soon as class 1 is said
    published = agi(f, x, T=3, eps=0.1, published=True)  # three times the same step
    assert published[0].tolist() == pytest.approx([0.3, 0.6, 0])


def test_agi_is_complete():
    model, x = network()
    f = make_score(model, x, "predicted", "logit")
    seen = agi_trace(f, x, K=3, eps=0.2, T=5)
    assert seen.change().abs().min() > 1e-4
    for B, tolerance in ((20, 0.1), (200, 0.01)):
        A = seen.attribution(B, "midpoint")
        assert (seen.gap(A) < tolerance * seen.change().abs()).all()
        torch.testing.assert_close(agi(f, x, B, 3, 5, 0.2), A.view(3, 3, 3, 16, 16).mean(0))
    ends = seen.path.point(torch.tensor([1.0], **F64))[0]
    torch.testing.assert_close(ends, x.repeat(3, 1, 1, 1))
    published = agi(f, x, 20, 3, 5, 0.2, published=True).flatten(1).sum(1)
    assert ((published - seen.change().view(3, 3).sum(0)).abs() > 0.2 * published.abs()).any()  # no path, no sum


def test_rivals_are_the_likeliest_others():
    model, x = network()
    found = rivals(make_score(model, x, torch.tensor([0, 4, 2])), x, 15)
    assert found.shape == (4, 3)
    logits = model(x).detach()
    for i, own in enumerate([0, 4, 2]):
        assert found[:, i].tolist() == [c for c in logits[i].argsort(descending=True).tolist() if c != own]


def test_agi_where_every_rival_is_already_said():
    x = torch.rand(2, 3, **F64)
    f = make_score(linear(torch.tensor([[1.0, 0, 0], [2.0, 0, 0]], **F64)), x + 0.1, 0, "logit")
    assert not agi(f, x + 0.1).any()


# All three


METHODS = {
    "blur_ig": lambda f, x: blur_ig(f, x, 5, 3.0),
    "guided_ig": lambda f, x: guided_ig(f, x, B=8),
    "agi": lambda f, x: agi(f, x, 4, 3, 3, 0.1),
    "agi, published": lambda f, x: agi(f, x, 4, 3, 3, 0.1, published=True),
}


@pytest.mark.parametrize("name", METHODS)
def test_batch_is_one_by_one_and_nothing_is_touched(name):
    model, x = network()
    target = torch.tensor([1, 0, 4])
    before = fingerprint(model, x)
    A = METHODS[name](make_score(model, x, target), x)
    assert fingerprint(model, x) == before and A.any()
    assert torch.equal(A, METHODS[name](make_score(model, x, target), x))
    for i in range(3):
        alone = METHODS[name](make_score(model, x[i : i + 1], target[i : i + 1]), x[i : i + 1])
        torch.testing.assert_close(A[i : i + 1], alone, rtol=1e-8, atol=1e-13)


def test_every_trace_can_be_read():
    model, x = network()
    f = make_score(model, x, "predicted")
    traces = {"blur": Trace(f, scale_space(x, 3.0), x), "guided": guided_trace(f, x, B=12), "agi": agi_trace(f, x, 2)}
    for name, seen in traces.items():
        rule = "left" if name == "guided" else "midpoint"
        A, n = seen.attribution(12, rule), len(seen.like)
        assert seen.gap(A).shape == (n,) and (seen.monotonicity(12).abs() <= 1).all() and (seen.curvature(12) > 0).all()
        assert seen.confidence([0.0, 0.5, 1.0]).shape == (3, n)
        torch.testing.assert_close(seen.cumulative(12, rule)[-1], A.flatten(1).sum(1))
        torch.testing.assert_close(seen.confidence([1.0])[0], f(x).repeat(n // 3))


def test_a_found_path_that_was_not_kept():
    """All numbers of the trace are there, no gradient is kept; what is gone is refused."""
    model, x = network()
    f = make_score(model, x, "predicted")
    kept, gone = (guided_trace(f, x, B=10, keep=bytes_) for bytes_ in (2**20, 0))
    assert len(kept.kept) == 10 and not gone.kept
    torch.testing.assert_close(gone.attribution(10, "left"), kept.attribution(10, "left"))
    for read in ("monotonicity", "curvature"):
        torch.testing.assert_close(getattr(gone, read)(10), getattr(kept, read)(10))
    torch.testing.assert_close(gone.cumulative(10, "left"), kept.cumulative(10, "left"))
    torch.testing.assert_close(gone.change(), f(x) - f(torch.zeros_like(x)))
    with pytest.raises(ValueError, match=r"keep must hold 11 inputs .* corners k/10 .*; got a smaller budget"):
        gone.attribution(10, "midpoint")


def test_guided_ig_costs_one_gradient_a_step():
    rows, x = [], torch.rand(4, 6)
    guided_ig(lambda x: rows.append(len(x)) or (x**3).sum(1), x, B=30)
    assert rows == [4] * 30 + [4]  # the last is F(x), for the gap


X, FLAT = images(1), nn.Sequential(nn.Flatten(), nn.Linear(768, 3))
REFUSED = [
    (lambda f: blur_ig(f, torch.rand(2, 5)), r"x must be images \(N, C, H, W\).*got shape \(2, 5\)"),
    (lambda f: blur_ig(f, X, 0), r"B \(.*at least 1; got 0"),
    (lambda f: blur_ig(f, X, sigma=0), r"sigma \(.*greater than 0; got 0"),
    (lambda f: blur_ig(f, X, rule="simpson"), r"rule \(.*must be one of right, .*; got 'simpson'"),
    (lambda f: guided_ig(f, X, B=0), r"B \(.*at least 1; got 0"),
    (lambda f: guided_ig(f, X, fraction=0), r"fraction \(.*greater than 0, at most 1; got 0"),
    (lambda f: guided_ig(f, X, fraction=1.01), r"fraction \(.*greater than 0, at most 1; got 1.01"),
    (lambda f: guided_ig(f, X, max_dist=-0.1), r"max_dist \(.*at least 0, at most 1; got -0.1"),
    (lambda f: guided_ig(f, X, max_dist=1.5), r"max_dist \(.*at least 0, at most 1; got 1.5"),
    (lambda f: guided_ig(f, X, "dark"), r"baseline \(.*must be one of black, .*; got 'dark'"),
    (lambda f: agi(f, X, K=0), r"K \(.*at least 1; got 0"),
    (lambda f: agi(f, X, T=0), r"T \(.*at least 1; got 0"),
    (lambda f: agi(f, X, eps=0), r"eps \(.*greater than 0; got 0"),
    (lambda f: agi(f, X, published="yes"), r"published \(.*must be True or False; got 'yes'"),
    (lambda f: one_by_one(X, X, torch.rand(16, 16)), r"groups must be whole numbers, at least 0.*got torch.float32"),
    (lambda f: one_by_one(X, X, torch.arange(5)), r"groups must broadcast to x of shape .*got shape \(5,\)"),
    (lambda f: bent(X, X, torch.tensor(0.5)), r"power must be at least 1, and finite.*got 0.5"),
]


@pytest.mark.parametrize(("call", "words"), REFUSED)
def test_refusals(call, words):
    with pytest.raises((ValueError, TypeError), match=words):
        call(make_score(FLAT, X, 1))


def test_agi_needs_another_class():
    f = make_score(nn.Sequential(nn.Flatten(), nn.Linear(768, 1)), X, 0, "logit")
    with pytest.raises(ValueError, match=r"model must have two classes or more.*it has 1"):
        agi(f, X)


def test_a_gap_that_spoils_the_map_is_told():
    """F = x¹⁰⁰ from 0 to 1: the right rule with B = 2 adds up to 100 (½⁹⁹ + 1)/2 = 50, and F changes by 1."""
    power = lambda x: x[:, 0] ** 100  # noqa: E731
    with pytest.warns(UserWarning, match=r"integrated_gradients: the map adds up to 50 where F\(x\) − F\(x′\) = 1"):
        integrated_gradients(power, torch.ones(1, 1), B=2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        integrated_gradients(power, torch.ones(1, 1), B=200)


def test_guided_ig_finds_its_path_in_double():
    """float32 inputs give float64's map, rounded; with precision='input' the path is another."""
    model, x = seeded(SmallCNN).eval(), images(1)
    f, precise = make_score(model, x, 1), make_score(copy.deepcopy(model).double(), x.double(), 1)
    A = guided_ig(f, x, B=30)
    assert A.dtype == torch.float32
    assert torch.equal(A, guided_ig(precise, x.double(), B=30).float())
    assert torch.equal(A, explain(model, x, 1, "guided_ig", B=30, precision="double"))
    assert not torch.equal(A, guided_ig(f, x, B=30, precision="input"))
    assert next(f.model.parameters()).dtype == torch.float32


def test_guided_ig_of_a_network_that_has_no_doubles():
    class Single(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.stack([(x * torch.ones(4)).sum(1), x @ torch.arange(4.0)], 1)

    model, x = Single(), torch.rand(1, 4)
    A = explain(model, x, 1, "guided_ig", B=10)
    assert torch.equal(A, explain(model, x, 1, "guided_ig", B=10, precision="input"))
