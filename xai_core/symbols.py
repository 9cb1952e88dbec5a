"""The symbols: every number a method can be tuned by, declared once.

A method names its symbols in its signature, and nowhere else:

    def integrated_gradients(f, x, baseline: BaselineName = "black", B: Steps = 15, rule: Rule = "right")

The annotation says what the number is (letter, meaning, unit, range); the default beside it is the method's own,
because the same letter is rightly 50 noisy copies in SmoothGrad and 1000 masks in LIME. Sliders, notebook widgets,
error messages and the notation table are all made from such signatures (see `of`), so a new parameter appears
everywhere by itself.
"""

import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from numbers import Integral, Real
from typing import Annotated, Any, get_args

import torch


@dataclass(frozen=True)
class Symbol:
    """A number with a letter: what it means and which values make sense.

    `low` and `high` bound a slider. Only `least` (and `above`, for a bound that is itself excluded) and `most` bound
    what the function accepts: a slider must end somewhere, mathematics need not.
    """

    name: str  # the keyword, as in explain(..., eps=0.5)
    letter: str  # as on every screen: ε
    meaning: str
    unit: str
    low: float
    high: float
    step: float
    least: float = 0.0
    above: bool = False  # True: the value must be greater than `least`, not equal to it
    most: float = math.inf  # the largest allowed value, for shares of a whole
    whole: bool = False  # True: an integer
    logarithmic: bool = False  # True: a slider should move in powers
    optional: bool = False  # True: None means "chosen by the method's rule"
    per_image: bool = False  # True: a tensor with one value for each image may be given
    default: float | None = field(default=None, compare=False)  # filled in from a signature by `of`

    def check(self, value: Any) -> None:
        """Raise TypeError or ValueError with a sentence if `value` cannot be this symbol."""
        if value is None and self.optional:
            return
        if self.per_image and isinstance(value, torch.Tensor):
            for each in value.flatten().tolist():
                self.check(each)
            return
        kind, allowed = (Integral, "a whole number") if self.whole else (Real, "a number")
        bound = f"{'greater than' if self.above else 'at least'} {self.least:g}"
        bound += f", at most {self.most:g}" if self.most < math.inf else ""
        if isinstance(value, bool) or not isinstance(value, kind):
            raise TypeError(f"{self.name} ({self.meaning}) must be {allowed}, {bound}; got {value!r}")
        inside = math.isfinite(value) and self.least <= float(value) <= self.most
        if not inside or (self.above and value == self.least):
            raise ValueError(f"{self.name} ({self.meaning}) must be {allowed}, {bound}; got {value!r}")


@dataclass(frozen=True)
class Choice:
    """A word with a fixed list of values, such as the quadrature rule. `open` lists accept other values too."""

    name: str
    meaning: str
    values: tuple[str, ...]
    open: str = ""  # what may be given besides the words, in words; empty if nothing
    default: Any = field(default=None, compare=False)

    def check(self, value: Any) -> None:
        """Raise ValueError with the list of words if `value` is not one of them."""
        if (isinstance(value, str) or not self.open) and value not in self.values:
            also = f", or {self.open}" if self.open else ""
            raise ValueError(
                f"{self.name} ({self.meaning}) must be one of {', '.join(self.values)}{also}; got {value!r}"
            )


Steps = Annotated[
    int, Symbol("B", "B", "Riemann steps along the path", "gradients", low=1, high=300, step=1, least=1, whole=True)
]
Length = Annotated[
    int, Symbol("K", "K", "length of the explanation", "features", low=1, high=30, step=1, least=1, whole=True)
]
Samples = Annotated[int, Symbol("N", "N", "random samples", "samples", low=10, high=2000, step=10, least=1, whole=True)]


AttackBudget = Annotated[
    float,
    Symbol("eps", "ε_f", "most that an attack changes a number of the picture", "pixel values, ℓ∞", low=1 / 255,
           high=32 / 255, step=1 / 255, above=True),
]  # fmt: skip


Rule = Annotated[
    str, Choice("rule", "quadrature along the path", ("right", "left", "midpoint", "trapezoid", "gauss_legendre"))
]
Fill = Annotated[
    str | torch.Tensor,
    Choice("fill", "what stands where a feature is off", ("grey", "mean", "black", "blurred"),
           open="a tensor that broadcasts to x, or a background of rows"),
]  # fmt: skip
Segmentation = Annotated[
    str | torch.Tensor,
    Choice("segments", "the features that are switched", ("slic", "quickshift", "grid", "pixels"),
           open="an integer tensor of labels, one a pixel"),
]  # fmt: skip


def of(function: Callable) -> dict[str, Symbol | Choice]:
    """The symbols and choices in a function's signature, by keyword, each with that function's default."""
    return dict(_declared(function))


@cache  # reading a signature takes a tenth of a millisecond, as much as a digit's forward pass
def _declared(function: Callable) -> dict[str, Symbol | Choice]:
    found = {}
    for parameter in inspect.signature(function).parameters.values():
        for note in get_args(parameter.annotation)[1:]:
            if isinstance(note, Symbol | Choice):
                found[parameter.name] = replace(note, name=parameter.name, default=parameter.default)
    return found


def check(function: Callable, **given: Any) -> None:
    """Check arguments against the symbols in the signature of `function`; raise TypeError or ValueError."""
    declared = _declared(function)
    for name, value in given.items():
        if name in declared:
            declared[name].check(value)
