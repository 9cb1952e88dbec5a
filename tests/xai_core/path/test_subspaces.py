"""Where δ may lie: masks that are made larger, by hand; δ in them against masks that autograd moves."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from tests.toys import PlainCNN, images, linear, seeded
from xai_core import make_score, match_baseline, uni, uni_baseline, unlearned_probabilities
from xai_core.path.matching import budget, distance_to
from xai_core.path.subspaces import enlarged, within

MASKS = ("mask_7", "scales")


def one(size: int, at: int) -> Tensor:
    """A signal (1, 1, size) that is 1 at one place."""
    g = torch.zeros(1, 1, size, dtype=torch.double)
    g[..., at] = 1
    return g


def test_a_mask_is_made_larger_by_hand():
    """Two numbers for four places at −¼, ¼, ¾, 1¼ of the way between them; outside, the nearer one."""
    by_hand = torch.tensor([[1, 0], [0.75, 0.25], [0.25, 0.75], [0, 1]], dtype=torch.double)
    torch.testing.assert_close(enlarged(4, 2), by_hand * math.sqrt(2 / 4))
    assert torch.equal(enlarged(3, 7), torch.eye(3, dtype=torch.double))  # a small picture has a number for each place


@pytest.mark.parametrize(("at", "by_hand"), [
    (0, [0.5, 0.375, 0.125, 0, 0, 0, 0]),  # ½ (1, ¾, ¼): the first number of the mask alone
    (4, [0, 0.03125, 0.09375, 0.1875, 0.3125, 0.28125, 0.09375]),  # ½ (¾ of the third, ¼ of the second)
])  # fmt: skip
def test_a_step_of_the_mask_by_hand(at, by_hand):
    """U Uᵀ of a slope at one of 14 places; of many sizes, 7 and 14, the same and the slope itself."""
    g = one(14, at)
    assert within(g, "mask_7")[0, 0, :7].tolist() == pytest.approx(by_hand)
    torch.testing.assert_close(within(g, "scales"), within(g, "mask_7") + g)
    assert within(g, "pixels") is g


def test_a_picture_is_enlarged_along_both_sides():
    """A slope at one pixel spreads as the product of what it does along each side; a constant one stays."""
    g = torch.einsum("h,w->hw", one(14, 0)[0, 0], one(21, 4)[0, 0])[None, None]
    rows, columns = within(one(14, 0), "mask_7")[0, 0], within(one(21, 4), "mask_7")[0, 0]
    torch.testing.assert_close(within(g, "mask_7")[0, 0], torch.outer(rows, columns))
    flat = torch.full((2, 3, 14, 28), 0.5)
    torch.testing.assert_close(within(flat, "mask_7"), flat)
    torch.testing.assert_close(within(flat, "scales"), 3 * flat)  # 7, 14, 28


@pytest.mark.parametrize("subspace", MASKS)
def test_a_step_of_the_mask_goes_downhill(subspace):
    g = torch.randn(20, 3, 17, 30, generator=torch.Generator().manual_seed(0))
    assert (((g * within(g, subspace)).flatten(1).sum(1)) > 0).all()


@pytest.mark.parametrize("subspace", MASKS)
def test_linear_by_hand(subspace):
    """Two logits that differ by w · x: δ = −ε d/‖d‖ with d = Σ U Uᵀ w, A = −δ ⊙ w, and ε = 2 fall ‖d‖/⟨w, d⟩."""
    w = torch.linspace(-5, 10, 14)
    model, x = linear(torch.stack([w, torch.zeros(14)])), torch.full((1, 1, 14), 0.1)
    f = make_score(torch.nn.Sequential(torch.nn.Flatten(), model), x, 0, "logit")
    d = within(w[None, None], subspace)[0, 0]
    start = uni_baseline(f, x, eps=0.5, eta=3.0, subspace=subspace)
    torch.testing.assert_close(start, x - 0.5 * d / d.norm())
    torch.testing.assert_close(uni(f, x, eps=0.5, eta=3.0, subspace=subspace)[0, 0], 0.5 * d / d.norm() * w)
    unlearned = torch.tensor([[0.5, 0.5]])  # log-odds 0, from 0.1 Σ w = 3.5
    assert budget(f, x, unlearned, subspace).item() == pytest.approx(2 * 3.5 * (d.norm() / (w @ d)).item())
    assert budget(f, x, unlearned, subspace) > budget(f, x, unlearned)


def test_delta_is_that_of_a_mask_that_descends():
    """Three steps of (3, 7, 7) numbers down their own slopes, as autograd has them; δ is that mask, made larger."""
    model, x = seeded(PlainCNN).double(), images(1).double()
    f = make_score(model, x, 2)
    q, eps, mu = unlearned_probabilities(f, x), 0.8, 0.3
    m, C = torch.zeros(1, 3, 7, 7, dtype=torch.double), distance_to(f, q)

    def made_larger(m: Tensor) -> Tensor:
        return F.interpolate(m, x.shape[2:], mode="bilinear", align_corners=False) * 7 / 16

    for _ in range(3):
        m.requires_grad_()
        (slope,) = torch.autograd.grad(C(x + made_larger(m)).sum(), m)
        m = m.detach() - mu * slope
        m = eps * m / made_larger(m).norm()
    start = match_baseline(f, x, q, 3, eps, mu, subspace="mask_7")
    torch.testing.assert_close(start, x + made_larger(m))


@pytest.mark.parametrize("subspace", MASKS)
def test_the_network_forgets_and_the_map_adds_up(subspace):
    """Whatever δ may be, ε by rule brings the answer near the unlearned one."""
    model, x = seeded(PlainCNN).double(), images(2).double()
    f = make_score(model, x, "predicted")
    q = unlearned_probabilities(f, x)
    start = uni_baseline(f, x, subspace=subspace)
    C = distance_to(f, q)
    assert (C(start) < C(x)).all()
    A = uni(f, x, 300, subspace=subspace, rule="midpoint")
    torch.testing.assert_close(A.flatten(1).sum(1), f(x) - f(start), rtol=1e-3, atol=1e-4)


def test_small_pictures_and_other_data():
    """Up to 7 × 7, a mask of 7 × 7 is the pixels. Rows of a table have no masks."""
    g = torch.randn(2, 1, 6, 5, generator=torch.Generator().manual_seed(1))
    for subspace in MASKS:
        torch.testing.assert_close(within(g, subspace), g)
    x = torch.full((1, 3), 0.5)
    f = make_score(linear(torch.tensor([[1.0, 2, 3], [0, 0, 0]])), x, 0)
    with pytest.raises(ValueError, match=r"subspace 'mask_7' needs pictures .* x has shape \(1, 3\)"):
        uni(f, x, subspace="mask_7")
    with pytest.raises(ValueError, match=r"subspace .* must be one of pixels, mask_7, scales; got 'mask'"):
        uni(f, x, subspace="mask")
