"""Networks of anybody by the name of a function: what it may return, the digest of its weights, its pictures."""

import pytest
import torch
from PIL import Image
from torch import nn

from data import collection
from data.drawn import zoo
from data.nets import yours

MODULE = """
import torch
from torch import nn
SEED = 0
def network():
    torch.manual_seed(SEED)
    return nn.Sequential(nn.Flatten(), nn.Dropout(), nn.Linear(3, 3))
def small():
    return nn.Flatten(), 64
def named():
    return nn.Flatten(), 64, ["lion", "cat"]
def text():
    return "network"
def half():
    return nn.Flatten(), 0.5
"""


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """A module of that name with functions that return networks, and things that are none."""
    (tmp_path / "of_mine.py").write_text(MODULE, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    yours._made.cache_clear()
    yield "of_mine"
    yours._made.cache_clear()


def test_a_network_and_the_side_of_its_pictures(mine):
    found = collection.network(f"{mine}:network")
    assert isinstance(found, nn.Sequential) and not found.training
    assert yours.geometry(f"{mine}:network") == {"size": 224, "resize": 256, "interpolation": "bilinear"}
    assert yours.geometry(f"{mine}:small") == {"size": 64, "resize": 73, "interpolation": "bilinear"}
    assert collection.title(f"{mine}:network") == f"{mine}:network"
    (listed,) = collection.pictures(f"{mine}:small", "bundled:1")
    assert collection.picture(f"{mine}:small", "bundled:1", listed.name).image.shape == (3, 64, 64)
    assert collection.fits(f"{mine}:small", "zoo:5") and not collection.fits(f"{mine}:small", "digits:5")


def test_its_classes_are_found_by_name_and_no_others_are_guessed(mine, tmp_path):
    for folder in ("cat", "tabby"):
        (tmp_path / "photos" / folder).mkdir(parents=True)
        Image.new("RGB", (80, 80)).save(tmp_path / "photos" / folder / "one.png")
    source = str(tmp_path / "photos")
    of = {each.name: each.label for each in collection.pictures(f"{mine}:named", source)}
    assert of == {"cat/one.png": 1, "tabby/one.png": None}
    assert collection.picture(f"{mine}:named", source, "cat/one.png").label == 1
    assert {each.label for each in collection.pictures(f"{mine}:small", source)} == {None}
    lion = next(each for each in collection.pictures("zoo", "zoo:20") if zoo.CLASSES[each.label] == "lion")
    assert collection.picture(f"{mine}:named", "zoo:20", lion.name).label == 0
    assert collection.picture(f"{mine}:small", "zoo:20", lion.name).label is None


def test_its_digest_is_that_of_its_weights(mine, monkeypatch):
    import of_mine  # a module of the fixture's

    made = []

    def network():
        torch.manual_seed(of_mine.SEED)
        made.append(nn.Linear(2, 2))
        return made[-1]

    monkeypatch.setattr(of_mine, "network", network)
    first = collection.weights(f"{mine}:network")
    yours._made.cache_clear()
    assert yours.weights(f"{mine}:network") == first and len(made) == 2
    monkeypatch.setattr(of_mine, "SEED", 1)
    yours._made.cache_clear()
    assert yours.weights(f"{mine}:network") != first


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (
            "text",
            "must return a torch.nn.Module, .module, side in pixels. or .module, side, class names.; got 'network'",
        ),
        ("half", "must return a torch.nn.Module, .module, side in pixels. or"),
        ("nothing", "model is 'of_mine:nothing'; it must be MODULE:FUNCTION that can be imported"),
    ],
)
def test_what_is_no_network_is_refused(mine, name, words):
    with pytest.raises(ValueError, match=words):
        yours.network(f"{mine}:{name}")
    with pytest.raises(ValueError, match="model is 'no_such_module:x'; it must be MODULE:FUNCTION"):
        yours.network("no_such_module:x")
