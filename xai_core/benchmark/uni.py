"""The cells of the UNI paper's tables, and of the scores that it does not have: one network, one picture, one method.

    judge(settings, context, scores) → {"score": name, "value": number} for each of these scores (evaluate/scores.py)

The scores are a cell's parts: one that is added later is measured alone, on the map that was kept (maps.py).
Cells come picture by picture, the first of every network, then the second: stopped at any time, all rows of a table
rest on as many pictures. All cells of a picture are one group: the worker that does them asks the network once for what
all methods share.
What to look at: a cell holds digests of weights and picture. Where a file has changed since, the cell is another one;
where another machine has another file, the cell fails and says so.
"""

import json
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, replace
from functools import lru_cache, partial
from hashlib import sha256
from itertools import chain, islice, zip_longest
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from xai_core.benchmark import collection
from xai_core.benchmark.batches import TOGETHER, fill
from xai_core.benchmark.cells import NAMED, Cell, Row, as_json, name_of, tell
from xai_core.benchmark.maps import file_of, keeper
from xai_core.benchmark.preparing import prepared
from xai_core.benchmark.uni_methods import RANDOM, RULED, USUAL, base_of, code_of, know, scores_of, symbols_of
from xai_core.evaluate.examination import Examination
from xai_core.evaluate.scores import SCORES
from xai_core.gradient.relu_rules import relus_met

NAME = "uni"
RECIPE = 2  # part of every cell's key: raise it when a score or a method changes what it measures
OF_A_PICTURE = ("picture", "digest", "target")  # settings that differ within a batch
STRONGEST = 1000  # pixels whose intersection Table 6 counts; at most a quarter of a small picture's
TARGETS = ("predicted", "label")
EXAMINATION = {
    each.name: each.default for each in fields(Examination) if each.name in ("N", "steps", "eps", "iterations")
}  # subsets of MuFidelity, steps of the curves, size and steps of the attacks


def cells(
    data: str,
    networks: Sequence[str],
    images: Sequence[str],
    methods: Sequence[str] = USUAL,
    scores: Sequence[str] | Mapping[str, Sequence[str]] = tuple(SCORES),
    *,
    target: str = "predicted",
    seed: int = 0,
    made: Mapping[str, Any] | None = None,
    device: str = "cpu",
    keep: str = "",
    batch: int = 1,
    own: Sequence[str] = (),
) -> Iterator[Cell]:
    """All cells, picture by picture, each picture network by network.

    data: import name of the collection. images: sources, or a number: as many of each network's own pictures.
    scores: of all networks, or network → scores. target: "predicted", or "label" for the pictures' own classes.
    made: how the networks are prepared, a label of every row (preparing.py). keep: a folder for the maps, "" for none.
    batch: pictures that go through some methods together (batches.py), and come in turn together.
    own: methods of yours, MODULE:FUNCTION, that whoever works on a cell has to know.
    Raises ValueError with a sentence that names the argument.
    """
    known = collection.load(data, collection.OF_UNI)
    asked = scores if isinstance(scores, Mapping) else dict.fromkeys(networks, scores)
    context = {"collection": data, "device": device, "keep": keep} | ({"own": list(own)} if own else {})
    by_network = [
        _of_network(known, network, images, methods, asked[network], target, seed, dict(made or {}), context)
        for network in networks
    ]
    in_batches = [_in_batches(pictures, batch) for pictures in by_network]
    for turn, row in enumerate(zip_longest(*in_batches, fillvalue=())):
        for cell in chain.from_iterable(row):
            yield replace(cell, turn=turn)


def _in_batches(pictures: Iterator[list[Cell]], batch: int) -> Iterator[list[Cell]]:
    """The cells of `batch` pictures at a time, one group; of one picture, those of that picture as they are."""
    while several := list(islice(pictures, batch)):
        found = list(chain.from_iterable(several))
        if batch > 1:
            together = [
                [cells[0].context["source"], *map(cells[0].settings.get, OF_A_PICTURE)] for cells in several if cells
            ]
            context = {"together": together}
            found = [replace(cell, context={**cell.context, **context}, group=found[0].group) for cell in found]
        yield found


def _of_network(
    known: collection.OfUNI, network: str, images: Sequence[str], methods: Sequence[str], scores: Sequence[str],
    target: str, seed: int, made: dict[str, Any], context: Mapping[str, Any],
) -> Iterator[list[Cell]]:  # fmt: skip
    """The cells of each picture."""
    weights, shown = known.weights(network), 0
    for source in sources(known, network, images):
        for picture in known.pictures(network, source):
            if target == "label" and picture.label is None:
                raise ValueError(f"target is 'label', and {picture.name} of {source} has none; use 'predicted'")
            shown += 1
            of_picture = {
                "network": network,
                "weights": weights,
                "source": name_of_source(source),
                "picture": picture.name,
                "digest": picture.digest,
                "label": picture.label,
                "target": target if target == "predicted" else picture.label,
                "examination": EXAMINATION,
                "seed": seed,
                "recipe": RECIPE,
            } | ({"made": made} if made else {})
            yield [
                Cell(
                    f"{NAMED}uni:judge",
                    of_picture | {"method": method, "symbols": symbols_of(method), **code_of(method)},
                    {**context, "source": source},
                    group=f"{network} {source} {picture.name}",
                    parts=wanted,
                )
                for method in methods
                if (wanted := scores_of(method, scores))
            ]
    if not shown:
        raise ValueError(f"images is {', '.join(images)}; none of it suits network {network!r}")


