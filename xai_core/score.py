"""The score F_c: the one function of the input that every method explains.

    F_c(x) = softmax(model(x))_c   (output="probability")   or   model(x)_c   (output="logit", output="as_is")

Units: a probability from 0 to 1, or logits. "as_is" is for a network that returns probabilities already.
What to look at: `make_score` builds F_c; `forward` and `gradient` evaluate it in passes of bounded memory.

A score is a pure function (R, …) → (R,). It owns a private copy of the network's objects, in evaluation mode and with
frozen weights. (Their memory is shared: nothing large is copied.) So no method can change the caller's network.
Thirty students may explain one network at once. Autograd computes the gradient of the input alone, in half the time.
"""

import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeVar

import torch
from torch import Tensor, nn

from xai_core.inputs import check_input
from xai_core.network.answers import (
    differentiated,
    gives_probabilities,
    no_score,
    of_function,
    of_network,
    without_hooks,
)
from xai_core.network.generators import names_another, repeatable
from xai_core.network.independence import Manner, as_if_alone, settle
from xai_core.network.kinds import differs_in_training, kinds_of, mixes_rows
from xai_core.network.private_copy import private_copy
from xai_core.precision import wide
from xai_core.target import as_target

ROWS_AT_ONCE = 64  # rows in one pass through the network; more gains nothing on a CPU
SMALL_ROWS_AT_ONCE = 512  # except where rows are small: digits of 8 × 8 take two thirds of the time
SMALL = 64  # numbers
NUMBERS_AT_ONCE = 32 * 3 * 224 * 224  # most input numbers in one pass: 32 photographs of 224 × 224

OUTPUTS = ("probability", "logit")  # and "as_is", of a network that returns probabilities itself


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
    manner: Manner = field(default_factory=Manner, compare=False, repr=False)  # how the network is to be asked

    def __call__(self, x: Tensor) -> Tensor:
        """F_c of each row: (R, …) → (R,)."""
        outputs = self.outputs(x)  # (R, classes)
        if len(self.target) == 1:
            return outputs[:, int(self.target)]
        target = self.target.to(x.device)[torch.arange(len(x), device=x.device) % len(self.target)]
        return outputs.gather(1, target[:, None])[:, 0]

    def logits(self, x: Tensor) -> Tensor:
        """What the network returns: (R, …) → (R, classes), checked; of probabilities their logarithms.

        Each row as it answers alone, see independence.py. Raises what `answers.of_network` and `as_if_alone` raise, and
        ValueError if the network has no class of the target's number, or no probabilities as `output` wants them.
        """
        logits = self._returned(x)
        return logits.clamp(min=torch.finfo(logits.dtype).tiny).log() if self.output == "as_is" else logits

    def _returned(self, x: Tensor) -> Tensor:
        returned = as_if_alone(x, self.manner, partial(of_network, self.model), partial(without_hooks, self.model))
        classes = returned.shape[1]
        if self.output == "probability" and classes == 1:
            raise ValueError(
                "output='probability' needs a model with two classes or more, it has 1; use output='logit', or 'as_is'"
                " for a probability"
            )
        if self.output == "as_is" and not ((returned >= 0) & (returned < 1.01)).all():
            raise ValueError(
                "output='as_is' needs a model that returns probabilities, numbers from 0 to 1; this one returns"
                f" {returned.min().item():.3g} to {returned.max().item():.3g}. Use 'probability' or 'logit'"
            )
        if self.output != "as_is" and not self.manner.looked and gives_probabilities(self.model, returned):
            warnings.warn(
                f"the model returns probabilities already, and output={self.output!r} takes them for logits;"
                " output='as_is' explains them as they are",
                stacklevel=2,
            )
        self.manner.looked = True
        for each in self.target.tolist():
            if not 0 <= each < classes:
                raise ValueError(f"target must be a class from 0 to {classes - 1}; got {each}")
        return returned

    def outputs(self, x: Tensor) -> Tensor:
        """The scores of all classes: (R, …) → (R, classes), as `output` says. Raises what `logits` raises."""
        returned = self._returned(x)
        return returned.softmax(1, dtype=wide(returned)) if self.output == "probability" else returned

    def rows(self, index: Tensor) -> "Score":
        """The score of these rows alone: their targets, in this order."""
        return self if len(self.target) == 1 else replace(self, target=self.target[index.cpu() % len(self.target)])


T = TypeVar("T")
ScoreFunction = Score | Callable[[Tensor], Tensor]  # most methods need no more than a function (R, …) → (R,)


