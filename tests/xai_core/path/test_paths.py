"""Paths: values by hand, orders of the quadratures, axioms of Integrated Gradients, captum, baselines, the trace."""

import math
from itertools import pairwise

import captum.attr
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from tests.toys import MLP, PlainCNN, images, linear, seeded
from xai_core import curve, integrated_gradients, make_baseline, make_score, polyline, straight, trace
from xai_core.path.paths import Path
from xai_core.path.quadrature import quadrature
from xai_core.path.traces import Trace

RULES = ("right", "left", "midpoint", "trapezoid", "gauss_legendre")
NAMES = ("black", "white", "grey", "mean", "blurred", "gaussian_noise", "uniform_noise", "shot_noise")
F64 = {"dtype": torch.double}


def ig(f, x, baseline="black", B=64, rule="gauss_legendre"):
    return integrated_gradients(f, x, baseline, B, rule)


# Values by hand


def test_saturation():
    """f = 1 − ReLU(1 − x) at 2, baseline 0: the gradient at x is 0, the area under it 1; half of the path is flat."""
    x = torch.tensor([[2.0]], **F64)
    f = lambda x: (1 - (1 - x).relu()).sum(1)  # noqa: E731
    for rule in ("midpoint", "gauss_legendre", "left"):
        assert ig(f, x, B=10, rule=rule).item() == pytest.approx(1.0)
    assert ig(f, x, B=10, rule="right").item() == pytest.approx(
        0.8
    )  # α = .1 … .4: at α = ½ exactly the slope is 0 again


def test_one_function_two_networks():
    """Sundararajan et al., figure 7: two networks, one function, one answer at (3, 1): (1.5, −0.5)."""
    x = torch.tensor([[3.0, 1.0]], **F64)
    f = lambda x: (x[:, 0].relu() - 1 - x[:, 1].relu()).relu()  # noqa: E731
    g = lambda x: ((x[:, 0] - 1).relu() - x[:, 1].relu()).relu()  # noqa: E731
    for h in (f, g):
        assert ig(h, x, B=1000, rule="midpoint")[0].tolist() == pytest.approx([1.5, -0.5], abs=2e-3)
        assert ig(h, x, B=999, rule="right")[0].tolist() == pytest.approx([1.5, -0.5], abs=4e-3)
    assert torch.equal(ig(f, x), ig(g, x))


def test_linear_square_sine():
    """5x + y² + sin z from (.5, 1, 1) to (1, 2, 3): (2.5, 3, sin 3 − sin 1)."""
    x, start = torch.tensor([[1.0, 2, 3]], **F64), torch.tensor([[0.5, 1, 1]], **F64)
    f = lambda x: 5 * x[:, 0] + x[:, 1] ** 2 + x[:, 2].sin()  # noqa: E731
    A = ig(f, x, start, B=12)
    assert A[0].tolist() == pytest.approx([2.5, 3, math.sin(3) - math.sin(1)], abs=1e-12)
    # the same by the right rule: the step's end is counted, not its start, so the square gets 1·(2·Σ(1 + k/B)/B)
    for B in (1, 5, 15):
        sine = 2 / B * sum(math.cos(1 + 2 * k / B) for k in range(1, B + 1))
        assert ig(f, x, start, B, "right")[0].tolist() == pytest.approx([2.5, 3 + 1 / B, sine], abs=1e-12)
        sine = 2 / B * sum(math.cos(1 + 2 * k / B) for k in range(B))
        assert ig(f, x, start, B, "left")[0].tolist() == pytest.approx([2.5, 3 - 1 / B, sine], abs=1e-12)


