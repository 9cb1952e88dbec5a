"""Answers: what a network returns, or a function that was handed over as a score, checked at one place.

    a network    (R, …) → (R, classes)
    a function   (R, …) → (R,)

What to look at: `no_score`, the one sentence about what is no score; every method and every score of a map says it.
"""

import math
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar

import torch
from torch import Tensor, nn
from torch.overrides import _get_current_function_mode_stack
from torch.utils._device import DeviceContext

from xai_core.network.kinds import kinds_of

Ask = Callable[[Tensor], Tensor]
HOOKS = [name for name in vars(nn.Module()) if "_hooks" in name]
checking: ContextVar[bool] = ContextVar("checking", default=False)  # in a pass that only checks, and counts for nothing


def of_network(model: nn.Module, x: Tensor) -> Tensor:
    """What the network returns: (R, …) → (R, classes), checked.

    Raises TypeError if that is no tensor of real numbers; ValueError if the network cannot take x, for other than one
    row of classes an input, and for NaN.
    """
    try:
        logits = model(x.clone())  # a network may overwrite its input, and the caller's is not its to write
    except (RuntimeError, ValueError, TypeError, IndexError) as error:
        if isinstance(error, torch.OutOfMemoryError):
            raise
        raise ValueError(
            f"the model cannot take x with rows of shape {tuple(x.shape[1:])}, {x.dtype}, on {x.device}: {said(error)}"
        ) from error
    if not isinstance(logits, Tensor):
        raise TypeError(f"model must return a tensor (N, classes); got {type(logits).__name__}")
    if logits.dim() != 2 or len(logits) != len(x):
        raise ValueError(
            f"model must map (N, …) to (N, classes); it maps {tuple(x.shape)} to {tuple(logits.shape)}"
            " (is the batch dimension of x missing?)"
        )
    if not logits.is_floating_point():
        raise TypeError(f"model must return real numbers, floating point; got {logits.dtype}")
    if _has_nan(logits):
        raise ValueError(f"model must return numbers; it returns NaN for a finite input of shape {tuple(x.shape)}")
    return logits


def _has_nan(given: Tensor) -> bool:
    return math.isnan(given.detach().sum()) and bool(torch.isnan(given).any())  # ∞ − ∞ is NaN, too


def gives_probabilities(model: nn.Module, returned: Tensor) -> bool:
    """Whether what a network of several classes returned, (R, classes), are probabilities: a softmax or sigmoid's."""
    least, most = map(float, returned.detach().aminmax())
    if returned.shape[1] == 1 or least < 0 or most > 1:
        return False
    off = returned.detach().sum(1) - 1
    return bool((off.abs() <= torch.finfo(off.dtype).eps ** 0.5).all()) or isinstance(
        [*model.modules()][-1], nn.Sigmoid
    )


class NoSlope(ValueError):
    """A score does not depend on what its slope is asked for."""

    def __init__(self) -> None:
        super().__init__(
            "the score has no gradient at x: the model does not depend on x, or detaches it. Methods that ask for"
            " answers alone, such as lime or rise, explain such a model, too"
        )


def differentiated(
    compute: Callable[[], Tensor],
    into: Sequence[Tensor],
    within: Callable[[], AbstractContextManager] = nullcontext,
    unused: bool = False,
) -> tuple[Tensor, list[Tensor]]:
    """What compute() returns, detached, and the slope of its sum in each of the tensors.

    unused: whether it may do without some of them, whose slope is 0. Raises NoSlope, and ValueError for a network whose
    gradient cannot be taken.
    """
    with within():
        found = compute()
    slopes: list[Tensor | None] = [None]
    if found.requires_grad and into:
        try:
            slopes = list(torch.autograd.grad(found.sum(), into, allow_unused=True))
            again = unused and None in slopes and _leads_through(found, "CheckpointFunction")
        except RuntimeError as error:
            again = "compatible with .grad()" in str(error)
            if isinstance(error, torch.OutOfMemoryError):
                raise
            if "utils.checkpoint" in str(error) and (within is not nullcontext or _under_rules()):
                raise ValueError(
                    "the model must not checkpoint its gradients (torch.utils.checkpoint) for a method that changes"
                    " the rules of its steps: they hold in the first pass alone. Switch that off"
                ) from error
            if not again:
                raise ValueError(f"the model cannot be differentiated at x: {said(error)}") from error
        if again:  # a checkpoint of the old kind knows backward() alone
            found = compute()
            found.sum().backward()
            slopes = [each.grad for each in into]
            for each in into:
                each.grad = None
    missing = [slope is None or (not slope.any() and _leads_through(found, "NotImplemented")) for slope in slopes]
    if all(missing) or (any(missing) and not unused):
        raise NoSlope
    return found.detach(), [torch.zeros_like(t) if s is None else s for t, s in zip(into, slopes, strict=True)]


