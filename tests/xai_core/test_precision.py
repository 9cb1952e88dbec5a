"""Inputs of 16 bits: what is squared, summed or averaged is so in 32, and rounded once."""

import copy
import warnings

import pytest
import torch
from torch import Tensor

from tests.toys import QUICK, OneOutput, SmallCNN, images, seeded
from xai_core import catalogue, explain, make_score, sensitivity, smoothgrad_squared, total_variation, trace, vargrad
from xai_core.path.matching import _norm

METHODS = list(catalogue())
# Answers that hardly differ, and steps that build on steps: what 16 bits of the network's own leave of them.
ROUGH = {"agi", "guided_ig", "kernel_shap", "lime", "sobol", "occlusion", "uni", "blur_ig"}


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("name", METHODS)
def test_the_map_of_the_same_rounded_network_in_32_bits(name, dtype):
    model, x = seeded(SmallCNN).eval().to(dtype), images(2).to(dtype)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # all-zero Grad-CAM
        A = explain(model, x, 1, name, **QUICK[name])
        expected = explain(copy.deepcopy(model).float(), x.float(), 1, name, **QUICK[name])
    squares = name in ("smoothgrad_squared", "vargrad") and dtype == torch.float16
    assert A.dtype == (torch.float32 if squares else dtype) and torch.isfinite(A).all()
    if expected.any():
        alike = torch.cosine_similarity(A.double().flatten(), expected.double().flatten(), dim=0)
        assert alike > (0.99 if dtype == torch.float16 else 0.9) or (name in ROUGH and alike > 0.3)
        if name not in ROUGH:
            assert (A == 0).double().mean() <= (expected == 0).double().mean() + 0.02


def slope(size: float, dtype: torch.dtype) -> tuple[OneOutput, Tensor]:
    """F = size · (x₁ + 2x₂), and an x to explain."""
    return OneOutput(lambda x: size * (x[:, 0] + 2 * x[:, 1])), torch.tensor([[1.0, 0.5]], dtype=dtype)


@pytest.mark.parametrize("size", [1e-4, 1.0, 300.0])
def test_squares_neither_vanish_nor_overflow(size):
    """(10⁻⁴)² is 0 in float16, and 600² infinite."""
    model, x = slope(size, torch.float16)
    f = make_score(model, x, 0, "logit")
    torch.testing.assert_close(smoothgrad_squared(f, x, N=8), torch.tensor([[size**2, 4 * size**2]]), rtol=5e-3, atol=0)
    assert torch.isfinite(vargrad(f, x, N=8)).all()


def test_variances_of_small_slopes():
    """F = 10⁻⁴ x²: the slope varies by 2·10⁻⁴ times the noise, its variance by 4·10⁻⁸ σ²."""
    model = OneOutput(lambda x: 1e-4 * x.square().sum(1))
    x = torch.tensor([[1.0, 0.0]])
    narrow, exact = (vargrad(make_score(model, x, 0, "logit"), x.to(t), N=200) for t in (torch.float16, torch.double))
    assert (narrow > 0).all()
    assert narrow.mean().item() == pytest.approx(4e-8 * 0.3**2, rel=0.3) == exact.mean().item()


def test_the_sum_over_a_path_keeps_its_small_parts():
    """2000 equal parts of a slope of 1: in float16 the sum of B parts of 1/B stops growing long before 1."""
    x = torch.ones(1, 4, dtype=torch.float16)
    path = trace(make_score(OneOutput(lambda x: x.sum(1)), x, 0, "logit"), x)
    A = path.attribution(2000)
    torch.testing.assert_close(A, torch.ones(1, 4, dtype=torch.float16), rtol=1e-3, atol=0)
    assert float(path.gap(A)) < 0.01


def test_scores_over_many_pixels():
    """Counts beyond 2048 are inexact in float16, and beyond 65504 infinite."""
    x = torch.ones(1, 1, 300, 300, dtype=torch.float16)
    f = make_score(OneOutput(lambda x: x.float().flatten(1).mean(1) * 9), x, 0, "logit")
    everywhere = torch.ones(300, 300, dtype=torch.bool)
    assert sensitivity(f, x, everywhere).item() == pytest.approx(9 / 90000, rel=1e-3)
    chess = (torch.arange(300)[:, None] + torch.arange(300)).remainder(2).half()[None, None]
    assert total_variation(chess).item() == pytest.approx(2 * 300 * 299 / 90000, rel=1e-3)
    tiny = torch.full((1, 4), 1e-3, dtype=torch.float16)
    assert _norm(tiny).item() == pytest.approx(2e-3, rel=1e-2)
