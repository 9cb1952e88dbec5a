"""Data that are no pictures: signals (N, C, L) and embedded words (N, L, D) through the core's methods."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

import xai_core
from data.drawn import signals
from data.nets import networks
from data.nets.text_network import tokens
from data.text import reviews
from xai_core.activation.cam import cam_map
from xai_core.baselines import blur
from xai_core.evaluate.sequence_truth import mean_interval, sequence_truth
from xai_core.path import matching
from xai_core.path.blur_ig import scale_space

SIGNAL = torch.tensor([[[0.0, 0, 0, 1, 0, 0, 0, 0]]], dtype=torch.double)


class Sum(nn.Module):
    """Logits 0 and Σ sin(x)."""

    def forward(self, x: Tensor) -> Tensor:
        total = x.sin().flatten(1).sum(1)
        return torch.stack([torch.zeros_like(total), total], 1)


# --- baselines, blur, stretches ---------------------------------------------------------------------------------------


def test_a_signal_is_blurred_along_time_alone() -> None:
    kernel = torch.tensor([math.exp(-(k**2) / 2) for k in range(-3, 4)], dtype=torch.double)
    expected = (kernel / kernel.sum()).tolist()  # σ = 1 reaches 3 samples
    assert blur(SIGNAL, 1.0)[0, 0].tolist() == pytest.approx([*expected, 0.0])
    two = torch.cat([SIGNAL, 2 * SIGNAL], 1)
    assert torch.allclose(blur(two, 1.0)[0, 1], 2 * blur(SIGNAL, 1.0)[0, 0])  # channels do not mix
    assert torch.allclose(xai_core.make_baseline(SIGNAL, "blurred"), blur(SIGNAL, 0.8))  # a tenth of its length
    with pytest.raises(ValueError, match=r"images \(N, C, H, W\) or signals \(N, C, L\); x has shape \(2, 3\)"):
        blur(torch.rand(2, 3), 1.0)


def test_blur_ig_of_a_sum_is_what_the_blur_took() -> None:
    """∫ cos(γ) dγ = sin(x) − sin(blur x), sample by sample."""
    x = torch.randn(2, 1, 24, dtype=torch.double, generator=torch.Generator().manual_seed(0))
    A = xai_core.explain(Sum(), x, 1, "blur_ig", B=300, sigma=4.0, rule="midpoint", output="logit")
    path = scale_space(x, 4.0)
    start = path.point(torch.zeros(1, dtype=torch.double))[0]
    assert torch.allclose(start, blur(x, 4.0), atol=1e-3)
    assert torch.allclose(A, x.sin() - start.sin(), atol=2e-4)


def test_the_noise_of_pixels_refuses_millivolts() -> None:
    for name in ("gaussian_noise", "uniform_noise", "shot_noise"):
        with pytest.raises(ValueError, match=f"baseline '{name}' is made of pixels.*from -0.5 to 1.5; give a tensor"):
            xai_core.make_baseline(torch.tensor([[[-0.5, 1.5]]]), name)
        assert xai_core.make_baseline(SIGNAL, name).shape == SIGNAL.shape
        assert xai_core.make_baseline(torch.randn(1, 3, 4, 4), name).shape == (1, 3, 4, 4)  # pictures stay as they were


def test_equal_stretches() -> None:
    labels = xai_core.superpixels(torch.rand(1, 2, 48), "grid")
    assert torch.equal(labels, (torch.arange(48) // 3).expand(2, 48))
    near = xai_core.neighbourhood(xai_core.make_score(Sum(), SIGNAL, 1, "logit"), SIGNAL, 16, "grid", "black")
    assert near.features == 8  # eight samples are eight stretches
    A = xai_core.explain(Sum(), SIGNAL, 1, "kernel_shap", segments="grid", fill="black", output="logit")
    assert torch.allclose(A, SIGNAL.sin(), atol=1e-9)


# --- UNI in other units -----------------------------------------------------------------------------------------------


class InUnits(nn.Module):
    """A network of a signal in units of which 1000 are one of the first."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, x: Tensor) -> Tensor:
        return self.model(x / 1000)


