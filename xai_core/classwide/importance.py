"""One importance a feature for a whole data set: what `keep_and_retrain` drops by. Six methods [Ahern2019, §5.1].

    random        all the same: whoever drops features has to draw lots
    SmoothGrad²   mean over the inputs of the mean of (∇F)²       100 noisy copies, σ = 0.3
    VarGrad       mean over the inputs of the variance of ∇F      100 noisy copies, σ = 0.3
    KernelSHAP    mean over the inputs of |φ|
    LIME          I_SP = ‖ω_i‖₂, the norm of a column of W        eq. 6
    NormLIME      S = mean over w that use i of γ |w_i|           eq. 3

F is the probability of the class that the network gives to the input itself, so that an average over inputs of all
classes is one over classes. Signs go: a feature that speaks against a class is needed as much as one that speaks for
it. The paper does not say how it joins the classes of its baselines; this is the plain mean.
Units: squared slopes, probabilities; only the order counts.
What to look at: how many features a method calls exactly 0. Among those it has no order.
"""

from typing import Annotated

import torch
from torch import Tensor

from xai_core import symbols
from xai_core.classwide.aggregate import i_sp, normlime
from xai_core.classwide.local_weights import Progress, local_weights
from xai_core.gradient.gradients import smoothgrad_squared, vargrad
from xai_core.perturbation.neighbourhood import Neighbourhood, neighbourhood
from xai_core.perturbation.shapley import coalitions, shapley_table
from xai_core.perturbation.superpixels import superpixels
from xai_core.score import Score
from xai_core.symbols import Choice, Fill, Length, Samples

GlobalMethod = Annotated[
    str,
    Choice("method", "how the features of a data set are ranked",
           ("random", "SmoothGrad²", "VarGrad", "KernelSHAP", "LIME", "NormLIME")),
]  # fmt: skip


def global_importance(
    f: Score,
    X: Tensor,
    method: GlobalMethod,
    N: Samples = 1000,
    K: Length = 20,
    fill: Fill = "black",
    seed: int = 0,
    progress: Progress = iter,
) -> Tensor:
    """The importance of each feature over the inputs X, for the classes that f was made for: (M,) float64, at least 0.

    X: (n, 1, H, W) or (n, M): every number is a feature. f: `make_score(model, X, "predicted")`.
    N, fill: of LIME, NormLIME and KernelSHAP, which needs more masks than features: N is raised to 2 M + 2, every
        feature alone on and alone off, if less. K: features that one explanation of LIME and NormLIME uses.
    Raises ValueError for another method, or an image of several channels.
    """
    symbols.check(global_importance, method=method, N=N, K=K, fill=fill)
    M = X[0].numel()
    if X.dim() == 4 and X.shape[1] != 1:
        raise ValueError(f"X must have one channel, each pixel a feature, or be (n, M); got {tuple(X.shape)}")
    if method == "random":
        return torch.zeros(M, dtype=torch.double, device="cpu")
    if method in ("SmoothGrad²", "VarGrad"):
        A = (smoothgrad_squared if method == "SmoothGrad²" else vargrad)(f, X, seed=seed)
        return A.detach().cpu().double().flatten(1).mean(0)
    if method == "KernelSHAP":
        return _shapley(f, X, max(N, 2 * M + 2), fill, seed, progress).abs().mean(0)
    W = local_weights(f, X, N, K, segments="pixels", fill=fill, seed=seed, progress=progress).weights
    return i_sp(W) if method == "LIME" else normlime(W)


def _shapley(f: Score, X: Tensor, N: int, fill: str | Tensor, seed: int, progress: Progress) -> Tensor:
    """φ of every input, for the class that it gets: (n, M). All see the same masks, so that one factorisation does."""
    segments = superpixels(X[:1], "pixels")
    masks, weights = coalitions(X[0].numel(), N, seed)
    columns = []
    for j in progress(range(len(X))):
        scores = neighbourhood(f, X[j : j + 1], len(masks), segments, fill, masks=masks).scores
        columns.append(scores[:, scores[0].argmax()])
    return shapley_table(Neighbourhood(segments, masks, torch.stack(columns, 1), 0), weights)