def test_three_paths_of_figure_1():
    """F = x₁x₂ from (0, 0) to (1, 1): P1 gives all to what moves last, P2 half, the curve (t, t²) a third."""
    x = torch.tensor([[1.0, 1.0]], **F64)
    zero, corner = torch.zeros_like(x), torch.tensor([[1.0, 0.0]], **F64)
    f = lambda x: x[:, 0] * x[:, 1]  # noqa: E731
    bend = curve(lambda α: torch.stack([α, α**2], -1)[:, None])
    paths = {
        "P1": (polyline(zero, corner, x), "midpoint", [0, 1]),
        "P1 the other way": (polyline(zero, corner.flip(1), x), "midpoint", [1, 0]),
        "P2": (straight(zero, x), "gauss_legendre", [0.5, 0.5]),
        "P3": (bend, "gauss_legendre", [1 / 3, 2 / 3]),
    }
    for name, (path, rule, expected) in paths.items():
        seen = Trace(f, path, x)
        A = seen.attribution(10, rule)
        assert A[0].tolist() == pytest.approx(expected, abs=1e-12), name
        assert seen.gap(A).item() == pytest.approx(0, abs=1e-12)
        assert seen.cumulative(10, rule)[-1].item() == pytest.approx(1, abs=1e-12)
        torch.testing.assert_close(path.point(torch.tensor([0.0, 1.0], **F64)), torch.stack([zero, x]))


def test_a_curves_velocity():
    start, end = torch.tensor([[1.0, 2.0]], **F64), torch.tensor([[4.0, -2.0]], **F64)
    bend = curve(lambda α: start + α.sin()[:, None, None] * (end - start))
    α = torch.tensor([0.0, 0.3, 1.0], **F64)
    torch.testing.assert_close(bend.velocity(α), α.cos()[:, None, None] * (end - start))
    broken = polyline(start, end, start)
    torch.testing.assert_close(
        broken.velocity(torch.tensor([0.1, 0.9, 1.0], **F64))[:, 0, 0], 2 * torch.tensor([3.0, -3, -3], **F64)
    )


# Quadrature


@pytest.mark.parametrize(
    ("rule", "points", "weights"),
    [
        ("right", [0.25, 0.5, 0.75, 1], [0.25] * 4),
        ("left", [0, 0.25, 0.5, 0.75], [0.25] * 4),
        ("midpoint", [0.125, 0.375, 0.625, 0.875], [0.25] * 4),
        ("trapezoid", [0, 1 / 3, 2 / 3, 1], [1 / 6, 1 / 3, 1 / 3, 1 / 6]),
        (
            "gauss_legendre",
            [0.0694318442, 0.3300094782, 0.6699905218, 0.9305681558],
            [0.1739274226, 0.3260725774, 0.3260725774, 0.1739274226],
        ),
    ],
)
def test_points_and_weights(rule, points, weights):
    assert quadrature(4, rule)[0] == pytest.approx(points, abs=1e-9)
    assert quadrature(4, rule)[1] == pytest.approx(weights, abs=1e-9)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("B", [2, 3, 15, 300])
def test_weights_sum_to_one(rule, B):
    """captum's trapezoid sums to (n − 1)/n."""
    points, weights = quadrature(B, rule)
    assert len(points) == len(weights) == B and sum(weights) == pytest.approx(1, abs=1e-12)
    assert points == sorted(points) and points[0] >= 0 and points[-1] <= 1


def test_b_30_finds_the_points_of_b_15_again():
    assert set(quadrature(15)[0]) < set(quadrature(30)[0]) and set(quadrature(100)[0]) < set(quadrature(300)[0])


@pytest.mark.parametrize(("rule", "order"), [("right", 1), ("left", 1), ("midpoint", 2), ("trapezoid", 2)])
def test_order(rule, order):
    """Twice the gradients: half the gap, or a quarter of it."""
    x = torch.tensor([[1.0, 0.7]], **F64)
    f = lambda x: (x[:, 0] * 2 + x[:, 1]).exp()  # noqa: E731
    seen = trace(f, x)
    gaps = [seen.gap(seen.attribution(B + (rule == "trapezoid"), rule)).item() for B in (64, 128, 256)]
    for coarse, fine in pairwise(gaps):
        assert math.log2(coarse / fine) == pytest.approx(order, abs=0.05)


