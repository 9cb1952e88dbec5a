"""Class activation maps: which places of the last feature map speak for the class?

    CAM(x, c)      = Σ_k w_k^c f_k(x)             w: the row of class c in the linear head
    Grad-CAM(x, c) = ReLU( Σ_k α_k^c A^k )        α_k^c = 1/(hw) Σ_ij ∂y^c/∂A^k_ij
    Guided Grad-CAM = guided backprop ⊙ upsampled Grad-CAM

CAM: Zhou et al. 2016 [Zhou2016, eq. 2]. Grad-CAM: Selvaraju et al. 2017 [Selvaraju2017, eq. 1 and 2].
Units: logits (CAM, on average over places), logits a place (Grad-CAM). The magnitude is kept, never rescaled to 0…1.
What to look at: the map is as coarse as its layer (7 × 7 for a ResNet at 224²); upsampling makes it look smooth. Where
the ReLU leaves nothing, `signed=True` shows what it cut off.

f_k(x), or A^k: channel k of the feature map, h × w places; y^c: the logit. CAM needs global average pooling and one
linear layer on top. Where both exist, Grad-CAM = ReLU(CAM) / (hw). A transformer's tokens are read as such a map
(token_grids.py), without those that belong to no place.
"""

import warnings
from collections.abc import Iterator, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from xai_core.activation.features import Heard, listen, score_and_features
from xai_core.activation.layers import Layer, linear_head, located
from xai_core.activation.token_grids import Grid
from xai_core.gradient.relu_rules import guided_backprop
from xai_core.network.kinds import name_inside
from xai_core.precision import wide
from xai_core.score import Score, check_score, one_by_one, passes, rows_at_once
from xai_core.stages import Method

SPATIAL = {1: "linear", 2: "bilinear", 3: "trilinear"}  # interpolation by the number of spatial dimensions


def grad_cam_plain(f: Score, x: Tensor, layer: str) -> Tensor:
    """Grad-CAM, the paper's eq. 1 and 2, at the size of the feature map: (N, C, H, W) → (N, h, w). For reading.

    f: the logit y^c. layer: the convolution's name, as in `model.named_modules()`; it gives the maps A^k.
    """
    y, A = score_and_features(f, x, layer)  # y^c: (N,), A: (N, K, h, w)
    (slope,) = torch.autograd.grad(y.sum(), A)  # ∂y^c/∂A^k_ij
    N, K, h, w = A.shape
    L = torch.zeros(N, h, w, dtype=x.dtype)
    for k in range(K):
        # α_k^c = 1/(hw) Σ_i Σ_j ∂y^c/∂A^k_ij
        α = slope[:, k].sum((1, 2)) / (h * w)  # (N,)
        # L^c = ReLU(Σ_k α_k^c A^k)
        L += α[:, None, None] * A[:, k].detach()
    return L.relu()


# The fast form: every kind of layer, tokens too, in passes of bounded memory.


def cam(f: Score, x: Tensor) -> Tensor:
    """CAM, upsampled to the size of x: (N, C, H, W) → (N, 1, H, W), signed.

    In logits; [Zhou2016, eq. 2]. Costs 1 forward pass.
    Raises ValueError if the network does not end in global average pooling and one linear layer.

    Examples:
        One channel that is the picture itself, and the weight 2.

        >>> import torch, xai_core
        >>> from torch import nn
        >>> model = nn.Sequential(nn.Conv2d(1, 1, 1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(1, 1))
        >>> for weight, value in zip(model.eval().parameters(), (1.0, 0.0, 2.0, 0.0)):
        ...     _ = weight.data.fill_(value)
        >>> x = torch.tensor([[[[0.0, 1.0], [2.0, 3.0]]]])
        >>> f = xai_core.make_score(model, x, target=0, output="logit")
        >>> xai_core.cam(f, x)[0, 0]
        tensor([[0., 2.],
                [4., 6.]])
    """
    return _upsample(cam_map(f, x), x)


