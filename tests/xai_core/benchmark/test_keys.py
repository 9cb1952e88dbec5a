"""Cells' keys are those from before the benchmark had a room of its own: what was measured then is found."""

from itertools import islice
from pathlib import Path

from xai_core.benchmark import gad, normlime, uni

SMALL = "tests.xai_core.benchmark.small_collection"


def test_a_judged_map() -> None:
    found = [cell.key[:16] for cell in uni.cells(SMALL, ["small"], ["1"], ["uni", "lime"], ["gap", "mufidelity"])]
    assert found == ["fdee80e59dd2c58d", "490a5be26852a1ef"]


def test_gads_three_stages(tmp_path: Path) -> None:
    found = [next(cells).key[:16] for _, cells in gad.stages(SMALL, tmp_path, images=4)]
    assert found == ["2e6631b534ae9e5b", "71ea1949121db7e5", "5583763643881ee7"]


def test_a_retraining() -> None:
    (cell,) = islice(normlime.cells("data.collection"), 1)
    assert cell.key == "1232d7b6da64f82de7323f4d553462c0fd084fb9f54f3108b5004ab8a38d9c12"
