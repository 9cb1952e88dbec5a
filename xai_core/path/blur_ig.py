"""BlurIG: from a blurred image to the sharp one, through scale space (Xu, Venugopalan & Sundararajan 2020) [Xu2020].

    γ(α) = G_σ ∗ x,   σ = (1 − α)^POWER · σ_max            γ(0): the image blurred by σ_max,   γ(1) = x
    A = ∫₀¹ ∇F(γ(α)) ⊙ dγ/dα dα

Units: σ in pixels, A in score.
What to look at: where dF/dα is large. That is the scale at which the network sees what it names.

No colour is singled out as "nothing to see", and a blurred image is still an image. What appears along this path is
detail, coarse to fine. Complete like every path: Σ_i A_i = F(x) − F(G_σmax ∗ x).
"""

import math
from typing import Annotated

import torch
from torch import Tensor

from xai_core import symbols
from xai_core.path.completeness import checked
from xai_core.path.paths import Path
from xai_core.path.traces import READ, Trace
from xai_core.precision import wide
from xai_core.score import ScoreFunction
from xai_core.stages import Method
from xai_core.symbols import Rule, Steps, Symbol

Blur = Annotated[
    float,
    Symbol("sigma", "σ", "widest blur, where the path starts", "pixels", low=1, high=100, step=1, above=True),
]


# The integral does not depend on how fast σ falls, but its sum does: most of a picture comes back in the last pixels of
# σ. Falling evenly (POWER = 1, as published), 100 steps from σ = 50 leave a gap of a fifth of F(x) − F(x′) on the zoo's
# network; with POWER = 2, which puts more of them there, one of a hundredth.
POWER = 2


def scale_space(x: Tensor, sigma: Blur = 50.0) -> Path:
    """The path from `baselines.blur(x, sigma)` to the images x, (N, C, H, W), or signals, (N, C, L).

    sigma: in pixels. Raises TypeError or ValueError if it is not above 0, and ValueError for other shapes of x.
    """
    symbols.check(scale_space, sigma=sigma)
    if x.dim() == 3:
        row = scale_space(x[:, :, None], sigma)  # a signal is a picture of one row
        return Path(lambda α: row.point(α)[..., 0, :], lambda α: row.velocity(α)[..., 0, :])
    if x.dim() != 4:
        raise ValueError(
            f"x must be images (N, C, H, W) or signals (N, C, L), to be blurred; got shape {tuple(x.shape)}"
        )
    x = x.detach()
    precise = x.to(wide(x))

    def blurs(α: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        width = sigma * (1 - α.to(precise)) ** POWER  # (n,)
        sides = {n: _blur_matrix(width, sigma, n) for n in set(x.shape[2:])}  # a square picture has but one
        return *sides[x.shape[2]], *sides[x.shape[3]]

    def point(α: Tensor) -> Tensor:
        down, _, across, _ = blurs(α)
        return down @ precise @ across.mT  # (n, N, C, H, W)

    def velocity(α: Tensor) -> Tensor:
        """dγ/dα = ∂γ/∂σ · dσ/dα. Columns and rows are blurred one after the other: the product rule has two terms."""
        down, down_rate, across, across_rate = blurs(α)
        rate = down_rate @ precise @ across.mT + down @ precise @ across_rate.mT
        speed = -POWER * sigma * (1 - α.to(precise)) ** (POWER - 1)  # dσ/dα
        return speed.view(-1, 1, 1, 1, 1) * rate

    return Path(point, velocity)


def _blur_matrix(width: Tensor, widest: float, size: int) -> tuple[Tensor, Tensor]:
    """The blur of `size` pixels in a row as a matrix, and its derivative in σ: (n,) → (n, 1, 1, size, size).

    The kernel reaches 3 σ_max on both sides for every σ: if its reach shrank with σ, γ would jump where a pixel drops
    out, and a path with jumps is not complete. Beyond the border the border's pixel is repeated.
    """
    reach = math.ceil(3 * widest)
    offset = torch.arange(-reach, reach + 1, device=width.device, dtype=width.dtype)
    σ = width[:, None].clamp(min=0.01)  # there the kernel has long been one pixel
    kernel = torch.exp(-offset.square() / (2 * σ**2))
    rate = kernel * offset.square() / σ**3  # d kernel / dσ
    whole = kernel.sum(1, keepdim=True)
    kernel, rate = kernel / whole, (rate - kernel * rate.sum(1, keepdim=True) / whole) / whole  # (n, 2 reach + 1)
    pixel = torch.arange(size, device=width.device)
    source = (pixel[:, None] + offset.long()).clamp(0, size - 1).expand(len(width), -1, -1)  # (n, size, 2 reach + 1)
    empty = torch.zeros(len(width), size, size, device=width.device, dtype=width.dtype)
    matrix, derivative = (empty.scatter_add(2, source, each[:, None].expand_as(source)) for each in (kernel, rate))
    return matrix[:, None, None], derivative[:, None, None]  # to multiply images (N, C, H, W)


def blur_trace(f: ScoreFunction, x: Tensor, sigma: Blur = 50.0) -> Trace:
    """The trace of the path through scale space."""
    return Trace(f, scale_space(x, sigma), x)


def blur_ig(f: ScoreFunction, x: Tensor, B: Steps = 100, sigma: Blur = 50.0, rule: Rule = "right") -> Tensor:
    """∫ ∇F ⊙ dγ along the scale space of x, from σ to 0: images (N, C, H, W) → (N, C, H, W), signals alike.

    In units of the score; [Xu2020]. B = 100 and σ = 50 pixels: the authors' defaults. B and rule as in `quadrature`.
    Costs B gradients. Raises TypeError or ValueError for a B, sigma or rule that is not allowed, or other shapes of x.

    Examples:
        A picture of two pixels, 0 and 1. Widely blurred both are about ½, and F is their sum.

        >>> import torch, xai_core
        >>> x = torch.tensor([0.0, 1.0]).view(1, 1, 1, 2)
        >>> xai_core.blur_ig(lambda x: x.flatten(1).sum(1), x)[0, 0].round(decimals=1)
        tensor([[-0.5000,  0.5000]])
    """
    symbols.check(blur_ig, B=B, rule=rule)
    walked = Trace(f, scale_space(x, sigma), x, keep=0)
    return checked(walked, walked.attribution(B, rule), "blur_ig")


ROWS = (
    Method(
        blur_ig,
        title="BlurIG",
        family="path",
        paper="Xu, Venugopalan & Sundararajan 2020",
        equation=r"A = \int_0^1 \nabla F_c(\gamma(\alpha)) \odot \gamma'(\alpha) \, d\alpha, \qquad"
        r" \gamma(\alpha) = G_{\sigma(\alpha)} * x, \quad \sigma: \sigma_{\max} \to 0",
        cost="B + 1",
        needs="gradients",
        stages={"trace": blur_trace, **READ},
    ),
)
