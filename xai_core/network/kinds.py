"""Kinds of networks that need more than a copy: compiled, scripted, lazy, recurrent on a GPU, with nested tensors.

What to look at: `for_evaluation`, all that is changed of a private copy. The caller's network is only read.
"""

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


def what_is_compiled(value: Any) -> Any:
    """What torch.compile wraps, a network, a part of one or a function; None if this is no such wrapper.

    Compiled code would not see changed rules, nor gradients where it was compiled without.
    """
    if type(value) is FunctionType:
        return getattr(value, "_torchdynamo_orig_callable", None)
    return value._orig_mod if type(value).__name__ == "OptimizedModule" else None


def name_inside(name: str) -> str:
    """A module's name in the private copy, where nothing is wrapped by torch.compile."""
    return ".".join(part for part in name.split(".") if part != "_orig_mod")


def kinds_of(model: nn.Module) -> set[Any]:
    """The types of its modules."""
    found, ahead = set(), [model]
    while ahead:
        module = ahead.pop()
        found.add(type(module))
        ahead += [part for part in module._modules.values() if part is not None]
    return found


def differs_in_training(module: nn.Module) -> bool:
    """Whether a part in training mode computes something else than in evaluation mode."""
    if getattr(module, "training", False):  # a frozen script has no modes
        if isinstance(module, nn.RNNBase | nn.MultiheadAttention) and module.dropout > 0:
            return True
        if isinstance(module, nn.modules.dropout._DropoutNd | nn.modules.batchnorm._BatchNorm):
            return True
    return any(differs_in_training(part) for part in module._modules.values() if part is not None)


def mixes_rows(kinds: set[Any]) -> bool:
    """Whether a layer is known to: dynamically quantised ones round by the largest number of the batch."""
    return any("quantized.dynamic" in kind.__module__ for kind in kinds)


@cache
def is_special(kind: Any) -> bool:
    """Whether modules of this type are looked at more closely; every call walks over all of them."""
    return issubclass(kind, nn.TransformerEncoder | nn.RNNBase | torch.jit.ScriptModule)


def for_evaluation(model: nn.Module, frozen: bool) -> nn.Module:
    """A copy, switched to evaluation mode, and to what can be differentiated there."""
    if not isinstance(model, torch.jit.ScriptModule) or hasattr(model, "training"):  # a frozen one has no modes
        model.eval()
    for module in model.modules():
        kind: Any = type(module)
        if not is_special(kind):
            continue
        if isinstance(module, nn.TransformerEncoder):  # nested tensors have no gradient, and other values where padded
            module.enable_nested_tensor = module.use_nested_tensor = False
        if isinstance(module, nn.RNNBase) and any(weight.is_cuda for weight in module.parameters()):
            module.train().dropout = 0.0  # cuDNN goes back through training mode alone
        if isinstance(module, torch.jit.ScriptModule):  # its copied weights have the caller's for their history
            for weight in module.parameters():
                weight.detach_().requires_grad_(not frozen and weight.is_floating_point())
    return model
