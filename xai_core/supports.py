"""Support regressions: the analysed network, trained on until its answers are the distanced ones.

    θ_α = argmin_θ  1/(nC) Σ_i ‖N_θ(x_i) − y_i‖²      from the analysed weights, by Adam;   Rodrigues et al. 2024, §4.2

The logits are regressed as they are: what a softmax would make of them plays no part. The aim is to meet these
targets on these samples, not to generalise: a support network is a witness, not a better classifier.

It learns in evaluation mode: dropout off, batch statistics as they are. The targets are logits of evaluation mode, and
they are its own: at α = 0 error and gradient are 0, and the analysed network supports itself. In training mode x's answer
would depend on x's batch, and there would be something to learn even at α = 0.
Units: α in logits. What to look at: the report, before any map is believed.
"""

import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from numbers import Integral
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from xai_core import kept_files, symbols
from xai_core.distancing import Pair, Regression, both, check_classes, check_labels, distanced, how_well
from xai_core.score import Score, make_score, passes, private_copy
from xai_core.symbols import BatchSize, Distance, Epochs, LearningRate

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
    keep: a folder of trained networks, each named by all that it was made from, so that nothing is trained twice.
    Raises TypeError or ValueError with the argument's name, what was given and what is allowed.
    """
    symbols.check(support_network, epochs=epochs, rate=rate, batch=batch)
    if isinstance(seed, bool) or not isinstance(seed, Integral) or not 0 <= seed < 2**63:
        raise ValueError(f"seed must be a whole number from 0 to 2⁶³ − 1; got {seed!r}")
    f, alpha, X = make_score(model, X, 0, output="logit"), both(alpha), X.detach()
    probe = _logits(f, X[:PROBE])
    classes, labels = check_classes(classes, probe.shape[1]), check_labels(labels, len(X), probe.shape[1])
    for c in classes:
        if not (labels == c).any():
            raise ValueError(f"labels must hold samples of both classes, {classes[0]} and {classes[1]}; none is of {c}")
    recipe = {"epochs": int(epochs), "rate": float(rate), "batch": int(batch), "seed": int(seed)}
    steps = epochs * math.ceil(len(X) / batch)
    path = keep and Path(keep) / f"{_key(f.model, X, labels, classes=classes, alpha=alpha, **recipe)}.safetensors"
    θ = _trainable(f.model)
    report = _recall(path, θ, probe) if path else None
    if report is None:
        own = _logits(f, X)
        targets, curve = distanced(own, labels, classes, alpha), ()
        if alpha != (0, 0):
            curve = _learn(θ, X, targets, **recipe, tell=lambda done: progress(done, steps))
        report = how_well(own, _logits(replace(f, model=θ), X), labels, classes, alpha, curve)
        if path:
            _remember(path, θ, probe, report)
    progress(steps, steps)
    return Support(θ.requires_grad_(False), classes, alpha, report)


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
    """One support regression for each α, all from the analysed weights; `settings` as in `support_network`."""
    alphas = [both(alpha) for alpha in alphas]  # the last one is wrong: better said before the first is trained

    def part(k: int) -> Told:
        return lambda done, total: progress(k * total + done, len(alphas) * total)

    return [
        support_network(model, X, labels, classes, alpha, progress=part(k), **settings)
        for k, alpha in enumerate(alphas)
    ]


def _learn(
    θ: nn.Module,
    X: Tensor,
    targets: Tensor,
    epochs: int,
    rate: float,
    batch: int,
    seed: int,
    tell: Callable[[int], None],
) -> tuple[float, ...]:
    """Train θ in place; the mean squared error of each epoch, over its batches as they were met."""
    weights = [p for p in θ.parameters() if p.requires_grad]
    if not weights:
        raise ValueError("model must have weights to train; it has none")
    adam, generator, curve = torch.optim.Adam(weights, rate), torch.Generator().manual_seed(seed), []
    with torch.enable_grad():
        for epoch in range(epochs):
            total, batches = 0.0, torch.randperm(len(X), generator=generator).split(batch)
            for k, rows in enumerate(batches, 1):
                loss = (θ(X[rows]) - targets[rows]).square().mean()
                # Asked for these weights alone: backward() would also fill what else the network was made to depend on.
                slopes = torch.autograd.grad(loss, weights, allow_unused=True)
                for weight, slope in zip(weights, slopes, strict=True):
                    weight.grad = slope
                adam.step()
                total += loss.item() * len(rows)
                tell(epoch * len(batches) + k)
            if not math.isfinite(total):
                raise ValueError(f"rate must be small enough for the regression to converge; at {rate:g} it diverges")
            curve.append(total / len(X))
    for weight in weights:
        weight.grad = None
    return tuple(curve)


def _trainable(model: nn.Module) -> nn.Module:
    """A copy whose weights have memory of their own: Adam writes in place, and `private_copy` shares the caller's."""
    θ = private_copy(model, frozen=False)
    for parameter in θ.parameters():
        parameter.data = parameter.detach().clone()
    return θ


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


def _recall(path: Path, θ: nn.Module, probe: Tensor) -> Regression | None:
    """Give θ the kept weights and return their report; None if there are none of this network.

    Two networks of the same weights may differ in code alone (a ReLU called in `forward`), which no name shows; their
    answers do. Compared to a thousandth, because another machine rounds otherwise.
    """
    kept = kept_files.read(path)
    if kept is None:
        return None
    tensors, report = kept
    if not torch.allclose(tensors["probe"].to(probe), probe, rtol=0, atol=1e-3 * probe.abs().max().item()):
        return None
    for name, parameter in θ.named_parameters():
        parameter.data = tensors[f"θ.{name}"].to(parameter.device)
    reached, order = tuple(report.pop("reached")), tuple(map(tuple, report.pop("order")))
    return Regression(curve=tuple(report.pop("curve")), reached=reached, order=order, **report)
