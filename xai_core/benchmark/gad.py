"""The cells of the GAD paper's Tables 1 and 2 (Rodrigues, Boutry & Najman 2024, §6), in three stages.

    gad_networks   a pair of classes and a network: how often it is right; a pretrained one is fine-tuned first
    gad_supports   one of its support networks, α = 2, 4, 6, 8: how much of α was learned
    gad            method, class, 32 pictures: COLUMNS of each; RC < 1 is a win for GAD, RS is change per covered pixel

A rival stands beside GAD that the paper does not have: of the network's own map, as many pixels as GAD has left, the
strongest. By construction both rules only take pixels away, so that RC ≤ 1; the question is which ones to take.
Half of the pixels of a photograph have a hull of 95 to 98 % of it, so RC there says nothing; it stands for fewer, too.

What a cell needs, pictures and trained networks, is in gad_cases.py.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, product, zip_longest
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from xai_core import kept_files
from xai_core.benchmark import collection
from xai_core.benchmark.cells import NAMED, Cell, Row, name_of, tell
from xai_core.benchmark.gad_cases import ALPHAS, CLASSES, RECIPE, case_of, loaded, pictures, supports_of
from xai_core.distancing.gad import gad, important_pixels, survivors
from xai_core.distancing.supports import Support, support_network
from xai_core.evaluate.regions import complexity, hull, sensitivity, supplementary
from xai_core.score import make_score, passes

NAME = "gad"  # of the last stage, whose rows are the tables
METHODS = ("simple_gradient", "deconvolution", "gradient_x_input", "guided_backprop", "integrated_gradients")
IMAGES, BLOCK = 512, 32  # pictures a pair in the paper; pictures a cell
COLUMNS = ("pixels", "RC", "RS GAD", "RS Sup.", "RC rival", "RS rival", "M GAD", "M Sup.")
SHARES = (0.2, 0.1, 0.05)  # of the pixels that RC is measured for beside the paper's half


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

    keep: folder of the trained networks. images: to explain, a pair, half of either class, and at most so many to learn
    from. important: "top" half of the pixels, or "above" a tenth of the maximum. photographs: a folder of two classes
    or more, instead of drawings; half of them is learned from by the network `pretrained`.
    """
    where = {"collection": data, "keep": str(keep), "images": images, "device": device}
    where["photographs"] = str(photographs) if photographs else ""
    pairs = _pairs(loaded(where), photographs, pretrained)
    yield "gad_networks", (Cell(f"{NAMED}gad:check_network", known, where) for known in _known(pairs, where))
    yield (
        "gad_supports",
        (
            Cell(f"{NAMED}gad:train_support", {**known, "alpha": alpha}, where)
            for known, alpha in product(_known(pairs, where), ALPHAS)
        ),
    )
    yield NAME, _blocks(pairs, where, methods, important)


def _pairs(known: Any, photographs: Path | None, pretrained: str) -> list[tuple[str, str, str]]:
    """(pair, column of the paper's tables, network)."""
    if photographs:
        return [(photographs.name, collection.title(known, pretrained), pretrained)]
    return [(pair, column, network) for pair, of in known.PAIRS.items() for column, network in of.items()]