def test_uni_in_microvolts_is_uni_in_millivolts() -> None:
    model = networks.load("signals").double()
    x, y, _ = signals.batch(3, 5, signals.CLASSES[1:])
    x = 1.2 * x.double() / x.abs().amax(2, keepdim=True)  # above 1 in either unit
    for shrink in (1.0, 1e-4):  # the second has hardly any slope: ε is at its cap
        small, large = (xai_core.make_score(m, x, y) for m in (_Weak(model, shrink), InUnits(_Weak(model, shrink))))
        answer = torch.full((3, 4), 0.25, dtype=torch.double)
        eps, eps_large = matching.budget(small, x, answer), matching.budget(large, 1000 * x, answer)
        assert torch.allclose(1000 * eps, eps_large)
        cap = matching.LARGEST * math.sqrt(signals.LENGTH) * x.abs().amax((1, 2))
        assert (eps <= cap + 1e-9).all() and (shrink == 1 or torch.allclose(eps, cap))
    a, b = (xai_core.uni(xai_core.make_score(m, z, y), z) for m, z in ((model, x), (InUnits(model), 1000 * x)))
    assert torch.allclose(a, b, atol=1e-6)


class _Weak(nn.Module):
    def __init__(self, model: nn.Module, shrink: float) -> None:
        super().__init__()
        self.model, self.shrink = model, shrink

    def forward(self, x: Tensor) -> Tensor:
        return self.shrink * self.model(x)


def test_the_cap_of_pixels_is_as_it_was() -> None:
    x = torch.tensor([[[0.2, 0.9, 0.0]], [[0.2, -3.0, 2.0]]])
    assert matching._scale(x).tolist() == [1.0, 3.0]


# --- every method on a signal, and on words ---------------------------------------------------------------------------

FEW = {
    "lime": {"N": 60, "segments": "grid", "fill": "black"}, "kernel_shap": {"N": 60, "segments": "grid"},
    "rise": {"N": 20}, "occlusion": {"window": 32}, "blur_ig": {"B": 20}, "guided_ig": {"B": 10}, "agi": {"K": 1},
    "smoothgrad": {"N": 4}, "smoothgrad_squared": {"N": 4}, "vargrad": {"N": 4},
}  # fmt: skip
COMPLETE = {"deeplift", "integrated_gradients", "uni", "path_integrated_gradients"}


@pytest.mark.parametrize("method", xai_core.catalogue())
def test_every_method_runs_on_a_signal(method: str) -> None:
    model, (x, y, _) = networks.load("signals"), signals.batch(2, 9, signals.CLASSES[1:])
    A = xai_core.explain(model, x, y, method, **FEW.get(method, {}))
    assert A.shape == x.shape and torch.isfinite(A).all() and A.any()
    one = xai_core.explain(model, x[1:], y[1:], method, **FEW.get(method, {}))
    assert torch.allclose(A[1:], one, atol=1e-4)  # a trace's map does not depend on its neighbour in the batch
    if method in COMPLETE - {"uni"}:
        f = xai_core.make_score(model, x, y)
        change = f(x) - f(torch.zeros_like(x))
        assert torch.allclose(A.flatten(1).sum(1), change, atol=0.05)


def test_cam_in_one_dimension_is_by_hand() -> None:
    model, (x, y, _) = networks.load("signals"), signals.batch(1, 9, ("early beat",))
    features = model.blocks(x)[0]  # (48, 32)
    by_hand = (model.head.weight[y[0]][:, None] * features).sum(0)
    assert torch.allclose(cam_map(xai_core.make_score(model, x, y), x)[0], by_hand, atol=1e-5)
    A = xai_core.explain(model, x, y, "cam")[0, 0]  # a place is 8 samples, its value lies between the 4th and the 5th
    between = torch.stack([A[3::8], A[4::8]]).mean(0)
    assert torch.allclose(between[1:-1], (30 * by_hand[1:-1] + by_hand[:-2] + by_hand[2:]) / 32, atol=1e-4)


