"""Checks of the exercises in 13_why.ipynb."""

from collections.abc import Callable

import torch
from torch import Tensor

from checks import check, done, require


def _named(answer: Tensor, right: Tensor, mistakes: dict[str, Tensor]) -> bool:
    """True for the right numbers; Wrong with the mistake's sentence for known wrong ones; False for any others."""
    if answer.shape == right.shape and torch.allclose(answer, right, atol=1e-5):
        return True
    for what, wrong in mistakes.items():
        require(not (answer.shape == wrong.shape and torch.allclose(answer, wrong, atol=1e-5)), what)
    return False


@check
def contrast(my_contrast: Callable[[Tensor, int, int], Tensor]) -> str:
    """my_contrast(logits, a, b): z_a − z_b of every row, (R, classes) → (R,)."""
    logits = torch.tensor([[2.0, -1.0, 0.5, 3.0], [0.25, 1.5, -2.0, 1.0], [-1.0, 0.0, 4.0, 2.5]])
    before = logits.clone()
    answer = done(my_contrast(logits, 3, 1))
    require(torch.equal(logits, before), "Your function changes the logits it was given. Work on a copy.")
    require(isinstance(answer, Tensor), f"The answer is a torch.Tensor; yours is {type(answer).__name__}.")
    p = logits.softmax(1)
    right = logits[:, 3] - logits[:, 1]
    mistakes = {
        "The sign is wrong: that is b rather than a.": -right,
        "That is the logit of a alone. What of b?": logits[:, 3],
        "You took rows a and b. Classes are columns: logits[:, a].": logits[2] - logits[1],
        "That is the difference of two probabilities. They saturate; take the logits.": p[:, 3] - p[:, 1],
        "That is the ratio of two probabilities. Its logarithm is asked for.": p[:, 3] / p[:, 1],
        "You summed over the pictures. One number for each row.": right.sum(),
        "You took absolute values; the sign says which class is ahead.": right.abs(),
    }
    if _named(answer.float(), right, mistakes):
        return "It is log p_a / p_b as well: the softmax's denominator falls out."
    require(answer.shape == right.shape, f"One number a row: {tuple(right.shape)}; yours is {tuple(answer.shape)}.")
    require(False, f"On our small test the first is {float(right[0]):.1f}; yours is {float(answer[0]):.1f}.")
    return ""


@check
def flip(my_flip: Callable[[list[float], Tensor], float]) -> str:
    """my_flip(lengths, p): the longest length at which another class wins than at the full length."""
    lengths = [0.0, 0.25, 0.5, 0.75, 1.0]
    p = torch.tensor([[0.1, 0.6, 0.3], [0.2, 0.45, 0.35], [0.42, 0.38, 0.2], [0.44, 0.46, 0.1], [0.7, 0.2, 0.1]])
    answer = torch.as_tensor(done(my_flip(lengths, p)), dtype=torch.float32)
    require(answer.numel() == 1, f"You return {tuple(answer.shape)} numbers. One length is asked for.")
    right = torch.tensor(0.75)
    mistakes = {
        "That is the shortest such length. How long may it be and still be called otherwise?": torch.tensor(0.0),
        "That is how many there are, or an index. The length is asked for.": torch.tensor(3.0),
        "That is the first length at which the class of the full length wins. It loses again later: look for the"
        " longest at which another wins.": torch.tensor(0.5),
        "That is the longest length before the first change. The answer changes back: 0.75 is called otherwise"
        " too.": torch.tensor(0.25),
        "That is the full length itself.": torch.tensor(1.0),
    }
    if _named(answer.reshape(()), right, mistakes):
        return "A sentence that a person would say: were it a little shorter, I had called it otherwise."
    require(False, f"On our small test the length is 0.75; yours is {float(answer):.2f}.")
    return ""
