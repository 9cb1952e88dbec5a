"""The exercises of 07_cam.ipynb: each wrong answer is told what is wrong with it."""

from collections.abc import Callable

import pytest
import torch


def weighted(features, w):
    return (w[:, None, None] * features).sum(0)


def alpha(slope):
    return slope.mean((1, 2), keepdim=True)


ONE_OFF = torch.tensor([[1.0, 1.0], [1.0, 1.5]], dtype=torch.double)

CAM = {
    "Right.": weighted,
    "cut off what speaks against": lambda f, w: weighted(f, w).relu(),
    "mean over the channels": lambda f, w: weighted(f, w) / len(w),
    "forgot the weights": lambda f, w: f.sum(0),
    "kept the channels apart": lambda f, w: w[:, None, None] * f,
    "averaged over the places": lambda f, w: weighted(f, w).mean(),
    "divide by the number of places": lambda f, w: weighted(f, w) / f[0].numel(),
    "You took |w|": lambda f, w: weighted(f, w.abs()),
    "changes what it is given": lambda f, w: f.mul_(w[:, None, None]).sum(0),
    "Return a torch.Tensor": lambda f, w: weighted(f, w).tolist(),
    "The numbers are right. The shape should be (2, 2); yours is (4,)": lambda f, w: weighted(f, w).flatten(),
    "at [0, 0]. It should be -6.750; yours is -5.750": lambda f, w: weighted(f, w) + 1,
    "Not done yet": lambda f, w: ...,
}
GRAD_CAM = {
    "Right.": lambda f, s: (alpha(s) * f).sum(0).relu(),
    "ReLU is missing": lambda f, s: (alpha(s) * f).sum(0),
    "on each channel": lambda f, s: (alpha(s) * f).relu().sum(0),
    "ReLU on the weights": lambda f, s: (alpha(s).relu() * f).sum(0),
    "place by place": lambda f, s: (s * f).sum(0).relu(),
    "summed the slope": lambda f, s: (s.sum((1, 2), keepdim=True) * f).sum(0).relu(),
    "averaged over the channels": lambda f, s: (s.mean(0, keepdim=True) * f).sum(0).relu(),
    "You took |slope|": lambda f, s: (alpha(s.abs()) * f).sum(0),
    # the first place is right, and 0.000 in both: the place and the numbers that differ are said
    "at [1, 1]. It should be 2.700; yours is 4.050": lambda f, s: (alpha(s) * f).sum(0).relu() * ONE_OFF,
    "sign is the other way round": lambda f, s: -(alpha(s) * f).sum(0).relu(),
    "divided by the largest": lambda f, s: (alpha(s) * f).sum(0).relu() / (alpha(s) * f).sum(0).max(),
    "changes what it is given": lambda f, s: (s.abs_().mean((1, 2), keepdim=True) * f).sum(0),
    "Not done yet": lambda f, s: ...,
}
ANSWERS = [("cam", *item) for item in CAM.items()] + [("grad_cam", *item) for item in GRAD_CAM.items()]


@pytest.mark.parametrize(("name", "said", "answer"), ANSWERS, ids=[f"{name}: {said}" for name, said, _ in ANSWERS])
def test_the_check_names_the_mistake(verdict: Callable[..., str], name: str, said: str, answer: Callable) -> None:
    assert said in verdict("cam", name, answer)
