"""How many steps: gaps by hand, orders, the paper's bound where it is an equality, kinks, the steps for a tolerance."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.toys import MLP, PlainCNN, images, seeded
from xai_core import Trace, bound, detour_trace, gaps, guided_trace, make_score, scale_space, steps_for, straight, trace
from xai_core.path.convergence import FINE, ladder

F64 = {"dtype": torch.double}
RULES = ("right", "left", "midpoint", "trapezoid", "gauss_legendre")


def square(x):
    return (x**2).sum(1)


def kink(x):
    """1 − ReLU(1 − x): dF/dα jumps from 2 to 0 halfway to x = 2."""
    return (1 - (1 - x).relu()).sum(1)


def test_gaps_by_hand():
    """F = x² from 0 to 2, dF/dα = 8α: right Σ 8k/B² = 4 + 4/B, left 4 − 4/B, midpoint and trapezoid exact."""
    seen = trace(square, torch.tensor([[2.0]], **F64))
    for rule, expected in {"right": 1, "left": 1, "midpoint": 0, "trapezoid": 0, "gauss_legendre": 0}.items():
        found = gaps(seen, [2, 5, 40], rule)
        assert found.shape == (3, 1)
        assert found[:, 0].tolist() == pytest.approx([4 / B * expected for B in (2, 5, 40)], abs=1e-12)


@pytest.mark.parametrize("rule", RULES)
def test_gaps_are_those_of_the_attributions(rule):
    x = images(3)
    f = make_score(seeded(PlainCNN), x, torch.tensor([0, 3, 1]))
    seen, again = trace(f, x), trace(f, x, keep=0)
    expected = torch.stack([seen.gap(seen.attribution(B, rule)) for B in (2, 7)])
    torch.testing.assert_close(gaps(again, [2, 7], rule), expected, rtol=1e-3, atol=1e-6)


def test_the_papers_bound_is_an_equality_for_a_parabola():
    """M‖x − x′‖²/(2B) with a constant second derivative: the right rule's gap is exactly that large."""
    x = torch.tensor([[1.0, -0.5, 2.0]], **F64)  # ‖x‖² = 5.25, the Hessian is 2·1: M‖x‖² = 10.5
    seen = trace(square, x)
    assert bound(seen, [1, 4, 50])[:, 0].tolist() == pytest.approx([10.5 / 2, 10.5 / 8, 10.5 / 100])
    torch.testing.assert_close(gaps(seen, [1, 4, 50], "right"), bound(seen, [1, 4, 50]))
    # dF/dα rises from 0 to 10.5 without turning back, so that V = 10.5: twice as much
    torch.testing.assert_close(bound(seen, [1, 4], kinks=True), 2 * bound(seen, [1, 4]))


def test_a_kink_has_no_second_derivative():
    """dF/dα falls from 2 to 0 at once. V = 2 on every grid; M is a jump over a step, and grows with the grid."""
    seen = trace(kink, torch.tensor([[2.0]], **F64))
    for fine in (10, 100, 1000):
        assert bound(seen, [1], fine).item() == pytest.approx(2 * fine / 2)
        assert bound(seen, [1], fine, kinks=True).item() == pytest.approx(2)


@given(st.integers(0, 10_000), st.booleans(), st.sampled_from(["right", "left"]))
def test_no_gap_is_above_v_over_b(seed, smooth, rule):
    """… for smooth networks and for those with kinks; for the former, the paper's bound holds too."""
    x = torch.randn(2, 5, generator=torch.Generator().manual_seed(seed), **F64) * 2
    f = make_score(seeded(MLP, smooth=smooth, seed=seed).double(), x, 1)
    seen, B = trace(f, x), [1, 2, 5, 10, 20, 50, 100]
    found = gaps(seen, B, rule)
    assert (found <= bound(seen, B, 600, kinks=True) * 1.05 + 1e-9).all()  # V of a grid is a little too small
    if smooth:
        assert (found <= bound(seen, B, 600) * 1.05 + 1e-9).all()


def test_bounds_hold_on_other_paths_too():
    x = images(1, side=8).double()
    f = make_score(seeded(PlainCNN).double(), x, 2)
    for seen in (Trace(f, scale_space(x, 2.0), x), detour_trace(f, x, path="bent")):
        assert (gaps(seen, [5, 20, 100]) <= bound(seen, [5, 20, 100], 1000, kinks=True) * 1.05).all()


@pytest.mark.parametrize(("rule", "order"), [("right", 1), ("left", 1), ("midpoint", 2), ("trapezoid", 2)])
@given(seed=st.integers(0, 200))
def test_order_on_random_smooth_networks(rule, order, seed):
    """Twice the steps, half the gap or a quarter, wherever the leading term of the error is not itself near 0."""
    x = torch.randn(1, 5, generator=torch.Generator().manual_seed(seed), **F64)
    seen = trace(make_score(seeded(MLP, seed=seed).double(), x, 0, "logit"), x)
    coarse, fine = gaps(seen, [100 + (rule == "trapezoid"), 200 + (rule == "trapezoid")], rule)[:, 0]
    rise = seen.slope_along([0.0, 1.0])[:, 0]
    bend = seen.slope_along([0.0, 1e-4, 1 - 1e-4, 1.0])[:, 0].diff()[[0, 2]] / 1e-4  # F'' at both ends
    leading = abs(rise[1] - rise[0]) / 200 if order == 1 else abs(bend[1] - bend[0]) / 240_000
    if leading > (1e-5 if order == 1 else 1e-7):
        assert math.log2(coarse / fine) == pytest.approx(order, abs=0.1)


