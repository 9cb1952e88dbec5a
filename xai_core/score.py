"""The score F_c: the one function of the input that every method explains.

    F_c(x) = softmax(model(x))_c   (output="probability")   or   model(x)_c   (output="logit")

Units: a probability from 0 to 1, or logits.
What to look at: `make_score` builds F_c; `forward` and `gradient` evaluate it in passes of bounded memory.

A score is a pure function (R, …) → (R,). It owns a private copy of the network's objects, in evaluation mode and with
frozen weights. (Their memory is shared: nothing large is copied.) So no method can change the caller's network.
Thirty students may explain one network at once. Autograd computes the gradient of the input alone, in half the time.
"""

import copy
import operator
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from xai_core.inputs import check_numbers

ROWS_AT_ONCE = 64  # rows in one pass through the network; more gains nothing on a CPU
SMALL_ROWS_AT_ONCE = 512  # except where rows are small: digits of 8 × 8 take two thirds of the time
SMALL = 64  # numbers
NUMBERS_AT_ONCE = 32 * 3 * 224 * 224  # most input numbers in one pass: 32 photographs of 224 × 224

OUTPUTS = ("probability", "logit")


@dataclass(frozen=True)
class Score:
    """F_c as a function (R, …) → (R,). Build one with `make_score`.

    A batch of N images may be repeated M times, one copy behind the other; row r then belongs to image r mod N, and
    is scored for that image's target.
    """

    model: nn.Module  # the private copy: evaluation mode, frozen weights
    target: Tensor  # (N,) class of each image, or (1,) one class for all
    output: str = "probability"

    def __call__(self, x: Tensor) -> Tensor:
        """F_c of each row: (R, …) → (R,)."""
        outputs = self.outputs(x)  # (R, classes)
        target = self.target.to(x.device)[torch.arange(len(x), device=x.device) % len(self.target)]
        return outputs.gather(1, target[:, None])[:, 0]

    def logits(self, x: Tensor) -> Tensor:
        """What the network returns: (R, …) → (R, classes), checked.

        Raises TypeError if that is no tensor, and ValueError if the network cannot take x. Raises ValueError, too, for
        NaN, for other than one row of classes an input, and if it has no class of the target's number.
        """
        try:
            logits = self.model(x.clone())  # a network may overwrite its input, and the caller's is not its to write
        except (RuntimeError, ValueError, TypeError, IndexError) as error:
            if isinstance(error, torch.OutOfMemoryError):
                raise
            raise ValueError(
                f"the model cannot take x with rows of shape {tuple(x.shape[1:])}, {x.dtype}, on {x.device}: {error}"
            ) from error
        if not isinstance(logits, Tensor):
            raise TypeError(f"model must return a tensor (N, classes); got {type(logits).__name__}")
        if logits.dim() != 2 or len(logits) != len(x):
            raise ValueError(
                f"model must map (N, …) to (N, classes); it maps {tuple(x.shape)} to {tuple(logits.shape)}"
                " (is the batch dimension of x missing?)"
            )
        classes = logits.shape[1]
        if self.output == "probability" and classes == 1:
            raise ValueError(
                "output='probability' needs a model with two classes or more, it has 1; use output='logit'"
            )
        if torch.isnan(logits).any():
            raise ValueError(f"model must return numbers; it returns NaN for a finite input of shape {tuple(x.shape)}")
        outside = self.target[(self.target < 0) | (self.target >= classes)]
        if len(outside):
            raise ValueError(f"target must be a class from 0 to {classes - 1}; got {int(outside[0])}")
        return logits

    def outputs(self, x: Tensor) -> Tensor:
        """The scores of all classes: (R, …) → (R, classes), as `output` says. Raises what `logits` raises."""
        logits = self.logits(x)
        return logits.softmax(1) if self.output == "probability" else logits

    def rows(self, index: Tensor) -> "Score":
        """The score of these rows alone: their targets, in this order."""
        return self if len(self.target) == 1 else replace(self, target=self.target[index.cpu() % len(self.target)])


