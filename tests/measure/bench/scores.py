"""The scores of a map, with Quantus beside: the same network, the same pictures all at once, as many questions."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import quantus
import torch
from torch import Tensor, nn

from data.drawn import zoo
from data.pictures import digits
from tests.measure.bench import floors
from tests.measure.bench.cases import Case
from tests.measure.bench.questions import Question
from tests.measure.bench.turns import Run
from xai_core import make_score, simple_gradient
from xai_core.evaluate import Examination, deletion, max_sensitivity, mufidelity
from xai_core.score import Score

PICTURES, SUBSETS, DRAWS = 16, 50, 10
PEER = "Quantus"
QUIET = {"disable_warnings": True, "normalise": False}


@dataclass(frozen=True, eq=False)
class Judged:
    """Pictures, a map of each, and how Quantus takes them."""

    q: Question
    X: Tensor  # (N, C, H, W)

    @cached_property
    def f(self) -> Score:
        return make_score(self.q.model, self.X, "predicted")

    @cached_property
    def A(self) -> Tensor:
        return simple_gradient(self.f, self.X)

    @property
    def numbers_a_step(self) -> int:
        """Of Quantus's pixel flipping, which wants a divisor of H · W."""
        return self.X[0, 0].numel() // (8 if self.X.shape[1] == 1 else 2)

    @property
    def steps(self) -> int:
        return self.X[0].numel() // self.numbers_a_step

    @cached_property
    def theirs(self) -> dict:
        given = {"x_batch": self.X.numpy(), "y_batch": self.f.target.numpy(), "channel_first": True, "softmax": True}
        return given | {"model": self.q.copy(), "batch_size": len(self.X)}

    def forwards(self, asked: int) -> Run:
        """So many rows a picture."""
        points = floors.masked(self.X[:1], len(self.X) * asked)
        return lambda: floors.forwards(self.q.model, points)


def _deletion(j: Judged) -> tuple[Case, Run]:
    flipping = quantus.PixelFlipping(j.numbers_a_step, perturb_baseline="black", **QUIET)
    ours = Case(lambda: deletion(j.f, j.X, j.A, steps=j.steps), j.forwards(j.steps + 1))
    return ours, lambda: flipping(a_batch=j.A.numpy(), **j.theirs)


def _mufidelity(j: Judged) -> tuple[Case, Run]:
    faithful = quantus.FaithfulnessCorrelation(
        nr_runs=SUBSETS, subset_size=j.X[0].numel() // 5, perturb_baseline="black", return_aggregate=False, **QUIET
    )
    ours = Case(lambda: mufidelity(j.f, j.X, j.A, SUBSETS, segments="pixels"), j.forwards(SUBSETS + 1))
    return ours, lambda: faithful(a_batch=j.A.numpy(), **j.theirs)


def _max_sensitivity(j: Judged) -> tuple[Case, Run]:
    trembling = quantus.MaxSensitivity(nr_samples=DRAWS, **QUIET)

    def gradient(model: nn.Module, inputs: np.ndarray, targets: np.ndarray, **_: object) -> np.ndarray:
        point = torch.from_numpy(inputs).requires_grad_()
        chosen = model(point).softmax(1).gather(1, torch.from_numpy(targets)[:, None])
        return torch.autograd.grad(chosen.sum(), point)[0].numpy()

    points = floors.noisy(j.X[:1], len(j.X) * (DRAWS + 1), 0.1)
    ours = Case(
        lambda: max_sensitivity(lambda x: simple_gradient(j.f, x), j.X, DRAWS),
        lambda: floors.gradients(j.q.model, points),
    )
    return ours, lambda: trembling(a_batch=None, explain_func=gradient, **j.theirs)


def _all_of_a_map(j: Judged) -> tuple[Case, None]:
    """What Quantus has no counterpart for: the answers that several scores share are asked for once."""
    x = j.X[:1]
    A, own = simple_gradient(make_score(j.q.model, x, 0), x), torch.full_like(x, 0.4)
    asked = floors.masked(x, 4 * 201 + 3 + 6 * 9)  # four kinds of subsets and x, three canvases, nine pictures a curve
    ours = Case(lambda: Examination(j.q.model, x, 0).judge_map(A, own=own), lambda: floors.forwards(j.q.model, asked))
    return ours, None


SCORES: dict[str, Callable[[Judged], tuple[Case, Run | None]]] = {
    "score: deletion": _deletion,
    "score: mufidelity": _mufidelity,
    "score: max_sensitivity": _max_sensitivity,
    "score: all of a map": _all_of_a_map,
}


def judged(q: Question) -> Judged | None:
    """The pictures for these scores, on the two small networks."""
    pictures = {"digits": lambda: digits.digits()[0][:PICTURES], "zoo": lambda: zoo.batch(PICTURES, 0)[0]}
    return Judged(q, pictures[q.name]()) if q.name in pictures else None
