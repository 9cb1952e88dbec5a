"""The figures of the scores by what they draw: dots, pictures, curves, means and errors, maps in their colours."""

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from torch import Tensor

from xai_core import symbols
from xai_core.evaluate import Attacked, Randomisation, Robustness, deletion, insertion, mufidelity
from xai_core.figures import coloured
from xai_core.figures.scores import agreement, by_canvas, film, ladder, on_the_way, turned

PIXELS = torch.tensor([[[[0.9, 0.6], [0.3, 0.0]]], [[[0.12, 0.2], [0.4, 0.8]]]])  # (2, 1, 2, 2)


def brightness(x: Tensor) -> Tensor:
    return x.mean((1, 2, 3))


def shown(fig: Figure) -> list:
    return [ax for ax in fig.axes if ax.get_visible()]


def pictures(fig: Figure) -> list[np.ndarray]:
    return [np.asarray(ax.images[0].get_array()) for ax in shown(fig) if ax.images]


def grey(pictures: list[np.ndarray]) -> list[list[list[float]]]:
    return [each[..., 0].round(3).astype(float).round(3).tolist() for each in pictures]


# MuFidelity


def test_a_dot_is_a_subset_and_the_title_its_correlation():
    found = {name: mufidelity(lambda x: x.sum((1, 2, 3)), PIXELS, A, N=12, share=0.5, segments="pixels")
             for name, A in {"x": PIXELS, "minus x": -PIXELS}.items()}  # fmt: skip
    first, second = shown(agreement(found, row=1))
    assert (first.get_title(), second.get_title()) == ("x\nμ = 1.00", "minus x\nμ = -1.00")
    dots = first.collections[0].get_offsets()
    assert dots.shape == (12, 2)
    assert np.allclose(dots[:, 0], dots[:, 1])  # F = Σ x and A = x: a set is worth what it costs
    assert np.allclose(second.collections[0].get_offsets(), dots * [-1, 1])
    assert first.get_ylim() == second.get_ylim()


# Deletion and insertion


def test_the_film_has_a_row_a_curve_and_the_score_below_each_picture():
    curves = {
        "gone": deletion(brightness, PIXELS, PIXELS, steps=4),
        "come": insertion(brightness, PIXELS, PIXELS, steps=4),
    }
    fig = film(curves, (0, 1, 4))
    assert grey(pictures(fig)) == [
        [[0.9, 0.6], [0.3, 0.0]],
        [[0.0, 0.6], [0.3, 0.0]],
        [[0.0, 0.0], [0.0, 0.0]],
        [[0.0, 0.0], [0.0, 0.0]],
        [[0.9, 0.0], [0.0, 0.0]],
        [[0.9, 0.6], [0.3, 0.0]],
    ]
    below = [float(ax.get_xlabel().removeprefix("F = ")) for ax in shown(fig)]
    assert below == pytest.approx([0.45, 0.225, 0.0, 0.0, 0.225, 0.45], abs=0.006)
    assert [ax.get_title() for ax in shown(fig)[:3]] == ["0 %", "25 %", "100 %"]
    assert [ax.get_ylabel() for ax in shown(fig)[::3]] == ["gone", "come"]


def test_one_step_marks_its_place_on_every_curve():
    curves = {"best first": insertion(brightness, PIXELS, PIXELS, steps=4),
              "best last": insertion(brightness, PIXELS, -PIXELS, steps=4)}  # fmt: skip
    fig = on_the_way(curves, 2, row=1)
    first, second, below = shown(fig)
    assert grey(pictures(fig)) == [[[0.0, 0.0], [0.4, 0.8]], [[0.12, 0.2], [0.0, 0.0]]]
    assert (first.get_title(), first.get_xlabel(), second.get_xlabel()) == ("best first", "F = 0.30", "F = 0.08")
    line, dot, other, other_dot, here = below.lines
    assert np.allclose(line.get_xydata(), [[0, 0], [0.25, 0.2], [0.5, 0.3], [0.75, 0.35], [1, 0.38]], atol=1e-6)
    assert np.allclose(dot.get_xydata(), [[0.5, 0.3]]) and np.allclose(other_dot.get_xydata(), [[0.5, 0.08]])
    assert np.allclose(here.get_xdata(), 0.5)
    assert line.get_color() != other.get_color() and line.get_linestyle() != other.get_linestyle()
    texts = [text.get_text() for part in fig.subfigs for legend in part.legends for text in legend.get_texts()]
    assert texts == ["best first: AUC 0.31", "best last: AUC 0.17"]  # 1.23/4 and 0.67/4


def test_a_step_that_is_none_is_named():
    curves = {"gone": deletion(brightness, PIXELS, PIXELS, steps=4)}
    for k in (5, -1):
        with pytest.raises(ValueError, match=rf"k .*{k}"):
            on_the_way(curves, k)
        with pytest.raises(ValueError, match="k must be a step of the curve, from 0 to 4"):
            film(curves, (0, k))
    with pytest.raises(TypeError, match=r"k .*whole number"):
        on_the_way(curves, 1.5)
    assert symbols.of(on_the_way)["k"].default == 3


