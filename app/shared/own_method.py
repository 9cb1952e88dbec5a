"""The reader's own method: `make app METHOD=mymethods:my_ig`. It stands where the catalogue's do, beside its reference.

It runs in a thread of its own with a limit, so a method that hangs shows a sentence where its map would be, and then
rests. Whatever it raises or returns is told there, too: see xai_core/registry.py. Where others can open this server, no
method of anybody's is imported.
"""

import ctypes
import functools
import os
import queue
import threading
from collections.abc import Callable, Sequence
from contextvars import copy_context
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from app.guard import class_mode
from xai_core import Method, methods
from xai_core.plain import sentence
from xai_core.registry import load
from xai_core.stages import MAP

VARIABLE = "XAI_METHOD"  # MODULE:FUNCTION
LIMIT = 30.0  # s for one map
REFERENCE = "integrated_gradients"  # beside which a method stands that claims nothing


@dataclass(frozen=True)
class Own:
    """What became of the method that was named: its row, or why there is none."""

    name: str = ""  # MODULE:FUNCTION
    row: Method | None = None
    why: str = ""


_asked: set[str] = set()  # methods that have been asked for a map
_rests: dict[str, str] = {}  # method → why it is asked no more


def own() -> Own:
    """The method that this server was started with, registered with the first question."""
    name = os.environ.get(VARIABLE, "")
    return _loaded(name) if name and not class_mode() else Own()


@functools.cache
def _loaded(name: str) -> Own:
    try:
        row = load(name)
    except (TypeError, ValueError) as error:
        return Own(name, why=str(error))
    row = within_limit(row)
    methods.registered[row.name] = row
    return Own(name, row)


def begin() -> None:
    """Before a page runs: the method is in the catalogue, or the reader is told why it is not."""
    if own().why:
        st.warning(f"METHOD: {sentence(own().why)}")


def new(method: str) -> bool:
    """Whether it is the reader's own, and nobody knows yet how long it takes."""
    return method in methods.registered and method not in _asked


def beside(first: Sequence[str], most: int) -> list[str]:
    """What a page begins with: the reference and the reader's own side by side, then the others."""
    row = own().row
    return list(dict.fromkeys([row.claims or REFERENCE, row.name, *first]))[:most] if row else list(first)


# --- in a thread of its own -------------------------------------------------------------------------------------------


def within_limit(row: Method) -> Method:
    """The same method, which is given up after LIMIT seconds and then asked no more."""

    @functools.wraps(row.function)
    def limited(*arguments: Any, **given: Any) -> Any:
        _asked.add(row.name)
        if row.name in _rests:
            raise RuntimeError(_rests[row.name])
        return _within(LIMIT, row.name, lambda: row.function(*arguments, **given))

    return replace(row, function=limited, stages={**row.stages, MAP: limited})


def _within(seconds: float, name: str, work: Callable[[], Any]) -> Any:
    """What `work` returns or raises, in this thread's context. Raises RuntimeError where it takes longer."""
    answer: queue.SimpleQueue[tuple[Any, Exception | None]] = queue.SimpleQueue()
    context = copy_context()  # whose passes are counted

    def run() -> None:
        try:
            answer.put((context.run(work), None))
        except Exception as error:
            answer.put((None, error))
        except SystemExit:  # given up, see `_end`
            return

    thread = threading.Thread(target=run, daemon=True, name=name)
    thread.start()
    try:
        found, error = answer.get(timeout=seconds)
    except queue.Empty:
        _end(thread)
        _rests[name] = f"{name} gave no map within {seconds:g} s. It is not asked again until the app is started anew."
        raise RuntimeError(_rests[name]) from None
    if error is not None:
        raise error
    return found


def _end(thread: threading.Thread) -> None:
    """Raise SystemExit in the thread, at its next line of Python."""
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident or 0), ctypes.py_object(SystemExit))
