"""ImageNet-C's corruptions at severities 1 to 5 (Hendrycks and Dietterich, ICLR 2019): pictures made worse by rule.

    brightness       HSV: V + c                          saturate        HSV: S · c₀ + c₁
    gaussian_blur    G_σ ∗ x, σ = c pixels               defocus_blur    disk of radius c₀, smoothed by σ = c₁, ∗ x
    gaussian_noise   x + N(0, c²)                        shot_noise      Poisson(c · x) / c

then cut to [0, 1]. The constants below are the published ones for pictures of 224 pixels. The authors store the result
as 8-bit JPEG; here it stays as computed.

Pixels are the unit of the blurs, so they follow the picture: on a side of s pixels, σ and radius are s/224 of those
below. At 64 pixels that comes near what the authors chose by hand for Tiny ImageNet-C (σ of .5 to 1.5, radii of .5 to
3); on a digit of 8 pixels even severity 5 is a blur of a fifth of a pixel, which nobody sees.

What to look at: `SEVERITIES`, and that `corrupt` calls a library for every step.
"""

from collections.abc import Callable
from numbers import Integral

import numpy as np
import torch
from scipy import ndimage
from skimage.color import hsv2rgb, rgb2hsv
from skimage.filters import gaussian
from skimage.util import random_noise
from torch import Tensor

SIDE = 224  # of the pictures that the constants are made for

SEVERITIES: dict[str, tuple] = {  # severity 1, 2, 3, 4, 5
    "brightness": (0.1, 0.2, 0.3, 0.4, 0.5),  # c: added to the value
    "saturate": ((0.3, 0), (0.1, 0), (2, 0), (5, 0.1), (20, 0.2)),  # c₀, c₁: 1 and 2 fade, 3 to 5 glow
    "gaussian_blur": (1, 2, 3, 4, 6),  # c: pixels
    "defocus_blur": ((3, 0.1), (4, 0.5), (6, 0.5), (8, 0.5), (10, 0.5)),  # c₀, c₁: pixels
    "gaussian_noise": (0.08, 0.12, 0.18, 0.26, 0.38),  # c: pixel values
    "shot_noise": (60, 25, 12, 5, 3),  # c: photons of a fully bright pixel
}
CORRUPTIONS: tuple[str, ...] = tuple(SEVERITIES)


def corrupt(images: Tensor, name: str, severity: int, seed: int = 0) -> Tensor:
    """The pictures, corrupted: (N, C, H, W) or (C, H, W) in [0, 1] → the same, C being 3 or 1 (grey).

    name: one of CORRUPTIONS. severity: 1 (slight) to 5. seed: of the two noises; every picture of a batch meets the
    same random numbers, so that a batch gives what its pictures give one by one.
    Raises ValueError or TypeError, naming the argument; also for "saturate" on grey, which has no colour.
    """
    _check(images, name, severity)
    batch = images if images.dim() == 4 else images[None]
    arrays = batch.detach().cpu().double().numpy()
    worse = [_ONE[name](x, SEVERITIES[name][severity - 1], np.random.default_rng(seed)).clip(0, 1) for x in arrays]
    return torch.from_numpy(np.stack(worse)).to(images).reshape(images.shape)


def pixels_of_blur(name: str, severity: int, side: int) -> float:
    """How far a blur reaches on a picture of that side, σ or radius in its own pixels; 0 for what is no blur."""
    if name not in ("gaussian_blur", "defocus_blur"):
        return 0.0
    return float(np.ravel(SEVERITIES[name][severity - 1])[0]) * side / SIDE


def _brightness(x: np.ndarray, c: float, rng: np.random.Generator) -> np.ndarray:
    hsv = _hsv(x)
    hsv[2] = (hsv[2] + c).clip(0, 1)
    return hsv2rgb(hsv, channel_axis=0)[: len(x)]  # of a grey picture all three channels are alike


def _saturate(x: np.ndarray, c: tuple[float, float], rng: np.random.Generator) -> np.ndarray:
    hsv = _hsv(x)
    hsv[1] = (hsv[1] * c[0] + c[1]).clip(0, 1)
    return hsv2rgb(hsv, channel_axis=0)


