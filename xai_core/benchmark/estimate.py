"""What a larger run would take, from the seconds that cells took here.

    hours = N · Σ_{network, method} mean seconds of a cell / workers / 3600

On a CPU the seconds are the processor's own, which a busy computer stretches less than the clock's (not: not at all; so
measure on an idle one); on a GPU they are the clock's. A cell's seconds hold its share of what all methods of a picture
share. They add up over workers as long as each has a core of its own, and say nothing of another computer.
"""

from collections.abc import Callable

import pandas as pd

from xai_core.benchmark.documents import Section, Table
from xai_core.benchmark.store import Store
from xai_core.plain import markdown as plain


def section(
    store: Store, name: str, pictures: int, workers: int, title: Callable[[str], str], device: str = "cpu"
) -> Section:
    """Seconds a cell by network and method, and what `pictures` of each would take. Raises ValueError without cells."""
    seconds = pd.DataFrame(
        [
            (settings["network"], settings["method"], clock if device == "cuda" else processor)
            for settings, clock, processor in store.timings(name)
            if "network" in settings and "method" in settings
        ],
        columns=["network", "method", "seconds"],
    )
    if seconds.empty:
        raise ValueError(
            f"estimate needs finished cells of {name!r} in {store.path}: run some first, say with --images 2"
        )
    unit = seconds.groupby(["network", "method"], sort=False)["seconds"].mean().unstack(sort=False)
    measured = seconds.groupby("network", sort=False).size()
    methods = list(unit.columns)
    rows = [
        [plain(title(network)), *(_seconds(line[m]) for m in methods), _seconds(line.sum()), str(measured[network]),
         told(pictures * line.sum() / workers)]
        for network, line in unit.iterrows()
    ]  # fmt: skip
    total = pictures * unit.sum().sum() / workers
    head = ["Network", *map(plain, methods), "all", "cells measured", f"{pictures:,} pictures"]
    return Section(
        f"What {pictures:,} pictures would take",
        [
            Table(head, rows, "Mean seconds of a cell (one network, picture and method; all scores asked for)"),
            f"{pictures:,} pictures × {len(methods)} methods × {len(rows)} networks = "
            f"{pictures * int(unit.count().sum()):,} cells: {told(total)} with {workers} "
            f"{'worker' if workers == 1 else 'workers'}, each on a core as fast as the one that was measured.",
        ],
    )


def told(seconds: float) -> str:
    """A time as a person says it."""
    for unit, length, most in (("s", 1, 100), ("min", 60, 100), ("h", 3600, 72), ("days", 86400, 730)):
        if seconds < most * length:
            return f"{seconds / length:.3g} {unit}"
    return f"{seconds / 86400 / 365.25:.3g} years"


def _seconds(value: float) -> str:
    return "–" if pd.isna(value) else f"{value:.3g}"
