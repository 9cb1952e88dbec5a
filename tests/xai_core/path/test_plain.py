"""The plain algorithms of the path family, line by line as the papers print them, equal to the fast forms."""

import pytest
import torch

from tests.toys import PlainCNN, SmallCNN, fingerprint, images, seeded
from xai_core import integrated_gradients, make_baseline, make_score, trace, uni, uni_baseline
from xai_core.path.integrated_gradients import integrated_gradients_plain
from xai_core.path.uni import uni_plain

SEEDS = range(4)


def same(a, b):
    assert torch.allclose(a, b, rtol=1e-8, atol=1e-8 * b.abs().max().item()), (a - b).abs().max()


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("build", [PlainCNN, SmallCNN])
def test_uni_is_algorithm_1(build, seed):
    """η = 1, T = 10 and B = 15 are the paper's; ε and μ move x by a visible amount."""
    model, x = seeded(build, seed=seed).double().eval(), images(1, seed=seed).double()
    y = int(model(x).argmax())
    before = fingerprint(model, x)
    plain = uni_plain(model, x, y, η=1.0, T=10, ε=0.5, μ=0.2, B=15)
    assert fingerprint(model, x) == before
    f = make_score(model, x, y)
    same(plain, uni(f, x, B=15, T=10, eps=0.5, eta=1.0, mu=0.2))
    assert (uni_baseline(f, x, 10, 0.5, 1.0, 0.2) - x).norm().item() == pytest.approx(0.5)


@pytest.mark.parametrize("T", [1, 3])
@pytest.mark.parametrize("B", [1, 4])
@pytest.mark.parametrize("η", [0.1, 3.0])
def test_uni_is_algorithm_1_for_other_symbols(T, B, η):
    model, x = seeded(SmallCNN).double().eval(), images(1).double()
    f = make_score(model, x, 2)  # a class that need not be the predicted one
    same(uni_plain(model, x, 2, η, T, 0.3, 0.05, B), uni(f, x, B, T, 0.3, η, 0.05))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("B", [1, 15, 40])
@pytest.mark.parametrize("baseline", ["black", "blurred"])
def test_integrated_gradients_is_the_sum_of_the_paper(seed, B, baseline):
    model, x = seeded(SmallCNN, seed=seed).double().eval(), images(3, seed=seed).double()
    f, start = make_score(model, x, torch.tensor([0, 3, 1])), make_baseline(x, baseline)
    plain = integrated_gradients_plain(f, x, start, B)
    same(plain, integrated_gradients(f, x, baseline, B))
    same(plain, trace(f, x, baseline).attribution(B))


def test_integrated_gradients_by_hand():
    """F = x², from 0 to 3 in 3 steps: the slopes 2, 4, 6 on average, times 3."""
    A = integrated_gradients_plain(lambda x: x[:, 0] ** 2, torch.tensor([[3.0]]), torch.zeros(1, 1), B=3)
    assert A.tolist() == [[12.0]]
