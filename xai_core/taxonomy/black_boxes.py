"""Black boxes: what may a method ask of a network, and how often does it ask?

    "answers"      x → F(x), and nothing more, as from a web service
    "gradients"    x → F(x), and back comes ∇F: ReLUs, layers and weights stay hidden
    "inside"       the network itself

A method needs the least of the three with which its map is the same. `needs` measures that, `counted` the passes; so
the words about a method in taxonomy.py are no claim. A hidden network answers from a thread of its own: rules that hold
in a method's thread do not reach its ReLUs, and no layer is there to listen to.
What to look at: Integrated Gradients does not notice the wall. Guided backprop does: behind it, it is the gradient.
"""

import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from xai_core.methods import catalogue, explain
from xai_core.network.answers import checking
from xai_core.network.private_copy import private_copy

OPENED = ("answers", "gradients", "inside")


@dataclass
class Passes:
    """How many inputs went forward only, and how many back as well."""

    forwards: int = 0
    gradients: int = 0

    def __deepcopy__(self, memo: dict) -> "Passes":
        return self  # one count for all copies of a network

    @property
    def all(self) -> int:
        """Passes of either kind."""
        return self.forwards + self.gradients


class BlackBox(nn.Module):
    """A network of which only so much can be seen; its passes are counted in `passes`, in inputs.

    network: (N, …) → (N, classes); it is not changed. opened: one of OPENED.
    """

    def __init__(self, network: nn.Module, opened: str = "answers") -> None:
        super().__init__()
        if opened not in OPENED:
            raise ValueError(f"opened must be one of {', '.join(OPENED)}; got {opened!r}")
        self.opened, self.passes = opened, Passes()
        hidden = private_copy(network)
        if opened == "inside":
            self.network = hidden  # a part of this module, which methods may find, change and listen to
        else:
            self.ask: Callable[[Tensor], Tensor] = lambda x: hidden(x)  # never copied, being a function

    def forward(self, x: Tensor) -> Tensor:
        """The network's logits, (N, …) → (N, classes), and no more behind them than is open."""
        if self.opened == "inside":
            logits = self.network(x)
        elif self.opened == "gradients":
            logits = _Served.apply(x, self.ask)
        else:
            logits = _elsewhere(self.ask, x.detach(), False)[1].detach()
        return logits if checking.get() else self._counted(logits)

    def _counted(self, logits: Tensor) -> Tensor:
        passes, n = self.passes, len(logits)
        passes.forwards += n

        def backward(slope: Tensor) -> None:
            passes.forwards -= n  # it was the first half of a gradient
            passes.gradients += n

        if logits.requires_grad:
            logits.register_hook(backward)
        return logits


class _Served(torch.autograd.Function):
    """Answers and gradients that were computed behind the wall."""

    @staticmethod
    def forward(ctx, x: Tensor, ask: Callable[[Tensor], Tensor]) -> Tensor:
        ctx.asked = _elsewhere(ask, x.detach(), True)
        return ctx.asked[1].detach()

    @staticmethod
    def backward(ctx, g: Tensor) -> tuple[Tensor, None]:
        x, logits = ctx.asked
        return torch.autograd.grad(logits, x, g)[0], None


def _elsewhere(ask: Callable[[Tensor], Tensor], x: Tensor, slopes: bool) -> tuple[Tensor, Tensor]:
    """x and ask(x), computed in another thread, where no rule of the caller's holds."""

    def answer() -> tuple[Tensor, Tensor]:
        with torch.set_grad_enabled(slopes):
            at = x.clone().requires_grad_(slopes)
            return at, ask(at)

    with ThreadPoolExecutor(1) as wall:
        return wall.submit(answer).result()


def needs(model: nn.Module, x: Tensor, target: int | str, method: str, **symbols: Any) -> str:
    """The least of OPENED with which a method's map of x (N, …) is the same as with the whole network.

    Raises TypeError or ValueError as `explain` does.
    """
    if "precision" in catalogue()[method].defaults:
        symbols = {"precision": "input"} | symbols  # behind a wall, nobody turns weights into doubles
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what warns of a missing ReLU behind the wall is the point here
        whole = explain(model, x, target, method, **symbols)
        for opened in OPENED[:-1]:
            try:
                seen = explain(BlackBox(model, opened), x, target, method, **symbols)
            except (ValueError, TypeError, RuntimeError):  # it asks for what is hidden
                continue
            if torch.allclose(seen, whole, rtol=1e-3, atol=1e-5 * float(whole.abs().max())):
                return opened
    return OPENED[-1]


def counted(model: nn.Module, x: Tensor, target: int, method: str, **symbols: Any) -> tuple[Tensor, Passes]:
    """A method's map of x (N, …), and the passes that it took. target: a class; to predict one would be a pass too.

    Raises TypeError or ValueError as `explain` does.
    """
    if method not in catalogue():
        raise ValueError(f"method must be one of {', '.join(catalogue())}; got {method!r}")
    box = BlackBox(model, "inside")
    return explain(box, x, target, method, **symbols), box.passes
