"""ImageNet-C's corruptions: the constants, values by hand, and what a picture's size changes."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from data.pictures import photographs
from data.pictures.corruptions import CORRUPTIONS, SEVERITIES, corrupt, disk, pixels_of_blur
from xai_core import baselines


def colour(r: float, g: float, b: float, side: int = 4) -> torch.Tensor:
    return torch.tensor([r, g, b], dtype=torch.double)[:, None, None].expand(3, side, side).contiguous()


@pytest.fixture(scope="module")
def cat() -> torch.Tensor:
    return photographs.bundled("cat", 224).double()


def test_the_published_constants() -> None:
    assert SEVERITIES == {
        "brightness": (0.1, 0.2, 0.3, 0.4, 0.5),
        "saturate": ((0.3, 0), (0.1, 0), (2, 0), (5, 0.1), (20, 0.2)),
        "gaussian_blur": (1, 2, 3, 4, 6),
        "defocus_blur": ((3, 0.1), (4, 0.5), (6, 0.5), (8, 0.5), (10, 0.5)),
        "gaussian_noise": (0.08, 0.12, 0.18, 0.26, 0.38),
        "shot_noise": (60, 25, 12, 5, 3),
    }


def test_the_noise_baselines_are_severity_5() -> None:
    assert SEVERITIES["gaussian_noise"][4] == baselines.NOISE
    assert SEVERITIES["shot_noise"][4] == baselines.PHOTONS


# --- by hand ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "severity", "before", "after"),
    [
        # V = max is .4, and rgb = V · (1, 1 − S/2, 1 − S): adding c to V keeps the ratios.
        ("brightness", 1, (0.4, 0.2, 0.1), (0.5, 0.25, 0.125)),
        ("brightness", 5, (0.4, 0.2, 0.1), (0.9, 0.45, 0.225)),
        ("brightness", 5, (0.8, 0.4, 0.2), (1.0, 0.5, 0.25)),  # V stops at 1
        ("brightness", 3, (0.0, 0.0, 0.0), (0.3, 0.3, 0.3)),
        # S = 1 − min/max = .5; it becomes .15, .05, 1, 1, 1, and max stays.
        ("saturate", 1, (0.8, 0.8, 0.4), (0.8, 0.8, 0.68)),
        ("saturate", 2, (0.8, 0.8, 0.4), (0.8, 0.8, 0.76)),
        ("saturate", 3, (0.8, 0.8, 0.4), (0.8, 0.8, 0.0)),
        ("saturate", 5, (0.5, 0.5, 0.5), (0.5, 0.4, 0.4)),  # grey, hue 0: S = .2 tints it red, as published
    ],
)
def test_colours_by_hand(name: str, severity: int, before: tuple, after: tuple) -> None:
    torch.testing.assert_close(corrupt(colour(*before), name, severity), colour(*after), rtol=0, atol=1e-12)


def test_a_point_becomes_the_gaussian() -> None:
    """σ = 1 on 224 pixels: the centre keeps (1/Σ e^(−k²/2))², Σ over k = −4…4 (four σ, scikit-image's cut)."""
    x = torch.zeros(1, 224, 224, dtype=torch.double)
    x[0, 100, 100] = 1
    y = corrupt(x, "gaussian_blur", 1)[0]
    total = sum(np.exp(-(k**2) / 2) for k in range(-4, 5))
    assert float(y[100, 100]) == pytest.approx(1 / total**2, rel=1e-6)
    assert float(y[100, 102]) == pytest.approx(np.exp(-2) / total**2, rel=1e-6)
    assert float(y.sum()) == pytest.approx(1)


def test_a_point_becomes_the_disk() -> None:
    """Radius 3 has 29 points with u² + v² ≤ 9; σ = .1 smooths nothing (its neighbour weighs e⁻⁵⁰)."""
    x = torch.zeros(1, 224, 224, dtype=torch.double)
    x[0, 100, 100] = 1
    y = corrupt(x, "defocus_blur", 1)[0]
    assert float(y[100, 103]) == pytest.approx(1 / 29) and float(y[102, 102]) == pytest.approx(1 / 29)
    assert float(y[100, 104]) == pytest.approx(0, abs=1e-12) and float(y[103, 101]) == pytest.approx(0, abs=1e-12)


def test_the_antialiased_disk() -> None:
    """The edge of radius 4, smoothed with σ = .5 over three points w = (a, b, a), e⁻² beside 1."""
    a = np.exp(-2) / (1 + 2 * np.exp(-2))
    b = 1 - 2 * a
    kernel = disk(4, 0.5) * 49  # 49 points have u² + v² ≤ 16
    assert kernel[8, 8] == pytest.approx(1)
    # (4, 0): of the three columns at u = 3, 4, 5 the rows v = −1, 0, 1 hold (1, 1, 1), (0, 1, 0), (0, 0, 0).
    assert kernel[8, 12] == pytest.approx(a + b * b)
    assert kernel[8, 13] == pytest.approx(a * b) and kernel[8, 14] == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("severity", range(5))
@pytest.mark.parametrize("scale", [1.0, 64 / 224, 28 / 224, 8 / 224, 384 / 224])
def test_every_disk_sums_to_one_and_is_symmetric(severity: int, scale: float) -> None:
    kernel = disk(*SEVERITIES["defocus_blur"][severity], scale=scale)
    # Where the disk touches its grid's border, the published smoothing, which mirrors, adds up to 2 %.
    assert -1e-12 <= kernel.sum() - 1 <= (0.02 if severity >= 3 or scale > 1 else 1e-12) and kernel.min() >= 0
    for turned in (kernel.T, kernel[::-1], kernel[:, ::-1]):
        np.testing.assert_allclose(turned, kernel, atol=1e-15)


def test_a_smaller_picture_has_a_smaller_blur() -> None:
    """64 pixels: of the 29 points of radius 3, those at most 1 from the middle (9) stay, since 1 · 64/224 < ½."""
    kernel = disk(3, 0.1, scale=64 / 224)
    middle = len(kernel) // 2
    assert kernel[middle, middle] == pytest.approx(9 / 29)
    assert kernel[middle, middle + 1] == pytest.approx(4 / 29)  # u = 2 with v = −1, 0, 1, and u = 3 with v = 0
    assert kernel[middle + 1, middle + 1] == pytest.approx(1 / 29)  # u = v = 2
    on_a_digit = disk(10, 0.5, scale=8 / 224)
    assert on_a_digit.max() == pytest.approx(on_a_digit.sum())  # all of it falls into one pixel
    assert pixels_of_blur("defocus_blur", 5, 64) == pytest.approx(10 * 64 / 224)
    assert pixels_of_blur("gaussian_blur", 3, 224) == 3 and pixels_of_blur("brightness", 3, 224) == 0


# --- in the mean ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("severity", range(1, 6))
def test_the_noises_have_their_moments(severity: int) -> None:
    """Around ½ the noise of small severities is not cut: mean ½, standard deviation c; of the photons √(½/c)."""
    x = torch.full((3, 128, 128), 0.5, dtype=torch.double)
    for name, deviation in (
        ("gaussian_noise", SEVERITIES["gaussian_noise"][severity - 1]),
        ("shot_noise", (0.5 / SEVERITIES["shot_noise"][severity - 1]) ** 0.5),
    ):
        noise = corrupt(x, name, severity) - x
        if deviation < 0.15:  # else [0, 1] cuts a visible part off
            assert abs(float(noise.mean())) < 4 * deviation / noise.numel() ** 0.5
            assert float(noise.std()) == pytest.approx(deviation, rel=0.02)
        assert float((x + noise).min()) >= 0 and float((x + noise).max()) <= 1


def test_photons_are_whole() -> None:
    counts = corrupt(torch.rand(3, 32, 32), "shot_noise", 5) * 3
    assert set(counts.round(decimals=4).unique().tolist()) == {0.0, 1.0, 2.0, 3.0}
    assert not corrupt(torch.zeros(3, 8, 8), "shot_noise", 5).any()  # no light, no photon


# --- as properties ----------------------------------------------------------------------------------------------------


@given(name=st.sampled_from(CORRUPTIONS), severity=st.integers(1, 5), seed=st.integers(0, 2**31))
def test_a_batch_is_its_pictures(name: str, severity: int, seed: int) -> None:
    x = torch.rand(2, 3, 9, 11, generator=torch.Generator().manual_seed(seed))
    y = corrupt(x, name, severity, seed)
    assert y.dtype == x.dtype and y.shape == x.shape and y.min() >= 0 and y.max() <= 1
    assert torch.equal(y, corrupt(x, name, severity, seed))
    assert torch.equal(y[1], corrupt(x[1], name, severity, seed))


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_severity_is_how_far_the_photograph_moves(name: str, cat: torch.Tensor) -> None:
    moved = [float((corrupt(cat, name, s) - cat).square().mean()) for s in range(1, 6)]
    groups = [moved[:2], moved[2:]] if name == "saturate" else [moved]  # first paler, then more colourful
    assert all(a < b for group in groups for a, b in pairwise(group))


@pytest.mark.parametrize("name", [n for n in CORRUPTIONS if n != "saturate"])
def test_grey_is_a_colour_picture_of_one_channel(name: str) -> None:
    x = torch.rand(1, 16, 16, generator=torch.Generator().manual_seed(1)).double()
    y = corrupt(x, name, 3)
    assert y.shape == x.shape and not torch.equal(x, y)
    if "noise" not in name:  # noise is independent in each channel
        torch.testing.assert_close(corrupt(x.expand(3, -1, -1), name, 3), y.expand(3, -1, -1))


def test_the_input_is_not_written_into() -> None:
    x = torch.rand(3, 16, 16)
    before = x.clone()
    for name in CORRUPTIONS:
        corrupt(x, name, 5)
    assert torch.equal(x, before)


@pytest.mark.parametrize(
    ("arguments", "kind", "said"),
    [
        ((torch.rand(3, 8, 8), "fog", 1), ValueError, "name must be one of brightness"),
        ((torch.rand(3, 8, 8), "brightness", 0), ValueError, "severity must be a whole number from 1 to 5; got 0"),
        ((torch.rand(3, 8, 8), "brightness", 6), ValueError, "got 6"),
        ((torch.rand(3, 8, 8), "brightness", 2.5), TypeError, "got 2.5"),
        ((torch.rand(3, 8, 8), "brightness", True), TypeError, "got True"),
        ((torch.rand(2, 8, 8), "brightness", 1), ValueError, r"images must be .* got \(2, 8, 8\)"),
        ((torch.rand(8, 8), "brightness", 1), ValueError, r"got \(8, 8\)"),
        ((2 * torch.ones(3, 8, 8), "brightness", 1), ValueError, "pixels in .* got 2 to 2"),
        ((torch.full((3, 8, 8), torch.nan), "brightness", 1), ValueError, "pixels in"),
        ((torch.zeros(3, 8, 8, dtype=torch.uint8), "brightness", 1), TypeError, "got torch.uint8"),
        (([[0.5]], "brightness", 1), TypeError, "got list"),
        ((torch.rand(1, 8, 8), "saturate", 1), ValueError, "needs colour"),
    ],
)
def test_what_cannot_be_is_a_sentence(arguments: tuple, kind: type, said: str) -> None:
    with pytest.raises(kind, match=said):
        corrupt(*arguments)
