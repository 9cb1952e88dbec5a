"""The benchmark: networks × methods × scores × pictures, and the papers' tables beside ours.

    python -m xai_core.benchmark                                         the shipped networks on fresh drawings
    python -m xai_core.benchmark --tables uni --networks zoo --images 5  one network, five pictures: some minutes
    python -m xai_core.benchmark --tables uni --networks resnet18 --images FOLDER:100   photographs, or ImageNet's root
    python -m xai_core.benchmark --model mine:network --images FOLDER    a network of your own: network() in mine.py
    python -m xai_core.benchmark --method mymethods:my_ig                a method of your own beside all others
    python -m xai_core.benchmark --hours 2                               as many pictures as two hours allow
    python -m xai_core.benchmark --workers 4                             four processes of this computer
    python -m xai_core.benchmark --scheduler tcp://host:8786             a Dask cluster (same code, same files there)
    python -m xai_core.benchmark --report-only                           the report again, from what is kept
    python -m xai_core.benchmark --estimate 50000 --workers 32           what 50,000 pictures would take

Stop it (Ctrl-C, kill -9) and start the same command again: nothing done is done twice. More pictures, networks,
methods or scores cost only what is new. Results: OUT/report.md, report.html, rows.parquet and commands.txt, which are
small enough to be committed and whole enough to go on from; rows.csv, results.sqlite, and what is kept to save time.
"""

import argparse
import signal
import sqlite3
import sys
import time
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

from xai_core.benchmark import alike, collection, cost, estimate, exports, gad, normlime, report, uni
from xai_core.benchmark.cells import Cell, name_of
from xai_core.benchmark.command_line import parser, read
from xai_core.benchmark.documents import Document, markdown
from xai_core.benchmark.faults import fault
from xai_core.benchmark.opening import ALTERED
from xai_core.benchmark.running import Outcome, run
from xai_core.benchmark.store import Store
from xai_core.benchmark.watching import told
from xai_core.plain import LONGEST_SENTENCE, one_line


def uni_plans(given: argparse.Namespace) -> Iterator[tuple[str, Iterable[Cell]]]:
    """The UNI paper's cells: pictures × networks × methods, each with its scores."""
    yield uni.NAME, _judged(given, given.batch)


def alike_plans(given: argparse.Namespace) -> Iterator[tuple[str, Iterable[Cell]]]:
    """Of the same maps, those of two networks, and of two pictures, beside each other."""
    yield alike.NAME, alike.cells(_judged(given))


def _judged(given: argparse.Namespace, batch: int = 1) -> Iterator[Cell]:
    return uni.cells(
        given.collection, given.networks, given.images, given.methods, given.scores, target=given.target,
        seed=given.seed, made=given.made, device=given.device,
        keep="" if given.no_maps else str((given.out / "maps").resolve()), batch=batch,
        own=given.method,
    )  # fmt: skip


def cost_plans(given: argparse.Namespace) -> Iterator[tuple[str, Iterable[Cell]]]:
    """UNI and Integrated Gradients from 64 × 64 to 384 × 384."""
    yield cost.NAME, cost.cells(given.collection)


def gad_plans(given: argparse.Namespace) -> Iterator[tuple[str, Iterable[Cell]]]:
    """The GAD paper's stages: support networks first, then the maps that need them."""
    yield from gad.stages(
        given.collection, given.out / "supports", images=given.pair_images, important=given.important,
        photographs=given.photographs, pretrained=given.pretrained, device=given.device,
    )  # fmt: skip


def normlime_plans(given: argparse.Namespace) -> Iterator[tuple[str, Iterable[Cell]]]:
    """The NormLIME paper's cells: orders of the digits' features, and networks that learn without the last."""
    yield normlime.NAME, normlime.cells(
        given.collection, given.digits, runs=given.runs, train=given.train, device=given.device,
        keep=str((given.out / "orders").resolve()),
    )  # fmt: skip


