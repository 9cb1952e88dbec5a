"""Regions: what a map points at as one shape, and two scores of it (Rodrigues et al. 2024, §5) [Rodrigues2024].

    RC = A(CH_GAD) / A(CH_orig)                                   complexity, eq. 1: below 1 GAD's region is smaller
    RS(I, M, a) = |N_a(I) − N_a(I ⊙ (1 − M))| / Σ_ij M_ij         sensitivity, eq. 2: change of the answer per pixel

CH is the convex hull of the most important pixels: people see pixels that lie together as one thing. A pixel is its
centre, a point of the grid. So A(CH) is the area of the polygon through the outermost centres, in pixel², and 0 for
one pixel or a line; ΣM counts the pixels whose centres lie in or on the polygon, and is at least the pixels hulled.
A square of 3 × 3 pixels has A = 4 and ΣM = 9.
What to look at: a hull is as large as its farthest pixel makes it. One stray pixel in a corner can double A.
"""

import math
from dataclasses import dataclass

import numpy as np
import scipy  # its parts are loaded at their first use
import skimage
import torch
from torch import Tensor

from xai_core import symbols
from xai_core.inputs import type_and_shape
from xai_core.perturbation.superpixels import filling
from xai_core.precision import wide
from xai_core.score import ScoreFunction, forward, rows, rows_at_once
from xai_core.symbols import Fill


@dataclass(frozen=True)
class Hull:
    """The convex hull of a mask's pixels."""

    polygon: np.ndarray  # (n, 2) its corners in turn, (column, row); 2 of a line, 1 of a pixel, or 0
    mask: Tensor  # (H, W) bool: pixels whose centres are in it or on its border
    area: float  # of the polygon, pixel²


def hull(mask: Tensor) -> Hull:
    """The smallest convex shape around the centres of a mask's pixels. mask: (H, W) bool.

    No pixel, one, or any number in a line have area 0. Their mask is what lies exactly on the line between the two
    ends. The hull of a hull's mask is that hull again. Raises ValueError unless mask is (H, W) bool.
    """
    _check_mask("mask", mask)
    points = np.argwhere(mask.cpu().numpy())[:, ::-1]  # (n, 2) of (column, row), row by row
    if len(points) == 0 or np.linalg.matrix_rank(points - points[0]) < 2:
        return _line(points, mask)
    found = scipy.spatial.ConvexHull(points)
    polygon = points[found.vertices].astype(float)
    # 1 inside, 2 and 3 on the border
    inside = skimage.measure.grid_points_in_poly(mask.shape, polygon[:, ::-1], binarize=False) > 0
    area = round(2 * found.volume) / 2  # corners on a grid: a multiple of ½. Equal hulls must have RC = 1, not 0.99…
    return Hull(polygon, torch.from_numpy(inside), area)


def _line(points: np.ndarray, mask: Tensor) -> Hull:
    """The hull of points in a line: row by row, so its ends are the first and the last."""
    polygon = np.unique(points[[0, -1]], axis=0) if len(points) else points
    filled = np.zeros(mask.shape, dtype=bool)
    if len(points):
        between = np.gcd.reduce(polygon[-1] - polygon[0])  # the pixels on the way are this many equal steps apart
        columns, lines = np.linspace(polygon[0], polygon[-1], between + 1).round().astype(int).T
        filled[lines, columns] = True
    return Hull(polygon.astype(float), torch.from_numpy(filled), 0.0)


def complexity(gad: Tensor, orig: Tensor) -> float:
    """RC, eq. 1: the area of GAD's hull relative to that of the original map. gad, orig: masks (H, W) bool.

    At most 1 wherever gad lies within the hull of orig, as it does if GAD keeps pixels and adds none.
    0 where GAD's pixels are in a line, or none is left: smaller, but nothing that the paper's 0 < RC < 1 speaks of.
    NaN where both areas are 0, as there is nothing to be smaller than; infinite where only the original's is.
    Raises ValueError unless both are masks of one shape.
    """
    _check_pair(gad, orig)
    smaller, larger = hull(gad).area, hull(orig).area
    if larger == 0:
        return math.inf if smaller > 0 else math.nan
    return smaller / larger


