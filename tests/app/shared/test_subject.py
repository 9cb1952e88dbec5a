"""What is explained: networks that are here or not, pictures of their kind, uploads good and bad."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from app.shared import subject
from data.nets import pretrained
from tests.app.running import opened, png, ran

pytestmark = pytest.mark.usefixtures("fresh")


def test_another_network_brings_its_own_kind_of_picture(seen: SimpleNamespace) -> None:
    at = opened(method="Simple gradient", target="cat")
    at.selectbox(key="network").set_value("digits")
    ran(at)
    assert at.selectbox(key="picture").value == "digit" and seen.image.shape == (1, 1, 8, 8)
    assert at.selectbox(key="target").value == subject.PREDICTED


def test_a_network_that_is_not_here_offers_a_download(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, seen: SimpleNamespace
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr(pretrained.urllib.request, "urlopen", _no_network)
    at = opened(network="resnet18")
    assert "47 MB" in at.info[0].value and not seen.maps
    at.button[0].click()
    ran(at)
    assert "could not be downloaded" in at.error[0].value
    at.selectbox(key="network").set_value("digits")
    ran(at)
    assert seen.maps


def _no_network(*args: Any, **kwargs: Any) -> None:
    raise OSError("no route to host")


def test_a_pretrained_network_explains_a_photograph(monkeypatch: pytest.MonkeyPatch, seen: SimpleNamespace) -> None:
    random = pretrained.load("squeezenet1_1", weights=False)
    monkeypatch.setattr(pretrained, "is_available", lambda name: name == "squeezenet1_1")
    monkeypatch.setattr(pretrained, "load", lambda name: random)
    opened(network="squeezenet1_1", method=["Simple gradient", "Integrated Gradients"], photo="cat", B="3")
    assert seen.image.shape == (1, 3, 224, 224) and set(seen.maps) == {"Simple gradient", "Integrated Gradients"}


def test_an_upload_is_explained_and_stays_on_the_next_page(seen: SimpleNamespace) -> None:
    at = opened(picture="upload", method="Simple gradient")
    assert not seen.maps and not at.get("tab")
    at.file_uploader[0].upload("mine.png", png(), "image/png")
    ran(at)
    mine = seen.image
    assert not at.error and seen.offered[0].picture.name == "mine.png"
    at.switch_page("labs/unlearning/page.py")
    ran(at)
    assert torch.equal(mine, seen.image)


@pytest.mark.parametrize(
    "junk",
    [
        b"",
        b"not a picture",
        b"GIF89a" + bytes(50),
        png()[:-200],
        png()[:40],
        b"\x89PNG\r\n\x1a\n" + bytes(100),
        b"<svg/>",
    ],
    ids=["empty", "text", "gif", "cut short", "header", "no chunks", "svg"],
)
def test_a_bad_upload_is_one_sentence(junk: bytes, seen: SimpleNamespace) -> None:
    at = opened(picture="upload", method="Simple gradient")
    at.file_uploader[0].upload("junk.png", junk, "image/png")
    ran(at)
    assert len(at.error) == 1 and "junk.png" in at.error[0].value and "Traceback" not in at.error[0].value
    assert not seen.maps and at.file_uploader  # nothing is computed for another picture; the next file may be one
