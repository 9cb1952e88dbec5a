"""Pretrained networks with a new last layer: the right layer, logits of either sign, folders, and the real thing."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from data.nets import pretrained
from data.training import finetuned
from data.vision import torchvision


@pytest.mark.parametrize("name", pretrained.NAMES)
def test_the_last_layer_is_the_one_that_names_classes(name):
    with torch.device("meta"):
        network = torchvision.models.get_model(name)
        before = {n: m for n, m in network.named_modules() if isinstance(m, nn.Linear | nn.Conv2d)}
        finetuned._replace_last(network, 3)
        assert network.eval()(torch.empty(1, 3, 224, 224)).shape == (1, 3)
    after = {n: m for n, m in network.named_modules() if isinstance(m, nn.Linear | nn.Conv2d)}
    assert [n for n in before if after[n] is not before[n]] == [list(before)[-1]]


def test_logits_of_squeezenet_may_fall_below_zero():
    model = pretrained.load("squeezenet1_1", weights=False)
    x = torch.rand(8, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        assert model(x).min() >= 0
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            finetuned._replace_last(model.network, 4)
        assert model(x).min() < 0


def picture(path: Path, colour: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((300, 260, 3), colour, np.uint8)).save(path)


def test_a_folder_a_class(tmp_path):
    for name, colour in (("b/2.PNG", 20), ("b/1.jpg", 10), ("a/x.webp", 200), ("a/y.png", 210), ("a/z.png", 220)):
        picture(tmp_path / name, colour)
    (tmp_path / "a" / "notes.txt").write_text("none")
    (tmp_path / "empty").mkdir()
    photos = finetuned.folder(tmp_path, "squeezenet1_1", most=2)
    assert photos.classes == ("a", "b") and photos.labels.tolist() == [0, 0, 1, 1]
    assert photos.images.shape == (4, 3, 224, 224) and photos.images.dtype == torch.uint8
    assert photos.images.float().mean((1, 2, 3)).tolist() == pytest.approx([200, 210, 10, 20], abs=1.5)
    (tmp_path / "b" / "3.png").write_text("no picture")
    with pytest.warns(UserWarning, match=r"^left out: .*3\.png' is no picture in a known format"):
        assert len(finetuned.folder(tmp_path, "squeezenet1_1").images) == 5
    with pytest.raises(ValueError, match=r"^path is .*, with 0 folders of photographs; it must have two or more"):
        finetuned.folder(tmp_path / "a", "squeezenet1_1")
    with pytest.raises(ValueError, match=r"'.*nowhere'; it must hold photographs"):
        finetuned.folder(tmp_path / "nowhere", "squeezenet1_1")


@pytest.mark.slow
@pytest.mark.real
def test_real_cats_and_dogs(real_squeezenet):
    """64 photographs and three passes: three quarters of 64 others are right; nothing global was moved."""
    folder = Path(os.environ.get("XAI_DATA_HOME", ""), "..", "cats_dogs")
    if not folder.is_dir():
        pytest.skip("no photographs of cats and dogs beside XAI_DATA_HOME")
    photos, state = finetuned.folder(folder, "squeezenet1_1", most=64), torch.get_rng_state()
    model = finetuned.finetune("squeezenet1_1", photos.images[::2], photos.labels[::2], 2)
    assert torch.equal(torch.get_rng_state(), state)
    with torch.no_grad():
        logits = model(photos.images[1::2].float() / 255)
    assert (logits.argmax(1) == photos.labels[1::2]).double().mean() > 0.75
    assert not any(p.requires_grad for p in model.parameters()) and not model.training


def test_fewer_photographs_than_a_batch_are_refused_in_a_sentence():
    images, labels = torch.zeros(31, 3, 8, 8), torch.arange(31) % 2
    with pytest.raises(ValueError, match="images must be at least one batch, 32, to learn from; got 31"):
        finetuned.finetune("squeezenet1_1", images, labels, 2)
