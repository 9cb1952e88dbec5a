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
MatchingSteps = Annotated[
    int, Symbol("T", "T", "steps of baseline matching", "gradients", low=1, high=50, step=1, least=1, whole=True)
]
Length = Annotated[
    int, Symbol("K", "K", "length of the explanation", "features", low=1, high=30, step=1, least=1, whole=True)
]
Samples = Annotated[int, Symbol("N", "N", "random samples", "samples", low=10, high=2000, step=10, least=1, whole=True)]
Copies = Annotated[
    int, Symbol("N", "N", "noisy copies of the input", "gradients", low=2, high=200, step=1, least=1, whole=True)
]
Budget = Annotated[
    float | torch.Tensor | None,
    Symbol(
        "eps", "ε", "perturbation budget ‖x − x′‖₂", "pixel values, ℓ2",
        low=0.01, high=30.0, step=0.01, above=True, logarithmic=True, optional=True,
        per_image=True,
    ),
]  # fmt: skip
Ascent = Annotated[
    float, Symbol("eta", "η", "unlearning step ‖θ̂ − θ‖₂", "weights, ℓ2", low=0.05, high=5.0, step=0.05, above=True)
]
Rate = Annotated[
    float | torch.Tensor | None,
    Symbol("mu", "μ", "step size of baseline matching", "pixel values", low=0.0005, high=1.0, step=0.0005, above=True,
           logarithmic=True, optional=True, per_image=True),
]  # fmt: skip
Noise = Annotated[
    float,
    Symbol("sigma", "σ", "standard deviation of the noise", "of the input's range", low=0.01, high=0.5, step=0.01,
           above=True),
]  # fmt: skip
Width = Annotated[
    float,
    Symbol("sigma", "σ", "width of the locality kernel", "distance", low=0.05, high=2.0, step=0.05, above=True),
]
Blur = Annotated[
    float,
    Symbol("sigma", "σ", "widest blur, where the path starts", "pixels", low=1, high=100, step=1, above=True),
]
Fraction = Annotated[
    float,
    Symbol("fraction", "p", "share of the features that move first", "of all features", low=0.01, high=1, step=0.01,
           above=True, most=1),
]  # fmt: skip
Detour = Annotated[
    float,
    Symbol("max_dist", "d", "how far a feature may be from the straight path", "of its way", low=0, high=1, step=0.01,
           most=1),
]  # fmt: skip
Groups = Annotated[
    int, Symbol("G", "G", "groups that move one after the other", "groups", low=2, high=32, step=1, least=1, whole=True)
]
Tolerance = Annotated[
    float,
    Symbol("tolerance", "τ", "completeness gap that is good enough", "of |F(x) − F(x′)|", low=0.005, high=0.2,
           step=0.005, above=True),
]  # fmt: skip
Rivals = Annotated[
    int, Symbol("K", "K", "other classes, one path to each", "classes", low=1, high=50, step=1, least=1, whole=True)
]
AttackSteps = Annotated[
    int, Symbol("T", "T", "most steps towards another class", "gradients", low=1, high=50, step=1, least=1, whole=True)
]
PixelStep = Annotated[
    float,
    Symbol("eps", "ε", "change of every pixel in a step", "pixel values", low=0.001, high=0.2, step=0.001, above=True),
]
Cells = Annotated[
    int,
    Symbol("cells", "s", "cells of a coarse mask along a side", "cells", low=2, high=16, step=1, least=1, whole=True),
]
KeepShare = Annotated[
    float,
    Symbol("p1", "p₁", "share of a mask's cells that are on", "of all cells", low=0.05, high=0.95, step=0.05,
           above=True, most=1),
]  # fmt: skip
Window = Annotated[
    int | None,
    Symbol("window", "w", "side of the window that is covered", "pixels", low=1, high=64, step=1, least=1, whole=True,
           optional=True),
]  # fmt: skip
Stride = Annotated[
    int | None,
    Symbol("stride", "s", "distance from window to window", "pixels", low=1, high=64, step=1, least=1, whole=True,
           optional=True),
]  # fmt: skip

Distance = Annotated[
    float | tuple[float, float],
    Symbol("alpha", "α", "how far the other class's logit is lowered", "logits", low=0, high=12, step=0.5),
]
Epochs = Annotated[
    int,
    Symbol("epochs", "E", "times that a regression sees every sample", "passes", low=1, high=50, step=1, least=1,
           whole=True),
]  # fmt: skip
LearningRate = Annotated[
    float,
    Symbol("rate", "λ", "learning rate of a regression", "change of a weight in a step", low=1e-6, high=1e-2,
           step=1e-6, above=True, logarithmic=True),
]  # fmt: skip
BatchSize = Annotated[
    int,
    Symbol(
        "batch", "b", "samples in one step of a regression", "samples", low=8, high=128, step=8, least=1, whole=True
    ),
]
Runs = Annotated[
    int, Symbol("runs", "R", "networks trained from different seeds", "networks", low=1, high=10, step=1, least=1,
                whole=True)
]  # fmt: skip
ImportantShare = Annotated[
    float | None,
    Symbol("share", "s", "threshold of what is important", "of all pixels, or of the maximum", low=0.05, high=1,
           step=0.05, above=True, most=1, optional=True),
]  # fmt: skip