def _under_rules() -> bool:
    """Whether something stands in for torch's functions in this thread, other than a default device."""
    return any(not isinstance(mode, DeviceContext) for mode in _get_current_function_mode_stack())


def _leads_through(found: Tensor, step: str) -> bool:
    """Whether a step of that name is on the way. "NotImplemented", as in quantised layers, sends zeros back."""
    ahead, seen = [found.grad_fn], set()
    while ahead:
        node = ahead.pop()
        if node is not None and node not in seen:
            if step in node.name():
                return True
            seen.add(node)
            ahead += [following for following, _ in node.next_functions]
    return False


def check_unscripted(f: object, who: str, what: str = "its rule cannot reach the ReLUs") -> None:
    """Raise TypeError if f is the score of a network with TorchScript in it: what happens inside is out of reach."""
    model = getattr(f, "model", None)
    if isinstance(model, nn.Module) and any(issubclass(kind, torch.jit.ScriptModule) for kind in kinds_of(model)):
        raise TypeError(f"model must not be scripted for {who}: {what} inside TorchScript")


def without_hooks(model: nn.Module, x: Tensor) -> Tensor:
    """The same as `of_network`, unseen: by hooks, by rules that stand in for torch's functions, by counters."""
    token = checking.set(True)
    try:
        with torch._C.DisableTorchFunction():
            return of_network(_bare(model, {}), x)
    finally:
        checking.reset(token)


def _bare(module: nn.Module, known: dict[int, nn.Module]) -> nn.Module:
    """The same modules without hooks, sharing all tensors."""
    if id(module) not in known:
        known[id(module)] = module
        if not isinstance(module, torch.jit.ScriptModule):
            known[id(module)] = bare = object.__new__(type(module))
            parts = {name: None if part is None else _bare(part, known) for name, part in module._modules.items()}
            state = vars(module) | {"_modules": parts}
            state |= {name: OrderedDict() for name in HOOKS if state.get(name)}
            object.__setattr__(bare, "__dict__", state)
    return known[id(module)]


def of_function(f: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """What a function returns that was handed over as a score: (R, …) → (R,). Raises as `no_score` says."""
    if not callable(f):
        raise no_score(type(f).__name__)
    found = f(x)
    right = isinstance(found, Tensor) and not found.is_complex()
    if right and found.shape == (len(x),):
        if _has_nan(found):
            raise ValueError(f"f must return numbers; it returns NaN for a finite input of shape {tuple(x.shape)}")
        return found
    if isinstance(f, nn.Module):
        raise no_score(f"a network, {type(f).__name__}")
    if not right:
        kind = found.dtype if isinstance(found, Tensor) else type(found).__name__
        raise no_score(f"a function that returns {kind}")
    raise no_score(f"a function that returns {tuple(found.shape)} for {tuple(x.shape)}", ValueError)


def no_score(given: str, error: type[Exception] = TypeError) -> Exception:
    """The sentence about what is no score. It is the same for every method and every score of a map."""
    return error(
        "f must be a score, as make_score(model, x, target) gives, or a function (R, …) → (R,) where no more is needed"
        f" than answers and slopes; got {given}"
    )


def said(error: Exception) -> str:
    """An error's message in one line; TorchScript's own stands in the last of many."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    return lines[-1] if lines[0].startswith("The following operation failed") else lines[0]
