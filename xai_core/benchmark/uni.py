"""The cells of the UNI paper's tables, and of the scores that it does not have: one network, one picture, one method.

    judge(settings, context) → {"score": name, "value": number} for each of the scores of examination.py

All cells of a picture are one group: the worker that does them asks the network once for what all methods share.
What to look at: a cell holds digests of weights and picture. Where a file has changed since, the cell is another one;
where another machine has another file, the cell fails and says so.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from functools import lru_cache
from typing import Any

import torch
from torch import nn

from xai_core.benchmark import collection
from xai_core.benchmark.cells import NAMED, Cell, Row, as_json
from xai_core.evaluate.examination import SCORES, Examination
from xai_core.methods import catalogue

NAME = "uni"
RECIPE = 1  # part of every cell's key: raise it when a score or a method changes what it measures
METHODS = (
    "uni",
    "integrated_gradients",
    "blur_ig",
    "guided_ig",
    "agi",
    "guided_backprop",
    "deeplift",
    "smoothgrad",
)  # of the paper's tables, in their order
RANDOM = "random"  # a map of random numbers: what every score has to be read against
STEPS: dict[str, dict[str, Any]] = {  # as many for every path: the authors' 200 of Guided IG go one by one
    **{method: {"B": 30} for method in ("uni", "integrated_gradients", "blur_ig", "guided_ig")},
    "agi": {"B": 30, "K": 3},
}
STRONGEST = 1000  # pixels whose intersection Table 6 counts; at most a quarter of a small picture's
TARGETS = ("predicted", "label")
EXAMINATION = {
    each.name: each.default for each in fields(Examination) if each.name in ("N", "steps", "eps", "iterations")
}  # subsets of MuFidelity, steps of the curves, size and steps of the attacks


def cells(
    data: str,
    networks: Sequence[str],
    images: Sequence[str],
    methods: Sequence[str] = (*METHODS, RANDOM),
    scores: Sequence[str] = tuple(SCORES),
    *,
    target: str = "predicted",
    seed: int = 0,
    device: str = "cpu",
) -> Iterator[Cell]:
    """All cells, network by network, picture by picture.

    data: import name of the collection. images: sources, or a number: as many of each network's own pictures.
    target: "predicted", or "label" for the pictures' own classes.
    Raises ValueError with a sentence that names the argument.
    """
    known = collection.load(data)
    for network in networks:
        weights, shown = known.weights(network), 0
        for source in sources(known, network, images):
            for picture in known.pictures(network, source):
                if target == "label" and picture.label is None:
                    raise ValueError(f"target is 'label', and {picture.name} of {source} has none; use 'predicted'")
                shown += 1
                for method in methods:
                    settings = {
                        "network": network,
                        "weights": weights,
                        "source": source.rpartition(":")[0] or source,
                        "picture": picture.name,
                        "digest": picture.digest,
                        "label": picture.label,
                        "target": target if target == "predicted" else picture.label,
                        "method": method,
                        "symbols": symbols_of(method),
                        "scores": list(scores),
                        "examination": EXAMINATION,
                        "seed": seed,
                        "recipe": RECIPE,
                    }
                    context = {"collection": data, "source": source, "device": device}
                    yield Cell(f"{NAMED}uni:judge", settings, context, group=f"{network} {source} {picture.name}")
        if not shown:
            raise ValueError(f"images is {', '.join(images)}; none of it suits network {network!r}")


def sources(known: collection.Collection, network: str, images: Sequence[str]) -> list[str]:
    """What of `images` this network understands."""
    every = [known.own_source(network, int(each)) if each.isdigit() else each for each in images]
    return [source for source in dict.fromkeys(every) if known.fits(network, source)]


def symbols_of(method: str) -> dict[str, Any]:
    """The method's numbers and words: a default that changes is another cell."""
    if method == RANDOM:
        return {}
    known = catalogue()[method].defaults | STEPS.get(method, {})
    return {name: value for name, value in known.items() if name not in ("output", "seed")}


def judge(settings: Mapping[str, Any], context: Mapping[str, Any]) -> list[Row]:
    """The scores of one method's map, and how sure the network is."""
    exam = _examination(
        context["collection"], settings["network"], settings["weights"], context["source"], settings["picture"],
        settings["digest"], settings["target"], settings["seed"], as_json(settings["examination"]), context["device"],
    )  # fmt: skip
    if settings["method"] == RANDOM:
        generator = torch.Generator().manual_seed(int(settings["digest"][:12], 16) ^ settings["seed"])
        found = exam.judge_map(torch.randn(exam.x.shape, generator=generator, device="cpu"), settings["scores"])
    else:
        found = exam.judge(settings["method"], settings["scores"], **settings["symbols"])
    return [{"score": score, "value": value, "explained": exam.label} for score, value in found.items()]


@lru_cache(maxsize=1)
def _examination(
    data: str, network: str, weights: str, source: str, picture: str, digest: str, target: int | str, seed: int,
    numbers: str, device: str,
) -> Examination:  # fmt: skip
    """One picture is examined at a time, by all methods."""
    shown = collection.load(data).picture(network, source, picture)
    if shown.digest != digest:
        raise ValueError(f"picture {picture!r} of {source} is not the one that was planned: its file has changed")
    x, model = shown.image[None].to(device), _network(data, network, weights, device)
    k = min(STRONGEST, x[0, 0].numel() // 4)
    return Examination(model, x, target, shown.masks, seed, k=k, **json.loads(numbers))


@lru_cache(maxsize=1)
def _network(data: str, network: str, weights: str, device: str) -> nn.Module:
    known = collection.load(data)
    if known.weights(network) != weights:
        raise ValueError(f"this machine has other weights of network {network!r} than the one that planned the run")
    return known.network(network).to(device)
