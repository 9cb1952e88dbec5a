"""What the UNI paper claims about paths, measured on every network that is here, or on yours. Run with `make claims`.

    python -m tests.measure.claims --networks zoo squeezenet1_1 --images 20 FOLDER
    python -m tests.measure.claims --networks mine:network --images FOLDER        network() of mine.py

Claims (Choi, Duplessis & Belongie 2025, §§3–5): the unlearned baseline is less confident than x; the confidence rises
monotonically on the way back, with Spearman .89–.99 against .27–.88 for other paths; the path is less curved, so that
few steps are enough and the map is the same at B = 1, 15, 30.

A row a path: mean over the pictures, and for Spearman also the lowest. ρ(B) is Spearman's correlation of the map at B
steps with the map at 300; «B for 5 %» is the median of the fewest steps whose gap stays within 5 % of F(x) − F(x′).
"""

import argparse
from collections.abc import Callable

import torch
from torch import Tensor, nn

from data import collection
from data.nets import networks
from xai_core import (
    Score,
    Trace,
    agi_trace,
    guided_trace,
    make_score,
    rank_correlation,
    scale_space,
    steps_for,
    straight,
    trace,
    uni_baseline,
)

GRID = 30  # steps between which F and dF/dα are compared
RIVALS = 3  # of AGI: the classes that come next, each a path of its own
SMALL = ("zoo", "husky_wolf", "digits")  # besides torchvision's whose weights are here
STEPS, SETTLED = (1, 15, 30), 300


def ways(f: Score, x: Tensor) -> dict[str, tuple[Callable[[int], Trace], str]]:
    """name → (the trace of B steps, the rule by which the method sums). Only Guided IG's path depends on B."""

    def always(walked: Trace) -> Callable[[int], Trace]:
        return lambda B: walked

    return {
        "IG from black": (always(trace(f, x, keep=0)), "right"),
        "IG from blurred": (always(trace(f, x, "blurred", keep=0)), "right"),
        "BlurIG": (always(Trace(f, scale_space(x), x, keep=0)), "right"),
        "Guided IG": (lambda B: guided_trace(f, x, B=B), "left"),
        "AGI": (always(agi_trace(f, x, RIVALS, keep=0)), "midpoint"),
        "UNI": (always(Trace(f, straight(uni_baseline(f, x), x), x, keep=0)), "right"),
    }


def judge(at: Callable[[int], Trace], rule: str, like: Tensor) -> list[float]:
    """The numbers of one picture's path, in the order of the table's columns; means over AGI's paths."""
    walked = at(GRID)
    maps = {B: at(B).attribution(B, rule).view(-1, *like.shape).mean(0) for B in (*STEPS, SETTLED)}
    gap = abs(float(maps[15].sum() - at(15).change().mean()))
    return [
        float(walked.confidence([0.0]).mean()),
        float(walked.monotonicity(GRID).mean()),
        float(walked.curvature(GRID).mean()),
        gap,
        *(float(rank_correlation(maps[B], maps[SETTLED])) for B in STEPS),
        float("nan") if rule == "left" else enough(walked, rule),  # another B of Guided IG is another path
    ]


def enough(walked: Trace, rule: str) -> float:
    """The fewest steps for a gap of 5 %, mean over AGI's paths; infinite where 300 are too few."""
    found = steps_for(walked, 0.05, rule, SETTLED).double()
    return float(found.where(found > 0, torch.inf).mean())


def report(name: str, model: nn.Module, pictures: list[Tensor]) -> None:
    """Print the table of one network."""
    found: dict[str, list[list[float]]] = {}
    sure = []
    for x in pictures:
        f = make_score(model, x[None], "predicted")
        sure.append(float(f(x[None])))
        for way, (at, rule) in ways(f, x[None]).items():
            found.setdefault(way, []).append(judge(at, rule, x[None]))
    print(f"\n{name}: {len(pictures)} pictures, mean F(x) = {sum(sure) / len(sure):.2f}")
    print(f"{'':16s} F(x′)  Spearman (lowest)  curvature  gap(15)   ρ(1)  ρ(15)  ρ(30)  B for 5 %")
    for way, rows in found.items():
        column = torch.tensor(rows, dtype=torch.double).T  # (numbers, pictures)
        start, rises, bends, gap, *rho, _ = column.nanmean(1).tolist()
        middle = column[-1].median().item()
        low = column[1].nan_to_num(1).min().item()
        print(
            f"{way:16s} {start:5.3f}  {rises:8.2f} ({low:5.2f})   {bends:9.1f}  {gap:7.3f}  "
            + "  ".join(f"{r:5.2f}" for r in rho)
            + ("        –" if middle != middle else f"  {middle:7.0f}" if middle < float("inf") else "    > 300"),
            flush=True,
        )


def pictures_of(network: str, images: list[str]) -> list[Tensor]:
    """Those of the sources that a network understands; a number is as many of its own kind."""
    every = [collection.own_source(network, int(each)) if each.isdigit() else each for each in images]
    return [
        collection.picture(network, source, listed.name).image
        for source in dict.fromkeys(every)
        if collection.fits(network, source)
        for listed in collection.pictures(network, source)
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    here = [*SMALL, *(name for name in collection.networks_here() if name not in networks.SHIPPED)]
    parser.add_argument("--networks", nargs="+", default=here, help=f"names, or MODULE:FUNCTION ({' '.join(here)})")
    parser.add_argument("--images", nargs="+", default=["20"], help="a number, NAME:N, FOLDER or FOLDER:N (default 20)")
    options = parser.parse_args()
    for name in options.networks:
        report(name, collection.network(name), pictures_of(name, options.images))


if __name__ == "__main__":
    main()
