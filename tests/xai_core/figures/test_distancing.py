"""GAD's figures by what they draw: dots and arrows, maps and their colours, outlines and their RC."""

import numpy as np
import pytest
import torch
from matplotlib.colors import same_color

from tests.toys import images
from xai_core.figures import COLOURS, coloured
from xai_core.figures.distancing import GAD, ORIGINAL, drifting, hulls, original_and_gad, surviving

LABELS = torch.tensor([0, 1, 0, 1])
START = torch.tensor([[3.0, 0], [0, 4], [5, 0], [0, 4]])  # means (4, 0) and (0, 4)
APART = START - 3 * torch.tensor([[0.0, 1], [1, 0], [0, 1], [1, 0]])  # means (4, −3) and (−3, 4)


def shown(fig):
    return [ax for ax in fig.axes if ax.get_visible()]


def words(legend):
    return [text.get_text() for text in legend.get_texts()]


# Figure 1


def test_each_panel_has_the_logits_of_its_network():
    fig = drifting({0: START, 3: APART}, LABELS, ("cat", "dog"))
    first, second = shown(fig)
    assert [ax.get_title() for ax in (first, second)] == ["α = 0: apart by 5.7", "α = 3: apart by 9.9"]  # √32, √98
    cats, dogs = first.collections
    assert cats.get_offsets().tolist() == [[3, 0], [5, 0]] and dogs.get_offsets().tolist() == [[0, 4], [0, 4]]
    before, cats, dogs = second.collections
    assert before.get_offsets().tolist() == START.tolist()
    assert cats.get_offsets().tolist() == [[3, -3], [5, -3]] and dogs.get_offsets().tolist() == [[-3, 4], [-3, 4]]
    assert same_color(cats.get_facecolor()[0][:3], first.collections[0].get_facecolor()[0][:3])
    assert first.get_xlim() == second.get_xlim() and first.get_ylim() == second.get_ylim()
    assert (fig.get_supxlabel(), fig.get_supylabel()) == ("logit of cat", "logit of dog")
    assert words(fig.legends[0]) == ["cat", "dog", "as in the first panel"]


def test_an_arrow_goes_from_each_mean_to_where_it_is_now():
    first, second = shown(drifting({0: START, 3: APART}, LABELS, ("cat", "dog")))
    assert [(tuple(a.xyann), tuple(a.xy)) for a in second.texts] == [((4, 0), (4, -3)), ((0, 4), (-3, 4))]
    assert not first.texts


def test_one_network_alone_and_five():
    fig = drifting({0: START}, LABELS, ("cat", "dog"))
    assert len(shown(fig)) == 1 and words(fig.legends[0]) == ["cat", "dog"]
    fig = drifting(dict.fromkeys((0, 2, 4, 6, 8), START), LABELS, ("cat", "dog"))
    assert len(shown(fig)) == 5 and len(fig.axes) == 6
    fig.draw_without_rendering()
    under_nothing = fig.axes[2].get_xticklabels()  # its column has no panel in the second line
    assert all(tick.get_visible() and tick.get_text() for tick in under_nothing)
    assert not any(tick.get_visible() for tick in fig.axes[0].get_xticklabels())


# Figure 3


def map_of(*numbers):
    return torch.tensor(numbers, dtype=torch.double).view(1, 1, 2, 2)


def test_a_pixel_that_survives_has_the_colour_it_had():
    """α = 0 has Σ|A| = 10, so its −4 is −0.4, before and after; α = 8, twice as large, is a share of its own."""
    maps = {"cat": {"α = 0": map_of(4, -4, 2, 0), "α = 8": map_of(8, -8, 4, 0)}}
    fig = surviving(images(1, side=2), maps, {"cat": map_of(0, -4, 0, 0)})
    picture, first, second, kept = shown(fig)[:4]
    assert [ax.get_title() for ax in (first, second, kept)] == ["α = 0", "α = 8", "in all"]
    assert [ax.get_xlabel() for ax in (first, second, kept)] == ["3 of 4 pixels", "3 of 4 pixels", "1 of 4 pixels"]
    top = np.percentile([0.4, 0.4, 0.2, 0] * 2, 99.5)
    expected = coloured(np.array([[0.4, -0.4], [0.2, 0]]), top)
    for ax in (first, second):
        np.testing.assert_allclose(ax.images[0].get_array(), expected)
    drawn = kept.images[0].get_array()
    np.testing.assert_allclose(drawn[0, 1], expected[0, 1])
    np.testing.assert_allclose(drawn[0, 0], expected[1, 1])  # gone: the colour of 0
    assert picture.get_ylabel() == "for cat" and fig.axes[-1].get_ylabel() == "share of Σ|A|"
    assert same_color(kept.spines["left"].get_edgecolor(), GAD)


