"""Every method on ImageNet's SqueezeNet 1.1 and real photographs: what the papers say, and no trace left behind."""

import copy
import warnings
from itertools import pairwise

import captum.attr
import pytest
import torch

from tests.toys import fingerprint
from xai_core import (
    catalogue,
    coalitions,
    explain,
    find_layer,
    grad_cam_map,
    guided_backprop,
    k_lasso,
    make_score,
    match_baseline,
    neighbourhood,
    occlusion,
    shapley_values,
    simple_gradient,
    trace,
)
from xai_core.path.paths import straight
from xai_core.path.traces import Trace
from xai_core.path.unlearning import unlearned_probabilities
from xai_core.perturbation.superpixels import superpixels

pytestmark = [pytest.mark.real, pytest.mark.slow]

LIGHT = {
    "smoothgrad": {"N": 3},
    "smoothgrad_squared": {"N": 3},
    "vargrad": {"N": 3},
    "integrated_gradients": {"B": 3},
    "path_integrated_gradients": {"B": 4, "G": 2},
    "blur_ig": {"B": 3},
    "guided_ig": {"B": 3},
    "agi": {"B": 2, "T": 2, "K": 2},
    "uni": {"B": 2, "T": 2},
    "lime": {"N": 40},
    "kernel_shap": {"N": 110},
    "rise": {"N": 40},
    "occlusion": {"window": 64, "stride": 40},
    "expected_gradients": {"N": 4},
    "sobol": {"N": 2},
}


@pytest.fixture(scope="module")
def right(real_squeezenet, real_photographs):
    """Four photographs that the network names rightly, and their classes."""
    x, y = real_photographs
    with torch.no_grad():
        chosen = (real_squeezenet(x[:15]).argmax(1) == y[:15]).nonzero().flatten()[:4]
    return x[chosen], y[chosen]


@pytest.mark.parametrize(
    "name",
    [m for m in catalogue() if m != "cam"],
)
def test_each_method(real_squeezenet, right, name):
    """Shape, sign, no warning, the same bits twice; the network's and the photograph's bytes as they were."""
    x, y = right[0][:1], right[1][:1]
    before = fingerprint(real_squeezenet, x)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", ".*do not trust it")  # so few steps leave large gaps, and that is told
        A = explain(real_squeezenet, x, "predicted", name, **LIGHT.get(name, {}))
    assert A.shape == x.shape and torch.isfinite(A).all() and A.any()
    if name in ("smoothgrad_squared", "vargrad", "grad_cam", "rise", "sobol"):
        assert (A >= 0).all()
    elif name not in ("lime", "occlusion"):  # which may find nothing against the class
        assert (A < 0).any()
    assert torch.equal(A, explain(real_squeezenet, x, y, name, **LIGHT.get(name, {})))
    assert fingerprint(real_squeezenet, x) == before


def test_grad_cam_finds_the_classes_own_map(real_squeezenet, right):
    """A convolution gives each class a map, which is pooled: Grad-CAM is that map / 169. There is no linear head."""
    x, y = right
    f = make_score(real_squeezenet, x, y, "logit")
    assert find_layer(f, x) == "network.classifier.2"
    with torch.no_grad():
        maps = real_squeezenet.network.classifier[:3](real_squeezenet.network.features(real_squeezenet.normalise(x)))
    own = maps[torch.arange(len(y)), y] / maps[0, 0].numel()
    torch.testing.assert_close(grad_cam_map(f, x), own, rtol=1e-3, atol=1e-6)
    with pytest.raises(ValueError, match=r"global average pooling.*Use grad_cam"):
        explain(real_squeezenet, x[:1], int(y[0]), "cam")


def test_agrees_with_captum(real_squeezenet, right):
    """Gradient, guided backprop and IG with in-place ReLUs; in float64, where no mask flips by rounding."""
    model, x, y = copy.deepcopy(real_squeezenet).double(), right[0][:1].double(), right[1][:1]
    f = make_score(model, x, y, "logit")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        gradient = captum.attr.Saliency(model).attribute(x.clone(), target=y, abs=False)
        guided = captum.attr.GuidedBackprop(model).attribute(x.clone(), target=y)
        path = captum.attr.IntegratedGradients(model)
        along = path.attribute(x.clone(), target=y, n_steps=6, method="riemann_right")
    for ours, theirs in [
        (simple_gradient(f, x), gradient),
        (guided_backprop(f, x), guided),
        (trace(f, x).attribution(6), along),
    ]:
        assert (ours - theirs).abs().max() < 1e-6 * theirs.abs().max()


def test_what_the_uni_paper_claims(real_squeezenet, right):
    """The baseline is unsure; the confidence rises steadily from there; the path is complete and bends less."""
    x, y = right
    f = make_score(real_squeezenet, x, y)
    unlearned = unlearned_probabilities(f, x)
    start = match_baseline(f, x, unlearned)
    with torch.no_grad():
        sure = f(x)
        assert (unlearned[torch.arange(len(y)), y] < 0.01 * sure).all() and (f(start) < 0.2 * sure).all()
    seen, static = Trace(f, straight(start, x), x), trace(f, x)
    assert (seen.monotonicity(10) > 0.95).all()
    assert (seen.gap(seen.attribution(10, "midpoint")) < 0.03).all()
    assert seen.curvature(10).median() < static.curvature(10).median()
    assert ((start - x).abs().flatten(1).mean(1) < 0.02).all()  # hardly to be seen: 5/255 on average


def test_lime_on_a_photograph(real_squeezenet, right):
    """R² rises with K, the superpixels of the strongest weights carry the class: without them, the confidence falls."""
    x, y = right[0][:1], right[1][:1]
    f = make_score(real_squeezenet, x, y)
    near = neighbourhood(f, x, 250)
    fits = [k_lasso(near, K) for K in (1, 3, 6, 12)]
    assert all(0 < a.r2 < b.r2 <= 1 for a, b in pairwise(fits))
    best = fits[2].weights.topk(3).indices
    with torch.no_grad():
        without = torch.where(torch.isin(near.segments, best), near.fill, x)
        assert f(without) < 0.5 * f(x)


def test_perturbations_find_what_the_network_needs(real_squeezenet, right):
    """Without the eight superpixels that a method puts first the confidence is gone, without its last eight it stays.

    On one photograph, with 110 masks (RISE needs the paper's thousands); and KernelSHAP's values add up.
    """
    x, y = right[0][:1], right[1][:1]
    f, labels = make_score(real_squeezenet, x, y), superpixels(x)
    M, size = int(labels.max()) + 1, torch.bincount(labels.flatten())
    masks, weights = coalitions(M, 110)
    near = neighbourhood(f, x, segments=labels, masks=masks)
    values = {"kernel_shap": shapley_values(near, weights)}
    change = float(near.scores[0, near.target] - near.scores[1, near.target])
    assert float(values["kernel_shap"].sum()) == pytest.approx(change, abs=1e-9)
    falls = occlusion(f, x, 48, 32).flatten()
    values["occlusion"] = torch.zeros(M).index_add_(0, labels.flatten(), falls) / size
    for name, of_superpixels in values.items():
        order = of_superpixels.argsort(descending=True)
        with torch.no_grad():
            first, last = (f(torch.where(torch.isin(labels, few), near.fill, x)) for few in (order[:8], order[-8:]))
            assert first < 0.1 * f(x) and last > 0.4 * f(x), name
