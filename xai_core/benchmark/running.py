"""Doing what is missing of a plan: in this process, in N processes of this computer, or on a Dask cluster.

    run(cells, store)                                  here, one cell after another
    run(cells, store, workers=4)                       four processes (Dask's LocalCluster), one thread each
    run(cells, store, scheduler="tcp://host:8786")     the workers of a cluster; they need this code and the same files

A cell depends on its settings alone and is summed on one thread, so on one machine the rows are the same bits in all
three. Only this process writes. `until` ends a run in good order; watching.py shows what it is at, and how long it will
take; spreading.py is what happens on workers.
"""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import chain, takewhile
from typing import Any

from tqdm.auto import tqdm

from xai_core.benchmark.cells import Cell, Hears, Result, Row, heard_by, work
from xai_core.benchmark.store import Store
from xai_core.benchmark.watching import Watch


@dataclass(frozen=True)
class Outcome:
    """What a run did."""

    planned: int
    kept_before: int
    done: int  # newly
    failures: list[tuple[dict[str, Any], str]]  # settings and error of each cell that failed
    interrupted: bool
    seconds: float
    believed: int = 0  # of those kept before, rows that came from elsewhere
    turns: int | None = None  # that are done to their end, where the time was up


def run(
    cells: Iterable[Cell],
    store: Store,
    *,
    name: str = "cells",
    workers: int = 0,
    scheduler: str | None = None,
    progress: bool = True,
    known: Mapping[str, Sequence[Row]] | None = None,
    until: float | None = None,
) -> Outcome:
    """Do the cells that the store has no rows of, and keep each as soon as it is done.

    cells: what is asked for, in the order of the export. name: of this plan, if a store holds several.
    workers: 0 works in this process. scheduler: the address of a running cluster, used instead.
    known: rows that were measured elsewhere, by the keys of their cells. until: when no more cell is begun, as
    `time.monotonic` counts; the plan then ends with the last turn that is whole.
    A cell that fails does not stop the others, and is tried again by the next run. Ctrl-C ends the run in good order.
    Raises ValueError for bad arguments, StoreBusy where another run writes, OSError where no cluster answers.
    """
    if isinstance(workers, bool) or not isinstance(workers, int) or workers < 0:
        raise ValueError(f"workers must be a whole number, 0 (in this process) or more; got {workers!r}")
    begin, interrupted, planned, before, done, believed, turns = time.perf_counter(), False, 0, 0, 0, 0, None
    with store.only_writer():
        try:
            store.plan(name, tqdm(cells, f"{name}: planning", unit="cell", leave=False, disable=not progress))
            believed = store.believe(name, known) if known else 0
            planned, before = store.count(name)
            with Watch(store, name, workers, progress) as watch:
                for result in _results(store.groups(name), planned > before, workers, scheduler, until, watch.hears):
                    store.keep(result)
                    done += not result.error
                    watch.count(result)
            if until is not None and time.monotonic() >= until:
                turns = store.only_whole_turns(name)
        except KeyboardInterrupt:
            interrupted = True
        failures = store.failures(name)
    return Outcome(planned, before, done, failures, interrupted, time.perf_counter() - begin, believed, turns)


def _results(
    groups: Iterator[list[Cell]],
    any_left: bool,
    workers: int,
    scheduler: str | None,
    until: float | None,
    hears: Hears,
) -> Iterator[Result]:
    def in_time(_: Any) -> bool:
        return until is None or time.monotonic() < until

    if not any_left or not in_time(None):
        return
    if not workers and not scheduler:
        with heard_by(hears):
            yield from map(work, takewhile(in_time, chain.from_iterable(groups)))
        return
    from xai_core.benchmark.spreading import cluster, on_workers  # Dask is loaded only for this

    ends = None if until is None else time.time() + until - time.monotonic()  # clocks of other processes
    with (
        cluster(workers, scheduler) as client,
        closing(on_workers(client, takewhile(in_time, groups), hears, ends)) as results,
    ):
        yield from results
