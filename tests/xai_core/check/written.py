"""Integrated Gradients as it is written: right in several ways, and wrong in all those that `check` knows by name."""

import random
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from data import broken
from xai_core import make_baseline


def slope(f, p: Tensor) -> Tensor:
    p = p.detach().requires_grad_()
    return torch.autograd.grad(f(p).sum(), p)[0]


def total(f, x, start, αs) -> Tensor:
    return sum(slope(f, start + α * (x - start)) for α in αs)


def summed(αs: Callable[[int], list[float]], factor: Callable = lambda x, start, B: (x - start) / B) -> Callable:
    """A function (f, x, B, baseline) → map from its points and the factor of their sum."""

    def my_ig(f, x, B=30, baseline="black"):
        start = make_baseline(x, baseline)
        return factor(x, start, B) * total(f, x, start, αs(B))

    return my_ig


def right_points(B: int) -> list[float]:
    return [k / B for k in range(1, B + 1)]


def formed(form: Callable[[Tensor], Tensor]) -> Callable:
    """The right map, and what is done to it at the end."""
    right = summed(right_points)

    def my_ig(f, x, B=30, baseline="black"):
        return form(right(f, x, B, baseline))

    return my_ig


def asking(F: Callable, B: int = 30) -> Callable:
    """The right sum of something else. F: (f, p) → (R,)."""

    def my_ig(f, x, B=B, baseline="black"):
        start = make_baseline(x, baseline)
        return (x - start) * total(lambda p: F(f, p), x, start, right_points(B)) / B

    return my_ig


def before(harm: Callable) -> Callable:
    """The right map, after something was done to f or x."""
    right = summed(right_points)

    def my_ig(f, x, B=30, baseline="black"):
        harm(f, x)
        return right(f, x.clone(), B, baseline)

    return my_ig


def of_broken(written: Callable) -> Callable:
    """A function of data/broken.py, (model, x, target, B, seed), as one of (f, x, B, seed): picture by picture."""

    def my_ig(f, x, B=30, seed=0):
        each = torch.arange(len(x)).split(1)
        return torch.cat([written(f.rows(i).outputs, x[i], int(f.rows(i).target[0]), B, seed) for i in each])

    return my_ig


# --- right ------------------------------------------------------------------------------------------------------------


def fixed_steps(f, x):
    return x * total(f, x, torch.zeros_like(x), right_points(20)) / 20


def all_at_once(f, x, B: int = 30, baseline="black", seed=0):
    start = make_baseline(x, baseline, seed)
    α = (torch.arange(B) + 0.5).view(-1, 1, 1, 1, 1) / B
    points = (start + α * (x - start)).flatten(0, 1).requires_grad_()
    (slopes,) = torch.autograd.grad(f(points).sum(), points)
    return (x - start) * slopes.view(B, *x.shape).mean(0)


def trapezoid(f, x, B=30):
    start = torch.full_like(x, 0.5)
    ends = (slope(f, start) + slope(f, x)) / 2
    return (x - start) * (ends + total(f, x, start, right_points(B)[:-1])) / B


def from_afar(value):
    def my_ig(f, x, B=30):
        start = torch.full_like(x, value)
        return (x - start) * total(f, x, start, right_points(B)) / B

    return my_ig


RIGHT = {
    "right rule": summed(right_points),
    "left rule": summed(lambda B: [k / B for k in range(B)]),
    "midpoint, all at once": all_at_once,
    "trapezoid from grey": trapezoid,
    "20 steps from black": fixed_steps,
    "from white": from_afar(1.0),
    "from a grey of one's own": from_afar(0.3),
    "one value a pixel": formed(lambda A: A.sum(1, keepdim=True)),
    "data/broken.py: right": of_broken(broken.right),
}


# --- wrong ------------------------------------------------------------------------------------------------------------


def keep_a_hook(f, x) -> None:
    f.model.register_forward_hook(lambda module, inputs, output: None)


