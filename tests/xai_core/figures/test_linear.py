"""Charts of a linear explanation: what is drawn are the numbers given, in the colours promised."""

import numpy as np
import pytest
import torch
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from xai_core import Neighbourhood, band, k_path
from xai_core.figures import AGAINST, FOR, LINES, linear
from xai_core.perturbation.k_lasso import LinearFit, kernel


def near() -> Neighbourhood:
    """All 16 masks of 4 features; F = ½ + 2 z₀ − z₁ + ¼ z₂, and z₃ does nothing."""
    z = torch.tensor([[i >> j & 1 for j in range(4)] for i in range(15, -1, -1)], dtype=torch.bool)
    F = 0.5 + z.double() @ torch.tensor([2.0, -1.0, 0.25, 0.0], dtype=torch.double)
    return Neighbourhood(None, z, F[:, None], 0, names=("a", "b", "c", "d"))


def fit_of(*weights: float, intercept: float = 0.0) -> LinearFit:
    w = torch.tensor(weights, dtype=torch.double)
    return LinearFit(w, intercept, 1.0, [j for j, each in enumerate(weights) if each])


def lines(fig: Figure, panel: int = 0) -> list[tuple[list[float], list[float]]]:
    return [(list(map(float, a)), list(map(float, b))) for a, b in (x.get_data() for x in fig.axes[panel].lines)]


def test_the_strongest_are_ordered_and_never_zero() -> None:
    w = torch.tensor([0.0, -3.0, 1.0, 0.0, 2.0])
    assert linear.strongest(w, 2) == [1, 4]
    assert linear.strongest(w, 5) == [1, 4, 2]
    assert linear.strongest(torch.zeros(3), 3) == []


def test_bars_have_the_weights_lengths_and_signs_colours() -> None:
    fig = linear.bars({"up": 0.5, "down": -0.25}, unit="weight (logit)", reach=2.0)
    ax = fig.axes[0]
    assert [bar.get_width() for bar in ax.patches] == [0.5, -0.25]
    assert [to_hex(bar.get_facecolor()) for bar in ax.patches] == [FOR, AGAINST]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["up", "down"]
    assert ax.get_ylim()[0] > ax.get_ylim()[1]  # the first on top
    assert ax.get_xlim() == pytest.approx((-2.16, 2.16)) and ax.get_xlabel() == "weight (logit)"


def test_bands_and_marks_stand_on_the_bars_they_belong_to() -> None:
    fits = [fit_of(1.0, 0.0), fit_of(3.0, -2.0)]
    bands = linear.banded(("a", "b"), band(fits), [1, 0])
    assert list(bands) == ["b", "a"]
    assert bands["a"] == pytest.approx((1.1, 2.9)) and bands["b"] == pytest.approx((-1.9, -0.1))
    fig = linear.bars({"b": -1.0, "a": 2.0}, bands=bands, marks={"Shapley": {"a": 1.5, "b": -0.5}})
    drawn = lines(fig)
    assert (pytest.approx([-1.9, -0.1]), [0, 0]) == drawn[0] and (pytest.approx([1.1, 2.9]), [1, 1]) == drawn[1]
    assert drawn[2] == ([1.5, -0.5], [1, 0])
    assert fig.legends[0].get_texts()[0].get_text() == "Shapley"


def test_paths_are_those_of_the_fits() -> None:
    fits = k_path(near(), 4, sigma=1.0)
    fig = linear.coefficient_paths(fits, ("a", "b", "c", "d"), K=2)
    drawn = lines(fig)
    for j, name in enumerate("abc"):
        line = next(x for x in fig.axes[0].lines if x.get_label() == name)
        assert line.get_ydata().tolist() == [float(f.weights[j]) for f in fits]
    assert ([2, 2], [0, 1]) in drawn  # the dotted line at K
    assert lines(fig, 1)[0] == ([1, 2, 3, 4], [f.r2 for f in fits])
    assert fits[2].r2 == pytest.approx(1)  # three features are all there is


def test_only_the_strongest_paths_have_names() -> None:
    w = torch.linspace(1, 2, 9, dtype=torch.double)
    fig = linear.coefficient_paths([LinearFit(w, 0.0, 1.0, list(range(9)))], [f"w{j}" for j in range(9)])
    named = [text.get_text() for text in fig.legends[0].get_texts()]
    assert named == ["w8", "w7", "w6", "w5", "w4", "w3"]


