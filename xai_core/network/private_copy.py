"""A network's private copy: objects of its own, in evaluation mode; the weights share the original's memory.

Every method explains a copy, so that none can change the caller's network, and threads may explain one at once; forked
processes may not, because PyTorch's OpenMP hangs in them: spawn yours. The copy is made anew for each call: no cache
would notice a new value of `.data` or of a plain attribute. So it is cheap: `copy.deepcopy` looks through a dozen empty
dicts of hooks in every module, and takes five times as long.
What to look at: `_Copies.module`. deepcopy gets all other objects, and modules that say themselves how they are copied.
"""

import copy
import types
from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import UninitializedBuffer, UninitializedParameter

from xai_core.network.kinds import check_materialised, for_evaluation, is_special, what_is_compiled

ATOMS = {type(None), bool, int, float, complex, str, bytes, type, types.BuiltinFunctionType, torch.dtype, torch.device,
         torch.Size}  # fmt: skip  # of which deepcopy, too, makes no second one
CONTAINERS = {dict, OrderedDict, list, set}
OWN = {name for name, value in vars(nn.Module()).items() if type(value) in CONTAINERS}  # a dozen of hooks, mostly empty


@torch.inference_mode(False)
def private_copy(model: nn.Module, *, frozen: bool = True) -> nn.Module:
    """The same network in objects of its own, in evaluation mode; the weights share the original's memory.

    frozen: False lets gradients reach the copy's parameters. Give those new memory (`parameter.data = …`) to change
        them, never write into the old. `torch.func.functional_call` would need no copy, but it swaps the parameters of
        the *shared* module in and out during the call: two threads doing so at once leave the network with wrong ones.
    Raises TypeError for a network that cannot be copied, ValueError for one whose lazy layers have no weights yet.

    Examples:
        >>> from torch import nn
        >>> from xai_core.network.private_copy import private_copy
        >>> model = nn.Linear(2, 2)
        >>> copied = private_copy(model)
        >>> copied is model, copied.weight.data_ptr() == model.weight.data_ptr(), copied.training
        (False, True, False)
    """
    try:
        return _Copies(model, frozen).made()
    except Exception as error:  # whatever a network's own objects may raise
        check_materialised(model)
        raise TypeError(f"model cannot be copied (copy.deepcopy), and it is explained on a copy: {error}") from error


class _Copies:
    """What was copied so far: an object met twice (tied weights, a module used twice) has one copy."""

    def __init__(self, model: nn.Module, frozen: bool) -> None:
        self.model, self.frozen = model, frozen
        self.memo: dict[int, Any] = {}  # id → copy, as deepcopy keeps it
        self.plain: set[type] = set()  # of modules met so far, whose attributes are all that there is to copy
        self.special = False  # whether evaluation is more, for one of the modules, than `training = False`
        self.prepared = False

    def made(self) -> nn.Module:
        copied = self.of(self.model)
        return for_evaluation(copied, self.frozen) if self.special else copied

    def of(self, value: Any) -> Any:
        kind: Any = type(value)
        if kind in ATOMS:
            return value
        if id(value) in self.memo:
            return self.memo[id(value)]
        if kind in self.plain:
            return self.module(value)
        if kind in CONTAINERS:
            return self.container(value)
        if kind is tuple:
            return value if ATOMS.issuperset(map(type, value)) else tuple(map(self.of, value))
        if kind is nn.Parameter:
            return self.parameter(value)
        if (inside := what_is_compiled(value)) is not None:  # compiled code would not see changed rules
            self.memo[id(value)] = self.of(inside)
            return self.memo[id(value)]
        if kind is types.FunctionType:
            return value
        if issubclass(kind, nn.Module) and _ways(kind) == PLAIN:
            self.plain.add(kind)
            self.special |= kind.train is not nn.Module.train or kind.eval is not nn.Module.eval or is_special(kind)
            return self.module(value)
        return self.searched(value)

    def module(self, module: nn.Module) -> nn.Module:
        kind: Any = type(module)
        copied = self.memo[id(module)] = kind.__new__(kind)  # before its contents: a part may name the whole
        if module._buffers:
            self.buffers(module)
        state = vars(module) | {"training": False}
        state.pop("_compiled_call_impl", None)  # of module.compile()
        for name, value in state.items():
            if (kind_of := type(value)) not in ATOMS:
                state[name] = kind_of() if name in OWN and not value else self.of(value)
        if kind.__setstate__ is nn.Module.__setstate__:  # it only adds what modules of old files lack
            object.__setattr__(copied, "__dict__", state)
        else:
            copied.__setstate__(state)
        return copied

    def container(self, values: Any) -> Any:
        copied = self.memo[id(values)] = type(values)()
        if isinstance(values, dict):
            for key, value in values.items():
                copied[key if type(key) is str else self.of(key)] = self.of(value)
        elif isinstance(values, list):
            copied.extend(map(self.of, values))
        else:
            copied.update(map(self.of, values))
        return copied

    def parameter(self, parameter: Tensor) -> nn.Parameter:
        value = parameter.clone() if parameter.is_inference() else parameter
        copied = nn.Parameter(value, requires_grad=not self.frozen and value.is_floating_point())
        self.memo[id(parameter)] = copied
        return copied

    def buffers(self, module: nn.Module) -> None:
        """Copies of a module's buffers: they are small, and some layers count their calls in them."""
        for buffer in module._buffers.values():
            if buffer is not None and id(buffer) not in self.memo:
                self.memo[id(buffer)] = buffer.detach().clone()

    def searched(self, value: Any) -> Any:
        """A copy by deepcopy, which is told before of every tensor of the network that it might come upon."""
        if isinstance(value, UninitializedParameter | UninitializedBuffer):
            raise ValueError("a lazy layer has no weights yet")
        self.special |= isinstance(value, nn.Module)
        prepared, self.prepared = self.prepared, True
        for module in () if prepared else self.model.modules():
            if what_is_compiled(module) is not None:
                self.of(module)
            for parameter in module._parameters.values():  # of a copied script they are plain tensors
                if parameter is not None and id(parameter) not in self.memo:
                    self.parameter(parameter)
            self.buffers(module)
            for tensor in _tensors(vars(module)):
                # What a forward pass left behind; deepcopy refuses tensors with a history.
                if tensor.grad_fn is not None and id(tensor) not in self.memo:
                    self.memo[id(tensor)] = tensor.detach()
        return self.memo[id(value)] if id(value) in self.memo else copy.deepcopy(value, self.memo)


def _ways(kind: Any) -> tuple:
    """By what a class says itself how it is copied, as scripted, traced and parametrised modules do."""
    return (getattr(kind, "__deepcopy__", None), kind.__reduce_ex__, kind.__reduce__, kind.__getstate__)


PLAIN = _ways(nn.Module)


def _tensors(value: object) -> Iterator[Tensor]:
    """The tensors in nested dicts, lists and tuples."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, dict | list | tuple):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _tensors(each)
