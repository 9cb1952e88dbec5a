"""The networks that all are asked, and one question about each: the picture, the class, the layer, how many samples.

Samples and steps are few where a pass is long. What a call costs beyond its passes weighs the more then, so the ratios
are none too kind.
"""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor, nn

from data.drawn import zoo
from data.nets import networks, pretrained
from data.pictures import digits, photographs
from data.vision import torchvision  # noqa: F401  (once it is here, the peers that import it find it)
from xai_core.path.expected_gradients import reference_set
from xai_core.perturbation.superpixels import superpixels
from xai_core.score import rows_at_once


@dataclass(frozen=True, eq=False)
class Question:
    """One picture, one network, class 0."""

    name: str
    model: nn.Module  # logits, frozen, in evaluation mode
    x: Tensor  # (1, C, H, W)
    layer: str  # at which Grad-CAM is read
    samples: int  # masks of LIME, KernelSHAP and RISE
    copies: int  # noisy copies, and pairs of Expected Gradients
    B: int  # steps along a path
    T: int  # steps of matching, and most steps of an attack
    K: int  # rival classes
    window: int  # side of what occlusion covers; the stride is half of it

    def pictures(self, rows: int) -> Tensor:
        """x and darker copies of it, (rows, C, H, W): they differ from each other, as pictures do."""
        return torch.cat([self.x * (1 - 0.05 * k) for k in range(rows)])

    @property
    def stride(self) -> int:
        return self.window // 2

    @property
    def at_once(self) -> int:
        """Rows in one pass, for the peers that let one choose."""
        return rows_at_once(self.x)

    @cached_property
    def segments(self) -> Tensor:
        """The superpixels that everybody gets, (H, W)."""
        return superpixels(self.x)

    @cached_property
    def references(self) -> Tensor:
        """The inputs that Expected Gradients compares x with, (N₀, C, H, W)."""
        return reference_set(self.x)

    @property
    def relus(self) -> bool:
        return any(isinstance(module, nn.ReLU) for module in self.model.modules())

    def copy(self) -> nn.Module:
        """The network for a peer that may leave hooks or other modules on it."""
        return deepcopy(self.model)


def _of_photographs(name: str, layer: str, **sizes: int) -> Question:
    model, x = pretrained.load(name, weights=False), photographs.bundled("cat", **pretrained.geometry(name))[None]
    if name == "vit_b_16":  # torchvision starts its head at 0, and then every slope is 0
        chance = torch.Generator().manual_seed(0)
        model.network.heads.head.weight.data.normal_(std=0.02, generator=chance)
    return Question(name, model.requires_grad_(False), x, layer, **sizes)


LOADERS: dict[str, Callable[[], Question]] = {
    "digits": lambda: Question(
        "digits", networks.load("digits").requires_grad_(False), digits.digits()[0][:1], "block2.1",
        samples=1000, copies=50, B=30, T=10, K=3, window=2,
    ),
    "zoo": lambda: Question(
        "zoo", networks.load("zoo").requires_grad_(False), zoo.draw("elephant", 0).image[None], "blocks",
        samples=250, copies=50, B=30, T=10, K=3, window=16,
    ),
    "resnet18": lambda: _of_photographs(
        "resnet18", "network.layer4", samples=32, copies=8, B=8, T=4, K=2, window=64,
    ),
    "vit_b_16": lambda: _of_photographs(
        "vit_b_16", "network.encoder.layers.encoder_layer_11.ln_1", samples=6, copies=2, B=2, T=1, K=1, window=150,
    ),
}  # fmt: skip
