"""A cell: one piece of work of a benchmark, small enough to lose, and known by all that its result depends on.

    key = SHA-256 of (function, settings)            function(settings, context) → rows

A cell is nothing but names and what JSON can say. So it is written to a file, sent to another machine and hashed as it
is; the function is imported where the cell is worked on. Another weight, picture, seed or recipe is another key: a
result that is found under a key is that of the cell, whoever computed it and when.
A cell may have parts, such as the scores of one map: each is kept by itself, and only those are worked on that are not
kept yet. What to look at: `settings` holds what changes the result, `context` what only says where to find things.
"""

import hashlib
import importlib
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import torch

# A cell's name is part of its key and stays as it was first given, so that old results are found; the code has moved.
NAMED, LIVES = "xai_core.evaluate.benchmark.", "xai_core.benchmark."

Row = dict[str, str | int | float | None]  # one measured number and what it is, {"score": "gap", "value": 0.12}


@dataclass(frozen=True)
class Cell:
    """One piece of work. Two cells with the same key have the same rows."""

    function: str  # "module:name" of function(settings, context) → rows, or (settings, context, parts); see NAMED
    settings: Mapping[str, Any]  # all that the result depends on, digests of weights and pictures and a recipe too
    context: Mapping[str, Any] = field(default_factory=dict)  # where to find things: folders, modules, the device
    group: str = ""  # neighbours of one group share something costly, and are done by one worker in turn
    parts: tuple[str, ...] = ()  # what is asked for, the "score" of its rows; (): the whole, which has no parts
    turn: int = 0  # a run that ends early drops unfinished turns, so that all rows of a table rest on as many pictures

    @property
    def key(self) -> str:
        """64 hexadecimal digits that stand for the function and the settings."""
        return hashlib.sha256(as_json([self.function, self.settings]).encode()).hexdigest()


@dataclass(frozen=True)
class Result:
    """What became of a cell: its rows, or the error that it ended in."""

    key: str
    rows: list[Row]
    seconds: float = 0.0  # by the clock
    processor: float = 0.0  # of the processor alone: waiting for it does not count, and what a GPU did neither
    error: str = ""
    parts: tuple[str, ...] = ()  # those of the cell that were worked on


Hears = Callable[[str], None]
_hears: ContextVar[Hears | None] = ContextVar("hears", default=None)


@contextmanager
def heard_by(hears: Hears) -> Iterator[None]:
    """What is told within, in this thread, goes to `hears`."""
    token = _hears.set(hears)
    try:
        yield
    finally:
        _hears.reset(token)


def tell(what: str, done: int = 0, total: int = 0) -> None:
    """Say what a cell is at, for whoever watches the run; it costs next to nothing where nobody does."""
    hears = _hears.get()
    if hears:
        hears(f"{what} {done}/{total}" if total else what)


def as_json(value: Any) -> str:
    """JSON in one spelling, so that equal things have equal digests. NaN stays NaN; floats keep every bit."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def name_of(settings: Mapping[str, Any]) -> str:
    """A cell's names in a few words: what a person would look for."""
    names = ("pair", "network", "picture", "kind", "method", "share", "class", "block", "alpha", "n", "other",
             "other_picture", "side")  # fmt: skip
    return ", ".join(str(settings[name]) for name in names if name in settings)


def work(cell: Cell) -> Result:
    """Do one cell here and now, on one thread: sums in one order, whatever the machine and the number of workers.

    An error of the cell is a result too, so that one bad picture does not stop a night's work.
    """
    threads, begin, busy = torch.get_num_threads(), time.perf_counter(), time.process_time()
    torch.set_num_threads(1)
    rows, error = [], ""
    try:
        module, name = cell.function.split(":")
        function = getattr(importlib.import_module(module.replace(NAMED, LIVES)), name)
        tell(name_of(cell.settings))
        rows = list(function(cell.settings, cell.context, *([cell.parts] if cell.parts else [])))
    except Exception as problem:  # whatever a network, a picture or a score may raise
        error = f"{type(problem).__name__}: {problem}"
    finally:
        torch.set_num_threads(threads)
    return Result(cell.key, rows, time.perf_counter() - begin, time.process_time() - busy, error, cell.parts)