CurveSteps = Annotated[
    int,
    Symbol("steps", "S", "steps in which all pixels are exchanged", "steps", low=5, high=50, step=5, least=1,
           whole=True),
]  # fmt: skip
ExchangeStep = Annotated[
    int, Symbol("k", "k", "how far the exchange of pixels has gone", "steps", low=0, high=10, step=1, whole=True)
]
Subsets = Annotated[
    int, Symbol("N", "N", "random subsets of features", "subsets", low=20, high=1000, step=20, least=2, whole=True)
]
SubsetShare = Annotated[
    float,
    Symbol("share", "|S|/d", "size of a subset", "of all features", low=0.05, high=0.95, step=0.05, above=True,
           most=1),
]  # fmt: skip
TopPixels = Annotated[
    int,
    Symbol("k", "k", "strongest pixels that are compared", "pixels", low=10, high=2000, step=10, least=1, whole=True),
]
AttackBudget = Annotated[
    float,
    Symbol("eps", "ε_f", "most that an attack changes a number of the picture", "pixel values, ℓ∞", low=1 / 255,
           high=32 / 255, step=1 / 255, above=True),
]  # fmt: skip
AttackRounds = Annotated[
    int,
    Symbol("steps", "T", "steps of the attack", "gradients", low=1, high=50, step=1, least=1, whole=True),
]
Draws = Annotated[int, Symbol("N", "N", "noisy copies", "maps", low=2, high=100, step=1, least=1, whole=True)]
Sharpness = Annotated[
    float,
    Symbol("beta", "β", "sharpness of softplus in the place of ReLU", "per unit of activation", low=1, high=100, step=1,
           above=True),
]  # fmt: skip

AscentSteps = Annotated[
    int, Symbol("steps", "T", "steps of the ascent", "gradients", low=10, high=300, step=10, least=1, whole=True)
]
AscentRate = Annotated[
    float,
    Symbol("rate", "μ", "change of a number in a step, root mean square", "pixel values", low=0.005, high=0.1,
           step=0.005, above=True),
]  # fmt: skip
Jitter = Annotated[
    int, Symbol("jitter", "j", "farthest shift before a gradient", "pixels", low=0, high=16, step=1, whole=True)
]
AscentBlur = Annotated[
    float, Symbol("blur", "σ", "blur after the first step, fading to none", "pixels", low=0, high=4, step=0.1)
]
TVWeight = Annotated[float, Symbol("tv", "λ", "weight of total variation", "units of F_c", low=0, high=20, step=0.5)]
Decay = Annotated[
    float, Symbol("decay", "δ", "pull towards grey in a step", "of the distance", low=0, high=0.2, step=0.01, most=1)
]
Snapshots = Annotated[
    int, Symbol("snapshots", "S", "pictures kept on the way", "pictures", low=1, high=30, step=1, least=1, whole=True)
]

Rule = Annotated[
    str, Choice("rule", "quadrature along the path", ("right", "left", "midpoint", "trapezoid", "gauss_legendre"))
]
PathName = Annotated[str, Choice("path", "figure 1's P1, P2 or P3", ("one_by_one", "straight", "bent"))]
Order = Annotated[str, Choice("order", "who moves first on P1 and P3", ("rows", "rings", "channels"))]
BaselineName = Annotated[
    str | torch.Tensor,
    Choice(
        "baseline", "where the path starts",
        ("black", "white", "grey", "mean", "blurred", "gaussian_noise", "uniform_noise", "shot_noise"),
        open="a tensor that broadcasts to x, or a colour as one number a channel",
    ),
]  # fmt: skip
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
Weights = Annotated[str, Choice("weights", "which weights unlearn", ("all", "last_layer"))]
Goal = Annotated[str, Choice("goal", "the answer that x′ should get", ("unlearned", "uniform"))]
Divergence = Annotated[
    str, Choice("divergence", "how two answers are compared", ("kl", "reverse_kl", "l2", "total_variation"))
]
Surrogate = Annotated[str, Choice("surrogate", "what the attack on maps goes down", ("softplus", "score"))]
Important = Annotated[str, Choice("important", "which pixels are important", ("top", "above"))]
Join = Annotated[str, Choice("join", "how several networks' maps become one", ("intersection", "minimum"))]
GlobalMethod = Annotated[
    str,
    Choice("method", "how the features of a data set are ranked",
           ("random", "SmoothGrad²", "VarGrad", "KernelSHAP", "LIME", "NormLIME")),
]  # fmt: skip
WordBaseline = Annotated[
    str, Choice("baseline", "where the path starts in the space of words", ("zero", "mean", "word"))
]
Metric = Annotated[str, Choice("distance", "distance between masks", ("cosine", "l2"))]


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
