"""Listening in: what the layers of a network gave on the way to the score.

    F_c(x) = g(f(x)),  f: the layer's output,  ∂F_c/∂f by autograd

Nothing is left on the caller's network: each pass runs on a private copy that nobody else uses.
What to look at: `score_and_features` keeps the graph between layer and score, so that one can ask for the slope there.
"""

from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from xai_core.answers import check_unscripted
from xai_core.score import Score, check_score, private_copy


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
    check_unscripted(f, "cam and grad_cam", "no hook can listen to a layer")
    model = private_copy(f.model)
    seen: list[Seen] = []
    last: list[Tensor | None] = [None]

    for name, module in model.named_modules():

        def listen(module: nn.Module, inputs: tuple, output: object, name: str = name) -> None:
            given = first_tensor(output)
            before = seen[-1].name if seen else ""
            same = given is not None and given is last[0] and before.startswith(f"{name}." if name else "")
            took, gave = ([] if t is None else t.shape for t in (first_tensor(inputs), given))
            seen.append(Seen(name, module, tuple(took), tuple(gave), before if same else ""))
            last[0] = given

        module.register_forward_hook(listen)
    model.register_forward_pre_hook(lambda module, inputs: seen.clear())  # of several passes the last one counts
    with torch.no_grad():
        replace(f, model=model, target=f.target[:1])(x[:1])
    return seen


def score_and_features(f: Score, x: Tensor, layer: str) -> tuple[Tensor, Tensor]:
    """F_c(x) and what `layer` gave on the way, in one differentiable pass: (n, …) → (n,), (n, …).

    A layer that gives a tuple, a list or a dict is represented by its first entry.
    Raises ValueError if the network has no module of that name, or does not use it.
    """
    value, (features,) = score_and_all_features(f, x, [layer])
    return value, features


def score_and_all_features(f: Score, x: Tensor, layers: list[str]) -> tuple[Tensor, list[Tensor]]:
    """The same for several layers at once: (n,), and an (n, …) for each. Raises ValueError likewise."""
    check_score(f)
    check_unscripted(f, "cam and grad_cam", "no hook can listen to a layer")
    model = private_copy(f.model)  # its own, so that listening in disturbs nobody who uses the same score
    modules, kept = dict(model.named_modules()), dict[str, Tensor]()
    for layer in layers:
        if not isinstance(layer, str) or layer not in modules:
            raise ValueError(f"layer must be one of the network's modules, {_some(modules)}; got {layer!r}")

        def listen(module: nn.Module, inputs: tuple, output: object, layer: str = layer) -> object:
            if (given := first_tensor(output)) is None:
                return output
            kept[layer] = given
            # What the network does to it in place must not change what was kept.
            if isinstance(output, Tensor):
                return output.clone()
            if isinstance(output, tuple | list) and type(output) in (tuple, list):
                return type(output)([given.clone(), *output[1:]])
            return output

        modules[layer].register_forward_hook(listen)
    value = replace(f, model=model)(x.detach().clone().requires_grad_())
    for layer in layers:
        if layer not in kept:
            raise ValueError(f"layer {layer!r} gives no tensor on the way to the score")
    return value, [kept[layer] for layer in layers]


def first_tensor(output: object) -> Tensor | None:
    """What a module gave: the tensor itself, or the first entry of a tuple, a list or a dict."""
    if isinstance(output, dict):
        output = tuple(output.values())
    if isinstance(output, tuple | list) and output:
        output = output[0]
    return output if isinstance(output, Tensor) and not output.is_nested else None


def _some(modules: dict[str, nn.Module]) -> str:
    names = [repr(name) for name in modules if name]
    return ", ".join([*names[:3], "…", *names[-3:]] if len(names) > 7 else names)
