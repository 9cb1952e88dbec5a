"""Tests that share something costly are dealt to one process, the long ones first; all others one by one."""

from pathlib import Path

import pytest

from tests import dealing

pytest_plugins = ["pytester"]

SHARED = """
import pytest

@pytest.fixture(scope="module")
def network(): ...

def test_shared(network): ...

def test_beside(): ...
"""
BROWSER = SHARED.replace("def test", "@pytest.mark.browser\ndef test").replace("test_", "test_browser_")
ALONE = """
import os, pytest

@pytest.mark.parametrize("n", range(6))
def test_alone(n): ...
"""
WHO = """
import os, pathlib, pytest
from tests import dealing

def pytest_collection_modifyitems(config, items):
    if hasattr(config, "workerinput"):
        items[:] = dealing.in_turn(items, config.rootpath)

def pytest_xdist_make_scheduler(config, log):
    dealing.unit.__defaults__ = (config.rootpath,)
    return dealing.Dealing(config, log)

def pytest_runtest_call(item):
    with open("who", "a") as file:
        file.write(f"{os.environ['PYTEST_XDIST_WORKER']} {item.name}\\n")
"""


@pytest.fixture
def made(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makeini("[pytest]\nmarkers = browser: …")
    pytester.makepyfile(test_a=ALONE, test_b=SHARED, test_c=BROWSER)
    return pytester


def test_a_file_that_shares_something_is_one_unit(made: pytest.Pytester) -> None:
    assert dealing.unit("test_b.py::test_beside", made.path) == "test_b.py"
    assert dealing.unit("test_a.py::test_alone[1]", made.path) == "test_a.py::test_alone[1]"
    assert dealing.unit("notebooks/10_paths::ipynb::Cell 4") == "notebooks/10_paths::ipynb"


def test_the_long_ones_begin(made: pytest.Pytester) -> None:
    items, _ = made.inline_genitems("-p", "no:cacheprovider")
    names = [item.originalname for item in dealing.in_turn(items, made.path)]
    browser = ["test_browser_shared", "test_browser_beside"]
    assert names == [*browser, "test_shared", "test_beside", *["test_alone"] * 6]


@pytest.mark.slow  # it starts pytest, and that two more
def test_two_processes_share_the_work_and_no_file_that_stays_whole(made: pytest.Pytester) -> None:
    made.makeconftest(WHO)
    command = ["-n", "2", "--dist", "loadgroup", "--no-loadscope-reorder", "-p", "no:cacheprovider"]
    done = made.runpytest_subprocess(*command)
    done.assert_outcomes(passed=10)
    who = dict(reversed(line.split(" ", 1)) for line in Path(made.path, "who").read_text().splitlines())
    assert len(who) == 10 and len(set(who.values())) == 2
    assert who["test_shared"] == who["test_beside"] and who["test_browser_shared"] == who["test_browser_beside"]


@pytest.mark.parametrize(
    "nodeid",
    [
        "notebooks/10_paths::ipynb::Cell 0",
        "tests/app/test_browser.py::test_load_slide_and_share",
        "tests/app/labs/test_scoreboard.py::test_the_first_view",
    ],
)
def test_what_the_project_has(nodeid: str) -> None:
    """nbval's names and this project's files are as `dealing` takes them to be."""
    assert dealing.unit(nodeid) == nodeid.rpartition("::")[0]