def test_riemann_error_bound():
    """The UNI paper's equation 2: M‖x − x′‖²/(2B), M the largest second derivative along the path (of norm here)."""
    x = torch.tensor([[1.0, -0.5, 2.0]], **F64)
    f = lambda x: (x**2).sum(1)  # noqa: E731  # its Hessian is 2·1
    seen = trace(f, x)
    for B in (1, 4, 50):
        assert seen.gap(seen.attribution(B)).item() == pytest.approx(2 * x.square().sum().item() / (2 * B))


def test_trapezoid_is_exact_on_squares():
    x = torch.tensor([[3.0, -2.0]], **F64)
    for B in (2, 3, 10):
        assert ig(lambda x: (x**2).sum(1), x, B=B, rule="trapezoid")[0].tolist() == pytest.approx([9, 4], abs=1e-12)


@pytest.mark.parametrize("B", [1, 2, 5])
def test_gauss_legendre_is_exact_to_degree_2b_minus_1(B):
    """∇F of degree 2B − 1 is exact, of degree 2B is not."""
    x = torch.tensor([[1.5]], **F64)
    exact = ig(lambda x: (x ** (2 * B)).sum(1), x, B=B).item()
    assert exact == pytest.approx(1.5 ** (2 * B), rel=1e-12)
    assert abs(ig(lambda x: (x ** (2 * B + 1)).sum(1), x, B=B).item() / 1.5 ** (2 * B + 1) - 1) > 1e-7


def test_float64_is_exact_on_a_linear_network():
    """captum's step sizes are rounded to float32 and leave 7e-10."""
    x = images(2).double()
    w = seeded(torch.randn, 3, 768, dtype=torch.double)
    A = integrated_gradients(make_score(nn.Sequential(nn.Flatten(), linear(w)), x, 1, "logit"), x, B=50)
    torch.testing.assert_close(A, x * w[1].view(3, 16, 16), rtol=1e-14, atol=1e-15)


# captum


@pytest.mark.parametrize(
    ("rule", "theirs"),
    [
        ("right", "riemann_right"),
        ("left", "riemann_left"),
        ("midpoint", "riemann_middle"),
        ("gauss_legendre", "gausslegendre"),
    ],
)
@pytest.mark.parametrize("output", ["probability", "logit"])
def test_agrees_with_captum(rule, theirs, output):
    model, x = seeded(PlainCNN).eval(), images(2)
    forward = model if output == "logit" else lambda x: model(x).softmax(1)
    oracle = captum.attr.IntegratedGradients(forward)
    start, target = make_baseline(x, "white"), torch.tensor([4, 1])
    expected = oracle.attribute(x.clone(), start, target=target, n_steps=7, method=theirs)
    A = integrated_gradients(make_score(model, x, target, output), x, "white", 7, rule)
    torch.testing.assert_close(A, expected, rtol=1e-4, atol=1e-8)


def test_captums_trapezoid_is_ours_times_n_minus_1_over_n():
    x = torch.tensor([[3.0, -2.0]], **F64)
    oracle = captum.attr.IntegratedGradients(lambda x: (x**2).sum(1))
    theirs = oracle.attribute(x.clone(), n_steps=5, method="riemann_trapezoid")
    torch.testing.assert_close(theirs.double(), 4 / 5 * ig(lambda x: (x**2).sum(1), x, B=5, rule="trapezoid"))


# Axioms


def network(seed: int, smooth: bool = True) -> MLP:
    model = seeded(MLP, smooth=smooth, seed=seed).double()
    return model.requires_grad_(False)


seeds = st.integers(0, 10_000)
numbers = st.floats(-2, 2, allow_nan=False, width=32)
rows = st.lists(numbers, min_size=5, max_size=5).map(lambda v: torch.tensor([v], dtype=torch.double))


