"""What is measured of a method on one picture: its passes, its sign, and whether its sum is right."""

import math

import pytest
from torch import nn

from tests.toys import SmallCNN, images, linear, seeded
from xai_core import catalogue, explain, make_score
from xai_core.baselines import make_baseline
from xai_core.score import forward
from xai_core.taxonomy.properties import properties

FEW = {"N": 40, "B": 12, "T": 3, "K": 3}
PROMISE = {name for name, row in catalogue().items() if {"start", "trace", "off"} & set(row.chain)}


def test_who_promises_a_sum() -> None:
    assert {"gradient_x_input", "deeplift", "integrated_gradients", "uni", "agi", "kernel_shap"} <= PROMISE
    assert not PROMISE & {"simple_gradient", "smoothgrad", "grad_cam", "lime", "rise", "occlusion", "sobol"}


@pytest.mark.parametrize("name", list(catalogue()))
def test_a_sum_is_promised_where_there_is_a_start(name: str) -> None:
    few = {k: v for k, v in FEW.items() if k in catalogue()[name].symbols}
    m = properties(seeded(SmallCNN).eval(), images(1, side=24), 2, name, **few)
    assert math.isnan(m.gap) == (name not in PROMISE)
    if name in ("deeplift", "kernel_shap"):  # complete by construction, not in the limit
        assert m.gap < 1e-3
    if name in ("smoothgrad_squared", "vargrad", "grad_cam"):
        assert not m.signed


def test_the_gap_by_hand() -> None:
    model, x = seeded(SmallCNN).eval(), images(1)
    f = make_score(model, x, 3)
    change = float(forward(f, x) - forward(f, make_baseline(x, "white")))
    A = explain(model, x, 3, "integrated_gradients", B=3, baseline="white")
    m = properties(model, x, 3, "integrated_gradients", B=3, baseline="white")
    assert m.gap == pytest.approx(abs(float(A.sum()) - change) / abs(change), rel=1e-4) and m.gap > 0.001
    assert (m.needs, m.passes.gradients, m.passes.forwards, m.signed) == ("gradients", 3, 1, True)


def test_on_a_linear_network_gradient_times_input_keeps_the_sum() -> None:
    x = images(1, side=4)
    W = images(1, side=4, seed=5).view(1, -1).repeat(3, 1)
    model = nn.Sequential(nn.Flatten(), linear(W))
    assert properties(model, x, 1, "gradient_x_input", output="logit").gap < 1e-5
    curved = nn.Sequential(nn.Flatten(), linear(W), nn.Tanh())
    assert properties(curved, x, 1, "gradient_x_input", output="logit").gap > 0.1


def test_one_picture_at_a_time() -> None:
    with pytest.raises(ValueError, match=r"x must be one picture \(1, C, H, W\); got \(2, 3, 16, 16\)"):
        properties(seeded(SmallCNN).eval(), images(2), 0, "rise")