ScoreFunction = Score | Callable[[Tensor], Tensor]  # most methods need no more than a function (R, …) → (R,)


def make_score(model: nn.Module, x: Tensor, target: int | Tensor | str, output: str = "probability") -> Score:
    """F_c for a network, an input and a target.

    model: any module that maps (N, …) to (N, classes), logits. It is not changed; a network in training mode is
        explained in evaluation mode (dropout off, batch statistics frozen), with a warning where that matters.
    x: (N, …), floating point. Only checked, and used to find the predicted class.
    target: a class, a tensor of N classes, or "predicted".
    output: "probability" (softmax) or "logit".
    Raises TypeError or ValueError with the argument's name, what was given and what is allowed.

    Examples:
        A network that returns its input: two logits that differ by log 3, so p = (¾, ¼).

        >>> import math, torch, xai_core
        >>> x = torch.tensor([[math.log(3), 0.0]])
        >>> xai_core.make_score(torch.nn.Identity(), x, target=0)(x).round(decimals=4)
        tensor([0.7500])
    """
    if not isinstance(model, nn.Module):
        raise TypeError(f"model must be a torch.nn.Module; got {type(model).__name__}")
    if output not in OUTPUTS:
        raise ValueError(f"output must be one of {', '.join(OUTPUTS)}; got {output!r}")
    check_input(x)
    if any(m.training and _differs_in_training(m) for m in model.modules()):
        warnings.warn("the model is in training mode; it is explained in evaluation mode", stacklevel=3)
    model = private_copy(model)
    if isinstance(target, str) and target == "predicted":
        f = Score(model, torch.zeros(1, dtype=torch.long), output)
        with torch.inference_mode(False), torch.no_grad():
            return replace(f, target=torch.cat([f.logits(x[i]).argmax(1) for i in passes(x)]).cpu())
    return Score(model, _as_target(target, len(x)), output)


def _differs_in_training(module: nn.Module) -> bool:
    if isinstance(module, nn.RNNBase | nn.MultiheadAttention):
        return module.dropout > 0
    return isinstance(module, nn.modules.dropout._DropoutNd | nn.modules.batchnorm._BatchNorm)


@torch.inference_mode(False)  # tensors made in inference mode are of no use to autograd
def _as_target(target: int | Tensor | str, n: int) -> Tensor:
    allowed = f"target must be a class number, a tensor of {n} class numbers (one a row of x) or 'predicted'"
    if isinstance(target, Tensor):
        if target.is_floating_point() or target.is_complex() or target.dtype == torch.bool:
            raise TypeError(f"{allowed}; got a tensor of {target.dtype}")
        if target.dim() > 1 or (target.dim() == 1 and len(target) != n):
            raise ValueError(f"{allowed}; got a tensor of shape {tuple(target.shape)}")
        return target.detach().cpu().long().reshape(-1).clone()
    if isinstance(target, str):
        raise ValueError(f"{allowed}; got {target!r}")
    try:
        number = operator.index(target)  # whole numbers of any library
    except TypeError:
        number = None
    if number is None or isinstance(target, bool):
        raise TypeError(f"{allowed}; got {target!r}")
    if abs(number) >= 2**63:
        raise ValueError(f"{allowed}; got {target!r}")
    return torch.tensor([number])


def check_input(x: Tensor) -> None:
    """Raise TypeError or ValueError unless x is a finite floating-point batch (N, …)."""
    if not isinstance(x, Tensor):
        raise TypeError(f"x must be a torch.Tensor (N, …); got {type(x).__name__}")
    check_numbers(x)
    if x.dim() < 2 or x.numel() == 0:
        raise ValueError(f"x must be a batch (N, …) of numbers, with at least one row; got shape {tuple(x.shape)}")
    if not torch.isfinite(x).all():
        raise ValueError(
            f"x must be finite; {int((~torch.isfinite(x)).sum())} of its {x.numel()} numbers are NaN or infinite"
        )