def test_a_ladder_costs_no_more_than_its_last_step():
    assert ladder(12) == [1, 2, 3, 4, 6, 12] and ladder(12, 2) == [2, 3, 4, 6, 12] and ladder(7) == [1, 7]
    rows = []
    seen = trace(lambda x: rows.append(len(x)) or (x**3).sum(1), torch.ones(1, 2, **F64))
    steps_for(seen, 0.01)
    assert sum(rows) == FINE + 1  # F(γ(0)) is the one


def test_the_steps_for_a_tolerance():
    """F = x² from 0 to 2: the gap 4/B is within a share τ of 4 from B = 1/τ on."""
    x = torch.tensor([[2.0], [1.0]], **F64)
    seen = trace(square, x)
    assert steps_for(seen, 0.0501).tolist() == [20, 20]
    assert steps_for(seen, 0.051, most=1000).tolist() == [20, 20]
    assert steps_for(seen, 0.049).tolist() == [25, 25]  # 300 has no divisor between
    assert steps_for(seen, 0.001).tolist() == [0, 0] and steps_for(seen, 0.001, most=1000).tolist() == [1000, 1000]
    assert steps_for(seen, 0.05, "midpoint").tolist() == [1, 1]
    assert steps_for(seen, 0.05, "trapezoid").tolist() == [2, 2]


def test_a_lucky_gap_does_not_count():
    """dF/dα = 2 for half of the way, then 0: the midpoint rule is exact for even B, and off by 1/B for odd ones."""
    seen = trace(kink, torch.tensor([[2.0]], **F64))
    assert gaps(seen, [2, 3, 4], "midpoint")[:, 0].tolist() == pytest.approx([0, 1 / 3, 0])
    assert steps_for(seen, 0.05, "midpoint", most=12).item() == 4  # 1, 2, 3, 4, 6, 12: after 3, all are even
    assert steps_for(seen, 0.05, "midpoint", most=3).item() == 0


def test_a_constant_score_needs_one_step():
    assert steps_for(trace(lambda x: (x * 0).sum(1), torch.ones(1, 2)), 0.05).item() == 1


def test_refusals():
    seen = trace(square, torch.ones(1, 2))
    with pytest.raises(ValueError, match=r"tolerance \(.*\) must be a number, greater than 0; got 0"):
        steps_for(seen, 0)
    with pytest.raises(ValueError, match=r"rule .* must be one of right, left.* got 'simpson'"):
        gaps(seen, [3], "simpson")
    with pytest.raises(ValueError, match="most must be at least 2 for the trapezoid rule; got 1"):
        steps_for(seen, 0.1, "trapezoid", most=1)
    with pytest.raises(ValueError, match=r"fine .* at least 1; got 0"):
        bound(seen, [3], 0)


# What convergence.py reads off a trace


def test_the_gradients_norm():
    """F = x₁² + 2x₂ from 0 to (3, 1): ∇F = (6α, 2)."""
    seen = trace(lambda x: x[:, 0] ** 2 + 2 * x[:, 1], torch.tensor([[3.0, 1.0]], **F64))
    α = [0.0, 0.5, 1.0]
    assert seen.gradient_norm(α)[:, 0].tolist() == pytest.approx([math.hypot(6 * a, 2) for a in α])
    forgetful = Trace(seen.f, straight(torch.zeros(1, 2, **F64), seen.like), seen.like, keep=0)
    torch.testing.assert_close(forgetful.gradient_norm(α), seen.gradient_norm(α))
    assert not forgetful.kept


def test_norms_of_a_path_that_is_found_on_the_way():
    x = torch.tensor([[3.0, 3.0]], **F64)
    seen = guided_trace(lambda x: (2 * x[:, 0] + x[:, 1]) ** 2, x, B=4, max_dist=1, keep=0)
    for k in range(4):  # ∇F = 2 (2x₁ + x₂) (2, 1)
        assert seen.gradient_norm([k / 4]).item() == pytest.approx(2 * math.sqrt(5 * seen.confidence([k / 4]).item()))


def test_what_is_collected_so_far():
    """F = x² from 0 to 2 by the right rule, B = 4: pieces ½, 1, 1½, 2."""
    seen = trace(square, torch.tensor([[2.0]], **F64))
    for until, expected in {0.0: 0, 0.2: 0, 0.25: 0.5, 0.6: 1.5, 0.75: 3, 1.0: 5}.items():
        assert seen.attribution(4, until=until).item() == pytest.approx(expected)
    found = guided_trace(square, torch.tensor([[2.0]], **F64), B=4, max_dist=0)
    assert found.attribution(4, "left", until=0.5).item() == pytest.approx(0 + 0.5 + 1)
    assert found.attribution(4, "left").item() == pytest.approx(3)


def test_a_trace_keeps_the_newest_gradients_within_its_budget():
    """Six of eight bytes: another B drops the oldest, and every sum is right all the same."""
    seen = trace(square, torch.tensor([[2.0]], **F64), keep=6 * 8)
    before = seen.attribution(4)
    assert seen.kept == (0.25, 0.5, 0.75, 1.0) and torch.equal(seen.attribution(4), before)
    assert seen.attribution(8).item() == pytest.approx(4.5)
    assert len(seen.kept) == 6 and set(seen.kept) >= {0.125, 0.375, 0.625, 0.875}
    assert seen.attribution(100).item() == pytest.approx(4.04) and len(seen.kept) == 6
    assert torch.equal(seen.attribution(4), before)
