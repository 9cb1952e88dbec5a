"""Checks of the exercises in 15_normlime.ipynb."""

from collections.abc import Callable

import torch
from torch import Tensor

from checks import ask, check, compare, number, require, tensor

ROW = "Return one row's number. argmax() gives the place of the largest."


@check
def greedy_step(my_step: Callable[[Tensor, Tensor, Tensor], int]) -> str:
    """my_step(W, importance, covered): the row that adds the most importance to what is covered."""
    W = torch.tensor(
        [
            [0.1, 0.1, 0.1, 0.0, 0.0, 0.0],  # importance 9, of which 9 is covered
            [0.0, 0.0, -0.2, -0.2, 0.0, 0.0],  # adds 4: the answer, though its weights are negative
            [0.0, 0.0, 0.0, 0.0, 0.1, 0.1],  # adds two features, importance 3
            [0.0, 0.0, 0.0, 0.0, 0.9, 0.0],  # the largest weight
        ]
    )
    importance = torch.tensor([3.0, 3.0, 3.0, 4.0, 2.0, 1.0])
    covered = torch.tensor([True, True, True, False, False, False])
    found = number(ask(my_step, W, importance, covered), ROW)
    require(found in range(4), f"W has 4 rows, numbered 0 to 3; yours is {found:.5g}. {ROW}")
    require(found != 0, "Row 0 has the most importance, but all of it is covered. Count only features not yet covered.")
    require(
        found != 2,
        "Row 2 adds the most features, or the most weight above 0. Add up their importance; any w ≠ 0 is use.",
    )
    require(found != 3, "Row 3 has the largest weight. A row's own weights no longer count: only whether w ≠ 0.")
    small = torch.tensor([[1.0, 0.0], [1.0, 1.0]])
    second = number(ask(my_step, small, torch.tensor([5.0, 1.0]), torch.tensor([True, False])), ROW)
    require(second == 1, f"In [[1, 0], [1, 1]], feature 0 covered, row 1 adds something; yours is {second:.5g}.")
    third = number(ask(my_step, W.flip(0), importance, covered), ROW)
    require(third == 2, f"With the rows upside down the answer is row 2; yours is {third:.5g}. Look at W.")
    return "Once more, and once more: that is SP-LIME's algorithm 2."


@check
def class_importance(my_importance: Callable[[Tensor], Tensor]) -> str:
    """my_importance(W): NormLIME of one class's explanations, (n, M) → (M,)."""
    W = torch.tensor([[3.0, -1.0, 0.0, 0.0], [1.0, 0.0, -4.0, 0.0], [2.0, 0.0, 0.0, 0.0]])
    nan = "The last feature is never used: 0 / 0 is NaN. Divide by at least 1, with clamp(min=1)."
    found = tensor(ask(my_importance, W), nan)
    used = (W != 0).sum(0)
    share = W.abs() / W.abs().sum(1, keepdim=True)
    mean = used.clamp(min=1)
    mistakes = [
        ((share * W).mean(0), "You divide by all explanations. Divide by those that use the feature, w ≠ 0."),
        ((share * W.abs()).sum(0) / mean, "You lost the sign. γ takes |w|, then it multiplies w itself."),
        (W.sum(0) / mean, "γ is missing: this is the plain mean weight."),
        (W.mean(0), "γ is missing: this is the plain mean weight, over all explanations."),
        (share.sum(0) / mean, "This is the mean of γ. Multiply each γ by its w."),
        ((share * W).sum(0), "This is the sum. Divide by how many explanations use the feature."),
        (share * W, "This is γ · w of each explanation. Take the mean over those that use the feature."),
        ((W * W.abs()).sum(0) / mean, "You did not divide |w| by ‖w‖₁, the sum of the explanation's |w|."),
        ((W.abs() / W.norm(dim=1, keepdim=True) * W).sum(0) / mean, "You divide by ‖w‖₂. γ has ‖w‖₁, the sum of |w|."),
        ((W / W.sum(1, keepdim=True) * W).sum(0) / mean, "γ takes |w|, above and below; you took w."),
        (
            (W.abs() / W.abs().sum(0, keepdim=True).clamp(min=1) * W).sum(0) / mean,
            "You divide by the sums of the columns. γ is a share of one explanation, a row.",
        ),
        ((W.abs() / W.abs().sum() * W).sum(0) / mean, "You divide by the sum over all. γ is a share of one row."),
        ((W.softmax(1) * W).sum(0) / mean, "You took the softmax. γ is |w| by the sum of its row's |w|."),
        (W.norm(dim=0), "This is I_SP, the norm of each column."),
        (W.abs().sum(0).sqrt(), "This is SP-LIME's importance, the root of the column's Σ|w|."),
    ]
    compare(found, (share * W).sum(0) / mean, mistakes)
    return "A feature that is never used gets 0, and a sign says for or against."
