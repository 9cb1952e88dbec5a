"""Do notebooks and tests hold on other processors? Run with `make test-processors`.

A processor decides in which order PyTorch adds numbers, and so the last digits of every sum. Two variables make a
newer processor add like an older one. Each setting runs the notebooks with one and with two threads; the tests set
their own number of threads, and run under the two settings that differ most from a recent processor.

    python -m tests.measure.processors                all
    python -m tests.measure.processors avx2 native    these
    python -m tests.measure.processors --part notebooks --threads 1
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

import torch

ROOT = Path(__file__).parents[2]
PROCESSORS = {  # what oneDNN (convolutions) and PyTorch's own loops may use, at most
    "sse": {"ONEDNN_MAX_CPU_ISA": "SSE41", "ATEN_CPU_CAPABILITY": "default"},
    "avx2": {"ONEDNN_MAX_CPU_ISA": "AVX2", "ATEN_CPU_CAPABILITY": "avx2"},
    "avx512": {"ONEDNN_MAX_CPU_ISA": "AVX512_CORE", "ATEN_CPU_CAPABILITY": "avx512"},
    "native": {},  # all that this processor has
}
NEEDS = {"avx2": ("AVX2", "AVX512"), "avx512": ("AVX512",)}  # PyTorch believes the variable, and would crash
TESTED = ("sse", "avx2")
SLOW = 600  # seconds a cell may take: an emulated processor is slow


def environment(processor: str, threads: int = 1) -> dict[str, str]:
    """The variables of a process that adds as this processor does."""
    ours = {name for setting in PROCESSORS.values() for name in setting}
    kept = {name: value for name, value in os.environ.items() if name not in ours}
    return kept | PROCESSORS[processor] | {"OMP_NUM_THREADS": str(threads), "OMP_WAIT_POLICY": "PASSIVE"}


def possible(processor: str) -> bool:
    """Can this machine pretend to be that processor?"""
    return processor not in NEEDS or torch.backends.cpu.get_cpu_capability() in NEEDS[processor]


def run(processor: str, threads: int, what: list[str], workers: int) -> tuple[bool, str]:
    """pytest under this setting, printed as it goes; whether all passed, and its last line."""
    command = [sys.executable, "-m", "pytest", "-q", "-n", str(workers), "-p", "no:cacheprovider", *what]
    last = ""
    with subprocess.Popen(
        command, cwd=ROOT, env=environment(processor, threads), stdout=subprocess.PIPE, text=True, errors="replace"
    ) as process:
        for line in process.stdout:
            print(line, end="", flush=True)
            last = line.strip() or last
    return process.returncode == 0, last


def main() -> int:
    """Read the command line, run what it says, and print a line for each setting. 0 if all passed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("processors", nargs="*", metavar="processor", help=f"of {', '.join(PROCESSORS)}; none: all")
    parser.add_argument("--threads", nargs="*", type=int, default=[1, 2], help="for the notebooks")
    parser.add_argument("--part", choices=("notebooks", "tests"), help="one of the two; otherwise both")
    parser.add_argument("--workers", type=int, default=min(4, os.cpu_count() or 1), help="processes at once")
    arguments = parser.parse_args()
    if unknown := set(arguments.processors) - set(PROCESSORS):
        parser.error(f"processors must be of {', '.join(PROCESSORS)}; got {', '.join(sorted(unknown))}")
    notebooks = ["--dist", "loadfile", "--nbval", "--nbval-current-env", f"--nbval-cell-timeout={SLOW}", "notebooks"]
    tests = ["--dist", "load", "-m", "not browser and not slow", "tests"]
    summary, passed = [], []
    for processor in arguments.processors or PROCESSORS:
        if not possible(processor):
            summary.append(f"{processor:8} not run: this processor has no {processor}")
            continue
        jobs = [("notebooks", threads, notebooks) for threads in arguments.threads]
        jobs += [("tests", 1, tests)] if processor in TESTED else []
        for part, threads, what in jobs:
            if arguments.part in (None, part):
                begin = time.monotonic()
                good, last = run(processor, threads, what, arguments.workers)
                passed.append(good)
                verdict = "ok" if good else "FAILED"
                minutes = (time.monotonic() - begin) / 60
                summary.append(f"{processor:8} {part:9} threads {threads}   {verdict:6} {minutes:3.0f} min   {last}")
    print("\n" + "\n".join(summary))
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main())
