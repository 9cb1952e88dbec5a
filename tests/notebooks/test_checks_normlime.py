"""The exercises of 15_normlime.ipynb: each wrong answer is told what is wrong with it."""

import pytest
import torch


def writes_into_W(W, importance, covered):
    W[:, covered] = 0
    return int(((W != 0).float() @ importance).argmax())


GREEDY_STEP = {
    "Right.": lambda W, importance, covered: int((((W != 0) & ~covered).float() @ importance).argmax()),
    "Count only features not yet covered": lambda W, importance, covered: ((W != 0).float() @ importance).argmax(),
    "Row 2 adds the most features": lambda W, importance, covered: ((W != 0) & ~covered).sum(1).argmax(),
    "only whether w ≠ 0": lambda W, importance, covered: (W.abs() @ (importance * ~covered)).argmax(),
    "any w ≠ 0 is use": lambda W, importance, covered: (((W > 0) & ~covered).float() @ importance).argmax(),
    "changes what it is given": writes_into_W,
    "Return one row's number": lambda W, importance, covered: ((W != 0) & ~covered).float() @ importance,
    "numbered 0 to 3; yours is 7": lambda W, importance, covered: 7,
    "row 1 adds something": lambda W, importance, covered: 1 if len(W) == 4 else 0,
    "as in the stub, and it takes (": lambda W: 0,
    "Not done yet": lambda W, importance, covered: ...,
}


def γ(W):
    return W.abs() / W.abs().sum(1, keepdim=True)


def count(W):
    return (W != 0).sum(0).clamp(min=1)


CLASS_IMPORTANCE = {
    "Right.": lambda W: (γ(W) * W).sum(0) / count(W),
    "0 / 0 is NaN": lambda W: (γ(W) * W).sum(0) / (W != 0).sum(0),
    "by all explanations": lambda W: (γ(W) * W).mean(0),
    "lost the sign": lambda W: (γ(W) * W.abs()).sum(0) / count(W),
    "γ is missing": lambda W: W.sum(0) / count(W),
    "Multiply each γ by its w": lambda W: γ(W).sum(0) / count(W),
    "This is the sum": lambda W: (γ(W) * W).sum(0),
    "did not divide |w| by": lambda W: (W.abs() * W).sum(0) / count(W),
    "‖w‖₂": lambda W: (W.abs() / W.norm(dim=1, keepdim=True) * W).sum(0) / count(W),
    "sums of the columns": lambda W: (W.abs() / W.abs().sum(0).clamp(min=1) * W).sum(0) / count(W),
    "This is I_SP": lambda W: W.norm(dim=0),
    "All your numbers are the same, 1": lambda W: torch.ones(4),
    "(4,); yours is (3,)": lambda W: W.sum(1),
    "a list. Return a torch.Tensor": lambda W: [1.0, 2.0],
    "changes what it is given": lambda W: W.div_(2).sum(0),
    "Not done yet": lambda W: None,
}


@pytest.mark.parametrize(("said", "answer"), GREEDY_STEP.items(), ids=list(GREEDY_STEP))
def test_the_greedy_step(verdict, said, answer):
    assert said in verdict("normlime", "greedy_step", answer)


@pytest.mark.parametrize(("said", "answer"), CLASS_IMPORTANCE.items(), ids=list(CLASS_IMPORTANCE))
def test_the_importance_of_a_class(verdict, said, answer):
    assert said in verdict("normlime", "class_importance", answer)
