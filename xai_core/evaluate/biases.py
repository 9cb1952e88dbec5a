"""Biases of a baseline, each as one number: what the map owes to x′ and not to the network.

    share      S = (Σ_part |A| / Σ_whole |A|) / (|part| / |whole|)          0: blind on the part, 1: its fair share
    echo       ρ = Spearman of |A_i| and ‖x_i − x′_i‖ over the pixels i     1: the map is the picture's distance from x′
    roughness  R = Σ |A_i − A_j| / Σ (|A_i| + |A_j|)                        i, j: neighbours. 0: smooth, 1: all disagree

Every path method multiplies a gradient with x − x′ (Choi, Duplessis & Belongie 2025, figures 2 to 5 [Choi2025];
Sturmfels, Lundberg & Lee 2020 [Sturmfels2020]). Where x is like x′ it has nothing to give: dark pixels from black
(colour), plain ones from a blurred picture (texture). Where x′ is noise, neighbours differ by chance (frequency).

A low share alone proves nothing: the dark part of an animal may matter less. Compare the *same* part of the same
pictures from several baselines; what differs is the baseline's doing.
Units: none. What to look at: `nearest_part`, which finds where a baseline cannot see.
"""

import scipy  # its parts are loaded at their first use
import torch
from torch import Tensor

from xai_core.baselines import BaselineName, make_baseline
from xai_core.inputs import type_and_shape
from xai_core.rankings import as_seen

FRACTION = 0.25  # of the object, the part where a baseline is looked at


def strength(A: Tensor) -> Tensor:
    """|Σ_c A_c|, how strongly each pixel is coloured: (N, C, H, W) → (N, H, W).

    Raises ValueError if A is no finite map of images.
    """
    return _signed(A).abs()


def _signed(A: Tensor) -> Tensor:
    """Σ_c A_c, float64."""
    if not isinstance(A, Tensor) or A.dim() != 4:
        raise ValueError(f"A must be images (N, C, H, W); got {type_and_shape(A)}")
    return as_seen(A).view(len(A), *A.shape[2:])


def distance(x: Tensor, baseline: BaselineName, seed: int = 0) -> Tensor:
    """‖x − x′‖₂ over the channels of each pixel, in pixel values: (N, C, H, W) → (N, H, W).

    From "black" it is brightness; from "blurred" it is local detail. baseline, seed: as in `make_baseline`.
    Raises TypeError or ValueError for other data than images, or a baseline that is not allowed.
    """
    if x.dim() != 4:
        raise ValueError(f"x must be images (N, C, H, W); got {type_and_shape(x)}")
    return (x.detach() - make_baseline(x, baseline, seed)).cpu().double().norm(dim=1)


def nearest_part(x: Tensor, baseline: BaselineName, whole: Tensor, fraction: float = FRACTION, seed: int = 0) -> Tensor:
    """The part of an object where x is nearest to the baseline, a mask: (N, H, W) bool.

    From "black" the darkest pixels, from "white" the brightest, from a colour (one number a channel) those most like
    it, from "blurred" those with the least detail. whole: the object, (N, H, W) or (H, W) bool. fraction: of its
    pixels, rounded up. Where several are equally near, the upper left ones count.
    Raises TypeError or ValueError for a fraction outside (0, 1], a whole that is no mask, or what `distance` refuses.
    """
    if not 0 < fraction <= 1:
        raise ValueError(f"fraction must be greater than 0, at most 1; got {fraction}")
    far = distance(x, baseline, seed)
    inside = _mask("whole", whole, far)
    order = far.masked_fill(~inside, torch.inf).flatten(1).argsort(dim=1, stable=True)  # (N, H·W)
    size = (fraction * inside.flatten(1).sum(1, keepdim=True) - 1e-9).ceil()  # (N, 1); 0.1 · 30 is 3, not 4
    rank = torch.empty_like(order).scatter_(1, order, torch.arange(order.shape[1], device="cpu").expand_as(order))
    return (rank < size).view_as(inside)


def share(A: Tensor, part: Tensor, whole: Tensor) -> Tensor:
    """What the part gets of the object's Σ|A|, relative to its share of the pixels: (N, C, H, W) → (N,).

    0: the map is blind on the part, 1: as much as the rest of the object, 2: twice its fair share.
    part, whole: masks (N, H, W) or (H, W) bool; of the part only what lies in the whole counts. NaN where either is
    empty, or the map is 0 on all of the whole; 1 for any other constant map.
    Raises ValueError if A is no finite map of images, or part or whole no masks.
    """
    strong = strength(A)
    whole = _mask("whole", whole, strong)
    part = _mask("part", part, strong) & whole
    got = (strong * part).sum((1, 2)) / (strong * whole).sum((1, 2))
    return got / (part.sum((1, 2)) / whole.sum((1, 2)))


def echo(A: Tensor, x: Tensor, baseline: BaselineName, whole: Tensor, seed: int = 0) -> Tensor:
    """Spearman's correlation of |A| with ‖x − x′‖ on the object: (N, C, H, W) → (N,).

    Near 1 the map repeats how far the picture is from the baseline, whatever the network does. The map need not be
    from that baseline: with baseline="blurred" it says how much any map follows local detail.
    NaN where one of the two is constant, or fewer than two pixels are compared; equal pixels have their mean rank.
    Raises TypeError or ValueError if A is no finite map of images, x is none, whole no mask, or the baseline is not
    allowed.
    """
    strong, far = strength(A), distance(x, baseline, seed)
    found = []
    for a, d, inside in zip(strong, far, _mask("whole", whole, strong), strict=True):
        a, d = a[inside], d[inside]
        constant = len(a) < 2 or (a == a[0]).all() or (d == d[0]).all()
        found.append(float("nan") if constant else scipy.stats.spearmanr(a, d).statistic)
    return torch.tensor(found, dtype=torch.double, device="cpu")


def roughness(A: Tensor) -> Tensor:
    """How much neighbouring pixels disagree: (N, C, H, W) → (N,).

    R = Σ |A_i − A_j| / Σ (|A_i| + |A_j|) over all pairs side by side or above each other, A summed over channels. 0: a
    constant map. 1: of every two neighbours one is 0, or their signs differ. NaN for a map of zeros.
    Raises ValueError if A is no finite map of images.
    """
    a = _signed(A)  # (N, H, W)
    differ = a.diff(dim=1).abs().sum((1, 2)) + a.diff(dim=2).abs().sum((1, 2))
    size = a.abs()
    both = (size[:, 1:] + size[:, :-1]).sum((1, 2)) + (size[:, :, 1:] + size[:, :, :-1]).sum((1, 2))
    return differ / both


def _mask(name: str, mask: Tensor, like: Tensor) -> Tensor:
    """A mask for each image, (N, H, W) bool."""
    if not isinstance(mask, Tensor) or mask.dtype != torch.bool or mask.shape not in (like.shape, like.shape[1:]):
        raise ValueError(
            f"{name} must be a mask of bool, {tuple(like.shape)} or {tuple(like.shape[1:])}; got {type_and_shape(mask)}"
        )
    return mask.cpu().expand_as(like)
