"""Checks of the exercises in 18_sequences.ipynb."""

from collections.abc import Callable

import torch
from torch import Tensor

from checks import check, done, require

# The attribution of three words with four numbers each: no two mistakes give the same scores.
WORDS = torch.tensor([[[1.0, -3.0, 0.5, 0.25], [2.0, 4.0, -1.0, 3.0], [-0.5, -1.5, 2.0, -4.0]]])
SCORES = torch.tensor([-1.25, 8.0, -4.0])


@check
def word_scores(my_word_scores: Callable[[Tensor], Tensor]) -> str:
    """my_word_scores(A): one score a word, the sum over its numbers, with its sign."""
    found = done(my_word_scores(WORDS.clone()))
    require(isinstance(found, Tensor), f"You return a {type(found).__name__}; scores are a torch.Tensor.")
    require(found.shape != (4,), "You return four scores, one a number of a vector. The words are the other dimension.")
    require(found.shape != (1, 3), "You return (1, 3), a batch of one review. Take the first row, A[0].")
    require(found.shape == (3,), f"Three words have three scores; yours have the shape {tuple(found.shape)}.")
    for wrong, what in (
        (WORDS[0].abs().sum(1), "You add up sizes. Without signs, nobody sees what speaks against."),
        (WORDS[0].norm(dim=1), "That is the length of each vector. A length has no sign."),
        (WORDS[0].mean(1), "That is the mean. Then the scores no longer add up to F(x) − F(x′): take the sum."),
        (WORDS[0].amax(1), "That is the largest number of each word. All of them count."),
    ):
        require(not torch.allclose(found, wrong), what)
    require(torch.allclose(found, SCORES), f"Scores should be {SCORES.tolist()}; yours are {found.tolist()}.")
    return "All numbers of a word speak with one voice, and the sum over the review is still F(x) − F(x′)."


# What speaks loudest for the class, what is strongest, and what has most in sum lie in different places.
TRACE = torch.tensor([0.1, 0.3, -0.2, 0.5, -0.9, 0.25, 0.3, 0.3])


@check
def hit(my_hit: Callable[[Tensor, Tensor], bool]) -> str:
    """my_hit(A, mask): does the largest number of A lie in the mask?"""
    masks = {
        "the largest, 0.5": torch.tensor([0, 0, 1, 1, 0, 0, 0, 0], dtype=torch.bool),
        "the most negative, −0.9": torch.tensor([0, 0, 0, 0, 1, 1, 0, 0], dtype=torch.bool),
        "most of the sum": torch.tensor([1, 1, 0, 0, 0, 1, 1, 1], dtype=torch.bool),
    }
    found = {name: done(my_hit(TRACE.clone(), mask.clone())) for name, mask in masks.items()}
    for name, value in found.items():
        single = isinstance(value, bool | int | float) or (isinstance(value, Tensor) and value.numel() == 1)
        require(single, f"Return True or False; for the stretch with {name}, you return {value!r}.")
        require(float(value) in (0.0, 1.0), f"A hit is True or False; for the stretch with {name}, you say {value}.")
    largest, negative, most = (bool(value) for value in found.values())
    require(not negative, "You call the most negative place a hit. It speaks against the class: do not take |A|.")
    require(not most, "You ask where the sum lies. The pointing game asks for the one largest place.")
    require(largest, "The largest number lies in the first stretch, and you say it does not.")
    return "A map is reduced to one place. It is a hard question, and a clear one."