# Canvases


def test_means_and_standard_errors_stand_on_each_canvas():
    scores = {
        "IG": {"black": torch.tensor([0.2, 0.4, 0.6]), "blurred": torch.tensor([0.5, 0.5, 0.5])},
        "UNI": {"black": torch.tensor([0.1, 0.1, 0.1]), "blurred": torch.tensor([0.7, 0.9, 0.8])},
    }
    fig = by_canvas(scores, {"black": torch.tensor([0.1, 0.3]), "blurred": torch.tensor([0.0, 0.1])})
    (ax,) = shown(fig)
    ig, uni = (container.lines[0] for container in ax.containers if len(getattr(container, "lines", ())) == 3)
    assert np.allclose(ig.get_ydata(), [0.4, 0.5]) and np.allclose(uni.get_ydata(), [0.1, 0.8])
    assert np.allclose(ig.get_xdata(), [-0.025, 0.975]) and np.allclose(uni.get_xdata(), [0.025, 1.025])
    (bars,) = (container for container in ax.containers if hasattr(container, "patches"))
    assert np.allclose([bar.get_height() for bar in bars], [0.2, 0.05])
    spans = [segment[:, 1].tolist() for part in ax.collections for segment in part.get_segments()]
    error = 0.2 / 3**0.5
    assert np.allclose(spans[0], [0.4 - error, 0.4 + error])
    assert np.allclose(spans[3], [0.8 - error / 2, 0.8 + error / 2])
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["black", "blurred"]


def test_methods_need_the_same_canvases():
    with pytest.raises(ValueError, match="scores must have the canvases black; UNI has blurred"):
        by_canvas({"IG": {"black": torch.ones(2)}, "UNI": {"blurred": torch.ones(2)}})


# Attacks


def test_the_maps_before_and_after_share_a_scale():
    x, moved = PIXELS, (PIXELS + 8 / 255).clamp(0, 1)
    A, A_moved = torch.tensor([[[[1.0, -3.0], [0.0, 0.0]]]]), torch.tensor([[[[0.0, 1.0], [-1.0, 2.0]]]])
    spearman, top = torch.tensor([0.254, 0.0]), torch.tensor([0.5, 0.0])
    result = Robustness(
        Attacked(x, moved, False), A.expand(2, -1, -1, -1), A_moved.expand(2, -1, -1, -1), spearman, top
    )
    fig = turned({"IG": result})
    before, after, map_before, map_after = pictures(fig)[:4]
    assert np.allclose(before[..., 0], x[0, 0]) and np.allclose(after[..., 0], moved[0, 0])
    shares = [np.array([[0.25, -0.75], [0, 0]]), np.array([[0, 0.25], [-0.25, 0.5]])]
    top = max(np.percentile(np.abs(each), 99.5) for each in shares)
    assert np.allclose(map_before, coloured(shares[0], top)) and np.allclose(map_after, coloured(shares[1], top))
    labels = [ax.get_xlabel() for ax in shown(fig)[:4]]
    assert labels == ["", "moved by 8/255", "", "ρ = 0.25, top k 0.50"]


# Networks in ruins


def test_a_rung_is_a_map_and_says_what_is_left():
    maps = (torch.ones(1, 1, 2, 2), -torch.ones(1, 1, 2, 2), torch.zeros(1, 1, 2, 2))
    rho = torch.tensor([[1.0], [-1.0], [float("nan")]])
    fig = ladder({"gradient": Randomisation(("", "head", "stem"), maps, rho, rho.abs())})
    first, second, third = shown(fig)[:3]
    assert [ax.get_title() for ax in (first, second, third)] == ["trained", "… head", "… stem"]
    assert [ax.get_xlabel() for ax in (first, second, third)] == ["ρ = 1.00", "ρ = -1.00", "ρ: none"]
    assert first.get_ylabel() == "gradient"
    red, blue, white = pictures(fig)[:3]
    for drawn, value in ((red, 0.25), (blue, -0.25), (white, 0.0)):
        assert np.allclose(drawn, coloured(np.full((2, 2), value), 0.25))


def test_ladders_stand_on_the_same_rungs():
    maps, rho = (torch.ones(1, 1, 2, 2),) * 2, torch.ones(2, 1)
    found = {name: Randomisation(("", layer), maps, rho, rho) for name, layer in (("IG", "head"), ("UNI", "stem"))}
    with pytest.raises(ValueError, match="found must be ruined at the same layers, head; UNI is not"):
        ladder(found)


@pytest.mark.parametrize("draw", [agreement, lambda d: film(d, (0,)), on_the_way, by_canvas, turned, ladder])
def test_nothing_to_draw_is_said(draw):
    with pytest.raises(ValueError, match="at least one entry; got none"):
        draw({})
