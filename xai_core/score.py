"""The score F_c: the one function of the input that every method explains.

    F_c(x) = softmax(model(x))_c   (output="probability")   or   model(x)_c   (output="logit")

Units: a probability from 0 to 1, or logits.
What to look at: `make_score` builds F_c; `forward` and `gradient` evaluate it in passes of bounded memory.

A score is a pure function (R, …) → (R,). It owns a private copy of the network's objects, in evaluation mode and with
frozen weights. (Their memory is shared: nothing large is copied.) So no method can change the caller's network.
Thirty students may explain one network at once. Autograd computes the gradient of the input alone, in half the time.
"""

import operator
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from xai_core.inputs import check_numbers
from xai_core.private_copy import private_copy

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
    own: bool = False  # made for one call, and used by nobody else: hooks may go on its network

    def __call__(self, x: Tensor) -> Tensor:
        """F_c of each row: (R, …) → (R,)."""
        outputs = self.outputs(x)  # (R, classes)
        if len(self.target) == 1:
            return outputs[:, int(self.target)]
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
        for each in self.target.tolist():
            if not 0 <= each < classes:
                raise ValueError(f"target must be a class from 0 to {classes - 1}; got {each}")
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
    if _differs_in_training(model):
        warnings.warn("the model is in training mode; it is explained in evaluation mode", stacklevel=3)
    model = private_copy(model)
    if isinstance(target, str) and target == "predicted":
        f = Score(model, torch.zeros(1, dtype=torch.long), output)
        with torch.inference_mode(False), torch.no_grad():
            return replace(f, target=torch.cat([f.logits(x[i]).argmax(1) for i in passes(x)]).cpu())
    return Score(model, _as_target(target, len(x)), output)


def _differs_in_training(module: nn.Module) -> bool:
    """Whether a part in training mode computes something else than in evaluation mode."""
    if module.training and isinstance(module, nn.RNNBase | nn.MultiheadAttention) and module.dropout > 0:
        return True
    if module.training and isinstance(module, nn.modules.dropout._DropoutNd | nn.modules.batchnorm._BatchNorm):
        return True
    return any(map(_differs_in_training, module.children()))


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


def rows_at_once(x: Tensor) -> int:
    """How many rows like those of x go through the network in one pass."""
    numbers = max(1, x.numel() // max(1, len(x)))
    return max(1, min(SMALL_ROWS_AT_ONCE if numbers <= SMALL else ROWS_AT_ONCE, NUMBERS_AT_ONCE // numbers))


def passes(x: Tensor) -> Iterator[Tensor]:
    """Row indices of x, in passes of bounded memory."""
    yield from torch.arange(len(x)).split(rows_at_once(x))


def rows(f: ScoreFunction, index: Tensor) -> ScoreFunction:
    """The score of these rows alone."""
    return f.rows(index) if isinstance(f, Score) else f


def _parts(f: ScoreFunction, x: Tensor) -> Iterator[tuple[ScoreFunction, Tensor]]:
    """The passes, each the score of its rows and the rows, without their history."""
    x = x.detach()
    if len(x) <= rows_at_once(x):
        # A Score never writes to its input; another function may, and autograd wants nothing from inference mode.
        yield f, x if isinstance(f, Score) and not x.is_inference() else x.clone()
    else:
        for i in passes(x):
            yield rows(f, i), x[i]


def _joined(parts: list[Tensor]) -> Tensor:
    return parts[0] if len(parts) == 1 else torch.cat(parts)


def forward(f: ScoreFunction, x: Tensor) -> Tensor:
    """F(x) without a gradient: (R, …) → (R,). Raises what f raises."""
    with torch.no_grad():
        return _joined([part(points) for part, points in _parts(f, x)])


def gradient(f: ScoreFunction, x: Tensor) -> tuple[Tensor, Tensor]:
    """F(x) and ∇ₓF(x) of every row: (R, …) → (R,), (R, …). Raises ValueError if F has no gradient at x.

    Examples:
        >>> import torch
        >>> from xai_core.score import gradient
        >>> gradient(lambda x: (x**2).sum(1), torch.tensor([[1.0, 3.0]]))
        (tensor([10.]), tensor([[2., 6.]]))
    """
    values, slopes = [], []
    with torch.inference_mode(False), torch.enable_grad():  # works inside a caller's no_grad or inference_mode
        for part, points in _parts(f, x):
            point = points.detach().requires_grad_()
            value = part(point)
            if not value.requires_grad:
                raise ValueError("the score has no gradient at x: the model does not depend on x, or detaches it")
            (slope,) = torch.autograd.grad(value.sum(), point)  # the rows are independent, so one sum serves them all
            values.append(value.detach())
            slopes.append(slope)
    return _joined(values), _joined(slopes)
