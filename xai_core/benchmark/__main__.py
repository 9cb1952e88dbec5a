"""The benchmark: networks × methods × scores × pictures, and the papers' tables beside ours.

    python -m xai_core.benchmark                                         the shipped networks on fresh drawings
    python -m xai_core.benchmark --tables uni --networks zoo --images 5  one network, five pictures: some minutes
    python -m xai_core.benchmark --tables uni --networks resnet18 --images FOLDER:100   photographs, or ImageNet's root
    python -m xai_core.benchmark --workers 4                             four processes of this computer
    python -m xai_core.benchmark --scheduler tcp://host:8786             a Dask cluster (same code, same files there)
    python -m xai_core.benchmark --report-only                           the report again, from what is kept
    python -m xai_core.benchmark --estimate 50000 --workers 32           what 50,000 pictures would take

Stop it (Ctrl-C, kill -9) and start the same command again: nothing done is done twice. More pictures, networks or
methods cost only what is new. Results: OUT/results.sqlite, rows.csv, rows.parquet, report.md and report.html.
"""

import argparse
import sqlite3
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import torch

from xai_core.benchmark import collection, estimate, gad, normlime, report, uni
from xai_core.benchmark.cells import Cell
from xai_core.benchmark.documents import Document, markdown
from xai_core.benchmark.running import Outcome, run
from xai_core.benchmark.store import ALTERED, Store
from xai_core.evaluate.examination import SCORES
from xai_core.methods import catalogue
from xai_core.plain import LONGEST_SENTENCE, one_line