# Every table: its plans, in the order in which they have to be run. What report.SECTIONS shows of them stands there.
PLANS = {"uni": uni_plans, "alike": alike_plans, "cost": cost_plans, "gad": gad_plans, "normlime": normlime_plans}


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line, measure what is missing, write the report. Returns the exit status."""
    given = read(parser(__doc__ or ""), arguments)
    try:
        return _work(given, sys.argv[1:] if arguments is None else arguments)
    except (ValueError, OSError, RuntimeError, sqlite3.Error) as error:
        words = fault(error, given.out) if isinstance(error, OSError | sqlite3.Error) else error
        print(f"error: {words}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Stopped. What is done is kept; the same command goes on.", file=sys.stderr)
        return 130


def _work(given: argparse.Namespace, arguments: Sequence[str]) -> int:
    known, file = collection.load(given.collection, ()), given.out / "results.sqlite"
    here = file.is_file() or (given.report_only and (given.out / "rows.parquet").is_file())
    if (given.report_only or given.estimate) and not here:
        raise ValueError(f"--out is {given.out}; there is no {file.name} in it: nothing was measured there yet")
    title = partial(collection.title, known)
    with closing(Store(file)) as store:
        for settings in store.altered:
            print(f"set aside: {one_line(name_of(settings))}: {ALTERED}", file=sys.stderr)
        if given.estimate:
            print(markdown(_estimated(given, store, title)))
            return 0
        outcomes = []
        if not given.report_only:
            report.note_command(given.out, arguments)
            outcomes = list(_run_all(given, store))
        report.write(store, given.out, title)
    return _tell(outcomes, given.out)


def _estimated(given: argparse.Namespace, store: Store, title: partial) -> Document:
    """What so many pictures would take, table by table, as far as any cell of it was done here."""
    workers, found = max(1, given.workers), []
    done = [name for name in store.names() if any(True for _ in store.timings(name))]
    for name in done or [uni.NAME]:
        found.append(estimate.section(store, name, given.estimate, workers, title, given.device))
    total = told(sum(seconds for _, seconds in found))
    return Document(f"{given.estimate:,} pictures: {total} in all", [section for section, _ in found])


def _run_all(given: argparse.Namespace, store: Store) -> Iterator[Outcome]:
    """Plan after plan; an interruption ends them all, and a stage that failed ends its paper."""
    end = given.hours and time.monotonic() + 3600 * given.hours
    for i, table in enumerate(given.tables):  # each paper has its share of the hours
        until = end and time.monotonic() + max(0.0, end - time.monotonic()) / (len(given.tables) - i)
        for name, cells in PLANS[table](given):
            outcome = run(cells, store, name=name, workers=given.workers, scheduler=given.scheduler,
                          known=exports.known(given.out, name), until=until)  # fmt: skip
            yield outcome
            _say(name, outcome, given.batch)
            if outcome.interrupted:
                return
            if outcome.failures or (outcome.turns is not None and outcome.kept_before + outcome.done < outcome.planned):
                break


def _say(name: str, outcome: Outcome, batch: int) -> None:
    """What is worth a line when a plan ends."""
    if outcome.believed:
        print(f"{name}: {outcome.believed} cells are those of rows.parquet, measured before.")
    if outcome.turns is not None and outcome.kept_before + outcome.done < outcome.planned:
        of_turns = {uni.NAME: (batch, "pictures of each network"), gad.NAME: (gad.BLOCK, "pictures of each pair")}
        many, what = of_turns.get(name, (0, ""))
        reached = f"{outcome.kept_before + outcome.done} of {outcome.planned} cells"
        reached += f"; the tables show {many * outcome.turns} {what}" if many else ""
        print(f"{name}: the time is up after {reached}. The same command goes on.")


def _tell(outcomes: Sequence[Outcome], out: Path) -> int:
    """What became of it, in a few lines."""
    for outcome in outcomes:
        for settings, error in outcome.failures:
            line = f"{one_line(name_of(settings))}: {one_line(error, LONGEST_SENTENCE)}"
            print(f"failed: {line}", file=sys.stderr)
    failures = sum(len(outcome.failures) for outcome in outcomes)
    print(f"The report is {out / 'report.html'}, every number is in {out / 'rows.csv'}.")
    if failures:
        print(
            f"{failures} cells failed. What is done is kept; the same command tries only these again.", file=sys.stderr
        )
    if any(outcome.interrupted for outcome in outcomes):
        kept, planned = outcomes[-1].kept_before + outcomes[-1].done, outcomes[-1].planned
        print(f"Stopped. {kept} of {planned} cells are kept; the same command goes on from there.", file=sys.stderr)
        return 130
    return 1 if failures else 0


if __name__ == "__main__":
    warnings.formatwarning = lambda message, *_, **__: f"{message}\n"  # such as a picture that is left out
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a machine that is shut down ends it like Ctrl-C
    sys.exit(main())
