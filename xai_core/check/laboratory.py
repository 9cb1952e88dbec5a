"""The laboratory: small networks about which all is known, and a function of yours run on them as its author wrote it.

    network        two convolutions with softplus, or ReLU for its rules; the mean over all places, a linear layer
    twin           the same function in other layers              blind       the same, which never reads the left half
    mixed          F + 2G of two networks

All have 4 classes and a seed, and are small enough for a thousand passes in a second.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn

from xai_core.guarded import as_map, kept_settings, told, with_own_weights
from xai_core.network.answers import checking
from xai_core.registry import written
from xai_core.score import Score, make_score
from xai_core.stages import Method, Stages, like

SIDE, CLASSES = 16, 4
# Seeds: F has a slope at both ends of a way, a sum of six points is far from the integral, and one of sixty near it.
NETWORK, OTHER = 248, 43
HALF, BETA = SIDE // 2, 10.0
SAME = 1e-3  # of the largest number: what another order of sums may change


class Small(nn.Module):
    """The network. blind: it never reads the left half of a picture.

    smooth: softplus for ReLU. At a kink, a gradient in a batch and alone may differ, and so may two processors.
    """

    def __init__(self, seed: int, blind: bool = False, smooth: bool = True) -> None:
        super().__init__()
        draw = torch.Generator().manual_seed(seed)
        self.first, self.second = nn.Conv2d(3, 6, 3, padding=1), nn.Conv2d(6, 8, 3, padding=1)
        self.head, self.bend = nn.Linear(8, CLASSES), nn.Softplus(beta=BETA) if smooth else nn.ReLU()
        self.blind = blind
        for parameter, size in zip(self.parameters(), (0.5, 0.2, 0.4, 0.1, 1.0, 0.3), strict=True):
            parameter.data = size * torch.randn(parameter.shape, generator=draw)

    def forward(self, x: Tensor) -> Tensor:
        """Logits (N, 4)."""
        if self.blind:
            x = torch.cat([x[..., :HALF] * 0, x[..., HALF:]], -1)
        h = self.bend(self.first(x))
        h = self.bend(self.second(h))
        return self.head(h.mean((2, 3)))


class Twin(nn.Module):
    """The same function as a network's: each channel is there twice, and what bends is written out."""

    def __init__(self, net: Small) -> None:
        super().__init__()
        self.net, self.smooth = net, isinstance(net.bend, nn.Softplus)
        self.first, self.second = nn.Conv2d(3, 12, 3, padding=1), nn.Conv2d(12, 8, 3, padding=1)
        self.first.load_state_dict({name: torch.cat([each, each]) for name, each in net.first.state_dict().items()})
        both = net.second.state_dict()
        self.second.load_state_dict(both | {"weight": torch.cat([0.3 * both["weight"], 0.7 * both["weight"]], 1)})

    def forward(self, x: Tensor) -> Tensor:
        """Logits (N, 4), those of the network."""
        for layer in (self.first, self.second):
            x = layer(x)
            x, z = (x + x.abs()) / 2, x.abs()
            if self.smooth:
                x = x + torch.log1p(torch.exp(-BETA * z)) / BETA
        return self.net.head(x.mean((2, 3)))


class Mixed(nn.Module):
    """The logits F + 2G."""

    def __init__(self, f: nn.Module, g: nn.Module) -> None:
        super().__init__()
        self.f, self.g = f, g

    def forward(self, x: Tensor) -> Tensor:
        """Logits (N, 4)."""
        return self.f(x) + 2 * self.g(x)


class Stopped(Exception):
    """The function has raised, or returned no map; the words are for its author."""


