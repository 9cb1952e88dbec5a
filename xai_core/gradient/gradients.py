"""Gradients: how much would the score change if this pixel changed a little?

    simple gradient      A = ∇F(x)                              Simonyan, Vedaldi & Zisserman 2014, §3   [Simonyan2014]
    gradient × input     A = x ⊙ ∇F(x)                          Shrikumar et al. 2016                    [Shrikumar2016]
    SmoothGrad           A = 1/N Σ ∇F(x + n_k),  n ~ N(0, σ²)   Smilkov et al. 2017, §3                  [Smilkov2017]
    SmoothGrad²          A = 1/N Σ ∇F(x + n_k)²                 Hooker et al. 2019, §4                   [Hooker2019]
    VarGrad              A = Var_k ∇F(x + n_k)                  Adebayo et al. 2018, §2                  [Adebayo2018]

Units: score per unit of the input; × input gives score; the last two are squares. Signs are kept.
What to look at: where F is saturated the gradient is 0, however important the pixel: 1 − ReLU(1 − x) at x = 2.
"""

from collections.abc import Iterator
from typing import Annotated

import torch
from torch import Tensor

from xai_core import symbols
from xai_core.precision import for_squares, wide
from xai_core.score import ScoreFunction, gradient, rows_at_once
from xai_core.stages import Method
from xai_core.symbols import Symbol

Copies = Annotated[
    int, Symbol("N", "N", "noisy copies of the input", "gradients", low=2, high=200, step=1, least=1, whole=True)
]
Noise = Annotated[
    float,
    Symbol("sigma", "σ", "standard deviation of the noise", "of the input's range", low=0.01, high=0.5, step=0.01,
           above=True),
]  # fmt: skip


def simple_gradient(f: ScoreFunction, x: Tensor) -> Tensor:
    """∇F(x): (N, …) → (N, …), signed, in score per unit of the input. [Simonyan2014, §3].

    Costs 1 gradient. Raises ValueError if F has no gradient at x.

    Examples:
        Saturation: F = Σ 1 − ReLU(1 − x_i) does not change any more where x_i is 1 or larger.

        >>> import torch, xai_core
        >>> x = torch.tensor([[1.0, 2.0, 3.0, 0.0, -1.0, 7.0]])
        >>> xai_core.simple_gradient(lambda x: (1 - (1 - x).relu()).sum(1), x).int().tolist()
        [[0, 0, 0, 1, 1, 0]]
    """
    return gradient(f, x)[1]


def gradient_x_input(f: ScoreFunction, x: Tensor) -> Tensor:
    """x ⊙ ∇F(x): (N, …) → (N, …), in units of the score. [Shrikumar2016].

    Costs 1 gradient. Raises ValueError if F has no gradient at x.

    Examples:
        F = 2x₁ + 3x₂² has the gradient (2, 6x₂) = (2, 12) at (1, 2).

        >>> import torch, xai_core
        >>> xai_core.gradient_x_input(lambda x: 2 * x[:, 0] + 3 * x[:, 1] ** 2, torch.tensor([[1.0, 2.0]]))
        tensor([[ 2., 24.]])
    """
    return x.detach() * gradient(f, x)[1]


def smoothgrad(f: ScoreFunction, x: Tensor, N: Copies = 50, sigma: Noise = 0.15, seed: int = 0) -> Tensor:
    """The mean gradient of N noisy copies of x: (N, …) → (N, …), in score per unit of the input. [Smilkov2017, §3].

    sigma is relative to each image's range max − min, as in the paper. All images of a batch get the same noise, so
    an image's explanation does not depend on its neighbours. Costs N gradients.
    Raises TypeError or ValueError for an N or sigma that is not allowed, and ValueError if F has no gradient.

    Examples:
        The gradient of F = 2x₁ − x₂ is the same at every noisy copy.

        >>> import torch, xai_core
        >>> xai_core.smoothgrad(lambda x: 2 * x[:, 0] - x[:, 1], torch.tensor([[1.0, 2.0]]))
        tensor([[ 2., -1.]])
    """
    symbols.check(smoothgrad, N=N, sigma=sigma)
    total = torch.zeros_like(x, dtype=wide(x))
    for slopes in _noisy_gradients(f, x, N, sigma, seed):  # (n, N, …)
        total += slopes.sum(0)
    return (total / N).to(x.dtype)


def smoothgrad_squared(f: ScoreFunction, x: Tensor, N: Copies = 100, sigma: Noise = 0.3, seed: int = 0) -> Tensor:
    """The mean squared gradient of N noisy copies of x: (N, …) → (N, …), not negative. [Hooker2019, §4].

    Units: squares of the gradient's, in the type of x (of float16 in float32, which has room for squares).
    Defaults: [Ahern2019, §5]. sigma and the noise: see `smoothgrad`.
    Costs N gradients.
    Raises TypeError or ValueError for an N or sigma that is not allowed, and ValueError if F has no gradient.

    Examples:
        >>> import torch, xai_core
        >>> xai_core.smoothgrad_squared(lambda x: 2 * x[:, 0] - x[:, 1], torch.tensor([[1.0, 2.0]]))
        tensor([[4., 1.]])
    """
    symbols.check(smoothgrad_squared, N=N, sigma=sigma)
    total = torch.zeros_like(x, dtype=wide(x))
    for slopes in _noisy_gradients(f, x, N, sigma, seed):
        total += slopes.square().sum(0)
    return (total / N).to(for_squares(x))


