"""How far is every method from the passes it needs, and where do the field's packages stand? Run with `make bench`.

Each row is a method and a network: ours, the floor (the passes that the method needs, and nothing else) and the peers
take turns in one run. Processor time of one thread, as multiples of the floor.
"""

import argparse
import json
import platform
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import torch

from tests.measure.bench import memory, scores
from tests.measure.bench.cases import METHODS, exists
from tests.measure.bench.figure import dots
from tests.measure.bench.peers import PEERS, answers
from tests.measure.bench.questions import LOADERS, Question
from tests.measure.bench.table import FLOOR, OURS, Row, as_numbers, head, line, markdown
from tests.measure.bench.turns import Effort, take_turns

COLUMNS = (*PEERS, scores.PEER)
PACKAGES = ("torch", "torchvision", "captum", "grad-cam", "lime", "shap", "saliency", "quantus")


def of_methods(q: Question, chosen: list[str], effort: Effort, with_memory: bool) -> Iterator[Row]:
    """The rows of one network."""
    for method in chosen:
        if method in METHODS and exists(method, q):
            case = METHODS[method](q)
            able, unable = answers(method, q)
            times, failed = take_turns({OURS: case.ours, FLOOR: case.floor, **able}, effort, (OURS, FLOOR))
            peak = memory.measured(case.ours) if with_memory else None
            yield Row(method, q.name, times, unable | failed, peak)


def of_scores(q: Question, chosen: list[str], effort: Effort, with_memory: bool) -> Iterator[Row]:
    """The scores' rows of one network."""
    judged = scores.judged(q)
    for score in chosen if judged else ():
        if score in scores.SCORES:
            case, theirs = scores.SCORES[score](judged)
            peers = {} if theirs is None else {scores.PEER: theirs}
            times, failed = take_turns({OURS: case.ours, FLOOR: case.floor, **peers}, effort, (OURS, FLOOR))
            peak = memory.measured(case.ours) if with_memory else None
            yield Row(score, q.name, times, failed, peak)


def main() -> None:
    every = [*METHODS, *scores.SCORES]
    parser = argparse.ArgumentParser(prog="python -m tests.measure.bench", description=__doc__.splitlines()[0])
    parser.add_argument("--networks", nargs="+", choices=LOADERS, default=[*LOADERS], metavar="NAME",
                        help=f"of {', '.join(LOADERS)} (default all)")  # fmt: skip
    parser.add_argument("--methods", nargs="+", choices=every, default=every, metavar="NAME",
                        help=f"of {'; '.join(every)} (default all)")  # fmt: skip
    parser.add_argument("--repeats", type=int, default=100, help="most turns of a row (default 100)")
    parser.add_argument("--seconds", type=float, default=2, help="after which a row ends, after two turns (default 2)")
    parser.add_argument(
        "--memory", action="store_true", help="peak memory of ours too, in two more calls a row (Linux alone tells)"
    )
    parser.add_argument("--out", type=Path, default=Path("results/bench"), help="folder (default results/bench)")
    options = parser.parse_args()
    if options.repeats < 1:
        parser.error(f"--repeats must be at least 1; got {options.repeats}")
    if options.memory and not memory.can_be_measured():
        parser.error("--memory needs Linux; no other system forgets an earlier peak of a process")
    torch.set_num_threads(1)
    about = {name: version(name) for name in PACKAGES} | {"python": platform.python_version()}
    print(", ".join(f"{name} {number}" for name, number in about.items()))
    print(line(head(COLUMNS)), flush=True)
    effort, rows = Effort(options.repeats, options.seconds), []
    for name in options.networks:
        q = LOADERS[name]()
        for part in (of_methods, of_scores):
            for row in part(q, options.methods, effort, options.memory):
                rows.append(row)
                print(line(row.cells(COLUMNS)), flush=True)
    if not rows:
        parser.error("these methods exist on none of these networks")
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "bench.md").write_text(markdown(rows, COLUMNS), encoding="utf-8")
    numbers = {"versions": about, "rows": as_numbers(rows)}
    (options.out / "bench.json").write_text(json.dumps(numbers, indent=1, ensure_ascii=False), encoding="utf-8")
    dots(rows, COLUMNS).savefig(options.out / "bench.png", facecolor="white")
    print(f"\n{markdown(rows, COLUMNS)}\nbench.md, bench.json and bench.png are in {options.out}")


if __name__ == "__main__":
    main()
