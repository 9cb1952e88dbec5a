"""Generators of random numbers: does a network draw any? Then each row gets the same ones, and nobody else notices.

    watched    a pass, and whether it drew numbers           many threads at once
    seeded     a pass from a seed, all put back after it     one thread alone, while nobody watches

Torch, NumPy and Python have one generator each for all threads. A pass draws if a generator stands elsewhere after it.
But if two threads watched, either may have been the one who drew: both ask again, each alone.
What to look at: `watched`, then `Turns`, a readers–writer lock: those who watch are the readers, who draws is the
writer. Networks that draw nothing never wait for each other.
"""

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from types import FunctionType
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from xai_core.network.answers import Ask

# Does it draw?


def watched(ask: Ask, x: Tensor, beside: Ask, seed: int, elsewhere: bool) -> tuple[Tensor, bool]:
    """ask(x), and whether that draws numbers. If it does, the answer is of no use: its numbers came from no seed.

    beside: asks for the same, unseen by hooks and counters. elsewhere: NumPy's and Python's generators, too.
    """
    with turns.watching():
        before = standing(x, elsewhere, turns.origin)
        found = ask(x)
        if not moved(before, x):
            return found, False
        turns.doubt()
    with turns.settling():  # was it this network, or another thread's? Alone, it will show
        with seeded(x, seed), torch.no_grad():
            there = standing(x, elsewhere)
            beside(x[:1])
            draws = moved(there, x)
        if draws:
            put_back(before, x)
    return found, draws


@contextmanager
def seeded(x: Tensor, seed: int) -> Iterator[None]:
    """All generators at this seed, and afterwards as they were."""
    with turns.drawing():
        before = standing(x)
        try:
            for generator in of_torch(x):
                generator.manual_seed(seed)
            np.random.seed(seed % 2**32), random.seed(seed)  # noqa: NPY002
            yield
        finally:
            put_back(before, x)


def from_seed(ask: Ask, seed: int, x: Tensor) -> Tensor:
    """ask(x), with the numbers that follow this seed."""
    with seeded(x, seed):
        return ask(x)


def repeatable(ask: Ask, x: Tensor) -> Tensor:
    """ask(x) of a plain function, seeded if it draws numbers. Its rows are its own affair: one may belong to each."""
    before = standing(x, elsewhere=False)
    found = ask(x)
    if moved(before, x):
        with turns.drawing():
            put_back(before, x)
            found = from_seed(ask, 0, x)
    return found


# Whose turn is it?


class Turns:
    """Either many threads watch, or one draws: unseeded, it would disturb another's seeded numbers.

    A thread that saw a generator move is in doubt until it has asked again, alone. If it was the one who drew, it puts
    the generator back to `origin`. So until then no thread may take where it stands for where it stood.
    """

    def __init__(self) -> None:
        self.changed = threading.Condition(threading.RLock())
        self.watchers = self.doubts = 0  # threads
        self.drawer: int | None = None  # the thread that draws
        self.origin: Tensor | None = None  # where torch's generator stood before all who watch now, or doubt

    @contextmanager
    def watching(self) -> Iterator[None]:
        """With others who watch. A thread that draws may watch itself."""
        me = threading.get_ident()
        with self.changed:
            self.changed.wait_for(lambda: self.drawer in (None, me))
            if self.watchers == self.doubts == 0:
                self.origin = torch.default_generator.get_state()
            self.watchers += 1
        try:
            yield
        finally:
            with self.changed:
                self.watchers -= 1
                self.changed.notify_all()

    @contextmanager
    def drawing(self) -> Iterator[None]:
        """With nobody else. A thread that draws already goes on."""
        me = threading.get_ident()
        with self.changed:
            already = self.drawer == me
            self.changed.wait_for(lambda: already or (self.drawer is None and self.watchers == 0))
            self.drawer = me
        try:
            yield
        finally:
            with self.changed:
                self.drawer = me if already else None
                self.changed.notify_all()

    def doubt(self) -> None:
        """Said by a thread that watches, and saw a generator move."""
        with self.changed:
            self.doubts += 1

    @contextmanager
    def settling(self) -> Iterator[None]:
        """Its doubt, settled: with nobody else."""
        try:
            with self.drawing():
                yield
        finally:
            with self.changed:
                self.doubts -= 1


turns = Turns()


# Where do the generators stand?


class Standing(NamedTuple):
    """Where the generators stand that a network may draw from."""

    torchs: list[Tensor]  # the CPU's, and the one of x's device
    elsewhere: tuple | None  # NumPy's and Python's; None: not looked at


def standing(x: Tensor, elsewhere: bool = True, origin: Tensor | None = None) -> Standing:
    """Where they stand now; origin: where the CPU's is known to have stood. elsewhere: NumPy's and Python's, too."""
    cpu, *others = of_torch(x)
    torchs = [cpu.get_state() if origin is None else origin, *(each.get_state() for each in others)]
    if not elsewhere:
        return Standing(torchs, None)
    numpys: Any = np.random.get_state()  # noqa: NPY002
    name, numbers, *rest = numpys
    return Standing(torchs, ((name, numbers.tobytes(), *rest), random.getstate()))  # bytes can be compared


def moved(before: Standing, x: Tensor) -> bool:
    """Whether one does not stand any more where it stood."""
    now = standing(x, before.elsewhere is not None)
    return not all(map(torch.equal, before.torchs, now.torchs)) or before.elsewhere != now.elsewhere


def put_back(before: Standing, x: Tensor) -> None:
    """The generators as they were."""
    for generator, state in zip(of_torch(x), before.torchs, strict=True):
        generator.set_state(state)
    if before.elsewhere is not None:
        (name, numbers, *rest), pythons = before.elsewhere
        np.random.set_state((name, np.frombuffer(numbers, np.uint32), *rest))  # noqa: NPY002
        random.setstate(pythons)


def of_torch(x: Tensor) -> list[torch.Generator]:
    """Those of torch that a network may draw from: the CPU's, and the one of x's device."""
    others = [torch.cuda.default_generators[x.device.index]] if x.is_cuda else []
    return [torch.default_generator, *others]


def names_another(kinds: set[Any]) -> bool:
    """Whether the code of such modules names NumPy's or Python's generator: asking where those stand takes a while."""
    return any(map(_names_another, kinds))


@cache
def _names_another(kind: type) -> bool:
    own = (vars(base).values() for base in kind.__mro__ if not base.__module__.startswith("torch."))
    return any("random" in f.__code__.co_names for values in own for f in values if isinstance(f, FunctionType))
