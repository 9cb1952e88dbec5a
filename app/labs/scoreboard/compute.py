"""What the page Scoreboard computes: candidates for belief, among them two that explain nothing, and their scores.

    map (network, picture, class, method)  →  curves (deletion or insertion, on all canvases)     asked once a candidate
    points (network, picture, class, |S|, reference, N)  →  r of any map                          asked once for all
    ruins (map, depth)                                                                             asked once a depth

So the step of a curve, the canvas and one subset more or less never ask the network.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import streamlit as st
import torch
from skimage.filters import sobel
from torch import Tensor

from app.shared import networks, stages
from app.shared.networks import Network
from app.shared.pictures import Opened, Picture, draw_picture
from app.shared.stages import Question
from app.shared.subject import Subject
from xai_core import Neighbourhood, catalogue
from xai_core.evaluate import (
    Curve,
    Truth,
    ground_truth,
    without_subsets,
)
from xai_core.evaluate.examination import Examination
from xai_core.evaluate.scores import CANVASES
from xai_core.evaluate.walks import baseline_of

EDGES, RANDOM = "the picture's edges", "random numbers"
NO_EXPLANATIONS = {EDGES: "edges", RANDOM: "random"}  # words on the page → name in a file
STEPS = 10  # of a curve
GAMES = ("insertion", "deletion")
SCENES = 20  # of one kind, for the mean of the truth


@dataclass(frozen=True)
class Candidate:
    """One that asks to be believed: a method with its arguments, or none. Equal candidates share their maps."""

    name: str  # in a file
    title: str
    given: dict[str, Any] = field(default_factory=dict)  # as `xai_core.explain` takes it, `output` too

    @property
    def explains(self) -> bool:
        """Whether it is a method of the catalogue."""
        return self.name in catalogue()


@dataclass(frozen=True)
class Entry:
    """A candidate's map of the picture, and its own baseline, if it compares with one. Not to be written into."""

    candidate: Candidate
    A: Tensor  # (1, C, H, W)
    own: Tensor | None  # x′, (1, C, H, W)


def enter(about: Subject, candidate: Candidate) -> Entry:
    """The candidate's map. Raises ValueError or TypeError with a sentence, as the methods do."""
    if not candidate.explains:
        return Entry(candidate, drawn(about.opened.x, candidate), None)
    q = about.question(candidate.given["output"])
    A = stages.explanation(q, candidate.name, candidate.given).A
    if not A.isfinite().all():
        raise ValueError(f"Its map has {int((~A.isfinite()).sum())} numbers that are not finite.")
    return Entry(candidate, A, baseline_of(stages.run(q, candidate.name, candidate.given)))


def drawn(x: Tensor, candidate: Candidate) -> Tensor:
    """What is no explanation: the edges of a picture, or numbers by lot. Shaped like x, (1, C, H, W)."""
    if candidate.name == "edges":
        flat = torch.from_numpy(sobel(x[0].double().mean(0).cpu().numpy()))
    else:
        flat = torch.from_numpy(np.random.default_rng(candidate.given["seed"]).standard_normal(x.shape[2:]))
    return (flat / x.shape[1]).to(x).expand_as(x).contiguous()


# --- deletion and insertion -------------------------------------------------------------------------------------------


@st.cache_resource(max_entries=16, show_spinner=False, hash_funcs=stages.KEY)
def examination(q: Question) -> Examination:
    """The judge of this question: what all candidates share is asked once."""
    return Examination(networks.load(q.network.name), q.x, q.target, steps=STEPS, score=stages.score(q))


@st.cache_resource(max_entries=128, show_spinner=False, hash_funcs=stages.KEY)
def curves(q: Question, game: str, candidate: Candidate, _entry: Entry) -> dict[str, Curve]:
    """The curve on every canvas that the candidate has, all in the same passes: canvas → curve."""
    found = examination(q).curves(_entry.A, [f"{game}_{canvas}" for canvas in CANVASES], _entry.own)
    return {name.removeprefix(f"{game}_"): curve for name, curve in found.items()}


def best(numbers: Mapping[str, float], goal: float) -> list[str]:
    """Who comes nearest to the goal, 0 or 1, to two decimals as they are shown: all who share the place, or nobody
    where everybody does."""
    known = {name: round(abs(round(v, 2) - goal), 2) for name, v in numbers.items() if np.isfinite(v)}
    if len(known) > 1 and len(set(known.values())) == 1:
        return []
    return [name for name, off in known.items() if off == min(known.values())]


@st.cache_resource(max_entries=64, show_spinner=False, hash_funcs=stages.KEY)
def budgets(q: Question, candidate: Candidate, stops: tuple[float, ...]) -> dict[str, list[float]]:
    """UNI from baselines at several distances ε: insertion on each canvas, and F(x′)."""
    found: dict[str, list[float]] = {**{c: [] for c in CANVASES}, "F(x′)": []}
    for eps in stops:
        given = {**candidate.given, "eps": eps}
        at = stages.explanation(q, "uni", given).A
        own = stages.run(q, "uni", given)["start"]
        each = curves(q, "insertion", Candidate(candidate.name, candidate.title, given), Entry(candidate, at, own))
        for canvas, curve in each.items():
            found[canvas].append(float(curve.auc))
        found["F(x′)"].append(float(each["own"].scores[0, 0]))
    return found


# --- MuFidelity and ground truth --------------------------------------------------------------------------------------


@st.cache_resource(max_entries=16, show_spinner=False, hash_funcs=stages.KEY)
def points(q: Question, N: int, share: float, reference: str, seed: int) -> Neighbourhood:
    """What the network says without each of N subsets, for all maps."""
    return without_subsets(stages.score(q), q.x, N, share, reference=reference, seed=seed)


def masks(opened: Opened) -> dict[str, Tensor]:
    """What is known of a drawn scene: the whole, the part that decides by construction, the snow. {} if nothing is."""
    parts = opened.parts
    if not parts:
        return {}
    part, rest = list(parts)[:2]
    if not rest.startswith("the rest of"):  # one thing is known, and it has no parts
        return {part: parts[part]}
    known = {rest.removeprefix("the rest of "): parts[part] | parts[rest], part: parts[part]}
    return known | {name: mask for name, mask in parts.items() if name == "the snow"}


def truths(opened: Opened, A: Tensor) -> dict[str, Truth]:
    """A map against every mask."""
    return {name: ground_truth(A, mask) for name, mask in masks(opened).items()}


@st.cache_resource(max_entries=64, show_spinner=False)
def over_scenes(network: Network, like: Picture, target: int, candidate: Candidate) -> dict[str, tuple[float, float]]:
    """The same for the first scenes like this one: mask → means of `inside` and `pointing`. A map without relevance
    for the class is left out of the first; a mask that some of the scenes lack, such as snow, of both."""
    found: dict[str, list[Truth]] = {}
    for number in range(SCENES):
        picture = replace(like, number=number)
        opened = draw_picture(picture, network)
        if candidate.explains:
            q = Question(network, picture, target, candidate.given["output"], opened.x)
            A = stages.explanation(q, candidate.name, candidate.given).A
        else:
            A = drawn(opened.x, candidate)
        for name, truth in truths(opened, A).items():
            found.setdefault(name, []).append(truth)
    found = {name: each for name, each in found.items() if len(each) == SCENES}
    inside = {name: torch.cat([t.inside for t in each]).nanmean() for name, each in found.items()}
    return {name: (float(inside[name]), float(torch.cat([t.pointing for t in found[name]]).mean())) for name in found}
