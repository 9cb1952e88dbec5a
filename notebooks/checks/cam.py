"""Checks of the exercises in 14_cam.ipynb."""

from collections.abc import Callable

import torch
from torch import Tensor

from checks import check, done, require

FEATURES = torch.tensor([[[1.0, 2], [3, 5]], [[4.0, 1], [-1, 2]], [[0.5, 0], [2, 7]]], dtype=torch.double)  # (3, 2, 2)
WEIGHT = torch.tensor([1.0, -2, 0.5], dtype=torch.double)
SLOPE = torch.tensor([[[1.0, 0], [2, 1]], [[-3.0, 1], [0, -4]], [[0.5, 0.5], [-1, 0.4]]], dtype=torch.double)


def _judge(answer: Tensor, right: Tensor, mistakes: dict[str, Tensor]) -> None:
    """Wrong, with the mistake's sentence for a known wrong answer."""
    require(isinstance(answer, Tensor), f"Return a torch.Tensor; you return {type(answer).__name__}.")
    if answer.shape == right.shape and torch.allclose(answer.double(), right):
        return
    for sentence, value in mistakes.items():
        require(answer.shape != value.shape or not torch.allclose(answer.double(), value), sentence)
    require(
        answer.shape == right.shape,
        f"The map is {tuple(right.shape)}, one number a place; yours {tuple(answer.shape)}.",
    )
    require(False, f"At the first place the map is {float(right[0, 0]):.3f}; yours is {float(answer[0, 0]):.3f}.")


@check
def cam(my_cam: Callable[[Tensor, Tensor], Tensor]) -> str:
    """my_cam(features, weight): Σ_k w_k f_k, signed."""
    features, w = FEATURES.clone(), WEIGHT[:, None, None]
    answer = done(my_cam(features, WEIGHT.clone()))
    require(torch.equal(features, FEATURES), "Your function changes the features. Work on a copy.")
    right = (w * FEATURES).sum(0)
    _judge(
        answer,
        right,
        {
            "You cut off what speaks against the class. CAM keeps its sign.": right.relu(),
            "You took the mean over the channels. Sum them.": right / 3,
            "You forgot the weights.": FEATURES.sum(0),
            "You kept the channels apart. Sum over k.": w * FEATURES,
            "You averaged over the places: that is the logit without its bias. Keep the places.": right.mean(),
            "You divide by the number of places; that is Grad-CAM's scale, not CAM's.": right / 4,
            "You took |w|: a weight against the class must count against it.": (w.abs() * FEATURES).sum(0),
        },
    )
    return "Its mean over the places, plus the bias, is the logit."


@check
def grad_cam(my_grad_cam: Callable[[Tensor, Tensor], Tensor]) -> str:
    """my_grad_cam(features, slope): ReLU(Σ_k mean(slope_k) f_k)."""
    features, slope = FEATURES.clone(), SLOPE.clone()
    answer = done(my_grad_cam(features, slope))
    require(torch.equal(features, FEATURES) and torch.equal(slope, SLOPE), "Your function changes what it was given.")
    alpha = SLOPE.mean((1, 2), keepdim=True)
    signed = (alpha * FEATURES).sum(0)
    _judge(
        answer,
        signed.relu(),
        {
            "The ReLU is missing: what speaks against the class is cut off.": signed,
            "The ReLU comes last, on the sum; you put it on each channel.": (alpha * FEATURES).relu().sum(0),
            "You put the ReLU on the weights α. It belongs on the sum.": (alpha.relu() * FEATURES).sum(0),
            "You multiplied place by place. Average the slope over the places first.": (SLOPE * FEATURES).sum(0).relu(),
            "You summed the slope over the places. α is its mean.": (4 * signed).relu(),
            "You averaged over the channels. α_k has one number a channel.": (SLOPE.mean(0, keepdim=True) * FEATURES)
            .sum(0)
            .relu(),
            "You took |slope|: the sign says for or against.": (SLOPE.abs().mean((1, 2), keepdim=True) * FEATURES).sum(
                0
            ),
            "You divided by the largest value. The magnitude is kept.": signed.relu() / signed.max(),
        },
    )
    return "No head of a certain kind is needed: any layer will do."
