"""Occlusion: captum's where windows tile evenly, by hand elsewhere: borders, overlaps, own means, rows, series."""

from importlib import import_module

import captum.attr
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.toys import OneOutput, PlainCNN, Sequence1d, SmallCNN, images, seeded
from xai_core import explain, make_score, occlusion
from xai_core.perturbation.occlusion import windows

F64 = {"dtype": torch.double}


@pytest.mark.parametrize(("window", "stride"), [(4, 4), (4, 2), (8, 4), (6, 5), (1, 1), (16, 16), (16, 3)])
@pytest.mark.parametrize("off", [0.0, 0.5])
def test_agrees_with_captum(window, stride, off):
    """Windows over all channels, (3, w, w); where a last window ends at the border by itself. Theirs is in float32."""
    x = images(2).double()
    model = seeded(SmallCNN).double().eval()
    theirs = captum.attr.Occlusion(model).attribute(
        x, (3, window, window), strides=(3, stride, stride), baselines=off, target=torch.tensor([1, 4])
    )
    fill = "black" if off == 0 else "grey"
    A = explain(model, x, torch.tensor([1, 4]), "occlusion", window=window, stride=stride, fill=fill, output="logit")
    torch.testing.assert_close(A.sum(1, keepdim=True).expand_as(x).float(), theirs, rtol=1e-5, atol=1e-6)


def test_agrees_with_captum_on_other_data():
    """Rows, windows of adjacent columns; series, windows of channels and times."""
    x, w = seeded(torch.rand, 3, 6, **F64), torch.arange(6.0, **F64)
    f = lambda x: (x * w).sin().sum(1)  # noqa: E731
    for window, stride in ((1, 1), (2, 1), (3, 3)):
        theirs = captum.attr.Occlusion(f).attribute(x, (window,), strides=(stride,), baselines=0.5)
        torch.testing.assert_close(occlusion(f, x, window, stride).float(), theirs, rtol=1e-5, atol=1e-6)
    x, model = seeded(torch.rand, 2, 2, 12, **F64), seeded(Sequence1d).double()
    theirs = captum.attr.Occlusion(model).attribute(x, (2, 2), strides=(1, 1), target=1)
    A = explain(model, x, 1, "occlusion", window=2, stride=1, fill="black", output="logit")
    torch.testing.assert_close(A.float(), theirs, rtol=1e-5, atol=1e-6)


def test_windows_by_hand():
    """The last one ends at the border; none twice; one where the window is as large as the side, or larger."""
    starts = lambda side, window, stride: [w[0].start for w in windows((side,), window, stride)]  # noqa: E731
    assert starts(10, 4, 3) == [0, 3, 6] and starts(10, 4, 4) == [0, 4, 6] and starts(11, 4, 4) == [0, 4, 7]
    assert (
        starts(8, 4, 4) == [0, 4] and starts(4, 4, 2) == [0] and starts(3, 9, 2) == [0] and starts(3, 1, 1) == [0, 1, 2]
    )
    both = windows((4, 6), 4, 2)
    assert both == [(slice(0, 4), slice(0, 4)), (slice(0, 4), slice(2, 6))]


@given(st.integers(1, 30), st.integers(1, 35), st.integers(1, 35))
def test_every_place_is_covered(side, window, stride):
    covered = torch.zeros(side)
    for (where,) in windows((side,), window, min(window, stride)):
        assert where.start >= 0 and (where.stop <= side or window > side)
        covered[where] += 1
    assert (covered > 0).all()


def test_a_sum_by_hand():
    """F = Σ x, fill 0: a window's fall is what it covers; a place's value is the mean over its windows."""
    x = torch.arange(1.0, 6)[None]
    A = occlusion(lambda x: x.sum(1), x, 2, 2, "black")  # windows (1 2), (3 4), (4 5)
    assert A.tolist() == [[3, 3, 7, 8, 9]]
    A = occlusion(lambda x: x.sum(1), x, 3, 1, "black")  # (1 2 3), (2 3 4), (3 4 5)
    assert A.tolist() == [[6, 7.5, 9, 10.5, 12]]
    assert occlusion(lambda x: x.sum(1), x, fill="black").tolist() == x.tolist()  # one number at a time
    assert occlusion(lambda x: x.sum(1), x, 9, fill="black").tolist() == [[15] * 5]


def test_a_picture_by_hand():
    """4 × 4 of one channel, windows of 2; score: the top left pixel less the bottom right one, blue where it rises."""
    x = torch.ones(1, 1, 4, 4)
    x[0, 0, 3, 3] = 3
    A = occlusion(lambda x: x[:, 0, 0, 0] - x[:, 0, 3, 3], x, 2, 2, "black")[0, 0]
    assert A.tolist() == [[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, -3, -3], [0, 0, -3, -3]]
    A = occlusion(lambda x: x[:, 0, 0, 0], x, 3, 1, "black")[0, 0]  # four windows; one covers the corner
    assert A[0].tolist() == [1, 0.5, 0.5, 0] and A[1].tolist() == [0.5, 0.25, 0.25, 0] and A[3].tolist() == [0] * 4


