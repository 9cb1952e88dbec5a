"""Listening in: what the layers of a network gave on the way to the score.

    F_c(x) = g(f(x)),  f: the layer's output,  ∂F_c/∂f by autograd

Nothing is left on the caller's network: each pass runs on a private copy that nobody else uses.
What to look at: `score_and_features` keeps the graph between layer and score, so that one can ask for the slope there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import prod
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from xai_core.network.answers import check_unscripted
from xai_core.network.private_copy import private_copy
from xai_core.score import Score, check_score

CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)


@dataclass(frozen=True)
class Seen:
    """A module that took part, and what it was given and gave for one picture."""

    name: str
    module: nn.Module
    took: tuple[int, ...]  # shape of its first argument; () if that is no tensor
    shape: tuple[int, ...]  # of what it gave; () if that is no tensor
    inside: str = ""  # the module inside it that gave this very tensor before


def observe(f: Score, x: Tensor) -> list[Seen]:
    """Every module that took part in F(x[:1]), in the order in which they finish."""
    check_score(f)
    with torch.no_grad():
        return listen(replace(f, target=f.target[:1]), x[:1], []).seen


class Heard(NamedTuple):
    """What one pass told."""

    value: Tensor  # F_c(x), (n,)
    features: dict[str, Tensor]  # by layer, (n, …): F_c's graph begins at the first of them
    seen: list[Seen]


def listen(f: Score, x: Tensor, layers: Sequence[str] | None = None) -> Heard:
    """F_c(x), what these layers gave on the way, and who took part, in one pass: (n, …) → (n,), (n, …) each.

    Below the first layer no gradient is asked for, so there is no graph. A layer that gives a tuple, a list or a dict
    is represented by its first entry. Where layers are named, who else took part is told as far as `telling` says.
    layers: None is for the last map as large as the last convolution's, whichever module gives it. It is left out
        where one pass does not do: another module wrote over it, or the convolution named last is not the last.
    Raises ValueError if the network has no module of a name, or does not use it.
    """
    check_score(f)
    check_unscripted(f, "cam and grad_cam", "no hook can listen to a layer")
    model = f.model if f.own else private_copy(f.model)  # hooks must disturb nobody who uses the same score
    modules = dict(model.named_modules())
    for layer in layers or ():
        if not isinstance(layer, str) or layer not in modules:
            raise ValueError(f"layer must be one of the network's modules, {_some(modules)}; got {layer!r}")
    begin = [name for name, m in modules.items() if isinstance(m, CONVOLUTIONS)][-1:] if layers is None else layers
    heard = telling(modules, layers) if layers else modules
    ears = _Ears(set(begin), layers is None, x.dim())
    value = _heard(ears, heard, replace(f, model=model), x.detach())
    if ears.foreign:  # then the graph begins at x
        ears = _Ears(set(begin), layers is None, x.dim())
        value = _heard(ears, heard, replace(f, model=model), x.detach().clone().requires_grad_())
    for layer in layers or ():
        if layer not in ears.kept:
            raise ValueError(f"layer {layer!r} gives no tensor on the way to the score")
    return Heard(value, ears.features(), ears.seen)


def telling(modules: Mapping[str, nn.Module], layers: Sequence[str]) -> dict[str, nn.Module]:
    """These layers, and the modules that tell how their outputs are laid out.

    All of them where there is attention or layer normalisation. Else channels come first, unless a linear layer takes a
    map.
    """
    if any(map(lays_out, {type(module): module for module in modules.values()}.values())):  # one of each kind
        return dict(modules)
    return {name: m for name, m in modules.items() if name in layers or isinstance(m, nn.Linear)}


def lays_out(module: nn.Module) -> bool:
    """Whether such a module stands where channels may come last: attention, layer normalisation."""
    return attends(module) or isinstance(module, nn.LayerNorm)


def attends(module: nn.Module) -> bool:
    """Whether a module is attention, by the name of its type: MultiheadAttention, ShiftedWindowAttention."""
    return "attention" in type(module).__name__.lower()


def _heard(ears: "_Ears", modules: Mapping[str, nn.Module], f: Score, x: Tensor) -> Tensor:
    hooks = [module.register_forward_hook(partial(ears.hear, name)) for name, module in modules.items()]
    hooks.append(f.model.register_forward_pre_hook(ears.begin_anew))
    try:
        return f(x)
    finally:
        for hook in hooks:
            hook.remove()


class _Ears:
    """The hook on every module, and what it heard."""

    def __init__(self, begin: set[str], usual: bool, dim: int) -> None:
        self.begin, self.usual, self.dim = begin, usual, dim
        self.begin_anew()

    def begin_anew(self, *_: object) -> None:
        """Of several passes the last one counts."""
        self.seen: list[Seen] = []
        self.kept: dict[str, tuple[Tensor, int]] = {}  # by layer: its output, and how often it had been written to
        self.last: Tensor | None = None
        self.foreign = False  # whether a layer gave something into which no beginning can be put
        self.places: tuple[int, ...] = ()  # of the last convolution's map

    def hear(self, name: str, module: nn.Module, inputs: tuple, output: object) -> object:
        given = first_tensor(output)
        before = self.seen[-1].name if self.seen else ""
        same = given is not None and given is self.last and before.startswith(f"{name}." if name else "")
        took, gave = (() if t is None else tuple(t.shape) for t in (first_tensor(inputs), given))
        self.seen.append(Seen(name, module, took, gave, before if same else ""))
        self.last = given
        if given is None:
            return None
        if self.usual and isinstance(module, CONVOLUTIONS) and prod(gave[2:]) > 1:
            self.places = gave[2:]
        usual = self.usual and name and len(gave) == self.dim and gave[2:] == self.places
        if usual:
            self.kept = {name: (given, _writes(given))}
        if name not in self.begin:
            return None
        begun = given if given.requires_grad or not torch.is_grad_enabled() else given.detach().requires_grad_()
        if usual or not self.usual:
            self.kept[name] = (begun, _writes(begun))
        # What the network does to it in place must not change what was kept.
        changed = with_first_tensor(output, begun.clone())
        self.foreign |= changed is None and begun is not given
        self.last = given if changed is None else first_tensor(changed)
        return changed

    def features(self) -> dict[str, Tensor]:
        """What was kept; of the usual layer only what was not written over, and what the score's graph begins with."""
        return {
            name: given
            for name, (given, version) in self.kept.items()
            if not self.usual or (given.requires_grad and _writes(given) == version)
        }


