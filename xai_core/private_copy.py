"""A network's private copy: objects of its own, in evaluation mode; the weights share the original's memory.

Every method explains a copy, so that none can change the caller's network, and threads may explain one at once.
"""

import copy
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from xai_core.kinds import check_materialised, for_evaluation, uncompiled


@torch.inference_mode(False)
def private_copy(model: nn.Module, *, frozen: bool = True) -> nn.Module:
    """The same network in objects of its own, in evaluation mode; the weights share the original's memory.

    frozen: False lets gradients reach the copy's parameters. Give those new memory (`parameter.data = …`) to change
        them, never write into the old. `torch.func.functional_call` would need no copy, but it swaps the parameters of
        the *shared* module in and out during the call: two threads doing so at once leave the network with wrong ones.
    Raises TypeError for a network that cannot be copied.
    """
    check_materialised(model)
    replacements: dict[int, Any] = {}
    for parameter in model.parameters():
        value = parameter.clone() if parameter.is_inference() else parameter.detach()
        replacements[id(parameter)] = nn.Parameter(value, requires_grad=not frozen and value.is_floating_point())
    for buffer in model.buffers():  # small, and some layers count their calls in them: copied, not shared
        replacements[id(buffer)] = buffer.detach().clone()
    for module in model.modules():  # tensors that a forward pass left behind; deepcopy refuses those with a history
        replacements |= {id(value): value.detach() for value in _tensors(vars(module)) if value.grad_fn is not None}
    try:
        for compiled, inner in uncompiled(model):
            replacements[id(compiled)] = copy.deepcopy(inner, replacements)
        return for_evaluation(copy.deepcopy(model, replacements), frozen)
    except Exception as error:  # whatever a network's own objects may raise
        raise TypeError(f"model cannot be copied (copy.deepcopy), and it is explained on a copy: {error}") from error


def _tensors(value: object) -> Iterator[Tensor]:
    """The tensors in nested dicts, lists and tuples."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, dict | list | tuple):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _tensors(each)
