"""Gradients: exact values, the noise's moments, agreement with captum, independence of neighbours and of the batch."""

import captum.attr
import pytest
import torch
from torch import Tensor

from tests.toys import MLP, OneOutput, PlainCNN, images, seeded
from xai_core import explain, gradient_x_input, make_score, simple_gradient, smoothgrad, smoothgrad_squared, vargrad


def saturating(x: Tensor) -> Tensor:
    """f(x) = 1 − ReLU(1 − x), the deck's example."""
    return (1 - (1 - x).relu()).sum(1)


def squared(x: Tensor) -> Tensor:
    """F = x₁² + 3x₂, with gradient (2x₁, 3): its noisy gradients are 2x₁ + 2n₁ and the constant 3."""
    return x[:, 0] ** 2 + 3 * x[:, 1]


def test_saturation():
    x = torch.tensor([[1.0], [2], [3], [0], [-1], [7]])
    assert simple_gradient(saturating, x).flatten().tolist() == [0, 0, 0, 1, 1, 0]
    assert gradient_x_input(saturating, x).flatten().tolist() == [0, 0, 0, 0, -1, 0]
    assert explain(OneOutput(saturating), x, 0, "simple_gradient", output="logit").flatten().tolist() == [
        0,
        0,
        0,
        1,
        1,
        0,
    ]


def test_signs_are_kept():
    x = torch.tensor([[2.0, -1.0]])
    assert simple_gradient(lambda x: x[:, 0] * x[:, 1], x).tolist() == [[-1, 2]]
    assert gradient_x_input(lambda x: x[:, 0] * x[:, 1], x).tolist() == [[-2, -2]]


@pytest.mark.parametrize("output", ["probability", "logit"])
def test_agrees_with_captum(output):
    model, x = seeded(PlainCNN).eval(), images(3)
    target = torch.tensor([0, 3, 1])
    with torch.no_grad():
        model.fc.weight.mul_(20)
    forward = model if output == "logit" else lambda x: model(x).softmax(1)
    f = make_score(model, x, target, output)
    saliency = captum.attr.Saliency(forward).attribute(x.clone(), target=target, abs=False)
    torch.testing.assert_close(simple_gradient(f, x), saliency, rtol=1e-5, atol=1e-7)
    product = captum.attr.InputXGradient(forward).attribute(x.clone(), target=target)
    torch.testing.assert_close(gradient_x_input(f, x), product, rtol=1e-5, atol=1e-7)


def test_probability_and_logit_are_two_scores():
    """∇F_c = F_c (∇l_c − Σ_j F_j ∇l_j): the softmax rule by hand."""
    model, x = seeded(MLP).double(), torch.randn(2, 5, dtype=torch.double, generator=torch.Generator().manual_seed(1))
    slopes = torch.stack([explain(model, x, c, "simple_gradient", output="logit") for c in range(3)])
    p = model(x).softmax(1).detach()
    expected = p[:, 1, None] * (slopes[1] - (p.T[:, :, None] * slopes).sum(0))
    torch.testing.assert_close(explain(model, x, 1, "simple_gradient"), expected, rtol=1e-12, atol=1e-14)


# Noise


def noise(x: Tensor, N: int, sigma: float, seed: int) -> Tensor:
    """The noise as documented, by hand: (N, rows, …)."""
    generator = torch.Generator().manual_seed(seed)
    draws = torch.stack([torch.randn(x.shape[1:], generator=generator, dtype=x.dtype) for _ in range(N)])
    span = torch.stack([row.max() - row.min() for row in x])
    return sigma * span.view(1, -1, *[1] * (x.dim() - 1)) * draws[:, None]


@pytest.mark.parametrize("N", [2, 7, 130])
def test_noisy_gradients_by_hand(N):
    """Mean, mean square and unbiased variance of the gradients of the very same copies, one by one."""
    x = torch.tensor([[1.0, 3.0], [-2.0, 0.0]], dtype=torch.double)
    n = noise(x, N, 0.4, seed=3)
    slopes = torch.stack([2 * (x + n)[..., 0], torch.full_like(n[..., 0], 3)], -1)  # (N, rows, 2)
    for method, expected in [
        (smoothgrad, slopes.mean(0)),
        (smoothgrad_squared, slopes.square().mean(0)),
        (vargrad, slopes.var(0, unbiased=True)),
    ]:
        torch.testing.assert_close(method(squared, x, N, 0.4, 3), expected, rtol=1e-12, atol=1e-14)


