"""The neighbourhood of an input: switch some of its features off, and ask the network again.

    z ∈ {0, 1}^M    a mask: which of the M features are on
    h(z)            the input with the others filled in: h(z) = z ⊙ x + (1 − z) ⊙ fill
    F(h(z))         what the network says to that

Features of an image are superpixels, regions of like colour; of other data, its numbers. Asking the network is the
whole cost and is done once, here. LIME, KernelSHAP and RISE are three ways to read the answers: linear algebra.
What to look at: the fill. "Off" means grey, blurred, or the region's mean; the explanation is relative to that choice.
"""

from dataclasses import dataclass

import numpy as np
import skimage.segmentation
import torch
from torch import Tensor

from xai_core import symbols
from xai_core.baselines import make_baseline
from xai_core.score import Score, ScoreFunction, rows_at_once
from xai_core.symbols import Fill, Samples, Segmentation

SUPERPIXELS = 50  # about how many SLIC makes
GRID = 8  # a grid of 8 × 8 squares


@dataclass(frozen=True)
class Neighbourhood:
    """Masked copies of one input and the network's answers. Row 0 is the input itself, nothing switched off."""

    segments: Tensor  # feature of each place, 0…M−1, shaped like one channel of the input
    masks: Tensor  # z, (N, M) bool
    scores: Tensor  # F(h(z)), (N, classes); one column if F is a plain function
    target: int  # the column that is explained
    fill: Tensor  # what stands where a feature is off, (1, …)

    @property
    def features(self) -> int:
        """M, the number of features."""
        return self.masks.shape[1]

    def paint(self, weights: Tensor) -> Tensor:
        """One number a feature onto the places it covers: (M,) → shaped like `segments`."""
        return weights[self.segments]


def superpixels(x: Tensor, segments: Segmentation = "slic") -> Tensor:
    """Cut one image (1, C, H, W) into features: labels 0…M−1, (H, W) int64. Other data (1, …): one feature a number.

    segments: "slic" (about 50 compact regions), "quickshift" (as in the LIME paper), "grid" (8 × 8 squares), "pixels",
        or your own integer labels, numbered in any way.
    Raises ValueError if fewer than two features come out: there would be nothing to compare.
    """
    if not isinstance(segments, str):
        labels = _own_labels(x, segments)
    elif x.dim() != 4 or segments == "pixels":
        symbols.check(superpixels, segments=segments)
        places = x.shape[2:] if x.dim() == 4 else x.shape[1:]
        labels = torch.arange(places.numel()).view(places)
    else:
        symbols.check(superpixels, segments=segments)
        labels = torch.from_numpy(_cut(x[0].double().cpu().permute(1, 2, 0).numpy(), segments))
    labels = labels.unique(return_inverse=True)[1]  # 0…M−1 without holes: libraries count from 1, or skip numbers
    if labels.max() < 1:
        given = segments if isinstance(segments, str) else "the given labels"
        raise ValueError(
            f"segments must cut x into two features or more, and {given} makes one superpixel of it; use 'grid',"
            " or another picture"
        )
    return labels


def _cut(image: np.ndarray, segments: str) -> np.ndarray:
    """(H, W, C) in [0, 1] → labels (H, W)."""
    height, width, channels = image.shape
    if segments == "grid":
        down, across = (np.arange(side) * min(GRID, side) // side for side in (height, width))
        return down[:, None] * GRID + across
    colour = channels == 3
    if segments == "slic":
        return skimage.segmentation.slic(
            image, n_segments=SUPERPIXELS, compactness=10 if colour else 0.1, convert2lab=colour, start_label=0
        )
    image = image if colour else np.repeat(image.mean(2, keepdims=True), 3, axis=2)
    return skimage.segmentation.quickshift(image, kernel_size=4, max_dist=200, ratio=0.2)


def _own_labels(x: Tensor, segments: Tensor | np.ndarray) -> Tensor:
    places = tuple(x.shape[2:] if x.dim() == 4 else x.shape[1:])
    if isinstance(segments, np.ndarray):
        segments = torch.from_numpy(segments)  # as scikit-image gives them
    if not isinstance(segments, Tensor):
        raise TypeError(f"segments must be a name or a tensor of integer labels; got {segments!r}")
    if segments.is_floating_point() or segments.is_complex():
        raise TypeError(f"segments must be integer labels; got a tensor of {segments.dtype}")
    if tuple(segments.shape) != places:
        raise ValueError(f"segments must have the shape {places}, one label a place of x; got {tuple(segments.shape)}")
    return segments.cpu()


def filling(x: Tensor, labels: Tensor, fill: Fill = "grey") -> Tensor:
    """What stands where a feature is off: (1, …) → (1, …). "mean" is each superpixel's own mean colour."""
    symbols.check(filling, fill=fill)
    if fill != "mean":
        return make_baseline(x, fill)
    flat = x.reshape(-1, labels.numel())  # (C, places)
    index = labels.flatten().to(x.device)
    count = torch.bincount(index).to(x)
    total = torch.zeros(len(flat), len(count), dtype=x.dtype, device=x.device).index_add_(1, index, flat)
    return (total / count)[:, index].view(x.shape)


def neighbourhood(
    f: ScoreFunction,
    x: Tensor,
    N: Samples = 1000,
    segments: Segmentation = "slic",
    fill: Fill = "grey",
    seed: int = 0,
) -> Neighbourhood:
    """N masked copies of one image x (1, …), each feature off with probability ½, and the network's answers.

    Row 0 is x itself. The masks depend on the seed, N and M alone. Costs N forward passes.
    """
    symbols.check(neighbourhood, N=N)
    if len(x) != 1:
        raise ValueError(f"x must be one input (1, …), its neighbourhood is its own; got {len(x)}")
    x = x.detach()
    labels = superpixels(x, segments)
    off = filling(x, labels, fill)
    masks = torch.from_numpy(np.random.default_rng(seed).random((N, int(labels.max()) + 1)) < 0.5)
    masks[0] = True
    where = labels.to(x.device).view(-1)
    answers = []
    for part in masks.split(rows_at_once(x)):
        on = part.to(x.device)[:, where].view(len(part), *[1] * (x.dim() - 1 - labels.dim()), *labels.shape)
        answers.append(_answer(f, torch.where(on, x, off)))  # h(z), (n, …)
    column = int(f.target[0]) if isinstance(f, Score) else 0
    return Neighbourhood(labels, masks, torch.cat(answers).double().cpu(), column, off)


def _answer(f: ScoreFunction, x: Tensor) -> Tensor:
    """The scores of all classes where the network is known, (n, classes), else those of f, (n, 1)."""
    with torch.no_grad():
        return f.outputs(x) if isinstance(f, Score) else f(x)[:, None]
