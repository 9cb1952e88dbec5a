"""Kinds of networks that need more than a copy: compiled, scripted, lazy, recurrent on a GPU, with nested tensors.

What to look at: `for_evaluation`, all that is changed of a private copy. The caller's network is only read.
"""

from collections.abc import Iterator
from functools import cache
from types import FunctionType
from typing import Any

import torch
from torch import nn
from torch.nn.modules.lazy import LazyModuleMixin


def check_materialised(model: nn.Module) -> None:
    """Raise ValueError if a lazy layer has no weights yet."""
    if any(isinstance(module, LazyModuleMixin) and module.has_uninitialized_params() for module in model.modules()):
        raise ValueError(
            "model must have its weights; a lazy layer of it has none before the first pass: call model(x) once"
        )


def uncompiled(model: nn.Module) -> Iterator[tuple[Any, Any]]:
    """What torch.compile wraps, as a whole, in a part or as a function: (wrapper, inside), the innermost first.

    Compiled code would not see changed rules, nor gradients where it was compiled without.
    """
    for module in reversed([m for m in model.modules() if not isinstance(m, torch.jit.ScriptModule)]):
        for value in vars(module).values():
            if type(value) is FunctionType and (inside := getattr(value, "_torchdynamo_orig_callable", None)):
                yield value, inside
        if (inside := module._modules.get("_orig_mod")) is not None:
            yield module, inside


def name_inside(name: str) -> str:
    """A module's name in the private copy, where nothing is wrapped by torch.compile."""
    return ".".join(part for part in name.split(".") if part != "_orig_mod")


def mixes_rows(model: nn.Module) -> bool:
    """Whether a layer is known to: dynamically quantised ones round by the largest number of the batch."""
    kinds: set[Any] = {type(module) for module in model.modules()}
    return any("quantized.dynamic" in kind.__module__ for kind in kinds)


@cache
def _special(kind: Any) -> bool:
    """Whether modules of this type are looked at more closely; every call walks over all of them."""
    return issubclass(kind, nn.TransformerEncoder | nn.RNNBase | torch.jit.ScriptModule)


def for_evaluation(model: nn.Module, frozen: bool) -> nn.Module:
    """A copy, switched to evaluation mode, and to what can be differentiated there."""
    if not isinstance(model, torch.jit.ScriptModule) or hasattr(model, "training"):  # a frozen one has no modes
        model.eval()
    for module in model.modules():
        kind: Any = type(module)
        if not _special(kind):
            continue
        if isinstance(module, nn.TransformerEncoder):  # nested tensors have no gradient, and other values where padded
            module.enable_nested_tensor = module.use_nested_tensor = False
        if isinstance(module, nn.RNNBase) and any(weight.is_cuda for weight in module.parameters()):
            module.train().dropout = 0.0  # cuDNN goes back through training mode alone
        if isinstance(module, torch.jit.ScriptModule):  # its copied weights have the caller's for their history
            for weight in module.parameters():
                weight.detach_().requires_grad_(not frozen and weight.is_floating_point())
    return model
