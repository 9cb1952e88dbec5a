"""How far is every method from its floor? Run with `make bench`.

The floor of a method that needs 15 gradients is the time of 15 gradients: the same number of rows, in the same
passes, through the same frozen network, and nothing else. Method and floor take turns in one run, and the median
of their ratios is printed, so that a slow or busy machine changes both. Memory is measured in fresh processes.
"""

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

import torch
from torch import Tensor, nn

from data import digits, networks, photographs, pretrained, zoo
from xai_core import agi, blur_ig, guided_ig, integrated_gradients, lime, local_weights, make_score, smoothgrad, uni
from xai_core.agi import attack, rivals
from xai_core.score import Score, passes

PEAK = """
import resource, torch
from data import pretrained
from xai_core import explain
model, x = pretrained.load("resnet18", weights=False), torch.rand(1, 3, 224, 224)
explain(model, x, 0, "integrated_gradients", B={B})
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def gradients(model: nn.Module, x: Tensor, n: int) -> None:
    """n gradients of one logit's probability in the input, in the passes that the core takes."""
    points = x.expand(n, *x.shape[1:])
    for i in passes(points):
        point = points[i].clone().requires_grad_()
        torch.autograd.grad(model(point).softmax(1)[:, 0].sum(), point)


def forwards(model: nn.Module, x: Tensor, n: int) -> None:
    """n forward passes in the passes that the core takes."""
    points = x.expand(n, *x.shape[1:])
    with torch.no_grad():
        for i in passes(points):
            model(points[i].clone())


def uni_floor(model: nn.Module, x: Tensor, B: int, T: int) -> None:
    """UNI's passes: a gradient in the weights, a forward pass, T + 1 gradients one by one (the 1 is the rule's), B at
    once."""
    weights = [p.requires_grad_() for p in model.parameters()]
    torch.autograd.grad(model(x).log_softmax(1)[0, 0], weights)
    for p in weights:
        p.requires_grad_(False)
    forwards(model, x, 1)
    for _ in range(T + 1):
        gradients(model, x, 1)
    gradients(model, x, B)


def one_by_one(model: nn.Module, x: Tensor, n: int) -> None:
    """n gradients, each of which needs the one before it."""
    for _ in range(n):
        gradients(model, x, 1)


def agi_floor(model: nn.Module, x: Tensor, K: int, B: int, steps: int) -> None:
    """AGI's passes: the steps of the longest attack and the look at its end, K rows at a time; B gradients a path."""
    forwards(model, x, 1)
    for _ in range(steps + 1):
        gradients(model, x, K)
    gradients(model, x, K * B)


def ratio(method: Callable[[], object], floor: Callable[[], object], repeats: int) -> tuple[float, float, float]:
    """Median over the turns of (method / the floor right after it), and the median seconds of each."""
    times = {method: [], floor: []}
    for run in (method, floor) * (repeats + 1):
        start = time.perf_counter()
        run()
        times[run].append(time.perf_counter() - start)
    pairs = list(zip(times[method], times[floor], strict=True))[1:]  # the first turn warms up
    return statistics.median(a / b for a, b in pairs), *(
        statistics.median(column) for column in zip(*pairs, strict=True)
    )


def rows(name: str, model: nn.Module, x: Tensor, samples: int, repeats: int) -> None:
    """Print the ratios for one network."""
    f: Score = make_score(model, x, 0)
    for p in model.parameters():
        p.requires_grad_(False)
    attacked = int(attack(f, x.repeat(3, 1, 1, 1), rivals(f, x, 3).flatten())[1].max())
    cases = {
        "integrated_gradients, B = 15": (lambda: integrated_gradients(f, x), lambda: gradients(model, x, 15), 1.15),
        "blur_ig, B = 30": (lambda: blur_ig(f, x, 30), lambda: gradients(model, x, 30), 1.3),
        "guided_ig, B = 30": (lambda: guided_ig(f, x, B=30), lambda: one_by_one(model, x, 30), 1.3),
        "agi, K = 3, B = 20": (lambda: agi(f, x, K=3), lambda: agi_floor(model, x, 3, 20, attacked), 1.3),
        "smoothgrad, N = 50": (lambda: smoothgrad(f, x), lambda: gradients(model, x, 50), 1.15),
        "uni, T = 10, B = 15": (lambda: uni(f, x), lambda: uni_floor(model, x, 15, 10), 1.15),
        f"lime, N = {samples}": (lambda: lime(f, x, N=samples), lambda: forwards(model, x, samples), 1.2),
    }
    for what, (method, floor, allowed) in cases.items():
        times, taken, least = ratio(method, floor, 1 if "lime" in what else repeats)
        print(
            f"{name:10s} {what:30s} {times:5.2f} × the floor (target {allowed})   {taken:7.3f} s / {least:7.3f} s",
            flush=True,
        )


def normlime(samples: int, repeats: int, pictures: int = 20) -> None:
    """Print what NormLIME costs against the forward passes it needs, and how long 1000 digits would take."""
    model, X = networks.load("digits"), digits.digits()[0][:pictures]
    f = make_score(model, X, "predicted")
    times, taken, least = ratio(
        lambda: local_weights(f, X, N=samples, segments="pixels"),
        lambda: [forwards(model, x, samples) for x in X.split(1)],
        repeats,
    )
    what = f"normlime, N = {samples}"
    print(f"{'digits':10s} {what:30s} {times:5.2f} × the floor (target 1.3)   {taken:7.3f} s / {least:7.3f} s")
    print(f"{'':10s} {'… of 1000 digits':30s} {1000 / pictures * taken:5.0f} s (target 60)", flush=True)


def memory() -> None:
    """Print the peak memory of B = 1000 against B = 32 at 224²."""
    peak = {
        B: int(
            subprocess.run([sys.executable, "-c", PEAK.format(B=B)], capture_output=True, text=True, check=True).stdout
        )
        for B in (32, 1000)
    }
    print(f"resnet18   memory, B = 1000 / B = 32 {peak[1000] / peak[32]:5.2f} (target 1.5)", end="   ")
    print(f"{peak[1000] >> 10} / {peak[32] >> 10} MiB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--samples", type=int, default=1000, help="LIME's N (default 1000)")
    parser.add_argument("--repeats", type=int, default=7, help="turns that method and floor take (default 7)")
    options = parser.parse_args()
    torch.manual_seed(0)
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads")
    animals, elephant = networks.load("zoo"), zoo.draw("elephant", 0).image[None]
    rows("zoo", animals, elephant, options.samples, options.repeats)
    normlime(options.samples, options.repeats)
    resnet, cat = pretrained.load("resnet18", weights=False), photographs.bundled("cat")[None]
    rows("resnet18", resnet, cat, options.samples, options.repeats)
    memory()


if __name__ == "__main__":
    main()
