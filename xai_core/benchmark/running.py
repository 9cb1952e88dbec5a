"""Doing what is missing of a plan: in this process, in N processes of this computer, or on a Dask cluster.

    run(cells, store)                                  here, one cell after another
    run(cells, store, workers=4)                       four processes (Dask's LocalCluster), one thread each
    run(cells, store, scheduler="tcp://host:8786")     the workers of a cluster; they need this code and the same files

A cell depends on its settings alone and is summed on one thread, so on one machine the rows are the same bits in all
three. Only this process writes. Of each worker, two groups of cells are under way at a time: the scheduler never holds
the whole plan. `until` ends a run in good order; watching.py shows what it is at, and how long it will take.
What to look at: `_on_workers`, and there what happens when a worker dies.
"""

import logging
import signal
import time
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import chain, islice, takewhile
from typing import TYPE_CHECKING, Any

from tqdm.auto import tqdm

from xai_core.benchmark.cells import Cell, Hears, Result, Row, heard_by, work, work_in_turn
from xai_core.benchmark.store import Store
from xai_core.benchmark.watching import Watch

if TYPE_CHECKING:
    from distributed import Client

AHEAD = 2  # groups under way for each worker: one that is worked on, one that waits
PATIENCE = 20  # seconds until a scheduler that does not answer, or has no worker, is an error
TOLD = "xai_core.benchmark"  # topic of what cells tell on their way from a worker
DEATHS = 2  # workers of this computer that may die on one group before its cells are suspects; then, on one cell


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
    with _cluster(workers, scheduler) as client, closing(_on_workers(client, takewhile(in_time, groups))) as results:
        client.subscribe_topic(TOLD, lambda event: hears(event[1]))
        yield from results


def _work_there(cells: Sequence[Cell]) -> list[Result]:
    """What a worker is asked to do; it says how far it is."""
    from distributed import get_worker

    worker = get_worker()
    with heard_by(lambda what: worker.log_event(TOLD, what)):
        return work_in_turn(cells)


@contextmanager
def _cluster(workers: int, scheduler: str | None) -> "Iterator[Client]":
    """A client of the cluster that is asked for. One on this computer lives as long as the run."""
    import dask
    from distributed import Client, LocalCluster

    if scheduler:
        with Client(scheduler, timeout=f"{PATIENCE}s") as client:
            client.wait_for_workers(1, timeout=PATIENCE)
            yield client
        return
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": DEATHS - 1}),
        LocalCluster(
            n_workers=workers, threads_per_worker=1, dashboard_address="127.0.0.1:0", silence_logs=logging.ERROR
        ) as cluster,
        Client(cluster) as client,
    ):
        client.register_plugin(_leave_interruptions_to_the_run())
        yield client


def _leave_interruptions_to_the_run() -> Any:
    """A terminal sends Ctrl-C to every process of the command; the one that writes decides what becomes of it."""
    from distributed import WorkerPlugin

    class Deaf(WorkerPlugin):
        def setup(self, worker: Any) -> None:
            signal.signal(signal.SIGINT, signal.SIG_IGN)

    return Deaf()


def _on_workers(client: "Client", groups: Iterator[list[Cell]]) -> Generator[Result, None, None]:
    """The results as they come.

    The scheduler gives the work of a dead worker to another. Work that was there when one worker after another died
    comes back as KilledWorker, guilty or not: its cells are tried again in the end, one at a time and nothing beside.
    Who kills even so is a failure, not a loop, and costs no other cell.
    """
    from distributed import KilledWorker, as_completed

    under_way: dict[Any, list[Cell]] = {}
    suspects: list[Cell] = []
    alone = False  # whether a suspect is tried
    arriving = as_completed()

    def submit(group: list[Cell]) -> None:
        future = client.submit(_work_there, group, pure=False)
        under_way[future] = group
        arriving.add(future)

    def room() -> int:  # asked each time: workers join and leave a cluster
        return AHEAD * max(1, len(client.scheduler_info(n_workers=-1)["workers"])) - len(under_way)

    for group in islice(groups, room()):
        submit(group)
    try:
        for future in arriving:
            group = under_way.pop(future)
            try:
                yield from future.result()
            except KilledWorker:
                if alone:
                    yield Result(group[0].key, [], error="KilledWorker: every worker that tried this cell died")
                else:
                    suspects += group
            except Exception as error:  # the group could not be sent or read there
                yield from (Result(cell.key, [], error=f"{type(error).__name__}: {error}") for cell in group)
            for group in islice(groups, max(0, room())):
                submit(group)
            if suspects and not under_way:
                alone = True
                submit([suspects.pop(0)])
    finally:
        client.cancel(list(under_way))
