"""A network and a folder that somebody brought along: first in the list, one picture read, and nothing else."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import streamlit as st
import torch
from PIL import Image

from app.shared import browse, networks, own, pages
from app.shared.compare import pin
from app.shared.pictures import FOLDER, kinds, of_folder
from data.nets import yours
from data.pictures import folders
from data.pictures.photographs import PhotographError
from tests.app.running import opened, ran

pytestmark = pytest.mark.usefixtures("fresh")
APP = Path(own.__file__).parents[1]
MODULE = """
import torch
from torch import nn
class Bright(nn.Module):
    def __init__(self):
        super().__init__()
        self.at = nn.Parameter(torch.tensor(0.5))
    def forward(self, x):
        z = 9 * (x.mean((1, 2, 3)) - self.at)
        return torch.stack([-z, z], 1)
def bright():
    return Bright(), 16
def softmax():
    return nn.Sequential(Bright(), nn.Softmax(1)), 16
"""
Start = Callable[..., None]


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Start:
    """Starts the app with what is typed: start(MODEL="of_theirs:bright"). In tmp_path are a module and photos."""
    (tmp_path / "of_theirs.py").write_text(MODULE, encoding="utf-8")
    (tmp_path / "classes.txt").write_text("dark\nbright\n", encoding="utf-8")
    for i, (word, grey) in enumerate([("dark", 20), ("dark", 60), ("bright", 200), ("bright", 240), ("bright", 10)]):
        (tmp_path / "photos" / word).mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((16, 16, 3), grey, np.uint8)).save(tmp_path / "photos" / word / f"{i}.png")
    (tmp_path / "photos" / "dark" / "broken.png").write_bytes(b"GIF89a" + bytes(30))
    (tmp_path / "secret.png").write_bytes((tmp_path / "photos" / "dark" / "0.png").read_bytes())
    monkeypatch.syspath_prepend(tmp_path)
    folders.files.cache_clear(), folders.labels.cache_clear()

    def typed(**words: str) -> None:
        monkeypatch.setenv("XAI_CLASS", "0")
        for name in own.TYPED:
            monkeypatch.setenv(f"XAI_{name}", str(words.get(name, "")))

    return typed


def test_a_network_and_a_folder_come_first(start: Start, tmp_path: Path, seen: SimpleNamespace) -> None:
    start(MODEL="of_theirs:bright", CLASSES=tmp_path / "classes.txt", PICTURES=tmp_path / "photos")
    at = opened(method="Simple gradient", file="bright/2.png")
    network = at.selectbox(key="network")
    assert network.value == network.options[0] == "of_theirs:bright" and network.options[1] == "zoo"
    assert at.selectbox(key="picture").value == FOLDER and not at.error and not at.warning
    assert torch.equal(seen.image, torch.full((1, 3, 16, 16), 200 / 255))
    assert at.selectbox(key="target").options[1:] == ["dark", "bright"]
    script = seen.files[0]
    assert "from data import photographs, yours" in script
    assert f"model = yours.load('{tmp_path}/of_theirs.py:bright', classes='{tmp_path}/classes.txt', size=16)" in script
    assert f"x = photographs.open_photograph('{tmp_path}/photos/bright/2.png', size=16, resize=16" in script
    scene = next(link for link in at.get("page_link") if "network=zoo" in link.proto.query_string)
    assert "picture=" in scene.proto.query_string
    at.selectbox(key="network").set_value("zoo")
    ran(at)
    assert at.selectbox(key="picture").value == FOLDER and seen.image.shape == (1, 3, 64, 64)


@pytest.mark.parametrize("name", ["../secret.png", "/etc/passwd", "dark/../../secret.png", "dark\x00", "x" * 3000])
def test_no_link_leads_out_of_the_folder(start: Start, tmp_path: Path, name: str) -> None:
    start(PICTURES=tmp_path / "photos")
    for ask in (own.file, own.version, of_folder):
        with pytest.raises(PhotographError, match=r"^file is .*; it must be a picture of the folder"):
            ask(name)
    with pytest.raises(ValueError, match=r"must be a picture of the folder|at most 1000 letters"):
        pin.read(f"network=zoo&picture=folder&name={name}&method=simple_gradient&target=cat")


def test_a_link_out_of_the_folder_is_told(start: Start, tmp_path: Path, seen: SimpleNamespace) -> None:
    start(PICTURES=tmp_path / "photos")
    at = opened(method="Simple gradient", file="../secret.png")
    assert "it must be a picture of the folder" in at.error[0].value and not seen.maps
    at.text_input(key="file").set_value("dark/broken.png")
    ran(at)
    assert "is a GIF file" in at.error[0].value and not seen.maps
    at.text_input(key="file").set_value("dark/0.png")
    ran(at)
    assert seen.maps and not at.error


def test_one_file_is_read_until_somebody_looks(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seen: SimpleNamespace
) -> None:
    start(PICTURES=tmp_path / "photos")
    read, real = [], own.read
    monkeypatch.setattr(own, "read", lambda name: read.append(name) or real(name))
    at = opened(method="Simple gradient", file="bright/2.png")
    assert seen.maps and read == ["bright/2.png"]
    at.session_state["choose_Picture"] = True
    at.selectbox(key="among").set_value("dark")
    ran(at)
    assert read[1:] == ["dark/0.png", "dark/1.png", "dark/broken.png"]
    assert [b.label for b in at.button if b.key.startswith("_pick_")] == ["0", "1"]
    assert any("left out" in caption.value for caption in at.caption)
    next(b for b in at.button if b.key == "_pick_1").click()
    ran(at)
    assert at.text_input(key="file").value == "dark/1.png" and read[4:] == ["dark/broken.png", "dark/1.png"]
    assert torch.allclose(seen.image, torch.tensor(60 / 255))


def test_how_often_it_is_right(start: Start, tmp_path: Path) -> None:
    """Of five labelled pictures four: the last one is dark and lies with the bright ones."""
    start(MODEL="of_theirs:bright", CLASSES=tmp_path / "classes.txt", PICTURES=tmp_path / "photos")
    network = networks.describe("of_theirs:bright")
    found = browse.accuracy(network, own.folder(), 50)
    assert (found.right, found.asked, len(found.broken)) == (4, 5, 1) and "GIF" in found.broken[0]
    assert found.words == "right on 4 of 5, 80% (38% to 96%)"
    assert browse._normalised_otherwise(network, own.folder()) == ""


def test_a_network_that_is_none_is_told_and_another_can_be_chosen(start: Start, seen: SimpleNamespace) -> None:
    start(MODEL="of_theirs:softmax")
    at = opened(method="Simple gradient")
    assert "ends in a softmax, which would be taken twice" in at.error[0].value and not seen.maps
    at.selectbox(key="network").set_value("zoo")
    ran(at)
    assert seen.maps and not at.error


def test_in_class_mode_no_module_is_imported(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    start(MODEL="of_theirs:bright")
    monkeypatch.setenv("XAI_CLASS", "1")
    monkeypatch.setattr(yours, "load", None)
    assert own.name() == "" and networks.names()[0] == "zoo"
    at = opened(method="Simple gradient")
    assert any("MODEL is not opened: others can reach this server" in caption.value for caption in at.caption)


def test_a_page_shows_it_or_says_why_not(start: Start) -> None:
    asks = {p for p in pages.PAGES if "subject.choose(" in (APP / "labs" / p / "page.py").read_text(encoding="utf-8")}
    assert asks | set(own.NOT_HERE) | {"start"} == set(pages.PAGES) and not asks & set(own.NOT_HERE)
    start(MODEL="of_theirs:bright")
    at = opened("labs/broken/page.py")
    assert any(
        "theirs" in c.value and "is not on this page: its maps are of the toy zoo" in c.value for c in at.caption
    )


def test_torchvisions_layers_are_told_apart_from_its_own(start: Start, tmp_path: Path) -> None:
    start(MODEL="resnet18", WEIGHTS=tmp_path / "best.pt")
    assert networks.names()[0] == "resnet18 (best.pt)" and "resnet18" in networks.names()


def test_a_folder_that_is_none(start: Start, tmp_path: Path) -> None:
    start(MODEL="of_theirs:bright", PICTURES=tmp_path / "nowhere")
    at = opened(method="Simple gradient")
    assert "PICTURES is" in at.error[0].value and kinds()[0] == FOLDER


def test_numbers_of_a_labels_csv(start: Start, tmp_path: Path, seen: SimpleNamespace) -> None:
    """They are called as the network calls them; what the network has not, is told where one looks."""
    start(MODEL="of_theirs:bright", CLASSES=tmp_path / "classes.txt", PICTURES=tmp_path / "flat")
    (tmp_path / "flat").mkdir()
    for name, grey in (("a.png", 20), ("b.png", 200)):
        Image.fromarray(np.full((16, 16, 3), grey, np.uint8)).save(tmp_path / "flat" / name)
    (tmp_path / "flat" / "labels.csv").write_text("file,index\na.png,0\nb.png,1\n", encoding="utf-8")
    network = networks.describe("of_theirs:bright")
    assert browse._words(own.folder(), network.name) == {"a.png": "dark", "b.png": "bright"}
    assert browse.accuracy(network, own.folder(), 50).right == 2
    (tmp_path / "flat" / "labels.csv").write_text("file,index\na.png,0\nb.png,7\n", encoding="utf-8")
    st.cache_resource.clear(), folders.labels.cache_clear()
    at = opened(method="Simple gradient", file="b.png")
    at.session_state["choose_Picture"] = True
    ran(at)
    assert seen.maps and not at.error
    assert any("from 0 to 1 in each line; 'b.png' has '7'" in caption.value for caption in at.caption)