def test_one_row_a_class():
    maps = {name: {"α = 0": map_of(1, 2, 3, 4), "α = 2": map_of(4, 3, 2, 1)} for name in ("cat", "dog")}
    fig = surviving(images(1, side=2), maps, {"cat": map_of(1, 2, 0, 0), "dog": torch.zeros(1, 1, 2, 2)})
    panels = shown(fig)[:8]
    assert [ax.get_ylabel() for ax in panels[::4]] == ["for cat", "for dog"]
    assert [ax.get_title() for ax in panels[4:]] == [""] * 4  # said once, above
    assert [ax.get_xlabel() for ax in panels[3::4]] == ["2 of 4 pixels", "0 of 4 pixels"]
    zeros = {"cat": {"α = 0": torch.zeros(1, 1, 2, 2)}}
    blank = surviving(images(1, side=2), zeros, {"cat": torch.zeros(1, 1, 2, 2)})
    assert np.isfinite(shown(blank)[1].images[0].get_array()).all()


# Figure 5


def test_original_blue_and_gad_red_on_one_scale():
    original = torch.tensor([[[[1.0, -2], [4, 0]]], [[[10, 0], [0, 0]]]])
    gad = torch.tensor([[[[0.0, -2], [0, 0]]], [[[10, 0], [0, 0]]]])
    fig = original_and_gad(images(2, side=2), {"IG": (original, gad), "Saliency": (gad, gad)}, ["cat", "dog"])
    grid = np.reshape(np.array(shown(fig), dtype=object), (5, 2))
    assert [ax.get_title() for ax in grid[0]] == ["cat", "dog"]
    assert [row[0].get_ylabel() for row in grid] == [
        "", "IG\noriginal", "IG\nGAD", "Saliency\noriginal", "Saliency\nGAD",
    ]  # fmt: skip
    blue, red = grid[1, 0].images[0], grid[2, 0].images[0]
    assert blue.get_array().tolist() == [[1, 2], [4, 0]] and red.get_array().tolist() == [[0, 2], [0, 0]]
    assert (blue.get_cmap().name, red.get_cmap().name) == ("Blues", "Reds")
    assert blue.get_clim() == red.get_clim() == (0, pytest.approx(np.percentile([1, 2, 4, 0], 99.5)))
    assert grid[1, 1].images[0].get_clim() == (0, pytest.approx(np.percentile([10, 0, 0, 0], 99.5)))


def test_a_map_has_its_channels_added():
    both = torch.tensor([[[[1.0, 2]], [[-1.0, 3]]]])
    fig = original_and_gad(images(1, side=2), {"IG": (both, both)})
    assert shown(fig)[1].images[0].get_array().tolist() == [[0, 5]]


# Figure 6


def test_outlines_are_the_hulls():
    square, line = torch.zeros(2, 5, 5, dtype=torch.bool)
    square[0, 0] = square[0, 4] = square[4, 0] = square[4, 4] = True
    line[2, 1:4] = True
    inner, dot, none = torch.zeros(3, 5, 5, dtype=torch.bool)
    inner[1:4, 1:4], dot[3, 1] = True, True
    originals, gads = torch.stack([square, square, line, square, square]), torch.stack([inner, dot, line, square, none])
    fig = hulls(images(5, side=5), {"IG": (originals, gads)}, list("abcde"))
    panels = shown(fig)
    assert [ax.get_title() for ax in panels] == list("abcde") and panels[0].get_ylabel() == "IG"
    assert [ax.get_xlabel() for ax in panels] == ["RC 0.25", "RC 0.00", "no RC", "RC 1.00", "RC 0.00"]
    gad, original = panels[0].lines
    assert same_color(gad.get_color(), GAD) and same_color(original.get_color(), ORIGINAL)
    assert (gad.get_linestyle(), original.get_linestyle()) == ("-", "--")
    corners = [{tuple(map(float, p)) for p in each.get_xydata()} for each in (gad, original)]
    assert corners == [{(1, 1), (3, 1), (3, 3), (1, 3)}, {(0, 0), (4, 0), (4, 4), (0, 4)}]
    assert gad.get_xydata()[0].tolist() == gad.get_xydata()[-1].tolist()  # closed
    _, mark, _ = panels[1].lines
    assert mark.get_marker() == "o" and mark.get_xydata().tolist() == [[1, 3]]
    assert [each.tolist() for each in panels[2].lines[0].get_xydata()] == [[1, 2], [3, 2], [1, 2]]
    assert len(panels[4].lines) == 1
    assert words(fig.legends[0]) == ["original", "GAD"]


