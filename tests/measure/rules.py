"""How few gradients give the same map? Every rule against B = 2000, run as `python -m tests.measure.rules`.

    map error = Σ_i |A_i − A_i(2000)| / Σ_i |A_i(2000)|         gap = |Σ_i A_i − (F(x) − F(x′))| / |F(x) − F(x′)|

Two errors of a sum cancel in the gap, and not in the map. At the kinks of a ReLU network every pixel's slope jumps,
each somewhere else on the path, so no rule's map error falls faster than 1/B. A row is a rule and B; medians over the
scenes and two baselines.
"""

import argparse
import statistics

import torch
from torch import Tensor

from data.drawn import zoo
from data.nets import networks
from xai_core import Score, make_score, trace

TRIED = (
    ("right", 300), ("right", 60), ("midpoint", 300), ("midpoint", 60), ("midpoint", 30), ("gauss_legendre", 60),
    ("gauss_legendre", 30),
)  # fmt: skip


def errors(f: Score, x: Tensor, baseline: str) -> dict[tuple[str, int], tuple[float, float]]:
    """(rule, B) → (map error, gap) of one picture (1, …)."""
    walked = trace(f, x, baseline, keep=0)
    exact = walked.attribution(2000, "midpoint")
    found = {}
    for rule, B in TRIED:
        A = walked.attribution(B, rule)
        gap = walked.gap(A) / walked.change().abs()
        found[rule, B] = float((A - exact).abs().sum() / exact.abs().sum()), float(gap)
    return found


def main() -> None:
    """Print the table of each network."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scenes", type=int, default=6, help="pictures of the zoo (%(default)s)")
    parser.add_argument("--networks", nargs="+", default=["zoo", "zoo_vgg", "zoo_vit"], help="(%(default)s)")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    for name in asked.networks:
        network, pictures = networks.load(name), zoo.batch(asked.scenes, seed=5)[0]
        rows: dict[tuple[str, int], list[tuple[float, float]]] = {key: [] for key in TRIED}
        for x in pictures.split(1):
            f = make_score(network, x, "predicted")
            for baseline in ("black", "blurred"):
                for key, pair in errors(f, x, baseline).items():
                    rows[key].append(pair)
        print(f"\n{name}, scenes: {asked.scenes}, from black and from blurred\n")
        print("| rule | B | map error | gap |\n|---|---|---|---|")
        for (rule, B), pairs in rows.items():
            off, gap = (statistics.median(column) for column in zip(*pairs, strict=True))
            print(f"| {rule} | {B} | {off:.4f} | {gap:.4f} |")


if __name__ == "__main__":
    main()
