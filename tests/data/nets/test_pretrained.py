"""The pretrained classifiers: torchvision's own functions of the pixels, from its own cache, with errors that help."""

import copy
import hashlib
import subprocess
import sys
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from data.nets import pretrained
from data.nets.pretrained import NAMES, WeightsNotFound, load
from data.pictures import photographs


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Path:
    """An empty cache of torch's, in place of the user's: the folder of its checkpoints."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr(torch.hub, "_hub_dir", None)
    return tmp_path / "hub" / "checkpoints"


@pytest.fixture
def published(monkeypatch) -> SimpleNamespace:
    """A weights file to download, `content` from `url`, which ends in its checksum like the published ones."""
    file = BytesIO()
    torch.save(load("squeezenet1_1", weights=False).network.state_dict(), file)
    content = file.getvalue()
    url = f"https://example.org/models/squeezenet1_1-{hashlib.sha256(content).hexdigest()[:8]}.pth"
    weights = pretrained._weights("squeezenet1_1")
    fake = SimpleNamespace(url=url, transforms=weights.transforms, meta=weights.meta)
    monkeypatch.setattr(pretrained, "_weights", lambda name: fake)
    return SimpleNamespace(content=content, url=url)


class Answer(BytesIO):
    """What urlopen gives: bytes and headers, and a connection that may break."""

    def __init__(self, content: bytes, breaks: Exception | None = None, length: bool = True) -> None:
        super().__init__(content)
        self.headers = {"Content-Length": str(len(content))} if length else {}
        self.breaks = breaks

    def read(self, size: int = -1) -> bytes:
        if self.breaks is not None and self.tell() > 0:
            raise self.breaks
        return super().read(size)


def assert_sentence(error: WeightsNotFound, *words: str) -> None:
    message = str(error)
    assert message.endswith(".") and "\n" not in message and ". " not in message, message
    for word in words:
        assert word in message


# The function


@pytest.mark.parametrize("name", NAMES)
def test_model_is_torchvisions_on_normalised_pixels(name):
    from data.vision import torchvision

    before = torch.get_rng_state()
    model = load(name, weights=False)
    assert torch.equal(torch.get_rng_state(), before)
    with torch.device("meta"):
        network = torchvision.models.get_model(name)
    network.load_state_dict(model.network.state_dict(), assign=True)
    network.eval()
    side = 224 if name == "vit_b_16" else 64  # only the transformer with learnt positions insists on its size
    x = torch.rand(1, 3, side, side, generator=torch.Generator().manual_seed(0))
    z = torchvision.transforms.functional.normalize(x, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
    with torch.no_grad():
        assert torch.equal(model(x), network(z))
        assert torch.equal(model.normalise(x), z)
    assert not any(module.training for module in model.modules())
    assert [child for child, _ in model.named_children()] == ["normalise", "network"]


def test_pixels_get_gradients():
    model = load("mobilenet_v3_small", weights=False)
    x = torch.rand(2, 3, 64, 64, requires_grad=True)
    (gradient,) = torch.autograd.grad(model(x)[:, 7].sum(), x)
    assert gradient.shape == x.shape and gradient.abs().sum() > 0


def test_random_weights_are_torchvisions_in_every_thread():
    from data.vision import torchvision

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        expected = torchvision.models.get_model("mobilenet_v3_small").state_dict()
    with ThreadPoolExecutor(4) as pool:
        states = list(pool.map(lambda _: load("mobilenet_v3_small", weights=False).network.state_dict(), range(4)))
    for state in states:
        assert all(torch.equal(state[key], expected[key]) for key in expected)


def test_normalisation_survives_a_copy():
    model = load("squeezenet1_1", weights=False)
    x = torch.rand(1, 3, 64, 64)
    other = copy.deepcopy(model).double()
    assert torch.allclose(other(x.double()).float(), model(x), rtol=1e-4, atol=1e-5)


# What is known of each network


def test_geometry():
    geometry = {name: tuple(pretrained.geometry(name).values()) for name in NAMES}
    assert geometry == {
        "resnet18": (224, 256, "bilinear"),
        "efficientnet_v2_s": (384, 384, "bilinear"),
        "convnext_tiny": (224, 236, "bilinear"),
        "vgg16_bn": (224, 256, "bilinear"),
        "vit_b_16": (224, 256, "bilinear"),
        "swin_t": (224, 232, "bicubic"),
        "squeezenet1_1": (224, 256, "bilinear"),
        "mobilenet_v3_small": (224, 256, "bilinear"),
    }
    assert pretrained.input_size("efficientnet_v2_s") == 384


@pytest.mark.parametrize("name", ["swin_t", "efficientnet_v2_s", "resnet18"])
def test_photographs_and_normalisation_make_torchvisions_preprocessing(name):
    from PIL import Image

    image = Image.linear_gradient("L").resize((301, 402)).rotate(30).convert("RGB")
    file = BytesIO()
    image.save(file, "PNG")
    x = photographs.open_photograph(file, **pretrained.geometry(name))
    normalise = pretrained.Normalise([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
    assert torch.equal(normalise(x), pretrained._weights(name).transforms()(image))


@pytest.mark.parametrize("name", NAMES)
def test_class_names(name):
    names = pretrained.class_names(name)
    assert len(names) == 1000 and names[0] == "tench" and names[281] == "tabby" and names[999] == "toilet tissue"


def test_download_size():
    assert abs(pretrained.download_size("resnet18") - 46_830_571) < 1024
    assert pretrained.download_size("vgg16_bn") > 550e6


@pytest.mark.parametrize("function", [load, pretrained.is_available, pretrained.geometry, pretrained.class_names])
def test_unknown_name(function):
    with pytest.raises(ValueError, match=r"name='alexnet' .* allowed are resnet18, .*mobilenet_v3_small\."):
        function("alexnet")


# The cache


def test_missing_weights_say_how_to_get_them(cache):
    assert not pretrained.is_available("resnet18")
    with pytest.raises(WeightsNotFound) as caught:
        load("resnet18")
    assert_sentence(caught.value, "resnet18-f37072fd.pth", "47 MB", str(cache), "download=True", "https://")
    assert not cache.exists()


def test_cached_weights_are_loaded_whatever_their_checksum(cache):
    cache.mkdir(parents=True)
    model = load("mobilenet_v3_small", weights=False)
    torch.save(model.network.state_dict(), cache / "mobilenet_v3_small-047dcff4.pth")
    assert pretrained.is_available("mobilenet_v3_small")
    before = torch.get_rng_state()
    loaded = load("mobilenet_v3_small")
    x = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    assert torch.equal(loaded(x), model(x))
    assert torch.equal(torch.get_rng_state(), before)
    assert all(p.requires_grad and p.device.type == "cpu" for p in loaded.parameters())
    assert not any(module.training for module in loaded.modules())


@pytest.mark.parametrize("content", [b"", b"<html>sign in to this network first</html>", "resnet"])
def test_damaged_weights_are_named(cache, content):
    cache.mkdir(parents=True)
    path = cache / "mobilenet_v3_small-047dcff4.pth"
    if content == "resnet":
        torch.save({"fc.weight": torch.zeros(3)}, path)
    else:
        path.write_bytes(content)
    with pytest.raises(WeightsNotFound) as caught:
        load("mobilenet_v3_small")
    assert_sentence(caught.value, str(path), "delete it", "download=True")


# Downloads


def answers(monkeypatch, make) -> list[str]:
    """Let urlopen give `make()`; the addresses asked for are in the list."""
    asked = []

    def urlopen(url, timeout):
        assert timeout > 0
        asked.append(url)
        return make()

    monkeypatch.setattr(urllib.request, "urlopen", urlopen)
    return asked


@pytest.mark.parametrize("length", [True, False])
def test_download_reports_progress(cache, published, monkeypatch, length, capfd):
    asked = answers(monkeypatch, lambda: Answer(published.content, length=length))
    seen = []
    model = load("squeezenet1_1", download=True, progress=lambda done, total: seen.append((done, total)))
    total = len(published.content) if length else pretrained.download_size("squeezenet1_1")
    assert len(seen) > 2 and seen == sorted(seen) and seen[-1] == (len(published.content), total)
    assert [file.name for file in cache.iterdir()] == [published.url.rsplit("/")[-1]]
    assert torch.equal(model.network.classifier[1].weight, load("squeezenet1_1").network.classifier[1].weight)
    assert asked == [published.url]  # the second time from the cache
    assert capfd.readouterr().err == ""


def test_download_shows_a_bar_otherwise(cache, published, monkeypatch, capfd):
    answers(monkeypatch, lambda: Answer(published.content))
    load("squeezenet1_1", download=True)
    assert "100%" in capfd.readouterr().err


def test_threads_download_once(cache, published, monkeypatch):
    def slow():
        time.sleep(0.2)
        return Answer(published.content)

    asked = answers(monkeypatch, slow)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: load("squeezenet1_1", download=True, progress=print), range(4)))
    assert len(asked) == 1


FAILURES = {
    "no network": lambda content: urllib.error.URLError("Name or service not known"),
    "not there": lambda content: urllib.error.HTTPError("https://example.org", 404, "Not Found", {}, None),
    "breaks": lambda content: Answer(content, breaks=TimeoutError("timed out")),
    "ends early": lambda content: Answer(content[:-1000]),
    "other content": lambda content: Answer(b"<html>sign in to this network first</html>"),
}


@pytest.mark.parametrize("failure", FAILURES)
def test_failed_download_leaves_nothing_and_says_what_to_do(cache, published, monkeypatch, failure):
    def make():
        answer = FAILURES[failure](published.content)
        if isinstance(answer, Exception):
            raise answer
        return answer

    answers(monkeypatch, make)
    with pytest.raises(WeightsNotFound) as caught:
        load("squeezenet1_1", download=True, progress=lambda done, total: None)
    assert_sentence(caught.value, published.url, str(cache), "by hand")
    assert list(cache.iterdir()) == []
    assert not pretrained.is_available("squeezenet1_1")


def test_a_stopped_download_leaves_nothing(cache, published, monkeypatch):
    def stop(done, total):
        raise KeyboardInterrupt

    answers(monkeypatch, lambda: Answer(published.content))
    with pytest.raises(KeyboardInterrupt):
        load("squeezenet1_1", download=True, progress=stop)
    assert list(cache.iterdir()) == []
    assert not pretrained._ONE_DOWNLOAD.locked()


def test_a_cache_that_cannot_be_written(tmp_path, published, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "file"))
    monkeypatch.setattr(torch.hub, "_hub_dir", None)
    answers(monkeypatch, lambda: Answer(published.content))
    with pytest.raises(WeightsNotFound) as caught:
        load("squeezenet1_1", download=True)
    assert_sentence(caught.value, "by hand")


# torchvision beside another build of torch


def test_torchvision_is_imported_only_when_needed_and_from_any_thread():
    program = """
import sys, threading
import data.photographs, data.pretrained
assert "torchvision" not in sys.modules
def work():
    from data.vision import torchvision
    found.append(torchvision.models.squeezenet1_1)
found = []
threads = [threading.Thread(target=work) for _ in range(4)]
[t.start() for t in threads]
[t.join() for t in threads]
assert len(found) == 4 and len(set(found)) == 1
"""
    subprocess.run([sys.executable, "-c", program], check=True, cwd=Path(__file__).parents[3], timeout=120)


# Real weights on real photographs


@pytest.mark.real
def test_squeezenet_names_real_photographs(real_squeezenet, real_photographs):
    x, classes = real_photographs
    with torch.no_grad():
        top = torch.cat([real_squeezenet(batch).argmax(1) for batch in x.split(25)])
    assert len(x) == 75 and (top == classes).sum() >= 45
