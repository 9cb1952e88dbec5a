"""Is the map of the network or of the picture? How alike the maps of two networks and of two pictures are.

    ρ(A(x; θ), A(x; θ′))       two networks on one picture, of the same class
    ρ(A(x; θ), A(x′; θ))       one network on two pictures, each and the one before it
    ρ(A(x; θ), brightness)     the map beside the picture itself, its mean over the channels

ρ is Spearman's, signed. What to look at: a map that is as alike for two networks as for one network and another with
its weights shuffled (the score «randomisation») is a map of the picture. UNI's reviewers asked whether it is more than
a grey copy of the input.

The pairs are those of UNI's cells. The maps are those that were kept (maps.py); one that is not there is made again.
"""

import warnings
from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations, groupby
from typing import Any

from torch import Tensor

from xai_core.benchmark import uni
from xai_core.benchmark.cells import Cell, Row, as_json
from xai_core.benchmark.maps import keeper
from xai_core.benchmark.uni_methods import RANDOM, base_of, know
from xai_core.evaluate.walks import stages_of
from xai_core.methods import catalogue
from xai_core.rankings import rank_correlation
from xai_core.score import make_score

NAME = "alike"
RECIPE = 1  # part of every cell's key: raise it when something else is compared
JUDGED = ("examination", "label")  # settings of a judged map that play no part here
OTHERS = {"other": "network", "other_weights": "weights", "other_picture": "picture", "other_digest": "digest"}


def cells(judged: Iterable[Cell]) -> Iterator[Cell]:
    """Of UNI's cells, which come picture by picture, every map beside others of the same method.

    Two networks are compared where the same picture comes in the same turn of both.
    """
    before: dict[tuple[str, str, str], Cell] = {}  # network, source, method → the cell of the picture before
    for _, turn in groupby(judged, lambda cell: cell.turn):
        by_method: dict[str, list[Cell]] = {}
        for cell in turn:
            if cell.settings["method"] != RANDOM:
                by_method.setdefault(cell.settings["method"], []).append(cell)
        for of_method in by_method.values():
            for cell in of_method:
                place = tuple(cell.settings[name] for name in ("network", "source", "method"))
                yield _beside(cell, before.get(place), "other_picture", "other_digest")
                before[place] = cell
            for one, other in combinations(of_method, 2):
                if one.settings["digest"] == other.settings["digest"]:
                    yield _beside(one, other, "other", "other_weights")


def _beside(cell: Cell, other: Cell | None, *named: str) -> Cell:
    """A map and another one, which differs from it in what is named; or a map alone."""
    settings = {name: value for name, value in cell.settings.items() if name not in JUDGED} | {"alike": RECIPE}
    settings |= {name: other.settings[OTHERS[name]] for name in named} if other else {}
    return Cell(f"{__name__}:compare", settings, cell.context, cell.group, turn=cell.turn)


def compare(settings: Mapping[str, Any], context: Mapping[str, Any]) -> list[Row]:
    """How alike the two maps are: "other_network", or "other_picture" and "brightness".

    Of two networks it is NaN where they do not say the same class, or have another number of classes.
    """
    know(settings, context)
    own = {name: value for name, value in settings.items() if name not in OTHERS and name != "alike"}
    changed = {OTHERS[name]: value for name, value in settings.items() if name in OTHERS}
    x, A, said = _map(own, context)
    rows = [] if "other" in settings else [_row("brightness", A, x.mean(1, keepdim=True).expand_as(x))]
    if changed:
        _, other, theirs = _map(own | changed, context)
        of_networks = "other" in settings
        rows.append(
            _row("other_network" if of_networks else "other_picture", A, other, not of_networks or said == theirs)
        )
    return [row | {"explained": said[0]} for row in rows]


def _map(settings: Mapping[str, Any], context: Mapping[str, Any]) -> tuple[Tensor, Tensor, tuple[int, int]]:
    """The picture, a method's map of it, and which of how many classes it explains."""
    network, method = settings["network"], base_of(settings["method"])
    data, device = context["collection"], context["device"]
    shown = uni.shown_of(data, network, context["source"], settings["picture"], settings["digest"])
    model = uni.network_of(data, network, settings["weights"], as_json(settings.get("made", {})), device)
    x, symbols = shown.image[None].to(device), settings["symbols"]
    score = make_score(model, x, settings["target"], symbols.get("output", catalogue()[method].output))
    keep = keeper(context["keep"], settings, x.device)
    with warnings.catch_warnings():  # a gap or a rule without a ReLU stands in UNI's rows
        warnings.simplefilter("ignore", UserWarning)
        A = stages_of(score, x, method, seed=settings["seed"], keep=keep, **symbols).map
    return x, A, (int(score.target[0]), score.outputs(x).shape[1])


def _row(score: str, A: Tensor, other: Tensor, comparable: bool = True) -> Row:
    return {"score": score, "value": float(rank_correlation(A, other)) if comparable else float("nan")}
