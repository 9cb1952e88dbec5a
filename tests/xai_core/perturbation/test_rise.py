"""RISE: against its formula written out in loops, by hand where a network sees one place, and in any batch."""

from importlib import import_module

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from skimage.transform import resize

from tests.toys import PlainCNN, Sequence1d, images, seeded
from xai_core import explain, make_score, rise
from xai_core.perturbation.rise import _masks, _smooth

F64 = {"dtype": torch.double}


def masks(N: int, side: int = 16, cells: int = 7, p1: float = 0.5, seed: int = 0) -> torch.Tensor:
    return torch.cat(list(_masks(N, torch.Size((side, side)), cells, p1, seed, N)))


# Masks


def test_a_mask_by_hand():
    """s × s coin flips, enlarged by the official code's resize to one cell more than the picture, and shifted."""
    ours = next(_masks(6, torch.Size((20, 33)), 4, 0.5, 3, 6))
    rng = np.random.default_rng(3)
    for mask in ours:
        coarse = (rng.random((4, 4)) < 0.5).astype(float)
        top, left = rng.integers([5, 9])
        large = resize(coarse, (25, 45), order=1, mode="edge", anti_aliasing=False)
        np.testing.assert_allclose(mask, large[top : top + 20, left : left + 33], atol=1e-12)
    assert ours.shape == (6, 20, 33) and ours.min() > -1e-12 and ours.max() < 1 + 1e-12


def test_every_place_is_on_with_probability_p1():
    """The mean mask is p₁ everywhere, so that dividing by N p₁ is right at the border too."""
    for p1 in (0.2, 0.5, 0.8):
        mean = masks(4000, cells=4, p1=p1).mean(0)
        assert (mean - p1).abs().max() < 0.035 and mean.mean().item() == pytest.approx(p1, abs=0.01)


def test_every_mask_has_a_shift_of_its_own():
    """All 9 shifts in a cell of 3 × 3 pixels are drawn, alike often; one shift for all would leave a grid."""
    rng, shifts = np.random.default_rng(0), []
    for _ in range(900):
        rng.random((4, 4))
        shifts.append(tuple(rng.integers([3, 3])))
    assert len(set(shifts)) == 9 and min(shifts.count(shift) for shift in set(shifts)) > 70
    pattern = torch.from_numpy(np.random.default_rng(7).random((1, 4, 4))).expand(9, 4, 4)
    shifted = _smooth(pattern, torch.tensor(sorted(set(shifts))), [3, 3], torch.Size((12, 12)))
    assert len(shifted.unique(dim=0)) == 9 and torch.equal(shifted[4, :-1, :-1], shifted[0, 1:, 1:])
    edges = (masks(3000, side=12, cells=4).diff(dim=2).abs()).mean((0, 1))[1:-1]  # borders of cells fall anywhere
    assert edges.max() < 1.3 * edges.min()


@pytest.mark.parametrize(("places", "cells"), [((3, 5), 7), ((1, 1), 4), ((16, 16), 1), ((7, 7), 7), ((8, 3), 3)])
def test_masks_of_any_size(places, cells):
    for M in _masks(5, torch.Size(places), cells, 0.5, 0, 2):
        assert M.shape[1:] == places and (M > -1e-12).all() and (M < 1 + 1e-12).all()


# The sum


@pytest.mark.parametrize(("fill", "off"), [("black", 0.0), ("grey", 0.5), (torch.full((3, 1, 1), 0.2), 0.2)])
def test_the_formula_in_loops(fill, off):
    """1 / (N p₁) Σ F(h(M)) M, mask by mask and image by image."""
    x, p1, N = images(2).double(), 0.3, 30
    f = make_score(seeded(PlainCNN).double(), x, torch.tensor([1, 4]))
    A = rise(f, x, N, 5, p1, fill, seed=3)
    for i in range(2):
        S = torch.zeros(16, 16, **F64)
        for M in masks(N, cells=5, p1=p1, seed=3):
            M = M.float().double() if fill is None else M
            masked = x[i] * M + off * (1 - M)
            S += f.model(masked[None]).softmax(1)[0, f.target[i]].detach() * M
        torch.testing.assert_close(A[i, 0], S / (N * p1), rtol=1e-9, atol=1e-12)


def test_the_fill_of_cells_means():
    """ "mean": each of s × s rectangles has its own mean colour. With p₁ near 0 that is all the network sees."""
    x, seen = images(1), []
    rise(lambda x: seen.append(x) or x.flatten(1).mean(1), x, 1, 4, 1e-9, "mean")
    torch.testing.assert_close(seen[0], F.avg_pool2d(x, 4).repeat_interleave(4, 2).repeat_interleave(4, 3))


