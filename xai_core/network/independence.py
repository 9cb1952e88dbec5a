"""Independence: what a network, or any function, says to rows of inputs, each row as if it were alone.

    f(x_1, …, x_R)_r = f(x_r)              and the same x is always answered alike

All methods rest on both: they ask many points in one pass, and take the gradients of all rows from that of their sum.
In evaluation mode, too, a network may keep neither: batch statistics or attention across rows, a dropout that is always
on. So its first passes are watched:

    first pass     Has a generator of random numbers moved?        Then one row a pass, each from the same seed.
    first batch    Does its middle row answer as it does alone?    If not: one row a pass.

A few photographs are asked one by one from the start: a batch of them gains a processor less than the check would cost.
A network that draws is explained as the one function that it is under this seed, and its caller's generators stay where
they were. What to look at: `as_if_alone`. The second check costs one row forward, which no hook and no counter sees.
"""

from dataclasses import dataclass, field
from functools import partial

import torch
from torch import Tensor

from xai_core.network.answers import Ask, said
from xai_core.network.generators import from_seed, watched

TF32 = 2.0**-10  # rounding of products in single precision on other devices than a CPU
FEW, LARGE = 4, 3 * 160 * 160  # rows that a CPU asks one by one as fast as together; numbers in such a row


@dataclass(eq=False)
class Manner:
    """How a network is to be asked, as far as its passes have shown. All scores of one copy of a network share it."""

    seed: int = 0  # of the numbers that the network draws
    draws: bool | None = None  # whether it draws any; None: nothing was asked yet
    mixes: bool = False  # whether rows are known to depend on each other
    apart: dict[torch.Size, bool] = field(default_factory=dict)  # shape of a row → whether rows go one by one
    looked: bool = False  # whether its answers were looked at: are they probabilities?
    elsewhere: bool = False  # whether its code names another generator than torch's

    def known(self, x: Tensor) -> bool | None:
        """Whether the rows of x have to go one by one; None if no pass has shown it yet."""
        if self.draws or len(x) == 1:
            return bool(self.draws)
        return self.mixes or self.apart.get(x.shape[1:])

    def one_by_one(self, x: Tensor) -> bool | None:
        """Whether the rows of x go one by one. None: together, if that pass shows that they can."""
        few = len(x) <= FEW and x.numel() >= LARGE * len(x) and x.device.type == "cpu"
        known = self.known(x)
        return True if known is None and few else known


def as_if_alone(x: Tensor, manner: Manner, ask: Ask, beside: Ask) -> Tensor:
    """ask(x), each row as it answers alone: (R, …) → (R, …).

    beside: asks for the same, unseen by hooks and counters. Raises what ask raises, and ValueError for a network whose
    answer to one row changes from pass to pass by other means than the usual generators, or that takes no row alone
    though its rows depend on each other.
    """
    found = None if manner.one_by_one(x) else _together(x, manner, ask, beside)
    if found is not None:
        return found
    if len(x) > 1:
        return torch.cat([as_if_alone(row, manner, ask, beside) for row in x.split(1)])
    return from_seed(ask, manner.seed, x)


def _together(x: Tensor, manner: Manner, ask: Ask, beside: Ask) -> Tensor | None:
    """ask(x) in one pass; None where that turns out to be wrong. Afterwards `manner` knows which."""
    found = None
    if manner.draws is None:
        found, manner.draws = watched(ask, x, beside, manner.seed, manner.elsewhere)
    if manner.known(x) is None:
        if (x != x[:1]).any():
            found = ask(x) if found is None else found
            _depend(x, found, manner, beside)
        elif settle(x, manner, beside):  # what rows that are all alike answer together tells nothing
            return None
    if manner.known(x):
        return None
    return ask(x) if found is None else found


def settle(x: Tensor, manner: Manner, beside: Ask) -> bool:
    """Whether rows like those of x have to go one by one, found out beside what is asked of them."""
    if manner.one_by_one(x) is None:
        try:
            with torch.no_grad():
                _together(_amid_others(x.detach()), manner, beside, beside)
        except ValueError:  # one by one is always right, and what is wrong with x is said then
            return True
    return bool(manner.one_by_one(x))


def _amid_others(x: Tensor) -> Tensor:
    """The first row between two that differ from it: (3, …). Where all are alike, the others are made up."""
    row, others = x[:1], (x != x[:1]).flatten(1).any(1).nonzero()[:, 0]
    if len(others):
        return x[[int(others[0]), 0, int(others[-1])]]
    ramp = torch.linspace(0, 1, row.numel(), device=x.device).to(x).view(row.shape)
    other = torch.where((row != ramp).any(), ramp, ramp.flip(-1))
    return torch.cat([other, row, other])


def _depend(x: Tensor, found: Tensor, manner: Manner, beside: Ask) -> None:
    """Note whether rows, not all alike, depend on each other: the middle one is asked alone. found: the answers."""
    looked_at = (0, 1) if len(x) == 2 else (len(x) // 2,)  # of two, one may depend on the other alone
    with torch.no_grad():
        manner.apart[x.shape[1:]] = any(_differs_alone(x, j, found, manner, beside) for j in looked_at)


def _differs_alone(x: Tensor, j: int, found: Tensor, manner: Manner, beside: Ask) -> bool:
    """Whether row j has another answer among others, for one of three reasons; asked again, it tells which.

    alone ≠ alone again     the network draws numbers, or it remembers what it saw, which is refused
    alone ≠ among others    its rows depend on each other
    neither                 a hook changed the answers: beside it there is none, and that is not the rows' doing
    """
    row, alike = x[j : j + 1], partial(_alike, all_rows=found)
    try:
        alone = beside(row)[0]
    except ValueError as error:
        raise ValueError(
            "the model must take one row alone, or its rows must not depend on each other; here the batch has"
            f" an answer, and the row has none ({said(error)})"
        ) from error
    if alike(alone, found[j]):
        return False
    if not alike(alone, beside(row)[0]):
        manner.draws = alike(*(from_seed(beside, manner.seed, row) for _ in range(2)))  # as NumPy's are
        if not manner.draws:
            raise ValueError(
                "the model must give the same answer to the same x; this one changes it from pass to pass: it"
                " remembers earlier inputs, or draws from a generator of its own"
            )
        return True
    others = (x != x[j]).flatten(1).any(1).nonzero()[:, 0].tolist()
    return not alike(alone, beside(x[[others[0], j, others[-1]]])[1])


def _alike(a: Tensor, b: Tensor, all_rows: Tensor) -> bool:
    """Whether two answers differ by rounding alone, which is a share of the largest number among them all."""
    eps = torch.finfo(b.dtype).eps if b.is_floating_point() else 0.0
    eps = eps if b.device.type == "cpu" else max(eps, TF32)
    scale = all_rows.detach().nan_to_num(0.0, 0.0, 0.0).abs().max()
    same = torch.isclose(a.double().cpu(), b.detach().double().cpu(), rtol=0.0, atol=float(scale) * eps**0.5)
    return bool(same.all())
