"""Class activation maps: which places of the last feature map speak for the class?

    CAM(x, c)      = Σ_k w_k^c f_k(x)             w: the row of class c in the linear head     Zhou et al. 2016, eq. 2
    Grad-CAM(x, c) = ReLU( Σ_k α_k^c f_k(x) )     α_k^c = 1/(hw) Σ_ij ∂y^c/∂f_k,ij             Selvaraju et al. 2017
    Guided Grad-CAM = guided backprop ⊙ upsampled Grad-CAM

f_k(x): channel k of the feature map, h × w places; y^c: the logit. CAM needs global average pooling and one linear
layer on top; where both exist, Grad-CAM = ReLU(CAM) / (hw). A transformer's tokens are read as such a map
(token_grids.py), without those that belong to no place.
Units: logits (CAM, on average over places), logits a place (Grad-CAM). The magnitude is kept, never rescaled to 0…1.
What to look at: the map is as coarse as its layer (7 × 7 for a ResNet at 224²); upsampling makes it look smooth. Where
the ReLU leaves nothing, `signed=True` shows what it cut off.
"""

import warnings
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from xai_core.activation.features import score_and_all_features, score_and_features
from xai_core.activation.layers import Layer, located
from xai_core.activation.token_grids import Grid
from xai_core.gradient.relu_rules import guided_backprop
from xai_core.score import Score, passes, private_copy
from xai_core.stages import Method

SPATIAL = {1: "linear", 2: "bilinear", 3: "trilinear"}  # interpolation by the number of spatial dimensions


def cam(f: Score, x: Tensor) -> Tensor:
    """CAM, upsampled to the size of x: (N, C, H, W) → (N, 1, H, W), signed.

    Raises ValueError if the network does not end in global average pooling and one linear layer.
    """
    return _upsample(cam_map(f, x), x)


def grad_cam(f: Score, x: Tensor, layer: str | None = None) -> Tensor:
    """Grad-CAM, upsampled to the size of x: (N, C, H, W) → (N, 1, H, W), not negative.

    layer: name of a module as in `model.named_modules()`, see `cam_layers` for those that give a map; by default the
        rectified map of the last convolution, and of a transformer the last normalisation of which the patches count.
    Warns if the ReLU leaves nothing (see `grad_cam_map(…, signed=True)`). Raises ValueError if there is no such layer.
    """
    maps = grad_cam_map(f, x, layer)
    if not maps.flatten(1).any(1).all():
        warnings.warn("grad_cam: all zero for at least one image; every place of this layer speaks against the class",
                      stacklevel=2)  # fmt: skip
    return _upsample(maps, x)


def guided_grad_cam(f: Score, x: Tensor, layer: str | None = None) -> Tensor:
    """Guided backprop ⊙ upsampled Grad-CAM: (N, C, H, W) → (N, C, H, W)."""
    return guided_backprop(f, x) * grad_cam(f, x, layer)


def cam_map(f: Score, x: Tensor) -> Tensor:
    """CAM at the size of the feature map: (N, C, H, W) → (N, h, w)."""
    layer, grid = located(f, x)
    head = _linear_head(f, x, layer, grid)
    maps = []
    for i in passes(x):
        features = grid.maps(score_and_features(f.rows(i), x[i], layer)[1].detach())  # (n, K, h, w)
        weight = head.weight[f.rows(i).target.to(x.device)]  # (n or 1, K)
        maps.append((weight.view(*weight.shape, *[1] * (x.dim() - 2)) * features).sum(1))
    return torch.cat(maps)


def grad_cam_map(f: Score, x: Tensor, layer: str | None = None, *, signed: bool = False) -> Tensor:
    """Grad-CAM at the size of the feature map: (N, C, H, W) → (N, h, w).

    signed: True leaves the ReLU away: negative where a place speaks against the class. What explains a map of zeros.
    """
    layer, grid = located(f, x, layer)
    return _maps(f, x, {layer: grid}, signed)[layer]


def grad_cam_maps(f: Score, x: Tensor, layers: Sequence[Layer], *, signed: bool = False) -> dict[str, Tensor]:
    """Grad-CAM at many layers for the price of one pass forward and back: the layer's name → (N, h, w).

    layers: some of `cam_layers(f, x)`. Their outputs are all kept for the pass, so that memory grows with them.
    """
    return _maps(f, x, {layer.name: layer.grid for layer in layers}, signed)


def _maps(f: Score, x: Tensor, grids: dict[str, Grid], signed: bool) -> dict[str, Tensor]:
    maps: dict[str, list[Tensor]] = {layer: [] for layer in grids}
    for i in passes(x):
        with torch.inference_mode(False), torch.enable_grad():
            value, features = score_and_all_features(f.rows(i), x.detach()[i], list(grids))  # (n,), each (n, …)
            reached = value.requires_grad and all(given.requires_grad for given in features)
            slopes = torch.autograd.grad(value.sum(), features, allow_unused=True) if reached else [None]
        for (layer, grid), given, slope in zip(grids.items(), features, slopes, strict=False):
            if slope is None:
                raise ValueError(f"layer must be one that the score depends on; {layer!r} does not reach it")
            slope, given = grid.maps(slope), grid.maps(given.detach())  # (n, K, h, w)
            alpha = slope.mean(tuple(range(2, slope.dim())), keepdim=True)  # (n, K, 1, 1)
            maps[layer].append((alpha * given).sum(1))
    joined = {layer: torch.cat(parts) for layer, parts in maps.items()}
    return joined if signed else {layer: map_.relu() for layer, map_ in joined.items()}


def _linear_head(f: Score, x: Tensor, layer: str, grid: Grid) -> nn.Linear:
    """The linear layer that reads the averaged feature map; ValueError if the network has none."""
    model, last = private_copy(f.model), []
    for module in model.modules():
        if isinstance(module, nn.Linear):
            module.register_forward_hook(lambda module, inputs, output: last.append((module, inputs[0])))
    with torch.no_grad():
        logits = Score(model, f.target[:1], f.output).logits(x[:1])
        _, features = score_and_features(f.rows(torch.tensor([0])), x[:1], layer)
        pooled = grid.maps(features).flatten(2).mean(2)  # (1, K)
        for head, given in last[-1:]:
            # Not by the modules' types but by what they compute: is the head's input the mean of the feature map?
            if (
                given.shape == pooled.shape
                and torch.allclose(given, pooled, rtol=1e-3, atol=1e-5)
                and torch.equal(head(given), logits)
            ):
                return head
    raise ValueError(
        "cam needs a network that ends in global average pooling of its last feature map and one linear layer; this one"
        " does not. Use grad_cam"
    )


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
        cost="2",
        needs="inside",
        output="logit",
    ),
    Method(
        guided_grad_cam,
        title="Guided Grad-CAM",
        family="activation",
        paper="Selvaraju et al. 2017",
        equation=r"A = \text{guided backprop} \odot \text{Grad-CAM}",
        cost="3",
        needs="inside",
        output="logit",
    ),
)
