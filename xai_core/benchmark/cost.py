"""What UNI costs beside Integrated Gradients, from 64 × 64 to 384 × 384: passes counted, seconds side by side.

    UNI    1 gradient in the weights, 1 for the rule of ε, T + B in the input
    IG     B gradients; both methods ask for some answers besides, such as F(x) and F(x′) for the gap

Seconds are the processor's, of one thread. The two methods take turns in one run, so a busy computer slows both.
What to look at: the ratio of seconds, beside that of gradients. Of large pictures they are the same. Of small ones UNI
is dearer: its T + 1 steps go one by one, and the gradient in the weights takes as long at any size.

The network has random weights: a pass takes as long as with others. The seconds are those of one computer and stay as
they are when rows.parquet comes to another; `processor` in each row says which one it was.
"""

import platform
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from statistics import median
from typing import Any

import torch
from torch import Tensor, nn

from xai_core.benchmark import collection
from xai_core.benchmark.cells import Cell, Row, tell
from xai_core.benchmark.documents import Section, Table
from xai_core.benchmark.uni_tables import number, short
from xai_core.methods import explain
from xai_core.plain import markdown as plain

NAME = "cost"
RECIPE = 1  # part of every cell's key: raise it when something else is counted
NETWORK, SIDES, TURNS = "resnet18-untrained", (64, 96, 128, 192, 224, 384), 5
METHODS = {"uni": {"B": 15, "T": 10}, "integrated_gradients": {"B": 15}}  # the paper's settings
Count = Callable[[str, int], None]


def cells(data: str) -> Iterator[Cell]:
    """A cell a size. data: import name of the collection. Raises ValueError if it has no networks."""
    collection.load(data, collection.OF_COST)
    for turn, side in enumerate(SIDES):
        settings = {"network": NETWORK, "side": side, "symbols": METHODS, "turns": TURNS, "recipe": RECIPE}
        yield Cell(f"{__name__}:measure", settings, {"collection": data}, turn=turn)


def measure(settings: Mapping[str, Any], context: Mapping[str, Any]) -> list[Row]:
    """Passes and median seconds of both methods, and the median, smallest and largest ratio of a turn."""
    model = collection.load(context["collection"], collection.OF_COST).network(settings["network"])
    side = settings["side"]
    x = torch.rand(1, 3, side, side, generator=torch.Generator().manual_seed(0), device="cpu")
    ask = {method: partial(explain, model, x, "predicted", method, **given)
           for method, given in settings["symbols"].items()}  # fmt: skip
    found: dict[str, float] = {f"{what}_{method}": n for method in ask
             for what, n in passes(model, x, method, settings["symbols"][method]).items()}  # fmt: skip
    seconds: dict[str, list[float]] = {method: [] for method in ask}
    for turn in range(settings["turns"]):
        tell(f"{side} × {side}", turn, settings["turns"])
        for method, run in ask.items():
            seconds[method].append(_timed(run))
    ratios = [uni / ig for uni, ig in zip(seconds["uni"], seconds["integrated_gradients"], strict=True)]
    found |= {f"seconds_{method}": median(times) for method, times in seconds.items()}
    found |= {"ratio": median(ratios), "ratio_least": min(ratios), "ratio_most": max(ratios)}
    return [{"score": score, "value": value, "processor": processor()} for score, value in found.items()]


def passes(model: nn.Module, x: Tensor, method: str, given: Mapping[str, Any]) -> dict[str, int]:
    """How often the network is asked: pictures that go forward and back, "gradients", and forward alone, "forwards"."""
    seen = {"gradients": 0, "forwards": 0}

    def count(what: str, n: int) -> None:
        seen[what] += n

    _quietly(partial(explain, Counted(model, count), x, "predicted", method, **given))
    return {"gradients": seen["gradients"], "forwards": seen["forwards"] - seen["gradients"]}


class Counted(nn.Module):
    """The same network, which tells `count` how many pictures it was asked about. Its copies tell, too."""

    def __init__(self, model: nn.Module, count: Count) -> None:
        super().__init__()
        self.model, self.count = model, count

    def forward(self, x: Tensor) -> Tensor:
        """Logits, (N, classes)."""
        logits = self.model(x)
        self.count("forwards", len(x))
        if logits.requires_grad:
            logits.register_hook(lambda slope: self.count("gradients", len(slope)))
        return logits


def _quietly(run: Callable[[], Tensor]) -> None:
    with warnings.catch_warnings():  # nobody looks at the map
        warnings.simplefilter("ignore", UserWarning)
        run()


def _timed(run: Callable[[], Tensor]) -> float:
    begin = time.process_time()
    _quietly(run)
    return time.process_time() - begin


def processor() -> str:
    """What computed: its instructions and the version of torch."""
    return f"{platform.machine()}, {torch.backends.cpu.get_cpu_capability()}, torch {torch.__version__}"


def sections(rows: Sequence[Mapping[str, Any]], title: Callable[[str], str]) -> Iterator[Section]:
    """The table, a line a size. rows: of plan "cost"."""
    by_size: dict[tuple, dict[str, float]] = {}
    for row in rows:
        by_size.setdefault((row["network"], row["side"], row["processor"]), {})[row["score"]] = row["value"]
    lines = []
    for (network, side, _), found in sorted(by_size.items(), key=lambda each: each[0]):
        asked = [f"{found[f'gradients_{m}']:.0f} + {found[f'forwards_{m}']:.0f}" for m in METHODS]
        took = [number(found[f"seconds_{m}"]) for m in METHODS]
        ratio = f"{number(found['ratio'])} ({number(found['ratio_least'])} to {number(found['ratio_most'])})"
        of_passes = number(found["gradients_uni"] / found["gradients_integrated_gradients"])
        lines.append([title(network), f"{side:.0f} × {side:.0f}", *asked, of_passes, *took, ratio])
    names = [short(method) for method in METHODS]
    head = ["Network", "Pixels", *(f"{name}: passes" for name in names), "Ratio of gradients",
            *(f"{name}: seconds" for name in names), "Ratio of seconds"]  # fmt: skip
    symbols = "; ".join(f"{name}: {', '.join(f'{k} = {v}' for k, v in given.items())}"
                        for name, given in zip(names, METHODS.values(), strict=True))  # fmt: skip
    processors = "; ".join(dict.fromkeys(plain(each) for *_, each in by_size))
    says = (
        "Passes are gradients + forward passes of one picture, counted at the network. Seconds are the processor's, the"
        f" median of {TURNS} turns on one thread. Their ratio is that of a turn: its median, and from least to most."
        f" The weights are random. {symbols}. Measured on: {processors}."
    )
    yield Section(
        "What the reviewers asked: what does UNI cost beside Integrated Gradients?", [says, Table(head, lines)]
    )
