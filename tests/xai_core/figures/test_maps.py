"""Figures by the numbers they draw: lines, level lines, dots, scales and names."""

import pytest
import torch

from xai_core import bent, figures, one_by_one, straight

R, S = torch.tensor([[0.0, 1.0]]), torch.tensor([[2.0, 4.0]])
PATHS = {"P1": one_by_one(R, S, torch.tensor([0, 1])), "P2": straight(R, S), "P3": bent(R, S, torch.tensor([1.0, 2.0]))}


def product(x):
    return x[:, 0] * x[:, 1]


def drawn(ax):
    """name → (xs, ys) of the lines that have a name."""
    lines = [line for line in ax.lines if not line.get_label().startswith("_")]
    return {line.get_label(): tuple(torch.as_tensor(v) for v in line.get_data()) for line in lines}


def test_paths_are_drawn_where_they_go():
    ax = figures.paths_2d(product, PATHS, captions={"P2": "A = (3, 5)"}).axes[0]
    lines = drawn(ax)
    assert list(lines) == ["P1", "P2  A = (3, 5)", "P3"]
    assert all((xs[0], ys[0], xs[-1], ys[-1]) == (0, 1, 2, 4) for xs, ys in lines.values())
    xs, ys = lines["P1"]
    assert ((ys == 1) | (xs == 2)).all()  # along the bottom, then up
    assert (2.0, 1.0) in list(zip(xs.tolist(), ys.tolist(), strict=True))  # the corner
    xs, ys = lines["P3"]
    torch.testing.assert_close(ys, 1 + 3 * (xs / 2) ** 2)


def test_a_dot_marks_each_share_of_the_way():
    ax = figures.paths_2d(product, {"P2": PATHS["P2"]}, steps=4).axes[0]
    dots = next(line for line in ax.lines if len(line.get_xdata()) == 5)
    assert list(dots.get_xdata()) == [0, 0.5, 1, 1.5, 2]
    assert list(dots.get_ydata()) == [1, 1.75, 2.5, 3.25, 4]


def test_level_lines_are_where_f_has_their_value():
    ax = figures.paths_2d(product, PATHS).axes[0]
    contours = ax.collections[0]
    seen = 0
    for level, path in zip(contours.levels, contours.get_paths(), strict=True):
        if len(path.vertices):
            assert product(torch.as_tensor(path.vertices)).numpy() == pytest.approx(level, abs=0.01)
            seen += 1
    assert seen >= 5


def test_a_path_that_stands_still_in_one_direction_has_a_picture_too():
    path = straight(R, torch.tensor([[2.0, 1.0]]))
    ax = figures.paths_2d(product, {"P2": path}).axes[0]
    assert ax.get_ylim()[0] < 1 < ax.get_ylim()[1]


def test_logarithmic_axes_turn_a_power_into_a_straight_line():
    B = [1, 10, 100]
    ax = figures.curves({"1/B²": (B, [1, 1e-2, 1e-4])}, x="B", y="gap", log=True).axes[0]
    assert (ax.get_xscale(), ax.get_yscale(), len(ax.lines)) == ("log", "log", 1)  # no line at 0, which is nowhere
    at = ax.transScale.transform(ax.lines[0].get_xydata())
    assert (at[1:, 1] - at[:-1, 1]) / (at[1:, 0] - at[:-1, 0]) == pytest.approx(-2)


def test_panels_share_their_names_and_keep_their_numbers():
    a = [0.0, 0.5, 1.0]
    panels = {
        "F": {"IG": (a, [0, 1, 2]), "UNI": (a, [0, 2, 3])},
        "M": {"IG": (a, [1, 10, 100]), "UNI": (a, [2, 3, 4])},
        "Σ": {"IG": (a, [3, 3, 3])},
    }
    fig = figures.curve_grid(panels, x="α", log=["M"])
    shown = {ax.get_title(): drawn(ax) for ax in fig.axes if ax.get_visible()}
    assert list(shown) == ["F", "M", "Σ"]
    for title, lines in panels.items():
        for name, (xs, ys) in lines.items():
            assert [v.tolist() for v in shown[title][name]] == [list(xs), list(ys)]
    assert [ax.get_yscale() for ax in fig.axes[:3]] == ["linear", "log", "linear"]
    assert [text.get_text() for text in fig.legends[0].get_texts()] == ["IG", "UNI"]
    colours = {ax.lines[0].get_color() for ax in fig.axes[:3]}
    assert len(colours) == 1  # a name has one colour on all panels


def test_errors_against_steps():
    """Gaps and bounds stand where they belong; a gap of 0 is lifted onto the axis; B and the tolerance are marked."""
    errors = {"a": ([1, 10, 100], [0.5, 0.0, 1e-3]), "b": ([1, 10, 100], [0.1, 0.2, 0.3])}
    fig = figures.error_against_steps(errors, {"bound": ([1, 100], [2.0, 0.02])}, chosen=10, tolerance=0.05)
    (ax,) = fig.axes
    assert ax.get_xscale() == ax.get_yscale() == "log"
    drawn = {line.get_label(): line.get_xydata().tolist() for line in ax.lines}
    assert drawn["a"] == [[1, 0.5], [10, 1e-6], [100, 1e-3]] and drawn["b"] == [[1, 0.1], [10, 0.2], [100, 0.3]]
    assert drawn["bound"] == [[1, 2.0], [100, 0.02]]
    assert [text.get_text() for text in ax.texts] == ["B = 10"]
    assert [10, 0] in [line.get_xydata().tolist()[0] for line in ax.lines]
    assert ax.patches[0].get_y() + ax.patches[0].get_height() == pytest.approx(0.05)
    assert ax.get_ylim()[0] < 1e-6
