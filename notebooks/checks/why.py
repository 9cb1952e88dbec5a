"""Checks of the exercises in 01_why.ipynb."""

from collections.abc import Callable

import torch
from torch import Tensor

from checks import ask, check, compare, number, tensor


@check
def contrast(my_contrast: Callable[[Tensor, int, int], Tensor]) -> str:
    """my_contrast(logits, a, b): z_a − z_b of every row, (R, classes) → (R,)."""
    logits = torch.tensor([[2.0, -1.0, 0.5, 3.0], [0.25, 1.5, -2.0, 1.0], [-1.0, 0.0, 4.0, 2.5]])
    a, b = 2, 1  # both are rows, too: whoever takes those is told so
    found = tensor(ask(my_contrast, logits, a, b))
    p, logp = logits.softmax(1), logits.log_softmax(1)
    right = logits[:, a] - logits[:, b]
    rows = "You took rows a and b. Classes are columns: logits[:, a]."
    mistakes = [
        (-right, "The sign is wrong: that is b rather than a."),
        (logits[:, a], "That is the logit of a alone. What of b?"),
        (logits[:, b], "That is the logit of b alone. Subtract it from that of a."),
        (logits[:, a] + logits[:, b], "You added. Ask for the difference, z_a − z_b."),
        (logits[a] - logits[b], rows),
        (logits[b] - logits[a], rows),
        (p[:, a] - p[:, b], "That is the difference of two probabilities. They saturate; take the logits."),
        (p[a] - p[b], rows),
        (p[:, a] / p[:, b], "That is the ratio of two probabilities. Its logarithm is asked for."),
        (logp[:, a] - p[:, b], "One is a logarithm, the other a probability. Take both as logits."),
        (p[:, a], "That is the probability of a. Take the logits, and subtract that of b."),
        (
            logits.softmax(0)[:, a] - logits.softmax(0)[:, b],
            "You took the softmax over the rows. No softmax is needed: take the logits.",
        ),
        (right.sum(), "You summed over the pictures. One number for each row."),
        (right.mean(), "You averaged over the pictures. One number for each row."),
        (right.abs(), "You took absolute values; the sign says which class is ahead."),
        (right.square(), "You squared; the sign says which class is ahead."),
        (right[:, None], "The numbers are right, as a column. One number for each row: logits[:, a]."),
    ]
    compare(found, right, mistakes)
    return "It is log p_a / p_b as well: the softmax's denominator falls out."


@check
def flip(my_flip: Callable[[list[float], Tensor], float]) -> str:
    """my_flip(lengths, p): the longest length at which another class wins than at the full length."""
    lengths = [0.0, 0.25, 0.5, 0.75, 1.0]
    p = torch.tensor([[0.1, 0.6, 0.3], [0.2, 0.45, 0.35], [0.42, 0.38, 0.2], [0.44, 0.46, 0.1], [0.7, 0.2, 0.1]])
    found = number(ask(my_flip, lengths, p), "One length is asked for.")
    mistakes = [
        (0.0, "That is the shortest such length. How long may it be and still be called otherwise?"),
        (3.0, "That is how many there are, or an index. The length is asked for."),
        (
            0.5,
            "That is the first length at which the class of the full length wins. It loses again later: look for the"
            " longest at which another wins.",
        ),
        (
            0.25,
            "That is the longest length before the first change. The answer changes back: 0.75 is called otherwise"
            " too.",
        ),
        (1.0, "That is the full length itself, or a class. Ask for a length at which another class wins."),
        (0.46, "That is a probability. The length is asked for."),
        (4.0, "That is an index. The length is asked for."),
        (2.0, "That is an index, or a class. The length is asked for."),
    ]
    compare(found, 0.75, mistakes, "On our small test the length is")
    return "A sentence that a person would say: were it a little shorter, I had called it otherwise."
