"""Class activation maps: which places of the last feature map speak for the class?

    CAM(x, c)      = Σ_k w_k^c f_k(x)             w: the row of class c in the linear head     Zhou et al. 2016, eq. 2
    Grad-CAM(x, c) = ReLU( Σ_k α_k^c f_k(x) )     α_k^c = 1/(hw) Σ_ij ∂y^c/∂f_k,ij             Selvaraju et al. 2017
    Guided Grad-CAM = guided backprop ⊙ upsampled Grad-CAM

f_k(x): channel k of the feature map, h × w places; y^c: the logit. CAM needs global average pooling and one linear
layer on top; where both exist, Grad-CAM = ReLU(CAM) / (hw).
Units: logits (CAM, on average over places), logits a place (Grad-CAM). The magnitude is kept, never rescaled to 0…1.
What to look at: the map is as coarse as its layer (7 × 7 for a ResNet at 224²); upsampling makes it look smooth.
"""

import warnings
from math import prod

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from xai_core.relu_rules import guided_backprop
from xai_core.score import Score, passes, private_copy

SPATIAL = {1: "linear", 2: "bilinear", 3: "trilinear"}  # interpolation by the number of spatial dimensions
CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)


def cam(f: Score, x: Tensor) -> Tensor:
    """CAM, upsampled to the size of x: (N, C, H, W) → (N, 1, H, W), signed.

    Raises ValueError if the network does not end in global average pooling and one linear layer.
    """
    return _upsample(cam_map(f, x), x)


def grad_cam(f: Score, x: Tensor, layer: str | None = None) -> Tensor:
    """Grad-CAM, upsampled to the size of x: (N, C, H, W) → (N, 1, H, W), not negative.

    layer: name of a module as in `model.named_modules()`; by default the rectified map of the last convolution.
    Warns if the ReLU leaves nothing. Raises ValueError if there is no such layer or no convolution.
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
    layer = find_layer(f, x)
    head = _linear_head(f, x, layer)
    maps = []
    for i in passes(x):
        _, features = score_and_features(f.rows(i), x[i], layer)
        weight = head.weight[f.rows(i).target.to(x.device)]  # (n or 1, K)
        maps.append((weight.view(*weight.shape, *[1] * (x.dim() - 2)) * features.detach()).sum(1))
    return torch.cat(maps)


def grad_cam_map(f: Score, x: Tensor, layer: str | None = None) -> Tensor:
    """Grad-CAM at the size of the feature map: (N, C, H, W) → (N, h, w)."""
    layer = find_layer(f, x) if layer is None else layer
    maps = []
    for i in passes(x):
        with torch.inference_mode(False), torch.enable_grad():
            value, features = score_and_features(f.rows(i), x.detach()[i], layer)  # (n,), (n, K, h, w)
            if features.dim() != x.dim() or features[0, 0].numel() < 2:
                raise ValueError(
                    f"layer must give a feature map (N, K, h, w); {layer!r} gives {tuple(features.shape)} for this x"
                )
            reached = value.requires_grad and features.requires_grad
            slope = torch.autograd.grad(value.sum(), features, allow_unused=True)[0] if reached else None
            if slope is None:
                raise ValueError(f"layer must be one that the score depends on; {layer!r} does not reach it")
        places = tuple(range(2, features.dim()))
        alpha = slope.mean(places, keepdim=True)  # (n, K, 1, 1)
        maps.append((alpha * features.detach()).sum(1).relu())
    return torch.cat(maps)


def score_and_features(f: Score, x: Tensor, layer: str) -> tuple[Tensor, Tensor]:
    """F_c(x) and what `layer` gave on the way, in one differentiable pass: (n, …) → (n,), (n, K, h, w).

    Raises ValueError if the network has no module of that name, or does not use it.
    """
    model = private_copy(f.model)  # its own, so that listening in disturbs nobody who uses the same score
    modules = dict(model.named_modules())
    if not isinstance(layer, str) or layer not in modules:
        raise ValueError(f"layer must be one of the network's modules, {_some(modules)}; got {layer!r}")
    kept = []

    def listen(module: nn.Module, inputs: tuple, output: Tensor) -> Tensor:
        kept.append(output)
        # What the network does to it in place must not change what was kept.
        return output.clone() if isinstance(output, Tensor) else output

    modules[layer].register_forward_hook(listen)
    value = Score(model, f.target, f.output)(x.detach().clone().requires_grad_())
    if not kept or not isinstance(kept[-1], Tensor):
        raise ValueError(f"layer {layer!r} gives no tensor on the way to the score")
    return value, kept[-1]


def find_layer(f: Score, x: Tensor) -> str:
    """The name of the module that gives the last convolution's map after its normalisation, residual sum and ReLU.

    That is the last module whose output has as many places as the last convolution's.
    Raises ValueError if there is no convolution, or if attention comes after the last one.
    """
    outputs = _outputs(f, x)
    # A 1 × 1 convolution after pooling (a head, squeeze-and-excitation) sees one place: no map.
    convolutions = [i for i, (_, m, shape) in enumerate(outputs) if isinstance(m, CONVOLUTIONS) and prod(shape[2:]) > 1]
    if not convolutions:
        raise ValueError(
            "cam and grad_cam need a network with a convolution that gives a map of several places, and this one has"
            " none; use another method"
        )
    last = convolutions[-1]
    later = [name for name, module, _ in outputs[last:] if "attention" in type(module).__name__.lower()]
    if later:
        raise ValueError(
            f"the last convolution, {outputs[last][0]!r}, only cuts the image into patches, attention comes after it"
            f" (last {later[-1]!r}); name a layer=… that gives a feature map, or use another method"
        )
    places = outputs[last][2][2:]
    return [name for name, _, shape in outputs if len(shape) == x.dim() and shape[2:] == places and name][-1]


def _outputs(f: Score, x: Tensor) -> list[tuple[str, nn.Module, tuple[int, ...]]]:
    """(name, module, output shape; () for no tensor) of every module, in the order in which they finish."""
    model, seen = private_copy(f.model), []
    for name, module in model.named_modules():

        def listen(module: nn.Module, inputs: tuple, output: Tensor, name: str = name) -> None:
            seen.append((name, module, tuple(output.shape) if isinstance(output, Tensor) else ()))

        module.register_forward_hook(listen)
    with torch.no_grad():
        Score(model, f.target[:1], f.output)(x[:1])
    return seen


def _linear_head(f: Score, x: Tensor, layer: str) -> nn.Linear:
    """The linear layer that reads the averaged feature map; ValueError if the network has none."""
    model, last = private_copy(f.model), []
    for module in model.modules():
        if isinstance(module, nn.Linear):
            module.register_forward_hook(lambda module, inputs, output: last.append((module, inputs[0])))
    with torch.no_grad():
        logits = Score(model, f.target[:1], f.output).logits(x[:1])
        _, features = score_and_features(f.rows(torch.tensor([0])), x[:1], layer)
        pooled = features.flatten(2).mean(2)  # (1, K)
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


def _some(modules: dict[str, nn.Module]) -> str:
    names = [repr(name) for name in modules if name]
    return ", ".join([*names[:3], "…", *names[-3:]] if len(names) > 7 else names)
