"""Activation maximisation: the picture that a class likes best, painted by the network itself.

    x* = argmax_x  F_c(x) − λ · TV(x)                      Erhan et al. 2009; Simonyan et al. 2014
    x ← blur( clip( ½ + (1 − δ)(x + μ g/rms(g) − ½) ) )    g = ∇ₓ[F_c(shifted x) − λ · TV(x)],  T times

    TV(x) = 1/(HW) Σ |x_{i+1,j} − x_{ij}| + |x_{i,j+1} − x_{ij}|       over all pixels and channels

Without help the ascent finds noise that no animal resembles and the network is certain of. The help is a prior, in five
parts: jitter (a gradient is taken on a shifted picture, so that nothing can hang on one pixel's place), a Gaussian blur
that fades from σ to 0 while T runs (coarse shapes first; Yosinski et al. 2015), total variation λ (Mahendran & Vedaldi
2015), a decay δ towards grey, and the start (Olah, Mordvintsev & Schubert 2017 survey them). [Erhan2009; Simonyan2014;
Yosinski2015; Mahendran2015; Olah2017]. So the picture shows what network *and* prior like. A global explanation: of a
class, not of a picture. F_c should be the logit: a probability also rises when all other classes fall, and stops at 1.
Units: F_c. The rate μ is the root mean square change of a number in a step, whatever the network's gradients.
What to look at: the same picture shown to another network (`shown_to`): what is only noise to one is noise to the rest.
"""

from dataclasses import dataclass
from typing import Annotated

import torch
from torch import Tensor

from xai_core import symbols
from xai_core.baselines import BaselineName, make_baseline
from xai_core.baselines import blur as blurred
from xai_core.inputs import check_input
from xai_core.precision import wide
from xai_core.score import Score, check_score, gradient, passes
from xai_core.symbols import Symbol

AscentSteps = Annotated[
    int, Symbol("steps", "T", "steps of the ascent", "gradients", low=10, high=300, step=10, least=1, whole=True)
]
AscentRate = Annotated[
    float,
    Symbol("rate", "μ", "change of a number in a step, root mean square", "pixel values", low=0.005, high=0.1,
           step=0.005, above=True),
]  # fmt: skip
Jitter = Annotated[
    int, Symbol("jitter", "j", "farthest shift before a gradient", "pixels", low=0, high=16, step=1, whole=True)
]
AscentBlur = Annotated[
    float, Symbol("blur", "σ", "blur after the first step, fading to none", "pixels", low=0, high=4, step=0.1)
]
TVWeight = Annotated[float, Symbol("tv", "λ", "weight of total variation", "units of F_c", low=0, high=20, step=0.5)]
Decay = Annotated[
    float, Symbol("decay", "δ", "pull towards grey in a step", "of the distance", low=0, high=0.2, step=0.01, most=1)
]
Snapshots = Annotated[
    int, Symbol("snapshots", "S", "pictures kept on the way", "pictures", low=1, high=30, step=1, least=1, whole=True)
]


@dataclass(frozen=True, eq=False)
class Maximised:
    """The way to x*, in S + 1 pictures of N rows."""

    steps: tuple[int, ...]  # after how many steps each picture was kept, 0 … T
    pictures: Tensor  # (S + 1, N, C, H, W)
    logits: Tensor  # (S + 1, N), of the class
    probabilities: Tensor  # (S + 1, N)
    variation: Tensor  # (S + 1, N), TV

    @property
    def picture(self) -> Tensor:
        """x*, (N, C, H, W)."""
        return self.pictures[-1]


def maximise(
    f: Score,
    x: Tensor,
    start: BaselineName = "grey",
    steps: AscentSteps = 100,
    rate: AscentRate = 0.02,
    jitter: Jitter = 4,
    blur: AscentBlur = 1.0,
    tv: TVWeight = 1.0,
    decay: Decay = 0.0,
    snapshots: Snapshots = 10,
    seed: int = 0,
) -> Maximised:
    """Paint the picture that f's class likes best, one for each row of x.

    f: the score, with output="logit" unless you want to see why not. x: images (N, C, H, W) of the size that the
        network takes; what they show only matters for a start that is made of them ("mean", "blurred", or x itself).
    start: as in `make_baseline`. seed: of the shifts and of a noisy start; all rows are shifted alike.
    Costs T gradients. Raises TypeError or ValueError with the argument's name, what was given and what is allowed.
    """
    symbols.check(
        maximise, steps=steps, rate=rate, jitter=jitter, blur=blur, tv=tv, decay=decay, snapshots=snapshots
    )  # fmt: skip
    check_score(f)
    check_input(x)
    if x.dim() != 4:
        raise ValueError(f"x must be images (N, C, H, W); got shape {tuple(x.shape)}")
    at = make_baseline(x, start, seed).clamp(0, 1)
    generator = torch.Generator().manual_seed(seed)
    keep = sorted({round(k * steps / snapshots) for k in range(snapshots + 1)})
    kept = [at]
    for t in range(1, steps + 1):
        shift = torch.randint(-jitter, jitter + 1, (2,), generator=generator, device="cpu").tolist()
        g = torch.cat([_slope(f.rows(i), at[i], shift, tv) for i in passes(at)])
        g = g.to(wide(g))
        size = g.square().mean((1, 2, 3), keepdim=True).sqrt()  # (N, 1, 1, 1)
        at = (at + rate * g / size.clamp(min=torch.finfo(g.dtype).tiny)).to(x.dtype)
        at = (0.5 + (1 - decay) * (at - 0.5)).clamp(0, 1)
        sigma = blur * (1 - t / steps)
        at = blurred(at, sigma) if sigma > 0 else at
        if t in keep:
            kept.append(at)
    pictures = torch.stack(kept)
    logits, probabilities = (
        torch.stack([_of_class(f, picture, probability) for picture in kept]) for probability in (False, True)
    )
    return Maximised(tuple(keep), pictures, logits, probabilities, torch.stack([total_variation(p) for p in kept]))


def total_variation(x: Tensor) -> Tensor:
    """TV: the jumps from pixel to pixel, down and across, over all channels, for each pixel: (N, C, H, W) → (N,)."""
    down, across = (x.diff(dim=d).abs().sum((1, 2, 3), dtype=wide(x)) for d in (2, 3))
    return ((down + across) / (x.shape[2] * x.shape[3])).to(x)


def shown_to(f: Score, pictures: Tensor) -> Tensor:
    """The probabilities of all classes that f's network gives to pictures: (N, C, H, W) → (N, classes).

    f: the score of *another* network than the one that painted them.
    """
    check_score(f)
    with torch.no_grad():
        return torch.cat([f.logits(pictures[i]).softmax(1) for i in passes(pictures)])


def _slope(f: Score, x: Tensor, shift: list[int], tv: float) -> Tensor:
    """g, taken on the shifted picture and given back in the place of the unshifted: (n, C, H, W)."""
    return gradient(lambda x: f(x.roll(shift, (2, 3))) - tv * total_variation(x), x)[1]


def _of_class(f: Score, x: Tensor, probability: bool) -> Tensor:
    """The class's probability, or its logit: (N, …) → (N,)."""
    with torch.no_grad():
        logits = torch.cat([f.logits(x[i]) for i in passes(x)])
    answers = logits.softmax(1) if probability else logits
    return answers.gather(1, f.target.to(x.device).expand(len(x))[:, None])[:, 0]