def make_score(
    model: nn.Module, x: Tensor, target: int | Tensor | str, output: str = "probability", seed: int = 0
) -> Score:
    """F_c for a network, an input and a target.

    model: any module that maps (N, …) to (N, classes), logits. It is not changed; a network in training mode is
        explained in evaluation mode (dropout off, batch statistics frozen), with a warning where that matters.
    x: (N, …), floating point. Only checked, and used to find the predicted class.
    target: a class, a tensor of N classes, or "predicted".
    output: "probability" (softmax), "logit", or "as_is" for a model that returns probabilities itself.
    seed: of the random numbers that the network draws in evaluation mode, if it does: each row sees the same ones.
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
    if output not in (*OUTPUTS, "as_is"):
        raise ValueError(
            f"output must be one of {', '.join(OUTPUTS)}; got {output!r} ('as_is' is for a model that returns"
            " probabilities)"
        )
    check_input(x)
    if differs_in_training(model):
        warnings.warn("the model is in training mode; it is explained in evaluation mode", stacklevel=3)
    model = private_copy(model)
    kinds = kinds_of(model)
    manner = Manner(seed, elsewhere=names_another(kinds), mixes=mixes_rows(kinds))
    if isinstance(target, str) and target == "predicted":
        f = Score(model, torch.zeros(1, dtype=torch.long, device="cpu"), output, manner=manner)
        with torch.inference_mode(False), torch.no_grad():
            return replace(f, target=torch.cat([f.logits(x[i]).argmax(1) for i in passes(x)]).cpu())
    return Score(model, as_target(target, len(x)), output, manner=manner)


def rows_at_once(x: Tensor) -> int:
    """How many rows like those of x go through the network in one pass."""
    numbers = max(1, x.numel() // max(1, len(x)))
    return max(1, min(SMALL_ROWS_AT_ONCE if numbers <= SMALL else ROWS_AT_ONCE, NUMBERS_AT_ONCE // numbers))


def passes(x: Tensor, f: ScoreFunction | None = None, few: int | None = None) -> Iterator[Tensor]:
    """Row indices of x, in passes of bounded memory.

    f: of a method that listens to what happens in a pass; then rows that depend on each other come one by one.
    few: rows in a pass, if fewer than usual.
    """
    few = rows_at_once(x) if few is None else few
    apart = isinstance(f, Score) and settle(x, f.manner, partial(without_hooks, f.model))
    yield from torch.arange(len(x), device="cpu").split(1 if apart else few)


def rows(f: ScoreFunction, index: Tensor) -> ScoreFunction:
    """The score of these rows alone."""
    return f.rows(index) if isinstance(f, Score) else f


def listened(f: ScoreFunction, listen: Callable[[], T]) -> T:
    """What is heard in a pass; heard anew where this pass was the first to show that the network draws numbers."""
    manner = f.manner if isinstance(f, Score) else Manner(draws=False)
    new, heard = manner.draws is None, listen()
    return listen() if new and manner.draws else heard


def check_score(f: object) -> None:
    """Raise TypeError unless f is a score of a network: for methods that look inside it, or at all classes."""
    if not isinstance(f, Score):
        raise no_score(f"a network, {type(f).__name__}" if isinstance(f, nn.Module) else type(f).__name__)


def value(f: ScoreFunction, x: Tensor) -> Tensor:
    """F(x): (R, …) → (R,). Raises what f raises, and TypeError or ValueError for what is no score."""
    return f(x) if isinstance(f, Score) else repeatable(partial(of_function, f), x)


def one_by_one(f: Score, x: Tensor) -> bool:
    """Whether rows like those of x are asked one by one, as far as the passes up to now have shown."""
    return bool(f.manner.one_by_one(x))


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
    """F(x) without a gradient: (R, …) → (R,). Raises what `value` raises."""
    with torch.no_grad():
        return _joined([value(part, points) for part, points in _parts(f, x)])


def gradient(
    f: ScoreFunction, x: Tensor, within: Callable[[], AbstractContextManager] = nullcontext
) -> tuple[Tensor, Tensor]:
    """F(x) and ∇ₓF(x) of every row: (R, …) → (R,), (R, …). Raises ValueError if F has no gradient at x.

    within: rules that hold while F is computed.

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
            found, (slope,) = differentiated(partial(value, part, point), [point], within)
            values.append(found)
            slopes.append(slope)
    return _joined(values), _joined(slopes)
