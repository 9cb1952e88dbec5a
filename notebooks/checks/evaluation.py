"""Checks of the exercises in 12_evaluation.ipynb. The last one measures what it says, on scenes of its own."""

from collections.abc import Callable, Sequence
from functools import cache, partial

import torch
from skimage.filters import sobel
from torch import Tensor

import xai_core
from checks import NotDone, check, done, require
from data import networks, zoo
from xai_core import evaluate
from xai_core.evaluate.examination import OF_MAPS

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
        found = done(my_auc(list(scores)))
        require(not isinstance(found, Sequence | Tensor), "You return several numbers; the area is one.")
        right = sum(scores[1:]) / (len(scores) - 1)
        if abs(found - right) < 1e-9:
            continue
        S, after = len(scores) - 1, scores[1:]
        mistakes = {
            sum(scores) / (S + 1): "You averaged the start, too. It is the same for every map: leave it out.",
            sum(after): "You took the sum. Divide by the number of steps.",
            sum(after) / (S + 1): "You divide by S + 1. The list has S + 1 numbers, but only S steps.",
            sum(scores) / S: "You divide by S, but the start is still in your sum.",
            sum(scores[:-1]) / S: "You left out the end instead of the start.",
            sum(after[:-1]) / (S - 1): "You left out both ends. The end is a step like the others.",
            1 - right: "You return one minus the area.",
            _trapezoid(scores): "That is the trapezoid: half of both ends. Ours leaves out the start, keeps the end.",
        }
        for value, what in mistakes.items():
            require(abs(found - value) > 1e-9, what)
        require(False, f"Of {scores} the area is {right:.3f}; yours is {found:.3f}.")
    return "The trapezoid differs from it by the same number for every map on one canvas."


def _trapezoid(scores: list[float]) -> float:
    return (sum(scores) - (scores[0] + scores[-1]) / 2) / (len(scores) - 1)


@check
def edges(my_edges: Callable[[Tensor], Tensor]) -> str:
    """my_edges(x): the Sobel strength of each grey picture, (N, 3, H, W) → (N, 1, H, W)."""
    x = torch.rand(2, 3, 6, 5, generator=torch.Generator().manual_seed(0))
    given = x.clone()
    found = done(my_edges(given))
    require(torch.equal(given, x), "Your function changes the pictures it is given.")
    require(isinstance(found, Tensor), f"You return a {type(found).__name__}; an attribution is a torch.Tensor.")
    shape = tuple(found.shape)
    require(shape != (2, 6, 5), "The channel's place is missing: of (N, H, W) make (N, 1, H, W), with [:, None].")
    require(shape != (2, 3, 6, 5), "You kept three channels. Make the picture grey first: the mean over channels.")
    require(shape != (1, 6, 5), "You return one map. Go through all pictures, and stack their maps.")
    require(shape == (2, 1, 6, 5), f"Of pictures (2, 3, 6, 5) the map is (2, 1, 6, 5); yours is {shape}.")
    right = sobel_edges(x)
    grey = x.mean(1, keepdim=True)
    by_channel = torch.stack([torch.from_numpy(sobel(image.numpy(), axis=(1, 2))) for image in x]).mean(1, keepdim=True)
    mistakes = [
        (-right, "Your edges have the wrong sign: they speak against the class."),
        (grey, "That is the grey picture. Apply sobel to it."),
        (torch.from_numpy(sobel(grey[:, 0].numpy()))[:, None], "sobel took your batch for a volume. One at a time."),
        (by_channel, "You took the edges of each colour, then the mean. Make the picture grey first."),
        (right / right.flatten(1).amax(1).view(-1, 1, 1, 1), "You scaled each map to 1. Leave sobel's numbers."),
        (right[[1, 0]], "Your maps are in the wrong order."),
        (right[:1].expand_as(right), "Every map is that of the first picture."),
    ]
    for value, what in mistakes:
        require(not torch.allclose(found.double(), value.double(), atol=1e-6), what)
    off = (found - right).abs().max().item()
    require(torch.allclose(found.double(), right.double(), atol=1e-6), f"sobel says otherwise, by up to {off:.3f}.")
    return "No network was asked: it is the same map for every class and every network."


@check
def pair(my_pair: tuple[str, str]) -> str:
    """my_pair: the name of a score by which edges beat Integrated Gradients from black, and of one by which not."""
    require(isinstance(my_pair, tuple | list) and len(my_pair) == 2, "Give two names: one passed, one failed.")
    if ... in my_pair or None in my_pair:
        raise NotDone
    for name in my_pair:
        require(name in SCORES, f"{name!r} is none of {', '.join(SCORES)}.")
    passed, failed = my_pair
    require(passed != failed, "Both are the same score. A map cannot pass and fail it.")
    for name, wanted in ((passed, "pass"), (failed, "fail")):
        ours, ig = (measured()[which][name] for which in ("edges", "IG"))
        sign = 1 if best(name) == 1 else -1
        numbers = f"{title(name)}: edges {ours:.2f}, IG {ig:.2f}"
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
