"""Checks of the exercises in 11_baselines.ipynb."""

from collections.abc import Callable

import torch
from torch import Tensor

from checks import Wrong, ask, check, compare, number, tensor


@check
def share(my_share: Callable[[Tensor, Tensor, Tensor], float]) -> str:
    """my_share(strength, part, whole): what the part gets, relative to its share of the whole's pixels."""
    strength = torch.tensor([[1.0, 2.0, 3.0], [5.0, 0.0, 9.0]])
    part = torch.tensor([[True, True, False], [False, False, False]])
    whole = torch.tensor([[True, True, True], [True, True, False]])
    found = number(ask(my_share, strength, part, whole), "A share is one number.")
    on_part, on_whole, everywhere = 3.0, 11.0, 20.0
    size, whole_size, all_size = 2, 5, 6
    right = (on_part / on_whole) / (size / whole_size)
    mistakes = [
        (1 / right, "Upside down: divide the share of the map by the share of the pixels."),
        (
            on_part / on_whole,
            "That is the share of the map. A large part gets more because it is large: divide by |part| / |whole|.",
        ),
        (
            on_part / on_whole * size / whole_size,
            "You multiply by the share of the pixels. Divide by it: a large part is to get no more for its size.",
        ),
        (on_part / everywhere, "You divide by the sum over the whole picture. The whole is the object."),
        (
            (on_part / everywhere) / (size / all_size),
            "Your whole is the whole picture, in the map and in the pixels. It is the object, `whole`.",
        ),
        ((on_part / everywhere) / (size / whole_size), "You sum the map over the whole picture. Sum it on `whole`."),
        ((on_part / on_whole) / (size / all_size), "You count all pixels of the picture. Count those of `whole`."),
        (on_part / on_whole / size, "You divide by |part|. Divide by |part| / |whole|."),
        (on_part / size, "That is the mean on the part. Divide it by the mean on the whole."),
        (size / whole_size, "That is the share of the pixels. Where is the map?"),
        (
            (on_part / size) / ((on_whole - on_part) / (whole_size - size)),
            "You compare the part with the rest. Compare it with the whole, to which it belongs.",
        ),
        (on_part, "That is the sum on the part. Divide by the sum on the whole, then by |part| / |whole|."),
        (strength.square()[part].sum() / strength.square()[whole].sum() * 2.5, "You squared. |A| is the strength."),
    ]
    compare(found, right, mistakes, "On our small test the share is")
    return "1 is fair and 0 is blind, for any map and any part: now two maps can be compared."


@check
def hiding_colour(my_colour: Callable[[Tensor, Tensor], Tensor]) -> str:
    """my_colour(image, part): the uniform baseline, three numbers, from which the part is nearly invisible."""
    image = torch.tensor([[[0.1, 0.3], [0.5, 0.9]], [[0.2, 0.6], [0.0, 0.8]], [[1.0, 0.4], [0.3, 0.7]]])  # (3, 2, 2)
    part = torch.tensor([[True, True], [False, True]])
    answer = ask(my_colour, image, part)
    if isinstance(answer, list | tuple):
        answer = torch.tensor([number(each, "A colour is three numbers.") for each in answer])
    found = tensor(answer)
    inside = image[:, part]
    grey = "You return one number, a grey. A colour has a number for each channel: take the mean over the pixels only."
    mistakes = [
        (inside.mean(), grey),
        (inside.mean()[None], grey),
        (inside, "You return the part's pixels. Take their mean, over the last dimension."),
        (image * part, "You return a picture. A colour is three numbers, one a channel."),
        (image, "You return a picture. A colour is three numbers, one a channel."),
        (image.mean(0), "You averaged over the channels. Average over the part's pixels, and keep the channels."),
        (inside.mean(0), "You averaged over the channels. Average over the part's pixels, and keep the channels."),
        (
            image.mean((1, 2)),
            "That is the mean colour of the whole picture. Take the part's pixels: image[:, part].",
        ),
        (
            image[:, ~part].mean(1),
            "That is the colour of all but the part. The part has to vanish: take image[:, part].",
        ),
        (
            (image * part).mean((1, 2)),
            "You multiplied by the mask and averaged over the whole picture, zeros included. Divide by the number of"
            " the part's pixels.",
        ),
        (inside.sum(1), "You added the colours up. Divide by the number of pixels."),
        (1 - inside.mean(1), "That is the opposite colour, from which the part is seen best."),
        (inside[:, 0], "That is the colour of one pixel. Take the mean over the part."),
        (inside.amax(1), "That is the part's brightest colour. From it most pixels are seen: take their mean."),
        (inside.amin(1), "That is the part's darkest colour. From it most pixels are seen: take their mean."),
    ]
    try:
        compare(found, inside.mean(1), mistakes)
    except Wrong:
        if found.shape == (3,) and torch.allclose(found, inside.median(1).values.double(), atol=1e-4):
            return "The median hides the part as well as the mean, or better where a few pixels are extreme."
        raise
    return "Whoever may choose the baseline may choose what the map does not show."
