"""Superpixels: the features of a picture that can be switched off, and what stands there when they are.

    labels  (H, W)   feature of each pixel, 0…M−1
    off     (1, …)   the picture with everything off; h(z) takes x where z is 1, and `off` where it is 0

A single pixel means nothing, and a network hardly notices one missing. A superpixel is a region of like colour: large
enough to matter, small enough to be told in words.
What to look at: where the borders run. A region that is half animal and half snow can never be explained as either.
"""

import warnings

import numpy as np
import skimage  # its parts are loaded at their first use
import torch
from torch import Tensor

from xai_core import symbols
from xai_core.baselines import make_baseline
from xai_core.inputs import check_dense
from xai_core.symbols import Fill, Segmentation

SUPERPIXELS = 50  # about how many SLIC makes
FEW = SUPERPIXELS // 5  # of noise SLIC makes one to nine: a region there is a pixel, and lost pixels join the largest
COMPACTNESS = (1, 10, 100, 1000)  # times the usual one, until SLIC makes no longer few
GRID = 8  # a grid of 8 × 8 squares
STRETCHES = 16  # of a signal


def superpixels(x: Tensor, segments: Segmentation = "slic") -> Tensor:
    """Cut one image (1, C, H, W) into features: labels 0…M−1, (H, W) int64. Other data (1, …): one feature a number.

    segments: "slic" (about 50 compact regions [Achanta2012]), "quickshift" (as in the LIME paper [Vedaldi2008]),
        "grid" (8 × 8 squares), "pixels", or your own integer labels, numbered in any way. Of a signal (1, C, L), "grid"
        makes 16 equal stretches of L, the same in all channels.
    A picture without regions, such as noise, is cut all the same, and a warning says how: "slic" by place more than by
    colour, ten times as compact or more, if it finds fewer than 10; "quickshift" into the grid, if it finds only one.
    Raises TypeError or ValueError for more than one input, another word, or labels that are not whole numbers of x's
    shape; and ValueError if fewer than two features come out: there would be nothing to compare.
    """
    if len(x) != 1:
        raise ValueError(f"x must be one input (1, …), each picture has superpixels of its own; got {len(x)}")
    if not isinstance(segments, str):
        labels = _own_labels(x, segments)
    elif x.dim() == 3 and segments == "grid":
        labels = grid(1, x.shape[2], STRETCHES).expand(x.shape[1:])
    elif x.dim() != 4 or segments == "pixels":
        symbols.check(superpixels, segments=segments)
        places = x.shape[2:] if x.dim() == 4 else x.shape[1:]
        labels = torch.arange(places.numel(), device="cpu").view(places)
    else:
        symbols.check(superpixels, segments=segments)
        labels = torch.from_numpy(_cut(x[0].detach().double().cpu().permute(1, 2, 0).numpy(), segments))
    labels = labels.unique(return_inverse=True)[1]  # 0…M−1 without holes: libraries count from 1, or skip numbers
    if labels.max() < 1:
        if x[0].numel() == 1:
            raise ValueError(
                f"x must have two numbers or more, there would be nothing to compare; got {tuple(x.shape)}"
            )
        given = segments if isinstance(segments, str) else "the given labels"
        raise ValueError(
            f"segments must cut x into two features or more, and {given} makes one superpixel of it; use 'grid',"
            " or another picture"
        )
    return labels


def grid(height: int, width: int, cells: int = GRID) -> Tensor:
    """Labels of cells × cells rectangles as equal as pixels allow, row by row: (H, W) int64."""
    down, across = (torch.arange(side, device="cpu") * min(cells, side) // side for side in (height, width))
    return down[:, None] * min(cells, width) + across


def _cut(image: np.ndarray, segments: str) -> np.ndarray:
    """(H, W, C) in [0, 1] → labels (H, W)."""
    height, width, channels = image.shape
    if segments == "grid":
        return grid(height, width).numpy()
    colour = channels == 3
    if segments == "slic":
        return _slic(image, colour)
    image = image if colour else np.repeat(image.mean(2, keepdims=True), 3, axis=2)
    labels = skimage.segmentation.quickshift(image, kernel_size=4, max_dist=200, ratio=0.2)
    if labels.any():
        return labels
    warnings.warn("segments='quickshift' finds one region in x; it is cut into a grid instead", stacklevel=3)
    return grid(height, width).numpy()


def _slic(image: np.ndarray, colour: bool) -> np.ndarray:
    """As compact as it takes."""
    found: list[int] = []
    for times in COMPACTNESS:
        compactness = (10 if colour else 0.1) * times
        labels = skimage.segmentation.slic(image, SUPERPIXELS, compactness, convert2lab=colour, start_label=0)
        found.append(int(labels.max()) + 1)
        if found[-1] >= min(FEW, labels.size):
            break
    if len(found) > 1:
        warnings.warn(
            f"segments='slic' finds too few regions in x ({found[0]}); cut into {found[-1]}, {times} × as compact",
            stacklevel=4,
        )
    return labels


def _own_labels(x: Tensor, segments: Tensor | np.ndarray) -> Tensor:
    places = tuple(x.shape[2:] if x.dim() == 4 else x.shape[1:])
    if isinstance(segments, np.ndarray) and segments.dtype.kind in "iub":
        segments = torch.from_numpy(segments.astype(np.int64, order="C"))  # as scikit-image gives them
    if not isinstance(segments, Tensor | np.ndarray):
        raise TypeError(f"segments must be a name or a tensor of integer labels; got {segments!r}")
    if isinstance(segments, Tensor):
        check_dense(segments, "segments")
    if isinstance(segments, np.ndarray) or segments.is_floating_point() or segments.is_complex():
        raise TypeError(f"segments must be integer labels; got numbers of {segments.dtype}")
    if tuple(segments.shape) != places:
        raise ValueError(f"segments must have the shape {places}, one label a place of x; got {tuple(segments.shape)}")
    return segments.cpu()


def filling(x: Tensor, labels: Tensor, fill: Fill = "grey") -> Tensor:
    """What stands where a feature is off: (1, …) → (1, …). "mean" is each superpixel's own mean colour.

    A tensor of your own may have R rows, a background: the answers to all R pictures filled in so are averaged.
    Raises TypeError or ValueError if fill is neither a word of the list nor a finite tensor that broadcasts to x.
    """
    symbols.check(filling, fill=fill)
    if isinstance(fill, Tensor):
        return _background(x, fill)
    if not isinstance(fill, str):
        raise TypeError(f"fill must be a name or a tensor; got {fill!r}")
    if fill != "mean":
        return make_baseline(x, fill)
    flat = x.reshape(-1, labels.numel()).double()  # (C, places); a long sum of half-precision numbers stands still
    index = labels.flatten().to(x.device)
    count = torch.bincount(index)
    total = flat.new_zeros(len(flat), len(count)).index_add_(1, index, flat)
    return (total / count)[:, index].view(x.shape).to(x)


def _background(x: Tensor, fill: Tensor) -> Tensor:
    """R rows shaped like x: (R, …)."""
    check_dense(fill, "fill")
    try:
        off = fill.detach().to(x).broadcast_to(max(1, len(fill)) if fill.dim() == x.dim() else 1, *x.shape[1:])
    except (RuntimeError, TypeError) as error:
        raise ValueError(
            f"fill must broadcast to the shape {tuple(x.shape[1:])} of x, or be rows of it (R, …);"
            f" got {tuple(fill.shape)}"
        ) from error
    if not torch.isfinite(off).all():
        raise ValueError("fill must be finite; it has NaN or infinite numbers")
    return off
