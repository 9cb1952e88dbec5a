"""Checks of the exercises in 14_evaluation.ipynb. The last one measures what it says, on scenes of its own."""

from collections.abc import Callable
from functools import cache, partial

import torch
from skimage.filters import sobel
from torch import Tensor

import xai_core
from checks import apart, ask, check, compare, done, number, require, tensor
from data import networks, zoo
from xai_core import evaluate
from xai_core.evaluate.scores import OF_MAPS

LISTS = ([0.9, 0.5, 0.2, 0.1], [0.0, 1.0, 1.0, 1.0, 1.0], [0.25, 0.75, 0.5])  # F before, then after each step
SCENES, SEED = 6, 7  # of the measurement; the notebook's own scenes have another seed
SCORES = (
    "mufidelity",
    "deletion_black",
    "deletion_blurred",
    "insertion_black",
    "insertion_blurred",
    "attack_spearman",
    "inside_animal",
    "inside_part",
    "randomisation",
)
CLEAR = 0.05  # a smaller difference than this is called none


@check
def auc(my_auc: Callable[[list[float]], float]) -> str:
    """my_auc(scores): the mean of F after each step, from the list of F before the first and after all S steps."""
    for scores in LISTS:
        found = number(ask(my_auc, scores), "The area is one number.")
        S, after = len(scores) - 1, scores[1:]
        right = sum(after) / S
        mistakes = [
            (sum(scores) / (S + 1), "You averaged the start, too. It is the same for every map: leave it out."),
            (sum(after), "You took the sum. Divide by the number of steps."),
            (sum(scores), "You took the sum, and the start is in it. Leave it out, and divide by the number of steps."),
            (sum(after) / (S + 1), "You divide by S + 1. The list has S + 1 numbers, but only S steps."),
            (sum(scores) / S, "You divide by S, but the start is still in your sum."),
            (sum(scores[:-1]) / S, "You left out the end instead of the start."),
            (sum(after[:-1]) / (S - 1), "You left out both ends. The end is a step like the others."),
            (sum(after[:-1]) / S, "One step is missing: range(1, S) ends at S − 1. Take range(1, S + 1)."),
            (1 - right, "You return one minus the area."),
            (sum(a * a for a in after) / S, "You squared. Take the mean of F itself."),
            (sorted(after)[S // 2], "That is the median. Take the mean."),
            (scores[0] - right, "You subtract the area from the start. Return the area."),
            (_trapezoid(scores), "That is the trapezoid: half of both ends. Ours leaves out the start, keeps the end."),
            (_trapezoid(scores) * S, "That is the trapezoid, not divided by S. Take the mean of F after each step."),
        ]
        compare(found, right, mistakes, f"Of {scores} the area is")
    return "The trapezoid differs from it by the same number for every map on one canvas."


def _trapezoid(scores: list[float]) -> float:
    return (sum(scores) - (scores[0] + scores[-1]) / 2) / (len(scores) - 1)


@check
def edges(my_edges: Callable[[Tensor], Tensor]) -> str:
    """my_edges(x): the Sobel strength of each grey picture, (N, 3, H, W) → (N, 1, H, W)."""
    x = torch.rand(2, 3, 6, 5, generator=torch.Generator().manual_seed(0))
    found = tensor(ask(my_edges, x))
    right = sobel_edges(x)
    grey = x.mean(1, keepdim=True)
    colours = torch.stack([torch.from_numpy(sobel(image.numpy(), axis=(1, 2))) for image in x])
    by_channel = colours.mean(1, keepdim=True)
    mistakes = [
        (right[:, 0], "The channel's place is missing: of (N, H, W) make (N, 1, H, W), with [:, None]."),
        (right.expand_as(x), "You kept three channels. One number a pixel: (N, 1, H, W)."),
        (colours, "You kept three channels. Make the picture grey first: the mean over channels."),
        (right[0], "You return one map. Go through all pictures, and stack their maps."),
        (right[:1], "You return one map. Go through all pictures, and stack their maps."),
        (-right, "Your edges have the wrong sign: they speak against the class."),
        (grey, "That is the grey picture. Apply sobel to it."),
        (torch.from_numpy(sobel(grey[:, 0].numpy()))[:, None], "sobel took your batch for a volume. One at a time."),
        (by_channel, "You took the edges of each colour, then the mean. Make the picture grey first."),
        (colours.sum(1, keepdim=True), "You took the edges of each colour, then the sum. Make the picture grey first."),
        (3 * right, "Your grey is the sum of the colours. It is their mean."),
        (right / right.flatten(1).amax(1).view(-1, 1, 1, 1), "You scaled each map to 1. Leave sobel's numbers."),
        (right / right.flatten(1).sum(1).view(-1, 1, 1, 1), "You scaled each map to sum 1. Leave sobel's numbers."),
        (right.square(), "You squared the edges. Leave sobel's numbers."),
        (right[[1, 0]], "Your maps are in the wrong order."),
        (right[:1].expand_as(right), "Every map is that of the first picture."),
    ]
    compare(found, right, mistakes, "Where the edges are most off, sobel says")
    return "No network was asked: it is the same map for every class and every network."


@check
def pair(my_pair: tuple[str, str]) -> str:
    """my_pair: the name of a score by which edges beat Integrated Gradients from black, and of one by which not."""
    require(isinstance(my_pair, tuple | list) and len(my_pair) == 2, "Give two names: one passed, one failed.")
    for name in my_pair:
        require(isinstance(done(name), str), f"Give the names as texts; yours is a {type(name).__name__}.")
        require(name in SCORES, f"{name!r} is none of {', '.join(SCORES)}.")
    passed, failed = my_pair
    require(passed != failed, "Both are the same score. A map cannot pass and fail it.")
    for name, wanted in ((passed, "pass"), (failed, "fail")):
        ours, ig = (measured()[which][name] for which in ("edges", "IG"))
        sign = 1 if best(name) == 1 else -1
        numbers = f"{title(name)}: edges {', IG '.join(apart(ours, ig, 2))}"
        require(abs(ours - ig) >= CLEAR, f"{numbers}. That is no clear difference; choose another.")
        better = sign * (ours - ig) > 0
        require(better == (wanted == "pass"), f"{numbers}, and {_wish(name)}: edges do not {wanted} this one.")
    says = [f"{title(n)}: edges {measured()['edges'][n]:.2f}, IG {measured()['IG'][n]:.2f}" for n in my_pair]
    return f"{says[0]}. {says[1]}. One score alone would have told you the opposite."


def table() -> str:
    """All that `pair` measures, as a text: edges and a random map beside Integrated Gradients from black."""
    lines = [f"{'mean of six scenes':20} better " + " ".join(f"{name:>7}" for name in measured())]
    for name in SCORES:
        numbers = " ".join(f"{row[name]:7.2f}" for row in measured().values())
        lines.append(f"{title(name):20} {'high' if best(name) == 1 else 'low':6} {numbers}")
    return "\n".join(lines)


def title(name: str) -> str:
    return evaluate.SCORES[name].title


def best(name: str) -> float:
    return evaluate.SCORES[name].best


def _wish(name: str) -> str:
    return "high is good" if best(name) == 1 else "low is good"


def sobel_edges(x: Tensor) -> Tensor:
    """The map that asks no network: (N, C, H, W) → (N, 1, H, W)."""
    return torch.stack([torch.from_numpy(sobel(image.mean(0).numpy())) for image in x])[:, None]


@cache
def measured() -> dict[str, dict[str, float]]:
    """The mean of each score over six scenes, for edges, Integrated Gradients from black, and a random map.

    Randomisation is Spearman's ρ with the map of a network whose upper half is in ruins. Attacked is the gradient, in
    one step.
    """
    network = networks.load("zoo")
    images, _, animals, parts = zoo.batch(SCENES, seed=SEED)
    generator = torch.Generator().manual_seed(SEED)
    total = {name: dict.fromkeys(SCORES, 0.0) for name in ("edges", "IG", "random")}
    for x, animal, part in zip(images.split(1), animals, parts, strict=True):
        exam = evaluate.Examination(network, x, masks={"animal": animal, "part": part}, N=100)
        moved, noise = exam.attacked.moved, torch.rand(x[:, :1].shape, generator=generator)
        ig = partial(xai_core.explain, target=exam.label, method="integrated_gradients")
        maps = {  # of the picture, of the attacked picture, of the picture by a network half in ruins
            "edges": (sobel_edges(x), sobel_edges(moved), sobel_edges(x)),
            "IG": (ig(network, x), ig(network, moved), ig(exam.ruin, x)),
            "random": (noise, noise, noise),
        }
        for name, (A, attacked, ruined) in maps.items():
            found = exam.judge_map(A, [score for score in SCORES if score in OF_MAPS])
            found["attack_spearman"] = float(evaluate.rank_correlation(A, attacked))
            found["randomisation"] = float(evaluate.rank_correlation(A, ruined))
            for score, value in found.items():
                total[name][score] += value / SCENES
    return total