def _hsv(x: np.ndarray) -> np.ndarray:
    """(3, H, W) or (1, H, W) → hue, saturation, value: (3, H, W)."""
    return rgb2hsv(np.broadcast_to(x, (3, *x.shape[1:])), channel_axis=0)


def _gaussian_blur(x: np.ndarray, c: float, rng: np.random.Generator) -> np.ndarray:
    return gaussian(x, sigma=c * _scale(x), channel_axis=0)


def _defocus_blur(x: np.ndarray, c: tuple[float, float], rng: np.random.Generator) -> np.ndarray:
    kernel = disk(*c, scale=_scale(x))
    return np.stack([ndimage.convolve(channel, kernel, mode="mirror") for channel in x])


def disk(radius: float, blur: float, scale: float = 1.0) -> np.ndarray:
    """The kernel of a lens out of focus: an even disk, Σ = 1, whose edge a small Gaussian smooths.

    scale < 1: for a smaller picture. Each point of the full disk is added to the small picture's pixel it falls into,
    half and half on an edge. As published, the Gaussian mirrors a disk that touches the border of its grid, so that
    Σ is up to 1.02 there.
    """
    fine = max(scale, 1.0)
    reach = max(8, int(np.ceil(radius * fine)))
    line = np.arange(-reach, reach + 1)
    v, u = np.meshgrid(line, line, indexing="ij")
    full = ((u**2 + v**2) <= (radius * fine) ** 2).astype(float)
    full = ndimage.gaussian_filter(full / full.sum(), blur * fine, radius=1 if radius <= 8 else 2, mode="mirror")
    if scale >= 1:
        return full
    small = int(np.ceil(reach * scale))
    edges = np.arange(-small, small + 2) - 0.5
    k = np.histogram2d(v.ravel() * scale, u.ravel() * scale, bins=(edges, edges), weights=full.ravel())[0]
    return (k + k[::-1] + k[:, ::-1] + k[::-1, ::-1]) / 4


def _scale(x: np.ndarray) -> float:
    return min(x.shape[1:]) / SIDE


def _gaussian_noise(x: np.ndarray, c: float, rng: np.random.Generator) -> np.ndarray:
    return random_noise(x, mode="gaussian", var=c**2, rng=rng)


def _shot_noise(x: np.ndarray, c: float, rng: np.random.Generator) -> np.ndarray:
    return rng.poisson(x * c) / c


_ONE: dict[str, Callable[..., np.ndarray]] = {
    "brightness": _brightness,
    "saturate": _saturate,
    "gaussian_blur": _gaussian_blur,
    "defocus_blur": _defocus_blur,
    "gaussian_noise": _gaussian_noise,
    "shot_noise": _shot_noise,
}


def _check(images: Tensor, name: str, severity: int) -> None:
    if not isinstance(name, str) or name not in SEVERITIES:
        raise ValueError(f"name must be one of {', '.join(CORRUPTIONS)}; got {name!r}")
    if isinstance(severity, bool) or not isinstance(severity, Integral):
        raise TypeError(f"severity must be a whole number from 1 to 5; got {severity!r}")
    if not 1 <= severity <= 5:
        raise ValueError(f"severity must be a whole number from 1 to 5; got {severity}")
    if not isinstance(images, Tensor) or not images.is_floating_point():
        kind = images.dtype if isinstance(images, Tensor) else type(images).__name__
        raise TypeError(f"images must be a floating-point tensor, pixels in [0, 1]; got {kind}")
    if images.dim() not in (3, 4) or images.shape[-3] not in (1, 3) or images.numel() == 0:
        raise ValueError(
            f"images must be (N, C, H, W) or (C, H, W) with C = 3, or 1 for grey; got {tuple(images.shape)}"
        )
    if not (images.min() >= 0 and images.max() <= 1):  # also refuses NaN
        raise ValueError(f"images must be pixels in [0, 1]; got {images.min():.3g} to {images.max():.3g}")
    if name == "saturate" and images.shape[-3] == 1:
        raise ValueError("name 'saturate' needs colour, images (N, 3, H, W); a grey picture has none to saturate")
