"""Turns: ours, the floor and the peers one after the other, again and again, in processor time.

A busy or slow machine changes all that stand in one turn, so what is compared is divided turn by turn.
"""

import gc
import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass

Run = Callable[[], object]


@dataclass(frozen=True)
class Effort:
    """How long a row may take."""

    repeats: int  # most turns
    seconds: float  # after which no further turn begins, once there are two


def take_turns(runs: Mapping[str, Run], effort: Effort, ours: tuple[str, ...]) -> tuple[dict, dict[str, str]]:
    """Seconds of processor time by name, one a turn; and what kept a peer from its first turn, which warms up.

    ours: the names whose errors are not a peer's.
    """
    times: dict[str, list[float]] = {}
    failed = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of few samples; of hooks that a peer sets
        for name, run in runs.items():
            try:
                run()
                times[name] = []
            except Exception as error:
                if name in ours:
                    raise
                failed[name] = f"{type(error).__name__}: {error}".splitlines()[0][:160]
        gc.collect()
        gc.freeze()  # what is there now is looked at no more, so that each collection below is short
        gc.disable()
        try:
            _turns(runs, times, effort)
        finally:
            gc.enable()
            gc.unfreeze()
    return times, failed


def _turns(runs: Mapping[str, Run], times: dict[str, list[float]], effort: Effort) -> None:
    begun = time.process_time()
    for turn in range(effort.repeats):
        if turn > 1 and time.process_time() - begun > effort.seconds:
            break
        for name in list(times)[:: -1 if turn % 2 else 1]:  # to and fro: nobody always follows the same one
            gc.collect()  # nobody clears away what another left
            start = time.process_time()
            runs[name]()
            times[name].append(time.process_time() - start)
