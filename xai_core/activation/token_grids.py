"""Token grids: where on the picture is a number of a layer's output?

    convolutional network   (N, K, h, w)    channels first
    Swin                    (N, h, w, K)    channels last                                       Liu et al. 2021
    ViT                     (N, L, K)       tokens, row by row, and p before them or behind     Dosovitskiy et al. 2021
                                            that have no place (class token, registers): L = h·w + p

Shapes alone cannot tell: (N, 8, 8, 8) fits two of the three, and 197 tokens may be 14 · 14 + 1 or 13 · 13 + 28. So it
is found from what the network does. A linear layer or a layer normalisation has its channels on the last axis. Which
token is which patch shows when one patch is changed where the picture is cut. What cannot be told is an error, never a
guess.
What to look at: `Grid.maps` makes (N, K, h, w) of all three; `TokenGrids.of` decides which one it is.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from math import prod

import torch
from torch import Tensor, nn

from xai_core.activation.features import CONVOLUTIONS, Seen, attends, first_tensor
from xai_core.network.private_copy import private_copy
from xai_core.score import Score

CHANNELS_FIRST = (*CONVOLUTIONS, nn.modules.batchnorm._BatchNorm)


@dataclass(frozen=True)
class Grid:
    """How a layer's output is read as a map of places."""

    layout: str  # "channels first", "channels last" or "tokens"
    places: tuple[int, ...]  # (h, w); one or three numbers where the input has as many axes
    first: int = 0  # the token of the first patch

    def maps(self, features: Tensor) -> Tensor:
        """(n, …) as the layer gave it → (n, K, h, w)."""
        if self.layout == "channels first":
            return features
        if self.layout == "channels last":
            return features.movedim(-1, 1)
        patches = features[:, self.first : self.first + prod(self.places)]  # (n, h·w, K)
        return patches.transpose(1, 2).unflatten(2, self.places)


