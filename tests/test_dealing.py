"""Tests that share something costly are dealt to one process, the long ones first; all others one by one."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from tests import conftest

pytest_plugins = ["pytester"]

SOURCE = """
import pytest

@pytest.fixture(scope="module")
def network(): ...

@pytest.fixture
def layer(network): ...

def test_alone(tmp_path): ...

@pytest.mark.parametrize("n", [1, 2])
def test_its_own(n): ...

def test_shared(network): ...

def test_shared_through_another(layer): ...

@pytest.mark.browser
def test_in_a_browser(network): ...
"""


@pytest.fixture
def items(pytester: pytest.Pytester) -> list:
    pytester.makeini("[pytest]\nmarkers = browser: …")
    return pytester.getitems(SOURCE)


def test_who_shares_stays_together(items: list) -> None:
    shared = [item.name for item in items if conftest.shares(item)]
    assert shared == ["test_shared", "test_shared_through_another", "test_in_a_browser"]


def test_the_long_ones_begin(items: list) -> None:
    cells = [
        SimpleNamespace(path=Path("notebooks/00.ipynb"), name=name, get_closest_marker=lambda name: None)
        for name in "ab"
    ]
    names = [item.name for item in sorted([*items, *cells], key=conftest.turn)]
    assert names[:5] == ["a", "b", "test_in_a_browser", "test_shared", "test_shared_through_another"]
    assert names[5:] == ["test_alone", "test_its_own[1]", "test_its_own[2]"]


@pytest.mark.parametrize("workers", [False, True])
def test_only_several_processes_need_an_order(items: list, workers: bool) -> None:
    before = [item.name for item in items]
    config = SimpleNamespace(workerinput={}) if workers else SimpleNamespace()
    conftest.pytest_collection_modifyitems(config, items)
    assert (before != [item.name for item in items]) == workers
    groups = [mark.args[0] for item in items for mark in item.iter_markers("xdist_group")]
    assert groups == [items[0].nodeid.split("::")[0]] * (3 if workers else 0)
