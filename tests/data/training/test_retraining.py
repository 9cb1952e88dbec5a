"""Digit networks trained again on some of their features: alone and in company, against an ordinary loop, by seed."""

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from data.nets import networks
from data.pictures import digits
from data.training.fitting import SMOOTHING, accuracy
from data.training.retraining import (
    DECAY,
    KINDS,
    RATE,
    SCHOOLING,
    GivenNoise,
    Retraining,
    judge,
    lessons,
    retraining,
    train,
    untrained,
    with_given_noise,
)


@pytest.fixture(scope="module")
def tasks() -> dict[str, Retraining]:
    return {kind: retraining("digits", kind) for kind in KINDS}


@pytest.fixture
def short(tasks) -> Retraining:
    """Twenty steps of the fully connected part, on the first digits."""
    split = tasks["conv"].features
    few = split._replace(train_images=split.train_images[:320], train_labels=split.train_labels[:320])
    return replace(tasks["conv"], split=few, φ=None, epochs=2, batch=32)


def masks(n: int, M: int = 256, seed: int = 0) -> Tensor:
    return torch.rand(n, M, generator=torch.Generator().manual_seed(seed)) < 0.5


def flat(θ: dict[str, Tensor], e: int) -> Tensor:
    return torch.cat([each[e].detach().flatten() for each in θ.values()])


def learned(task: Retraining, kept: Tensor, runs: list[int]) -> dict[str, Tensor]:
    return train(task, kept.view(len(kept), 1, *task.features.train_images.shape[1:]), runs)


# What is trained


@pytest.mark.parametrize(("kind", "M"), [("pixels", 64), ("conv", 256)])
def test_with_all_features_it_is_as_good_as_the_shipped_network(tasks, kind, M):
    """At least 97 % right; with none it says the same of every digit."""
    task, everything = tasks[kind], torch.ones(1, M, dtype=torch.bool)
    assert float(task.errors(everything, [0])) <= 0.03
    counts = torch.bincount(task.features.test_labels)
    error = float(replace(task, epochs=1).errors(~everything, [0]))
    assert min(abs(error - (1 - count / 599)) for count in counts.tolist()) < 1e-12


def test_the_features_are_what_the_fully_connected_part_sees(tasks):
    """And the network to explain is the shipped one, in two parts."""
    shipped, split = networks.load("digits"), digits.train_test()
    x = tasks["conv"].features.test_images
    assert x.shape == (599, 256) and (x >= 0).all()
    with torch.no_grad():
        assert torch.allclose(tasks["conv"].network(x), shipped(split.test_images), atol=1e-5)
        assert torch.allclose(x, shipped.block2(shipped.block1(shipped.standardise(split.test_images))).flatten(1))
    assert accuracy(tasks["conv"].network, x, split.test_labels) == networks.card("digits")["accuracy"]
    assert torch.equal(tasks["pixels"].features.test_images, split.test_images)
    assert not any(module.training for task in tasks.values() for module in task.network.modules())


def test_an_ordinary_loop_learns_the_same(short):
    """One network with `nn.Linear`s, no vmap: the same steps, the same weights."""
    kept = masks(1)
    torch.manual_seed(3)
    linear = [each for each in networks.build("digits").head if isinstance(each, nn.Linear)]
    optimiser = torch.optim.AdamW([p for each in linear for p in each.parameters()], RATE, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=20, pct_start=0.2)
    generator, images, labels = torch.Generator().manual_seed(3), short.features[0] * kept, short.features[1]
    for _ in range(2):
        for rows in torch.randperm(320, generator=generator).split(32):
            coins = [torch.empty(32, 128).bernoulli_(0.5, generator=generator) for _ in range(2)]
            h = F.relu(linear[0](images[rows])) * 2 * coins[0]
            h = F.relu(linear[1](h)) * 2 * coins[1]
            optimiser.zero_grad()
            F.cross_entropy(linear[2](h), labels[rows], label_smoothing=SMOOTHING).backward()
            optimiser.step()
            schedule.step()
    θ = learned(short, kept, [3])
    for i, layer in zip((0, 3, 6), linear, strict=True):
        assert torch.allclose(θ[f"{i}.weight"][0], layer.weight, atol=1e-5)
        assert torch.allclose(θ[f"{i}.bias"][0], layer.bias, atol=1e-5)
    with torch.no_grad():
        h = short.features.test_images * kept
        for each in linear[:2]:
            h = F.relu(each(h))
        wrong = (linear[2](h).argmax(1) != short.features.test_labels).double().mean()
    assert judge(θ, short, kept[None].float())[0] == pytest.approx(float(wrong), abs=2 / 599)


def test_what_is_dropped_has_no_influence(short):
    """Other numbers in the dropped features, in what is learned from and what is judged: the same bits."""
    kept = masks(2)
    garbage = (
        torch.where(kept[0], short.features.train_images, 7.0),
        torch.where(kept[0], short.features.test_images, -5),
    )
    other = replace(short, split=short.features._replace(train_images=garbage[0], test_images=garbage[1]))
    once, again = learned(short, kept[:1], [0]), learned(other, kept[:1], [0])
    assert torch.equal(flat(once, 0), flat(again, 0))
    assert torch.equal(short.errors(kept[:1], [0]), other.errors(kept[:1], [0]))
    assert not torch.equal(flat(learned(other, kept[1:], [0]), 0), flat(learned(short, kept[1:], [0]), 0))


# Chance


def test_same_seed_same_bits(short):
    kept, runs = masks(3), [0, 1, 1]
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    once = learned(short, kept, runs)
    assert torch.equal(torch.rand(3), expected)  # the random numbers of others are left alone
    again = learned(short, kept, runs)
    for e in range(3):
        assert torch.equal(flat(once, e), flat(again, e))
    assert torch.equal(short.errors(kept, runs), short.errors(kept, runs))


