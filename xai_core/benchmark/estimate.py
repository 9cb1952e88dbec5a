"""What a larger run would take, from the seconds that cells took here.

    hours = Σ_kind (cells of this kind) · (mean seconds of one) / workers / 3600

A kind is what decides how long a cell takes: network and method, or a support network's α. Of N pictures UNI's tables
have N cells a kind, and GAD's ⌈N/32⌉ of each class; support networks learn from as many, and take as much longer. The
cells of NormLIME's figure are those that were planned: N says nothing of them.
On a CPU the seconds are the processor's own, which a busy computer stretches less than the clock's (not: not at all; so
measure on an idle one); on a GPU they are the clock's. A cell's seconds hold its share of what all methods of a picture
share. They add up over workers as long as each has a core of its own, and say nothing of another computer.
"""

import math
from collections import Counter
from collections.abc import Callable

import pandas as pd

from xai_core.benchmark.documents import Section, Table
from xai_core.benchmark.gad import BLOCK
from xai_core.benchmark.gad_cases import CLASSES
from xai_core.benchmark.store import Store
from xai_core.benchmark.watching import KIND, told
from xai_core.plain import markdown as plain

TITLES = {"alike": "Maps beside each other", "cost": "UNI beside IG", "gad_networks": "GAD's networks",
          "gad_supports": "GAD's support networks", "gad": "GAD's tables", "normlime": "NormLIME's figure"}  # fmt: skip


def section(
    store: Store, name: str, pictures: int, workers: int, title: Callable[[str], str], device: str = "cpu"
) -> tuple[Section, float]:
    """Seconds a cell by kind, and what `pictures` would take, in words and in seconds. Raises ValueError without cells.

    title: a network's name as in a table.
    """
    seconds = pd.DataFrame(
        [
            {kind: settings.get(kind) for kind in KIND} | {"seconds": clock if device == "cuda" else processor}
            for settings, clock, processor in store.timings(name)
        ]
    )
    if seconds.empty:
        raise ValueError(
            f"estimate needs finished cells of {name!r} in {store.path}: run some first, say with --images 2"
        )
    if name == "uni":
        return _of_uni(seconds, pictures, workers, title)
    many = _how_many(store, name, pictures)
    kinds = [kind for kind in KIND if seconds[kind].notna().any()]
    rows, total = [], 0.0
    for known, part in seconds.groupby(kinds, sort=False, dropna=False)["seconds"]:
        named = dict(zip(kinds, known, strict=True))
        cells = many(named)
        total += cells * part.mean() / workers
        words = [plain(named[kind]) for kind in kinds]
        rows.append(
            [*words, _seconds(part.mean()), str(len(part)), f"{cells:.3g}", told(cells * part.mean() / workers)]
        )
    head = [*(kind.title() for kind in kinds), "Seconds a cell", "measured", "cells", "in all"]
    return Section(f"{TITLES.get(name, name)}: {told(total)}", [Table(head, rows)]), total


def _of_uni(seconds: pd.DataFrame, pictures: int, workers: int, title: Callable[[str], str]) -> tuple[Section, float]:
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
    parts: list[str | Table] = [
        Table(head, rows, "Mean seconds of a cell (one network, picture and method; all scores asked for)"),
        f"{pictures:,} pictures × {len(methods)} methods × {len(rows)} networks = "
        f"{pictures * int(unit.count().sum()):,} cells: {told(total)} with {workers} "
        f"{'worker' if workers == 1 else 'workers'}, each on a core as fast as the one that was measured.",
    ]
    return Section(f"UNI's tables of {pictures:,} pictures", parts), total


def _how_many(store: Store, name: str, pictures: int) -> Callable[[dict], float]:
    """How many cells of a kind there would be; of trainings, of how many of those that were measured."""
    planned: Counter = Counter()
    images, seen = BLOCK, set()
    for settings, context, _ in store.planned(name):
        planned[tuple(settings.get(kind) for kind in KIND)] += 1
        seen.add(settings.get("picture"))
        images = context.get("images", images)
    if name == "gad":
        return lambda _: len(CLASSES) * math.ceil(pictures / BLOCK)
    if name in ("gad_networks", "gad_supports"):
        return lambda _: pictures / images
    grown = pictures / len(seen) if name == "alike" else 1
    return lambda named: grown * planned[tuple(named.get(kind) for kind in KIND)]


def _seconds(value: float) -> str:
    return "–" if pd.isna(value) else f"{value:.3g}"
