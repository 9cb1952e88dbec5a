"""Checks of the exercises in 12_unlearning.ipynb."""

from collections.abc import Callable

import torch
from torch import Tensor

from checks import ask, check, compare, tensor


@check
def ascent_step(my_step: Callable[[Tensor, Tensor, int, float], Tensor]) -> str:
    """my_step(W, x, y, eta): the weights of a linear softmax network, one step of length eta up the loss at (x, y)."""
    W = torch.tensor([[1.0, -1.0, 0.5, 0.0], [0.0, 2.0, -0.5, 1.0], [-1.0, 0.0, 1.0, 0.5]])
    x, y, eta = torch.tensor([1.0, 0.5, 0.0, 2.0]), 1, 0.3
    found = tensor(ask(my_step, W, x, y, eta))
    z = W @ x
    p, truth = z.softmax(0), torch.eye(3)[y]

    def gradient(error: Tensor) -> Tensor:
        return error[:, None] * x  # (3, 4)

    def stepped(G: Tensor) -> Tensor:
        return W + eta * G / G.norm()

    G = gradient(p - truth)
    step = eta * G / G.norm()
    mistakes = [
        (W, "Nothing changed. Add the step."),
        (W - step, "You go down the loss: that learns x a second time. To unlearn, go up."),
        (W + eta * G, "The step is not normalised: divide the gradient by its own length, over all weights together."),
        (W - eta * G, "You go down the loss, and the gradient is not divided by its length."),
        (W + G / G.norm(), "The direction is right; the length of the step should be eta."),
        (
            W + eta * G / G.norm(dim=1, keepdim=True),
            "You divide each row by its own length. One length, over all weights together.",
        ),
        (W + eta * G / G.square().sum(), "You divide by the squared length. Take the root."),
        (W + eta * G / G.abs().sum(), "You divide by the sum of absolute values. The length is the root of squares."),
        (W + eta * G.sign(), "You took the gradient's signs. Divide it by its length instead."),
        (step, "This is the step alone. Add it to W."),
        (G, "This is the gradient alone. Divide it by its length, times eta, and add it to W."),
        (stepped(gradient(p)), "The error is p − y, with y one hot: you left the true class out."),
        (stepped(gradient(z - truth)), "You use the logits where probabilities belong: softmax first."),
        (stepped(G.abs()), "You took absolute values: the gradient's signs say where up is."),
    ]
    compare(found, W + step, mistakes)
    return "xai_core.unlearn does the same for any network; autograd finds the gradient for it."


@check
def mean_without(my_forget: Callable[[Tensor, int, Tensor], Tensor]) -> str:
    """my_forget(mean, n, x): the mean of the other n − 1 pictures, from that of all n and the one to forget."""
    pictures = torch.tensor([[1.0, 0.0], [3.0, 8.0], [5.0, 1.0], [7.0, 3.0]])
    n, mean, x = len(pictures), pictures.mean(0), pictures[1]
    found = tensor(ask(my_forget, mean, n, x))
    total = n * mean
    mistakes = [
        ((total - x) / n, "You divide by n. After forgetting there are n − 1 pictures."),
        ((total - x) / (n + 1), "You divide by n + 1. After forgetting there are n − 1 pictures."),
        (total - x, "This is the sum of the others. Divide it by how many they are."),
        (mean - x, "A mean holds x with weight 1/n only: go back to the sum, n · mean, first."),
        ((mean - x) / (n - 1), "A mean holds x with weight 1/n only: go back to the sum, n · mean, first."),
        (mean - x / n, "That is the sum of the others, divided by n. They are n − 1."),
        ((total - x).abs() / n, "You divide by n. After forgetting there are n − 1 pictures."),
        ((total + x) / (n + 1), "You added x once more: that is learning. Take it out."),
        ((x - total) / (n - 1), "The sign: take x out of the sum, not the sum out of x."),
        (mean, "Nothing is forgotten: this is the mean of all."),
        (x, "This is the picture that should be forgotten."),
    ]
    compare(found, (total - x) / (n - 1), mistakes)
    return "Exact, in one line, without the other pictures: some models can forget. Deep networks cannot."
