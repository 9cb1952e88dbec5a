"""Deletion and insertion: exchange pixels in the map's order, and watch the score (Petsiuk et al. 2018) [Petsiuk2018].

    deletion    x → canvas, best pixels first: F falls fast if the map is right       AUC low is good
    insertion   canvas → x, best pixels first: F rises fast if the map is right       AUC high is good

    AUC = 1/S Σ_{k=1…S} F(after step k)                       trapezoid = AUC + (F(start) − F(end)) / (2S)

S = 10 steps of 10 % of the pixels in the UNI paper (Tables 3 and 4). The start is the same picture for every map, so
AUC leaves it out; where all that matters is exchanged in the first step, deletion is exactly 0, and insertion exactly
1. The trapezoid of Petsiuk's code differs by the same number for all maps on one canvas.
Units: those of F. With a probability both are between 0 and 1.

The canvas decides a lot. It should hold nothing of the class. On black or a blurred picture pixels stick out as they do
in no photograph, and on a method's own baseline the score may count what the baseline had kept: UNI's, for a small ε,
still is the photograph.
What to look at: `picture(k)`, what the network was asked, and F of the bare canvas at one end of the curve.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated

import torch
from torch import Tensor

from xai_core import symbols
from xai_core.baselines import BaselineName, make_baseline
from xai_core.inputs import check_input
from xai_core.rankings import as_seen, check_map, ranking
from xai_core.score import ScoreFunction, forward
from xai_core.symbols import Symbol

CurveSteps = Annotated[
    int,
    Symbol("steps", "S", "steps in which all pixels are exchanged", "steps", low=5, high=50, step=5, least=1,
           whole=True),
]  # fmt: skip


@dataclass(frozen=True, eq=False)
class Exchange:
    """Pixels of `start` that give way to those of `end`, step by step."""

    start: Tensor  # (N, …)
    end: Tensor  # (N, …)
    order: Tensor  # (N, P), the numbers of the pixels, first to go first
    steps: int
    names: tuple[str, str] | None = None  # of start and end, where several exchanges share them

    def counts(self) -> list[int]:
        """How many pixels have gone after k = 0 … S steps: S + 1 numbers, from 0 to P."""
        return [round(k * self.order.shape[1] / self.steps) for k in range(self.steps + 1)]

    @cached_property
    def turn(self) -> Tensor:
        """The place of each pixel in the order: (N, P)."""
        return torch.empty_like(self.order).scatter_(
            1, self.order, torch.arange(self.order.shape[1], device="cpu").expand_as(self.order)
        )

    def pictures(self, ks: Sequence[int]) -> Tensor:
        """What the network sees after each of these numbers of steps: (len(ks), N, …)."""
        counts = self.counts()
        gone = self.turn < torch.tensor([counts[k] for k in ks], device="cpu")[:, None, None]  # (len(ks), N, P)
        places = self.start.shape[2:] if self.start.dim() == 4 else self.start.shape[1:]
        channels = [1] * (self.start.dim() - 1 - len(places))
        gone = gone.view(*gone.shape[:2], *channels, *places).to(self.start.device)
        return torch.where(gone, self.end, self.start).detach()

    def picture(self, k: int) -> Tensor:
        """What the network sees after k steps: (N, …)."""
        return self.pictures([k])[0]


@dataclass(frozen=True, eq=False)
class Curve:
    """What the network said on the way."""

    exchange: Exchange
    scores: Tensor  # (N, S + 1), from the untouched start to the end

    @property
    def shares(self) -> Tensor:
        """The share of the pixels that has been exchanged: (S + 1,)."""
        return torch.tensor(self.exchange.counts(), device="cpu").double() / self.exchange.order.shape[1]

    @property
    def auc(self) -> Tensor:
        """The mean of F after each step, (N,)."""
        return self.scores[:, 1:].mean(1)

    @property
    def trapezoid(self) -> Tensor:
        """The area under the curve as in Petsiuk's code, half of both ends: (N,)."""
        return torch.trapezoid(self.scores, dx=1 / self.exchange.steps, dim=1)

    def picture(self, k: int) -> Tensor:
        """What the network saw after k steps: (N, …)."""
        return self.exchange.picture(k)


