"""Checks of the exercises in 18_sequences.ipynb."""

from collections.abc import Callable

import torch
from torch import Tensor

from checks import Wrong, ask, check, compare, number, require, tensor

# The attribution of three words with four numbers each: no two mistakes give the same scores.
WORDS = torch.tensor([[[1.0, -3.0, 0.5, 0.25], [2.0, 4.0, -1.0, 3.0], [-0.5, -1.5, 2.0, -4.0]]])


@check
def word_scores(my_word_scores: Callable[[Tensor], Tensor]) -> str:
    """my_word_scores(A): one score a word, the sum over its numbers, with its sign."""
    found = tensor(ask(my_word_scores, WORDS))
    A = WORDS[0]
    right = A.sum(1)
    mistakes = [
        (A.sum(0), "You return four scores, one a number of a vector. The words are the other dimension."),
        (A.mean(0), "You return four scores, one a number of a vector. The words are the other dimension."),
        (WORDS.sum(0), "You summed over the batch. Sum over the numbers of each word, the last dimension."),
        (right[None], "The numbers are right, as a batch of one review. Take the first row, A[0]."),
        (A.abs().sum(1), "You add up sizes. Without signs, nobody sees what speaks against."),
        (right.abs(), "You took absolute values of the sums: nobody sees what speaks against."),
        (A.square().sum(1), "You added squares. Without signs, nobody sees what speaks against."),
        (A.norm(dim=1), "That is the length of each vector. A length has no sign."),
        (A.mean(1), "That is the mean. Then the scores no longer add up to F(x) − F(x′): take the sum."),
        (A.amax(1), "That is the largest number of each word. All of them count."),
        (A[:, 0], "That is the first number of each word. All of them count."),
        (right.softmax(0), "You took the softmax. Then the scores no longer add up to F(x) − F(x′)."),
        (right / right.abs().max(), "You divided by the largest. Then they no longer add up to F(x) − F(x′)."),
        (right.sum(), "You added up all. One score for each of the three words."),
    ]
    compare(found, right, mistakes)
    return "All numbers of a word speak with one voice, and the sum over the review is still F(x) − F(x′)."


# What speaks loudest for the class, what is strongest, and what has most in sum lie in different places.
TRACE = torch.tensor([0.1, 0.3, -0.2, 0.5, -0.9, 0.25, 0.3, 0.3])


@check
def hit(my_hit: Callable[[Tensor, Tensor], bool]) -> str:
    """my_hit(A, mask): does the largest number of A lie in the mask?"""
    masks = {
        "the largest, 0.5": [0, 0, 1, 1, 0, 0, 0, 0],
        "the most negative, −0.9": [0, 0, 0, 0, 1, 1, 0, 0],
        "most of the sum": [1, 1, 0, 0, 0, 1, 1, 1],
        "the first place": [1, 0, 0, 0, 0, 0, 0, 0],
    }
    found = []
    for name, mask in masks.items():
        try:
            value = number(ask(my_hit, TRACE, torch.tensor(mask, dtype=torch.bool)), "A hit is True or False.")
        except Wrong as wrong:
            raise Wrong(f"For the stretch with {name}: {wrong}") from None
        require(value in (0.0, 1.0), f"A hit is True or False; for the stretch with {name}, you say {value:.5g}.")
        found.append(bool(value))
    largest, negative, most, first = found
    answers = "the other way round: you call a hit a miss, and a miss a hit"
    require((largest, negative, most, first) != (False, True, True, True), f"It is {answers}.")
    require(not all(found), "You call every stretch a hit. The largest place lies in one of them only.")
    require(any(found), "You call no stretch a hit. The largest number, 0.5, lies in the first.")
    require(not negative, "You call the most negative place a hit. It speaks against the class: do not take |A|.")
    require(not most, "You ask where the sum lies. The pointing game asks for the one largest place.")
    require(largest and not first, "The largest number, 0.5, lies in the first stretch and in no other.")
    return "A map is reduced to one place. It is a hard question, and a clear one."
