"""Small networks whose explanations are known, and ways to see whether somebody touched them."""

import hashlib
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from xai_core import catalogue
from xai_core.network.answers import checking

CLOSE = {"sobol": {"rtol": 1e-2, "atol": 1e-4}}  # a ratio of two variances of answers that hardly differ
# Settings under which each method of the catalogue takes milliseconds on a 16 × 16 image.
LITTLE = {"N": 4, "B": 4, "T": 3, "K": 2, "G": 2, "window": 4, "stride": 4, "segments": "grid"}
OWN = {"lime": {"N": 40, "K": 3}, "kernel_shap": {"N": 140}, "rise": {"N": 40}, "blur_ig": {"sigma": 2}}
QUICK = {  # settings that cost little, for every method that the catalogue will ever have
    name: {k: v for k, v in LITTLE.items() if k in row.defaults} | OWN.get(name, {})
    for name, row in catalogue().items()
}


def seeded(build: Callable[..., Any], *args: Any, seed: int = 0, **kwargs: Any) -> Any:
    """What `build` makes after `torch.manual_seed(seed)`; the global generator goes on as if nothing had happened."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return build(*args, **kwargs)


def images(n: int = 2, channels: int = 3, side: int = 16, seed: int = 0) -> Tensor:
    return torch.rand(n, channels, side, side, generator=torch.Generator().manual_seed(seed))


def noted(kept: list, what: Any, x: Any = None) -> Any:
    """Appends `what` to a list unless the pass only checks the network, and counts for nothing; gives x back."""
    if not checking.get():
        kept.append(what)
    return x


class OneOutput(nn.Module):
    """A scalar function of each row, (N, …) → (N,), as a network with one class."""

    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x)[:, None]


def squares(side: int = 16, cells: int = 4) -> Tensor:
    """Integer labels of a grid of cells × cells squares."""
    place = torch.arange(side) * cells // side
    return place[:, None] * cells + place


def numbers(*shape: int, seed: int = 0, scale: float = 1.0) -> Tensor:
    return scale * torch.randn(*shape, dtype=torch.double, generator=torch.Generator().manual_seed(seed))


class Between(nn.Module):
    """linear → a step → linear, ten numbers to three classes, in double precision."""

    def __init__(self, step: Callable[[Tensor], Tensor], wide: int = 12) -> None:
        super().__init__()
        self.a, self.step = nn.Linear(10, 12), step
        self.b = nn.Linear(wide, 3)
        self.double()

    def forward(self, x: Tensor) -> Tensor:
        return self.b(self.step(self.a(x)))


class SmallCNN(nn.Module):
    """Two convolutions with batch norm, one ReLU module used twice, pooling, GAP, linear: 3 channels, 5 classes."""

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8)
        self.conv2, self.bn2 = nn.Conv2d(8, 12, 3, padding=1), nn.BatchNorm2d(12)
        self.relu = nn.ReLU(inplace)
        self.dropout = nn.Dropout(0.5)
        self.fc = nn.Linear(12, 5)
        self.fc.weight.data *= 4  # a spread of probabilities
        for bn in (self.bn1, self.bn2):
            bn.running_mean.normal_(0, 0.2)
            bn.running_var.uniform_(0.5, 1.5)

    def forward(self, x: Tensor) -> Tensor:
        h = F.max_pool2d(self.relu(self.bn1(self.conv1(x))), 2)
        h = self.relu(self.bn2(self.conv2(h)))
        return self.fc(self.dropout(h.mean((2, 3))))


class PlainCNN(nn.Module):
    """Like SmallCNN, of modules alone, each ReLU its own: the form that captum's hooks can follow. GAP, then linear."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 12, 3, padding=1), nn.ReLU()
        )
        self.pool, self.flatten, self.fc = nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(12, 5)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.flatten(self.pool(self.features(x))))


class MLP(nn.Module):
    """Two layers for rows of d numbers, smooth (tanh) or not (ReLU)."""

    def __init__(self, d: int = 5, hidden: int = 8, classes: int = 3, smooth: bool = True) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(d, hidden), nn.Linear(hidden, classes)
        self.smooth = smooth

    def forward(self, x: Tensor) -> Tensor:
        h = self.first(x)
        return self.second(h.tanh() if self.smooth else h.relu())


class Sequence1d(nn.Module):
    """A convolution over series (N, 2, L), ReLU, GAP, linear: 3 classes."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.relu, self.fc = nn.Conv1d(2, 6, 5, padding=2), nn.ReLU(), nn.Linear(6, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.relu(self.conv(x)).mean(2))


def linear(weight: Tensor, bias: Tensor | None = None) -> nn.Linear:
    """logits = W x + b with given numbers, in their type."""
    layer = nn.Linear(weight.shape[1], weight.shape[0], dtype=weight.dtype)
    layer.weight.data, layer.bias.data = weight.clone(), torch.zeros(len(weight), dtype=weight.dtype)
    if bias is not None:
        layer.bias.data = bias.clone()
    return layer


def fingerprint(*things: nn.Module | Tensor) -> list:
    """All that a method might touch of networks and tensors: bytes, gradients, flags, modes, hooks, attributes."""
    return [_of_module(t) if isinstance(t, nn.Module) else _of_tensor(t) for t in things]


def _of_tensor(t: Tensor | None) -> tuple | None:
    if t is None:
        return None
    version = None if t.is_inference() else t._version
    content = hashlib.sha256(t.detach().flatten().view(torch.uint8).numpy().tobytes()).hexdigest()
    return id(t), content, version, t.requires_grad, t.is_leaf, t.stride(), id(t.grad), _of_tensor(t.grad)


def _of_module(model: nn.Module) -> list:
    found = []
    for name, module in model.named_modules():
        own = vars(module)
        hooks = {key: list(value) for key, value in own.items() if "hooks" in key and value is not None}
        tensors = {key: _of_tensor(t) for key, t in own["_parameters"].items()}
        tensors |= {key: _of_tensor(t) for key, t in own["_buffers"].items()}
        found.append((name, type(module), module.training, hooks, tensors, sorted(own)))
    return found
