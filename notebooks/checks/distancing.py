"""Checks of the exercises in 16_distancing.ipynb."""

from collections.abc import Callable

import torch
from torch import Tensor

import xai_core
from checks import ask, check, compare, tensor

# The maps of a network and two supports, (K + 1, H, W). In a map all strengths differ; no two mistakes give the same.
MAPS = torch.tensor(
    [
        [[1.0, 10.0, -4.0], [3.0, -11.0, -6.0], [-7.0, -8.0, -9.0], [2.0, 5.0, 12.0]],
        [[4.0, 20.0, 16.0], [14.0, 24.0, 18.0], [10.0, 12.0, 6.0], [-22.0, 2.0, -8.0]],
        [[1.5, 7.5, 3.0], [0.75, -6.75, 5.25], [2.25, 8.25, 9.0], [3.75, -6.0, -4.5]],
    ]
)


@check
def targets(my_targets: Callable[[Tensor, Tensor, int, int, float], Tensor]) -> str:
    """my_targets(logits, labels, a, b, alpha): the other class's logit lowered by alpha, all else as it was."""
    logits = torch.tensor([[5.0, 1.0, 0.5], [2.0, 4.0, -1.0], [4.0, 3.0, 0.25], [0.0, 1.5, 6.0], [1.0, 7.0, 2.0]])
    labels = torch.tensor([0, 1, 0, 2, 1])
    for a, b, alpha in ((0, 1, 2.0), (1, 0, 0.5), (2, 0, 4.0)):
        found = tensor(ask(my_targets, logits, labels, a, b, alpha))
        right = xai_core.distanced(logits, labels, (a, b), alpha)
        of_a, of_b, others = labels == a, labels == b, (labels != a) & (labels != b)
        shifts = _wrong_shifts(logits, of_a, of_b, others, a, b, alpha)
        most = (found - right).abs() if found.shape == right.shape else torch.zeros_like(right)
        row, column = divmod(int(most.argmax()), right.shape[1])
        case = f"With a = {a}, b = {b}, α = {alpha:g}: a sample of class {int(labels[row])}, logit {column}, should be"
        compare(found, right, [(logits + shift, what) for shift, what in shifts], case)
    return "Within a class nobody changed places: each sample lost the same."


def _wrong_shifts(
    logits: Tensor, of_a: Tensor, of_b: Tensor, others: Tensor, a: int, b: int, alpha: float
) -> list[tuple[Tensor, str]]:
    """What students add to the logits, and what is wrong with it."""

    def shift(*places: tuple[Tensor, int], by: float = -alpha) -> Tensor:
        change = torch.zeros_like(logits)
        for rows, column in places:
            change[rows, column] += by
        return change

    right, all_ = shift((of_a, b), (of_b, a)), of_a | of_b | others
    own = shift((of_a, a), (of_b, b))
    columns = torch.arange(logits.shape[1])
    not_own = -alpha * (of_a[:, None] & (columns != a) | of_b[:, None] & (columns != b)).float()
    return [
        (torch.zeros_like(logits), "Nothing was lowered."),
        (-logits, "You return zeros only. Start with logits.clone()."),
        (own, "You lowered each sample's own class. Lower the other class of the pair."),
        (right + own, "You lowered both logits: the distance between the classes stays. Lower the other class only."),
        (-right, "You raised the other class's logit: the classes come closer. Subtract α."),
        (-own, "You raised the own class's logit. Apart it is; but the paper lowers the other one."),
        (shift((of_a, b)), "Only the samples of a changed. Those of b have their logit of a lowered."),
        (shift((of_b, a)), "Only the samples of b changed. Those of a have their logit of b lowered."),
        (
            shift((~of_b, b), (~of_a, a)),
            "You changed samples of other classes too: not of b does not mean of a. They keep their logits.",
        ),
        (
            shift((all_, a), (all_, b)),
            "You lowered both logits of all samples: nothing moved apart. Choose the rows by their label.",
        ),
        (shift((all_, b)), "You lowered b for all samples. Only those of class a should lose it."),
        (shift((all_, a)), "You lowered a for all samples. Only those of class b should lose it."),
        (not_own, "You lowered every class but the own one. Only the two classes of the pair move apart."),
        (shift((of_a, b), (of_b, a), by=-alpha / 2), "You lowered by α/2. Each of the two logits falls by all of α."),
    ]


@check
def intersection(my_gad: Callable[[Tensor], Tensor]) -> str:
    """my_gad(maps): of the first of K + 1 maps (H, W), the pixels that are in the stronger half of every map."""
    found = tensor(ask(my_gad, MAPS))
    first, strength = MAPS[0], MAPS.abs()
    half = _upper_half(strength)
    right = xai_core.survivors(MAPS[:, None, None]).A[0, 0]
    mistakes = [
        (first, "You return the first map as it is. Set to 0 what is not important in all."),
        (first * half.any(0), "You keep what is important in any map. Keep what is important in all: .all(0)."),
        (first * (half.sum(0) > 1), "You keep what most maps find important. All of them have to: .all(0)."),
        (half.all(0), "That is the mask. Return the network's own map there, and 0 elsewhere."),
        (first.abs() * half.all(0), "You lost the sign. |A| decides what is kept; what is kept is A."),
        (first * _upper_half(MAPS).all(0), "You compare A, so what speaks against is never important. Compare |A|."),
        (first * half[0], "You asked only the network itself. Its supports have a say."),
        (first * half[1:].all(0), "You asked only the supports: a pixel came in that the network's own map has not."),
        (MAPS[-1] * half.all(0), "You return the last network's values. Return those of the first map."),
        (MAPS.mean(0) * half.all(0), "You return the mean of the maps. GAD shows the network's own values."),
        (
            first * (strength > strength.median()).all(0),
            "One median for all maps: a map with large numbers has a larger half. Give each map its own.",
        ),
        (
            first * _upper_half(strength.mean(0, keepdim=True))[0],
            "You averaged before the threshold: one loud map wins.",
        ),
        (first * _upper_half(strength.amin(0, keepdim=True))[0], "You took the half of the minimum. Ask map by map."),
        (first * ~half.any(0), "You keep what no map finds important. Turn the comparison round."),
        (first * ~half.all(0), "You keep what should go, and the other way round."),
        (MAPS * half.all(0), "You return all maps. Return the first alone."),
        (
            first * (strength > strength.flatten(1).mean(1)[:, None, None]).all(0),
            "You compare with the mean. Each map's own median cuts it in two halves.",
        ),
        (
            first * (strength >= strength.flatten(1).median(1).values[:, None, None]).all(0),
            "You keep the median itself. Important is what lies above it.",
        ),
    ]
    kept, wanted = int((found != 0).sum()), int((right != 0).sum())
    count = f"{wanted} of 12 pixels survive; you keep {kept}. " if kept != wanted else ""
    compare(found, right, mistakes, f"{count}On our small test the pixel that is most off should be")
    return "xai_core.gad does the same, and takes care of ties and of maps that are 0."


def _upper_half(values: Tensor) -> Tensor:
    """(K, H, W) → which of each map's numbers are above its median; torch's is the lower of the two middle ones."""
    return values > values.flatten(1).median(1).values[:, None, None]
