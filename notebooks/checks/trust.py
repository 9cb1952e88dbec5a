"""Checks of the exercises in 06_trust.ipynb."""

from collections.abc import Callable

import torch
from torch import Tensor

from checks import ask, check, compare, number


@check
def background_share(my_share: Callable[[Tensor, Tensor], float]) -> str:
    """my_share(A, animal): what the background gets of Σ|A|, relative to its share of the pixels."""
    summed = torch.tensor([[4.0, -1.0, 2.0], [-3.0, 0.0, 0.5], [1.0, -0.5, 6.0]], dtype=torch.double)
    channels = torch.stack([summed + 2, -summed - 1, summed - 1])  # (3, 3, 3), adding up to `summed`
    animal = torch.tensor([[False, False, False], [True, True, False], [True, True, False]])
    found = number(ask(my_share, channels, animal), "A share is one number.")
    strength, ground = summed.abs(), ~animal
    area, small = ground.double().mean(), animal.double().mean()
    part, all_ = strength[ground].sum(), strength.sum()
    right = part / all_ / area
    each = channels.abs().sum(0)
    mistakes = [
        (summed[ground].sum() / summed.sum() / area, "You forgot |A|: weights for and against cancel out."),
        (
            summed[ground].sum() / all_ / area,
            "You forgot |A| on the background: weights for and against cancel out.",
        ),
        (strength[animal].sum() / all_ / small, "That is the animal's share. The background is ~animal."),
        (strength[animal].sum() / all_ / area, "You summed over the animal. The background is ~animal."),
        (part / all_ / small, "You divide by the animal's area. Divide by the background's."),
        (part / all_, "That is the share of the map. The background is large: divide by its share of the pixels."),
        (part / all_ * area, "You multiply by the background's share of the pixels. Divide by it."),
        (area, "That is the share of the pixels. Where is the map?"),
        (1 / right, "Upside down: divide the share of the map by the share of the pixels."),
        (each[ground].sum() / each.sum() / area, "You took |A| in each channel. Sum the channels first."),
        (part / strength[animal].sum(), "You compare the background with the animal. Compare it with the whole."),
        (
            strength[ground].mean() / strength[animal].mean(),
            "You compare the background with the animal. Compare it with the whole.",
        ),
        (strength[ground].mean(), "That is the mean on the background. Divide it by the mean of the whole map."),
        (part, "That is the sum on the background. Divide by the sum of all, then by the share of the pixels."),
        (part / all_ / ground.sum(), "You divide by the number of pixels. Divide by their share of the picture."),
        (
            summed.square()[ground].sum() / summed.square().sum() / area,
            "You squared. Take absolute values.",
        ),
    ]
    compare(found, right, mistakes, "On our small test the share is")
    return "1 is fair. Whether it is normal, only another network can tell."


@check
def flips(my_flips: Callable[[Tensor, Tensor], float]) -> str:
    """my_flips(on_snow, bare): the share of the animals whose answer changes with the snow."""
    on_snow = torch.tensor([0.9, 0.8, 0.3, 0.7, 0.2, 0.9, 0.6, 0.95], dtype=torch.double)
    bare = torch.tensor([0.1, 0.6, 0.8, 0.4, 0.1, 0.2, 0.55, 0.48], dtype=torch.double)
    found = number(ask(my_flips, on_snow, bare), "A share is one number.")
    wolf_on, wolf_off = on_snow > 0.5, bare > 0.5
    change = on_snow - bare
    right = (wolf_on != wolf_off).double().mean()
    mistakes = [
        (1 - right, "That is the share whose answer stays. Ask for those that differ: !=."),
        (8 * right, "That is how many. Divide by the number of animals."),
        (100 * right, "That is in per cent; a share lies between 0 and 1."),
        (
            (wolf_on & ~wolf_off).double().mean(),
            "You count wolf on snow and husky off it. One animal here goes the other way: it changes too.",
        ),
        (
            wolf_on.double().mean() - wolf_off.double().mean(),
            "You subtract two shares: an animal that changes the other way cancels one. Compare animal by animal.",
        ),
        (change.mean(), "That is the mean change of p. Ask whether the answer, p > 0.5, changes."),
        (change.abs().mean(), "That is the mean size of the change of p. Does the answer change?"),
        (wolf_on.double().mean(), "That is how often it says wolf on snow. Compare with the answer without."),
        (wolf_off.double().mean(), "That is how often it says wolf without snow. Compare with the answer on it."),
        (
            (change.abs() > 0.5).double().mean(),
            "You ask whether p changes by more than 0.5. From 0.7 to 0.4 is less, and the answer changes.",
        ),
        ((on_snow != bare).double().mean(), "You compare the probabilities. Compare the answers, p > 0.5."),
    ]
    compare(found, right, mistakes, "On our small test the share is")
    return "Each such animal is a proof: only the scenery was changed."
