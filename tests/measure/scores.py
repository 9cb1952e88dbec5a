"""How far is every score from the forward passes it needs, and where does Quantus stand? Run with `make bench`.

Ours and Quantus's ask the same network about the same pictures: 32 digits of 8 × 8 or drawn scenes of 64 × 64 at once.
The floor of each is its own number of rows, in passes of the size that it uses, and nothing else.
"""

import argparse

import numpy as np
import quantus
import torch
from torch import Tensor, nn

from data.drawn import zoo
from data.nets import networks
from data.pictures import digits
from tests.measure.bench import forwards, gradients, ratio, show
from xai_core import make_score, simple_gradient
from xai_core.evaluate import Examination, deletion, max_sensitivity, mufidelity

SUBSETS, DRAWS = 100, 10


def whole_batches(model: nn.Module, X: Tensor, n: int) -> None:
    """n forward passes of all pictures at once, as Quantus asks."""
    with torch.no_grad():
        for _ in range(n):
            model(X).softmax(1)


def scores(name: str, model: nn.Module, X: Tensor, repeats: int) -> None:
    """Print deletion, MuFidelity and max-sensitivity of one network, ours and Quantus's in turn."""
    f = make_score(model, X, "predicted")
    A, n = simple_gradient(f, X), len(X)
    at_once = X[0, 0].numel() // (8 if X.shape[1] == 1 else 2)  # numbers a step: it wants a divisor of H · W
    steps = X[0].numel() // at_once
    given = {"x_batch": X.numpy(), "y_batch": f.target.numpy(), "channel_first": True, "softmax": True}
    given |= {"model": model, "batch_size": n}
    quiet = {"disable_warnings": True, "normalise": False}
    flipping = quantus.PixelFlipping(at_once, perturb_baseline="black", **quiet)
    faithful = quantus.FaithfulnessCorrelation(nr_runs=SUBSETS, subset_size=X[0].numel() // 5, perturb_baseline="black",
                                               return_aggregate=False, **quiet)  # fmt: skip
    trembling = quantus.MaxSensitivity(nr_samples=DRAWS, **quiet)

    def gradient(model: nn.Module, inputs: np.ndarray, targets: np.ndarray, **_: object) -> np.ndarray:
        point = torch.from_numpy(inputs).requires_grad_()
        chosen = model(point).softmax(1).gather(1, torch.from_numpy(targets)[:, None])
        return torch.autograd.grad(chosen.sum(), point)[0].numpy()

    cases = {
        "deletion": (lambda: deletion(f, X, A, steps=steps), lambda: forwards(model, X[:1], n * (steps + 1)), 1.1),
        "  Quantus, pixel flipping": (
            lambda: flipping(a_batch=A.numpy(), **given), lambda: whole_batches(model, X, steps), None,
        ),
        "mufidelity": (
            lambda: mufidelity(f, X, A, SUBSETS, segments="pixels"),
            lambda: forwards(model, X[:1], n * (SUBSETS + 1)), 1.1,
        ),
        "  Quantus, faithfulness corr.": (
            lambda: faithful(a_batch=A.numpy(), **given), lambda: whole_batches(model, X, SUBSETS + 1), None,
        ),
        "max_sensitivity": (
            lambda: max_sensitivity(lambda x: simple_gradient(f, x), X, DRAWS),
            lambda: gradients(model, X[:1], n * (DRAWS + 1)), 1.1,
        ),
        "  Quantus, max-sensitivity": (
            lambda: trembling(a_batch=None, explain_func=gradient, **given),
            lambda: [gradient(model, X.numpy(), f.target.numpy()) for _ in range(DRAWS + 1)], None,
        ),
    }  # fmt: skip
    for what, (score, floor, allowed) in cases.items():
        show(name, what, *ratio(score, floor, repeats), allowed)


def all_scores(name: str, model: nn.Module, x: Tensor, repeats: int) -> None:
    """Print what all scores of one map of one picture cost."""
    A = simple_gradient(make_score(model, x, 0), x)
    own = torch.full_like(x, 0.4)
    asked = 201 + 3 + 6 * 9  # subsets and x, three canvases, nine new pictures a curve
    times = ratio(lambda: Examination(model, x, 0).judge_map(A, own=own), lambda: forwards(model, x, asked), repeats)
    show(name, f"all scores of a map, {asked} rows", *times, 1.1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=7, help="turns that score and floor take (default 7)")
    repeats = parser.parse_args().repeats
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads, Quantus {quantus.__version__}")
    small, animals = networks.load("digits"), networks.load("zoo")
    for each in (small, animals):
        each.requires_grad_(False)
    scores("digits", small, digits.digits()[0][:32], repeats)
    scenes = zoo.batch(32, 0)[0]
    scores("zoo", animals, scenes, repeats)
    all_scores("digits", small, digits.digits()[0][:1], repeats)
    all_scores("zoo", animals, scenes[:1], repeats)


if __name__ == "__main__":
    main()