def grad_cam(f: Score, x: Tensor, layer: str | None = None) -> Tensor:
    """Grad-CAM, upsampled to the size of x: (N, C, H, W) → (N, 1, H, W), not negative.

    layer: name of a module as in `model.named_modules()`, see `cam_layers` for those that give a map; by default the
        rectified map of the last convolution, and of a transformer the last normalisation of which the patches count.
    In logits a place; [Selvaraju2017, eq. 2]. Costs 1 gradient.
    Warns if the ReLU leaves nothing (see `grad_cam_map(…, signed=True)`). Raises ValueError if there is no such layer.

    Examples:
        Two channels, 3 × 3 sums of x less 50 and less 75; the logit adds five of the eight places and takes off three.

        >>> import torch, xai_core
        >>> from torch import nn
        >>> model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8, 1)).eval()
        >>> _ = nn.init.ones_(model[0].weight)
        >>> model[0].bias.data = torch.tensor([-50.0, -75.0])
        >>> model[3].weight.data = torch.tensor([[1.0, 1, 1, 1, 1, -1, -1, -1]])
        >>> x = torch.arange(16.0).view(1, 1, 4, 4)
        >>> f = xai_core.make_score(model, x, target=0, output="logit")
        >>> xai_core.grad_cam(f, x)[0, 0, ::3, ::3]  # at the corners nothing is interpolated
        tensor([[ 0.0000,  4.0000],
                [28.0000, 32.5000]])
    """
    maps = grad_cam_map(f, x, layer)
    if not maps.flatten(1).any(1).all():
        warnings.warn("grad_cam: all zero for at least one image; every place of this layer speaks against the class",
                      stacklevel=2)  # fmt: skip
    return _upsample(maps, x)


def guided_grad_cam(f: Score, x: Tensor, layer: str | None = None) -> Tensor:
    """Guided backprop ⊙ upsampled Grad-CAM: (N, C, H, W) → (N, C, H, W). [Selvaraju2017, §3.2].

    layer: as in `grad_cam`. Costs 2 gradients. Raises ValueError if there is no such layer.

    Examples:
        Each pixel x has the slope 2/4, and the Grad-CAM x · 2/4.

        >>> import torch, xai_core
        >>> from torch import nn
        >>> model = nn.Sequential(nn.Conv2d(1, 1, 1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(1, 1))
        >>> for weight, value in zip(model.eval().parameters(), (1.0, 0.0, 2.0, 0.0)):
        ...     _ = weight.data.fill_(value)
        >>> x = torch.tensor([[[[0.0, 1.0], [2.0, 3.0]]]])
        >>> f = xai_core.make_score(model, x, target=0, output="logit")
        >>> xai_core.guided_grad_cam(f, x)[0, 0]
        tensor([[0.0000, 0.2500],
                [0.5000, 0.7500]])
    """
    return guided_backprop(f, x) * grad_cam(f, x, layer)


def cam_map(f: Score, x: Tensor) -> Tensor:
    """CAM at the size of the feature map: (N, C, H, W) → (N, h, w). Raises ValueError as `cam` does."""
    layer, grid = located(f, x)
    head = linear_head(f, x, layer, grid)
    maps = []
    for i in passes(x, f):
        features = grid.maps(score_and_features(f.rows(i), x[i], layer)[1].detach())  # (n, K, h, w)
        features = features.to(wide(features))
        weight = head.weight[f.rows(i).target.to(x.device)]  # (n or 1, K)
        maps.append((weight.view(*weight.shape, *[1] * (x.dim() - 2)) * features).sum(1))
    return torch.cat(maps)


def grad_cam_map(f: Score, x: Tensor, layer: str | None = None, *, signed: bool = False) -> Tensor:
    """Grad-CAM at the size of the feature map: (N, C, H, W) → (N, h, w).

    signed: True leaves the ReLU away: negative where a place speaks against the class. What explains a map of zeros.
    Raises ValueError if there is no such layer, or the score does not depend on it.
    """
    layer = name_inside(layer) if isinstance(layer, str) else layer
    maps, grid = [], None
    with torch.inference_mode(False), torch.enable_grad():
        for part, points, heard in _passes(f, x.detach(), None if layer is None else [layer]):
            if layer is None or grid is None:
                layer, grid = located(part, points, layer, heard.seen)
            if layer not in heard.features:
                heard = listen(part, points, [layer])
            maps.append(_weighted(heard, {layer: grid})[layer])
    joined = torch.cat(maps)
    return joined if signed else joined.relu()


