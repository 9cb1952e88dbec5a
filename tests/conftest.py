"""What all tests share: sums in one order, Hypothesis without a stopwatch, real weights and photographs if any."""

import csv
import functools
import importlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from hypothesis import settings

from tests import dealing

torch.set_num_threads(1)  # sums in one order, whatever the machine
os.environ["OMP_NUM_THREADS"] = "1"  # and so in every process that a test starts
settings.register_profile("workbook", deadline=None, max_examples=25, derandomize=True)
settings.load_profile("workbook")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Several processes begin with what takes long; one goes in the order of the files."""
    if hasattr(config, "workerinput"):
        items[:] = dealing.in_turn(items)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Tests are dealt out by `dealing.py` where `--dist loadgroup` is asked for."""
    return dealing.Dealing(config, log) if config.getvalue("dist") == "loadgroup" else None


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """One process more than processors: a test that waits, as for a browser, leaves one free."""
    free = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return free + 1


@pytest.fixture(scope="session", autouse=True)
def one_scan() -> Iterator[None]:
    """Every AppTest reads the metadata of all installed packages in search of components, half a second each time. Once
    is enough."""
    from streamlit.components.v2 import manifest_scanner

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            manifest_scanner, "scan_component_manifests", functools.cache(manifest_scanner.scan_component_manifests)
        )
        yield


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], ModuleType]:
    """Imports a module of checks, as a notebook does from its own folder."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent.parent / "notebooks"))
    return lambda name: importlib.import_module(f"checks.{name}")


@pytest.fixture
def verdict(checks: Callable[[str], ModuleType], capsys: pytest.CaptureFixture) -> Callable[..., str]:
    """What a check says of an answer: verdict(module, check, answer), one line that begins as all verdicts do."""

    def said(module: str, name: str, answer: Callable) -> str:
        getattr(checks(module), name)(answer)
        out = capsys.readouterr().out
        assert out.startswith(("Right.", "Not yet.", "Not done yet"))
        assert out.count("\n") == 1
        return out

    return said


@pytest.fixture(scope="session")
def real_squeezenet():
    """ImageNet's SqueezeNet 1.1 on pixels, if TORCH_HOME holds its weights."""
    from data.nets import pretrained

    if not pretrained.is_available("squeezenet1_1"):
        pytest.skip(f"no SqueezeNet weights: {pretrained.weights_file('squeezenet1_1')} (see TORCH_HOME)")
    return pretrained.load("squeezenet1_1")


@pytest.fixture(scope="session")
def real_photographs() -> tuple[torch.Tensor, torch.Tensor]:
    """Labelled ImageNet photographs cut for SqueezeNet, (n, 3, 224, 224), and their classes, (n,)."""
    from data.nets import pretrained
    from data.pictures import photographs

    folder = Path(os.environ.get("XAI_PHOTOS") or Path(os.environ.get("XAI_DATA_HOME", ""), "..", "photos"))
    if not (folder / "labels.csv").is_file():
        pytest.skip("no labelled photographs: set XAI_PHOTOS, or XAI_DATA_HOME to a folder beside `photos`")
    with (folder / "labels.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    geometry = pretrained.geometry("squeezenet1_1")
    x = torch.stack([photographs.open_photograph(folder / row["file"], **geometry) for row in rows])
    return x, torch.tensor([int(row["index"]) for row in rows])