def fill_grad(f, x) -> None:
    f.model.requires_grad_(True)
    f(x).sum().backward()


def mean_over_batch(f, x, B=30, baseline="black"):
    start = make_baseline(x, baseline)
    points = [(start + k / B * (x - start)).requires_grad_() for k in range(1, B + 1)]
    return (x - start) * sum(torch.autograd.grad(f(p).mean(), p)[0] for p in points) / B


def batch_baseline(f, x, B=30):
    start = x.mean() * torch.ones_like(x)
    return (x - start) * total(f, x, start, right_points(B)) / B


def noise_for_all(f, x, B=30, seed=0):
    start = torch.rand(x.shape, generator=torch.Generator().manual_seed(seed))
    return (x - start) * total(f, x, start, right_points(B)) / B


def one_class(f, x, B=30, baseline="black"):
    start = make_baseline(x, baseline)

    def F(p: Tensor) -> Tensor:
        return f.outputs(p)[:, int(f.target[0])]

    return (x - start) * total(F, x, start, right_points(B)) / B


def manual_seed(f, x, B=30, seed=0):
    torch.manual_seed(seed)
    start = torch.rand(x.shape[1:]).expand_as(x)
    return (x - start) * total(f, x, start, right_points(B)) / B


def numpys_seed(f, x, B=30):
    start = torch.from_numpy(np.random.rand(*x.shape[1:])).to(x).expand_as(x)  # noqa: NPY002
    return (x - start) * total(f, x, start, right_points(B)) / B


def pythons_seed(f, x, B=30):
    start = torch.full_like(x, random.random())
    return (x - start) * total(f, x, start, right_points(B)) / B


def seedless(f, x, B=30):
    start = torch.from_numpy(np.random.default_rng().random(x.shape[1:])).to(x).expand_as(x)
    return (x - start) * total(f, x, start, right_points(B)) / B


def gradient_alone(f, x):
    return slope(f, x)


def gradient_times_input(f, x):
    return x * slope(f, x)


def numbers(f, x):
    return [1.0]


def without_channels(f, x):
    return slope(f, x).sum(1)


def holes(f, x):
    return slope(f, x) / 0


def detached(f, x):
    return slope(f, x) * 0


def cut_off(f, x):
    return torch.autograd.grad(f(x).sum(), x)[0]


def raises(f, x):
    return {}["key"]