SMALL = ("zoo", "zoo_vgg", "husky_wolf", "birds", "birds_vgg")  # of --networks, unless others are named


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(
        prog="python -m xai_core.benchmark", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = made.add_argument_group("what is measured").add_argument
    add("--tables", nargs="+", choices=tuple(PLANS), default=tuple(PLANS), help="of which papers (default: all)")
    add("--networks", nargs="+", metavar="NAME", default=SMALL, help=f"for UNI's tables (default: {' '.join(SMALL)})")
    add("--methods", nargs="+", metavar="NAME", choices=(*catalogue(), uni.RANDOM),
        default=(*uni.METHODS, uni.RANDOM),
        help=f"for UNI's tables (default: the paper's and random numbers, {' '.join(uni.METHODS)})")  # fmt: skip
    add("--scores", nargs="+", metavar="NAME", choices=tuple(SCORES), default=tuple(SCORES),
        help="for UNI's tables, measured together: another choice is measured anew "
        f"(default: all: {' '.join(SCORES)})")  # fmt: skip
    add("--images", nargs="+", metavar="SOURCE", default=["20"],
        help="for UNI's tables: a number (of each network's own kind), zoo:N, husky_wolf:N, birds:N, digits:N, "
        "mnist:N, bundled:N (scikit-image's photographs), FOLDER or FOLDER:N (default: 20)")  # fmt: skip
    add("--target", choices=uni.TARGETS, default="predicted", help="which class is explained (default: %(default)s)")
    add("--seed", type=int, default=0, help="of everything random (default: 0)")
    add = made.add_argument_group("GAD's tables").add_argument
    add("--pair-images", type=int, default=gad.IMAGES, metavar="N", help="pictures a pair of classes (default: 512)")
    add("--photographs", type=Path, metavar="FOLDER", help="two folders of photographs instead of drawings")
    add("--pretrained", default="squeezenet1_1", metavar="NAME", help="what is fine-tuned to them (%(default)s)")
    add("--important", choices=("top", "above"), default="top",
        help="half of the pixels, as in the paper's tables (top), or those above a tenth of the maximum, as in its "
        "figure 4 (above)")  # fmt: skip
    add = made.add_argument_group("NormLIME's figure").add_argument
    add(
        "--digits",
        choices=("digits", "mnist"),
        default="digits",
        help="scikit-learn's 8 × 8 ones, or MNIST (%(default)s)",
    )
    add("--runs", type=int, default=5, metavar="N", help="networks for each point of the figure (default: %(default)s)")
    add = made.add_argument_group("how").add_argument
    add("--out", type=Path, default=Path("results/benchmark"), help="folder of the results (default: %(default)s)")
    add("--workers", type=int, default=0, metavar="N", help="processes (default: 0, in this one)")
    add("--scheduler", metavar="ADDRESS", help="a Dask scheduler, tcp://host:port")
    add("--device", choices=("cpu", "cuda"), default="cpu", help="(default: %(default)s)")
    add("--collection", default="data.collection", metavar="MODULE", help="networks and pictures (%(default)s)")
    add("--report-only", action="store_true", help="measure nothing, write the report of what is kept")
    add("--estimate", type=int, metavar="N", help="measure nothing, say what N pictures would take")
    return made


def uni_plans(given: argparse.Namespace) -> Iterator[tuple[str, Iterable[Cell]]]:
    """The UNI paper's cells: networks × pictures × methods × scores."""
    yield uni.NAME, uni.cells(
        given.collection, given.networks, given.images, given.methods, given.scores,
        target=given.target, seed=given.seed, device=given.device,
    )  # fmt: skip


def gad_plans(given: argparse.Namespace) -> Iterator[tuple[str, Iterable[Cell]]]:
    """The GAD paper's stages: support networks first, then the maps that need them."""
    yield from gad.stages(
        given.collection, given.out / "supports", images=given.pair_images, important=given.important,
        photographs=given.photographs, pretrained=given.pretrained, device=given.device,
    )  # fmt: skip


def normlime_plans(given: argparse.Namespace) -> Iterator[tuple[str, Iterable[Cell]]]:
    """The NormLIME paper's cells: orders of the digits' features, and networks that learn without the last."""
    yield (
        normlime.NAME,
        normlime.cells(
            given.collection,
            given.digits,
            runs=given.runs,
            device=given.device,
            keep=str((given.out / "orders").resolve()),
        ),
    )


# Every paper: its plans, in the order in which they have to be run. What report.SECTIONS shows of them stands there.
PLANS = {"uni": uni_plans, "gad": gad_plans, "normlime": normlime_plans}


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line, measure what is missing, write the report. Returns the exit status."""
    made = parser()
    given = made.parse_args(arguments)
    _check(given, made)
    try:
        return _work(given)
    except (ValueError, OSError, RuntimeError, sqlite3.Error) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Stopped. What is done is kept; the same command goes on.", file=sys.stderr)
        return 130


def _work(given: argparse.Namespace) -> int:
    known, file = collection.load(given.collection), given.out / "results.sqlite"
    if (given.report_only or given.estimate) and not file.is_file():
        raise ValueError(f"--out is {given.out}; there is no {file.name} in it: nothing was measured there yet")
    with closing(Store(file)) as store:
        for settings in store.altered:
            print(f"set aside: {one_line(report.name_of(settings))}: {ALTERED}", file=sys.stderr)
        if given.estimate:
            workers = max(1, given.workers)
            told = estimate.section(store, uni.NAME, given.estimate, workers, known.title, given.device)
            print(markdown(Document("Estimate", [told])))
            return 0
        outcomes = [] if given.report_only else list(_run_all(given, store))
        report.write(store, given.out, known.title)
    return _tell(outcomes, given.out)


def _check(given: argparse.Namespace, made: argparse.ArgumentParser) -> None:
    if given.pair_images < 2:
        made.error(f"--pair-images must be 2 or more; got {given.pair_images}")
    if given.workers < 0:
        made.error(f"--workers must be 0 or more; got {given.workers}")
    if not 0 <= given.seed < 2**63:
        made.error(f"--seed must be a whole number from 0 to 2⁶³ − 1; got {given.seed}")
    if given.estimate is not None and given.estimate < 1:
        made.error(f"--estimate must be 1 or more; got {given.estimate}")
    if given.device == "cuda" and not torch.cuda.is_available():
        made.error("--device cuda needs a GPU that PyTorch can use, and there is none; use --device cpu")


def _run_all(given: argparse.Namespace, store: Store) -> Iterator[Outcome]:
    """Plan after plan; an interruption ends them all, and a stage that failed ends its paper."""
    for table in given.tables:
        for name, cells in PLANS[table](given):
            outcome = run(cells, store, name=name, workers=given.workers, scheduler=given.scheduler)
            yield outcome
            if outcome.interrupted:
                return
            if outcome.failures:
                break


def _tell(outcomes: Sequence[Outcome], out: Path) -> int:
    """What became of it, in a few lines."""
    for outcome in outcomes:
        for settings, error in outcome.failures:
            told = f"{one_line(report.name_of(settings))}: {one_line(error, LONGEST_SENTENCE)}"
            print(f"failed: {told}", file=sys.stderr)
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
    sys.exit(main())
