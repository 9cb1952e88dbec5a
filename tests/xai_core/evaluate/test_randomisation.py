"""Parameter randomisation: what is ruined, what stays, and that a map which does not look is found out."""

import pytest
import torch

from data.drawn import zoo
from data.nets import networks
from tests.toys import PlainCNN, SmallCNN, fingerprint, images, seeded
from xai_core import explain
from xai_core.evaluate import layers_of, randomisation, ruined


def test_layers_from_the_answer_downwards():
    assert layers_of(PlainCNN()) == ("fc", "features.3", "features.0")
    assert layers_of(networks.load("zoo"))[0] == "head" and layers_of(networks.load("zoo"))[-1] == "stem.0"
    with pytest.raises(ValueError, match="model must have parameters; it has none"):
        layers_of(torch.nn.ReLU())


def test_only_these_layers_lose_their_order_and_no_number_is_lost():
    model = seeded(SmallCNN)
    before = fingerprint(model)
    changed = ruined(model, ["fc", "conv2"], seed=3)
    assert fingerprint(model) == before
    for (name, old), new in zip(model.named_parameters(), changed.parameters(), strict=True):
        touched = name.startswith(("fc", "conv2"))
        assert torch.equal(old.flatten().sort().values, new.flatten().sort().values)
        assert torch.equal(old, new) != touched
    again, alone = ruined(model, ["conv2"], seed=3), ruined(model, ["conv2"], seed=4)
    assert torch.equal(again.conv2.weight, changed.conv2.weight)  # whatever else is ruined
    assert not torch.equal(again.conv2.weight, alone.conv2.weight)
    with pytest.raises(ValueError, match=r"layers must be modules with parameters, such as fc, .*; got 'relu'"):
        ruined(model, ["relu"])


def test_layers_of_one_size_are_ruined_differently():
    model = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.Linear(4, 4))
    model[1].load_state_dict(model[0].state_dict())
    changed = ruined(model, ["0", "1"])
    assert not torch.equal(changed[0].weight, changed[1].weight)


def test_a_map_that_does_not_look_at_the_network_stays():
    model, x = seeded(PlainCNN), images(2)
    found = randomisation(model, lambda network: x)
    assert found.layers == ("", "fc", "features.3", "features.0")
    assert found.spearman.flatten().tolist() == pytest.approx([1] * 8) and all(torch.equal(A, x) for A in found.maps)


def test_each_depth_by_itself():
    model, x = seeded(PlainCNN), images(2)
    found = randomisation(model, lambda network: explain(network, x, 1, "simple_gradient"), seed=2)
    assert found.spearman[0].tolist() == pytest.approx([1, 1])
    deepest = explain(ruined(model, layers_of(model), 2), x, 1, "simple_gradient")
    assert torch.equal(found.maps[-1], deepest)
    one = randomisation(model, lambda network: explain(network, x, 1, "simple_gradient"), depths=1, seed=2)
    assert one.layers == ("", "features.0") and torch.equal(one.maps[1], deepest)
    with pytest.raises(ValueError, match="depths must be from 1 to the number of layers, 3; got 4"):
        randomisation(model, lambda network: x, depths=4)


def test_on_the_zoo_guided_backprop_hardly_notices():
    """Adebayo et al.'s finding, mean of 8 fresh scenes: the last quarter of the layers in ruins, the last half, …"""
    X, *_ = zoo.batch(8, 1_000_000)
    labels, model, rho = torch.arange(8), networks.load("zoo"), {}
    for method in ("integrated_gradients", "guided_backprop"):
        found = randomisation(model, lambda network, m=method: explain(network, X, labels, m), depths=4)
        rho[method] = found.spearman.mean(1)
    assert (rho["integrated_gradients"][1:].abs() < 0.15).all()
    assert rho["guided_backprop"][1] > 0.8 and rho["guided_backprop"][2] > 0.65