def deletion(
    f: ScoreFunction,
    x: Tensor,
    A: Tensor,
    canvas: BaselineName = "black",
    steps: CurveSteps = 10,
    *,
    absolute: bool = False,
    seed: int = 0,
) -> Curve:
    """Take the pixels away, best first: (N, …) → AUC (N,). Costs S + 1 forward passes an image.

    A: the attribution, (N, …) like x, or (N, 1, H, W). canvas: what stands where a pixel was, as in `make_baseline`:
        "black", "blurred", …, or a tensor such as the method's own baseline.
    absolute: rank by |A|. seed: the order of pixels of equal value (of all of them if the map is constant), and the
        noise of a noisy canvas.
    Raises TypeError or ValueError with the argument's name, what was given and what is allowed.
    """
    symbols.check(deletion, steps=steps, canvas=canvas)
    return ask(f, [exchange(x, make_baseline(x, canvas, seed), A, steps, absolute=absolute, seed=seed)])[0]


def insertion(
    f: ScoreFunction,
    x: Tensor,
    A: Tensor,
    canvas: BaselineName = "black",
    steps: CurveSteps = 10,
    *,
    absolute: bool = False,
    seed: int = 0,
) -> Curve:
    """Put the pixels onto the canvas, best first: (N, …) → AUC (N,). Arguments as in `deletion`.

    Raises TypeError or ValueError with the argument's name, what was given and what is allowed.
    """
    symbols.check(insertion, steps=steps, canvas=canvas)
    return ask(f, [exchange(make_baseline(x, canvas, seed), x, A, steps, absolute=absolute, seed=seed)])[0]


def exchange(
    start: Tensor,
    end: Tensor,
    A: Tensor,
    steps: CurveSteps = 10,
    *,
    absolute: bool = False,
    seed: int = 0,
    names: tuple[str, str] | None = None,
) -> Exchange:
    """The pictures between two, in the order of a map. Nothing is asked.

    start, end: (N, …); A: as in `deletion`; names: of the two, see `ask`.
    Raises TypeError or ValueError for a start or A that is no such tensor, or more steps than pixels.
    """
    symbols.check(exchange, steps=steps)
    check_input(start)
    check_map(A)
    one_map = start.dim() == 4 and A.shape == (len(start), 1, *start.shape[2:])
    if not one_map and as_seen(A).shape != as_seen(start).shape:
        raise ValueError(f"A must have the shape of x, {tuple(start.shape)}; got {tuple(A.shape)}")
    order = ranking(A, absolute=absolute, seed=seed)
    if steps > order.shape[1]:
        raise ValueError(f"steps must be at most the number of pixels, {order.shape[1]}; got {steps}")
    return Exchange(start, end, order, steps, names)


def ask(f: ScoreFunction, exchanges: Sequence[Exchange], known: Mapping[str, Tensor] | None = None) -> list[Curve]:
    """F along several exchanges of the same N images, all in the same passes.

    Ends of one name (x itself, a canvas) are asked for once. known: F of those that the caller has already, by name,
    (N,) each.
    """
    known = dict(known or {})
    named = [e.names or (f"start {i}", f"end {i}") for i, e in enumerate(exchanges)]
    both = zip(named, exchanges, strict=True)
    ends = {n: t for names, e in both for n, t in zip(names, (e.start, e.end), strict=True) if n not in known}
    between = [e.pictures(range(1, e.steps)).flatten(0, 1) for e in exchanges]
    asked, n = torch.cat([*ends.values(), *between]), len(exchanges[0].start)
    answers = forward(f, asked) if len(asked) else torch.empty(0, device="cpu")
    rows = answers.double().cpu().view(len(asked) // n, n)  # one copy of the N images behind the other
    known |= dict(zip(ends, rows[: len(ends)], strict=True))
    middles, curves = rows[len(ends) :].split([e.steps - 1 for e in exchanges]), []
    for (start, end), e, middle in zip(named, exchanges, middles, strict=True):
        first, last = (known[name].double().cpu()[None] for name in (start, end))
        curves.append(Curve(e, torch.cat([first, middle, last]).T.contiguous()))
    return curves
