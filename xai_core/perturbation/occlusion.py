"""Occlusion: cover one window after the other, and see how far the score falls (Zeiler & Fergus 2014, §4.2).

    A_i = mean over the windows W that cover pixel i of   F(x) − F(x with W filled)                [Zeiler2014, §4.2]

Units: of the score. What to look at: blue places, where the score *rises* once they are covered; and the window's size:
two halves of the thing that matters can stand in for each other, and neither window alone shows it.

The oldest and plainest way to ask a network: what if this were not there? It needs no gradient, and no random number.
"""

from collections.abc import Iterator
from itertools import product
from typing import Annotated

import torch
from torch import Tensor

from xai_core import symbols
from xai_core.perturbation.superpixels import filling
from xai_core.precision import wide
from xai_core.score import ScoreFunction, forward, rows_at_once
from xai_core.stages import Method
from xai_core.symbols import Fill, Symbol

Window = Annotated[
    int | None,
    Symbol("window", "w", "side of the window that is covered", "pixels", low=1, high=64, step=1, least=1, whole=True,
           optional=True),
]  # fmt: skip
Stride = Annotated[
    int | None,
    Symbol("stride", "s", "distance from window to window", "pixels", low=1, high=64, step=1, least=1, whole=True,
           optional=True),
]  # fmt: skip


def occlusion(
    f: ScoreFunction,
    x: Tensor,
    window: Window = None,
    stride: Stride = None,
    fill: Fill = "grey",
) -> Tensor:
    """Occlusion: (N, C, H, W) → (N, 1, H, W); other data (N, …) → (N, …).

    window: side in pixels; None for an eighth of the shorter side (one number of other data).
    stride: from window to window; None for half a window. The last window ends at the border, wherever that is.
    fill: "mean" is the window's own. In units of the score; [Zeiler2014, §4.2]. Costs a forward pass a window, and one
        more.
    Raises TypeError or ValueError for a window, stride or fill that is not allowed. A stride above the window is not:
    it would leave places that no window covers.

    Examples:
        A linear F, windows of one number, "off" 0: each number brings its own summand.

        >>> import torch, xai_core
        >>> xai_core.occlusion(lambda x: 3 * x[:, 0] - 2 * x[:, 1], torch.ones(1, 3), fill="black")
        tensor([[ 3., -2.,  0.]])
    """
    x = x.detach()
    image = x.dim() == 4
    places = x.shape[2:] if image else x.shape[1:]
    window, stride = _sizes(places, image, window, stride)
    constant = None if isinstance(fill, str) and fill == "mean" else _constant(x, fill)
    whole = forward(f, x)  # F(x), (N,)
    total = torch.zeros(len(x), *places, dtype=torch.double, device=x.device)
    count = torch.zeros(places, dtype=torch.double, device=x.device)
    for part in _in_parts(windows(places, window, stride), max(1, rows_at_once(x) // len(x))):
        covered = torch.zeros(len(part), *places, dtype=torch.bool, device=x.device)
        for mask, where in zip(covered, part, strict=True):
            mask[where] = True
        W = covered[:, None, None] if image else covered[:, None]  # one window for all images and channels
        filled = torch.where(W, _own_mean(x, W) if constant is None else constant, x)  # (w, N, …)
        falls = whole - forward(f, filled.flatten(0, 1)).view(len(part), len(x))
        total += torch.einsum("wn,w...->n...", falls.double(), covered.double())
        count += covered.sum(0)
    A = (total / count).to(x)
    return A[:, None] if image else A


def _sizes(places: torch.Size, image: bool, window: int | None, stride: int | None) -> tuple[int, int]:
    """Window and stride, checked, where None chose them by rule."""
    symbols.check(occlusion, window=window, stride=stride)
    window = (max(1, min(places) // 8) if image else 1) if window is None else window
    stride = max(1, window // 2) if stride is None else stride
    if stride > window:
        raise ValueError(f"stride must be at most the window, {window}, or places stay uncovered; got {stride}")
    return window, stride


def windows(places: torch.Size, window: int, stride: int) -> list[tuple[slice, ...]]:
    """Where each window lies: one slice a dimension. The last one of a row ends at the border."""
    starts = []
    for side in places:
        last = max(0, side - window)
        starts.append([*range(0, last, stride), last])
    return [tuple(slice(start, start + window) for start in corner) for corner in product(*starts)]


def _in_parts(items: list, few: int) -> Iterator[list]:
    for start in range(0, len(items), few):
        yield items[start : start + few]


def _constant(x: Tensor, fill: str | Tensor) -> Tensor:
    everywhere = torch.zeros(x.shape[2:] if x.dim() == 4 else x.shape[1:], dtype=torch.long, device="cpu")
    off = torch.cat([filling(each, everywhere, fill) for each in x.split(1)])
    if len(off) != len(x):
        raise ValueError(f"fill must be one input for occlusion; got {len(off) // len(x)} rows")
    return off


def _own_mean(x: Tensor, W: Tensor) -> Tensor:
    """The mean colour inside each window: (w, N, C, 1, 1), or (w, N, 1, …)."""
    over = tuple(range(3, x.dim() + 1)) if x.dim() == 4 else tuple(range(2, x.dim() + 1))
    return ((x * W).sum(over, keepdim=True, dtype=wide(x)) / W.sum(over, keepdim=True)).to(x)


ROWS = (
    Method(
        occlusion,
        title="Occlusion",
        family="perturbation",
        paper="Zeiler & Fergus 2014",
        equation=r"A_i = \text{mean over the windows } W \ni i \text{ of }"
        r" F_c(x) - F_c(x \text{ with } W \text{ filled})",
        cost="windows + 1",
        needs="answers",
    ),
)
