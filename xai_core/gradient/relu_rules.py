"""Two changed rules for the backward pass through ReLU.

A ReLU passes a on where a > 0. With g the gradient from above, three rules send back

    gradient           g · 1[a > 0]
    deconvolution      g · 1[g > 0]               Zeiler & Fergus 2014                   [Zeiler2014]
    guided backprop    g · 1[g > 0] · 1[a > 0]    Springenberg et al. 2015, figure 1     [Springenberg2015]

Units: those of a gradient, but neither is the gradient of any function. Both mostly redraw edges (Adebayo et al. 2018)
[Adebayo2018]. What to look at: how little guided backprop changes when you ask for another class.

ReLU6(a) = min(ReLU(a), 6) is left as it is, unless relu6="ruled": then the rule is that of the ReLU in it.
The rule replaces ReLU itself while a score is computed, in this thread alone: modules, functions and in-place forms,
reused or not, are all caught, and no hook is left on the network.
"""

import warnings
from collections.abc import Callable
from typing import Annotated

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.overrides import TorchFunctionMode

from xai_core import symbols
from xai_core.network.answers import check_unscripted
from xai_core.score import ScoreFunction, gradient
from xai_core.stages import Method
from xai_core.symbols import Choice


class _Deconvolution(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a: Tensor, in_place: bool) -> Tensor:
        return _relu(ctx, a, in_place)

    @staticmethod
    def backward(ctx, g: Tensor) -> tuple[Tensor, None]:
        return g.clamp(min=0), None  # g · 1[g > 0]


class _Guided(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a: Tensor, in_place: bool) -> Tensor:
        ctx.save_for_backward(a > 0)
        return _relu(ctx, a, in_place)

    @staticmethod
    def backward(ctx, g: Tensor) -> tuple[Tensor, None]:
        (positive,) = ctx.saved_tensors
        return g.clamp(min=0).mul_(positive), None  # g · 1[g > 0] · 1[a > 0]


def _relu(ctx, a: Tensor, in_place: bool) -> Tensor:
    if in_place:
        ctx.mark_dirty(a)
        return a.clamp_(min=0)
    return a.clamp(min=0)


RELU = {F.relu, torch.relu, Tensor.relu}
RELU_IN_PLACE = {F.relu_, torch.relu_, Tensor.relu_}
CLAMP = {torch.clamp, Tensor.clamp, torch.clamp_min, Tensor.clamp_min, torch.clip, Tensor.clip}
CLAMP_IN_PLACE = {torch.clamp_, Tensor.clamp_, torch.clamp_min_, Tensor.clamp_min_, torch.clip_, Tensor.clip_}


RELU6 = {F.relu6, F.hardtanh}
RULED = RELU | RELU_IN_PLACE | CLAMP | CLAMP_IN_PLACE | RELU6
OfReLU6 = Annotated[str, Choice("relu6", "whether a ReLU6 counts as a ReLU", ("left", "ruled"))]


