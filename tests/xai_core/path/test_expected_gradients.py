"""Expected Gradients: by hand, as Integrated Gradients of each rule, on average complete, beside captum's."""

import numpy as np
import pytest
import torch
from captum.attr import GradientShap

from tests.toys import PlainCNN, images, seeded
from xai_core import catalogue, expected_gradients, integrated_gradients, make_score
from xai_core.evaluate import walk
from xai_core.path.expected_gradients import reference_set

F64 = {"dtype": torch.float64}
RULES = ("right", "left", "midpoint", "trapezoid", "gauss_legendre")


def linear(x):
    return x[:, 0] + 2 * x[:, 1]


@pytest.mark.parametrize("rule", ("uniform", "right", "left", "midpoint"))  # each pair counts the same
def test_a_linear_score_by_hand(rule):
    """∇F = (1, 2) everywhere: A = x − x̄′ times it, whatever α is."""
    D = torch.tensor([[0.0, 0.0], [1.0, 1.0]], **F64)
    A = expected_gradients(linear, torch.tensor([[3.0, 1.0]], **F64), 10, D, rule)
    torch.testing.assert_close(A, torch.tensor([[2.5, 1.0]], **F64))


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("N", [2, 7])
def test_one_reference_on_the_nodes_of_a_rule_is_integrated_gradients(rule, N):
    model, x = seeded(PlainCNN).double(), images(2).double()
    f = make_score(model, x, torch.tensor([1, 3]))
    start = torch.full_like(x[:1], 0.3)
    found = expected_gradients(f, x, N, start, rule)
    torch.testing.assert_close(found, integrated_gradients(f, x, start, N, rule), rtol=1e-9, atol=1e-14)


@pytest.mark.parametrize("references", ["noise_and_blur", "noise", "blur"])
def test_on_average_it_is_complete(references):
    """ΣA → F(x) − E F(x′): over 40 seeds the mean is within four of its standard errors."""
    model, x = seeded(PlainCNN).double(), images(1).double()
    f = make_score(model, x, 2)
    D = reference_set(x, references, seed=0)
    sums = [float(expected_gradients(f, x, 50, D, seed=s).sum()) for s in range(40)]
    error = np.std(sums, ddof=1) / np.sqrt(len(sums))
    assert np.mean(sums) == pytest.approx(float(f(x) - f(D).mean()), abs=4 * error)
    assert np.std(sums) > 0


def test_captums_gradient_shap_without_noise_is_the_same_expectation():
    model, x = seeded(PlainCNN).double().eval(), images(1).double()
    D = images(4).double().flip(2)
    f = make_score(model, x, 1, "logit")
    torch.manual_seed(0), np.random.seed(1)  # noqa: NPY002 (captum draws α from NumPy's own generator)
    theirs = GradientShap(model).attribute(x, D, target=1, n_samples=4000, stdevs=0.0)
    ours = expected_gradients(f, x, 4000, D)
    assert torch.cosine_similarity(ours.flatten(), theirs.flatten(), dim=0) > 0.999
    assert float(ours.norm()) == pytest.approx(float(theirs.norm()), rel=0.03)


def test_the_references():
    x = images(1)
    D = reference_set(x, "noise_and_blur", seed=1)
    assert D.shape == (10, 3, 16, 16)
    assert torch.equal(D, torch.cat([reference_set(x, "noise", 1), reference_set(x, "blur", 1)]))
    away = (D - x).flatten(1).norm(dim=1)
    assert (away[:5].diff() > 0).any() and (away[5:].diff() > 0).all()  # more and more blurred
    assert torch.equal(D, reference_set(x, "noise_and_blur", 1)) and not torch.equal(
        D, reference_set(x, "noise_and_blur", 2)
    )
    table = torch.rand(1, 6)
    assert reference_set(table, "noise_and_blur").shape == (6, 6)  # a row has no blur, but a mean


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            {"references": torch.zeros(2, 3, 8, 8)},
            r"references must be finite inputs \(N₀, 3, 16, 16\), like those of x",
        ),
        ({"references": torch.full((1, 3, 16, 16), torch.nan)}, "references must be finite inputs"),
        ({"references": 3}, "references must be a name or a tensor of inputs; got int"),
        ({"references": "snow"}, "references .* must be one of noise_and_blur, noise, blur"),
        ({"rule": "simpson"}, "rule .* must be one of uniform, right"),
        ({"N": 0}, "N .* must be a whole number, at least 1; got 0"),
        ({"N": 1, "rule": "trapezoid"}, "B must be at least 2 for the trapezoid rule"),
    ],
)
def test_what_is_refused(given, said):
    x = images(1)
    with pytest.raises((ValueError, TypeError), match=said):
        expected_gradients(make_score(seeded(PlainCNN), x, 1), x, **{"N": 4} | given)


def test_it_has_the_scores_of_a_path():
    """Read off the row alone: gap, monotonicity and curvature are means over the references' straight paths."""
    model, x = seeded(PlainCNN), images(1)
    f = make_score(model, x, 2)
    path = walk(f, x, "expected_gradients", N=40)
    assert path.trace.change().shape == (10,)
    assert path.gap(path.map()) == pytest.approx(abs(float(path.map().double().sum() - path.trace.change().mean())))
    assert -1 <= path.monotonicity() <= 1 and path.curvature() > 0
    assert not torch.equal(path.map(), path.map(300))
    assert catalogue()["expected_gradients"].symbols["N"].default == 100
