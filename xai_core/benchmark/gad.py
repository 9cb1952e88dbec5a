"""The cells of the GAD paper's Tables 1 and 2 (Rodrigues, Boutry & Najman 2024, §6), in three stages.

    gad_networks   a pair of classes and a network: how often it is right; a pretrained one is fine-tuned first
    gad_supports   one of its support networks, α = 2, 4, 6, 8: how much of α was learned
    gad            method, class, 32 pictures: COLUMNS of each; RC < 1 is a win for GAD, RS is change per covered pixel

A rival stands beside GAD that the paper does not have: of the network's own map, as many pixels as GAD has left, the
strongest. By construction both rules only take pixels away, so that RC ≤ 1; the question is which ones to take.

Trained networks are kept in files named by what they were made from (kept_files.py), so a later stage finds them, and
where it does not (another machine), trains them again.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from xai_core import kept_files
from xai_core.benchmark import collection
from xai_core.benchmark.cells import NAMED, Cell, Row
from xai_core.distancing.gad import gad, important_pixels
from xai_core.distancing.supports import Support, support_network, support_networks
from xai_core.evaluate.regions import complexity, hull, sensitivity, supplementary
from xai_core.score import make_score, passes

METHODS = ("simple_gradient", "deconvolution", "gradient_x_input", "guided_backprop", "integrated_gradients")
ALPHAS = (2, 4, 6, 8)  # paper, §6; 0 is the network itself
IMAGES, BLOCK = 512, 32  # pictures a pair in the paper; pictures a cell
COLUMNS = ("pixels", "RC", "RS GAD", "RS Sup.", "RC rival", "RS rival", "M GAD", "M Sup.")
CLASSES = (0, 1)  # the logits of every pair
RECIPE = 3  # part of every cell's key: raise it when the measurement below changes


@dataclass(frozen=True, eq=False)
class Case:
    """A network that tells two classes apart, and their pictures."""

    model: nn.Module
    images: Tensor
    labels: Tensor
    seen: Tensor
    seen_labels: Tensor


# --- what there is to do ----------------------------------------------------------------------------------------------


def stages(
    data: str,
    keep: Path,
    *,
    images: int = IMAGES,
    methods: Sequence[str] = METHODS,
    important: str = "top",
    photographs: Path | None = None,
    pretrained: str = "squeezenet1_1",
    device: str = "cpu",
) -> Iterator[tuple[str, Iterator[Cell]]]:
    """The stages by name; each must be run before the next is asked for.

    keep: folder of the trained networks. images: a pair, half of either class. important: "top" half of the pixels, or
    "above" a tenth of the maximum. photographs: a folder of two folders, instead of drawings; half of them is learned
    from by the network `pretrained`.
    """
    where = {"collection": data, "keep": str(keep), "images": images, "device": device}
    where["photographs"] = str(photographs) if photographs else ""
    pairs = _pairs(collection.load(data), photographs, pretrained)
    yield "gad_networks", (Cell(f"{NAMED}gad:check_network", known, where) for known in _known(pairs, where))
    yield (
        "gad_supports",
        (
            Cell(f"{NAMED}gad:train_support", {**known, "alpha": alpha}, where)
            for known, alpha in product(_known(pairs, where), ALPHAS)
        ),
    )
    yield "gad", _blocks(pairs, where, methods, important)


def _pairs(known: collection.Collection, photographs: Path | None, pretrained: str) -> list[tuple[str, str, str]]:
    """(pair, column of the paper's tables, network)."""
    if photographs:
        return [(photographs.name, known.title(pretrained), pretrained)]
    return [(pair, column, network) for pair, of in known.PAIRS.items() for column, network in of.items()]


def _known(pairs: Sequence[tuple[str, str, str]], where: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """What every cell of a case depends on."""
    data = collection.load(where["collection"])
    for pair, column, network in pairs:
        shown = _pictures(where["collection"], pair, network, where["images"], where["photographs"])
        yield {
            "pair": pair,
            "column": column,
            "network": network,
            "weights": data.weights(network),
            "finetuned": bool(where["photographs"]),
            "pictures": kept_files.content_key({}, [shown.images, shown.labels]),
            "learned": kept_files.content_key({}, [shown.seen, shown.seen_labels]),
            "recipe": RECIPE,
        }


def _blocks(
    pairs: Sequence[tuple[str, str, str]], where: Mapping[str, Any], methods: Sequence[str], important: str
) -> Iterator[Cell]:
    for known in _known(pairs, where):
        case = known["pair"], known["network"], where["images"], where["photographs"]
        blocks = _pictures(where["collection"], *case).images.split(BLOCK)
        digests = [kept_files.content_key({}, [X]) for X in blocks]
        known = {name: value for name, value in known.items() if name != "pictures"}  # of the block alone
        for method, c, (block, digest) in product(methods, CLASSES, enumerate(digests)):
            asked = {"method": method, "class": c, "block": block, "digest": digest, "alphas": list(ALPHAS)}
            yield Cell(f"{NAMED}gad:measure_block", {**known, **asked, "important": important}, where)


# --- cells ------------------------------------------------------------------------------------------------------------


def check_network(settings: Mapping[str, Any], context: Mapping[str, Any]) -> list[Row]:
    """How often the network is right on the pictures that are explained. Raises ValueError for one that cannot be."""
    case = _case_of(settings, context)
    f = make_score(case.model, case.images, 0, output="logit")
    with torch.no_grad():
        answers = torch.cat([f.logits(case.images[i]).argmax(1) for i in passes(case.images)])
    return [{"score": "accuracy", "value": float((answers == case.labels).double().mean())}]


def train_support(settings: Mapping[str, Any], context: Mapping[str, Any]) -> list[Row]:
    """Train one support network as the paper does, keep it, and say how well it did."""
    case = _case_of(settings, context)
    support = support_network(
        case.model, case.seen, case.seen_labels, CLASSES, settings["alpha"], keep=Path(context["keep"])
    )
    r = support.report
    told = {"reached 1": r.reached[0], "reached 2": r.reached[1], "MSE before": r.before, "MSE after": r.after}
    return [{"score": name, "value": float(value)} for name, value in told.items()]


def measure_block(settings: Mapping[str, Any], context: Mapping[str, Any]) -> list[Row]:
    """COLUMNS of each of 32 pictures."""
    case, supports = _case_of(settings, context), _supports_of(settings, context)
    first = settings["block"] * BLOCK
    X = case.images[first : first + BLOCK]
    measured = measure(case.model, supports, settings["method"], settings["class"], X, settings["important"])
    return [
        {"picture": f"{first + i:05d}", "label": int(case.labels[first + i]), "score": score, "value": value}
        for i, row in enumerate(measured.tolist())
        for score, value in zip(COLUMNS, row, strict=True)
    ]


def measure(
    model: nn.Module, supports: Sequence[Support], method: str, c: int, X: Tensor, important: str = "top"
) -> Tensor:
    """COLUMNS of each picture, for class c: (n, 3, H, W) → (n, 8) float64; NaN where a region has no pixel or area.

    Raises TypeError or ValueError as `gad` does.
    """
    found = gad(model, supports, X, c, method, important=important)
    kept = found.masks.all(0)[:, 0]
    rows = []
    for A, left, own, x in zip(found.maps[0], kept, found.masks[0][:, 0], X, strict=True):
        rival = strongest(A, int(left.sum()))
        covers = torch.stack([hull(left).mask, supplementary(own, left), hull(rival).mask])
        ours, more, others = sensitivity(make_score(model, x[None], c, output="logit"), x[None], covers[None])[0]
        rows.append([int(left.sum()), complexity(left, own), ours, more, complexity(rival, own), others])
        rows[-1] += covers[:2].sum((1, 2)).tolist()
    return torch.tensor(rows, dtype=torch.double, device="cpu")


def strongest(A: Tensor, count: int) -> Tensor:
    """The `count` strongest pixels of one map (all of a tie), (C, H, W) → (H, W) bool."""
    pixels = A[0].numel()
    if count == 0:
        return torch.zeros(A.shape[1:], dtype=torch.bool, device="cpu")
    return important_pixels(A[None], "top", count / pixels)[0, 0]


# --- what they need ---------------------------------------------------------------------------------------------------


def _case_of(settings: Mapping[str, Any], context: Mapping[str, Any]) -> Case:
    where = (context[name] for name in ("collection", "images", "photographs", "keep", "device"))
    return _case(settings["pair"], settings["network"], settings["weights"], *where)


@lru_cache(maxsize=1)
def _case(
    pair: str, network: str, weights: str, data: str, images: int, photographs: str, keep: str, device: str
) -> Case:
    known, shown = collection.load(data), _pictures(data, pair, network, images, photographs)
    if known.weights(network) != weights:
        raise ValueError(f"this machine has other weights of network {network!r} than the one that planned the run")
    model = _finetuned(known, network, weights, shown, Path(keep)) if photographs else known.network(network)
    tensors = (each.to(device) for each in (shown.images, shown.labels, shown.seen, shown.seen_labels))
    return Case(model.to(device), *tensors)


def _pictures(data: str, pair: str, network: str, images: int, photographs: str) -> collection.Apart:
    known = collection.load(data)
    return known.apart_in(photographs, network, images)[1] if photographs else known.apart(pair, images)


def _finetuned(
    known: collection.Collection, network: str, weights: str, shown: collection.Apart, keep: Path
) -> nn.Module:
    """The pretrained network taught to tell the two classes, once."""
    facts = {"finetuned": network, "weights": weights, "recipe": RECIPE}
    path = keep / f"{kept_files.content_key(facts, [shown.seen, shown.seen_labels])}.safetensors"
    kept = kept_files.read(path)
    if kept:
        model = known.with_classes(network, len(CLASSES))
        model.load_state_dict(kept[0])
        return model
    model = known.finetune(network, shown.seen, shown.seen_labels, len(CLASSES))
    kept_files.write(path, model.state_dict(), {})
    return model


def _supports_of(settings: Mapping[str, Any], context: Mapping[str, Any]) -> list[Support]:
    return _supports(_case_of(settings, context), context["keep"])


@lru_cache(maxsize=1)
def _supports(case: Case, keep: str) -> list[Support]:
    return support_networks(case.model, case.seen, case.seen_labels, CLASSES, ALPHAS, keep=Path(keep))