@dataclass(frozen=True, eq=False)
class Laboratory:
    """A method of yours, and what it is tried on. given: its keywords, where they are not its defaults."""

    row: Method
    reference: Method | None
    given: dict[str, Any] = field(default_factory=dict)

    @property
    def smooth(self) -> bool:
        """Whether the networks have no kink; for rules of ReLUs they have."""
        return self.reference is None or self.reference.needs != "inside"

    @cached_property
    def function(self) -> Callable[..., Any]:
        """As it was written."""
        return written(self.row)

    @cached_property
    def network(self) -> Small:
        """F."""
        return Small(NETWORK, smooth=self.smooth)

    @cached_property
    def other(self) -> Small:
        """G."""
        return Small(OTHER, smooth=self.smooth)

    @cached_property
    def x(self) -> Tensor:
        """Three pictures, (3, 3, 16, 16), no number of which is 0, ½ or 1."""
        draw = torch.Generator().manual_seed(2)
        blocks = torch.rand(3, 3, 4, 4, generator=draw).repeat_interleave(4, 2).repeat_interleave(4, 3)
        return 0.1 + 0.6 * blocks + 0.2 * torch.rand(3, 3, SIDE, SIDE, generator=draw)

    @cached_property
    def said(self) -> int:
        """The class that the network says of the first picture."""
        return int(self.network(self.x[:1]).argmax())

    @cached_property
    def target(self) -> int:
        """The class that is explained: not the one that the network says."""
        return (self.said + 1) % CLASSES

    def score(self, model: nn.Module, x: Tensor, target: Any = None, output: str = "") -> Score:
        """F as the function gets it, on a network that nobody else has."""
        target = self.target if target is None else target
        made = with_own_weights(make_score(model, x, target, output or self.row.output))
        assert isinstance(made, Score)
        return made

    def map(self, model: nn.Module | None = None, x: Tensor | None = None, target: Any = None, output: str = "",
            **given: Any) -> Tensor:  # fmt: skip
        """Your map, spread over the channels. Raises Stopped with the words of what went wrong."""
        x = self.x[:1] if x is None else x
        return like(self.raw(self.score(model or self.network, x, target, output), x, **given), x)

    def raw(self, f: Score, x: Tensor, **given: Any) -> Tensor:
        """Your map as it was returned. Raises Stopped."""
        with kept_settings(), torch.enable_grad():
            try:
                A = self.function(f, x.detach().clone(), **self.given | given)
            except Exception as error:
                raise Stopped(f"It stopped with {told(error, self.function)}{_likely(error)}") from error
        try:
            return as_map(A, x, self.row.name)
        except (TypeError, ValueError) as error:
            raise Stopped(str(error)) from error

    def expected(self, model: nn.Module | None = None, x: Tensor | None = None, target: Any = None, output: str = "",
                 row: Method | None = None, **given: Any) -> Tensor:  # fmt: skip
        """The reference's map, with those of your symbols that it has. row: another method in its place."""
        row = row or self.reference
        assert row is not None
        x = self.x[:1] if x is None else x
        f = make_score(model or self.network, x, self.target if target is None else target, output or self.row.output)
        return like(row.function(replace(f, own=True), x, **self.settings(row, **given)), x)

    def settings(self, row: Method, **given: Any) -> dict[str, Any]:
        """Your symbols that another method has, too, as you have them."""
        ours, theirs = ({**r.symbols, **r.options} for r in (self.row, row))
        shared = {n for n in ours if n in theirs and type(ours[n]) is type(theirs[n])} | {"seed"}
        mine = {**self.row.defaults, **self.given, **given}
        return {n: value for n, value in mine.items() if n in shared and n in row.defaults}

    def stages(self, row: Method | None = None, target: int | None = None) -> Stages:
        """The stages of your row for one picture, or those of another method with your symbols."""
        x = self.x[:1]
        f = make_score(self.network, x, self.target if target is None else target, self.row.output)
        return Stages(row or self.row, f, x, self.settings(row) if row else self.given)

    def points(self) -> Tensor:
        """Where the network was asked for one map, in order: (n, 3, 16, 16)."""
        f, found = self.score(self.network, self.x[:1]), list[Tensor]()

        def note(module: nn.Module, inputs: tuple) -> None:
            if not checking.get():
                found.append(inputs[0].detach().clone())

        f.model.register_forward_pre_hook(note)
        self.raw(f, self.x[:1])
        return torch.cat(found) if found else self.x[:0]


def off(A: Tensor, B: Tensor) -> float:
    """How far two maps are apart, as a share of the larger one's largest number; 0 where both are 0."""
    top = max(float(A.abs().max()), float(B.abs().max()))
    return float((A - B).abs().max()) / top if top else 0.0


def _likely(error: Exception) -> str:
    """What is likely wrong where torch's own words are not a student's."""
    words = str(error)
    if "does not require grad" in words:
        return ". Begin with x = x.clone().requires_grad_(), outside of torch.no_grad() and without detach()"
    if "not have been used in the graph" in words:
        return ". The gradient is asked for a tensor that f was not given: hand the same one to f and to grad"
    return ""
