"""Quantus as an oracle, where its formula is ours: pixel flipping, faithfulness correlation, max-sensitivity."""

import numpy as np
import pytest
import torch

from data.nets import networks
from data.pictures import digits
from tests.toys import seeded
from xai_core import integrated_gradients, make_score, simple_gradient
from xai_core.evaluate import deletion, max_sensitivity
from xai_core.evaluate.mufidelity import read
from xai_core.perturbation.neighbourhood import neighbourhood

quantus = pytest.importorskip("quantus", exc_type=ImportError)  # its OpenCV needs libGL, which not every machine has


@pytest.fixture(scope="module")
def asked():
    """Five digits, one channel each, their classes, and their maps: as the core and as Quantus want them."""
    x = digits.train_test(seed=0).test_images[:5]
    model = networks.load("digits")
    f = make_score(model, x, "predicted")
    A = integrated_gradients(f, x)
    return model, f, x, A, {"x_batch": x.numpy(), "y_batch": f.target.numpy(), "a_batch": A.numpy(), "softmax": True}


def test_deletion_is_pixel_flipping(asked):
    model, f, x, A, given = asked
    theirs = quantus.PixelFlipping(
        features_in_step=8, perturb_baseline="black", normalise=False, disable_warnings=True
    )(model=model, channel_first=True, **given)  # "black" is the picture's minimum, which is 0 in digits
    ours = deletion(f, x, A, "black", 8)
    assert np.allclose(np.array(theirs), ours.scores[:, 1:].numpy(), atol=1e-5)  # it leaves out the untouched picture


def test_mufidelity_is_faithfulness_correlation(asked):
    """Of single numbers as features, and for the subsets that it draws."""
    model, f, x, A, given = asked
    drawn = []

    def black(arr, indices, **_):
        drawn.append(indices)
        moved = arr.copy()
        np.put_along_axis(moved, indices, 0, axis=1)
        return moved

    theirs = quantus.FaithfulnessCorrelation(
        nr_runs=30, subset_size=20, perturb_func=black, normalise=False, return_aggregate=False, disable_warnings=True
    )(model=model, channel_first=True, **given)
    nears = []
    for i in range(5):
        masks = torch.ones(31, 64, dtype=torch.bool)
        for run, each in enumerate(drawn):
            masks[run + 1, torch.from_numpy(each[i])] = False
        nears.append(neighbourhood(f.rows(torch.tensor([i])), x[i : i + 1], 31, "pixels", "black", masks=masks))
    assert np.allclose(theirs, read(nears, A).correlation.numpy(), atol=1e-4)


def test_max_sensitivity_is_its_own(asked):
    """Fed with our noise: its own is drawn from a global state, in another order."""
    model, f, x, _, given = asked
    eps, N = 0.05, 4
    generator = torch.Generator().manual_seed(3)
    noise = iter([eps * (2 * torch.rand(x.shape, generator=generator) - 1) for _ in range(N)])

    def ours_then(arr, **_):
        return arr + next(noise).numpy().reshape(arr.shape)

    def gradient(model, inputs, targets, **_):
        rows = torch.from_numpy(inputs).view(-1, *x.shape[1:])
        return simple_gradient(make_score(networks.load("digits"), rows, torch.from_numpy(targets)), rows).numpy()

    theirs = quantus.MaxSensitivity(nr_samples=N, perturb_func=ours_then, disable_warnings=True)(
        model=model, channel_first=True, explain_func=gradient, **(given | {"a_batch": None})
    )
    ours = max_sensitivity(lambda x: simple_gradient(f, x), x, N, eps, seed=3)
    assert np.allclose(theirs, ours.largest.numpy(), atol=1e-4)


def test_seeded_networks_agree_too():
    """Not only a trained network: random weights, all classes."""
    model = seeded(networks.DigitNet, 8).eval()
    x = torch.rand(10, 1, 8, 8, generator=torch.Generator().manual_seed(1))
    x[:, 0, 0, 0] = 0
    f = make_score(model, x, torch.arange(10))
    A = simple_gradient(f, x)
    theirs = quantus.PixelFlipping(
        features_in_step=16, perturb_baseline="black", normalise=False, disable_warnings=True
    )(model, x.numpy(), np.arange(10), A.numpy(), channel_first=True, softmax=True)
    assert np.allclose(np.array(theirs), deletion(f, x, A, "black", 4).scores[:, 1:].numpy(), atol=1e-5)
