"""What the user study ships: the right shapes and signs, its card, and, where MNIST is here, the same maps again."""

import hashlib
import json
from pathlib import Path

import pytest
import safetensors.torch
import torch

from app.labs.study import explanations as study
from data.nets import networks
from data.pictures import digits


@pytest.fixture(scope="module")
def mnist() -> tuple[torch.Tensor, torch.Tensor]:
    try:
        split = digits.mnist()
    except FileNotFoundError as missing:
        pytest.skip(str(missing))
    return split.test_images, split.test_labels


def test_what_ships_is_what_its_card_says() -> None:
    card, content = study.card(), (study.FOLDER / "maps.safetensors").read_bytes()
    assert card["sha256"] == hashlib.sha256(content).hexdigest() == study.load().checksum
    assert card["bytes"] == len(content) < 400_000
    assert card["command"] == "python -m app.labs.study.explanations" and card["seed"] == 0
    assert card["network_sha256"] == networks.card("mnist")["sha256"]  # of the network that ships now
    assert tuple(card["methods"]) == study.METHODS


def test_maps_are_positive_and_of_their_own_variant() -> None:
    maps, means, _ = study.load()
    assert maps.shape == (10, study.VARIANTS, 4, 28, 28) and means.shape == (10, 28, 28)
    assert torch.isfinite(maps).all() and (maps >= 0).all()
    assert (maps.flatten(3).amax(3) > 0).all()
    assert (maps[:, 0] != maps[:, 1]).flatten(2).any(2).all()  # no question comes twice
    assert float(means.min()) >= 0 and float(means.max()) < 1


def test_the_two_limes_come_from_the_same_weights() -> None:
    """NormLIME's positive pixels were used with a positive weight, so I_SP has them; I_SP may have more."""
    maps, _, _ = study.load()
    normlime, lime = maps[:, :, 0], maps[:, :, 1]
    assert ((normlime == 0) | (lime > 0)).all()
    # VarGrad is the variance, SmoothGrad² the mean square: (N − 1)/N · VarGrad ≤ SmoothGrad².
    assert (0.99 * maps[:, :, 3] <= maps[:, :, 2] * (1 + 1e-4) + 1e-12).all()


def test_another_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    maps, means, _ = study.load()
    (tmp_path / "card.json").write_text(json.dumps(study.card()), encoding="utf-8")
    (tmp_path / "maps.safetensors").write_bytes(safetensors.torch.save({"maps": maps + 1, "means": means}))
    monkeypatch.setattr(study, "FOLDER", tmp_path)
    with pytest.raises(
        ValueError, match=r"not those of their card.*make it with: python -m app.labs.study.explanations"
    ):
        study.load.__wrapped__()


def test_variants_share_no_picture() -> None:
    labels = torch.arange(10).repeat(200)
    one, two = (study.sample(labels, 3, variant) for variant in (0, 1))
    assert len(one) == len(two) == study.EXPLAINED and not set(one.tolist()) & set(two.tolist())
    assert (labels[one] == 3).all() and (labels[two] == 3).all()
    assert torch.equal(one, study.sample(labels, 3, 0))


@pytest.mark.real
def test_the_gradient_maps_again(mnist: tuple[torch.Tensor, torch.Tensor]) -> None:
    images, labels = mnist
    maps, means, _ = study.load()
    chosen = images[study.sample(labels, 8, 1)][: study.AVERAGED]
    torch.testing.assert_close(study.gradient_maps(chosen, 8, 1), maps[8, 1, 2:], rtol=1e-3, atol=1e-6)
    torch.testing.assert_close(images[labels == 8].mean((0, 1)), means[8])


@pytest.mark.real
def test_the_lime_maps_are_made_again(
    mnist: tuple[torch.Tensor, torch.Tensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Small: 3 pictures and 300 masks; the same bits by seed, and both from the explanations of the class."""
    images, labels = mnist
    monkeypatch.setattr(study, "N", 300)
    monkeypatch.setattr(study, "K", 20)
    chosen = images[study.sample(labels, 1, 0)][:3]
    made = study.lime_maps(chosen, 1, 0)
    assert torch.equal(made, study.lime_maps(chosen, 1, 0))
    assert made.shape == (2, 28, 28) and (made >= 0).all() and 0 < int((made[0] > 0).sum()) <= 60
    assert not torch.equal(made, study.lime_maps(chosen, 1, 1))


def test_without_mnist_it_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setenv("XAI_DATA_HOME", str(tmp_path))
    monkeypatch.setattr("sys.argv", ["app.labs.study.explanations"])
    study.main()
    said = capsys.readouterr().out
    assert said.startswith("study: skipped. MNIST is not in") and said.rstrip().endswith("--download")
