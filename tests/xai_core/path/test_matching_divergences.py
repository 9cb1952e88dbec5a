"""The four divergences that matching can make small: numbers by hand, SciPy and torch, where they round to zero."""

import math

import pytest
import scipy.special
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.spatial import distance as scipy_distance
from torch import Tensor

from xai_core.path.matching import DIVERGENCES, Divergence

F64 = {"dtype": torch.double}


def C(name: str, logits: Tensor, q: Tensor) -> Tensor:
    """The divergence of softmax(logits) from q, each row: (n, classes) → (n,)."""
    return DIVERGENCES[name](logits.log_softmax(1), q).sum(1)


def apart(name: str, p: list[float], q: list[float]) -> float:
    return C(name, torch.tensor([p], **F64).log(), torch.tensor([q], **F64)).item()


def test_the_words_are_those_declared():
    assert tuple(DIVERGENCES) == Divergence.__metadata__[0].values == ("kl", "reverse_kl", "l2", "total_variation")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("kl", math.log(27 / 16) / 4),  # ¼ ln ½ + ¾ ln 3/2
        ("reverse_kl", math.log(4 / 3) / 2),  # ½ ln 2 + ½ ln 2/3
        ("l2", 1 / 8),  # (¼)² + (¼)²
        ("total_variation", 1 / 4),  # (¼ + ¼)/2
    ],
)
def test_by_hand(name, expected):
    """p = (½, ½), q = (¼, ¾); and the two KLs differ, so that neither can stand for the other."""
    assert apart(name, [0.5, 0.5], [0.25, 0.75]) == pytest.approx(expected, rel=1e-12)
    assert apart(name, [0.25, 0.75], [0.25, 0.75]) == pytest.approx(0, abs=1e-15)


def test_what_is_ruled_out():
    """q gives the second class nothing. KL(q ‖ p) does not mind; KL(p ‖ q) is infinite, here as far as floats go."""
    p, q = [0.5, 0.5], [1.0, 0.0]
    assert apart("kl", p, q) == pytest.approx(math.log(2))
    smallest = math.log(torch.finfo(torch.double).tiny)
    assert apart("reverse_kl", p, q) == pytest.approx(-math.log(2) - 0.5 * smallest)
    assert apart("l2", p, q) == pytest.approx(0.5) and apart("total_variation", p, q) == pytest.approx(0.5)


answers = st.lists(st.floats(-8, 8), min_size=2, max_size=6)


@given(st.data())
def test_oracles(data):
    """SciPy and torch, on random distributions; each is 0 only at p = q, by Pinsker's inequality."""
    a = data.draw(answers)
    b = data.draw(st.lists(st.floats(-8, 8), min_size=len(a), max_size=len(a)))
    logits = torch.tensor([a], **F64)
    p, q = logits.softmax(1), torch.tensor([b], **F64).softmax(1)
    found = {name: C(name, logits, q).item() for name in DIVERGENCES}
    assert found["kl"] == pytest.approx(scipy.special.rel_entr(q.numpy(), p.numpy()).sum(), rel=1e-6, abs=1e-12)
    assert found["reverse_kl"] == pytest.approx(scipy.special.rel_entr(p.numpy(), q.numpy()).sum(), rel=1e-6, abs=1e-12)
    assert found["l2"] == pytest.approx(scipy_distance.sqeuclidean(p[0].numpy(), q[0].numpy()), rel=1e-9, abs=1e-15)
    assert found["total_variation"] == pytest.approx(
        scipy_distance.cityblock(p[0].numpy(), q[0].numpy()) / 2, rel=1e-9, abs=1e-15
    )
    of_p, of_q = torch.distributions.Categorical(p), torch.distributions.Categorical(q)
    for name, other in (
        ("kl", torch.distributions.kl_divergence(of_q, of_p)),
        ("reverse_kl", torch.distributions.kl_divergence(of_p, of_q)),
    ):
        assert found[name] == pytest.approx(other.item(), rel=1e-5, abs=1e-10)
        assert found[name] >= 2 * found["total_variation"] ** 2 - 1e-12  # Pinsker
    assert found["l2"] >= 4 * found["total_variation"] ** 2 / len(a) - 1e-15  # Cauchy and Schwarz
    for name in DIVERGENCES:
        assert C(name, logits, p).item() == pytest.approx(0, abs=1e-14)


sure = st.lists(st.floats(-500, 500, width=32), min_size=3, max_size=3)


@given(sure, sure, st.sampled_from(list(DIVERGENCES)), st.sampled_from([torch.float, torch.double]))
def test_probabilities_that_round_to_zero(a, b, name, dtype):
    """No NaN in value or gradient, and not negative but for the last digit."""
    logits, q = torch.tensor([a], dtype=dtype, requires_grad=True), torch.tensor([b], dtype=dtype).softmax(1)
    value = C(name, logits, q)
    (slope,) = torch.autograd.grad(value.sum(), logits)
    assert torch.isfinite(value).all() and torch.isfinite(slope).all()
    assert value.item() >= -1e-6 and C(name, q.log().clamp(min=-500), q).item() == pytest.approx(0, abs=1e-5)


@given(st.lists(st.floats(-5, 5), min_size=3, max_size=3), st.lists(st.floats(-5, 5), min_size=3, max_size=3))
def test_gradients_by_hand(a, b):
    """∂C/∂l = p ⊙ (g − p·g) with g = ∂C/∂p by hand; for KL that is p − q, which stays where p is sure."""
    logits, q = torch.tensor([a], **F64, requires_grad=True), torch.tensor([b], **F64).softmax(1)
    p = logits.softmax(1).detach()
    assume(((p - q).abs() > 1e-9).all())  # total variation has a kink there
    by_hand = {
        "kl": -q / p,
        "reverse_kl": p.log() - q.log() + 1,
        "l2": 2 * (p - q),
        "total_variation": (p - q).sign() / 2,
    }
    for name, g in by_hand.items():
        (slope,) = torch.autograd.grad(C(name, logits, q).sum(), logits)
        torch.testing.assert_close(slope, p * (g - (p * g).sum()), rtol=1e-7, atol=1e-9)
    torch.testing.assert_close(by_hand["kl"] * p - p * (p * by_hand["kl"]).sum(), p - q)