@given(seeds, rows, rows, st.sampled_from(["probability", "logit"]), st.integers(0, 2))
def test_completeness(seed, x, start, output, c):
    f = make_score(network(seed), x, c, output)
    seen = trace(f, x, start)
    assert seen.gap(seen.attribution(60, "gauss_legendre")).item() < 1e-6
    torch.testing.assert_close(seen.change(), f(x) - f(start))


@given(seeds, rows, st.integers(0, 4), numbers)
def test_sensitivity_and_dummy(seed, x, i, other):
    """Only one feature differs from the baseline: it gets all the change. A feature that does nothing gets nothing."""
    model = network(seed)
    model.first.weight[:, (i + 1) % 5] = 0
    start = x.clone()
    start[0, i] = other
    f = make_score(model, x, 0)
    A = ig(f, x, start)[0]
    assert A[i].item() == pytest.approx((f(x) - f(start)).item(), abs=1e-6)
    assert (A[torch.arange(5) != i] == 0).all()
    assert ig(f, x)[0, (i + 1) % 5] == 0


@given(seeds, rows)
def test_symmetry(seed, x):
    """Two features that the network treats alike, alike in x and in the baseline, get the same."""
    model = network(seed)
    model.first.weight[:, 3] = model.first.weight[:, 1]
    x[0, 3] = x[0, 1]
    A = ig(make_score(model, x, 2), x)[0]
    torch.testing.assert_close(A[1], A[3], rtol=1e-9, atol=1e-12)


@given(seeds, seeds, rows, numbers, numbers)
def test_linearity(one, two, x, a, b):
    f, g = (make_score(network(seed), x, 1) for seed in (one, two))
    together = ig(lambda x: a * f(x) + b * g(x), x)
    torch.testing.assert_close(together, a * ig(f, x) + b * ig(g, x), rtol=1e-9, atol=1e-12)


@given(seeds, rows, st.floats(0.1, 10))
def test_implementation_invariance(seed, x, scale):
    """Hidden units in another order and, ReLU being homogeneous, in other units: the same function, the same answer."""
    model, other = network(seed, smooth=False), network(seed, smooth=False)
    order = torch.randperm(8, generator=torch.Generator().manual_seed(seed))
    other.first.weight.data, other.first.bias.data = model.first.weight[order] * scale, model.first.bias[order] * scale
    other.second.weight.data = model.second.weight[:, order] / scale
    A, same = (ig(make_score(m, x, 0), x, B=20, rule="midpoint") for m in (model, other))
    torch.testing.assert_close(A, same, rtol=1e-8, atol=1e-10)


@given(seeds, st.integers(2, 7))
def test_rows_do_not_depend_on_their_neighbours(seed, n):
    x = torch.rand(n, 5, generator=torch.Generator().manual_seed(seed), **F64)
    target = torch.arange(n) % 3
    A = integrated_gradients(make_score(network(seed), x, target), x, "gaussian_noise", 7, seed=seed)
    for i in range(n):
        f = make_score(network(seed), x[i : i + 1], target[i : i + 1])
        alone = integrated_gradients(f, x[i : i + 1], "gaussian_noise", 7, seed=seed)
        torch.testing.assert_close(A[i : i + 1], alone, rtol=1e-10, atol=1e-12)


# The trace


def counted(f):
    """f, and the list of the numbers of rows that it was asked for."""
    rows = []

    def g(x: Tensor) -> Tensor:
        rows.append(len(x))
        return f(x)

    return g, rows


