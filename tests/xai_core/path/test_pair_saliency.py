"""PAIR's saliency, by the authors of the path methods, as an oracle where conventions agree."""

import numpy as np
import pytest
import torch

from tests.toys import MLP, PlainCNN, images, seeded
from xai_core import blur_ig, guided_ig, integrated_gradients, make_score
from xai_core.score import gradient

saliency = pytest.importorskip("saliency.core", reason="PAIR's saliency is not installed")


@pytest.fixture(autouse=True)
def numpy_2(monkeypatch: pytest.MonkeyPatch) -> None:
    """Guided IG calls np.quantile(interpolation=…), which NumPy 2 names method=."""
    quantile = np.quantile

    def as_before(a, q, interpolation="linear"):
        return quantile(a, q, method=interpolation)

    monkeypatch.setattr(np, "quantile", as_before)


def asked(f, last: bool):
    """Our score as they ask for it: a batch of arrays, (R, d) or (R, H, W, C) if `last`, → their gradients."""

    def call(x, call_model_args=None, expected_keys=None):
        x = torch.as_tensor(np.asarray(x))
        slopes = gradient(f, x.movedim(-1, 1) if last else x)[1]
        return {saliency.INPUT_OUTPUT_GRADIENTS: (slopes.movedim(1, -1) if last else slopes).numpy()}

    return call


def network(seed: int):
    """A score of five numbers, the numbers, and a baseline."""
    x = torch.randn(2, 5, generator=torch.Generator().manual_seed(seed), dtype=torch.double)
    return make_score(seeded(MLP, seed=seed).double(), x[:1], 1), x[:1], x[1:]


@pytest.mark.parametrize("seed", range(5))
def test_integrated_gradients(seed):
    """Their points are none of our rules'; with 400 of them, both sums are near the integral."""
    f, x, start = network(seed)
    theirs = saliency.IntegratedGradients().GetMask(
        x[0].numpy(), asked(f, False), x_steps=400, x_baseline=start[0].numpy()
    )
    ours = integrated_gradients(f, x, start, 400, "midpoint")[0]
    assert np.abs(theirs - ours.numpy()).max() < 0.01 * np.abs(theirs).max()


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("fraction", "max_dist"), [(0.25, 0.02), (0.5, 0.3), (0.25, 1.0), (1.0, 0.1)])
def test_guided_ig_is_theirs(seed, fraction, max_dist):
    """Step by step the same path, so the same numbers for every B."""
    f, x, start = network(seed)
    theirs = saliency.GuidedIG().GetMask(
        x[0].numpy(), asked(f, False), x_baseline=start[0].numpy(), x_steps=40, fraction=fraction, max_dist=max_dist
    )
    ours = guided_ig(f, x, start, 40, fraction, max_dist)[0]
    np.testing.assert_allclose(ours.numpy(), theirs, rtol=1e-6, atol=1e-9)


def test_blur_ig_where_borders_do_not_matter():
    """Theirs blurs zeros in from outside, ours repeats the border: a black frame hides the difference."""
    x = torch.zeros(1, 3, 40, 40, dtype=torch.double)
    x[..., 14:26, 14:26] = images(1, side=12).double()
    f = make_score(seeded(PlainCNN).double(), x, 2, "logit")
    theirs = saliency.BlurIG().GetMask(
        x[0].movedim(0, -1).numpy(), asked(f, True), max_sigma=3, steps=1500, grad_step=1e-4
    )
    ours = blur_ig(f, x, 1500, 3.0, "midpoint")[0].movedim(0, -1).numpy()
    assert np.abs(theirs - ours).max() < 0.02 * np.abs(theirs).max()
    assert theirs.sum() == pytest.approx(ours.sum(), rel=0.02)
