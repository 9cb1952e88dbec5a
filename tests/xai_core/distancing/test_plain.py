"""GAD as the paper tells it, equal to the support networks and the map of the fast form."""

import pytest
import torch

from tests.toys import PlainCNN, SmallCNN, fingerprint, images, seeded
from xai_core import explain, gad, support_networks
from xai_core.distancing.gad import gad_plain

LABELS = torch.tensor([0, 3, 3, 0, 1, 3])


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("build", [PlainCNN, SmallCNN])
@pytest.mark.parametrize("method", ["simple_gradient", "integrated_gradients", "guided_backprop"])
def test_gad_is_the_three_steps(build, seed, method):
    model, X = seeded(build, seed=seed).double().eval(), images(6, seed=seed).double()
    x, settings = X[:1], {"epochs": 2, "rate": 1e-3, "batch": 4}
    before = fingerprint(model, X)
    plain = gad_plain(
        model, X, LABELS, (0, 3), lambda N: explain(N, x, 3, method, output="logit"), alphas=(2, 6), **settings
    )
    assert fingerprint(model, X) == before
    supports = support_networks(model, X, LABELS, (0, 3), (2, 6), **settings)
    fast = gad(model, supports, x, 3, method)
    assert torch.allclose(plain, fast.A, rtol=1e-8, atol=1e-12)
    assert 0 < (plain != 0).double().mean() < 1
