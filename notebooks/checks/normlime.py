"""Checks of the exercises in 09_normlime.ipynb."""

from collections.abc import Callable

import torch
from torch import Tensor

from checks import check, done, require


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
    given = W.clone(), importance.clone(), covered.clone()
    found = done(my_step(W, importance, covered))
    same = all(torch.equal(a, b) for a, b in zip((W, importance, covered), given, strict=True))
    require(same, "Your function changes what it is given. Make a new tensor, such as W != 0.")
    one = isinstance(found, int) or (isinstance(found, Tensor) and found.numel() == 1)
    require(one, "Return one row's number; yours is more, or no number. argmax() gives the place of the largest.")
    row = int(found)
    require(0 <= row < 4, f"W has 4 rows, numbered 0 to 3; yours is {row}.")
    require(row != 0, "Row 0 has the most importance, but all of it is covered. Count only features not yet covered.")
    require(
        row != 2, "Row 2 adds the most features, or the most weight above 0. Add up their importance; any w ≠ 0 is use."
    )
    require(row != 3, "Row 3 has the largest weight. A row's own weights no longer count: only whether w ≠ 0.")
    small = torch.tensor([[1.0, 0.0], [1.0, 1.0]])
    second = int(my_step(small, torch.tensor([5.0, 1.0]), torch.tensor([True, False])))
    require(second == 1, f"In [[1, 0], [1, 1]], feature 0 covered, row 1 adds something; yours is {second}.")
    return "Once more, and once more: that is SP-LIME's algorithm 2."


@check
def class_importance(my_importance: Callable[[Tensor], Tensor]) -> str:
    """my_importance(W): NormLIME of one class's explanations, (n, M) → (M,)."""
    W = torch.tensor([[3.0, -1.0, 0.0, 0.0], [1.0, 0.0, -4.0, 0.0], [2.0, 0.0, 0.0, 0.0]])
    given = W.clone()
    found = done(my_importance(W))
    require(torch.equal(W, given), "Your function changes the W it is given. Make a new tensor.")
    require(isinstance(found, Tensor), f"You return a {type(found).__name__}; return a torch.Tensor.")
    require(tuple(found.shape) == (4,), f"One number a feature, (4,); yours is {tuple(found.shape)}.")
    require(
        not found.isnan().any(),
        "The last feature is never used: 0 / 0 is NaN. Divide by at least 1, with clamp(min=1).",
    )
    used = (W != 0).sum(0)
    share = W.abs() / W.abs().sum(1, keepdim=True)
    mean = used.clamp(min=1)
    mistakes = [
        ((share * W).sum(0) / mean, ""),
        ((share * W).mean(0), "You divide by all explanations. Divide by those that use the feature, w ≠ 0."),
        ((share * W.abs()).sum(0) / mean, "You lost the sign. γ takes |w|, then it multiplies w itself."),
        (W.sum(0) / mean, "γ is missing: this is the plain mean weight."),
        (share.sum(0) / mean, "This is the mean of γ. Multiply each γ by its w."),
        ((share * W).sum(0), "This is the sum. Divide by how many explanations use the feature."),
        ((W * W.abs()).sum(0) / mean, "You did not divide |w| by ‖w‖₁, the sum of the explanation's |w|."),
        ((W.abs() / W.norm(dim=1, keepdim=True) * W).sum(0) / mean, "You divide by ‖w‖₂. γ has ‖w‖₁, the sum of |w|."),
        (
            (W.abs() / W.abs().sum(0, keepdim=True).clamp(min=1) * W).sum(0) / mean,
            "You divide by the sums of the columns. γ is a share of one explanation, a row.",
        ),
        (W.norm(dim=0), "This is I_SP, the norm of each column."),
    ]
    for value, what in mistakes:
        if torch.allclose(found.double(), value.double(), atol=1e-5):
            require(not what, what)
            return "A feature that is never used gets 0, and a sign says for or against."
    require(False, f"For W = {W.int().tolist()} the answer is 1.48, −0.25, −3.2, 0; yours is "
            f"{', '.join(f'{v:.2f}' for v in found.tolist())}.")  # fmt: skip
    return ""
