"""Cells on the workers of a Dask cluster, or in processes of this computer.

Of each worker, two groups of cells are under way at a time: the scheduler never holds the whole plan. A cell's result
is sent on as soon as it is there, before its group is done: a run that is killed loses the cells at work, no others.
What to look at: `on_workers`, and there what happens when a worker dies.
"""

import logging
import signal
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from itertools import islice
from queue import SimpleQueue
from typing import Any

import dask
from distributed import Client, Future, KilledWorker, LocalCluster, WorkerPlugin, get_worker

from xai_core.benchmark.cells import Cell, Hears, Result, heard_by, work

AHEAD = 2  # groups under way for each worker: one that is worked on, one that waits
PATIENCE = 20  # seconds until a scheduler that does not answer, or has no worker, is an error
TOLD = "xai_core.benchmark"  # topic of what cells tell on their way, and of their results
DEATHS = 2  # workers of this computer that may die on one group before its cells are suspects; then, on one cell


@contextmanager
def cluster(workers: int, scheduler: str | None) -> Iterator[Client]:
    """A client of the cluster that is asked for. One on this computer lives as long as the run."""
    if scheduler:
        with Client(scheduler, timeout=f"{PATIENCE}s") as client:
            client.wait_for_workers(1, timeout=PATIENCE)
            yield client
        return
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": DEATHS - 1}),
        LocalCluster(
            n_workers=workers, threads_per_worker=1, dashboard_address="127.0.0.1:0", silence_logs=logging.ERROR
        ) as here,
        Client(here) as client,
    ):
        client.register_plugin(Deaf())
        yield client


class Deaf(WorkerPlugin):
    """A terminal sends Ctrl-C to every process of the command; the one that writes decides what becomes of it."""

    def setup(self, worker: Any) -> None:
        """On a worker's start."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def work_there(cells: Sequence[Cell], ends: float | None) -> list[Result]:
    """What a worker is asked to do: a group of cells in turn, none begun after `ends`. It says where it is."""
    worker, found = get_worker(), []
    for cell in cells:
        if ends is not None and time.time() >= ends:
            break
        with heard_by(lambda what: worker.log_event(TOLD, what)):
            found.append(work(cell))
        worker.log_event(TOLD, list(asdict(found[-1]).items()))
    return found


def on_workers(
    client: Client, groups: Iterator[list[Cell]], hears: Hears, ends: float | None = None
) -> Generator[Result, None, None]:
    """The results as they come; `hears` hears what cells tell on their way. ends: when no more is begun, `time.time`.

    The scheduler gives the work of a dead worker to another. Work that was there when one worker after another died
    comes back as KilledWorker, guilty or not: its cells are tried again in the end, one at a time and nothing beside.
    Who kills even so is a failure, not a loop, and costs no other cell.
    """
    under_way: dict[Future, list[Cell]] = {}
    waited_for: set[str] = set()  # keys of cells that have no result yet
    suspects: list[Cell] = []
    alone = False  # whether a suspect is tried
    arriving: SimpleQueue[Future | str | list[tuple[str, Any]]] = SimpleQueue()

    def submit(group: list[Cell]) -> None:
        future = client.submit(work_there, group, ends, pure=False)
        under_way[future] = group
        waited_for.update(cell.key for cell in group)
        future.add_done_callback(arriving.put)

    def room() -> int:  # asked each time: workers join and leave a cluster
        return AHEAD * max(1, len(client.scheduler_info(n_workers=-1)["workers"])) - len(under_way)

    def new(results: Sequence[Result]) -> Iterator[Result]:
        """Those that were waited for: of a cell that was begun twice, the first."""
        for result in results:
            if result.key in waited_for:
                waited_for.discard(result.key)
                yield result

    client.subscribe_topic(TOLD, lambda event: arriving.put(event[1]))
    for group in islice(groups, room()):
        submit(group)
    try:
        while under_way:
            what = arriving.get()
            if isinstance(what, str):
                hears(what)
                continue
            if not isinstance(what, Future):  # a result, before its group is done
                sent = dict(what)
                yield from new([Result(**sent | {"parts": tuple(sent["parts"])})])
                continue
            group = under_way.pop(what)
            try:
                yield from new(what.result())
            except KilledWorker:
                left = [cell for cell in group if cell.key in waited_for]
                if alone and left:
                    died = "KilledWorker: every worker that tried this cell died"
                    yield from new([Result(left[0].key, [], error=died)])
                else:
                    suspects += left
            except Exception as error:  # the group could not be sent or read there
                yield from new([Result(cell.key, [], error=f"{type(error).__name__}: {error}") for cell in group])
            for group in islice(groups, max(0, room())):
                submit(group)
            if suspects and not under_way:
                alone = True
                submit([suspects.pop(0)])
    finally:
        client.unsubscribe_topic(TOLD)
        client.cancel(list(under_way))
