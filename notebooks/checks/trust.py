"""Checks of the exercises in 10_trust.ipynb."""

from collections.abc import Callable

import torch
from torch import Tensor

from checks import check, done, require


def _one_of(found: float, mistakes: dict[float, str]) -> bool:
    """True for the right value; Wrong with the mistake's sentence for a known wrong one; False for any other."""
    for value, what in mistakes.items():
        if abs(found - value) < 1e-4:
            require(not what, what)
            return True
    return False


@check
def background_share(my_share: Callable[[Tensor, Tensor], float]) -> str:
    """my_share(A, animal): what the background gets of Σ|A|, relative to its share of the pixels."""
    summed = torch.tensor([[4.0, -1.0, 2.0], [-3.0, 0.0, 0.5], [1.0, -0.5, 6.0]], dtype=torch.double)
    channels = torch.stack([summed + 2, -summed - 1, summed - 1])  # (3, 3, 3), adding up to `summed`
    animal = torch.tensor([[False, False, False], [True, True, False], [True, True, False]])
    before = channels.clone()
    answer = torch.as_tensor(done(my_share(channels, animal)))
    require(torch.equal(channels, before), "Your function changes the map it was given. Work on a copy.")
    require(answer.numel() == 1, f"You return {tuple(answer.shape)} numbers. A share is one number.")
    strength, ground = summed.abs(), ~animal
    area, small = ground.double().mean(), animal.double().mean()
    part, all_ = strength[ground].sum(), strength.sum()
    right = part / all_ / area
    each = channels.abs().sum(0)
    candidates = [
        (right, ""),
        (summed[ground].sum() / summed.sum() / area, "You forgot |A|: weights for and against cancel out."),
        (strength[animal].sum() / all_ / small, "That is the animal's share. The background is ~animal."),
        (strength[animal].sum() / all_ / area, "You summed over the animal. The background is ~animal."),
        (part / all_ / small, "You divide by the animal's area. Divide by the background's."),
        (part / all_, "That is the share of the map. The background is large: divide by its share of the pixels."),
        (area, "That is the share of the pixels. Where is the map?"),
        (1 / right, "Upside down: divide the share of the map by the share of the pixels."),
        (
            each[ground].sum() / each.sum() / area,
            "You took |A| in each channel. Sum the channels first.",
        ),
        (part / strength[animal].sum(), "You compare the background with the animal. Compare it with the whole."),
        (strength[ground].mean(), "That is the mean on the background. Divide it by the mean of the whole map."),
        (part, "That is the sum on the background. Divide by the sum of all, then by the share of the pixels."),
        (part / all_ / ground.sum(), "You divide by the number of pixels. Divide by their share of the picture."),
    ]
    if _one_of(float(answer), {float(value): what for value, what in candidates}):
        return "1 is fair. Whether it is normal, only another network can tell."
    require(False, f"On our small test the share is {float(right):.3f}; yours is {float(answer):.3f}.")
    return ""


@check
def flips(my_flips: Callable[[Tensor, Tensor], float]) -> str:
    """my_flips(on_snow, bare): the share of the animals whose answer changes with the snow."""
    on_snow = torch.tensor([0.9, 0.8, 0.3, 0.7, 0.2, 0.9, 0.6, 0.95], dtype=torch.double)
    bare = torch.tensor([0.1, 0.6, 0.8, 0.4, 0.1, 0.2, 0.55, 0.48], dtype=torch.double)
    answer = torch.as_tensor(done(my_flips(on_snow, bare)))
    require(answer.numel() == 1, f"You return {tuple(answer.shape)} numbers. A share is one number.")
    wolf_on, wolf_off = on_snow > 0.5, bare > 0.5
    right = float((wolf_on != wolf_off).double().mean())
    found = float(answer)
    candidates = {
        right: "",
        1 - right: "That is the share whose answer stays. Ask for those that differ: !=.",
        8 * right: "That is how many. Divide by the number of animals.",
        float(
            (wolf_on & ~wolf_off).double().mean()
        ): "You count wolf on snow and husky off it. One animal here goes the other way: it changes too.",
        float((on_snow - bare).mean()): "That is the mean change of p. Ask whether the answer, p > 0.5, changes.",
        float((on_snow - bare).abs().mean()): "That is the mean size of the change of p. Does the answer change?",
        float(wolf_on.double().mean()): "That is how often it says wolf on snow. Compare with the answer without.",
        float(((on_snow - bare).abs() > 0.5).double().mean()): "You ask whether p changes by more than 0.5. From 0.7 to"
        " 0.4 is less, and the answer changes.",
        float((on_snow != bare).double().mean()): "You compare the probabilities. Compare the answers, p > 0.5.",
    }
    if _one_of(found, candidates):
        return "Each such animal is a proof: only the scenery was changed."
    require(False, f"On our small test the share is {right:.3f}; yours is {found:.3f}.")
    return ""
