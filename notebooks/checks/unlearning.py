"""Checks of the exercises in 05_unlearning.ipynb."""

from collections.abc import Callable

import torch
from torch import Tensor

from checks import check, done, require


@check
def ascent_step(my_step: Callable[[Tensor, Tensor, int, float], Tensor]) -> str:
    """my_step(W, x, y, eta): the weights of a linear softmax network, one step of length eta up the loss at (x, y)."""
    W = torch.tensor([[1.0, -1.0, 0.5, 0.0], [0.0, 2.0, -0.5, 1.0], [-1.0, 0.0, 1.0, 0.5]])
    x, y, eta = torch.tensor([1.0, 0.5, 0.0, 2.0]), 1, 0.3
    given, found = W.clone(), done(my_step(W, x, y, eta))
    require(torch.equal(W, given), "Your function changes the W it is given. Return a new tensor.")
    require(isinstance(found, Tensor), f"You return a {type(found).__name__}; weights are a torch.Tensor.")
    require(
        found.shape == W.shape, f"For W of shape (3, 4) the new weights are (3, 4); yours are {tuple(found.shape)}."
    )
    z = W @ x
    p, truth = z.softmax(0), torch.eye(3)[y]

    def gradient(error: Tensor) -> Tensor:
        return error[:, None] * x  # (3, 4)

    G = gradient(p - truth)
    step = eta * G / G.norm()
    mistakes = [
        (W + step, ""),
        (W - step, "You go down the loss: that learns x a second time. To unlearn, go up."),
        (W + eta * G, "The step is not normalised: divide the gradient by its own length, over all weights together."),
        (W - eta * G, "You go down the loss, and the gradient is not divided by its length."),
        (
            W + eta * G / G.norm(dim=1, keepdim=True),
            "You divide each row by its own length. One length, over all weights together.",
        ),
        (W + eta * G.sign(), "You took the gradient's signs. Divide it by its length instead."),
        (step, "This is the step alone. Add it to W."),
        (
            W + eta * gradient(p) / gradient(p).norm(),
            "The error is p − y, with y one hot: you left the true class out.",
        ),
        (
            W + eta * gradient(z - truth) / gradient(z - truth).norm(),
            "You use the logits where probabilities belong: softmax first.",
        ),
    ]
    for value, what in mistakes:
        if torch.allclose(found, value, atol=1e-5):
            require(not what, what)
            return "xai_core.unlearn does the same for any network; autograd finds the gradient for it."
    length = (found - W).norm()
    require(False, f"On our small test the step is wrong: it has length {length:.2f}, and should have {eta}.")
    return ""


@check
def mean_without(my_forget: Callable[[Tensor, int, Tensor], Tensor]) -> str:
    """my_forget(mean, n, x): the mean of the other n − 1 pictures, from that of all n and the one to forget."""
    pictures = torch.tensor([[1.0, 0.0], [3.0, 8.0], [5.0, 1.0], [7.0, 3.0]])
    n, mean, x = len(pictures), pictures.mean(0), pictures[1]
    found = torch.as_tensor(done(my_forget(mean, n, x)))
    require(found.shape == mean.shape, f"A mean has the shape of a picture, (2,); yours is {tuple(found.shape)}.")
    total = n * mean
    mistakes = [
        ((total - x) / (n - 1), ""),
        ((total - x) / n, "You divide by n. After forgetting there are n − 1 pictures."),
        (total - x, "This is the sum of the others. Divide it by how many they are."),
        (mean - x, "A mean holds x with weight 1/n only: go back to the sum, n · mean, first."),
        ((mean - x) / (n - 1), "A mean holds x with weight 1/n only: go back to the sum, n · mean, first."),
        ((total + x) / (n + 1), "You added x once more: that is learning. Take it out."),
        (mean, "Nothing is forgotten: this is the mean of all."),
    ]
    for value, what in mistakes:
        if torch.allclose(found, value, atol=1e-5):
            require(not what, what)
            return "Exact, in one line, without the other pictures: some models can forget. Deep networks cannot."
    require(False, f"On our small test the mean is {(total - x) / (n - 1)}; yours is {found}.")
    return ""
