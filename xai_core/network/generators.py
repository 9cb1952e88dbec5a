"""Generators of random numbers, of which torch, NumPy and Python have one for all threads: put at a seed, and put back.

    watch     a pass, and whether it moved a generator           many threads at once
    seeded    a pass at a seed, all generators put back after    one thread alone, while nobody watches

What to look at: `Turns`. A thread that draws unseeded would disturb another's seeded draws, so the two take turns; and
networks that draw nothing never wait for each other.
"""

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from types import FunctionType
from typing import Any

import numpy as np
import torch
from torch import Tensor


class Turns:
    """Either many threads watch, or one draws."""

    def __init__(self) -> None:
        self.free = threading.Condition(threading.RLock())
        self.watching = self.unsettled = 0  # threads; unsettled: they saw a generator move, and put it back
        self.drawing: int | None = None  # the thread
        self.origin: Tensor | None = None  # where torch's generator stood when the first of those now watching began

    @contextmanager
    def together(self) -> Iterator[None]:
        """With others that watch."""
        with self.free:
            self.free.wait_for(lambda: self.drawing in (None, threading.get_ident()))
            if self.watching == self.unsettled == 0:
                self.origin = torch.default_generator.get_state()
            self.watching += 1
        try:
            yield
        finally:
            with self.free:
                self.watching -= 1
                self.free.notify_all()

    def doubt(self) -> None:
        """Said by a thread that watches and saw a generator move; it will settle that."""
        with self.free:
            self.unsettled += 1

    @contextmanager
    def settling(self) -> Iterator[None]:
        """Alone, after a doubt."""
        try:
            with self.alone():
                yield
        finally:
            with self.free:
                self.unsettled -= 1

    @contextmanager
    def alone(self) -> Iterator[None]:
        """With nobody else. A thread that draws already goes on."""
        me = threading.get_ident()
        with self.free:
            outer = self.drawing == me
            self.free.wait_for(lambda: outer or (self.drawing is None and self.watching == 0))
            self.drawing = me
        try:
            yield
        finally:
            with self.free:
                self.drawing = me if outer else None
                self.free.notify_all()


turns = Turns()


def of_torch(x: Tensor) -> list[torch.Generator]:
    """Those that a network may draw from: the CPU's, and the one of x's device."""
    others = [torch.cuda.default_generators[x.device.index]] if x.is_cuda else []
    return [torch.default_generator, *others]


def states(x: Tensor, elsewhere: bool = True) -> list:
    """Where torch's generators stand; elsewhere: NumPy's and Python's, too."""
    found: list = [generator.get_state() for generator in of_torch(x)]
    if elsewhere:
        numpys: Any = np.random.get_state()  # noqa: NPY002
        name, numbers, *rest = numpys
        found += [(name, numbers.tobytes(), *rest), random.getstate()]
    return found


def moved(before: list, x: Tensor) -> bool:
    """Whether a generator does not stand any more where it stood."""
    now = states(x, elsewhere=len(before) > len(of_torch(x)))
    same = (torch.equal(a, b) if isinstance(a, Tensor) else a == b for a, b in zip(before, now, strict=True))
    return not all(same)


def put_back(before: list, x: Tensor) -> None:
    """The generators as they were."""
    generators = of_torch(x)
    for generator, state in zip(generators, before, strict=False):
        generator.set_state(state)
    if len(before) > len(generators):
        (name, numbers, *rest), pythons = before[-2:]
        np.random.set_state((name, np.frombuffer(numbers, np.uint32), *rest))  # noqa: NPY002
        random.setstate(pythons)


@contextmanager
def seeded(x: Tensor, seed: int) -> Iterator[None]:
    """All generators at this seed, and afterwards as they were."""
    with turns.alone():
        before = states(x)
        try:
            for generator in of_torch(x):
                generator.manual_seed(seed)
            np.random.seed(seed % 2**32), random.seed(seed)  # noqa: NPY002
            yield
        finally:
            put_back(before, x)


def names_another(kinds: set[Any]) -> bool:
    """Whether the code of such modules names NumPy's or Python's generator: asking where those stand takes a while."""
    return any(map(_names_another, kinds))


@cache
def _names_another(kind: type) -> bool:
    own = (vars(base).values() for base in kind.__mro__ if not base.__module__.startswith("torch."))
    return any("random" in f.__code__.co_names for values in own for f in values if isinstance(f, FunctionType))