def vargrad(f: ScoreFunction, x: Tensor, N: Copies = 100, sigma: Noise = 0.3, seed: int = 0) -> Tensor:
    """The unbiased variance of the gradient over N noisy copies of x: (N, …) → (N, …). [Adebayo2018, §2].

    Units: squares of the gradient's, in the type of x (of float16 in float32, which has room for squares).
    Defaults: [Ahern2019, §5]. sigma and the noise: see `smoothgrad`.
    Costs N gradients.
    Raises TypeError or ValueError for an N (2 at least) or sigma that is not allowed, or if F has no gradient.

    Examples:
        A linear F has one slope everywhere, and no variance.

        >>> import torch, xai_core
        >>> xai_core.vargrad(lambda x: 2 * x[:, 0] - x[:, 1], torch.tensor([[1.0, 2.0]]))
        tensor([[0., 0.]])
    """
    symbols.check(vargrad, N=N, sigma=sigma)
    if N < 2:
        raise ValueError(f"N must be at least 2 for a variance; got {N}")
    count, mean, squares = 0, torch.zeros_like(x, dtype=wide(x)), torch.zeros_like(x, dtype=wide(x))
    for slopes in _noisy_gradients(f, x, N, sigma, seed):
        # Merging means and sums of squared deviations [Chan1983]: no difference of large numbers, so never < 0.
        n, part = len(slopes), slopes.mean(0)
        squares += (slopes - part).square().sum(0) + (part - mean).square() * (count * n / (count + n))
        mean += (part - mean) * (n / (count + n))
        count += n
    return (squares / (N - 1)).to(for_squares(x))


def _noisy_gradients(f: ScoreFunction, x: Tensor, N: int, sigma: float, seed: int) -> Iterator[Tensor]:
    """∇F(x + n_k) for k = 1…N, in passes of bounded memory: each (n, N, …), in single precision at least."""
    x, narrow = x.detach().to(wide(x)), x.dtype  # 16 bits see the same noise as 32
    span = x.flatten(1).amax(1) - x.flatten(1).amin(1)  # (N,)
    scale = sigma * span.view(-1, *[1] * (x.dim() - 1))
    generator = torch.Generator().manual_seed(seed)
    for copies in torch.arange(N, device="cpu").split(max(1, rows_at_once(x) // len(x))):
        # One draw a copy, so that the noise depends on the seed alone and not on the size of a pass.
        noise = torch.stack(
            [torch.randn(x.shape[1:], generator=generator, dtype=x.dtype, device="cpu") for _ in copies]
        )
        points = x + scale * noise[:, None].to(x.device)  # (n, N, …)
        yield gradient(f, points.flatten(0, 1).to(narrow))[1].view(points.shape).to(wide(x))


def _nothing(x: Tensor) -> Tensor:
    """Where x ⊙ ∇F would have to start from, if its sum were one over a path."""
    return torch.zeros_like(x)


ROWS = (
    Method(
        simple_gradient,
        title="Simple gradient",
        family="gradient",
        paper="Simonyan, Vedaldi & Zisserman 2014",
        equation=r"A = \nabla_x F_c(x)",
        cost="1",
        needs="gradients",
    ),
    Method(
        gradient_x_input,
        title="Gradient × input",
        family="gradient",
        paper="Shrikumar, Greenside & Kundaje 2016",
        equation=r"A = x \odot \nabla_x F_c(x)",
        cost="1",
        needs="gradients",
        stages={"off": _nothing, "attribution": gradient_x_input},
    ),
    Method(
        smoothgrad,
        title="SmoothGrad",
        family="gradient",
        paper="Smilkov et al. 2017",
        equation=r"A = \frac{1}{N} \sum_{k=1}^{N} \nabla F_c(x + n_k), \qquad n_k \sim \mathcal{N}(0, \sigma^2)",
        cost="N",
        needs="gradients",
    ),
    Method(
        smoothgrad_squared,
        title="SmoothGrad²",
        family="gradient",
        paper="Hooker et al. 2019",
        equation=r"A = \frac{1}{N} \sum_{k} \nabla F_c(x + n_k)^2, \qquad n_k \sim \mathcal{N}(0, \sigma^2)",
        cost="N",
        needs="gradients",
    ),
    Method(
        vargrad,
        title="VarGrad",
        family="gradient",
        paper="Adebayo et al. 2018",
        equation=r"A = \mathrm{Var}_k \, \nabla F_c(x + n_k), \qquad n_k \sim \mathcal{N}(0, \sigma^2)",
        cost="N",
        needs="gradients",
    ),
)
