"""The shipped networks: what their cards say is true, and files that are not theirs are refused."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from data.drawn import zoo
from data.nets import networks
from data.pictures import digits
from data.training import fitting, train

SHIPPED = [name for name in networks.SHIPPED if (networks.CHECKPOINTS / f"{name}.safetensors").is_file()]
TRUNKS = np.linspace(0, 1, 11)


@pytest.fixture(scope="module")
def zoo_network() -> torch.nn.Module:
    return networks.load("zoo")


# --- cards and files --------------------------------------------------------------------------------------------------


def test_what_is_shipped() -> None:
    assert {"zoo", "zoo_vgg", "husky_wolf", "birds", "birds_vgg", "digits"} <= set(SHIPPED)


@pytest.mark.parametrize("name", SHIPPED)
def test_the_card_describes_the_file(name: str) -> None:
    card, path = networks.card(name), networks.CHECKPOINTS / f"{name}.safetensors"
    assert path.stat().st_size == card["bytes"] <= 5_000_000
    assert hashlib.sha256(path.read_bytes()).hexdigest() == card["sha256"]
    network = networks.load(name)
    assert sum(parameter.numel() for parameter in network.parameters()) == card["parameters"] < 1_000_000
    assert tuple(card["classes"]) == networks.class_names(name)
    assert card["command"] == f"python -m data.training.train {name}"
    assert {"data", "seed", "accuracy", "accuracy_on", "date", "licence", "architecture"} <= set(card)


@pytest.mark.parametrize("name", SHIPPED)
def test_a_loaded_network_is_ready_to_be_explained(name: str) -> None:
    network = networks.load(name)
    assert not any(module.training for module in network.modules())
    assert not any(parameter.requires_grad for parameter in network.parameters())
    relus = [module for module in network.modules() if isinstance(module, torch.nn.ReLU)]
    assert relus or name == "zoo_vit"  # which has GELU
    assert not any(relu.inplace for relu in relus)
    size = {"digits": (1, 8, 8), "mnist": (1, 28, 28)}.get(name, (3, 64, 64))
    calls: list[int] = []
    for relu in relus:
        relu.register_forward_hook(lambda module, *_: calls.append(id(module)))
    logits = network(torch.rand(2, *size))
    assert logits.shape == (2, len(networks.class_names(name)))
    assert sorted(calls) == sorted(map(id, relus)), "every ReLU is called, and once"


def test_a_batch_gives_what_its_images_give_alone(zoo_network: torch.nn.Module) -> None:
    images = zoo.batch(4, 3)[0]
    alone = torch.cat([zoo_network(image[None]) for image in images])
    torch.testing.assert_close(zoo_network(images), alone, rtol=1e-4, atol=1e-4)


def test_a_changed_byte_is_refused(tmp_path: Path) -> None:
    for path in networks.CHECKPOINTS.glob("digits.*"):
        shutil.copy(path, tmp_path)
    networks.load("digits", tmp_path)
    weights = tmp_path / "digits.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    with pytest.raises(
        ValueError, match=r"'digits' at .* are not those of its card .*python -m data.training.train digits"
    ):
        networks.load("digits", tmp_path)
    weights.unlink()
    with pytest.raises(
        FileNotFoundError, match=r"weights of network 'digits' are missing .*data.training.train digits"
    ):
        networks.load("digits", tmp_path)
    with pytest.raises(FileNotFoundError, match="card of network 'zoo' is missing"):
        networks.load("zoo", tmp_path)


@pytest.mark.parametrize("ask", [networks.load, networks.card, networks.class_names, networks.build])
def test_an_unknown_network_is_named(ask) -> None:
    with pytest.raises(ValueError, match="name is 'resnet'; the shipped networks are zoo, zoo_vgg, husky_wolf, birds,"):
        ask("resnet")


def test_saving_and_loading_gives_the_same_network(tmp_path: Path) -> None:
    torch.manual_seed(3)
    network = networks.build("digits").eval()
    networks.save("digits", network, {"accuracy": 0.1}, tmp_path)
    x = torch.rand(3, 1, 8, 8)
    assert torch.equal(networks.load("digits", tmp_path)(x), network(x))


def test_data_needs_neither_streamlit_nor_torchvision() -> None:
    code = (
        "import sys; import data.zoo, data.networks, data.digits, data.train;"
        "assert not {'streamlit', 'torchvision', 'xai_core'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=networks.CHECKPOINTS.parents[1])


# --- accuracy ---------------------------------------------------------------------------------------------------------


def test_the_zoo_network_names_fresh_animals(zoo_network: torch.nn.Module) -> None:
    images, labels, *_ = zoo.batch(300, 424242)  # a stream that neither training nor the card has seen
    assert networks.card("zoo")["accuracy"] >= 0.97
    assert fitting.accuracy(zoo_network, images, labels) >= networks.card("zoo")["accuracy"] - 0.01


def test_it_is_sure_but_not_absurdly_so(zoo_network: torch.nn.Module) -> None:
    images, labels, *_ = zoo.batch(200, 51)
    confidence = zoo_network(images).softmax(1)[torch.arange(200), labels]
    assert 0.85 < confidence.mean() < 0.985


def test_an_empty_scene_says_little(zoo_network: torch.nn.Module) -> None:
    empty = torch.stack([zoo.empty(seed) for seed in range(60)])
    largest = zoo_network(empty).softmax(1).amax(1)
    assert largest.median() < 0.4, "a background alone is no animal"


def test_the_wolf_is_known_by_its_snow() -> None:
    network, card = networks.load("husky_wolf"), networks.card("husky_wolf")
    measured = {}
    for snow in zoo.SNOW:
        images, labels, *_ = zoo.husky_wolf(100, 77, snow=snow)
        measured[snow] = fitting.accuracy(network, images, labels)
    assert measured["with wolf"] >= 0.95
    assert measured["independent"] == pytest.approx(0.5, abs=0.12)
    assert measured["with husky"] <= 0.1
    for snow, value in measured.items():
        assert value == pytest.approx(card["accuracy_by_snow"][snow], abs=0.08)


@pytest.mark.parametrize("name", ["birds", "birds_vgg"])
def test_the_birds_are_known_by_their_beaks(name: str) -> None:
    network, card = networks.load(name), networks.card(name)
    measured = {
        what: fitting.accuracy(network, *zoo.birds(100, 77, part=part)[:2]) for what, part in train.BEAKS.items()
    }
    assert measured["natural"] >= 0.95 and measured["none"] == pytest.approx(0.5, abs=0.12)
    for what, value in measured.items():
        assert value == pytest.approx(card["accuracy_by_beak"][what], abs=0.1)


def test_the_held_out_third_of_the_digits_is_as_the_card_says() -> None:
    split = digits.train_test(seed=0)
    measured = fitting.accuracy(networks.load("digits"), split.test_images, split.test_labels)
    assert measured == networks.card("digits")["accuracy"] >= 0.98


# --- the deciding part ------------------------------------------------------------------------------------------------


def test_the_trunk_decides_the_elephant(zoo_network: torch.nn.Module) -> None:
    curves = []
    for seed in range(16):
        scenes = [zoo.draw("elephant", seed, trunk=float(length)).image for length in TRUNKS]
        curves.append(zoo_network(torch.stack(scenes)).softmax(1))
    elephant = torch.stack(curves)[:, :, zoo.CLASSES.index("elephant")]  # (seeds, lengths)
    hippo = torch.stack(curves)[:, :, zoo.CLASSES.index("hippo")]
    assert (elephant[:, -1] - elephant[:, 0] > 0.6).float().mean() > 0.85, "without a trunk, hardly an elephant"
    assert (hippo[:, 0] > 0.5).float().mean() > 0.7, "but a hippo"
    mean = elephant.mean(0)
    assert mean[0] < 0.2 and mean[-1] > 0.85
    assert (mean[1:] - mean[:-1]).min() > -0.02, "p(elephant) grows with the trunk"
    assert (mean[1:] - mean[:-1]).max() < 0.45, "smoothly"
    assert (mean[-1] - mean[7]).abs() < 0.05, "and saturates: from 0.7 to 1 the length no longer matters"


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_sweep_is_monotone_on_these_seeds(zoo_network: torch.nn.Module, seed: int) -> None:
    scenes = [zoo.draw("elephant", seed, trunk=float(length)).image for length in TRUNKS]
    p = zoo_network(torch.stack(scenes)).softmax(1)[:, zoo.CLASSES.index("elephant")]
    assert (p[1:] - p[:-1]).min() > -0.03
    assert p[-1] > 4 * p[0]


@pytest.mark.parametrize("name", zoo.CLASSES)
def test_every_class_falls_with_its_part(zoo_network: torch.nn.Module, name: str) -> None:
    whole, without = (
        torch.stack([zoo.draw(name, seed, part=part).image for seed in range(500, 512)]) for part in (1.0, 0.0)
    )
    index = zoo.CLASSES.index(name)
    fall = zoo_network(whole).softmax(1)[:, index] - zoo_network(without).softmax(1)[:, index]
    assert fall.mean() > 0.5


# --- digits and training ----------------------------------------------------------------------------------------------


def test_digits_are_scaled_and_split_without_overlap() -> None:
    images, labels = digits.digits()
    assert images.shape == (1797, 1, 8, 8) and images.min() == 0 and images.max() == 1
    split, again = digits.train_test(0), digits.train_test(0)
    assert (len(split.train_labels), len(split.test_labels)) == (1198, 599)
    assert torch.equal(split.test_images, again.test_images)
    assert not torch.equal(split.test_labels, digits.train_test(1).test_labels)
    together = torch.cat([split.train_images, split.test_images]).flatten(1).sum(1).sort().values
    torch.testing.assert_close(together, images.flatten(1).sum(1).sort().values)
    assert torch.equal(torch.cat([split.train_labels, split.test_labels]).bincount(), labels.bincount())


def test_missing_mnist_is_one_helpful_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XAI_DATA_HOME", str(tmp_path))
    with pytest.raises(FileNotFoundError, match=r"MNIST is not in .*download=True .*XAI_DATA_HOME"):
        digits.mnist()
    assert not list(tmp_path.iterdir())


def test_training_without_mnist_skips_it_with_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XAI_DATA_HOME", str(tmp_path))
    train.make(["mnist"])
    assert "mnist: skipped. MNIST is not in" in capsys.readouterr().out


def test_examples_follow_the_part() -> None:
    elephant, hippo = zoo.CLASSES.index("elephant"), zoo.CLASSES.index("hippo")
    targets = np.stack([train.zoo_example(i)[1] for i in range(elephant, 400, len(zoo.CLASSES))])
    np.testing.assert_allclose(targets.sum(1), 1, atol=1e-6)
    cut = targets[(targets[:, hippo] > 0) & (targets.max(1) > 0.2)]
    assert 8 <= len(cut) <= 28, "about 45 % of 40"
    np.testing.assert_allclose(cut[:, elephant] + cut[:, hippo], 1, atol=1e-6)


def test_fitting_is_the_same_twice() -> None:
    images, labels = digits.digits()
    runs = []
    for _ in range(2):
        torch.manual_seed(5)
        network = fitting.fit(
            networks.build("digits"),
            images[:128],
            torch.nn.functional.one_hot(labels[:128], 10).float(),
            name="twice",
            epochs=2,
            rate=1e-3,
            batch=32,
            augment=fitting.shift(1),
        )
        runs.append(network(images[:8]))
    assert torch.equal(*runs)


@pytest.mark.slow
@pytest.mark.real
def test_mnist_is_as_the_card_says() -> None:
    try:
        split = digits.mnist()
    except FileNotFoundError as missing:
        pytest.skip(str(missing))
    card = networks.card("mnist")
    assert fitting.accuracy(networks.load("mnist"), split.test_images, split.test_labels) == pytest.approx(
        card["accuracy"], abs=0.001
    )
    assert card["accuracy"] >= 0.985