class ReLURule(TorchFunctionMode):
    """Within `with ReLURule(rule):` every ReLU of this thread is the rule's; `met` counts them.

    rule: (a, in_place) → what stands for ReLU(a), written into a if in_place. relu6: whether ReLU6 is a ReLU, too.
    """

    def __init__(self, rule: Callable[[Tensor, bool], Tensor], relu6: bool = False) -> None:
        super().__init__()
        self.rule, self.relu6, self.met = rule, relu6, 0

    def __torch_function__(self, function, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if function not in RULED:
            return function(*args, **kwargs)
        if self.relu6 and function in RELU6 and _is_relu6(function, *args[1:], **kwargs):
            self.met += 1
            in_place = bool(kwargs.get("inplace", args[-1] is True))
            a = self.rule(args[0] if args else kwargs["input"], in_place)
            return a.clamp_(max=6) if in_place else a.clamp(max=6)  # above 6 the slope is 0, as it was
        is_clamp = function in CLAMP or function in CLAMP_IN_PLACE
        if not (_is_relu(*args[1:], **kwargs) if is_clamp else function in RELU or function in RELU_IN_PLACE):
            return function(*args, **kwargs)
        asked_in_place = function is F.relu and (kwargs.get("inplace") or args[1:] == (True,))
        in_place = function in RELU_IN_PLACE or function in CLAMP_IN_PLACE or asked_in_place
        self.met += 1
        a = args[0] if args else kwargs["input"]
        return self.rule(a, bool(in_place))


def relus_met(f: ScoreFunction, x: Tensor, relu6: OfReLU6 = "left") -> int:
    """How many ReLUs a score calls at x, (N, …): 0 where a rule for ReLU has nothing to act on (GELU, SiLU, ReLU6)."""
    plain = ReLURule(lambda a, in_place: a.clamp_(min=0) if in_place else a.clamp(min=0), relu6 == "ruled")
    with plain as counted, torch.no_grad():
        f(x)
    return counted.met


def _is_relu(min=None, max=None, **_) -> bool:
    """clamp(a, min=0) is a ReLU by another name."""
    return max is None and not isinstance(min, Tensor) and min == 0


def _is_relu6(function, min_val=None, max_val=None, *_, **__) -> bool:
    """hardtanh(a, 0, 6) is ReLU6 by another name."""
    return function is F.relu6 or (min_val == 0 and max_val == 6)


def deconvolution(f: ScoreFunction, x: Tensor, relu6: OfReLU6 = "left") -> Tensor:
    """Backward pass that keeps only positive gradients at each ReLU, whatever the input was: (N, …) → (N, …).

    In units of a gradient; [Zeiler2014]. Costs 1 gradient. Warns if the network calls no ReLU.
    relu6: "ruled" takes each ReLU6 for a ReLU, too.
    Raises TypeError for a scripted model, and ValueError if F has no gradient at x.

    Examples:
        The plain gradient of F = ReLU(x₁) − ReLU(x₂) + ReLU(x₃) at (−1, 1, 2) is (0, −1, 1). The rule does not look
        at the ReLU's input, so x₁ is kept.

        >>> import torch, xai_core
        >>> F = lambda x: (x.relu() * torch.tensor([1.0, -1.0, 1.0])).sum(1)
        >>> xai_core.deconvolution(F, torch.tensor([[-1.0, 1.0, 2.0]])).int().tolist()
        [[1, 0, 1]]
    """
    return _with_rule(_Deconvolution.apply, f, x, "deconvolution", relu6)


def guided_backprop(f: ScoreFunction, x: Tensor, relu6: OfReLU6 = "left") -> Tensor:
    """Backward pass that keeps only positive gradients of active ReLUs: (N, …) → (N, …).

    In units of a gradient; [Springenberg2015]. Costs 1 gradient. Warns if the network calls no ReLU.
    relu6: "ruled" takes each ReLU6 for a ReLU, too.
    Raises TypeError for a scripted model, and ValueError if F has no gradient at x.

    Examples:
        As in `deconvolution`, but x₁ is off, and gets nothing.

        >>> import torch, xai_core
        >>> F = lambda x: (x.relu() * torch.tensor([1.0, -1.0, 1.0])).sum(1)
        >>> xai_core.guided_backprop(F, torch.tensor([[-1.0, 1.0, 2.0]])).int().tolist()
        [[0, 0, 1]]
    """
    return _with_rule(_Guided.apply, f, x, "guided_backprop", relu6)


def _with_rule(rule: Callable[[Tensor, bool], Tensor], f: ScoreFunction, x: Tensor, name: str, relu6: str) -> Tensor:
    symbols.check(guided_backprop, relu6=relu6)
    check_unscripted(f, name)
    changed = ReLURule(rule, relu6 == "ruled")
    A = gradient(f, x, within=lambda: changed)[1]
    if not changed.met:
        warnings.warn(f"{name}: this network calls no ReLU, so the result is its simple gradient", stacklevel=3)
    return A


ROWS = (
    Method(
        deconvolution,
        title="Deconvolution",
        family="gradient",
        paper="Zeiler & Fergus 2014",
        equation=r"\text{at each ReLU, backwards: } g \mapsto g \cdot 1[g > 0]",
        cost="1",
        needs="inside",
        output="logit",
    ),
    Method(
        guided_backprop,
        title="Guided backprop",
        family="gradient",
        paper="Springenberg et al. 2015",
        equation=r"\text{at each ReLU, backwards: } g \mapsto g \cdot 1[g > 0] \cdot 1[a > 0]",
        cost="1",
        needs="inside",
        output="logit",
    ),
)
