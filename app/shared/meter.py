"""How often the network was asked: counted where it is asked, in its own forward and backward passes."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from torch import Tensor, nn

from xai_core import Score


@dataclass
class Cost:
    """Passes through the network, counted in pictures: 15 points of a path are 15 gradients, batched or not."""

    forwards: int = 0
    gradients: int = 0
    seconds: float = 0.0

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(self.forwards + other.forwards, self.gradients + other.gradients, self.seconds + other.seconds)

    @property
    def passes(self) -> int:
        return self.forwards + self.gradients

    def words(self) -> str:
        """Such as "15 gradients, 1 forward"."""
        parts = [(self.gradients, "gradient"), (self.forwards, "forward")]
        return ", ".join(f"{n} {what}{'s' if n != 1 else ''}" for n, what in parts if n) or "0 passes"


_running: ContextVar[tuple[Cost, ...]] = ContextVar("running", default=())
_one_count = threading.Lock()  # on a GPU the backward pass runs in a thread of its own


def watched(f: Score) -> Score:
    """The same score, whose passes are counted. Copies of its network, as methods make them, count too."""
    f.model.register_forward_hook(_count)
    return f


def answered(n: int) -> None:
    """Count n answers, of a network or of any other model."""
    with _one_count:
        for cost in _running.get():
            cost.forwards += n


def _count(module: nn.Module, inputs: tuple, output: Tensor) -> None:
    costs, n = _running.get(), len(output)
    answered(n)

    def backward(slope: Tensor) -> None:
        with _one_count:
            for cost in costs:  # this pass was the first half of a gradient
                cost.forwards -= n
                cost.gradients += n

    if output.requires_grad:
        output.register_hook(backward)


@contextmanager
def measured() -> Iterator[Cost]:
    """Passes and seconds of the block, in this thread; blocks may be nested."""
    cost = Cost()
    token = _running.set((*_running.get(), cost))
    start = time.perf_counter()
    try:
        yield cost
    finally:
        cost.seconds = time.perf_counter() - start
        _running.reset(token)
