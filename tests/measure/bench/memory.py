"""Peak memory of one method: `python -m tests.measure.bench.memory NETWORK METHOD` prints MiB.

The largest resident size of a fresh process, less its size before the method is called: with all that is imported, the
network and the input. Linux forgets an earlier peak when asked, so what importing took for a moment hides nothing.
"""

import contextlib
import resource
import subprocess
import sys
import warnings
from pathlib import Path

import sklearn.linear_model  # noqa: F401  (what methods import at their first call)
import torch

from tests.measure.bench.cases import METHODS
from tests.measure.bench.questions import LOADERS


def measured(method: str, network: str) -> float:
    """MiB of a process of its own."""
    command = [sys.executable, "-m", "tests.measure.bench.memory", network, method]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def _peak() -> float:
    """MiB. On Linux not from getrusage: a process begins there with the peak of the one that started it."""
    status = Path("/proc/self/status")
    if status.exists():
        (line,) = [each for each in status.read_text().splitlines() if each.startswith("VmHWM")]
        return int(line.split()[1]) / (1 << 10)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    run = METHODS[sys.argv[2]](LOADERS[sys.argv[1]]()).ours
    with contextlib.suppress(OSError):  # no Linux, or not allowed
        Path("/proc/self/clear_refs").write_text("5")
    before = _peak()
    run()
    print(_peak() - before)
