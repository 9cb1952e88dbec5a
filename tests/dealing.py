"""How tests are dealt out to several processes: one by one, and whole files only where they share something costly.

The cells of a notebook share a kernel, the tests in a browser a server, others what a fixture of their file has made
(`scope="module"`). Those are dealt as one, and first; at the end single tests keep every processor busy. This takes
the place of xdist's `--dist loadgroup`, which adds its groups to names that pytest no longer lets it change.
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest
from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

ROOT = Path(__file__).parents[1]
SHARING = ('scope="module"', "pytest.mark.browser")  # the server and the browser come from a conftest


def unit(nodeid: str, root: Path = ROOT) -> str:
    """What is dealt as one: a file that shares something, or the test itself."""
    if _is_cell(nodeid):
        return nodeid.rpartition("::")[0]
    file = nodeid.partition("::")[0]
    return file if _shares(root / file) else nodeid


def in_turn(items: Sequence[pytest.Item], root: Path = ROOT) -> list[pytest.Item]:
    """Notebooks take longest, then the browser, then the files that share something."""

    def turn(item: pytest.Item) -> int:
        together = unit(item.nodeid, root) != item.nodeid
        return (_is_cell(item.nodeid), item.get_closest_marker("browser") is not None, together, True).index(True)

    return sorted(items, key=turn)


def _is_cell(nodeid: str) -> bool:
    return "ipynb::" in nodeid


@cache
def _shares(file: Path) -> bool:
    return file.is_file() and any(word in file.read_text(encoding="utf-8") for word in SHARING)


class Dealing(LoadScopeScheduling):
    """Deals one unit after another, in the order of collection, to whoever has hardly any left."""

    def _split_scope(self, nodeid: str) -> str:
        return unit(nodeid)

    def mark_test_complete(self, node: WorkerController, item_index: int, duration: float = 0) -> None:
        """Forget units that are done: their sum is made after every test, and there are thousands."""
        super().mark_test_complete(node, item_index, duration)
        name = unit(self.registered_collections[node][item_index])
        if all(self.assigned_work[node][name].values()):
            del self.assigned_work[node][name]