def test_r2_curves_mark_what_is_read() -> None:
    fig = linear.r2_curves({"N": ([10, 20, 40], [1.0, 0.8, 0.7], 20), "σ": ([0.1, 0.2], [0.2, 0.9], 0.2)})
    assert [ax.get_xlabel() for ax in fig.axes] == ["N", "σ"]
    assert lines(fig, 0) == [([10, 20, 40], [1.0, 0.8, 0.7]), ([20, 20], [0, 1])]
    assert lines(fig, 1) == [([0.1, 0.2], [0.2, 0.9]), ([0.2, 0.2], [0, 1])]


def test_the_linear_models_answers_by_hand() -> None:
    g = linear.fitted_values(near(), fit_of(2.0, -1.0, 0.0, 0.0, intercept=0.5))
    z = near().masks
    assert g[0] == 1.5 and g[-1] == 0.5
    torch.testing.assert_close(g, 0.5 + 2.0 * z[:, 0].double() - z[:, 1].double())


def test_dots_are_as_large_as_they_count() -> None:
    here = near()
    π = kernel(here.masks, 1.0)
    g = linear.fitted_values(here, fit_of(1.0, 0.0, 0.0, 0.0))
    fig = linear.scatter(here.scores[:, 0], g, π, mark=3)
    dots = fig.axes[0].collections[0]
    np.testing.assert_allclose(dots.get_offsets(), torch.stack([here.scores[:, 0], g], 1))
    np.testing.assert_allclose(dots.get_sizes() / dots.get_sizes()[0], π / π[0])
    diagonal, star, ring = lines(fig)
    assert diagonal[0] == diagonal[1] == [-0.5, 2.75]
    assert star == ([float(here.scores[0, 0])], [1.0]) and ring == ([float(here.scores[3, 0])], [float(g[3])])


def test_what_speaks_for_the_class_is_kept_and_the_rest_is_grey() -> None:
    x = torch.arange(12.0).view(1, 3, 2, 2) / 12
    labels = torch.tensor([[0, 1], [2, 2]])
    seen = linear.kept(x, labels, torch.tensor([0.3, -0.1, 0.0]))
    np.testing.assert_allclose(seen[0, 0], x[0, :, 0, 0])
    assert (seen[0, 1] == 0.5).all() and (seen[1] == 0.5).all()
    black = linear.kept(x, labels, torch.tensor([0.3, -0.1, 0.0]), torch.zeros_like(x))
    assert (black[1] == 0).all()


def test_borders_lie_between_superpixels_and_numbers_on_their_own() -> None:
    x = torch.full((1, 1, 8, 8), 0.25)
    labels = torch.zeros(8, 8, dtype=torch.long)
    labels[:, 4:] = 1
    plain = linear.numbered(x, labels, [], side=160)
    assert plain.shape == (160, 160, 3)
    border = np.abs(plain - 0.25).max(2) > 0.01
    assert set(np.flatnonzero(border.any(0))) == {79, 80} and border[:, 79:81].all()
    with_one = linear.numbered(x, labels, [1], side=160)
    changed = np.flatnonzero((with_one != plain).any((0, 2)))
    assert changed.min() > 80  # the number of the right half stands in the right half


def test_a_long_name_keeps_both_ends() -> None:
    names = {"0.3 < mean fractal dimension ≤ 1.3": 1.0, "petal width ≤ 0.3": 0.5}
    said, same = (label.get_text() for label in linear.bars(names).axes[0].get_yticklabels())
    assert said.startswith("0.3 < mean f") and said.endswith("≤ 1.3") and len(said) <= linear.LONGEST
    assert same == "petal width ≤ 0.3"


def test_lines_differ_in_dashes_too() -> None:
    fig = linear.coefficient_paths([fit_of(1.0, 2.0, 3.0)], "abc")
    looks = {(x.get_color(), x.get_linestyle()) for x in fig.axes[0].lines if x.get_label() in "abc"}
    assert len({dash for _, dash in looks}) == 3 and {colour for colour, _ in looks} <= set(LINES)
