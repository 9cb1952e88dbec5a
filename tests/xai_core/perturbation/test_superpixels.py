"""Superpixels: the named ones, labels numbered in any way, labels that cannot be, means of regions."""

import warnings

import numpy as np
import pytest
import skimage
import torch

from tests.toys import PlainCNN, images, seeded, squares
from xai_core import explain, kernel_shap, lime, make_score
from xai_core.perturbation.superpixels import filling, superpixels


@pytest.mark.parametrize("segments", ["slic", "quickshift", "grid", "pixels"])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_named_superpixels(segments, channels):
    """Labels 0…M−1, all used, for grey, colour and other images; bit for bit the same again."""
    g = torch.Generator().manual_seed(0)
    x = torch.rand(1, 1, 3, 3, generator=g).round().repeat_interleave(20, 2).repeat_interleave(24, 3)
    x = x.repeat(1, channels, 1, 1)
    labels = superpixels(x, segments)
    assert labels.shape == (60, 72) and labels.dtype == torch.int64
    assert torch.equal(labels.unique(), torch.arange(int(labels.max()) + 1))
    assert torch.equal(labels, superpixels(x, segments))
    assert {"grid": 64, "pixels": 4320}.get(segments, len(labels.unique())) == len(labels.unique())


def test_slic_follows_edges():
    """Two halves of different colour: no superpixel has places of both."""
    x = torch.zeros(1, 3, 32, 32)
    x[:, 0, :, :16], x[:, 2, :, 16:] = 1, 1
    labels = superpixels(x, "slic")
    assert not set(labels[:, :16].unique().tolist()) & set(labels[:, 16:].unique().tolist())
    assert 20 < len(labels.unique()) < 100


@pytest.mark.parametrize("dtype", [torch.int64, torch.int32, torch.int16, torch.uint8])
@pytest.mark.parametrize("change", ["from 1", "with holes", "negative", "numpy", "not contiguous"])
def test_labels_numbered_in_any_way(dtype, change):
    """lime never perturbs the last segment of labels 1…M, and captum wants int64: here it is the same explanation."""
    x, labels = images(1), squares().to(dtype)
    f = make_score(seeded(PlainCNN), x, 1)
    expected = lime(f, x, 60, 4, segments=squares())
    other = {
        "from 1": labels + 1,
        "with holes": labels * 7 + 3,
        "negative": labels.to(torch.int16) - 100,
        "numpy": labels.numpy(),
        "not contiguous": labels.T.contiguous().T,
    }[change]
    assert torch.equal(lime(f, x, 60, 4, segments=other), expected)


@pytest.mark.parametrize(
    ("segments", "error", "words"),
    [
        (torch.zeros(16, 16, dtype=torch.long), ValueError, "two features or more"),
        (torch.full((16, 16), 9), ValueError, "two features or more"),
        (torch.rand(16, 16), TypeError, "segments must be integer labels; got numbers of torch.float32"),
        (np.random.default_rng(0).random((16, 16)), TypeError, "segments must be integer labels"),
        (torch.zeros(8, 16, dtype=torch.long), ValueError, r"segments must have the shape \(16, 16\).*got \(8, 16\)"),
        (torch.zeros(1, 1, 16, 16, dtype=torch.long), ValueError, r"got \(1, 1, 16, 16\)"),
        ("superpixels", ValueError, "segments .*must be one of slic, quickshift, grid, pixels.*got 'superpixels'"),
        (None, TypeError, "segments must be .*got None"),
        (50, TypeError, "segments must be .*got 50"),
        ([[0, 1]], TypeError, "segments must be"),
    ],
)
def test_labels_that_cannot_be(segments, error, words):
    with pytest.raises(error, match=words):
        explain(seeded(PlainCNN), images(1), 0, "lime", N=20, K=1, segments=segments)


def noise(*shape: int, spread: float = 1.0) -> torch.Tensor:
    return spread * torch.rand(1, *shape, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("side", [20, 28, 32, 64])
@pytest.mark.parametrize("spread", [1.0, 1e-4, 255.0])
def test_noise_has_superpixels(channels, side, spread):
    """Ten times as compact, or more, if it takes that: many regions, none of them large. Said in a warning."""
    x = noise(channels, side, side, spread=spread)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        sizes = superpixels(x, "slic").unique(return_counts=True)[1]
    assert 10 <= len(sizes) <= 64 and sizes.max() < side**2 / 4
    assert all("× as compact" in str(each.message) and f"into {len(sizes)}," in str(each.message) for each in said)


def test_what_is_kept_of_a_picture_with_regions():
    """A photograph's superpixels are the usual ones, and nothing is said of them."""
    picture = skimage.data.chelsea()[::4, ::4] / 255
    usual = skimage.segmentation.slic(picture, n_segments=50, compactness=10, start_label=0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = superpixels(torch.from_numpy(picture).permute(2, 0, 1)[None], "slic")
    assert np.array_equal(found.numpy(), usual)


@pytest.mark.parametrize("x", [noise(3, 16, 16), torch.full((1, 1, 16, 16), 0.5)], ids=["noise", "constant"])
def test_quickshift_of_a_small_picture_is_the_grid(x):
    with pytest.warns(UserWarning, match="'quickshift' finds one region in x; it is cut into a grid instead"):
        assert torch.equal(superpixels(x, "quickshift"), superpixels(x, "grid"))


@pytest.mark.parametrize("shape", [(3, 1, 2), (1, 2, 3), (3, 1, 9), (4, 7, 7)])
@pytest.mark.parametrize("segments", ["slic", "quickshift"])
@pytest.mark.filterwarnings("ignore:segments=")
def test_superpixels_of_hardly_any_pixels(shape, segments):
    assert superpixels(noise(*shape), segments).max() > 0


@pytest.mark.filterwarnings("ignore:segments=")
@pytest.mark.parametrize("method", ["lime", "kernel_shap"])
def test_the_first_thing_that_everybody_tries(method):
    """LIME and KernelSHAP of noise: the mean of the left half decides, and the left half gets all of the weight."""

    def left_half(x: torch.Tensor) -> torch.Tensor:
        return x[..., :16].mean((1, 2, 3))

    x = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    A = {"lime": lime, "kernel_shap": kernel_shap}[method](left_half, x, N=400, segments="slic", fill="black")
    assert A[..., :14].sum() > 0.8 * A.abs().sum() and A[..., 18:].abs().sum() < 0.05 * A.abs().sum()


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float32])
def test_means_of_large_regions(dtype):
    """A sum of thousands of half-precision numbers would stand still at 256, or be infinite: it is made in float64."""
    x = torch.full((1, 1, 64, 64), 0.75, dtype=dtype)
    x[:, :, 40:] = 36
    labels = (torch.arange(64) >= 40).long()[:, None].expand(64, 64)
    off = filling(x, labels, "mean")
    assert off.dtype == dtype and torch.equal(off, x)


@pytest.mark.parametrize("dtype", [np.uint16, np.uint32, np.int8, bool])
def test_numpy_labels_of_any_kind(dtype):
    """Read-only, backwards, unsigned: the same regions."""
    x, labels = images(1), (np.arange(16) // 8).astype(dtype)
    expected = torch.arange(16).expand(16, 16) // 8
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert torch.equal(superpixels(x, np.broadcast_to(labels, (16, 16))), expected)
        assert torch.equal(superpixels(x, np.tile(labels, (16, 1))[:, ::-1]), 1 - expected)
