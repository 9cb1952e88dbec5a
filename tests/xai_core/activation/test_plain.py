"""Grad-CAM as the paper prints it, equal to the fast form."""

import pytest
import torch

from tests.toys import PlainCNN, SmallCNN, images, seeded
from xai_core import find_layer, grad_cam_map, make_score
from xai_core.activation.cam import grad_cam_plain


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("build", [PlainCNN, SmallCNN])
def test_grad_cam_is_the_sum_of_the_paper(build, seed):
    model, x = seeded(build, seed=seed).double().eval(), images(4, seed=seed).double()
    f = make_score(model, x, torch.tensor([0, 3, 1, 4]), "logit")
    plain = grad_cam_plain(f, x, find_layer(f, x))
    assert plain.any()
    assert torch.allclose(plain, grad_cam_map(f, x), rtol=1e-10, atol=0)


@pytest.mark.parametrize("layer", ["features.0", "features.2", "features.3"])
def test_at_any_layer(layer):
    x = images(2).double()
    f = make_score(seeded(PlainCNN).double(), x, "predicted", "logit")
    assert torch.allclose(grad_cam_plain(f, x, layer), grad_cam_map(f, x, layer), rtol=1e-10, atol=1e-15)
