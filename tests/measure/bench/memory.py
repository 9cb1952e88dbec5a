"""Peak memory of one method: by how many MiB the process is larger during a call than before it.

The call before it has loaded what methods import, and the processor's code. Then the heap gives its free pages back, so
that no call takes what another left. Linux forgets an earlier peak when asked; no other system does.
"""

import ctypes
import gc
import warnings
from pathlib import Path

from tests.measure.bench.turns import Run

PROCESS = Path("/proc/self")


def can_be_measured() -> bool:
    """Whether this system tells, and forgets, how large a process has been."""
    return (PROCESS / "clear_refs").exists()


def measured(run: Run) -> float:
    """MiB."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        run()
        gc.collect()
        if give_back := getattr(ctypes.CDLL(None), "malloc_trim", None):  # glibc's
            give_back(0)
        (PROCESS / "clear_refs").write_text("5")  # forget the peak
        before = _peak()
        run()
    return _peak() - before


def _peak() -> float:
    """MiB."""
    (line,) = [each for each in (PROCESS / "status").read_text().splitlines() if each.startswith("VmHWM")]
    return int(line.split()[1]) / (1 << 10)
