"""torchvision's ImageNet classifiers, with pixels in [0, 1] as their input.

    p = softmax(network((x - mean) / std))

The normalisation (mean and std, as published with the weights) is the network's first layer, so "black" is black and
a step ε is in pixel units. Weights come from torch's cache, `torch.hub.get_dir()/checkpoints` (moved with TORCH_HOME),
and are downloaded only when asked for.

    model = load("squeezenet1_1", download=True)
    x = photographs.bundled("cat", **geometry("squeezenet1_1"))   # (3, 224, 224)
    class_names("squeezenet1_1")[model(x[None]).argmax()]         # 'tiger cat'
"""

import hashlib
import os
import tempfile
import threading
import urllib.request
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path
from typing import Any, TypedDict

import torch
from torch import nn
from torch.overrides import TorchFunctionMode
from tqdm import tqdm

NAMES = (
    "resnet18",
    "efficientnet_v2_s",
    "convnext_tiny",
    "vgg16_bn",
    "vit_b_16",
    "swin_t",
    "squeezenet1_1",
    "mobilenet_v3_small",
)

_TIMEOUT = 30  # seconds without a byte before a download gives up
_CHUNK = 1 << 18  # bytes between two reports of progress
_ONE_DOWNLOAD = threading.Lock()


class WeightsNotFound(RuntimeError):
    """torch's cache holds no usable file of weights, and none could be fetched; the message says what to do."""


class Geometry(TypedDict):
    """How a network expects photographs to be cut: the keyword arguments of `photographs.open_photograph`."""

    size: int  # side of the centred crop, pixels
    resize: int  # short side before cropping, pixels
    interpolation: str  # "bilinear" or "bicubic"