def test_captions_stand_above_the_first_row_alone():
    some = torch.ones(2, 4, 4, dtype=torch.bool)
    fig = hulls(images(2, side=4), {"IG": (some, some), "Saliency": (some, some)}, ["cat", "dog"])
    assert [ax.get_title() for ax in shown(fig)] == ["cat", "dog", "", ""]


# All of them


def everything(theme):
    some = torch.ones(2, 4, 4, dtype=torch.bool)
    maps = images(2, side=4)
    yield drifting({0: START, 3: APART}, LABELS, ("cat", "dog"), theme=theme)
    yield surviving(images(1, side=4), {"cat": {"α = 0": maps[:1]}}, {"cat": maps[:1]}, theme=theme)
    yield original_and_gad(images(2, side=4), {"IG": (maps, maps)}, ["cat", "dog"], theme=theme)
    yield hulls(images(2, side=4), {"IG": (some, some)}, ["cat", "dog"], theme=theme)


@pytest.mark.parametrize(("theme", "ink"), [("light", "#1a1a1a"), ("dark", "#f0f0f0")])
def test_words_are_legible_on_either_page(theme, ink):
    for fig in everything(theme):
        fig.draw_without_rendering()
        texts = [t for ax in shown(fig) for t in (ax.title, ax.xaxis.label, ax.yaxis.label)]
        texts += [t for legend in fig.legends for t in legend.get_texts()]
        said = [t for t in texts if t.get_text()]
        assert said and all(same_color(t.get_color(), ink) and t.get_fontsize() >= 11 for t in said)


def test_signed_maps_alone_have_the_signed_colours():
    """Red and blue are for and against in `surviving`, where a bar says so, and nowhere else."""
    bars = [[ax for ax in fig.axes if ax.get_ylabel() == "share of Σ|A|"] for fig in everything("light")]
    assert [len(bar) for bar in bars] == [0, 1, 0, 0] and COLOURS == "RdBu_r"


def test_errors_name_the_argument():
    with pytest.raises(ValueError, match=r"^logits must have at least one α; got none"):
        drifting({}, LABELS, ("cat", "dog"))
    with pytest.raises(ValueError, match=r"^logits must be \(4, 2\), one row a label, .*; α = 3 has \(3, 2\)"):
        drifting({0: START, 3: APART[:3]}, LABELS, ("cat", "dog"))
    with pytest.raises(ValueError, match=r"^labels must have pictures of both classes, 0 and 1; got \[0\]"):
        drifting({0: START}, torch.zeros(4, dtype=torch.long), ("cat", "dog"))
    x, A, some = images(2, side=4), torch.rand(2, 3, 4, 4), torch.ones(2, 4, 4, dtype=torch.bool)
    with pytest.raises(ValueError, match=r"^kept must have the classes of maps, cat; got dog"):
        surviving(x[0], {"cat": {"α = 0": A[0]}}, {"dog": A[0]})
    with pytest.raises(ValueError, match=r"^maps must be \(2, C, H, W\), one a picture; IG has \(1, 3, 4, 4\)"):
        original_and_gad(x, {"IG": (A, A[:1])})
    with pytest.raises(ValueError, match=r"^captions must be 2, one a picture; got 1"):
        original_and_gad(x, {"IG": (A, A)}, ["cat"])
    with pytest.raises(ValueError, match=r"^regions must be masks \(2, 4, 4\), one a picture; IG has \(1, 4, 4\)"):
        hulls(x, {"IG": (some, some[:1])})
    with pytest.raises(ValueError, match=r"^captions must be 2, one a picture; got 3"):
        hulls(x, {"IG": (some, some)}, ["a", "b", "c"])