def supplementary(orig: Tensor, gad: Tensor) -> Tensor:
    """M_orig − M_GAD: the original hull without GAD's, (H, W) bool. orig, gad: masks (H, W) bool, pixels or hulls.

    What of GAD's hull lies outside the original one (it cannot where gad is a part of orig) is not in it either.
    Raises ValueError unless both are masks of one shape.
    """
    _check_pair(gad, orig)
    return hull(orig).mask & ~hull(gad).mask


def sensitivity(f: ScoreFunction, x: Tensor, masks: Tensor, fill: Fill = "black") -> Tensor:
    """RS, eq. 2: how much the answer changes per covered pixel: (N, C, H, W) → (N,), or (N, K) for K masks an image.

    f: N_a, the logit of class a: `make_score(model, x, a, output="logit")`. The unit is f's, per pixel (the paper's
        Table 2 prints it "in 10² scale").
    masks: True is covered. (N, H, W) bool, (H, W) for all images, or (N, K, H, W). The paper covers the filled hulls,
        border included, `hull(important_pixels(A)[0, 0]).mask` and `supplementary`; a mask of the pixels works as well.
    fill: what covers. The paper multiplies by 0, which is black for a network of pixels in [0, 1] as here, and the mean
        colour for one whose pixels were standardised before. "mean": of each picture; "blurred"; or a tensor.
    NaN for an empty mask: there is no pixel to divide by. Never asks for more than `rows_at_once` rows in one pass.
    Raises TypeError or ValueError if x is no images, masks are no such masks, or fill is not allowed.
    """
    symbols.check(sensitivity, fill=fill)
    if not isinstance(x, Tensor) or x.dim() != 4:
        raise ValueError(f"x must be images (N, C, H, W); got {type_and_shape(x)}")
    covers = _covers(masks, x)  # (K, N, H, W)
    everywhere = torch.zeros(x.shape[2:], dtype=torch.long, device="cpu")
    off = torch.cat([filling(each, everywhere, fill) for each in x.detach().split(1)])  # (N, C, H, W)
    if len(off) != len(x):
        raise ValueError(f"fill must be one picture; got {len(off) // len(x)} rows")
    flat = covers.flatten(0, 1)  # one copy of the N images behind the other, as a Score expects them
    covered = []
    for i in torch.arange(len(flat), device="cpu").split(rows_at_once(x)):
        image = i % len(x)
        covered.append(forward(rows(f, i), torch.where(flat[i].to(x.device)[:, None], off[image], x[image].detach())))
    change = (forward(f, x.detach()) - torch.cat(covered).view(len(covers), len(x))).abs()
    change = change.to(wide(change))
    size = covers.sum((2, 3)).to(change)
    score = torch.where(size > 0, change / size, torch.nan).T  # (N, K)
    return score if masks.dim() == 4 else score[:, 0]


def _covers(masks: Tensor, x: Tensor) -> Tensor:
    """K masks for each image: (K, N, H, W)."""
    n, *_, height, width = x.shape
    fits = isinstance(masks, Tensor) and masks.dtype == torch.bool and masks.shape[-2:] == (height, width)
    if fits and masks.dim() == 2:
        return masks.expand(1, n, -1, -1)
    if fits and masks.dim() == 3 and len(masks) == n:
        return masks[None]
    if fits and masks.dim() == 4 and len(masks) == n and masks.shape[1] > 0:
        return masks.transpose(0, 1)
    raise ValueError(
        f"masks must be bool, ({n}, {height}, {width}), ({height}, {width}), or ({n}, K, {height}, {width});"
        f" got {type_and_shape(masks)}"
    )


def _check_mask(name: str, mask: Tensor) -> None:
    if not isinstance(mask, Tensor) or mask.dtype != torch.bool or mask.dim() != 2:
        raise ValueError(f"{name} must be a mask (H, W) of bool; got {type_and_shape(mask)}")


def _check_pair(gad: Tensor, orig: Tensor) -> None:
    _check_mask("gad", gad)
    _check_mask("orig", orig)
    if gad.shape != orig.shape:
        raise ValueError(f"gad must have the shape of orig, {tuple(orig.shape)}; got {tuple(gad.shape)}")