class Normalise(nn.Module):
    """Pixels (N, C, H, W) in [0, 1] → (x - mean) / std, one mean and std a channel, or one for all."""

    def __init__(self, mean: list[float], std: list[float]) -> None:
        super().__init__()
        # Not persistent: a state dict holds what was learnt, and these belong to the architecture's recipe.
        self.register_buffer("mean", torch.tensor(mean).view(-1, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(std).view(-1, 1, 1), persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return (x - self.mean) / self.std


class Normalised(nn.Module):
    """Pixels (N, C, H, W) in [0, 1] → logits (N, classes): `.normalise`, then a module in `.network`."""

    def __init__(self, network: nn.Module, mean: list[float], std: list[float]) -> None:
        super().__init__()
        self.normalise = Normalise(mean, std)
        self.network = network

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.network(self.normalise(x))


def load(
    name: str,
    *,
    download: bool = False,
    progress: Callable[[int, int], object] | None = None,
    weights: bool = True,
) -> Normalised:
    """The classifier `name` of NAMES in evaluation mode: pixels (N, 3, H, W) in [0, 1] → logits (N, 1000).

    download: fetch the weights when torch's cache has none.
    progress: called with (done_bytes, total_bytes) as they arrive; without it a bar is shown on stderr.
    weights: False gives random weights, the same on each call; torch's global random state is neither used nor moved.

    Raises ValueError for an unknown name, WeightsNotFound when the weights are missing, damaged or cannot be fetched.
    """
    from data.vision import torchvision

    recipe = _weights(name).transforms()
    if weights:
        path = weights_file(name)
        if not path.is_file():
            if not download:
                raise WeightsNotFound(
                    f"The weights of {name} ({path.name}, {_megabytes(name)}) are not in {path.parent}: "
                    f'fetch them once with data.pretrained.load("{name}", download=True), '
                    f"or put the file from {_weights(name).url} there by hand."
                )
            _download(name, path, progress)
        # On the meta device nothing is drawn at random and nothing allocated, only to be overwritten by the file.
        with torch.device("meta"):
            network = torchvision.models.get_model(name)
        try:
            network.load_state_dict(torch.load(path, map_location="cpu", weights_only=True), assign=True)
        except Exception as error:  # a damaged file ends in any of a dozen errors of pickle, zipfile or torch
            raise WeightsNotFound(
                f"{path} does not hold the weights of {name}: delete it, then fetch it again with "
                f'data.pretrained.load("{name}", download=True).'
            ) from error
    else:
        with _OwnRandomNumbers(seed=0):
            network = torchvision.models.get_model(name)
    return Normalised(network, recipe.mean, recipe.std).eval()


def is_available(name: str) -> bool:
    """Whether the weights of `name` are in torch's cache already, so that `load(name)` needs no network.

    Raises ValueError for a name that is none of NAMES.
    """
    return weights_file(name).is_file()


def weights_file(name: str) -> Path:
    """Where torch's cache keeps the weights of `name`; the file need not exist.

    Raises ValueError for a name that is none of NAMES.
    """
    return Path(torch.hub.get_dir(), "checkpoints", Path(_weights(name).url).name)


def download_size(name: str) -> int:
    """Bytes to download for `name`, to within a kilobyte (torchvision publishes thousandths of a MiB).

    Raises ValueError for a name that is none of NAMES.
    """
    return round(_weights(name).meta["_file_size"] * 2**20)


def class_names(name: str) -> tuple[str, ...]:
    """The 1000 names of the classes, in the order of the logits.

    Raises ValueError for a name that is none of NAMES.
    """
    return tuple(_weights(name).meta["categories"])


def input_size(name: str) -> int:
    """Side in pixels of the square picture that `name` was evaluated on.

    Raises ValueError for a name that is none of NAMES.
    """
    return geometry(name)["size"]


def geometry(name: str) -> Geometry:
    """How to cut photographs for `name`: `photographs.open_photograph(source, **geometry(name))`.

    Sizes in pixels. Raises ValueError for a name that is none of NAMES.
    """
    recipe = _weights(name).transforms()
    return {"size": recipe.crop_size[0], "resize": recipe.resize_size[0], "interpolation": recipe.interpolation.value}


def _weights(name: str) -> Any:
    """torchvision's enum member for the default weights of `name`: url, transforms and metadata."""
    if name not in NAMES:
        raise ValueError(f"name={name!r} is not a pretrained network; allowed are {', '.join(NAMES)}.")
    from data.vision import torchvision

    return torchvision.models.get_model_weights(name).DEFAULT


def _megabytes(name: str) -> str:
    return f"{download_size(name) / 1e6:.0f} MB"


def _download(name: str, path: Path, progress: Callable[[int, int], object] | None) -> None:
    """Fetch the weights of `name` into `path`, which appears only when complete and with the published checksum."""
    url = _weights(name).url
    checksum = torch.hub.HASH_REGEX.search(path.name).group(1)  # the first digits of SHA-256 are in the file's name
    with _ONE_DOWNLOAD:
        if path.is_file():  # another thread fetched it while this one waited
            return
        partial = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with (
                urllib.request.urlopen(url, timeout=_TIMEOUT) as answer,
                tempfile.NamedTemporaryFile(dir=path.parent, suffix=".partial", delete=False) as file,
            ):
                partial = Path(file.name)
                total = int(answer.headers.get("Content-Length") or download_size(name))
                _copy(answer, file, total, progress, label=path.name)
            with partial.open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
            if not found.startswith(checksum):
                raise OSError(f"its SHA-256 starts with {found[: len(checksum)]}, not {checksum}")
            partial.chmod(0o644)  # temporary files are private, a cache is not
            os.replace(partial, path)
        except (OSError, HTTPException) as error:
            raise WeightsNotFound(
                f"The weights of {name} could not be downloaded ({error}): with a network, try again; without one, "
                f"put {path.name} ({_megabytes(name)}) from {url} into {path.parent} by hand."
            ) from error
        finally:
            if partial is not None:
                partial.unlink(missing_ok=True)


def _copy(answer: Any, file: Any, total: int, progress: Callable[[int, int], object] | None, label: str) -> None:
    """Copy the bytes of an HTTP answer into a file, reporting each chunk."""
    done = 0
    with tqdm(total=total, desc=label, unit="B", unit_scale=True, disable=progress is not None) as bar:
        while chunk := answer.read(_CHUNK):
            file.write(chunk)
            done += len(chunk)
            bar.update(len(chunk))
            if progress is not None:
                progress(done, total)


class _OwnRandomNumbers(TorchFunctionMode):
    """Gives every random draw in its block a generator of its own.

    torch's initialisers draw from one global generator. Saving and restoring that one would disturb other threads, and
    this mode belongs to its thread alone.
    """

    _DRAWS = frozenset({"normal_", "uniform_", "kaiming_uniform_"})  # all that torchvision's initialisers call

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.generator = torch.Generator().manual_seed(seed)

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        if func.__name__ in self._DRAWS and kwargs.get("generator") is None:
            kwargs["generator"] = self.generator
        return func(*args, **kwargs)