def sources(known: collection.OfUNI, network: str, images: Sequence[str]) -> list[str]:
    """What of `images` this network understands."""
    every = [collection.own_source(known, network, int(each)) if each.isdigit() else each for each in images]
    return [source for source in dict.fromkeys(every) if collection.fits(known, network, source)]


def name_of_source(source: str) -> str:
    """A source without its number, a folder without what lies above it: the same pictures anywhere are the same."""
    head, colon, number = source.rpartition(":")
    return Path(head if colon and number.isdigit() else source).name


def judge(settings: Mapping[str, Any], context: Mapping[str, Any], scores: Sequence[str]) -> list[Row]:
    """These scores of one method's map, and how sure the network is."""
    know(settings, context)
    made = as_json(settings.get("made", {}))
    exam = _examination(
        context["collection"], settings["network"], settings["weights"], context["source"], settings["picture"],
        settings["digest"], settings["target"], settings["seed"], as_json(settings["examination"]), made,
        context["device"],
    )  # fmt: skip
    base, more = base_of(settings["method"]), {}
    if base == RANDOM:
        generator = torch.Generator().manual_seed(_number(settings["digest"]) ^ settings["seed"])
        found = exam.judge_map(torch.randn(exam.x.shape, generator=generator, device="cpu"), scores)
    else:
        if "together" in context:
            _fill(settings, context, exam.model)
        keep = keeper(context["keep"], settings, exam.x.device)
        with warnings.catch_warnings():  # a gap, a rule without a ReLU: both stand in the rows
            warnings.simplefilter("ignore", UserWarning)
            found = exam.judge(base, scores, keep=keep, hears=partial(_tell, settings), **settings["symbols"])
        if base in RULED and not relus_met(exam.f, exam.x, settings["symbols"]["relu6"]):
            more = {"note": "plain gradient here"}
    return [{"score": score, "value": value, "explained": exam.label, **more} for score, value in found.items()]


def _number(digest: str) -> int:
    """48 bits of a picture's digest, which may be any text: what is not hexadecimal is hashed first."""
    try:
        return int(digest[:12], 16)
    except ValueError:
        return int(sha256(digest.encode()).hexdigest()[:12], 16)


def _fill(settings: Mapping[str, Any], context: Mapping[str, Any], model: nn.Module) -> None:
    """Make what a whole batch can share, where this picture does not have it yet."""
    source_of = {digest: source for source, _, digest, _ in context["together"]}

    def picture(about: Mapping[str, Any]) -> Tensor:
        network, name, digest = (about[what] for what in ("network", "picture", "digest"))
        shown = shown_of(context["collection"], network, source_of[digest], name, digest)
        return shown.image[None].to(context["device"])

    each = [{**settings, **dict(zip(OF_A_PICTURE, named, strict=True))} for _, *named in context["together"]]
    method = base_of(settings["method"])
    if method in TOGETHER and not file_of(context["keep"], settings, TOGETHER[method][0]).is_file():
        tell(f"{name_of(settings)}: {len(each)} pictures together")
        fill(context["keep"], method, model, each, picture)


def _tell(settings: Mapping[str, Any], what: str) -> None:
    tell(f"{name_of(settings)}: {what}")


@lru_cache(maxsize=1)
def _examination(
    data: str, network: str, weights: str, source: str, picture: str, digest: str, target: int | str, seed: int,
    numbers: str, made: str, device: str,
) -> Examination:  # fmt: skip
    """One picture is examined at a time, by all methods."""
    shown = shown_of(data, network, source, picture, digest)
    x, model = shown.image[None].to(device), network_of(data, network, weights, made, device)
    k = min(STRONGEST, x[0, 0].numel() // 4)
    return Examination(model, x, target, shown.masks, seed, k=k, **json.loads(numbers))


def shown_of(data: str, network: str, source: str, picture: str, digest: str) -> collection.Picture:
    """The picture of a cell. Raises ValueError for one that has changed since it was planned."""
    shown = collection.load(data, collection.OF_UNI).picture(network, source, picture)
    if shown.digest != digest:
        raise ValueError(f"picture {picture!r} of {source} is not the one that was planned: its file has changed")
    return shown


@lru_cache(maxsize=8)  # pictures come in turn of all networks
def network_of(data: str, network: str, weights: str, made: str, device: str) -> nn.Module:
    """The network of a cell, prepared as asked for. Raises ValueError for other weights than those of the plan."""
    known = collection.load(data, collection.OF_UNI)
    if known.weights(network) != weights:
        raise ValueError(f"this machine has other weights of network {network!r} than the one that planned the run")
    return prepared(known.network(network), **json.loads(made)).to(device)