def type_and_shape(given: object) -> str:
    """What was given, for a message."""
    return f"{given.dtype}, {tuple(given.shape)}" if isinstance(given, Tensor) else type(given).__name__


@torch.inference_mode(False)
def private_copy(model: nn.Module, *, frozen: bool = True) -> nn.Module:
    """The same network in objects of its own, in evaluation mode; the weights share the original's memory.

    frozen: False lets gradients reach the copy's parameters. Give those new memory (`parameter.data = …`) to change
        them, never write into the old. `torch.func.functional_call` would need no copy, but it swaps the parameters of
        the *shared* module in and out during the call: two threads doing so at once leave the network with wrong ones.
    Raises TypeError for a network that cannot be copied.
    """
    model = getattr(model, "_orig_mod", model)  # what torch.compile wraps: compiled code would not see changed rules
    replacements: dict[int, Tensor] = {}
    for parameter in model.parameters():
        value = parameter.clone() if parameter.is_inference() else parameter.detach()
        replacements[id(parameter)] = nn.Parameter(value, requires_grad=not frozen and value.is_floating_point())
    for buffer in model.buffers():  # small, and some layers count their calls in them: copied, not shared
        replacements[id(buffer)] = buffer.detach().clone()
    for module in model.modules():  # tensors that a forward pass left behind; deepcopy refuses those with a history
        replacements |= {id(value): value.detach() for value in _tensors(vars(module)) if value.grad_fn is not None}
    try:
        return copy.deepcopy(model, replacements).eval()
    except Exception as error:  # whatever a network's own objects may raise
        raise TypeError(f"model cannot be copied (copy.deepcopy), and it is explained on a copy: {error}") from error


def _tensors(value: object) -> Iterator[Tensor]:
    """The tensors in nested dicts, lists and tuples."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, dict | list | tuple):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _tensors(each)


def rows_at_once(x: Tensor) -> int:
    """How many rows like those of x go through the network in one pass."""
    numbers = max(1, x[0].numel())
    return max(1, min(SMALL_ROWS_AT_ONCE if numbers <= SMALL else ROWS_AT_ONCE, NUMBERS_AT_ONCE // numbers))


def passes(x: Tensor) -> Iterator[Tensor]:
    """Row indices of x, in passes of bounded memory."""
    yield from torch.arange(len(x)).split(rows_at_once(x))


def rows(f: ScoreFunction, index: Tensor) -> ScoreFunction:
    """The score of these rows alone."""
    return f.rows(index) if isinstance(f, Score) else f


def forward(f: ScoreFunction, x: Tensor) -> Tensor:
    """F(x) without a gradient: (R, …) → (R,). Raises what f raises."""
    with torch.no_grad():
        return torch.cat([rows(f, i)(x[i]) for i in passes(x)])


def gradient(f: ScoreFunction, x: Tensor) -> tuple[Tensor, Tensor]:
    """F(x) and ∇ₓF(x) of every row: (R, …) → (R,), (R, …). Raises ValueError if F has no gradient at x.

    Examples:
        >>> import torch
        >>> from xai_core.score import gradient
        >>> gradient(lambda x: (x**2).sum(1), torch.tensor([[1.0, 3.0]]))
        (tensor([10.]), tensor([[2., 6.]]))
    """
    values, slopes = [], []
    for i in passes(x):
        with torch.inference_mode(False), torch.enable_grad():  # works inside a caller's no_grad or inference_mode
            point = x.detach()[i].requires_grad_()
            value = rows(f, i)(point)
            if not value.requires_grad:
                raise ValueError("the score has no gradient at x: the model does not depend on x, or detaches it")
            (slope,) = torch.autograd.grad(value.sum(), point)  # the rows are independent, so one sum serves them all
        values.append(value.detach())
        slopes.append(slope)
    return torch.cat(values), torch.cat(slopes)