def test_a_point_is_computed_once():
    x = torch.tensor([[1.0, 2.0], [0.5, -1]], **F64)
    f, asked = counted(lambda x: (x**3).sum(1))
    seen = trace(f, x)
    first = seen.attribution(15)
    assert sum(asked) == 15 * 2
    seen.attribution(30)
    assert sum(asked) == 30 * 2  # half of B = 30 was there
    assert torch.equal(seen.attribution(15), first)
    seen.cumulative(15), seen.attribution(15), seen.slope_along([k / 30 for k in range(1, 31)])
    assert sum(asked) == 30 * 2
    seen.change()
    assert sum(asked) == 31 * 2  # only F(γ(0)): F(γ(1)) was seen with its gradient
    seen.monotonicity(15), seen.confidence([0.0, 0.5, 1.0])
    assert sum(asked) == 31 * 2
    torch.testing.assert_close(first, integrated_gradients(lambda x: (x**3).sum(1), x))


def test_passes_are_bounded():
    x = images(1, side=224)
    f, asked = counted(lambda x: x.flatten(1).sum(1))
    integrated_gradients(f, x, B=100)
    assert sum(asked) == 101 and max(asked) == 32  # and F(x′), for the gap
    for width, most in [(64, 512), (65, 64)]:  # rows of up to 64 numbers are small
        f, asked = counted(lambda x: (x**2).sum(1))
        x = torch.rand(520, width)
        A = integrated_gradients(f, x, B=3, rule="trapezoid")
        assert sum(asked) == 1560 and max(asked) == most
        torch.testing.assert_close(A, x**2)


def test_the_path_too_is_walked_in_parts():
    """B = 1000 takes the memory of B = 32: no more points of the path exist at once."""
    x, sizes = images(1, side=224), []
    line = straight(torch.zeros_like(x), x)
    path = Path(lambda α: sizes.append(len(α)) or line.point(α), line.velocity)
    seen = Trace(lambda x: x.flatten(1).sum(1), path, x, keep=0)
    seen.attribution(100), seen.confidence([k / 70 for k in range(1, 70)]), seen.cumulative(40)
    assert max(sizes) == 32


def test_forgetful_and_remembering_traces_agree():
    x = images(2)
    f = make_score(seeded(PlainCNN), x, "predicted")
    forgetful, remembering = trace(f, x, keep=0), trace(f, x)
    assert torch.equal(forgetful.attribution(20), remembering.attribution(20))
    assert not forgetful.kept and len(remembering.kept) == 20
    torch.testing.assert_close(forgetful.cumulative(20), remembering.cumulative(20))


def test_what_is_read_off_a_trace():
    """F = x² from 0 to 2: F(γ(α)) = 4α², dF/dα = 8α, d²F/dα² = 8; and −F falls all the way."""
    x = torch.tensor([[2.0]], **F64)
    seen = trace(lambda x: (x**2).sum(1), x)
    α = [0.0, 0.25, 0.5, 1.0]
    assert seen.confidence(α)[:, 0].tolist() == pytest.approx([0, 0.25, 1, 4])
    assert seen.slope_along(α)[:, 0].tolist() == pytest.approx([0, 2, 4, 8])
    assert seen.curvature(10).item() == pytest.approx(8)
    assert seen.cumulative(4)[:, 0].tolist() == pytest.approx([0.5, 1.5, 3, 5])
    assert seen.monotonicity(10).item() == pytest.approx(1)
    assert seen.gap(seen.attribution(4)).item() == pytest.approx(1)
    assert trace(lambda x: -(x**2).sum(1), x).monotonicity(10).item() == pytest.approx(-1)
    assert trace(lambda x: (x * 0).sum(1), x).monotonicity(10).isnan().all()
    hill = trace(lambda x: -((x - 1) ** 2).sum(1), x)  # rises half of the way, then falls
    assert abs(hill.monotonicity(10).item()) < 0.1
    assert hill.curvature(10).item() == pytest.approx(8)


# Baselines


def test_black_white_grey_and_mean():
    x = images(2)
    for name, value in {"black": 0, "grey": 0.5, "white": 1}.items():
        assert (make_baseline(x, name) == value).all()
    mean = make_baseline(x, "mean")
    torch.testing.assert_close(mean[1, 2], x[1, 2].mean().expand(16, 16))
    rows = torch.tensor([[1.0, 3.0], [0, 1]])
    assert make_baseline(rows, "mean").tolist() == [[2, 2], [0.5, 0.5]]