def _writes(tensor: Tensor) -> int:
    """How often it was written to; in inference mode nobody counts."""
    return 0 if tensor.is_inference() else tensor._version


def score_and_features(f: Score, x: Tensor, layer: str) -> tuple[Tensor, Tensor]:
    """F_c(x) and what `layer` gave on the way, in one differentiable pass: (n, …) → (n,), (n, …).

    Raises ValueError if the network has no module of that name, or does not use it.
    """
    heard = listen(f, x, [layer])
    return heard.value, heard.features[layer]


def first_tensor(output: object) -> Tensor | None:
    """What a module gave: the tensor itself, or the first entry of a tuple, a list or a dict."""
    if isinstance(output, dict):
        output = tuple(output.values())
    if isinstance(output, tuple | list) and output:
        output = output[0]
    return output if isinstance(output, Tensor) and not output.is_nested else None


def with_first_tensor(output: Any, tensor: Tensor) -> object:
    """The same with another tensor in that place; None if it is of a type that cannot be made again."""
    if type(output) in (tuple, list):
        return type(output)([tensor, *output[1:]])
    if type(output) is dict:
        return output | {next(iter(output)): tensor}
    return tensor if isinstance(output, Tensor) else None


def _some(modules: dict[str, nn.Module]) -> str:
    names = [repr(name) for name in modules if name]
    return ", ".join([*names[:3], "…", *names[-3:]] if len(names) > 7 else names)
