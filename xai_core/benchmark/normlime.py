"""The cells of the NormLIME paper's Figure 4: one order of the features, one share of them dropped, all runs.

    retrain(settings, context) → {"score": "error", "run": 0, "value": 0.0117}, one row a run

Digits by pixels, and by what the last convolutions return (data/training/retraining.py says how either is dropped). The
order is that of the shipped network, by `global_importance` of 20 pictures of each class that it learned from, so that
the digits that judge have no part in it. Share 0, nothing dropped, is what every curve has to be read against.

The runs of a cell learn together where that is faster. `retrain_together` does the same for many cells, for a GPU. The
cells of one order are one group; with a folder in context["keep"] it is computed once for all.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor

from xai_core import kept_files, symbols
from xai_core.benchmark import collection
from xai_core.benchmark.cells import NAMED, Cell, Row, as_json, name_of, tell
from xai_core.classwide.importance import global_importance
from xai_core.evaluate.keep_and_retrain import SHARES, keep_and_retrain, kept_features
from xai_core.score import make_score
from xai_core.symbols import Choice

NAME = "normlime"
RECIPE = 1  # part of every cell's key: raise it when the orders or the training change
KINDS = ("pixels", "conv")  # panels (a) and (b)
METHODS = cast(Choice, symbols.of(global_importance)["method"]).values
ORDERED_BY = (
    "network",
    "kind",
    "method",
    "N",
    "K",
    "each",
    "digest",
    "train",
    "recipe",
)  # the settings that an order depends on


def cells(
    data: str = "data.collection",
    network: str = "digits",
    kinds: Sequence[str] = KINDS,
    methods: Sequence[str] = METHODS,
    shares: Sequence[float] = SHARES,
    *,
    runs: int = 5,
    train: int | None = None,
    N: int = 1000,
    K: int = 20,
    each: int = 20,
    device: str = "cpu",
    keep: str | None = None,
) -> Iterator[Cell]:
    """All cells of the figure, panel by panel, method by method; the first of a panel drops nothing (by any order).

    data: import name of the collection. network: "digits" (scikit-learn's) or "mnist". N, K: of `global_importance`.
    train: how many digits are learned from, None for all. each: pictures of a class that are explained. keep: a folder
    for the orders.
    Raises ValueError with a sentence that names the argument, FileNotFoundError where MNIST is not on this computer.
    """
    symbols.check(keep_and_retrain, runs=runs)
    for method in methods:
        symbols.check(global_importance, method=method, N=N, K=K)
    for kind in kinds:
        digest = _opened(data, network, kind, device, train).digest
        for method, dropped in [("random", [0.0]), *((method, shares) for method in methods)]:
            for share in dropped:
                settings = {
                    "network": network,
                    "kind": kind,
                    "method": method,
                    "share": share,
                    "runs": runs,
                    "N": N,
                    "K": K,
                    "each": each,
                    "digest": digest,
                    "recipe": RECIPE,
                } | ({"train": train} if train else {})
                context = {"collection": data, "device": device, "keep": keep}
                yield Cell(f"{NAMED}normlime:retrain", settings, context, group=f"{network} {kind} {method}")


def retrain(settings: Mapping[str, Any], context: Mapping[str, Any]) -> list[Row]:
    """The errors of the runs of one cell."""
    return retrain_together([Cell(f"{NAMED}normlime:retrain", settings, context)])[0]


def retrain_together(cells: Sequence[Cell]) -> list[list[Row]]:
    """The rows of many cells of one panel, all networks as one: equal to those of `retrain` but for rounding."""
    kept = torch.cat([kept_of(cell.settings, cell.context) for cell in cells])
    runs = [run for cell in cells for run in range(cell.settings["runs"])]
    about = name_of(cells[0].settings)

    def told(steps: Iterable) -> Iterator:
        for i, step in enumerate(steps):
            tell(f"{about}: step {i}")
            yield step

    errors = iter(_task(cells[0].settings, cells[0].context).errors(kept, runs, told).tolist())
    return [
        [{"score": "error", "run": run, "value": next(errors)} for run in range(cell.settings["runs"])]
        for cell in cells
    ]


def kept_of(settings: Mapping[str, Any], context: Mapping[str, Any]) -> Tensor:
    """The features that each run of a cell keeps, (runs, M) bool."""
    importance = order(settings, context)
    return torch.cat([kept_features(importance, [settings["share"]], run=run) for run in range(settings["runs"])])


def order(settings: Mapping[str, Any], context: Mapping[str, Any]) -> Tensor:
    """The importance of each feature that a cell drops by, (M,): from memory, the folder "keep", or newly."""
    asked = {name: settings[name] for name in ORDERED_BY if name in settings}
    return _order(as_json(asked), as_json(context))


@lru_cache(maxsize=len(KINDS) * len(METHODS))
def _order(asked: str, where: str) -> Tensor:
    settings, context = json.loads(asked), json.loads(where)
    path = context["keep"] and Path(context["keep"]) / f"{kept_files.content_key(settings, [])}.safetensors"
    known = path and kept_files.read(path)
    if known:
        return known[0]["importance"]
    task = _task(settings, context)
    images, labels = task.features.train_images, task.features.train_labels
    X = images[torch.cat([(labels == y).nonzero()[: settings["each"], 0] for y in labels.unique()])]
    f = make_score(task.network, X, "predicted")
    importance = global_importance(f, X, settings["method"], settings["N"], settings["K"])
    if path:
        kept_files.write(path, {"importance": importance}, settings)
    return importance


def _task(settings: Mapping[str, Any], context: Mapping[str, Any]) -> collection.Retraining:
    task = _opened(
        context["collection"], settings["network"], settings["kind"], context["device"], settings.get("train")
    )
    if task.digest != settings["digest"]:
        raise ValueError(f"this machine has other digits or weights of {settings['network']!r} than those of the plan")
    return task


@lru_cache(maxsize=2)
def _opened(data: str, network: str, kind: str, device: str, train: int | None) -> collection.Retraining:
    known = collection.load(data, collection.OF_NORMLIME)
    return known.retraining(network, kind, device, *([train] if train else []))
