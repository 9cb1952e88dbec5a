"""Watching a run: one line that says how far it is, what is being done, and how long the rest will take.

    uni:  42% 378/900 cells, 31 min left; zoo, 00041, guided_ig: ten-step attack

The rest is reckoned kind by kind: a cell of Guided IG takes as long as others of Guided IG on the same network took. A
kind that nobody has done yet counts as the mean of the others.
"""

import sys
import time
from collections.abc import Mapping
from typing import Any

from tqdm.auto import tqdm

from xai_core.benchmark.cells import Result
from xai_core.benchmark.store import Store

KIND = ("pair", "column", "network", "kind", "method", "alpha", "side")  # settings that decide how long a cell takes
OFTEN, SELDOM = 0.5, 60.0  # seconds between two lines on a terminal, and in a file


class Watch:
    """The line of one run. As a context: it is there as long as the run."""

    def __init__(self, store: Store, name: str, workers: int, shown: bool = True) -> None:
        self.store, self.workers, self.shown, self.said, self.last = store, max(1, workers), shown, "", 0.0
        self.every = OFTEN if sys.stderr.isatty() else SELDOM
        self.seconds: dict[tuple, tuple[float, int]] = {}  # kind → their sum, and of how many cells
        self.open: dict[tuple, int] = {}  # kind → cells that are not done
        planned, done = store.count(name)
        if shown:
            for settings, clock, _ in store.timings(name):
                self._took(kind_of(settings), clock)
            self.open = store.open_kinds(name, KIND)
        line = "{desc}: {percentage:3.0f}% {n_fmt}/{total_fmt} cells{postfix}"
        self.bar = tqdm(total=planned, initial=done, desc=name, bar_format=line, mininterval=self.every, miniters=0,
                        disable=not shown)  # fmt: skip

    def _took(self, kind: tuple, seconds: float) -> None:
        total, n = self.seconds.get(kind, (0.0, 0))
        self.seconds[kind] = total + seconds, n + 1

    def __enter__(self) -> "Watch":
        return self

    def __exit__(self, *_: Any) -> None:
        self.bar.close()

    def hears(self, what: str) -> None:
        """What a cell is at."""
        self.said = what
        self._show()

    def count(self, result: Result) -> None:
        """One cell is done, or has failed."""
        if self.shown:
            kind = kind_of(self.store.settings(result.key))
            self.open[kind] = self.open.get(kind, 1) - 1
            if not result.error:
                self._took(kind, result.seconds)
        self.bar.update()
        self._show()

    def left(self) -> float | None:
        """Seconds until all is done; None while nothing is known."""
        means = {kind: total / n for kind, (total, n) in self.seconds.items()}
        if not means:
            return None
        others = sum(means.values()) / len(means)
        return sum(n * means.get(kind, others) for kind, n in self.open.items()) / self.workers

    def _show(self) -> None:
        now = time.monotonic()
        if not self.shown or now - self.last < self.every:
            return
        self.last, left = now, self.left()
        rest = [f"{told(left)} left" if left is not None else "", self.said]
        self.bar.set_postfix_str("; ".join(filter(None, rest)))


def kind_of(settings: Mapping[str, Any]) -> tuple:
    """What decides how long a cell takes."""
    return tuple(settings.get(name) for name in KIND)


def told(seconds: float) -> str:
    """A time as a person says it."""
    for unit, length, most in (("s", 1, 100), ("min", 60, 100), ("h", 3600, 72), ("days", 86400, 730)):
        if seconds < most * length:
            return f"{seconds / length:.3g} {unit}"
    return f"{seconds / 86400 / 365.25:.3g} years"
