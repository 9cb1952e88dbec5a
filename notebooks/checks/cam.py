"""Checks of the exercises in 07_cam.ipynb."""

from collections.abc import Callable

import torch
from torch import Tensor

from checks import ask, check, compare, tensor

FEATURES = torch.tensor([[[1.0, 2], [3, 5]], [[4.0, 1], [-1, 2]], [[0.5, 0], [2, 7]]], dtype=torch.double)  # (3, 2, 2)
WEIGHT = torch.tensor([1.0, -2, 0.5], dtype=torch.double)
SLOPE = torch.tensor([[[1.0, 0], [2, 1]], [[-3.0, 1], [0, -4]], [[0.5, 0.5], [-1, 0.4]]], dtype=torch.double)


@check
def cam(my_cam: Callable[[Tensor, Tensor], Tensor]) -> str:
    """my_cam(features, weight): Σ_k w_k f_k, signed."""
    w = WEIGHT[:, None, None]
    found = tensor(ask(my_cam, FEATURES, WEIGHT))
    right = (w * FEATURES).sum(0)
    mistakes = [
        (right.relu(), "You cut off what speaks against the class. CAM keeps its sign."),
        (right / 3, "You took the mean over the channels. Sum them."),
        (FEATURES.sum(0), "You forgot the weights."),
        (FEATURES.mean(0), "You forgot the weights."),
        (w * FEATURES, "You kept the channels apart. Sum over k."),
        (right.mean(), "You averaged over the places: that is the logit without its bias. Keep the places."),
        (right.sum(), "You summed over the places, too. Keep them: a number each."),
        (
            (w * FEATURES).sum((1, 2)),
            "You summed over the places and kept the channels. Sum over k, the first dimension.",
        ),
        (right / 4, "You divide by the number of places; that is Grad-CAM's scale, not CAM's."),
        ((w.abs() * FEATURES).sum(0), "You took |w|: a weight against the class must count against it."),
        ((w.relu() * FEATURES).sum(0), "You left out the weights below 0: they count against the class."),
        ((w.softmax(0) * FEATURES).sum(0), "You took the softmax of the weights. Take them as they are."),
        ((w.square() * FEATURES).sum(0), "You squared the weights. Take them as they are."),
        (right / right.abs().max(), "You divided by the largest value. The magnitude is kept."),
    ]
    compare(found, right, mistakes)
    return "Its mean over the places, plus the bias, is the logit."


@check
def grad_cam(my_grad_cam: Callable[[Tensor, Tensor], Tensor]) -> str:
    """my_grad_cam(features, slope): ReLU(Σ_k mean(slope_k) f_k)."""
    found = tensor(ask(my_grad_cam, FEATURES, SLOPE))
    alpha = SLOPE.mean((1, 2), keepdim=True)
    signed = (alpha * FEATURES).sum(0)
    absolute = (SLOPE.abs().mean((1, 2), keepdim=True) * FEATURES).sum(0)
    mistakes = [
        (signed, "The ReLU is missing: what speaks against the class is cut off."),
        (4 * signed, "You summed the slope over the places, and the ReLU is missing. α is its mean."),
        (signed.abs(), "You took absolute values at the end. The ReLU cuts off what speaks against the class."),
        (-signed.relu(), "The sign is the other way round: what speaks for the class is positive."),
        ((-signed).relu(), "That is what speaks against the class. Keep what speaks for it."),
        ((alpha * FEATURES).relu().sum(0), "The ReLU comes last, on the sum; you put it on each channel."),
        ((alpha.relu() * FEATURES).sum(0), "You put the ReLU on the weights α. It belongs on the sum."),
        (
            (SLOPE.relu().mean((1, 2), keepdim=True) * FEATURES).sum(0).relu(),
            "You put the ReLU on the slope. It belongs on the sum.",
        ),
        (
            (SLOPE * FEATURES).sum(0).relu(),
            "You multiplied place by place. Average the slope over the places first.",
        ),
        ((SLOPE * FEATURES).sum(0), "You multiplied place by place. Average the slope over the places first."),
        ((4 * signed).relu(), "You summed the slope over the places. α is its mean."),
        (
            (SLOPE.mean(0, keepdim=True) * FEATURES).sum(0).relu(),
            "You averaged over the channels. α_k has one number a channel.",
        ),
        (absolute, "You took |slope|: the sign says for or against."),
        (signed.relu() / 3, "You took the mean over the channels. Sum them."),
        ((alpha * FEATURES).relu(), "You kept the channels apart. Sum over k, then the ReLU."),
        (FEATURES.sum(0).relu(), "You forgot the weights α."),
        (signed.relu() / signed.max(), "You divided by the largest value. The magnitude is kept."),
    ]
    compare(found, signed.relu(), mistakes)
    return "No head of a certain kind is needed: any layer will do."