LINE, CHANNEL = "The channels are not summed", "channels"
WRONG: dict[str, tuple[Callable, str, str]] = {  # mistake → function, the line that fails, and words that it says
    "argmax": (asking(lambda f, p: f.outputs(p).max(1).values), "class", "wrong target"),
    "broken: class": (of_broken(broken.another_class), "class", "max or argmax"),
    "all classes": (asking(lambda f, p: f.outputs(p).sum(1)), "class", "wrong target"),
    "softmax": (asking(lambda f, p: f.outputs(p).softmax(1).gather(1, f.target.expand(len(p))[:, None])[:, 0]),
                "agreement", "A softmax too many"),
    "broken: probability": (of_broken(broken.probability), "agreement", "A softmax too many"),
    "loss": (asking(lambda f, p: -f.outputs(p).log_softmax(1)[:, f.target[0]]), "agreement", "It explains a loss"),
    "log": (asking(lambda f, p: f.outputs(p).log_softmax(1)[:, f.target[0]]), "agreement", "logarithm"),
    "model": (asking(lambda f, p: f.model(p)[:, f.target[0]]), "score", "f.model is asked"),
    "no difference": (summed(right_points, lambda x, start, B: 1 / B), "agreement", "The factor x − x′ is missing"),
    "broken: difference": (of_broken(broken.no_difference), "missingness", "The factor x − x′ is missing"),
    "times x": (of_broken(lambda m, x, t, B, seed: x * broken.no_difference(m, x, t, B, seed)), "agreement",
                "It multiplies by x where x − x′"),
    "sign": (summed(right_points, lambda x, start, B: (start - x) / B), "completeness", "The sign is wrong"),
    "absolute": (formed(torch.abs), "agreement", "absolute values"),
    "broken: sign": (of_broken(broken.no_sign), "completeness", "absolute values"),
    "absolute sum": (formed(lambda A: A.sum(1, keepdim=True).abs()), "agreement", "absolute values"),
    "absolute, then summed": (formed(lambda A: A.abs().sum(1, keepdim=True)), "agreement", "absolute values, before"),
    "relu": (formed(torch.relu), "agreement", "cuts off what speaks against"),
    "square": (formed(torch.square), "linearity", "squares"),
    "its maximum": (formed(lambda A: A / A.abs().amax((1, 2, 3), keepdim=True)), "agreement", "by another number"),
    "channel mean": (formed(lambda A: A.mean(1, keepdim=True)), "agreement", LINE),
    "one channel": (formed(lambda A: A[:, :1]), "agreement", "channel 0 alone"),
    "largest channel": (formed(lambda A: A.amax(1, keepdim=True)), "agreement", LINE),
    "transposed": (formed(lambda A: A.transpose(2, 3)), "agreement", "Height and width"),
    "factor": (formed(lambda A: 255 * A), "agreement", "All is 255 times"),
    "one too few": (summed(lambda B: right_points(B)[:-1]), "agreement", "range(1, B) ends at B − 1"),
    "one too many": (summed(lambda B: [0, *right_points(B)]), "agreement", "B + 1 points are divided by B"),
    "B − 1": (summed(right_points, lambda x, start, B: (x - start) / (B - 1)), "agreement", "divided by B − 1"),
    "no B": (summed(right_points, lambda x, start, B: x - start), "agreement", "division by B is missing"),
    "x alone": (summed(lambda B: [1.0] * B), "agreement", "at x alone"),
    "baseline alone": (summed(lambda B: [0.0] * B), "agreement", "at the baseline alone"),
    "weights": (before(lambda f, x: f.model.head.weight.data.mul_(2)), "network", "head.weight has other numbers"),
    "mode": (before(lambda f, x: f.model.train()), "network", "training mode"),
    "hook": (before(keep_a_hook), "network", "handle.remove()"),
    "grad": (before(fill_grad), "network", "backward() was called"),
    "input": (before(lambda f, x: x.mul_(1.5)), "input", "Begin with x = x.clone()"),
    "type": (before(lambda f, x: torch.set_default_dtype(torch.float64)), "settings", "set_default_dtype"),
    "threads": (before(lambda f, x: torch.set_num_threads(3)), "settings", "set_num_threads"),
    "manual_seed": (manual_seed, "global seed", "sets them for everybody"),
    "no seed": (numpys_seed, "global seed", "no seed says which"),
    "Python's": (pythons_seed, "global seed", "no seed says which"),
    "another each time": (seedless, "seed", "it takes no seed"),
    "broken: seed": (of_broken(broken.no_seed), "seed", "seed= is not handed on"),
    "mean over batch": (mean_over_batch, "batch", "take f(x).sum()"),
    "mean of maps": (formed(lambda A: A.mean(0, keepdim=True).expand_as(A)), "batch", "over the batch, dim 0"),
    "baseline of all": (batch_baseline, "batch", "Leave dim 0 out"),
    "noise of all": (noise_for_all, "batch", "only the first is right"),
    "first class": (one_class, "batch", "a class of its own"),
    "gradient": (gradient_alone, "completeness", "at x alone"),
    "list": (numbers, "shape", "must return a tensor shaped like x"),
    "no channels": (without_channels, "shape", "one value a pixel"),
    "NaN": (holes, "shape", "must return finite numbers"),
    "no graph": (cut_off, "shape", "Begin with x = x.clone().requires_grad_()"),
    "zeros": (detached, "shape", "0 everywhere"),
    "KeyError": (raises, "shape", "stopped with KeyError: 'key', at «return {}[\"key\"]»"),
}  # fmt: skip
