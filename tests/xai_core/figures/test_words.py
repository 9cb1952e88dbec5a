"""Figures of words: the numbers that are drawn, where the frames are, and one scale for all."""

import pytest
import torch

from xai_core.figures import words

A = torch.tensor([[0.9, -0.3, 0.04], [0.0, 0.5, 0.0]])
INPUTS, OUTPUTS = ("good", "morning", "all"), ("guten", "Morgen")


def test_matrices_draw_the_numbers_on_one_scale() -> None:
    fig = words.matrices({"a": A, "b": A / 2}, INPUTS, OUTPUTS, decides=A > 0.4)
    left, right, bar = fig.axes
    assert left.images[0].get_array().tolist() == A.double().tolist()
    assert left.images[0].get_clim() == right.images[0].get_clim() == pytest.approx((-0.9, 0.9))
    assert left.images[0].get_cmap().name == "RdBu_r"
    written = {(t.get_position(), t.get_text()) for t in left.texts}
    assert written == {((0, 0), ".90"), ((1, 0), "−.30"), ((1, 1), ".50")}  # .04 is below a tenth of the scale
    assert [(round(p.get_x(), 2), round(p.get_y(), 2)) for p in left.patches] == [(-0.46, -0.46), (0.54, 0.54)]
    assert [t.get_text() for t in left.get_xticklabels()] == list(INPUTS)
    assert [t.get_text() for t in left.get_yticklabels()] == list(OUTPUTS)
    assert "+0.9" in bar.get_yticklabels()[-1].get_text()


def test_a_given_scale_and_a_map_of_zeros() -> None:
    fig = words.matrices({"a": torch.zeros(2, 3)}, INPUTS, OUTPUTS)
    assert fig.axes[0].images[0].get_clim() == (-1.0, 1.0) and not fig.axes[0].texts
    fig = words.matrices({"a": A}, INPUTS, OUTPUTS, top=2.0)
    assert fig.axes[0].images[0].get_clim() == (-2.0, 2.0)


def test_a_map_of_another_size_is_named() -> None:
    with pytest.raises(ValueError, match=r"maps must be 2 output words × 3 input words; 'a' is \(3, 2\)"):
        words.matrices({"a": A.T}, INPUTS, OUTPUTS)


def test_bars_share_one_axis_and_keep_their_sign() -> None:
    fig = words.word_bars({"a": A[0], "b": A[1]}, INPUTS, title="guten")
    first, second = fig.axes
    assert [bar.get_width() for bar in first.patches] == pytest.approx([0.9, -0.3, 0.04])
    assert first.get_xlim() == second.get_xlim() == pytest.approx((-0.33, 0.99))
    colours = [bar.get_facecolor()[:3] for bar in first.patches]
    assert colours[0] == colours[2] != colours[1]
    assert first.yaxis_inverted() and fig.get_suptitle() == "guten"
