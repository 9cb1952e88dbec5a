"""Cells for the tests of the benchmark: they count how often they are worked on, wait, fail, and kill their worker."""

import os
import signal
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from xai_core.benchmark.cells import Cell, Row


def squares(settings: Mapping[str, Any], context: Mapping[str, Any]) -> list[Row]:
    """Two rows: n² and a sum whose last bits depend on the number of threads; a line in a log for each time."""
    log = Path(context["log"])
    with log.open("a", encoding="utf-8") as file:
        file.write(f"{settings['n']}\n")
    time.sleep(context.get("seconds", 0))
    n = settings["n"]
    if n in context.get("fails", []):
        raise ValueError(f"n is {n}; it must be another")
    if n in context.get("kills", []) and _once(log.with_suffix(f".{n}"), context.get("always", False)):
        os.kill(os.getpid(), signal.SIGKILL)
    noise = torch.rand(400, 400, generator=torch.Generator().manual_seed(n))
    value = float((noise @ noise).sum().sqrt())
    return [
        {"score": "square", "value": n * n},
        {"score": "sum", "value": value},
        {"score": "none", "value": float("nan")},
    ]


def _once(mark: Path, always: bool) -> bool:
    first = not mark.exists()
    mark.touch()
    return first or always


def cells(count: int, log: Path, group: int = 1, **context: Any) -> list[Cell]:
    """n = 0 … count − 1, in groups of this size."""
    function, context = "tests.xai_core.benchmark.toy_cells:squares", {"log": str(log), **context}
    return [
        Cell(function, {"n": n, "network": "toy"}, context, f"{n // group}" if group > 1 else "") for n in range(count)
    ]


def worked_on(log: Path) -> list[int]:
    """Which n were worked on, in order, each time."""
    return [int(line) for line in log.read_text(encoding="utf-8").split()] if log.exists() else []