def test_the_windows_own_mean():
    """ "mean" keeps the mean of what it covers: F = Σ x never falls; F = one pixel falls to its window's mean."""
    x = images(2).double()
    assert occlusion(lambda x: x.flatten(1).sum(1), x, 5, 3, "mean").abs().max() < 1e-9
    A = occlusion(lambda x: x[:, 1, 2, 3], x, 8, 8, "mean")
    expected = x[:, 1, 2, 3] - x[:, 1, :8, :8].mean((1, 2))
    torch.testing.assert_close(A[:, 0, 0, 0], expected)
    assert (A[:, 0, 8:] == 0).all() and (A[:, 0, :8, 8:] == 0).all()
    row = torch.tensor([[1.0, 2, 6, 9]])
    assert occlusion(lambda x: x[:, 2] ** 2, row, 2, 2, "mean").tolist() == [[0, 0, 36 - 7.5**2, 36 - 7.5**2]]
    series = torch.arange(8.0).view(1, 2, 4)
    A = occlusion(lambda x: x[:, 0, 0] * 1, series, 2, 2, "mean")
    assert A[0].tolist() == [[-2.5, -2.5, 0, 0]] * 2  # 0 against the mean of 0, 1, 4, 5


def test_fills():
    """A colour, another picture, a blurred one: what stands in the window is the fill's own part."""
    x, other = images(1).double(), images(1, seed=1).double()
    seen = []
    f = lambda x: seen.append(x) or x.flatten(1).sum(1)  # noqa: E731
    for fill in (other, other[0], torch.full((3, 1, 1), 0.1, **F64)):
        seen.clear()
        occlusion(f, x, 8, 8, fill)
        full = fill.expand(1, 3, 16, 16)
        assert torch.equal(seen[0], x)
        assert torch.equal(seen[1][0, :, :8, :8], full[0, :, :8, :8]) and torch.equal(seen[1][0, :, 8:], x[0, :, 8:])
        assert torch.equal(seen[1][3, :, 8:, 8:], full[0, :, 8:, 8:]) and torch.equal(seen[1][3, :, :8], x[0, :, :8])
    with pytest.raises(ValueError, match="fill must be one input for occlusion; got 3 rows"):
        occlusion(f, x, fill=torch.zeros(3, 3, 16, 16))


def test_defaults():
    """An eighth of the shorter side, half a window from one to the next: (64 − 8) / 4 + 1 = 15 starts a side."""
    asked = []
    f = lambda x: asked.append(len(x)) or x.flatten(1).mean(1)  # noqa: E731
    x = images(2, side=64)
    A = occlusion(f, x)
    assert sum(asked) == 2 * (15 * 15 + 1) and max(asked) <= 64
    assert torch.equal(A, occlusion(f, x, 8, 4))
    assert torch.equal(occlusion(f, images(1, side=5)), occlusion(f, images(1, side=5), 1, 1))
    assert torch.equal(occlusion(f, x, window=16), occlusion(f, x, 16, 8))


@pytest.mark.parametrize("at_once", [1, 3, 64, 1000])
def test_how_many_go_at_once_changes_nothing(at_once, monkeypatch):
    x = images(3).double()
    f = make_score(seeded(PlainCNN).double(), x, torch.tensor([1, 4, 0]))
    expected = occlusion(f, x, 5, 3)
    monkeypatch.setattr(import_module("xai_core.perturbation.occlusion"), "rows_at_once", lambda x: at_once)
    torch.testing.assert_close(occlusion(f, x, 5, 3), expected, rtol=1e-9, atol=1e-12)
    for i in range(3):
        alone = occlusion(f.rows(torch.tensor([i])), x[i : i + 1], 5, 3)
        torch.testing.assert_close(alone, expected[i : i + 1], rtol=1e-9, atol=1e-12)


def test_two_halves_stand_in_for_each_other():
    """F = the larger of two places: no window sees the fall unless it covers both."""
    x = torch.zeros(1, 1, 8, 8)
    x[0, 0, 2, 2] = x[0, 0, 2, 5] = 1
    model = OneOutput(lambda x: x.flatten(1).amax(1))
    small = explain(model, x, 0, "occlusion", window=2, stride=1, fill="black", output="logit")
    assert not small.any()
    assert explain(model, x, 0, "occlusion", window=4, stride=1, fill="black", output="logit")[0, 0, 2, 3] > 0


@pytest.mark.parametrize(
    ("window", "stride", "words"),
    [
        (4, 5, "stride must be at most the window, 4, or places stay uncovered; got 5"),
        (None, 3, "stride must be at most the window, 2, .*got 3"),
        (0, None, r"window \(side of the window that is covered\) must be a whole number, at least 1; got 0"),
        (2, 0, "stride .*at least 1; got 0"),
        ((3, 4, 4), None, r"window .*must be a whole number, at least 1; got \(3, 4, 4\)"),
    ],
)
def test_windows_that_cannot_be(window, stride, words):
    with pytest.raises((ValueError, TypeError), match=words):
        occlusion(lambda x: x.flatten(1).sum(1), images(1), window, stride)
