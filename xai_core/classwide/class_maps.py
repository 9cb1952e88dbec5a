"""What is a 3 to the network? One map a class, by six methods (NormLIME paper: Ahern et al. 2019, §4.1) [Ahern2019].

    VarGrad, SmoothGrad²   mean over 10 pictures of the class, 100 noisy copies, σ = 0.3               §4.1.1, §4.1.2
    LIME                   I_SP of the positive weights of the class's explanations                    eq. 6, §4.1.3
    NormLIME               S_y, signed                                                                 eq. 9
    KernelSHAP             mean over the same 10 pictures of φ; "off" is the fill
    random                 noise: what any number has to beat

and two numbers that judge a map:

    kept       ½ (P(named y | x is y) + P(not named y | x is not)), only the best features of the map left: ½ is a guess
    likeness   Pearson's correlation of the map with the mean picture of the class

What to look at: the two numbers together. A map may look just like a 3 and yet be no good at telling 3s from 8s. People
who vote for the map that resembles the digit judge the second number.
"""

import warnings
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from xai_core.classwide.aggregate import class_normlime, conditioned_i_sp, whole_numbers
from xai_core.classwide.local_weights import LocalWeights
from xai_core.gradient.gradients import smoothgrad_squared, vargrad
from xai_core.perturbation.neighbourhood import neighbourhood
from xai_core.perturbation.shapley import coalitions, shapley_values
from xai_core.perturbation.superpixels import filling
from xai_core.rankings import check_map
from xai_core.score import Score, passes
from xai_core.symbols import Fill, Samples

METHODS = ("VarGrad", "SmoothGrad²", "LIME", "NormLIME", "KernelSHAP", "random")
SHARES = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5)  # of the features, at which `kept` is averaged


def class_maps(
    f: Score,
    X: Tensor,
    local: LocalWeights,
    y: int,
    N: Samples = 1000,
    fill: Fill = "black",
    pictures: int = 10,
    seed: int = 0,
) -> dict[str, Tensor]:
    """The map of the class y by each of `METHODS`: name → (M,), one number a feature.

    X: the inputs that `local` explains. N, fill: KernelSHAP's. Raises ValueError if the network takes no input for y.
    """
    if local.segments is None:
        raise ValueError("local must explain tensors, whose features have places; those of words and tables have none")
    mine = X[local.labels == y]
    if not len(mine):
        raise ValueError(f"y must be a class that the network gives to one of the {len(X)} inputs; got {y}")
    found = averaged_maps(f, mine[:pictures], local.segments, y, N, fill, seed) | lime_maps(local, y)
    return {name: found[name] for name in METHODS}


def lime_maps(local: LocalWeights, y: int) -> dict[str, Tensor]:
    """The two that are read off W: (M,) each."""
    return {
        "LIME": conditioned_i_sp(local.weights, local.labels, y),
        "NormLIME": class_normlime(local.weights, local.labels, y),
    }


def averaged_maps(
    f: Score, X: Tensor, segments: Tensor, y: int, N: Samples = 1000, fill: Fill = "black", seed: int = 0
) -> dict[str, Tensor]:
    """The four that are means over the pictures X of the class y, and noise: (M,) each.

    KernelSHAP needs more masks than features: N is raised to 2 M + 2, every feature alone on and alone off, if less.
    """
    f = replace(f, target=torch.tensor([y], device="cpu"))
    M = int(segments.max()) + 1
    masks, weights = coalitions(M, max(N, 2 * M + 2), seed)
    values = []
    for x in X.split(1):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # all alone on and all alone off tell M features apart, but one sum
            values.append(shapley_values(neighbourhood(f, x, len(masks), segments, fill, masks=masks), weights))
    return {
        "VarGrad": on_features(vargrad(f, X, seed=seed).mean(0), segments),
        "SmoothGrad²": on_features(smoothgrad_squared(f, X, seed=seed).mean(0), segments),
        "KernelSHAP": torch.stack(values).mean(0),
        "random": torch.from_numpy(np.random.default_rng([seed, y]).random(M)),
    }


def on_features(A: Tensor, segments: Tensor) -> Tensor:
    """The mean of a map over each feature, channels added: (C, H, W) → (M,), float64.

    Raises ValueError for a map that is not finite.
    """
    check_map(A[None])
    flat, where = A.detach().cpu().double().sum(0).flatten(), segments.flatten()
    return torch.bincount(where, flat) / torch.bincount(where)


def kept(
    f: Score,
    X: Tensor,
    labels: Tensor,
    y: int,
    importance: Tensor,
    segments: Tensor,
    shares: Sequence[float] = SHARES,
    fill: Fill = "black",
) -> Tensor:
    """Of every input only the features that matter most to y are left: is y still told from the rest? → (shares,).

    importance: (M,), largest first; of equal ones the first. labels: the class of each input, (n,).
    The mean of two shares: inputs of y that are named y, inputs of other classes that are not. ½ is a guess: a mask of
    the shape of a 3, laid over an 8, must not make a 3 of it.
    Raises ValueError unless labels are whole numbers, one an input, some of them y and some not, and importance is
    finite.
    """
    check_map(importance[None], "importance")
    known = whole_numbers("labels", labels)
    if len(known) != len(X):
        raise ValueError(f"labels must be one an input, ({len(X)},); got {len(known)}")
    is_y = known == y
    if is_y.all() or not is_y.any():
        raise ValueError(f"labels must have inputs of the class {y} and of others")
    order = importance.argsort(descending=True, stable=True)
    off = torch.cat([filling(x, segments, fill) for x in X.split(1)])
    found = []
    for share in shares:
        left = torch.zeros(len(importance), dtype=torch.bool, device="cpu")
        left[order[: max(1, round(share * len(importance)))]] = True
        seen = torch.where(left[segments].to(X.device), X, off)
        with torch.no_grad():
            named = torch.cat([f.outputs(seen[i]).argmax(1).cpu() for i in passes(seen)]) == y
        found.append((named[is_y].double().mean() + (~named[~is_y]).double().mean()) / 2)
    return torch.stack(found)


def likeness(importance: Tensor, X: Tensor, segments: Tensor) -> float:
    """Pearson's r of a map (M,) with the mean of the pictures X; NaN for a map that is the same everywhere.

    Raises ValueError for a map that is not finite.
    """
    check_map(importance[None], "importance")
    mean = on_features(X.mean(0), segments)
    return float(torch.corrcoef(torch.stack([importance.clamp(min=0), mean]))[0, 1])
