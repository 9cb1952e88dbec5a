"""The exercises of 14_evaluation.ipynb: each wrong answer is told what is wrong with it."""

from collections.abc import Callable

import pytest
import torch
from skimage.filters import sobel
from torch import Tensor

import xai_core
from data.drawn import zoo
from data.nets import networks
from xai_core import evaluate

AUC = {
    "Right.": lambda s: sum(s[1:]) / (len(s) - 1),
    "averaged the start, too": lambda s: sum(s) / len(s),
    "took the sum": lambda s: sum(s[1:]),
    "divide by S + 1": lambda s: sum(s[1:]) / len(s),
    "the start is still in your sum": lambda s: sum(s) / (len(s) - 1),
    "left out the end instead": lambda s: sum(s[:-1]) / (len(s) - 1),
    "left out both ends": lambda s: sum(s[1:-1]) / (len(s) - 2),
    "one minus the area": lambda s: 1 - sum(s[1:]) / (len(s) - 1),
    "That is the trapezoid": lambda s: (sum(s) - (s[0] + s[-1]) / 2) / (len(s) - 1),
    "You return (3,) numbers": lambda s: s[1:],
    "the area is 0.267; yours is 7.000": lambda s: 7.0,
    "stopped with ZeroDivisionError": lambda s: 1 / 0,
    "Not done yet": lambda s: ...,
}


def one_by_one(x: Tensor) -> Tensor:
    return torch.stack([torch.from_numpy(sobel(image.mean(0).numpy())) for image in x])[:, None]


def in_place(x: Tensor) -> Tensor:
    x -= x.mean()
    return one_by_one(x)


EDGES = {
    "Right.": one_by_one,
    "changes what it is given": in_place,
    "Return a torch.Tensor": lambda x: one_by_one(x).numpy(),
    "The channel's place is missing": lambda x: one_by_one(x)[:, 0],
    "kept three channels": lambda x: torch.stack([torch.from_numpy(sobel(i.numpy(), axis=(1, 2))) for i in x]),
    "You return one map": lambda x: one_by_one(x)[0],
    "yours is (6, 5)": lambda x: one_by_one(x)[0, 0],
    "the wrong sign": lambda x: -one_by_one(x),
    "That is the grey picture": lambda x: x.mean(1, keepdim=True),
    "your batch for a volume": lambda x: torch.from_numpy(sobel(x.mean(1).numpy()))[:, None],
    "edges of each colour": lambda x: torch.stack([torch.from_numpy(sobel(i.numpy(), axis=(1, 2)).mean(0)) for i in x])[
        :, None
    ],
    "scaled each map": lambda x: one_by_one(x) / one_by_one(x).flatten(1).amax(1).view(-1, 1, 1, 1),
    "wrong order": lambda x: one_by_one(x).flip(0),
    "that of the first picture": lambda x: one_by_one(x)[:1].expand(len(x), -1, -1, -1),
    "You squared the edges": lambda x: one_by_one(x) ** 2,
    "Not done yet": lambda x: ...,
}


@pytest.mark.parametrize(
    ("name", "said", "answer"),
    [("auc", *item) for item in AUC.items()] + [("edges", *item) for item in EDGES.items()],
    ids=[f"auc: {said}" for said in AUC] + [f"edges: {said}" for said in EDGES],
)
def test_the_check_names_the_mistake(verdict: Callable[..., str], name: str, said: str, answer: Callable) -> None:
    assert said in verdict("evaluation", name, answer)


# Three maps as they were measured, and one tie: what is said of them needs no network.
MEASURED = {
    "edges": {"insertion_blurred": 0.84, "deletion_black": 0.26, "inside_part": 0.12, "randomisation": 1.0},
    "IG": {"insertion_blurred": 0.51, "deletion_black": 0.2, "inside_part": 0.13, "randomisation": -0.01},
}
PAIRS = {
    ("insertion_blurred", "randomisation"): "Right. Insertion, blurred: edges 0.84, IG 0.51. Half in ruins",
    ("insertion_blurred", "deletion_black"): "Right.",  # low is good
    ("randomisation", "insertion_blurred"): "low is good: edges do not pass this one",
    ("deletion_black", "randomisation"): "Deletion, black: edges 0.26, IG 0.20, and low is good: edges do not pass",
    ("insertion_blurred", "inside_part"): "That is no clear difference",
    ("insertion_blurred", "insertion_blurred"): "Both are the same score",
    ("insertion", "randomisation"): "'insertion' is none of mufidelity, deletion_black",
    ("insertion_blurred",): "Give two names",
    "insertion_blurred": "Give two names",
    (..., ...): "Not done yet",
    ("insertion_blurred", ...): "Not done yet",
}


@pytest.mark.parametrize(("pair", "said"), PAIRS.items(), ids=map(str, PAIRS))
def test_the_pair_is_judged_by_what_was_measured(
    checks: Callable, verdict: Callable[..., str], monkeypatch: pytest.MonkeyPatch, pair: tuple, said: str
) -> None:
    monkeypatch.setattr(checks("evaluation"), "measured", lambda: MEASURED)
    assert said in verdict("evaluation", "pair", pair)


def test_what_is_measured_is_what_the_scores_say(checks: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    """One scene instead of six. A map that asks no network survives its ruin untouched."""
    module = checks("evaluation")
    monkeypatch.setattr(module, "SCENES", 1)
    module.measured.cache_clear()
    found = module.measured()
    module.measured.cache_clear()
    assert set(module.SCORES) <= set(evaluate.SCORES)
    assert found["edges"]["randomisation"] == found["random"]["randomisation"] == pytest.approx(1.0)
    assert found["random"]["attack_spearman"] == pytest.approx(1.0)
    network, (x, _, animals, parts) = networks.load("zoo"), zoo.batch(1, seed=module.SEED)
    f = xai_core.make_score(network, x, "predicted")
    A = xai_core.integrated_gradients(f, x)
    assert found["IG"]["insertion_blurred"] == pytest.approx(
        float(evaluate.insertion(f, x, A, "blurred").auc), abs=1e-5
    )
    assert found["IG"]["deletion_black"] == pytest.approx(float(evaluate.deletion(f, x, A).auc), abs=1e-5)
    assert found["edges"]["inside_part"] == pytest.approx(float(evaluate.ground_truth(one_by_one(x), parts).inside))
    assert found["edges"]["inside_animal"] == pytest.approx(float(evaluate.ground_truth(one_by_one(x), animals).inside))
