"""Support regressions: the analysed network, trained on until its answers are the distanced ones.

    θ_α = argmin_θ  1/(nC) Σ_i ‖N_θ(x_i) − y_i‖²      from the analysed weights, by Adam         [Rodrigues2024, §4.2]

Units: α in logits. What to look at: the report, before any map is believed.

Rodrigues, Boutry & Najman 2024. The logits are regressed as they are: what a softmax would make of them plays no part.
The aim is to meet these targets on these samples, not to generalise: a support network is a witness, not a better
classifier. The networks are known by what they were made from, and kept in files of that name (kept_files.py).
"""

import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from numbers import Integral
from pathlib import Path
from typing import Annotated, Any

import torch
from torch import Tensor, nn

from xai_core import kept_files, symbols
from xai_core.distancing.regression import own_weights, regress
from xai_core.distancing.targets import (
    Distance,
    Pair,
    Regression,
    both,
    check_classes,
    check_labels,
    distanced,
    how_well,
)
from xai_core.network.private_copy import private_copy
from xai_core.score import Score, make_score, passes
from xai_core.symbols import Symbol

Epochs = Annotated[
    int,
    Symbol("epochs", "E", "times that a regression sees every sample", "passes", low=1, high=50, step=1, least=1,
           whole=True),
]  # fmt: skip
LearningRate = Annotated[
    float,
    Symbol("rate", "λ", "learning rate of a regression", "change of a weight in a step", low=1e-6, high=1e-2,
           step=1e-6, above=True, logarithmic=True),
]  # fmt: skip
BatchSize = Annotated[
    int,
    Symbol(
        "batch", "b", "samples in one step of a regression", "samples", low=8, high=128, step=8, least=1, whole=True
    ),
]


RECIPE = 1  # part of every kept file's name: raise it when the training below changes
PROBE = 8  # samples by whose logits a kept file proves that it belongs to this network

Told = Callable[[int, int], None]  # hears (steps done, steps in all)


@dataclass(frozen=True, eq=False)
class Support:
    """A network that holds two classes further apart: evaluation mode, frozen, its weights in memory of its own."""

    model: nn.Module
    classes: tuple[int, int]  # (a, b)
    alpha: Pair  # (α_a, α_b)
    report: Regression


@torch.inference_mode(False)  # autograd cannot use what is made in a caller's inference mode
def support_network(
    model: nn.Module,
    X: Tensor,
    labels: Tensor,
    classes: tuple[int, int],
    alpha: Distance,
    *,
    epochs: Epochs = 10,
    rate: LearningRate = 4e-5,
    batch: BatchSize = 32,
    seed: int = 0,
    progress: Told = lambda done, total: None,
    keep: Path | str | None = None,
) -> Support:
    """The support regression for one α. Defaults for epochs and rate: paper, §6.

    model: any module (N, …) → (N, C), logits; never changed. While one is trained there are four more of its size in
        memory: the weights, their gradients and Adam's two averages.
    X: samples (n, …), on the model's device; labels (n,): class numbers, both of `classes` = (a, b) among them.
    alpha: one number for both classes, or (α_a, α_b). At 0 nothing is trained: it is the network itself, bit for bit.
    seed: of the order of the samples, which is all that is random. The same seed gives the same bits on one machine.
    progress: hears the steps done and the steps in all.
    keep: a folder of trained networks, each named by all that it was made from, so that nothing is trained twice.
    Raises TypeError or ValueError with the argument's name, what was given and what is allowed.
    """
    symbols.check(support_network, epochs=epochs, rate=rate, batch=batch)
    if isinstance(seed, bool) or not isinstance(seed, Integral) or not 0 <= seed < 2**63:
        raise ValueError(f"seed must be a whole number from 0 to 2⁶³ − 1; got {seed!r}")
    f, alpha, X = make_score(model, X, 0, output="logit"), both(alpha), X.detach()
    probe = _logits(f, X[:PROBE])
    classes, labels = _checked(classes, labels, len(X), probe.shape[1])
    recipe = {"epochs": int(epochs), "rate": float(rate), "batch": int(batch), "seed": int(seed)}
    steps = epochs * math.ceil(len(X) / batch)
    path = keep and Path(keep) / f"{_key(f.model, X, labels, classes=classes, alpha=alpha, **recipe)}.safetensors"
    known = _recall(path, f.model, probe) if path else None
    if known:
        progress(steps, steps)
        return Support(known[0], classes, alpha, known[1])
    own = _logits(f, X)
    if alpha == (0, 0):
        θ, curve = own_weights(f.model), ()
        progress(steps, steps)
    else:
        targets = distanced(own, labels, classes, alpha)
        θ, curve = regress(f.model, X, targets, **recipe, tell=lambda done: progress(done, steps))
    report = how_well(own, _logits(replace(f, model=θ), X), labels, classes, alpha, curve)
    if path:
        _remember(path, θ, probe, report)
    return Support(θ, classes, alpha, report)


