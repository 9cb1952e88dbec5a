"""The exercises of 12_unlearning.ipynb and 13_uni.ipynb: each wrong answer is told what is wrong with it."""

import pytest
import torch


def gradient(W, x, y, error=None):
    """(p − y) xᵀ of a linear softmax network, or another error's."""
    if error is None:
        error = (W @ x).softmax(0)
        error[y] -= 1
    return error[:, None] * x


def unit(G):
    return G / G.norm()


def in_place(W, x, y, eta):
    W += eta * unit(gradient(W, x, y))
    return W


ASCENT_STEP = {
    "Right.": lambda W, x, y, eta: W + eta * unit(gradient(W, x, y)),
    "You go down the loss: that learns": lambda W, x, y, eta: W - eta * unit(gradient(W, x, y)),
    "The step is not normalised": lambda W, x, y, eta: W + eta * gradient(W, x, y),
    "and the gradient is not divided": lambda W, x, y, eta: W - eta * gradient(W, x, y),
    "each row by its own length": lambda W, x, y, eta: (
        W + eta * gradient(W, x, y) / gradient(W, x, y).norm(dim=1, keepdim=True)
    ),
    "gradient's signs": lambda W, x, y, eta: W + eta * gradient(W, x, y).sign(),
    "the step alone": lambda W, x, y, eta: eta * unit(gradient(W, x, y)),
    "left the true class out": lambda W, x, y, eta: W + eta * unit(gradient(W, x, y, (W @ x).softmax(0))),
    "softmax first": lambda W, x, y, eta: W + eta * unit(gradient(W, x, y, W @ x - torch.eye(3)[y])),
    "changes what it is given": in_place,
    "a list. Return a torch.Tensor": lambda W, x, y, eta: (W + eta * unit(gradient(W, x, y))).tolist(),
    "Rows and columns are exchanged": lambda W, x, y, eta: W.T,
    "Nothing changed": lambda W, x, y, eta: W.clone(),
    "Not done yet": lambda W, x, y, eta: ...,
}
MEAN_WITHOUT = {
    "Right.": lambda mean, n, x: (n * mean - x) / (n - 1),
    "divide by n.": lambda mean, n, x: (n * mean - x) / n,
    "sum of the others": lambda mean, n, x: n * mean - x,
    "weight 1/n only": lambda mean, n, x: mean - x,
    "that is learning": lambda mean, n, x: (n * mean + x) / (n + 1),
    "Nothing is forgotten": lambda mean, n, x: mean,
    "yours is (1,)": lambda mean, n, x: torch.ones(1),
    "All your numbers are the same, 9": lambda mean, n, x: torch.tensor([9.0, 9.0]),
    "Not done yet": lambda mean, n, x: None,
}


def length(slopes):
    return torch.stack([s.norm() for s in slopes]).norm()


UNLEARNING_STEP = {
    "Right.": lambda slopes, eta: [eta * s / length(slopes) for s in slopes],
    "You step down": lambda slopes, eta: [-eta * s / length(slopes) for s in slopes],
    "each tensor by its own length": lambda slopes, eta: [eta * s / s.norm() for s in slopes],
    "do not divide by the length": lambda slopes, eta: [eta * s for s in slopes],
    "length should be eta": lambda slopes, eta: [s / length(slopes) for s in slopes],
    "Lengths add in squares": lambda slopes, eta: [eta * s / sum(t.norm() for t in slopes) for s in slopes],
    "squared length": lambda slopes, eta: [eta * s / length(slopes) ** 2 for s in slopes],
    "took the signs": lambda slopes, eta: [eta * s.sign() for s in slopes],
    "return a list": lambda slopes, eta: slopes[0],
    "you return 1 steps": lambda slopes, eta: slopes[:1],
    "A step has its weight's shape": lambda slopes, eta: [s.flatten() for s in slopes],
    "All is 52 times what it should be": lambda slopes, eta: [2 * s for s in slopes],
    "Not done yet": lambda slopes, eta: ...,
}


def norms(delta):
    return delta.flatten(1).norm(dim=1).view(-1, 1, 1, 1)


ON_THE_SPHERE = {
    "Right.": lambda delta, eps: eps * delta / norms(delta),
    "you project on the ball": lambda delta, eps: delta * (eps / norms(delta)).clamp(max=1),
    "length of the whole batch": lambda delta, eps: eps * delta / delta.norm(),
    "each channel by its own": lambda delta, eps: (
        eps * delta / delta.flatten(2).norm(dim=2)[..., None, None].clamp(min=1e-9)
    ),
    "The length is 1": lambda delta, eps: delta / norms(delta),
    "You cut each pixel": lambda delta, eps: delta.clamp(-eps, eps),
    "You took signs": lambda delta, eps: eps * delta.sign(),
    "sum of absolute values": lambda delta, eps: eps * delta / delta.flatten(1).abs().sum(1).view(-1, 1, 1, 1),
    "squared length": lambda delta, eps: eps * delta / norms(delta) ** 2,
    "changes what it is given": lambda delta, eps: delta.mul_(2),
    "a list. Return a torch.Tensor": lambda delta, eps: [delta],
    "The shape should be (2, 2, 1, 2); yours is (1, 2, 1, 2)": lambda delta, eps: delta[:1],
    "zeros only": lambda delta, eps: 0 * delta,
    "Not done yet": lambda delta, eps: ...,
}
ANSWERS = [
    (module, name, said, answer)
    for module, name, answers in (
        ("unlearning", "ascent_step", ASCENT_STEP),
        ("unlearning", "mean_without", MEAN_WITHOUT),
        ("uni", "unlearning_step", UNLEARNING_STEP),
        ("uni", "on_the_sphere", ON_THE_SPHERE),
    )
    for said, answer in answers.items()
]


@pytest.mark.parametrize(
    ("module", "name", "said", "answer"), ANSWERS, ids=lambda value: value[:30] if isinstance(value, str) else ""
)
def test_the_check_names_the_mistake(verdict, module, name, said, answer):
    assert said in verdict(module, name, answer)
