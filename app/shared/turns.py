"""Whose turn it is to compute: first come, first served, and what somebody waits for before what is only ahead.

Thirty computations at once take thirty times as long each, and nobody sees anything before all do. One after another,
the first reader has a picture at once, everybody sees a place in the line, and equal questions wait for one answer.
Whoever leaves the line, or the page, is not computed for.
"""

import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import IntEnum

import torch
from streamlit.runtime.scriptrunner_utils.script_run_context import get_run_yield_check

POLL = 0.1  # s between two looks whether the reader is still there
ANSWERED = 4096  # questions that are remembered as answered: what is kept needs no turn
_arrived: ContextVar[float | None] = ContextVar("arrived", default=None)
_computes: ContextVar[bool] = ContextVar("computes", default=False)
_ahead: ContextVar[bool] = ContextVar("ahead", default=False)
_last_move: list[float] = []  # when a reader's page last began to run


class Rank(IntEnum):
    """What is computed first, of all that stands in line."""

    ASKED = 0  # a reader sees nothing before
    LATER = 1  # a reader sees something already
    AHEAD = 2  # nobody waits for it yet


Place = tuple[Rank, float, int]  # in the line: by rank, then who came first


@dataclass
class Turns:
    """A line for `places` computations at once."""

    places: int = 1
    _running: int = 0
    _tickets: int = 0
    _line: list[tuple[Place, Hashable]] = field(default_factory=list)
    _asked: set[Hashable] = field(default_factory=set)  # being computed now
    _answered: OrderedDict[Hashable, None] = field(default_factory=OrderedDict)
    _changed: threading.Condition = field(default_factory=threading.Condition)

    @contextmanager
    def turn(
        self,
        question: Hashable,
        tell: Callable[[int], None] | None = None,
        rank: Rank = Rank.ASKED,
        since: float | None = None,
    ) -> Iterator[None]:
        """Compute inside, when it is one's turn. A question that was answered before needs none.

        question: all that the answer depends on. tell: is told the place in the line whenever it changes. since: when
        one came, if not when the page began to run. A turn inside a turn is the same one. Raises what Streamlit raises
        where the reader has left, or has asked for something else.
        """
        if _computes.get() or self._known(question):
            yield
            return
        if not self._wait(question, tell, Rank.AHEAD if _ahead.get() else rank, since):
            yield
            return
        token = _computes.set(True)
        try:
            yield
            self._answer(question)
        finally:
            _computes.reset(token)
            with self._changed:
                self._running -= 1
                self._asked.discard(question)
                self._changed.notify_all()

    @property
    def empty(self) -> bool:
        """Whether nobody computes or waits."""
        with self._changed:
            return not self._running and not self._line

    def _known(self, question: Hashable) -> bool:
        with self._changed:
            if question in self._answered:
                self._answered.move_to_end(question)
                return True
            return False

    def _answer(self, question: Hashable) -> None:
        with self._changed:
            self._answered[question] = None
            if len(self._answered) > ANSWERED:
                self._answered.popitem(last=False)

    def forget(self, question: Hashable) -> None:
        """Its answer was not kept: whoever asks again needs a turn again."""
        with self._changed:
            self._answered.pop(question, None)

    def _wait(self, question: Hashable, tell: Callable[[int], None] | None, rank: Rank, since: float | None) -> bool:
        """Stand in line. Returns False where meanwhile another reader's turn has answered the question."""
        came = since or _arrived.get() or time.monotonic()
        check, told = get_run_yield_check(), 0
        with self._changed:
            self._tickets += 1
            mine = ((rank, came, self._tickets), question)
            self._line.append(mine)
        try:
            while True:
                with self._changed:
                    if question in self._answered:
                        return False
                    before = len({other for place, other in self._line if place < mine[0]} - self._asked - {question})
                    if question not in self._asked and before < self.places - self._running:
                        self._running += 1
                        self._asked.add(question)
                        return True
                if tell is not None and before + 1 != told:
                    told = before + 1
                    tell(told)
                if check is not None:
                    check()
                with self._changed:
                    self._changed.wait(POLL)
        finally:
            with self._changed:
                self._line.remove(mine)
                self._changed.notify_all()


def computing() -> bool:
    """Whether this is somebody's turn."""
    return _computes.get()


def arrive(ahead: bool = False) -> None:
    """A reader's page begins to run: all its turns stand in the line from now on.

    ahead: it is opened before anybody asks, and so behind all that somebody waits for.
    """
    now = time.monotonic()
    _arrived.set(now)
    _ahead.set(ahead)
    if not ahead:
        _last_move[:] = [now]


def came() -> bool:
    """Whether any reader has come since the start."""
    return bool(_last_move)


def resting(seconds: float) -> bool:
    """Whether nobody has moved for so long, computes, or waits."""
    return TURNS.empty and all(time.monotonic() - moved >= seconds for moved in _last_move)


ORDINALS = ("next", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")


def words(place: int) -> str:
    """A place in the line, for its reader."""
    return f"You are {ORDINALS[place - 1] if place <= len(ORDINALS) else f'number {place}'} in line …"


def at_once() -> int:
    """How many computations the processors can take: torch gives each of them its threads."""
    shared = int(os.environ.get("XAI_PROCESSES", "1"))  # see deploy/serve.py
    return max(1, (os.cpu_count() or 1) // shared // torch.get_num_threads())


TURNS = Turns(at_once())
turn, forget = TURNS.turn, TURNS.forget
