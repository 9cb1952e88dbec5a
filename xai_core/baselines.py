"""The baseline x′: the input that stands for "nothing to see", where a path starts.

    A_i = (x_i − x′_i) · (mean slope on the way)          A_i = 0 wherever x_i = x′_i

Units: pixels in [0, 1]. What to look at: `x - make_baseline(x, "black")` is what the gradient is multiplied with.

Every static choice smuggles in an assumption (UNI paper, figures 2–5 [Choi2025]; Sturmfels et al. 2020
[Sturmfels2020]):

    black, white, grey, a colour    pixels of that colour get nothing         a bias of colour
    blurred                         what survives the blur gets nothing       of texture
    noise                           neighbouring pixels differ by chance      of frequency
"""

import math
from collections.abc import Callable
from typing import Annotated

import torch
from torch import Tensor

from xai_core import symbols
from xai_core.inputs import check_dense
from xai_core.symbols import Choice

BLUR = 0.1  # σ of the blurred baseline, as a share of the image's longer side: 22 pixels at 224
NOISE = 0.38  # σ of the Gaussian noise: severity 5 of ImageNet-C [Hendrycks2019]
PHOTONS = 3  # photons a fully bright pixel sends on average: shot noise of severity 5 in ImageNet-C


def _seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def _mean(x: Tensor, seed: int) -> Tensor:
    return x.mean(dim=tuple(range(2, x.dim())) or 1, keepdim=True).expand_as(x).contiguous()


def _blurred(x: Tensor, seed: int) -> Tensor:
    return blur(x, BLUR * max(x.shape[2:], default=0))


def _gaussian_noise(x: Tensor, seed: int) -> Tensor:
    return (x + NOISE * torch.randn(x.shape[1:], generator=_seeded(seed), device="cpu").to(x)).clamp(0, 1)


def _uniform_noise(x: Tensor, seed: int) -> Tensor:
    return torch.rand(x.shape[1:], generator=_seeded(seed), device="cpu").to(x).expand_as(x).contiguous()


def _shot_noise(x: Tensor, seed: int) -> Tensor:
    """The photons that arrive are counted one image at a time, from the same seed."""
    photons = [torch.poisson(PHOTONS * i.clamp(min=0).cpu().float(), _seeded(seed)) for i in x]
    return (torch.stack(photons).to(x) / PHOTONS).clamp(0, 1)


NAMED: dict[str, Callable[[Tensor, int], Tensor]] = {  # name → x′ of x and a seed
    "black": lambda x, seed: torch.full_like(x, 0.0),
    "white": lambda x, seed: torch.full_like(x, 1.0),
    "grey": lambda x, seed: torch.full_like(x, 0.5),
    "mean": _mean,
    "blurred": _blurred,
    "gaussian_noise": _gaussian_noise,
    "uniform_noise": _uniform_noise,
    "shot_noise": _shot_noise,
}
BaselineName = Annotated[
    str | Tensor,
    Choice("baseline", "where the path starts", tuple(NAMED),
           open="a tensor that broadcasts to x, or a colour as one number a channel"),
]  # fmt: skip


def make_baseline(x: Tensor, baseline: BaselineName = "black", seed: int = 0) -> Tensor:
    """x′ for x: (N, …) → (N, …).

    baseline: "black" 0, "grey" ½, "white" 1; "mean", each image's mean colour (for other data: its mean feature);
        "blurred", Gaussian of σ = 0.1 · the longer side (of a signal (N, C, L): along L); "gaussian_noise"
        x + N(0, .38²), "shot_noise" Poisson(3x)/3, both cut to [0, 1]; "uniform_noise" U(0, 1) instead of x. Or a
        tensor that broadcasts to x (another image, a data set's mean image, …), or a colour: one number a channel. The
        same noise serves every image of a batch.
    Raises TypeError or ValueError if baseline is none of these, its shape does not fit, or it is not finite; and for
    noise on other data than images that leave [0, 1], where the noise of a pixel has no meaning.

    Examples:
        >>> import torch, xai_core
        >>> x = torch.tensor([0.25, 0.75]).view(1, 1, 1, 2)
        >>> xai_core.make_baseline(x, "mean").flatten().tolist()
        [0.5, 0.5]
    """
    x = x.detach()
    if isinstance(baseline, Tensor | list | tuple):
        try:
            numbers = baseline if isinstance(baseline, Tensor) else torch.as_tensor(baseline, device="cpu")
        except (TypeError, ValueError, RuntimeError) as error:  # words, or rows of unequal length
            raise TypeError(f"baseline must be a name, a tensor, or a colour as numbers; got {baseline!r}") from error
        return _given(x, numbers)
    if not isinstance(baseline, str):
        raise TypeError(f"baseline must be a name, a colour or a tensor; got {type(baseline).__name__}")
    symbols.check(make_baseline, baseline=baseline)
    if baseline.endswith("_noise") and x.dim() != 4 and ((x < 0) | (x > 1)).any():
        raise ValueError(
            f"baseline {baseline!r} is made of pixels in [0, 1], and x has numbers from {float(x.min()):.3g} to"
            f" {float(x.max()):.3g}; give a tensor of your own"
        )
    return NAMED[baseline](x, seed)


def _given(x: Tensor, baseline: Tensor) -> Tensor:
    """A baseline that the caller made: a colour, one input, or a batch."""
    check_dense(baseline, "baseline")
    if baseline.dim() == 1 and x.dim() > 2 and len(baseline) == x.shape[1]:
        baseline = baseline.view(1, -1, *[1] * (x.dim() - 2))  # a colour: one number a channel
    baseline = baseline.detach().to(x)
    try:
        given, baseline = tuple(baseline.shape), baseline.expand_as(x)
    except RuntimeError as error:
        raise ValueError(
            f"baseline must broadcast to x of shape {tuple(x.shape)}; got shape {tuple(baseline.shape)}"
        ) from error
    if not torch.isfinite(baseline).all():
        raise ValueError(f"baseline must be finite; the given tensor of shape {given} has NaN or infinite numbers")
    return baseline


def blur(x: Tensor, sigma: float | Tensor) -> Tensor:
    """Gaussian blur of images (N, C, H, W), standard deviation `sigma` in pixels; the border is repeated outwards.

    Signals (N, C, L) are blurred along L, `sigma` in samples. Raises ValueError for other shapes of x.
    """
    if x.dim() == 3:
        return blur(x[:, :, None], sigma)[:, :, 0]  # a picture of one row
    if x.dim() != 4:
        raise ValueError(
            f"baseline 'blurred' needs images (N, C, H, W) or signals (N, C, L); x has shape {tuple(x.shape)}"
        )
    channels = x.shape[1]
    radius = max(1, math.ceil(3 * float(sigma)))
    offsets = torch.arange(-radius, radius + 1, device=x.device, dtype=x.dtype)
    kernel = torch.exp(-offsets.square() / (2 * sigma**2))
    kernel = (kernel / kernel.sum()).view(1, 1, 1, -1).expand(channels, 1, 1, -1)  # (C, 1, 1, 2r+1)
    padded = torch.nn.functional.pad(x, (radius,) * 4, mode="replicate")
    across = torch.nn.functional.conv2d(padded, kernel, groups=channels)
    return torch.nn.functional.conv2d(across, kernel.transpose(2, 3), groups=channels)
