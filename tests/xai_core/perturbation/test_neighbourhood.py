"""Neighbourhoods: masked copies by hand, fills, seeds, counts, masks of your own, inputs that cannot be."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from tests.toys import PlainCNN, images, noted, seeded, squares
from xai_core import explain, make_score, neighbourhood
from xai_core.perturbation.superpixels import filling, superpixels


@pytest.mark.parametrize("segments", ["grid", "slic"])
def test_first_is_a_fresh_neighbourhood(segments):
    x = images(1)
    f = make_score(seeded(PlainCNN), x, 1)
    near = neighbourhood(f, x, 90, segments, seed=3)
    for n in (1, 2, 50, 90):
        fresh = neighbourhood(f, x, n, segments, seed=3)
        assert torch.equal(near.first(n).masks, fresh.masks)
        torch.testing.assert_close(near.first(n).scores, fresh.scores, rtol=1e-4, atol=1e-7)
    for n in (0, 91, 2.5, "3", True, None):
        with pytest.raises(ValueError, match=r"N must be a whole number from 1 to the number of samples, 90; got"):
            near.first(n)


class Recorder(nn.Module):
    """Keeps what it is asked, in a list that copies of it share; the classes are the means of the channels."""

    def __init__(self) -> None:
        super().__init__()
        self.seen = lambda x, kept=[]: noted(kept, x.clone()) or kept

    def forward(self, x: Tensor) -> Tensor:
        self.seen(x)
        return x.mean((2, 3)) * 20


def test_masked_copies_by_hand():
    """Row 0 is x; elsewhere z chooses between x and the fill; the answers are the network's to those."""
    x, labels = images(1), squares()
    model = Recorder()
    near = neighbourhood(make_score(model, x, 2), x, N=70, segments=labels, fill="black", seed=5)
    asked = torch.cat(model.seen(x[:0])[:-1])
    assert near.masks.shape == (70, 16) and near.features == 16 and near.masks[0].all() and near.target == 2
    expected = torch.stack([x[0] * z[labels] for z in near.masks])
    assert torch.equal(asked, expected)
    torch.testing.assert_close(near.scores, (expected.mean((2, 3)) * 20).softmax(1).double())
    assert torch.equal(near.paint(torch.arange(16.0)), labels.float())
    assert near.masks[1:].double().mean().item() == pytest.approx(0.5, abs=0.05)
    assert len(near.masks.unique(dim=0)) > 60


@pytest.mark.parametrize("fill", ["grey", "black", "mean", "blurred"])
def test_fills(fill):
    x, labels = images(1), squares()
    off = filling(x, labels, fill)
    if fill == "mean":
        for j in range(16):
            inside = labels == j
            torch.testing.assert_close(off[0][:, inside], x[0][:, inside].mean(1, keepdim=True).expand(3, 16))
    elif fill != "blurred":
        assert (off == {"grey": 0.5, "black": 0}[fill]).all()
    near = neighbourhood(lambda x: x.flatten(1).mean(1), x, 10, labels, fill)
    torch.testing.assert_close(near.fill, off)
    z = near.masks[5][labels]
    expected = (x * z + off * ~z).mean()
    assert near.scores[5, 0].item() == pytest.approx(expected.item(), rel=1e-5)


def test_seeds():
    x = images(2)
    model = seeded(PlainCNN)
    same = [explain(model, x, 1, "lime", N=50, segments="grid", seed=4) for _ in range(2)]
    assert torch.equal(*same)
    assert not torch.equal(same[0], explain(model, x, 1, "lime", N=50, segments="grid", seed=5))
    near, far = (neighbourhood(lambda x: x.flatten(1).mean(1), images(1, seed=s), 30, squares()) for s in (0, 1))
    assert torch.equal(near.masks, far.masks)  # the masks belong to the seed, N and M alone
    with pytest.raises(ValueError, match=r"x must be one input .* got 2"):
        neighbourhood(lambda x: x.flatten(1).mean(1), x, 30, squares())


# Bad input


@pytest.mark.parametrize(
    ("x", "error", "words"),
    [
        (np.zeros((1, 3, 16, 16)), TypeError, "x must be a torch.Tensor"),
        (torch.zeros(1, 3, 16, 16, dtype=torch.uint8), TypeError, "x must be floating point, pixels in"),
        (torch.full((1, 3, 16, 16), float("nan")), ValueError, "x must be finite"),
        (torch.zeros(2, 3, 16, 16), ValueError, r"x must be one input \(1, …\).*got 2"),
        (torch.zeros(3, 16, 16), ValueError, r"x must be one input \(1, …\).*got 3"),  # no batch dimension
        (torch.zeros(1, 1), ValueError, r"x must have two numbers or more.*got \(1, 1\)"),
        (torch.zeros(1, 3, 1, 1), ValueError, "makes one superpixel of it"),
    ],
)
def test_inputs_that_cannot_be(x, error, words):
    with pytest.raises(error, match=words):
        neighbourhood(lambda x: x.flatten(1).sum(1), x, 10)


def test_a_network_in_place_of_its_score():
    with pytest.raises(TypeError, match=r"f must be a score, as make_score.*; got a network, PlainCNN"):
        neighbourhood(seeded(PlainCNN), images(1), 30)
    with pytest.raises(ValueError, match="f must return finite scores near x"):
        neighbourhood(lambda x: x.flatten(1).sum(1) / 0, images(1), 30)
    with pytest.raises(
        ValueError, match=r"x must be one input \(1, …\), each picture has superpixels of its own; got 2"
    ):
        superpixels(images(2))


@pytest.mark.parametrize(
    ("masks", "words"),
    [
        (torch.ones(5, 15), r"masks must be a tensor \(N, 16\), one column a feature; got \(5, 15\)"),
        (torch.ones(16), r"got \(16,\)"),
        (torch.ones(0, 16), r"got \(0, 16\)"),
        (np.ones((5, 16)), "got ndarray"),
        (torch.full((5, 16), 0.5), "masks must be 0 or 1, or between, and all 1 in the first row"),
        (torch.full((5, 16), 2), "masks must be 0 or 1, or between, and all 1 in the first row"),
        (torch.zeros(5, 16), "masks must be 0 or 1, or between, and all 1 in the first row"),
    ],
)
def test_masks_that_cannot_be(masks, words):
    with pytest.raises(ValueError, match=words):
        neighbourhood(lambda x: x.flatten(1).mean(1), images(1), segments=squares(), masks=masks)


@pytest.mark.parametrize("dtype", [torch.int64, torch.float32, torch.bool])
def test_masks_of_your_own(dtype):
    x, masks = images(1), torch.eye(16).to(dtype)
    masks[0] = 1
    near = neighbourhood(lambda x: x.flatten(1).sum(1), x, segments=squares(), fill="black", masks=masks)
    assert near.masks.dtype == torch.bool and torch.equal(near.masks, masks.bool())
    squared = torch.stack([x[0][:, squares() == j].sum() for j in range(16)]).double()
    torch.testing.assert_close(near.scores[1:, 0], squared[1:], rtol=1e-5, atol=1e-6)
