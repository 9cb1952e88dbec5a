"""DeepLIFT: how far did each unit move from its reference, and how far did that move the score?

At a step φ that took a′ to φ(a′) and a to φ(a), the Rescale rule (Shrikumar, Greenside & Kundaje 2017, §3.5.2):

    m = (φ(a) − φ(a′)) / (a − a′)           φ′(a) where |a − a′| < 10⁻⁷             [Shrikumar2017]
    A = m ⊙ (x − x′)                        m of the pixels, by the chain rule (§3.4)

Units: score. Logits in the paper, where softmax would saturate; with a chord of its own it does not, so the
probability serves by default, as for Integrated Gradients.
What to look at: 1 − ReLU(1 − x) at 2: its gradient is 0, the chord from 0 has slope ½, and A = 1.

The network runs on x′, then on x. One backward pass takes the slope of a chord wherever a gradient takes the slope at
one end. rescale_rules.py has the rule of each kind of step. All are complete, hence A: Σ_i A_i = F(x) − F(x′), and
there is no B to choose.

The rules act while a score is computed, in this thread alone, on every torch function that the network calls:
modules, functions and in-place forms, reused or not. No hook is left on the network. A step that has no rule (LSTM,
sorting, …) keeps its gradient; the sum is then wrong, and a warning says by how much.
"""

import warnings
from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from types import FunctionType
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.overrides import TorchFunctionMode

from xai_core.baselines import BaselineName, make_baseline
from xai_core.gradient.rescale_rules import (
    APART,
    POOLS,
    RULES,
    Chord,
    log_softmax,
    max_pool,
    product,
    quotient,
    softmax,
)
from xai_core.network.answers import check_unscripted
from xai_core.precision import wide
from xai_core.score import ScoreFunction, gradient, listened, passes, rows, rows_at_once, value
from xai_core.stages import Method


