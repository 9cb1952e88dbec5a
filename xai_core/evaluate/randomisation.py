"""Parameter randomisation: does the map notice that the network has forgotten all? (Adebayo et al. 2018) [Adebayo2018].

    θ_0 = θ, the trained network          θ_d: the last d layers in ruins, from the answer downwards (cascading)
    ρ_d = Spearman( A(x; θ) , A(x; θ_d) )                a map that explains the network falls to 0; 1: it does not look

A layer is ruined by putting the numbers of each of its tensors in a random order: what was learned is gone, the size of
the weights stays, so activations neither vanish nor explode. Adebayo et al. draw new ones; any layer can be shuffled.
Spearman with and without the sign: a map that only flips has ρ = −1 and |·| unchanged.
What to look at: guided backpropagation and the picture's edges beside the gradient. A map that hardly changes when the
network is ruined draws the picture, not the network.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from numbers import Integral

import torch
from torch import Tensor, nn

from xai_core.network.kinds import name_inside
from xai_core.network.private_copy import private_copy
from xai_core.rankings import check_map, rank_correlation


@dataclass(frozen=True, eq=False)
class Randomisation:
    """The map at every depth of ruin, and what is left of the first."""

    layers: tuple[str, ...]  # "" for the trained network, then the layer that was ruined last
    maps: tuple[Tensor, ...]  # (N, …) each
    spearman: Tensor  # (depths, N), with the sign; 1 at depth 0
    spearman_absolute: Tensor  # (depths, N), of |A|


def layers_of(model: nn.Module) -> tuple[str, ...]:
    """The modules that have parameters of their own, from the answer downwards (in reverse order of declaration).

    Raises ValueError if there is none.
    """
    modules = model.named_modules()
    names = [name_inside(name) for name, module in modules if next(module.parameters(recurse=False), None) is not None]
    if not names:
        raise ValueError("model must have parameters; it has none")
    return tuple(reversed(names))


def ruined(model: nn.Module, layers: Sequence[str], seed: int = 0) -> nn.Module:
    """A copy of the network with the numbers of each of these layers' tensors in a random order. The model stays.

    The same seed ruins a layer the same way, whatever else is ruined. Raises ValueError for a layer without parameters.
    """
    copy, known, layers = private_copy(model), layers_of(model), [name_inside(name) for name in layers]
    unknown = [name for name in layers if name not in known]
    if unknown:
        raise ValueError(f"layers must be modules with parameters, such as {', '.join(known[:4])}; got {unknown[0]!r}")
    modules = dict(copy.named_modules())
    for name in layers:
        generator = torch.Generator().manual_seed(seed + known.index(name))
        for parameter in modules[name].parameters(recurse=False):
            order = torch.randperm(parameter.numel(), generator=generator, device="cpu").to(parameter.device)
            parameter.data = parameter.data.flatten()[order].view_as(parameter)  # new memory: the old is the model's
    return copy


def randomisation(
    model: nn.Module,
    attribute: Callable[[nn.Module], Tensor],
    layers: Sequence[str] | None = None,
    depths: int | None = None,
    seed: int = 0,
) -> Randomisation:
    """Explain the same input by networks that are ruined deeper and deeper.

    attribute: from a network to the map (N, …), of one fixed class for all, such as
        `lambda network: explain(network, x, 3, "integrated_gradients")`.
    layers: which to ruin, in this order; None for all of `layers_of`. depths: cut those into about as many equal
        strides (ruining one layer at a time of a deep network takes as many maps).
    ρ is NaN where one of the two maps is constant.
    Raises ValueError for a depths beyond the number of layers, a layer without parameters, or maps that are not finite.
    """
    names = layers_of(model) if layers is None else tuple(layers)
    if depths is not None and (not isinstance(depths, Integral) or not 1 <= depths <= len(names)):
        raise ValueError(f"depths must be from 1 to the number of layers, {len(names)}; got {depths!r}")
    stops = sorted({round(d * len(names) / (depths or len(names))) for d in range(1, (depths or len(names)) + 1)})
    maps = [attribute(model), *(attribute(ruined(model, names[:stop], seed)) for stop in stops)]
    for each in maps:
        check_map(each, "what attribute returns")
    return Randomisation(
        ("", *(names[stop - 1] for stop in stops)),
        tuple(maps),
        torch.stack([rank_correlation(maps[0], A) for A in maps]),
        torch.stack([rank_correlation(maps[0], A, absolute=True) for A in maps]),
    )