def as_support(
    model: nn.Module,
    trained: nn.Module,
    X: Tensor,
    labels: Tensor,
    classes: tuple[int, int],
    alpha: Distance,
) -> Support:
    """A network that was trained elsewhere as a support of `model`: how well it answers is measured here, on X.

    trained: (N, …) → (N, C), of as many logits as `model`; never changed. The others as in `support_network`.
    Raises TypeError or ValueError with the argument's name, what was given and what is allowed.
    """
    f, θ, X = make_score(model, X, 0, output="logit"), private_copy(trained), X.detach()
    own, found, alpha = _logits(f, X), _logits(replace(f, model=θ), X), both(alpha)
    if found.shape != own.shape:
        raise ValueError(f"trained must have model's {own.shape[1]} logits; it has {found.shape[1]}")
    classes, labels = _checked(classes, labels, *own.shape)
    return Support(θ, classes, alpha, how_well(own, found, labels, classes, alpha))


def support_networks(
    model: nn.Module,
    X: Tensor,
    labels: Tensor,
    classes: tuple[int, int],
    alphas: Sequence[Distance] = (2, 4, 6, 8),
    *,
    progress: Told = lambda done, total: None,
    **settings: Any,
) -> list[Support]:
    """One support regression for each α, all from the analysed weights; `settings` as in `support_network`.

    alphas: in logits; the default is the paper's (§6). Raises TypeError or ValueError as `support_network` does.
    """
    alphas = [both(alpha) for alpha in alphas]  # the last one is wrong: better said before the first is trained

    def part(k: int) -> Told:
        return lambda done, total: progress(k * total + done, len(alphas) * total)

    return [
        support_network(model, X, labels, classes, alpha, progress=part(k), **settings)
        for k, alpha in enumerate(alphas)
    ]


def _checked(classes: tuple[int, int], labels: Tensor, n: int, count: int) -> tuple[tuple[int, int], Tensor]:
    classes, labels = check_classes(classes, count), check_labels(labels, n, count)
    for c in classes:
        if not (labels == c).any():
            raise ValueError(f"labels must hold samples of both classes, {classes[0]} and {classes[1]}; none is of {c}")
    return classes, labels


def _logits(f: Score, X: Tensor) -> Tensor:
    with torch.no_grad():
        return torch.cat([f.logits(X[rows]) for rows in passes(X)])


# --- kept networks ----------------------------------------------------------------------------------------------------


def _key(model: nn.Module, X: Tensor, labels: Tensor, **settings: Any) -> str:
    numbers = dict(model.named_parameters()) | dict(model.named_buffers())
    settings |= {"recipe": RECIPE, "network": str(model), "names": list(numbers)}
    return kept_files.content_key(settings, [*numbers.values(), X, labels])


def _remember(path: Path, θ: nn.Module, probe: Tensor, report: Regression) -> None:
    weights = {f"θ.{name}": parameter for name, parameter in θ.named_parameters()}
    try:
        kept_files.write(path, {"probe": probe, **weights}, asdict(report))
    except OSError as error:  # minutes of training are not lost for want of a place
        warnings.warn(f"keep: the support network could not be kept at {path}: {error}", stacklevel=3)


def _recall(path: Path, model: nn.Module, probe: Tensor) -> tuple[nn.Module, Regression] | None:
    """The kept network and its report; None if there is none of this network.

    Two networks of the same weights may differ in code alone (a ReLU called in `forward`), which no name shows; their
    answers do. Compared to a thousandth, because another machine rounds otherwise.
    """
    kept = kept_files.read(path)
    if kept is None:
        return None
    tensors, report = kept
    if not torch.allclose(tensors["probe"].to(probe), probe, rtol=0, atol=1e-3 * probe.abs().max().item()):
        return None
    θ = private_copy(model)
    for name, parameter in θ.named_parameters():
        parameter.data = tensors[f"θ.{name}"].to(parameter.device)
    return θ, Regression.of(report)