def _known(pairs: Sequence[tuple[str, str, str]], where: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """What every cell of a case depends on."""
    data = loaded(where)
    for pair, column, network in pairs:
        shown = pictures(where["collection"], pair, network, where["images"], where["photographs"])
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
    """The first block of every pair, then the second: stopped at any time, all columns rest on as many pictures."""
    of_pairs = (_blocks_of(known, where, methods, important) for known in _known(pairs, where))
    yield from chain.from_iterable(chain.from_iterable(zip_longest(*of_pairs, fillvalue=())))


def _blocks_of(
    known: dict[str, Any], where: Mapping[str, Any], methods: Sequence[str], important: str
) -> Iterator[list[Cell]]:
    case = known["pair"], known["network"], where["images"], where["photographs"]
    known = {name: value for name, value in known.items() if name != "pictures"}  # of the block alone
    for block, X in enumerate(pictures(where["collection"], *case).images.split(BLOCK)):
        about = {"block": block, "digest": kept_files.content_key({}, [X]), "alphas": list(ALPHAS)}
        about |= {"important": important} | ({"shares": list(SHARES)} if important == "top" else {})
        yield [
            Cell(f"{NAMED}gad:measure_block", {**known, **about, "method": method, "class": c}, where, turn=block)
            for method, c in product(methods, CLASSES)
        ]


# --- cells ------------------------------------------------------------------------------------------------------------


def check_network(settings: Mapping[str, Any], context: Mapping[str, Any]) -> list[Row]:
    """How often the network is right on the pictures that are explained. Raises ValueError for one that cannot be."""
    case = case_of(settings, context)
    f = make_score(case.model, case.images, 0, output="logit")
    with torch.no_grad():
        answers = torch.cat([f.logits(case.images[i]).argmax(1) for i in passes(case.images)])
    return [{"score": "accuracy", "value": float((answers == case.labels).double().mean())}]


def train_support(settings: Mapping[str, Any], context: Mapping[str, Any]) -> list[Row]:
    """Train one support network as the paper does, keep it, and say how well it did."""
    case = case_of(settings, context)
    support = support_network(
        case.model, case.seen, case.seen_labels, CLASSES, settings["alpha"], keep=Path(context["keep"]),
        progress=lambda done, total: tell(f"{name_of(settings)}: step", done, total),
    )  # fmt: skip
    r = support.report
    told = {"reached 1": r.reached[0], "reached 2": r.reached[1], "MSE before": r.before, "MSE after": r.after}
    return [{"score": name, "value": float(value)} for name, value in told.items()]


def measure_block(settings: Mapping[str, Any], context: Mapping[str, Any]) -> list[Row]:
    """The columns of each of 32 pictures."""
    case, supports = case_of(settings, context), supports_of(settings, context)
    first, shares = settings["block"] * BLOCK, settings.get("shares", ())
    X = case.images[first : first + BLOCK]
    measured = measure(case.model, supports, settings["method"], settings["class"], X, settings["important"], shares)
    return [
        {"picture": f"{first + i:05d}", "label": int(case.labels[first + i]), "score": score, "value": value}
        for i, row in enumerate(measured.tolist())
        for score, value in zip((*COLUMNS, *columns_of(shares)), row, strict=True)
    ]


def columns_of(shares: Sequence[float]) -> list[str]:
    """The columns of RC where other shares of the pixels are important."""
    return [f"{name} {share:.0%}" for share in shares for name in ("RC", "RC rival")]


def measure(
    model: nn.Module,
    supports: Sequence[Support],
    method: str,
    c: int,
    X: Tensor,
    important: str = "top",
    shares: Sequence[float] = (),
) -> Tensor:
    """COLUMNS of each picture, for class c: (n, 3, H, W) → (n, 8) float64; NaN where a region has no pixel or area.

    shares: of the pixels that are important instead of half, each with an RC of GAD's and one of the rival's more.
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
    for share in shares:
        masks = survivors(found.maps, important="top", share=share).masks[:, :, 0]  # (K + 1, n, H, W)
        for row, A, left, own in zip(rows, found.maps[0], masks.all(0), masks[0], strict=True):
            row += [complexity(left, own), complexity(strongest(A, int(left.sum())), own)]
    return torch.tensor(rows, dtype=torch.double, device="cpu")


def strongest(A: Tensor, count: int) -> Tensor:
    """The `count` strongest pixels of one map (all of a tie), (C, H, W) → (H, W) bool."""
    pixels = A[0].numel()
    if count == 0:
        return torch.zeros(A.shape[1:], dtype=torch.bool, device="cpu")
    return important_pixels(A[None], "top", count / pixels)[0, 0]
