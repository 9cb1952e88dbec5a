"""Doing what is missing of a plan: in this process, in N processes of this computer, or on a Dask cluster.

    run(cells, store)                                  here, one cell after another
    run(cells, store, workers=4)                       four processes (Dask's LocalCluster), one thread each
    run(cells, store, scheduler="tcp://host:8786")     the workers of a cluster; they need this code and the same files

A cell depends on its settings alone and is summed on one thread, so on one machine the rows are the same bits in all
three. Only this process writes. Of each worker, two groups of cells are under way at a time: the scheduler never holds
the whole plan.
What to look at: `_on_workers`, and there what happens when a worker dies.
"""

import logging
import signal
import time
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from tqdm.auto import tqdm

from xai_core.benchmark.cells import Cell, Result, work, work_in_turn
from xai_core.benchmark.store import Store

if TYPE_CHECKING:
    from distributed import Client

AHEAD = 2  # groups under way for each worker: one that is worked on, one that waits
PATIENCE = 20  # seconds until a scheduler that does not answer, or has no worker, is an error
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


def run(
    cells: Iterable[Cell],
    store: Store,
    *,
    name: str = "cells",
    workers: int = 0,
    scheduler: str | None = None,
    progress: bool = True,
) -> Outcome:
    """Do the cells that the store has no rows of, and keep each as soon as it is done.

    cells: what is asked for, in the order of the export. name: of this plan, if a store holds several.
    workers: 0 works in this process. scheduler: the address of a running cluster, used instead.
    A cell that fails does not stop the others, and is tried again by the next run. Ctrl-C ends the run in good order.
    Raises ValueError for bad arguments, StoreBusy where another run writes, OSError where no cluster answers.
    """
    if isinstance(workers, bool) or not isinstance(workers, int) or workers < 0:
        raise ValueError(f"workers must be a whole number, 0 (in this process) or more; got {workers!r}")
    begin, interrupted, planned, before, done = time.perf_counter(), False, 0, 0, 0
    with store.only_writer():
        try:
            store.plan(name, tqdm(cells, f"{name}: planning", unit="cell", leave=False, disable=not progress))
            planned, before = store.count(name)
            told = {"desc": name, "unit": "cell", "smoothing": 0.05, "disable": not progress}
            with tqdm(total=planned, initial=before, **told) as bar:
                for result in _results(store.groups(name), planned > before, workers, scheduler):
                    store.keep(result)
                    done += not result.error
                    bar.update()
        except KeyboardInterrupt:
            interrupted = True
        failures = store.failures(name)
    return Outcome(planned, before, done, failures, interrupted, time.perf_counter() - begin)


def _results(groups: Iterator[list[Cell]], any_left: bool, workers: int, scheduler: str | None) -> Iterator[Result]:
    if not any_left:
        return
    if not workers and not scheduler:
        yield from map(work, chain.from_iterable(groups))
        return
    with _cluster(workers, scheduler) as client, closing(_on_workers(client, groups)) as results:
        yield from results


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
        future = client.submit(work_in_turn, group, pure=False)
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