def test_vargrad_of_two_copies_is_half_their_squared_difference():
    x = torch.tensor([[0.0, 1.0]], dtype=torch.double)
    a, b = 2 * noise(x, 2, 0.3, seed=0)[:, 0, 0]
    assert vargrad(squared, x, 2, 0.3)[0].tolist() == pytest.approx([float((a - b) ** 2 / 2), 0.0])


def test_moments_of_a_cubic():
    """F = Σx³: E∇ = 3(x² + s²), E∇² = 9(x⁴ + 6x²s² + 3s⁴), Var∇ = 9(4x²s² + 2s⁴), with s = σ·(max − min) = 0.6."""
    x = torch.tensor([[-1.0, 0.0, 1.0, 0.5]], dtype=torch.double)
    s2, N = 0.36, 20_000

    def cubic(x: Tensor) -> Tensor:
        return (x**3).sum(1)

    for method, expected in [
        (smoothgrad, 3 * (x**2 + s2)),
        (smoothgrad_squared, 9 * (x**4 + 6 * x**2 * s2 + 3 * s2**2)),
        (vargrad, 9 * (4 * x**2 * s2 + 2 * s2**2)),
    ]:
        torch.testing.assert_close(method(cubic, x, N, 0.3, 1), expected, rtol=0.1, atol=0)


@pytest.mark.parametrize("kind", ["smoothgrad", "smoothgrad_sq"])
def test_agrees_with_captums_noise_tunnel_on_the_same_noise(kind, monkeypatch):
    """captum draws (image, copy) at once from the global generator; given our draws, it gives our numbers."""
    model, x = seeded(PlainCNN).eval(), images(2)
    draws = noise(x, 5, 0.2, seed=4)
    monkeypatch.setattr(torch, "normal", lambda mean, std: mean + draws.transpose(0, 1).flatten(0, 1))
    tunnel = captum.attr.NoiseTunnel(captum.attr.Saliency(model))
    expected = tunnel.attribute(x.clone(), nt_type=kind, nt_samples=5, stdevs=1.0, target=2, abs=False)
    ours = {"smoothgrad": smoothgrad, "smoothgrad_sq": smoothgrad_squared}[kind]
    torch.testing.assert_close(ours(make_score(model, x, 2, "logit"), x, 5, 0.2, 4), expected, rtol=1e-4, atol=1e-7)


def test_vargrad_is_never_negative():
    """Where captum's difference of squares goes below zero: hardly any noise on large gradients."""
    x = torch.linspace(0, 1, 50)[None]
    assert (vargrad(lambda x: (1000 * x + x**2).sum(1), x, 100, 1e-5) >= 0).all()


def test_noise_is_relative_to_each_images_range():
    x = torch.tensor([[0.0, 1.0], [0.0, 10.0]], dtype=torch.double)
    A = vargrad(lambda x: (x**2).sum(1), x, 10, 0.2)
    torch.testing.assert_close(A[1], 100 * A[0])
    assert (vargrad(lambda x: (x**2).sum(1), torch.ones(1, 3), 10, 0.2) == 0).all()  # a plain image has no range


@pytest.mark.parametrize("method", [smoothgrad, smoothgrad_squared, vargrad])
def test_seed(method):
    x = images(1)
    f = make_score(seeded(PlainCNN), x, 0)
    assert torch.equal(method(f, x, 5, 0.2, 7), method(f, x, 5, 0.2, 7))
    assert not torch.equal(method(f, x, 5, 0.2, 7), method(f, x, 5, 0.2, 8))


def test_a_smooth_gradient_of_one_copy():
    x = torch.tensor([[1.0, 0.0]])
    assert smoothgrad(squared, x, N=1, sigma=1e-9)[0].tolist() == pytest.approx([2.0, 3.0])
    with pytest.raises(ValueError, match="N must be at least 2"):
        vargrad(squared, x, N=1)
