"""Sobol indices: values by hand, sums, a function of one feature, what is asked and what is refused."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.toys import PlainCNN, images, seeded
from xai_core import Stages, catalogue, make_score, sobol
from xai_core.perturbation.sobol import designs

ONES = torch.ones(1, 2, dtype=torch.float64)


def indices(F, M=2, N=1024, **how):
    return sobol(F, torch.ones(1, M, dtype=torch.float64), N=N, segments="pixels", fill="black", **how)[0]


@pytest.mark.parametrize(
    ("F", "expected"),
    [
        (lambda z: z[:, 0] + 2 * z[:, 1], (0.2, 0.8)),
        (lambda z: z[:, 0] * z[:, 1], (4 / 7, 4 / 7)),
        (lambda z: 5 + 0 * z[:, 0] + z[:, 1], (0.0, 1.0)),
    ],
)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_values_by_hand(F, expected, seed):
    assert indices(F, seed=seed).tolist() == pytest.approx(expected, abs=0.03)


@given(st.lists(st.floats(-3, 3).filter(lambda w: abs(w) > 0.1), min_size=2, max_size=5))
def test_a_sum_shares_its_variance_out(w):
    """F = w · z on the unit cube: S_Ti = w_i² / Σ w²."""
    w = torch.tensor(w, dtype=torch.float64)
    S = indices(lambda z: z @ w, len(w))
    torch.testing.assert_close(S, w**2 / (w**2).sum(), atol=0.05, rtol=0)
    assert (S >= 0).all()


def test_a_constant_has_no_indices():
    assert not indices(lambda z: 0 * z.sum(1) + 3).any()


def test_the_designs_differ_in_one_column_each():
    A, B, *mixed = designs(3, 8, seed=4).view(5, 8, 3)
    for i, each in enumerate(mixed):
        assert torch.equal(each[:, i], B[:, i]) and (each != A).any(0).tolist() == [j == i for j in range(3)]
    assert torch.equal(designs(3, 8, 4), designs(3, 8, 4)) and not torch.equal(designs(3, 8, 4), designs(3, 8, 5))
    assert designs(3, 6, 4).shape == (30, 3)  # cut from eight


def test_the_network_is_asked_once_for_all_classes():
    model, x = seeded(PlainCNN), images(1)
    rows, outputs = [], make_score(model, x, 1)
    outputs.model.register_forward_hook(lambda module, inputs, output: rows.append(len(output)))
    run = Stages(catalogue()["sobol"], outputs, x, {"N": 8, "segments": "grid"})
    assert run.map.shape == x.shape and (run.map >= 0).all() and sum(rows) == 8 * (64 + 2) + 1
    assert not run.key("near").of_class and run.key("values").of_class
    at_once = sobol(make_score(model, x, 1), x, 8, "grid")
    torch.testing.assert_close(run.map.sum(1, keepdim=True), at_once)


@pytest.mark.parametrize(
    ("how", "said"),
    [({"N": 1}, "N .* must be a whole number, at least 2; got 1"), ({"fill": "snow"}, "fill .* must be one of")],
)
def test_what_is_refused(how, said):
    with pytest.raises(ValueError, match=said):
        sobol(lambda z: z.sum(1), ONES, **{"segments": "pixels"} | how)