def test_words_and_class_activation_maps() -> None:
    network = networks.load("reviews")
    x = network.embed(tokens(reviews.draw(1, 0).words))[None]
    for method in ("cam", "grad_cam"):
        with pytest.raises(ValueError, match="need a network with a convolution"):
            xai_core.explain(network.head, x, 1, method)


# --- truth ------------------------------------------------------------------------------------------------------------


def test_truth_by_hand() -> None:
    found = sequence_truth(
        torch.tensor([1.0, -2.0, 3.0, 2.0]),
        torch.tensor([True, True, False, False]),
        torch.tensor([1.0, 1.0, 0.0, -1.0]),
    )
    assert (found.share, found.pointing, found.signs, found.chance) == (3 / 8, 0.0, 0.5, 0.5)
    tie = sequence_truth(torch.zeros(4), torch.tensor([True, False, False, False]))
    assert math.isnan(tie.share) and tie.pointing == 0.25 and math.isnan(tie.signs)
    open_sign = sequence_truth(torch.ones(2), torch.tensor([True, False]), torch.zeros(2))
    assert math.isnan(open_sign.signs) and open_sign.share == 0.5


def test_an_interval_by_hand() -> None:
    mean, low, high = mean_interval([0.4, 0.5, 0.6, float("nan")])
    assert mean == 0.5 and high - mean == pytest.approx(0.4302653 / math.sqrt(3), abs=1e-6) == mean - low
    assert mean_interval([0.0, 1.0]) == (0.5, 0.0, 1.0)
    assert mean_interval([0.5, 0.5]) == (0.5, 0.5, 0.5)


def test_truth_names_what_is_wrong() -> None:
    A, decides = torch.rand(3), torch.tensor([True, False, False])
    with pytest.raises(ValueError, match=r"A must be"):
        sequence_truth(A[None], decides)
    with pytest.raises(ValueError, match=r"decides must be bool \(3,\)"):
        sequence_truth(A, decides[:2])
    with pytest.raises(ValueError, match="neither nothing nor everything"):
        sequence_truth(A, torch.zeros(3, dtype=torch.bool))
    with pytest.raises(ValueError, match="pull must have the shape of A"):
        sequence_truth(A, decides, torch.ones(2))
    with pytest.raises(ValueError, match="values must be two numbers or more"):
        mean_interval([1.0, float("nan")])


def test_who_finds_the_words_and_who_the_missing_beat() -> None:
    """The claims of page and notebook, on a third of what was measured for them, with room."""
    network = networks.load("reviews")
    shares = {"simple_gradient": [], "gradient_x_input": [], "uni": []}
    farthest = []
    for r in reviews.batch(32, 1_000_001).reviews:
        x = network.embed(tokens(r.words))[None]
        for method, found in shares.items():
            A = xai_core.explain(network.head, x, r.label, method)[0].sum(1)
            found.append(sequence_truth(A, r.decides).share)
        start = xai_core.uni_baseline(xai_core.make_score(network.head, x, r.label), x)
        farthest.append(bool(r.decides[(x - start)[0].norm(dim=1).argmax()]))
    mean = {method: sum(found) / len(found) for method, found in shares.items()}
    assert mean["simple_gradient"] < 0.5 < 0.7 < mean["uni"] < mean["gradient_x_input"]
    assert sum(farthest) >= 31
    x, y, masks = signals.batch(16, 1_000_001, ("missing beat",))
    model = networks.load("signals")
    for method, low, high in (("integrated_gradients", 0.0, 0.1), ("uni", 0.35, 0.6)):
        A = xai_core.explain(model, x, y, method)[:, 0]
        share = sum(sequence_truth(a, m).share for a, m in zip(A, masks, strict=True)) / 16
        assert low <= share <= high
