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

import captum.attr
import numpy as np
import torch
from lime.lime_image import LimeImageExplainer
from torch import Tensor, nn

from app.labs.distancing import held_apart
from data.drawn import zoo
from data.nets import networks, pretrained
from data.pictures import digits, photographs
from xai_core import (
    agi,
    blur_ig,
    coalitions,
    gad,
    guided_ig,
    integrated_gradients,
    k_lasso,
    kernel_shap,
    lime,
    local_weights,
    make_score,
    neighbourhood,
    occlusion,
    rise,
    smoothgrad,
    superpixels,
    uni,
)
from xai_core.path.agi import attack, rivals
from xai_core.perturbation.occlusion import windows
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


def rows(name: str, model: nn.Module, x: Tensor, repeats: int) -> None:
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
    }
    for what, (method, floor, allowed) in cases.items():
        show(name, what, *ratio(method, floor, repeats), allowed)


def perturbations(name: str, model: nn.Module, x: Tensor, samples: int, repeats: int) -> None:
    """Print the ratios of the methods that switch features off, in turn with the field's packages on equal terms.

    All get the same superpixels and passes of 64 rows; what cutting the picture takes is told apart.
    """
    f: Score = make_score(model, x, 0)
    labels = superpixels(x)
    asked = len(coalitions(int(labels.max()) + 1, samples)[0])
    side = min(x.shape[2:]) // 8
    covered = len(windows(x.shape[2:], side, side // 2)) + 1
    picture = x[0].permute(1, 2, 0).numpy().astype(float)

    def classify(batch: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            return model(torch.from_numpy(batch).permute(0, 3, 1, 2).float()).softmax(1).numpy()

    def lime_package() -> None:
        LimeImageExplainer().explain_instance(
            picture, classify, labels=(0,), top_labels=None, hide_color=0.5, num_samples=samples, batch_size=64,
            segmentation_fn=lambda image: labels.numpy(),
        )  # fmt: skip

    def of_captum(method: Callable) -> Callable[[], object]:
        given = {"baselines": 0.5, "target": 0, "feature_mask": labels[None, None], "perturbations_per_eval": 64}
        return lambda: method(model).attribute(x, n_samples=samples, **given)

    cases = {
        f"lime, N = {samples}": (lambda: lime(f, x, samples, segments=labels), samples, 1.1),
        f"  the lime package, N = {samples}": (lime_package, samples, None),
        f"  captum.Lime, N = {samples}": (of_captum(captum.attr.Lime), samples, None),
        f"kernel_shap, N = {samples}": (lambda: kernel_shap(f, x, samples, labels), asked, 1.1),
        f"  captum.KernelShap, N = {samples}": (of_captum(captum.attr.KernelShap), samples, None),
        f"rise, N = {samples}": (lambda: rise(f, x, samples), samples, 1.1),
        f"occlusion, {covered} windows": (lambda: occlusion(f, x), covered, 1.1),
    }
    for what, (method, passes_needed, allowed) in cases.items():
        show(name, what, *ratio(method, lambda n=passes_needed: forwards(model, x, n), repeats), allowed)
    print(f"{name:10s} slic                           {seconds(lambda: superpixels(x)):7.3f} s, once a picture")


def reading() -> None:
    """Print what another K and another width take, for 1000 samples × 50 superpixels."""
    x = torch.rand(1, 50)
    near = neighbourhood(lambda x: x.square().sum(1).sin(), x, 1000)
    for what, given in {"another K": {"K": 12}, "another kernel width": {"sigma": 0.5}}.items():
        taken = seconds(lambda given=given: k_lasso(near, **given))
        print(f"reading    {what:30s} {1000 * taken:5.1f} ms (target 20)")


def seconds(run: Callable[[], object], repeats: int = 15) -> float:
    """Median seconds of a run."""
    times = []
    for _ in range(repeats + 1):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return statistics.median(times[1:])  # the first warms up


def show(name: str, what: str, times: float, taken: float, least: float, allowed: float | None) -> None:
    """Print one row."""
    target = f"(target {allowed})" if allowed else ""
    print(f"{name:10s} {what:32s} {times:5.2f} × the floor {target:14s} {taken:7.3f} s / {least:7.3f} s", flush=True)


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
    show("digits", what, times, taken, least, 1.3)
    print(f"{'':10s} {'… of 1000 digits':30s} {1000 / pictures * taken:5.0f} s (target 60)", flush=True)


def distancing(x: Tensor, repeats: int) -> None:
    """Print what GAD over the zoo's network and its four support networks costs against the gradients it needs."""
    supports, model = held_apart.shipped(), networks.load("zoo")
    five = [model, *(each.model for each in supports)]
    times = ratio(
        lambda: gad(model, supports, x, 0, "integrated_gradients"),
        lambda: [gradients(each, x, 15) for each in five],
        repeats,
    )
    show("zoo", "gad, 5 networks, B = 15", *times, 1.3)


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
    parser.add_argument("--samples", type=int, default=1000, help="masks of LIME, KernelSHAP and RISE (default 1000)")
    parser.add_argument("--repeats", type=int, default=7, help="turns that method and floor take (default 7)")
    options = parser.parse_args()
    torch.manual_seed(0)
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads")
    animals, elephant = networks.load("zoo"), zoo.draw("elephant", 0).image[None]
    reading()
    rows("zoo", animals, elephant, options.repeats)
    perturbations("zoo", animals, elephant, options.samples, options.repeats)
    normlime(options.samples, options.repeats)
    distancing(elephant, options.repeats)
    resnet, cat = pretrained.load("resnet18", weights=False), photographs.bundled("cat")[None]
    rows("resnet18", resnet, cat, options.repeats)
    perturbations("resnet18", resnet, cat, options.samples, min(options.repeats, 1))
    memory()


if __name__ == "__main__":
    main()