@pytest.mark.parametrize("kind", KINDS)
def test_company_changes_nothing_but_rounding(tasks, kind):
    """Three steps, so that rounding has no time to grow; a network learns what it learns alone."""
    split = tasks[kind].features
    few = split._replace(train_images=split.train_images[:96], train_labels=split.train_labels[:96])
    task = replace(tasks[kind], split=few, φ=None, epochs=1, batch=32)
    kept, runs = masks(4, split.train_images[0].numel()), [2, 0, 2, 1]
    together = learned(task, kept, runs)
    for e, run in enumerate(runs):
        alone = learned(task, kept[e : e + 1], [run])
        assert torch.allclose(flat(together, e), flat(alone, 0), atol=1e-4)
        assert (flat(together, e) - flat(together, (e + 1) % 4)).abs().max() > 1e-2


def test_networks_of_one_run_share_all_that_is_random(short):
    """Same run and same features: twins, wherever they stand. Another run: other weights and another order."""
    kept = masks(1).expand(3, -1)
    θ = learned(short, kept, [4, 7, 4])
    assert torch.equal(flat(θ, 0), flat(θ, 2)) and not torch.allclose(flat(θ, 0), flat(θ, 1), atol=1e-2)
    weights, learner = untrained(short, [4, 7, 4], torch.device("cpu"))
    assert torch.equal(flat(weights, 0), flat(weights, 2)) and not torch.equal(flat(weights, 0), flat(weights, 1))
    met = list(lessons(short, learner, [4, 7]))
    assert len(met) == 20 and met[0][0].shape == (2, 32)
    for epoch in (met[:10], met[10:]):
        rows = torch.cat([rows for rows, _ in epoch], 1)
        assert torch.equal(rows.sort(1).values, torch.arange(320).expand(2, -1))  # every digit once
        assert not torch.equal(rows[0], rows[1])
    assert not torch.equal(met[0][0], met[10][0])
    assert set(met[0][1]) == {"2.noise", "5.noise"}


def test_dropout_with_given_coins():
    layer = GivenNoise(0.25, 1000)
    noise = layer.draw(40, torch.Generator().manual_seed(0))
    assert noise.shape == (40, 1000) and noise.unique().tolist() == pytest.approx([0, 4 / 3])
    assert float(noise.mean()) == pytest.approx(1, abs=0.01)
    network = nn.Sequential(nn.Linear(3, 5), nn.Dropout(0.2), nn.Linear(5, 7), nn.ReLU(), nn.Dropout(0.5))
    changed = with_given_noise(network)
    assert changed is network and [network[i].noise.shape[1] for i in (1, 4)] == [5, 7]
    assert [network[i].p for i in (1, 4)] == [0.2, 0.5]


# What it says


def test_the_digest_stands_for_digits_weights_and_training(tasks, monkeypatch):
    assert tasks["pixels"].digest == tasks["conv"].digest and len(tasks["conv"].digest) == 64
    assert retraining("digits", "conv").digest == tasks["conv"].digest
    split = digits.train_test()
    split.test_images[5, 0, 3, 3] += 0.5
    with monkeypatch.context() as patch:
        patch.setattr(digits, "train_test", lambda: split)
        assert retraining("digits", "conv").digest != tasks["conv"].digest
    with monkeypatch.context() as patch:
        patch.setitem(SCHOOLING, "digits", (11, 64))
        assert retraining("digits", "conv").digest != tasks["conv"].digest
    shipped = networks.load("digits")
    shipped.head[0].bias.data[0] += 1
    monkeypatch.setattr(networks, "load", lambda name: shipped)
    assert retraining("digits", "conv").digest != tasks["conv"].digest


def test_bad_input(short):
    with pytest.raises(ValueError, match="data is 'letters'; it must be one of digits, mnist"):
        retraining("letters")
    with pytest.raises(ValueError, match="kind is 'edges'; it must be one of pixels, conv"):
        retraining("digits", "edges")
    for kept, given in (
        (masks(1).float(), "torch.float32"),
        (masks(1, 64), r"\(1, 64\)"),
        (masks(1)[0], r"\(256,\)"),
        (masks(1)[:0], r"\(0, 256\)"),
    ):
        with pytest.raises(ValueError, match=rf"kept is .*{given}.*; it must be bool, \(networks, 256\)"):
            short.errors(kept, [0])
    for runs in ([0, 1], [], [-1], [0.5]):
        with pytest.raises(ValueError, match=r"runs is .*; it must be 1 whole numbers, 0 or more"):
            short.errors(masks(1), runs)


def test_without_mnist_a_sentence_says_where_it_was_looked_for(monkeypatch, tmp_path):
    monkeypatch.setenv("XAI_DATA_HOME", str(tmp_path))
    with pytest.raises(FileNotFoundError, match="MNIST is not in"):
        retraining("mnist")


@pytest.mark.slow
@pytest.mark.real
def test_mnist_by_its_convolutions(monkeypatch):
    """The first 2000 digits to learn from and 1000 to judge by; half of the 3136 features dropped by lot."""
    try:
        split = digits.mnist()
    except FileNotFoundError as missing:
        pytest.skip(str(missing))
    few = digits.Split(*(part[:n] for part, n in zip(split, (2000, 2000, 1000, 1000), strict=True)))
    monkeypatch.setattr(digits, "mnist", lambda: few)
    task = retraining("mnist", "conv")
    assert task.features.train_images.shape == (2000, 3136) and (task.epochs, task.batch) == SCHOOLING["mnist"]
    assert accuracy(task.network, task.features.test_images, few.test_labels) > 0.98
    assert float(task.errors(masks(1, 3136), [0])) < 0.05
