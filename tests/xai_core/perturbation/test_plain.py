"""LIME and KernelSHAP as the papers print them, equal to the fast forms."""

import pytest
import torch

from tests.toys import PlainCNN, SmallCNN, images, linear, seeded
from xai_core import coalitions, k_lasso, kernel_shap, lime, make_score, neighbourhood, shapley_values
from xai_core.perturbation.lime import lime_plain
from xai_core.perturbation.shapley import kernel_shap_plain
from xai_core.perturbation.superpixels import filling


def question(build, seed, side=16):
    x = images(1, side=side, seed=seed).double()
    return make_score(seeded(build, seed=seed).double().eval(), x, "predicted"), x


def blocks(side: int, each_way: int) -> torch.Tensor:
    """each_way² segments, numbered row by row: (side, side)."""
    at = torch.arange(side) * each_way // side
    return at[:, None] * each_way + at


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("build", [PlainCNN, SmallCNN])
def test_lime_is_algorithm_1(build, seed):
    """The weights of 16 squares, and the map that `lime` paints with them."""
    f, x = question(build, seed)
    segments = blocks(16, 4)
    off = filling(x, segments, "grey")
    w = lime_plain(f, x, off, segments, N=200, K=5, σ=0.25, seed=seed)
    assert (w != 0).sum() == 5
    fast = k_lasso(neighbourhood(f, x, 200, segments, "grey", seed), K=5, sigma=0.25)
    assert torch.allclose(w, fast.weights, rtol=1e-7, atol=1e-12)
    assert torch.allclose(w[segments], lime(f, x, 200, 5, 0.25, segments, "grey", seed=seed)[0, 0], rtol=1e-7)


@pytest.mark.parametrize("K", [1, 3, 16])
@pytest.mark.parametrize("σ", [0.1, 1.0])
def test_lime_of_other_lengths_and_widths(K, σ):
    f, x = question(SmallCNN, 7)
    segments = blocks(16, 4)
    w = lime_plain(f, x, filling(x, segments, "blurred"), segments, 300, K, σ)
    near = neighbourhood(f, x, 300, segments, "blurred")
    assert torch.allclose(w, k_lasso(near, K, σ).weights, rtol=1e-7, atol=1e-12)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("build", [PlainCNN, SmallCNN])
@pytest.mark.parametrize("each_way", [2, 3])
def test_kernel_shap_is_theorem_2(build, seed, each_way):
    """All 2^M masks of 4 and of 9 segments."""
    f, x = question(build, seed)
    segments, M = blocks(16, each_way), each_way**2
    off = filling(x, segments, "grey")
    φ = kernel_shap_plain(f, x, off, segments)
    masks, weights = coalitions(M, 2**M)
    near = neighbourhood(f, x, len(masks), segments, "grey", masks=masks)
    assert torch.allclose(φ, shapley_values(near, weights), rtol=1e-8, atol=1e-10)
    assert φ.sum().item() == pytest.approx((f(x) - f(off)).item())
    assert torch.allclose(φ[segments], kernel_shap(f, x, 2**M, segments)[0, 0], rtol=1e-8, atol=1e-10)


def test_kernel_shap_by_hand():
    """Linear 3 → 4, biases −10, 1, 1, 1, ReLU, sum − 1, at (20, 50, 30): the values add up to 392 − 2."""
    layer = linear(torch.ones(4, 3).double(), torch.tensor([-10.0, 1, 1, 1]).double())
    x = torch.tensor([[20.0, 50, 30]]).double()
    φ = kernel_shap_plain(lambda x: layer(x).relu().sum(1).detach() - 1, x, torch.zeros_like(x), torch.arange(3))
    assert φ.tolist() == pytest.approx([230 / 3, 590 / 3, 350 / 3])