def test_a_static_baseline_is_blind_to_its_own_colour():
    """Pixels that are black get nothing from a black baseline, and white ones nothing from a white one."""
    x = torch.ones(1, 3, 4, 4)
    x[..., :2] = 0
    w = torch.ones(2, 48)
    w[1] = -1
    f = make_score(nn.Sequential(nn.Flatten(), linear(w / 10)), x, 0)
    black, white = (integrated_gradients(f, x, b) for b in ("black", "white"))
    assert (black[..., :2] == 0).all() and (black[..., 2:] > 0).all()
    assert (white[..., 2:] == 0).all() and (white[..., :2] < 0).all()


def test_blur_by_hand():
    """A bright column spreads as the Gaussian's density; a plain image, its border too, stays what it is."""
    x = torch.zeros(1, 1, 41, 41, **F64)
    x[..., 20] = 1
    sigma = 0.1 * 41
    offsets = torch.arange(-13, 14, **F64)  # to 3σ
    kernel = (-offsets.square() / (2 * sigma**2)).exp()
    blurred = make_baseline(x, "blurred")
    torch.testing.assert_close(blurred[0, 0, 7, 7:34], kernel / kernel.sum())
    torch.testing.assert_close(blurred.transpose(2, 3), make_baseline(x.transpose(2, 3), "blurred"))
    plain = torch.full((2, 3, 9, 30), 0.7)
    torch.testing.assert_close(make_baseline(plain, "blurred"), plain)


def test_noise_has_its_moments():
    x = torch.full((1, 3, 200, 200), 0.5)
    gaussian, uniform, shot = (make_baseline(x, f"{kind}_noise") for kind in ("gaussian", "uniform", "shot"))
    assert gaussian.mean().item() == pytest.approx(0.5, abs=0.01)
    inside = gaussian[(gaussian > 0) & (gaussian < 1)]  # ±½ is 1.316 σ: 81.2 % are not cut
    assert len(inside) / x.numel() == pytest.approx(0.812, abs=0.01)
    assert uniform.mean().item() == pytest.approx(0.5, abs=0.01) and uniform.var().item() == pytest.approx(
        1 / 12, abs=2e-3
    )
    thirds = (shot * 3).round()
    torch.testing.assert_close(thirds / 3, shot)
    for k, poisson in enumerate([math.exp(-1.5), 1.5 * math.exp(-1.5), 1.125 * math.exp(-1.5)]):
        assert (thirds == k).float().mean().item() == pytest.approx(poisson, abs=0.01)


@pytest.mark.parametrize("name", NAMES)
def test_named_baselines(name):
    x = images(3)
    start = make_baseline(x, name, seed=5)
    assert start.shape == x.shape and start.dtype == x.dtype and start.min() >= 0 and start.max() <= 1
    assert torch.equal(start, make_baseline(x, name, seed=5))
    assert torch.equal(start, make_baseline(x, name, seed=6)) == (not name.endswith("noise"))
    assert torch.equal(
        start[2:], make_baseline(x[2:], name, seed=5)
    )  # an image's baseline does not know its neighbours


def test_given_baselines():
    x = images(2)
    other = images(1, seed=3)
    colour = make_baseline(x, (1, 0.5, 0))
    assert (colour[:, 0] == 1).all() and (colour[:, 1] == 0.5).all() and (colour[:, 2] == 0).all()
    assert torch.equal(make_baseline(x, other), other.expand_as(x))
    assert torch.equal(make_baseline(x, other[0]), other.expand_as(x))
    assert make_baseline(x, other.double()).dtype == x.dtype
    assert (integrated_gradients(lambda x: x.flatten(1).sum(1), x, x) == 0).all()
    assert (make_baseline(torch.rand(2, 4), [1, 2, 3, 4]) == torch.tensor([1.0, 2, 3, 4])).all()
