"""The layers at which Grad-CAM can be read, from early to late, and which of them is taken unless one is named.

    convolutional network: the last convolution's map, after its normalisation, residual sum and ReLU
    transformer:           the last normalisation, attention or block through whose patches the score depends on x

Behind the last attention of a ViT the score reads the class token alone: ∂y^c/∂(patch) = 0 there, and so is every map.
What to look at: `cam_layers` says for each layer whether the score goes through its places (`used`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import prod

import torch
from torch import Tensor, nn

from xai_core.activation.features import CONVOLUTIONS, Seen, attends, lays_out, listen, observe, score_and_features
from xai_core.activation.token_grids import Grid, TokenGrids
from xai_core.network.private_copy import private_copy
from xai_core.score import Score


@dataclass(frozen=True)
class Layer:
    """A layer that gives a map."""

    name: str  # as in explain(…, layer=name)
    kind: str  # its type: Conv2d, LayerNorm, EncoderBlock, …
    grid: Grid  # of h × w places
    used: bool  # whether the score depends on its places; if not, every Grad-CAM there is zero


def cam_layers(f: Score, x: Tensor) -> list[Layer]:
    """Every layer on the way to the score whose output is a map, in the order of computation. x: (N, C, H, W).

    A container that returns what its last module gave is one layer with it, under the container's name. Seen on the
    first picture of x. Costs two passes forward and one backward for it.
    Raises ValueError if there is none.
    """
    seen = observe(f, x)
    return _layers(f, x, seen, TokenGrids(f, x, seen))


def find_layer(f: Score, x: Tensor) -> str:
    """The name of the layer that cam and grad_cam read unless another is named.

    Of a convolutional network: the last module whose output has as many places as the last convolution's. Where
    attention follows the last convolution, or there is attention and no convolution: the last normalisation, attention
    or block through whose patches the score depends on x.
    Raises ValueError if there is neither, or a transformer's tokens cannot be laid out on a grid.
    """
    return located(f, x)[0]


def located(f: Score, x: Tensor, layer: str | None = None, seen: Sequence[Seen] | None = None) -> tuple[str, Grid]:
    """The layer of that name, or the usual one, and how its output is a map. Raises ValueError if it is none.

    seen: who took part, if a pass with the rows of x has told that already.
    """
    if seen is None:
        seen = observe(f, x)
    elif len(x) > 1:
        seen = [_of_one(each, len(x)) for each in seen]
    grids = TokenGrids(f, x, seen)
    if not grids.plain and not any(lays_out(s.module) for s in seen):  # a linear layer of a map: now all modules tell
        seen = observe(f, x)
        grids = TokenGrids(f, x, seen)
    layer = _usual(f, x, seen, grids) if layer is None else layer
    found = [s for s in seen if s.name == layer]
    if not found or not found[-1].shape:
        score_and_features(f.rows(torch.tensor([0], device="cpu")), x[:1], layer)  # says what is wrong with the name
    return layer, grids.of(found[-1])


def _of_one(seen: Seen, n: int) -> Seen:
    """What was seen of n rows, as it would have been of one of them."""
    took, shape = ((1, *t[1:]) if t[:1] == (n,) else t for t in (seen.took, seen.shape))
    return replace(seen, took=took, shape=shape)


def _usual(f: Score, x: Tensor, seen: Sequence[Seen], grids: TokenGrids) -> str:
    # A 1 × 1 convolution after pooling (a head, squeeze-and-excitation) sees one place: no map.
    last = [i for i, s in enumerate(seen) if isinstance(s.module, CONVOLUTIONS) and prod(s.shape[2:]) > 1]
    attention = [s.name for s in seen[last[-1] if last else 0 :] if attends(s.module)]
    if attention:
        return _last_of_a_transformer(f, x, seen, grids, attention[-1])
    if not last:
        raise ValueError(
            "cam and grad_cam need a network with a convolution that gives a map of several places, or attention, and"
            " this one has none; use another method"
        )
    places = seen[last[-1]].shape[2:]
    return [s.name for s in seen if len(s.shape) == x.dim() and s.shape[2:] == places and s.name][-1]


def _last_of_a_transformer(f: Score, x: Tensor, seen: Sequence[Seen], grids: TokenGrids, attention: str) -> str:
    layers = _layers(f, x, seen, grids)
    stages = {s.name for s in seen if any("norm" in type(m).__name__.lower() or attends(m) for m in s.module.modules())}
    found = [layer.name for layer in layers if layer.used and layer.name in stages]
    if not found:
        flat = not any(layer.used for layer in layers)
        why = "the score's slope is zero in all of them" if flat else "name one"
        raise ValueError(
            f"cam and grad_cam find no layer=… to read: there is attention ({attention!r}), and no normalisation,"
            f" attention or block gives a map of tokens through which the score depends on x ({why})"
        )
    return found[-1]


def _layers(f: Score, x: Tensor, seen: Sequence[Seen], grids: TokenGrids) -> list[Layer]:
    found: dict[str, tuple[Seen, Grid]] = {}
    for s in seen:
        if s.name:
            found.pop(s.inside, None)
            found.pop(s.name, None)  # of a module that is used twice, the last time counts
            try:
                found[s.name] = (s, grids.of(s))
            except ValueError:
                continue
    if not found:
        raise ValueError("x and this network have no layer=… that gives a map; use another method than cam")
    with torch.inference_mode(False), torch.enable_grad():
        logit = replace(f, target=f.target[:1], output="logit")  # a sure network's probability has no slope left
        heard = listen(logit, x[:1], list(found))
        slopes = torch.autograd.grad(heard.value.sum(), [heard.features[name] for name in found], allow_unused=True)
    return [
        Layer(name, type(s.module).__name__, grid, bool(grid.maps(slope).any()))
        for (name, (s, grid)), slope in zip(found.items(), slopes, strict=True)
        if slope is not None  # a side branch
    ]


def linear_head(f: Score, x: Tensor, layer: str, grid: Grid) -> nn.Linear:
    """The linear layer that reads the averaged feature map; ValueError if the network has none."""
    model, last = private_copy(f.model), []
    for module in model.modules():
        if isinstance(module, nn.Linear):
            module.register_forward_hook(lambda module, inputs, output: last.append((module, inputs[0])))
    with torch.no_grad():
        logits = replace(f, model=model, target=f.target[:1]).logits(x[:1])
        _, features = score_and_features(f.rows(torch.tensor([0], device="cpu")), x[:1], layer)
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
        "cam needs a network that ends in global average pooling of its last feature map and one linear layer; this"
        " model does not. Use grad_cam"
    )
