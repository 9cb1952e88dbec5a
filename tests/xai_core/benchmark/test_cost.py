"""What UNI costs beside Integrated Gradients: passes counted at a small network, the table by hand."""

import pytest
import torch

from tests.toys import SmallCNN, images, seeded
from xai_core import explain
from xai_core.benchmark import cost

SMALL = "tests.xai_core.benchmark.small_collection"


@pytest.mark.parametrize(("method", "given", "gradients"), [
    ("uni", {"B": 15, "T": 10}, 27),  # the weights, the rule of ε, 10, 15
    ("uni", {"B": 4, "T": 2}, 8),
    ("integrated_gradients", {"B": 15}, 15),
    ("simple_gradient", {}, 1),
])  # fmt: skip
def test_passes_are_counted_at_the_network(method, given, gradients):
    model, x = seeded(SmallCNN).eval(), images(1)
    found = cost.passes(model, x, method, given)
    assert found["gradients"] == gradients and 0 < found["forwards"] <= 4
    watched = cost.Counted(model, lambda what, n: None)
    assert torch.equal(explain(watched, x, 0, method, **given), explain(model, x, 0, method, **given))


def test_a_cell():
    (cell, *_), sides = list(cost.cells(SMALL)), [cell.settings["side"] for cell in cost.cells(SMALL)]
    assert sides == [64, 96, 128, 192, 224, 384]
    rows = cost.measure(cell.settings | {"network": "small", "side": 16, "turns": 3}, cell.context)
    found = {row["score"]: row["value"] for row in rows}
    assert (found["gradients_uni"], found["gradients_integrated_gradients"]) == (27, 15)
    assert 0 < found["ratio_least"] <= found["ratio"] <= found["ratio_most"]
    assert {row["processor"] for row in rows} == {cost.processor()}


def test_the_table_by_hand():
    numbers = {"gradients_uni": 27, "forwards_uni": 4, "gradients_integrated_gradients": 15,
               "forwards_integrated_gradients": 3, "seconds_uni": 9.5, "seconds_integrated_gradients": 5.0,
               "ratio": 1.9, "ratio_least": 1.85, "ratio_most": 2.0}  # fmt: skip
    rows = [
        {"network": "resnet", "side": side, "processor": "a*b, torch 2", "score": score, "value": value}
        for side in (384, 64) for score, value in numbers.items()
    ]  # fmt: skip
    (section,) = cost.sections(rows, str.title)
    says, table = section.parts
    line = ["27 + 4", "15 + 3", "1.8", "9.5", "5", "1.9 (1.85 to 2)"]
    assert table.rows == [["Resnet", "64 × 64", *line], ["Resnet", "384 × 384", *line]]
    assert "UNI: B = 15, T = 10; IG: B = 15. Measured on: a\\*b, torch 2." in says
