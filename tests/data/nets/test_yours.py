"""Networks of anybody: what a function may return, weights of a file, class names, what is noticed and what refused."""

import numpy as np
import pytest
import safetensors.torch
import torch
from PIL import Image
from torch import nn

from data import collection
from data.drawn import zoo
from data.nets import yours
from data.pictures.photographs import open_photograph
from data.vision import torchvision

MODULE = """
import torch
from torch import nn
SEED = 0
def network():
    torch.manual_seed(SEED)
    return nn.Sequential(nn.Conv2d(3, 4, 3, 2), nn.BatchNorm2d(4), nn.Dropout(), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
                         nn.Linear(4, 3))
def small():
    return network(), 64
def named():
    return network(), 64, ["lion", "cat", "frog"]
def grey():
    return nn.Sequential(nn.Flatten(), nn.Linear(64, 3)), 8
def exact():
    return nn.Sequential(nn.Flatten(), nn.Linear(3 * 32 * 32, 3)).double()
def text():
    return "network"
def half():
    return nn.Flatten(), 0.5
def broken():
    return undefined
class Wrong(nn.Module):
    def __init__(self, returned):
        super().__init__()
        self.inner, self.returned = network(), returned
        self.register_buffer("seen", torch.zeros(1))
    def forward(self, x):
        return self.returned(self, self.inner(x))
def pair():
    return Wrong(lambda self, y: (y.sum(), y)), 8
def names():
    return Wrong(lambda self, y: {"loss": y.sum(), "logits": y}), 8
def map_():
    return Wrong(lambda self, y: y[..., None]), 8
def one():
    return Wrong(lambda self, y: y[:, :1]), 8
def softmax():
    return Wrong(lambda self, y: y.exp() / y.exp().sum(1, keepdim=True)), 8
def sigmoid():
    return Wrong(lambda self, y: torch.sigmoid(y)), 8
def counts():
    return Wrong(lambda self, y: y + self.seen.add_(1)), 8
def nan():
    return Wrong(lambda self, y: y / 0), 8
def log_softmax():
    return Wrong(lambda self, y: y.log_softmax(1)), 8
def draws():
    return Wrong(lambda self, y: nn.functional.dropout(y + 9)), 8
def batch():
    return Wrong(lambda self, y: y - y.mean(0)), 8
def still():
    return Wrong(lambda self, y: y.detach()), 8
"""


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """A module of that name with functions that return networks, and things that are none."""
    (tmp_path / "of_mine.py").write_text(MODULE, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    yours.of.cache_clear()
    yield "of_mine"
    yours.of.cache_clear()


def test_a_network_and_the_side_of_its_pictures(mine):
    found = collection.network(f"{mine}:network")
    assert isinstance(found, nn.Sequential) and not any(module.training for module in found.modules())
    assert yours.of(f"{mine}:network").geometry == {"size": 224, "resize": 256, "interpolation": "bilinear"}
    with pytest.warns(
        UserWarning, match="of_mine:network: Its pictures are 224 × 224: nobody said a size, and it takes"
    ):
        yours.of.cache_clear(), yours.of(f"{mine}:network")
    assert yours.of(f"{mine}:small").geometry == {"size": 64, "resize": 64, "interpolation": "bilinear"}
    assert yours.of(f"{mine}:small,size=32").size == 32 and not yours.of(f"{mine}:small").notes
    assert collection.title(f"{mine}:small,size=32") == f"{mine}:small"
    assert yours.load(f"{mine}:exact").size == 32  # 224 would not go through
    (listed,) = collection.pictures(f"{mine}:small", "bundled:1")
    assert collection.picture(f"{mine}:small", "bundled:1", listed.name).image.shape == (3, 64, 64)
    assert collection.fits(f"{mine}:small", "zoo:5") and not collection.fits(f"{mine}:small", "digits:5")


def test_a_file_is_as_good_as_a_module_and_a_script_finds_it_from_anywhere(mine, tmp_path, monkeypatch):
    found = yours.load(f"{tmp_path}/of_mine.py:named", size=16, normalise=([0.5], [0.25]))
    assert found.classes == ("lion", "cat", "frog") and found.size == 16
    again = eval(found.python, {"yours": yours})
    x = torch.rand(2, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    assert torch.equal(again.network(x), found.network(x))
    assert torch.equal(found.network(x), found.bare((x - 0.5) / 0.25))
    with pytest.raises(ValueError, match=r"there is no file .*nowhere\.py"):
        yours.load(f"{tmp_path}/nowhere.py:network")


def test_where_nobody_says_a_size_that_of_the_folder_is_taken(mine, tmp_path):
    for i, side in enumerate((40, 40)):
        Image.new("RGB", (side, side)).save(tmp_path / f"{i}.png")
    found = yours.load(f"{mine}:network", like=tmp_path)
    assert found.size == 40 and "and those of the folder are so" in found.notes[0] and "size=40" in found.python
    assert yours.load(f"{mine}:small", like=tmp_path).size == 64
    for name, sides in (("long", (40, 41)), ("large", (800, 800))):
        (tmp_path / name).mkdir()
        Image.new("RGB", sides).save(tmp_path / name / "0.png")
        assert yours.load(f"{mine}:network", like=tmp_path / name).size == 224


def test_a_grey_network_gets_grey_pictures_at_its_own_size(mine):
    found = yours.load(f"{mine}:grey")
    assert (found.channels, found.size) == (1, 8)
    colour = collection.picture(f"{mine}:small", "bundled:1", "cat").image
    grey = collection.picture(f"{mine}:grey,size=8", "bundled:1", "cat").image
    assert grey.shape == (1, 8, 8) and colour.shape == (3, 64, 64)
    wide = collection.picture(f"{mine}:named,size=80", "zoo:3", "00001")
    assert wide.image.shape == (3, 80, 80) and wide.masks["animal"].shape == (80, 80)


def test_a_picture_of_the_right_size_stays_as_it_is(mine, tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    x = open_photograph(tmp_path / "a.png", **yours.of(f"{mine}:small").geometry)
    assert torch.equal((x * 255).round().byte(), torch.from_numpy(pixels).permute(2, 0, 1))


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
    (tmp_path / "photos" / "zebra").mkdir()
    Image.new("RGB", (80, 80)).save(tmp_path / "photos" / "zebra" / "one.png")
    assert yours.load(f"{mine}:small", classes=tmp_path / "photos").classes == ("cat", "tabby", "zebra")


def test_class_names_are_as_many_as_outputs(mine, tmp_path):
    file = tmp_path / "classes.txt"
    file.write_text("\ufeffliön\ncat\n\nfrog\n", encoding="utf-8")
    assert yours.load(f"{mine}:named", classes=file).classes == ("liön", "cat", "frog")
    assert yours.of(f"{mine}:small").classes == ("class 0", "class 1", "class 2")
    file.write_text("cat\n")
    with pytest.raises(ValueError, match=r"as many as model 'of_mine:small' has outputs, 3; '.*classes.txt' names 1$"):
        yours.load(f"{mine}:small", classes=file)
    with pytest.raises(ValueError, match=r"classes is '.*none.txt', which cannot be read \(No such file"):
        yours.load(f"{mine}:small", classes=tmp_path / "none.txt")


def test_its_digest_is_that_of_its_weights(mine, monkeypatch):
    import of_mine  # a module of the fixture's

    first = collection.weights(f"{mine}:network")
    yours.of.cache_clear()
    assert yours.weights(f"{mine}:network") == first
    assert yours.weights(f"{mine}:network,mean=.5,std=.5") != first
    monkeypatch.setattr(of_mine, "SEED", 1)
    yours.of.cache_clear()
    assert yours.weights(f"{mine}:network") != first


# --- weights of a file ------------------------------------------------------------------------------------------------


def test_weights_of_a_file_whatever_wrapped_them(mine, tmp_path):
    other = yours.load(f"{mine}:network").network
    with torch.no_grad():
        other[0].weight.add_(1)
    state, x = other.state_dict(), torch.rand(1, 3, 16, 16)
    safetensors.torch.save_file(state, tmp_path / "a.safetensors")
    torch.save({f"module.{key}": value for key, value in state.items()}, tmp_path / "b.pt")
    lightning = {"state_dict": {f"model._orig_mod.{key}": value for key, value in state.items()}, "epoch": 3}
    torch.save(lightning, tmp_path / "c.ckpt")
    older = {key: value for key, value in state.items() if not key.endswith("num_batches_tracked")}
    torch.save(older, tmp_path / "d.pth")
    notes = {
        "a.safetensors": [], "b.pt": ["began with 'module.'"], "d.pth": [],
        "c.ckpt": ["the part 'state_dict' of c.ckpt", "began with 'model._orig_mod.'"],
    }  # fmt: skip
    for name, said in notes.items():
        found = yours.load(f"{mine}:network", weights=tmp_path / name, size=16)
        assert torch.equal(found.network(x), other(x)), name
        assert len(found.notes) == len(said) and all(map(str.__contains__, found.notes, said))


def test_weights_that_do_not_fit_are_told(mine, tmp_path):
    state = yours.load(f"{mine}:network").network.state_dict()
    kept = {key: value for key, value in state.items() if key not in ("5.bias", "0.bias")}
    torch.save(kept | {"head.weight": torch.ones(1)}, tmp_path / "a.pt")
    torch.save(state | {"5.weight": torch.ones(7, 4)}, tmp_path / "b.pt")
    torch.save({"layer": torch.ones(1)}, tmp_path / "c.pt")
    torch.save(nn.Linear(1, 1), tmp_path / "d.pt")
    torch.save({"epoch": 3}, tmp_path / "e.pt")
    (tmp_path / "f.pt").write_bytes(b"PK no weights")
    (tmp_path / "g.safetensors").write_bytes(b"no weights")
    for name, said in {
        "a.pt": r"does not fit model 'of_mine:network': 2 missing \(0.bias, 5.bias\), 1 unknown \(head.weight\)$",
        "b.pt": r": 5.weight of \(7, 4\) instead of \(3, 4\)$",
        "c.pt": r"missing \(0.weight, 0.bias, 1.weight, …\), 1 unknown \(layer\); they seem to be of another",
        "d.pt": "holds more than numbers, and code of a file is never run",
        "e.pt": "must hold a state dict, and it holds epoch$",
        "f.pt": "(holds more than numbers|is no whole file of weights)",
        "g.safetensors": "is no whole file of weights",
        "h.pt": "cannot be read",
    }.items():
        with pytest.raises(ValueError, match=f"weights is '.*{name}', which .*{said}|weights is '.*{name}'; it {said}"):
            yours.load(f"{mine}:network", weights=tmp_path / name)


def test_torchvisions_layers_with_weights_of_ones_own(tmp_path):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        trained = torchvision.models.get_model("squeezenet1_1", num_classes=4).eval()
    safetensors.torch.save_file(trained.state_dict(), tmp_path / "mine.safetensors")
    before = torch.get_rng_state()
    found = yours.load("squeezenet1_1", weights=tmp_path / "mine.safetensors", size=64)
    assert torch.equal(torch.get_rng_state(), before)
    x = torch.rand(1, 3, 64, 64)
    mean, std = (torch.tensor(each).view(3, 1, 1) for each in ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]))
    torch.testing.assert_close(found.network(x), trained((x - mean) / std))
    assert found.classes == ("class 0", "class 1", "class 2", "class 3") and found.bare is not found.network
    word = f"squeezenet1_1,weights={tmp_path}/mine.safetensors,size=64"
    assert yours.is_yours(word) and collection.title(word) == "squeezenet1_1"
    with pytest.raises(ValueError, match="'squeezenet1_1'; an architecture of torchvision needs weights"):
        yours.load("squeezenet1_1")
    with pytest.raises(ValueError, match="model is 'resnet99'; it must be MODULE:FUNCTION, or a classifier of torch"):
        yours.load("resnet99")


# --- what is noticed, and what is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("text", "return a torch.nn.Module, .module, side in pixels. or .module, side, class names.; got 'network'"),
        ("half", "must return a torch.nn.Module, .module, side in pixels. or"),
        ("nothing", "model is 'of_mine:nothing'; it must be MODULE:FUNCTION that can be imported"),
        ("broken", "MODULE:FUNCTION that runs, and it raised NameError: name 'undefined' is not defined"),
        ("pair", r"must return logits, .*; it returns a tuple; let forward return its \[1\] alone"),
        ("names", r"it returns a dict; let forward return its \['logits'\] alone"),
        ("map_", r"must return logits, a tensor \(N, classes\); of \(3, 3, 8, 8\) it makes \(3, 3, 1\)"),
        ("one", r"it has one output z: return torch.cat\(\[-z, z\], 1\) / 2"),
        ("softmax", "model 'of_mine:softmax' ends in a softmax, which would be taken twice"),
        ("sigmoid", "model 'of_mine:sigmoid' ends in a sigmoid"),
        ("counts", "changes its own seen when it is asked, although it is in evaluation mode"),
        ("nan", "finite numbers; for pixels in .0, 1. it returns"),
        ("exact,size=16", r"takes no pictures \(N, 3 or 1, H, W\) of 16 × 16: mat1 and mat2"),
        ("small,side=16", "options of a model must be NAME=VALUE of weights, classes, size, mean, std; got 'side=16'"),
        ("small,size=big", "size must be a whole number of pixels; got 'big'"),
        ("small,size=0", "size must be a whole number from 1 to 1024 pixels; got 0"),
        ("small,mean=.5", "mean and std must be given together; got mean '.5' and std ''"),
        ("small,mean=a,std=1", "mean must be numbers such as 0.5,0.5,0.5; got 'a'"),
        ("small,mean=.5/.5,std=1", "each one number or three, std above 0; got"),
        ("small,mean=.5,std=0", "each one number or three, std above 0; got"),
    ],
)
def test_what_is_no_network_is_refused(mine, name, words):
    with pytest.raises(ValueError, match=words):
        yours.of(f"{mine}:{name}")


def test_a_module_that_is_none():
    with pytest.raises(ValueError, match="model is 'no_such_module:x'; it must be MODULE:FUNCTION"):
        yours.load("no_such_module:x")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("log_softmax", "ends in a log-softmax: its probabilities are right"),
        ("draws", "differ from pass to pass"),
        ("batch", "depends on the other pictures of a batch"),
        ("still", "has no gradient"),
    ],
)
def test_what_is_unusual_is_said(mine, name, said):
    (note,) = yours.load(f"{mine}:{name}").notes
    assert said in note
