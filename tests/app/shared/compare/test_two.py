"""Two maps against each other: correlation, difference and unit by hand."""

import math
from dataclasses import replace

import pytest
import torch

from app.shared import subject
from app.shared.compare import two
from app.shared.compare.pin import Pin
from app.shared.pictures import Picture
from app.shared.subject import START
from xai_core import catalogue

A = torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]])
BASELINE = "baseline: " + catalogue()["integrated_gradients"].options["baseline"].meaning
B = torch.tensor([[[[1.0, 2.0], [4.0, 3.0]]]])


def test_values_by_hand() -> None:
    """Ranks 1 2 3 4 and 1 2 4 3: ρ = 1 − 6 · (0 + 0 + 1 + 1) / (4 · 15) = 0.8."""
    found = two.compared(A, B, "value")
    assert found.correlation == pytest.approx(0.8)
    assert found.difference.tolist() == [[0, 0], [1, -1]] and found.largest == 1


def test_shares_by_hand() -> None:
    """Twice the map has the same shares and ranks; the negative map the opposite."""
    twice, against = two.compared(A, 2 * A, "share"), two.compared(A, -A, "share")
    assert twice.largest == 0 and twice.correlation == pytest.approx(1)
    assert against.correlation == pytest.approx(-1) and against.largest == pytest.approx(0.8)  # 2 · 4/10
    assert two.compared(A, 2 * A, "value").difference.tolist() == [[1, 2], [3, 4]]


def test_channels_are_summed_and_may_differ() -> None:
    found = two.compared(A, torch.cat([B, B, -B], 1), "value")
    assert found.correlation == pytest.approx(0.8) and found.largest == 1


def test_a_map_that_is_the_same_everywhere_has_no_correlation() -> None:
    found = two.compared(A, torch.zeros_like(A), "share")
    assert math.isnan(found.correlation) and found.largest == pytest.approx(0.4)


def pins() -> tuple[Pin, Pin]:
    about = subject.of("zoo", START)
    return Pin.of(about, "integrated_gradients", {"B": 3}), Pin.of(about, "integrated_gradients", {})


def test_one_method_and_one_score_have_one_unit() -> None:
    a, b = pins()
    assert two.unit_of(a, b) == "value"
    assert two.unit_of(a, Pin.of(b.about, "integrated_gradients", {"output": "logit"})) == "share"
    assert two.unit_of(a, Pin.of(b.about, "uni", {})) == "share"


def test_what_differs() -> None:
    a, b = pins()
    assert two.differing(a, a) == [] and two.differing(a, b) == [["B: Riemann steps along the path", "3", "15"]]
    frog = replace(b.about, target=b.about.classes.index("frog"))
    assert two.differing(a, Pin.of(frog, "simple_gradient", {})) == [
        ["class", "elephant", "frog"], ["method", "Integrated Gradients", "Simple gradient"],
        [BASELINE, "black", "–"],
        ["B: Riemann steps along the path", "3", "–"], ["rule: quadrature along the path", "right", "–"],
        ["seed", "0", "–"],
    ]  # fmt: skip


def test_another_size_is_a_sentence() -> None:
    digit = Pin.of(subject.of("digits", Picture("digit", number=1)), "simple_gradient", {})
    with pytest.raises(ValueError, match="A is a map of 64 × 64 pixels and B one of 8 × 8"):
        two.check_sides(pins()[0], digit)
