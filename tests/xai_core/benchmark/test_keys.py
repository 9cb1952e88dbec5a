"""Cells' keys stay as they are: what was measured under them is found. Another key here is a note in CHANGELOG.md."""

from itertools import islice
from pathlib import Path

from xai_core.benchmark import gad, normlime, uni
from xai_core.benchmark.uni_methods import LATER, symbols_of
from xai_core.methods import catalogue

SMALL = "tests.xai_core.benchmark.small_collection"


def test_a_judged_map() -> None:
    found = [cell.key[:16] for cell in uni.cells(SMALL, ["small"], ["1"], ["uni", "lime"], ["gap", "mufidelity"])]
    assert found == ["b4c828a53bcfe6d2", "f7fcea7a96548a8c"]


def test_a_symbol_that_came_later_is_named_only_where_it_is_another() -> None:
    usual, changed = (symbols_of(method) for method in ("uni", "uni:subspace=mask_7"))
    assert changed == usual | {"subspace": "mask_7"} and symbols_of("uni:subspace=pixels") == usual
    assert all(set(later) <= set(catalogue()[method].options) for method, later in LATER.items())


def test_gads_three_stages(tmp_path: Path) -> None:
    found = [next(cells).key[:16] for _, cells in gad.stages(SMALL, tmp_path, images=6)]
    assert found == ["79b0fd657c324ecb", "9fe168b1d4bbb3e0", "b2761a2087673319"]


def test_a_retraining() -> None:
    (cell,) = islice(normlime.cells("data.collection"), 1)
    assert cell.key == "1232d7b6da64f82de7323f4d553462c0fd084fb9f54f3108b5004ab8a38d9c12"