class TokenGrids:
    """What the layers of one network say of their layouts. `of` answers for each.

    seen: from `listening.observe`, all modules that took part in F(x[:1]).
    """

    def __init__(self, f: Score, x: Tensor, seen: Sequence[Seen]) -> None:
        self.f, self.x, self.seen = f, x, seen
        cuts = [s for s in seen if isinstance(s.module, CONVOLUTIONS) and prod(s.shape[2:]) > 1]
        last = [s for s in seen if _acts_on_the_last_axis(s)]
        self.cut = cuts[-1] if cuts else None  # in a transformer: what cuts the picture into patches
        self.known = {s.shape[2:] for s in cuts} | {s.shape[1:3] for s in last}  # grids of which the layout is certain
        self.plain = not last and not any(attends(s.module) for s in seen)  # channels first everywhere
        self.found: dict[int, Grid | None] = {}

    def of(self, layer: Seen) -> Grid:
        """The layer's grid. Raises ValueError, naming the layer and its shape, if it has none or it cannot be told."""
        name = layer.name
        while layer.inside:  # a container gives what its last module gave, and that one's kind may tell
            layer = next(s for s in self.seen if s.name == layer.inside)
        shape = layer.shape
        gives = f"{name!r} gives {shape} for this x"
        if self.x.dim() == 4 and len(shape) == 3 and shape[0] == 1 and not self.plain:
            if grid := self.tokens(shape[1]):
                return grid
            raise ValueError(
                f"layer must give a feature map, (N, h, w, K) or (N, tokens, K); {gives}, and which of these"
                f" {shape[1]} tokens is which patch cannot be told"
            )
        first, last = Grid("channels first", shape[2:]), Grid("channels last", shape[1:-1])
        fits = [grid for grid in (first, last) if self.plain or grid.places in self.known]
        if self.plain or isinstance(layer.module, CHANNELS_FIRST):
            fits = [first]
        elif _acts_on_the_last_axis(layer):
            fits = [last]
        if len(shape) != self.x.dim() or not fits or prod(fits[0].places) < 2:
            raise ValueError(f"layer must give a feature map (N, K, h, w); {gives}")
        if len(fits) == 2:
            raise ValueError(
                f"layer must give a map of which the layout can be told; {gives}, which may be (N, K, h, w) as well as"
                " (N, h, w, K). Name the normalisation or the convolution beside it"
            )
        return fits[0]

    def tokens(self, L: int) -> Grid | None:
        """The grid of L tokens, or None if it cannot be told."""
        if L not in self.found:
            self.found[L] = self._watched(L) or self._merged(L)
        return self.found[L]

    def _watched(self, L: int) -> Grid | None:
        """Change one patch after the other, and see which token moves where a layer first takes or gives L of them."""
        at = next((s for s in self.seen if any(len(t) == 3 and t[:2] == (1, L) for t in (s.took, s.shape))), None)
        for h, w in self._cuts(L):
            if at is None:
                break
            corners = [(0, 0), (0, w - 1), (h - 1, 0), (h - 1, w - 1)]
            moved = self._moved(at, L, (h, w), corners)
            first = moved[0][0] if moved[0] else 0
            if moved == [[first + i * w + j] for i, j in corners]:
                return Grid("tokens", (h, w), first)
        return None

    def _merged(self, L: int) -> Grid | None:
        """Patches merged 2 × 2, once or several times, as in Swin: the grid halved, and nothing but patches."""
        if self.cut is None or prod(self.cut.shape[2:]) <= L or not self.tokens(prod(self.cut.shape[2:])):
            return None
        places = self.cut.shape[2:]
        while prod(places) > max(L, 1):
            places = tuple(-(-side // 2) for side in places)
        return Grid("tokens", places) if prod(places) == L else None

    def _cuts(self, L: int) -> Iterator[tuple[int, int]]:
        """Grids that L tokens may be: the convolution's, or without one each cut into equal squares, fine to coarse."""
        if self.cut:
            h, w = self.cut.shape[2:]
            if h * w <= L:
                yield h, w
            return
        H, W = self.x.shape[2:]
        for side in range(1, min(H, W) + 1):
            if H % side == W % side == 0 and 1 < (H // side) * (W // side) <= L:
                yield H // side, W // side

    def _moved(self, at: Seen, L: int, grid: tuple[int, int], patches: list[tuple[int, int]]) -> list[list[int]]:
        """For each patch, which of the L tokens that `at` takes or gives move when it does.

        Each changed picture goes alone, and only as far as `at`. So it costs little, and is right for every network.
        """
        model = private_copy(self.f.model)
        modules, f = dict(model.named_modules()), replace(self.f, model=model, target=self.f.target[:1])
        before = at.took[:2] == (1, L)

        def stop(module: nn.Module, inputs: tuple, output: object = None) -> None:
            raise _Stopped(first_tensor(inputs if before else output))

        (modules[at.name].register_forward_pre_hook if before else modules[at.name].register_forward_hook)(stop)

        def tokens(change: Callable[[Tensor], Tensor]) -> Tensor:
            x = self.x[:1].detach()
            cut: AbstractContextManager = nullcontext()
            if self.cut:
                cut = modules[self.cut.name].register_forward_hook(lambda module, inputs, output: change(output))
            try:
                with torch.no_grad(), cut:
                    f(x if self.cut else change(x))
            except _Stopped as stopped:
                return stopped.args[0]  # (1, L, K)
            raise AssertionError(f"{at.name!r} took part before, and did not now")

        whole = tokens(lambda given: given)
        if whole.shape[:2] != (1, L):  # it only seemed so, in a pass of many rows
            return [[] for _ in patches]
        changed = (tokens(partial(_one_patch, grid=grid, place=place)) for place in patches)
        return [(each != whole).any(2)[0].nonzero().flatten().tolist() for each in changed]


def _one_patch(given: Tensor, grid: tuple[int, int], place: tuple[int, int]) -> Tensor:
    """The picture, or its map, with other numbers in one patch of the grid: (1, C, H, W) → (1, C, H, W)."""
    (i, j), high, wide = place, given.shape[2] // grid[0], given.shape[3] // grid[1]
    given = given.clone()
    # Not by the same number in all channels: a normalisation would take that out again.
    step = torch.linspace(1, 2, given.shape[1], device="cpu").to(given)[:, None, None]
    given[0, :, i * high : (i + 1) * high, j * wide : (j + 1) * wide] += step
    return given


class _Stopped(Exception):
    """Ends a pass through the network where all that was to be seen has been seen."""


def _acts_on_the_last_axis(s: Seen) -> bool:
    """A linear layer or a layer normalisation of a map: its channels are where its weights are."""
    if len(s.shape) != 4 or "2d" in type(s.module).__name__.lower():  # torchvision's LayerNorm2d turns the axes itself
        return False
    if isinstance(s.module, nn.Linear):
        return s.module.out_features == s.shape[-1]
    return isinstance(s.module, nn.LayerNorm) and tuple(s.module.normalized_shape) == s.shape[-1:]