def test_a_network_that_sees_one_place():
    """F = x at λ, fill 0: S = x_λ E[M_λ M] / p₁. At λ that is E[M²] / p₁; far away, where coins differ, p₁ x_λ."""
    x, N, p1 = torch.full((1, 1, 24, 24), 0.8, **F64), 6000, 0.4
    A = rise(lambda x: x[:, 0, 12, 12], x, N, 4, p1, "black")[0, 0]
    second = masks(N, side=24, cells=4, p1=p1)[:, 12, 12].square().mean()
    assert A[12, 12].item() == pytest.approx(0.8 * second.item() / p1, rel=1e-9)
    row, column = divmod(int(A.argmax()), 24)
    assert abs(row - 12) <= 2 and abs(column - 12) <= 2
    far = torch.cat([A[:3].flatten(), A[-3:].flatten()])  # more than two cells of six pixels away
    assert (far / (0.8 * p1) - 1).abs().max() < 0.12 and far.mean().item() == pytest.approx(0.8 * p1, rel=0.05)


def test_coins_of_numbers_by_hand():
    """A table, F = Σ w x, fill 0: E[S_j] = Σ_i w_i x_i p₁ + (1 − p₁) w_j x_j, and S is that over the drawn coins."""
    w, x, p1, N = torch.tensor([3.0, 0, -1, 2], **F64), torch.tensor([[1.0, 5, 2, 0.5]], **F64), 0.3, 40_000
    A = rise(lambda x: x @ w, x, N, p1=p1, fill="black")
    expected = p1 * (w * x).sum() + (1 - p1) * w * x
    assert (A - expected).abs().max() < 0.06
    coins = torch.cat(list(_masks(N, torch.Size((4,)), None, p1, 0, 500)))
    assert ((coins == 0) | (coins == 1)).all() and (coins.mean(0) - p1).abs().max() < 0.01
    exact = ((coins * x) @ w)[:, None].mul(coins).sum(0) / (N * p1)
    torch.testing.assert_close(A[0], exact, rtol=1e-9, atol=1e-9)


def test_p1_of_one_covers_nothing():
    """Every mask is all on: S is F(x) everywhere."""
    x = images(2)
    f = make_score(seeded(PlainCNN), x, 1)
    torch.testing.assert_close(rise(f, x, 7, p1=1.0), f(x).detach()[:, None, None, None].expand(2, 1, 16, 16))


def test_series_have_a_coin_a_number():
    x, model = seeded(torch.rand, 2, 2, 12, **F64), seeded(Sequence1d).double()
    f = make_score(model, x, torch.tensor([0, 2]))
    A = rise(f, x, 40, fill="black", seed=1)
    coins = torch.cat(list(_masks(40, torch.Size((2, 12)), None, 0.5, 1, 9)))
    for i in range(2):
        score = f.outputs(coins * x[i])[:, f.target[i]].detach()
        torch.testing.assert_close(A[i], (score[:, None, None] * coins).sum(0) / 20, rtol=1e-9, atol=1e-12)


# The same in any batch


@pytest.mark.parametrize("at_once", [1, 3, 64, 1000])
def test_how_many_go_at_once_changes_nothing(at_once, monkeypatch):
    x = images(3).double()
    f = make_score(seeded(PlainCNN).double(), x, torch.tensor([1, 4, 0]))
    expected = rise(f, x, 25, 5, fill="mean", seed=2)
    monkeypatch.setattr(import_module("xai_core.perturbation.rise"), "rows_at_once", lambda x: at_once)
    torch.testing.assert_close(rise(f, x, 25, 5, fill="mean", seed=2), expected, rtol=1e-9, atol=1e-12)
    for i in range(3):
        alone = rise(f.rows(torch.tensor([i])), x[i : i + 1], 25, 5, fill="mean", seed=2)
        torch.testing.assert_close(alone, expected[i : i + 1], rtol=1e-9, atol=1e-12)


def test_it_asks_N_times_an_image():
    asked = []
    rise(lambda x: asked.append(len(x)) or x.flatten(1).mean(1), images(3), 50)
    assert sum(asked) == 150 and max(asked) <= 64


def test_seeds():
    model, x = seeded(PlainCNN), images(2)
    one, same, other = (explain(model, x, 1, "rise", N=30, seed=s) for s in (4, 4, 5))
    assert torch.equal(one, same) and not torch.equal(one, other)
    assert not torch.equal(masks(2)[0], masks(2)[1])


def test_a_background_of_rows_is_refused():
    with pytest.raises(ValueError, match="fill must be one input for RISE, it is asked once a mask; got 4 rows"):
        rise(lambda x: x.flatten(1).mean(1), images(2), 5, fill=torch.zeros(4, 3, 16, 16))