def grad_cam_maps(f: Score, x: Tensor, layers: Sequence[Layer], *, signed: bool = False) -> dict[str, Tensor]:
    """Grad-CAM at many layers for the price of one pass forward and back: the layer's name → (N, h, w).

    layers: some of `cam_layers(f, x)`. Their outputs are all kept for the pass, so that memory grows with them.
    Raises ValueError for a layer on which the score does not depend.
    """
    grids = {layer.name: layer.grid for layer in layers}
    with torch.inference_mode(False), torch.enable_grad():
        maps = [_weighted(heard, grids) for *_, heard in _passes(f, x.detach(), list(grids))]
    joined = {layer: torch.cat([part[layer] for part in maps]) for layer in grids}
    return joined if signed else {layer: map_.relu() for layer, map_ in joined.items()}


def _passes(f: Score, x: Tensor, layers: Sequence[str] | None) -> Iterator[tuple[Score, Tensor, Heard]]:
    """What is heard in each pass: row by row where the first one shows that rows depend on each other."""
    check_score(f)
    at_once = 1 if one_by_one(f, x) else rows_at_once(x)
    if len(x) <= at_once:
        heard = listen(f, x, layers)
        if len(x) == 1 or not one_by_one(f, x):
            yield f, x, heard
            return
        at_once = 1  # this very pass has shown it
    for i in torch.arange(len(x), device="cpu").split(at_once):
        yield from _passes(f.rows(i), x[i], layers)


def _weighted(heard: Heard, grids: dict[str, Grid]) -> dict[str, Tensor]:
    """Σ_k α_k^c A^k of each layer: (n, h, w)."""
    features = [heard.features[layer] for layer in grids]
    reached = heard.value.requires_grad and all(given.requires_grad for given in features)
    slopes = torch.autograd.grad(heard.value.sum(), features, allow_unused=True) if reached else [None] * len(features)
    maps = {}
    for (layer, grid), given, slope in zip(grids.items(), features, slopes, strict=True):
        if slope is None:
            raise ValueError(
                f"layer must be one that the score depends on; {layer!r} does not reach it, or model detaches it"
            )
        slope, given = (grid.maps(each.to(wide(each))) for each in (slope, given.detach()))  # (n, K, h, w)
        alpha = slope.mean(tuple(range(2, slope.dim())), keepdim=True)  # (n, K, 1, 1)
        maps[layer] = (alpha * given).sum(1)
    return maps


def _upsample(maps: Tensor, x: Tensor) -> Tensor:
    """(N, h, w) → (N, 1, H, W), bilinear."""
    maps = maps[:, None].to(x)  # under a caller's autocast the network's own maps are of another type
    return F.interpolate(maps, size=x.shape[2:], mode=SPATIAL[x.dim() - 2], align_corners=False)


ROWS = (
    Method(
        cam,
        title="CAM",
        family="activation",
        paper="Zhou et al. 2016",
        equation=r"A = \sum_k w_k^c \, f_k(x)",
        cost="4",
        needs="inside",
        output="logit",
    ),
    Method(
        grad_cam,
        title="Grad-CAM",
        family="activation",
        paper="Selvaraju et al. 2017",
        equation=r"A = \mathrm{ReLU}\Big(\sum_k \alpha_k^c f_k(x)\Big), \qquad"
        r" \alpha_k^c = \frac{1}{HW} \sum_{ij} \frac{\partial y^c}{\partial f_{k,ij}}",
        cost="1",
        needs="inside",
        output="logit",
    ),
    Method(
        guided_grad_cam,
        title="Guided Grad-CAM",
        family="activation",
        paper="Selvaraju et al. 2017",
        equation=r"A = \text{guided backprop} \odot \text{Grad-CAM}",
        cost="2",
        needs="inside",
        output="logit",
    ),
)