class Chords(TorchFunctionMode):
    """`with Chords() as reference:` notes the steps of x′; `with Chords(reference.steps):` gives those of x chords."""

    def __init__(self, then: list | None = None) -> None:
        super().__init__()
        self.then = then
        self.steps: list[tuple[Callable, tuple, Any]] = []  # (function, inputs, output) of x′
        self.inside: Callable | None = None  # the function being taken apart
        self.mark = torch.zeros((), device="cpu").requires_grad_()

    def __torch_function__(self, function, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        name, in_place = _named(function)
        pool = name.removesuffix("_with_indices")
        if pool in POOLS:
            kwargs = {key: value for key, value in kwargs.items() if key != "return_indices"}
            y = self.step(partial(max_pool, dims=POOLS[pool]), getattr(F, f"{pool}_with_indices"), args, kwargs)
            both = pool != name or (pool.startswith("adaptive") and not isinstance(function, FunctionType))
            return y if both else y[0]
        if name in APART or (
            _asks(function) and name not in ("softsign", "tanhshrink") and function is not self.inside
        ):
            outside, self.inside = self.inside, function  # some methods of Tensor call themselves, as super()
            try:
                with self:  # the steps inside are met in turn
                    whole: Callable = APART.get(name) or unasking(function)
                    return whole(*args, **kwargs)
            finally:
                self.inside = outside
        if name not in RULES:
            return function(*args, **kwargs)
        rule = RULES[name]
        if rule in (softmax, log_softmax):
            rule = partial(rule, dim=kwargs["dim"] if "dim" in kwargs else args[1])
        y = self.step(rule, function, args, kwargs, in_place)
        return args[0].copy_(y) if in_place else y

    def step(self, rule: Callable, function: Callable, args: tuple, kwargs: dict, in_place: bool = False):
        """The value of function(*args, **kwargs): noted for x′, and with another slope for x.

        Raises ValueError if x takes another step than x′ took.
        """

        def run(*tensors: Tensor):
            given = iter((tensors[0].clone(), *tensors[1:]) if in_place else tensors)
            return function(*_with(args, given), **{key: _with(each, given) for key, each in kwargs.items()})

        inputs = [*_tensors(args), *_tensors((*kwargs.values(),))]
        moved = [i for i, t in enumerate(inputs) if t.requires_grad]  # what does not depend on x has no part in this
        linear = (rule is product and len(moved) == 1) or (rule is quotient and moved == [0])
        if not moved or linear or not torch.is_grad_enabled():
            return run(*inputs) if in_place else function(*args, **kwargs)
        now = tuple(t.detach() for t in inputs)
        y = run(*now)
        first, *more = y if isinstance(y, tuple) else (y,)
        if self.then is None:
            self.steps.append((function, tuple(t.clone() for t in now), y))
            back, inputs = (lambda g: (None,)), [self.mark]  # from here on, only whether it depends on x′ matters
            first = first.detach() if in_place else first.clone()  # y is kept, and the network may write to its own
        else:
            function_then, then, y_then = self.then.pop(0) if self.then else (None, (), None)
            if function_then != function or [t.shape for t in then] != [t.shape for t in now]:
                raise ValueError("deeplift compares x with its baseline step by step, but their steps differ")
            back = rule(run, now, then, y, y_then)
        found = Chord.apply((first,), back, *inputs)
        return (found, *more) if more else found


@lru_cache
def _named(function: Callable) -> tuple[str, bool]:
    """Its name, and whether it writes into its first argument: relu_ is relu in place."""
    name = getattr(function, "__name__", "").removeprefix("special_")
    in_place = name.endswith("_") and not name.endswith("__")
    return (name.removesuffix("_") if in_place else name), in_place


def _tensors(given: Any) -> Iterator[Tensor]:
    """The tensors among a function's arguments, and in lists and tuples of them."""
    if isinstance(given, Tensor):
        yield given
    elif type(given) in (tuple, list):
        for each in given:
            yield from _tensors(each)


def _with(given: Any, others: Iterator[Tensor]) -> Any:
    """The same arguments with other tensors, in the order of `_tensors`."""
    if isinstance(given, Tensor):
        return next(others)
    return type(given)(_with(each, others) for each in given) if type(given) in (tuple, list) else given


QUESTIONS = {"has_torch_function", "has_torch_function_unary", "has_torch_function_variadic"}


@lru_cache
def _asks(function: Callable) -> bool:
    """Is it written in Python, beginning with the question whether a mode like ours stands in for it?"""
    names = function.__globals__.keys() & function.__code__.co_names if isinstance(function, FunctionType) else ()
    return not QUESTIONS.isdisjoint(names)


@lru_cache  # a module's names are many to copy
def unasking(function: Callable) -> Callable:
    """The same function without the question, so that the mode meets what it calls."""
    assert isinstance(function, FunctionType)  # others ask no question, see `_asks`
    world = function.__globals__ | dict.fromkeys(QUESTIONS, lambda *_: False)
    same = FunctionType(function.__code__, world, function.__name__, function.__defaults__, function.__closure__)
    same.__kwdefaults__ = function.__kwdefaults__
    return same


def deeplift(f: ScoreFunction, x: Tensor, baseline: BaselineName = "black", seed: int = 0) -> Tensor:
    """Multipliers times x − x′, by the Rescale rule: (N, …) → (N, …). Each row sums to F(x) − F(x′), or else warns.

    In units of the score; [Shrikumar2017, §3.5.2]. Costs F(x′) and one gradient at x.
    baseline: see `baselines.make_baseline`; seed: of a noise baseline.
    Raises TypeError for a scripted model, TypeError or ValueError for a baseline that is not allowed, and ValueError if
    the network takes other steps for x than for x′.

    Examples:
        F = 2 ReLU(x₁) + 2 ReLU(x₂ − 1.5) at (1, 2), from 0: of the second ReLU's way only a quarter counts.

        >>> import torch, xai_core
        >>> F = lambda x: 2 * x[:, 0].relu() + 2 * (x[:, 1] - 1.5).relu()
        >>> xai_core.deeplift(F, torch.tensor([[1.0, 2.0]]))
        tensor([[2., 1.]])
    """
    check_unscripted(f, "deeplift", "its rules cannot reach the steps")
    start = make_baseline(x, baseline, seed)
    few = max(1, rows_at_once(x) // 4)  # the steps of x′ are kept, at twice the memory of a gradient and more
    parts = [_explain(rows(f, i), x.detach()[i], start[i]) for i in passes(x, f, few)]
    if (gap := max(float(gap.max()) for _, gap in parts)) > 0:
        warnings.warn(
            f"deeplift: the attributions of a row miss F(x) − F(x′) by {gap:.2g}: the network has a step without rule",
            stacklevel=2,
        )
    return torch.cat([A for A, _ in parts])


def _explain(f: ScoreFunction, x: Tensor, start: Tensor) -> tuple[Tensor, Tensor]:
    """A, (N, …), and its completeness gap where that is more than rounding, else 0, (N,)."""

    def noted() -> tuple[list, Tensor]:
        with torch.inference_mode(False), torch.enable_grad(), Chords() as reference:
            return reference.steps, value(f, start.clone().requires_grad_()).detach()

    steps, value_then = listened(f, noted)
    value_now, m = gradient(f, x, within=lambda: Chords(steps))
    A = m * (x - start)
    change = value_now - value_then
    size = A.flatten(1).abs().sum(1, dtype=wide(A)) + value_now.abs() + value_then.abs()
    gap = (A.flatten(1).sum(1, dtype=wide(A)) - change).abs().nan_to_num(torch.inf)
    rounding = 1e-3 * change.abs() + max(1e-6, 50 * torch.finfo(x.dtype).eps) * size
    return A, torch.where(gap <= rounding, 0, gap)


def _from_start(f: ScoreFunction, x: Tensor, start: Tensor) -> Tensor:
    return deeplift(f, x, start)


ROWS = (
    Method(
        deeplift,
        title="DeepLIFT",
        family="gradient",
        paper="Shrikumar, Greenside & Kundaje 2017",
        equation=r"A = m \odot (x - x'), \qquad m = \frac{\Delta\varphi}{\Delta a} \text{ at each step } \varphi,"
        r" \text{ joined by the chain rule}",
        cost="2",
        needs="inside",
        stages={"start": make_baseline, "attribution": _from_start},
    ),
)
