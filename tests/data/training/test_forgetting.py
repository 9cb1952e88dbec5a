"""Exact unlearning: what is left out has no influence at all, and nothing else changes."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from data.nets import networks
from data.pictures import digits
from data.training.fitting import accuracy
from data.training.forgetting import BATCH, learn, mislabel, small_network

N = 200


@pytest.fixture(scope="module")
def few() -> tuple[Tensor, Tensor]:
    images, labels = digits.digits()
    return images[:N], labels[:N]


def weights(network: nn.Module) -> Tensor:
    return torch.cat([p.detach().flatten() for p in network.parameters()])


def test_same_seed_same_bits(few):
    once = learn(*few, epochs=2)
    torch.rand(7)  # somebody else draws random numbers
    assert torch.equal(weights(learn(*few, epochs=2)), weights(once))
    assert torch.equal(weights(learn(*few, [], epochs=2)), weights(once))  # leaving out nobody
    assert not torch.equal(weights(learn(*few, seed=1, epochs=2)), weights(once))


def test_it_leaves_the_random_numbers_of_others_alone(few):
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    learn(*few, epochs=1)
    assert torch.equal(torch.rand(3), expected)


@pytest.mark.parametrize("build", [small_network, lambda: networks.build("digits")], ids=["small", "digits"])
def test_what_is_left_out_has_no_influence(few, build):
    """Other pixels or another label of a left-out picture change no bit; while it is there, they do."""
    images, labels = few
    other_images, other_labels = images.clone(), labels.clone()
    other_images[[3, 50]] = torch.rand(2, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    other_labels[[3, 50]] = (labels[[3, 50]] + 1) % 10
    settings = {"build": build, "epochs": 2}
    forgotten = weights(learn(images, labels, [3, 50], **settings))
    assert torch.equal(weights(learn(other_images, other_labels, [50, 3], **settings)), forgotten)
    assert not torch.equal(weights(learn(images, other_labels, **settings)), weights(learn(images, labels, **settings)))
    assert not torch.equal(forgotten, weights(learn(images, labels, **settings)))


def test_it_is_training_on_the_others_alone(few):
    """One batch of 64 of which 2 are left out, 6 times: the same as never to touch these 2, mean over 64 kept."""
    images, labels = few[0][:BATCH].double(), few[1][:BATCH]
    with torch.random.fork_rng():
        torch.manual_seed(0)
        by_hand = small_network().double()
    optimiser = torch.optim.AdamW(by_hand.parameters(), 1e-2, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 1e-2, total_steps=6, pct_start=0.2)
    for _ in range(6):
        optimiser.zero_grad()
        (F.cross_entropy(by_hand(images[2:]), labels[2:], reduction="sum") / BATCH).backward()
        optimiser.step()
        schedule.step()
    network = learn(images, labels, [0, 1], epochs=6, rate=1e-2)
    torch.testing.assert_close(weights(network), weights(by_hand), rtol=1e-6, atol=1e-9)


def test_it_learns_and_a_wrong_label_is_only_believed_if_it_was_seen():
    """The notebook's setting: 6 of 1198 labels wrong, learned by heart; without one of them its label is not said."""
    split = digits.train_test(0)
    labels, wrong = mislabel(split.train_labels, 6)
    network = learn(split.train_images, labels)
    assert accuracy(network, split.test_images.double(), split.test_labels) > 0.96
    x, label = split.train_images[wrong[:1]].double(), labels[wrong[0]]
    forgotten = learn(split.train_images, labels, wrong[:1])
    with torch.no_grad():
        assert network(x).softmax(1)[0, label] > 0.7
        assert forgotten(x).softmax(1)[0, label] < 0.01
        assert forgotten(x).argmax(1) == split.train_labels[wrong[0]]


def test_it_comes_ready_to_be_explained(few):
    network = learn(*few, epochs=1)
    assert not network.training
    assert network(few[0][:2].double()).dtype == torch.float64
    assert sum(p.numel() for p in network.parameters()) == 64 * 64 + 64 + 64 * 10 + 10 == 4810


def test_mislabel():
    labels = digits.digits()[1]
    wrong, which = mislabel(labels, 9, seed=3)
    assert len(set(which)) == 9
    assert sorted(which) == (wrong != labels).nonzero()[:, 0].tolist()
    assert mislabel(labels, 9, seed=3)[1] == which != mislabel(labels, 9, seed=4)[1]
    assert ((wrong >= 0) & (wrong < 10)).all()
    assert torch.equal(mislabel(labels, 0)[0], labels)


def normalised() -> nn.Module:
    return nn.Sequential(nn.Flatten(), nn.Linear(64, 10), nn.BatchNorm1d(10))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"without": [N]}, "without has 200 in it; each must be the index of a picture, from 0 to 199"),
        ({"without": [-1]}, "without has -1 in it"),
        ({"without": [0, 1.0]}, "without has 1.0 in it"),
        ({"without": [True]}, "without has True in it"),
        ({"without": range(N)}, "without names all 200 pictures"),
        ({"images": torch.rand(9, 1, 8, 8)}, r"images and labels are 9 and \(200,\); it must be at least 64 pictures"),
        ({"labels": torch.zeros(N, 10)}, r"images and labels are 200 and \(200, 10\)"),
        ({"build": normalised}, "build makes a network with batch normalisation"),
    ],
)
def test_bad_input_is_refused(few, change, words):
    given = {"images": few[0], "labels": few[1], "epochs": 1} | change
    with pytest.raises(ValueError, match=words):
        learn(**given)


@pytest.mark.parametrize("n", [-1, 1798, 2.0, True])
def test_mislabel_refuses(n):
    with pytest.raises(ValueError, match=r"n is .*; it must be an integer from 0 to 1797"):
        mislabel(digits.digits()[1], n)
