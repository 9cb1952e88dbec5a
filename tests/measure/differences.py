"""How far do maps differ between processors? Run with `python -m tests.measure.differences`.

Every method of the catalogue explains the same pictures under each setting of `processors.py`, in fresh processes.
A difference is max |A − A′| / max |A| of a picture's map: 0.01 is one hundredth of its strongest pixel.
"""

import argparse
import subprocess
import sys
import tempfile
from itertools import combinations
from pathlib import Path

import torch

from data import networks, zoo
from tests.measure.processors import PROCESSORS, ROOT, environment, possible
from xai_core import catalogue, explain

DTYPES = {"single": torch.float32, "double": torch.float64}


def maps(precision: str, pictures: int, methods: list[str]) -> dict[str, torch.Tensor]:
    """Every method's maps of the same pictures, on this processor."""
    torch.set_num_threads(1)
    network = networks.load("zoo").to(DTYPES[precision])
    x, y, *_ = zoo.batch(pictures, seed=2024)
    return {name: explain(network, x.to(DTYPES[precision]), y, name).double() for name in methods}


def largest(found: list[dict[str, torch.Tensor]], name: str) -> float:
    """The largest difference over all pictures and pairs of processors."""

    def difference(a: torch.Tensor, b: torch.Tensor) -> float:
        a, b = a.flatten(1), b.flatten(1)
        return ((a - b).abs().amax(1) / a.abs().amax(1)).max().item()

    return max(difference(a[name], b[name]) for a, b in combinations(found, 2))


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("processors", nargs="*", metavar="processor", help="two or more; none: all that can be had")
    parser.add_argument("--pictures", type=int, default=2)
    parser.add_argument("--methods", nargs="+", choices=list(catalogue()), default=list(catalogue()), metavar="METHOD")
    parser.add_argument("--save", nargs=2, metavar=("PRECISION", "FILE"), help="maps of this processor alone")
    arguments = parser.parse_args()
    if arguments.save:
        torch.save(maps(arguments.save[0], arguments.pictures, arguments.methods), arguments.save[1])
        return
    processors = arguments.processors or [name for name in PROCESSORS if possible(name)]
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for precision in DTYPES:
            for processor in processors:
                file = Path(folder) / f"{precision}_{processor}.pt"
                command = [sys.executable, "-m", "tests.measure.differences"]
                command += ["--pictures", str(arguments.pictures), "--methods", *arguments.methods]
                command += ["--save", precision, str(file)]
                subprocess.run(command, cwd=ROOT, env=environment(processor), check=True)
                found.setdefault(precision, []).append(torch.load(file))
    print(f"{arguments.pictures} pictures, network zoo, processors {', '.join(processors)}\n")
    print("| method | family | single | double |\n|---|---|---|---|")
    for name in arguments.methods:
        method = catalogue()[name]
        sizes = " | ".join(f"{largest(found[precision], name):.0e}" for precision in DTYPES)
        print(f"| {method.title} | {method.family} | {sizes} |")


if __name__ == "__main__":
    main()
