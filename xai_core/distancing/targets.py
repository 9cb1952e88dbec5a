"""Artificial distancing: what a network should answer if it held two classes further apart, and how nearly one does.

    y_i = N(x_i), but   y_i[b] − α_a  for samples of class a,   y_i[a] − α_b  for samples of class b

Units: α and logits alike, errors are squares of them. What to look at: `after` beside `before`, then `order`: 1 means
that no sample changed places.

Rodrigues, Boutry & Najman 2024 [Rodrigues2024, §4.1]. Only a distance changes: within a class each sample keeps its
place among the others, in either logit. A network that was trained to these answers is a *support regression*
(supports.py). GAD (gad.py) believes what all of them look at, so it stands or falls with how well they learned.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import torch
from torch import Tensor

from xai_core import symbols
from xai_core.rankings import rank_correlation
from xai_core.symbols import Symbol

Distance = Annotated[
    float | tuple[float, float],
    Symbol("alpha", "α", "how far the other class's logit is lowered", "logits", low=0, high=12, step=0.5),
]


Pair = tuple[float, float]  # of class a, of class b


@dataclass(frozen=True)
class Regression:
    """How well a support regression reached its targets, on the samples that it learned from.

    NaN where there is nothing to measure: no distance was wanted, or a logit is the same for all samples of a class.
    """

    before: float  # mean squared error of the analysed network, logits²
    after: float  # of the support network
    curve: tuple[float, ...]  # during each epoch, over its batches as they were met
    reached: Pair  # mean fall of the other class's logit, as a share of α
    order: tuple[Pair, Pair]  # Spearman's ρ with the analysed network; rows: samples of a, b; columns: logits a, b
    elsewhere: float  # root mean square change of the logits that should have stayed

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> "Regression":
        """The report again, from `dataclasses.asdict` of it or from what JSON makes of that."""
        as_tuples = {"curve": tuple(facts["curve"]), "reached": tuple(facts["reached"])}
        return cls(**dict(facts) | as_tuples | {"order": tuple(map(tuple, facts["order"]))})


def distanced(logits: Tensor, labels: Tensor, classes: tuple[int, int], alpha: Distance) -> Tensor:
    """The targets: for samples of class a the logit of b is lowered by α_a, for those of b the logit of a by α_b.

    logits (n, C); labels (n,), class numbers; classes (a, b); alpha: one number for both classes, or (α_a, α_b).
    Returns (n, C). All else is as it was, the samples of other classes entirely. [Rodrigues2024, §4.1].
    Raises TypeError or ValueError with the argument's name, what was given and what is allowed.

    Examples:
        >>> import torch, xai_core
        >>> xai_core.distanced(torch.tensor([[5.0, 1.0], [2.0, 3.0]]), torch.tensor([0, 1]), (0, 1), alpha=2)
        tensor([[ 5., -1.],
                [ 0.,  3.]])
    """
    if logits.dim() != 2 or not torch.isfinite(logits).all():
        raise ValueError(f"logits must be finite numbers (n, C); got shape {tuple(logits.shape)}, or NaN or infinity")
    (a, b), (alpha_a, alpha_b) = check_classes(classes, logits.shape[1]), both(alpha)
    labels = check_labels(labels, *logits.shape).to(logits.device)
    targets = logits.detach().clone()
    targets[labels == a, b] -= alpha_a
    targets[labels == b, a] -= alpha_b
    return targets


def how_well(
    own: Tensor, found: Tensor, labels: Tensor, classes: tuple[int, int], alpha: Pair, curve: tuple[float, ...] = ()
) -> Regression:
    """The report: the analysed network's logits (n, C) beside those of its support network (n, C).

    Raises TypeError or ValueError as `distanced` does.
    """
    labels, targets = labels.to(own.device), distanced(own, labels, classes, alpha)
    of_class = [(labels == c).nonzero()[:, 0] for c in classes]  # rows of a, of b
    falls = [(own - found)[rows, c].mean().item() for rows, c in zip(of_class, classes[::-1], strict=True)]
    reached = [fall / wanted if wanted else float("nan") for fall, wanted in zip(falls, alpha, strict=True)]
    order = [rank_correlation(found[rows][:, list(classes)].T, own[rows][:, list(classes)].T) for rows in of_class]
    ρ = [(float(of_a), float(of_b)) for of_a, of_b in order]
    changes = (found - own)[targets == own]
    return Regression(
        before=(own - targets).square().mean().item(),
        after=(found - targets).square().mean().item(),
        curve=curve,
        reached=(reached[0], reached[1]),
        order=(ρ[0], ρ[1]),
        elsewhere=changes.square().mean().sqrt().item(),
    )


def both(alpha: Distance) -> Pair:
    """(α_a, α_b) from one number or two. Raises TypeError or ValueError for anything else."""
    pair = tuple(alpha) if isinstance(alpha, tuple | list) else (alpha, alpha)
    if len(pair) != 2:
        raise ValueError(f"alpha must be one number, or two, (α_a, α_b); got {alpha!r}")
    for each in pair:
        symbols.check(distanced, alpha=each)
    return float(pair[0]), float(pair[1])


def check_classes(classes: tuple[int, int], count: int) -> tuple[int, int]:
    """Two different class numbers below `count`; raises ValueError for anything else."""
    allowed = f"classes must be two different class numbers from 0 to {count - 1}"
    if not isinstance(classes, tuple | list) or len(classes) != 2 or any(isinstance(c, bool) for c in classes):
        raise ValueError(f"{allowed}; got {classes!r}")
    if classes[0] == classes[1] or any(c not in range(count) for c in classes):
        raise ValueError(f"{allowed}; got {classes!r}")
    return int(classes[0]), int(classes[1])


def check_labels(labels: Tensor, n: int, count: int) -> Tensor:
    """Labels (n,) as long integers below `count`; raises TypeError or ValueError for anything else."""
    allowed = f"labels must be a tensor of {n} class numbers from 0 to {count - 1}, one a sample"
    if not isinstance(labels, Tensor):
        raise TypeError(f"{allowed}; got {type(labels).__name__}")
    if labels.is_floating_point() or labels.is_complex() or labels.dtype == torch.bool:
        raise TypeError(f"{allowed}; got a tensor of {labels.dtype}")
    if labels.shape != (n,):
        raise ValueError(f"{allowed}; got a tensor of shape {tuple(labels.shape)}")
    outside = labels[(labels < 0) | (labels >= count)]
    if len(outside):
        raise ValueError(f"{allowed}; got {int(outside[0])}")
    return labels.detach().long()
