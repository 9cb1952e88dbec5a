"""Checks of the exercises in 04_baselines.ipynb."""

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
def share(my_share: Callable[[Tensor, Tensor, Tensor], float]) -> str:
    """my_share(strength, part, whole): what the part gets, relative to its share of the whole's pixels."""
    strength = torch.tensor([[1.0, 2.0, 3.0], [5.0, 0.0, 9.0]])
    part = torch.tensor([[True, True, False], [False, False, False]])
    whole = torch.tensor([[True, True, True], [True, True, False]])
    answer = torch.as_tensor(done(my_share(strength, part, whole)))
    require(answer.numel() == 1, f"You return {tuple(answer.shape)} numbers. A share is one number.")
    on_part, on_whole, everywhere = 3.0, 11.0, 20.0
    size, whole_size, all_size = 2, 5, 6
    right = (on_part / on_whole) / (size / whole_size)
    mistakes = {
        right: "",
        1 / right: "Upside down: divide the share of the map by the share of the pixels.",
        on_part / on_whole: "That is the share of the map. A large part gets more because it is large: divide by"
        " |part| / |whole|.",
        on_part / everywhere: "You divide by the sum over the whole picture. The whole is the object.",
        (on_part / everywhere) / (size / all_size): "Your whole is the whole picture, in the map and in the pixels."
        " It is the object, `whole`.",
        (on_part / on_whole) / (size / all_size): "You count all pixels of the picture. Count those of `whole`.",
        on_part / size: "That is the mean on the part. Divide it by the mean on the whole.",
        size / whole_size: "That is the share of the pixels. Where is the map?",
        (on_part / size) / ((on_whole - on_part) / (whole_size - size)): "You compare the part with the rest."
        " Compare it with the whole, to which it belongs.",
        on_part: "That is the sum on the part. Divide by the sum on the whole, then by |part| / |whole|.",
    }
    if _one_of(float(answer), mistakes):
        return "1 is fair and 0 is blind, for any map and any part: now two maps can be compared."
    require(False, f"On our small test the share is {right:.3f}; yours is {float(answer):.3f}.")
    return ""


@check
def hiding_colour(my_colour: Callable[[Tensor, Tensor], Tensor]) -> str:
    """my_colour(image, part): the uniform baseline, three numbers, from which the part is nearly invisible."""
    image = torch.tensor([[[0.1, 0.3], [0.5, 0.9]], [[0.2, 0.6], [0.0, 0.8]], [[1.0, 0.4], [0.3, 0.7]]])  # (3, 2, 2)
    part = torch.tensor([[True, True], [False, True]])
    answer = torch.as_tensor(done(my_colour(image, part)))
    shape = tuple(answer.shape)
    require(shape != (3, 2, 2), "You return a picture. A colour is three numbers, one a channel.")
    require(
        answer.numel() != 1,
        "You return one number, a grey. A colour has a number for each channel: take the mean over the pixels only.",
    )
    require(shape != (2, 2), "You averaged over the channels. Average over the part's pixels, and keep the channels.")
    require(shape == (3,), f"A colour has the shape (3,); yours has {shape}.")
    candidates = {
        "": image[:, part].mean(1),
        "That is the mean colour of the whole picture. Take the part's pixels: image[:, part].": image.mean((1, 2)),
        "That is the colour of all but the part. The part has to vanish: take image[:, part].": image[:, ~part].mean(1),
        "You multiplied by the mask and averaged over the whole picture, zeros included. Divide by the number of the"
        " part's pixels.": (image * part).mean((1, 2)),
        "You added the colours up. Divide by the number of pixels.": image[:, part].sum(1),
        "That is the opposite colour, from which the part is seen best.": 1 - image[:, part].mean(1),
    }
    if torch.allclose(answer.double(), image[:, part].median(1).values.double(), atol=1e-4):
        return "The median hides the part as well as the mean, or better where a few pixels are extreme."
    for what, colour in candidates.items():
        if torch.allclose(answer.double(), colour.double(), atol=1e-4):
            require(not what, what)
            return "Whoever may choose the baseline may choose what the map does not show."
    require(False, "These three numbers are not the mean colour of the part's pixels, which is what hides it best.")
    return ""
