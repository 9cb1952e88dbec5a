"""What the page Scoreboard computes of a network in ruins, and of an attacked picture.

ruins (map, depth)              the map of a network whose last layers are shuffled; asked once a depth
assault (map, ε, steps)         the picture that turns this candidate's map over
"""

from dataclasses import dataclass

import numpy as np
import streamlit as st
import torch
from torch import Tensor, nn

import xai_core
from app.labs.scoreboard.compute import Candidate, Entry, drawn
from app.shared import networks, stages
from app.shared.stages import Question
from xai_core.evaluate import (
    Attacked,
    Robustness,
    attack_maps,
    layers_of,
    rank_correlation,
    robustness,
    ruined,
)

DEPTHS = 8  # stops on the way into ruin
SMALL = 3 * 64 * 64  # numbers in a picture up to which all depths of ruin take a second a map
STRONGEST = 1000  # pixels that an attack is to move away, at most a quarter of the picture


@dataclass(frozen=True)
class Ruin:
    """A candidate's map of a network whose last layers are in ruins."""

    A: Tensor  # (1, C, H, W)
    spearman: float  # with the map of the trained network


def depths(name: str) -> dict[int, str]:
    """The stops: how many layers, from the answer downwards → the layer that was ruined last."""
    layers = layers_of(networks.load(name))
    stops = sorted({round(d * len(layers) / DEPTHS) for d in range(DEPTHS + 1)} if len(layers) > DEPTHS
                   else range(len(layers) + 1))  # fmt: skip
    return {stop: layers[stop - 1] if stop else "" for stop in stops}


def half(name: str) -> int:
    """The depth at which the upper half of the network is in ruins."""
    return (len(layers_of(networks.load(name))) + 1) // 2


@st.cache_resource(max_entries=2, show_spinner=False)
def _ruined(name: str, depth: int, seed: int) -> nn.Module:
    model = networks.load(name)
    return ruined(model, layers_of(model)[:depth], seed)


@st.cache_resource(max_entries=256, show_spinner=False, hash_funcs=stages.KEY)
def answer_in_ruins(q: Question, depth: int, seed: int) -> tuple[float, int, float]:
    """F of the class, the class that the ruined network names, and its probability."""
    with torch.no_grad():
        p = _ruined(q.network.name, depth, seed)(q.x).softmax(1)[0]
    return float(p[q.target]), int(p.argmax()), float(p.max())


@st.cache_resource(max_entries=256, show_spinner=False, hash_funcs=stages.KEY)
def in_ruins(q: Question, candidate: Candidate, depth: int, seed: int, _entry: Entry) -> Ruin:
    """The map at one depth. The network is asked, if the candidate asks it at all."""
    A = _entry.A if depth == 0 else _again(_ruined(q.network.name, depth, seed), q.x, q.target, candidate)
    return Ruin(A, float(rank_correlation(_entry.A, A)))


def _again(model: nn.Module, x: Tensor, target: int, candidate: Candidate) -> Tensor:
    """The map of another network, or of another picture."""
    if not candidate.explains:
        return drawn(x, candidate)
    return xai_core.explain(model, x, target, candidate.name, **candidate.given)


@dataclass(frozen=True)
class Assault:
    """A candidate before and after an attack, and after noise of the same size."""

    after: Robustness
    noise_spearman: float
    noise_intersection: float


@st.cache_resource(max_entries=64, show_spinner=False, hash_funcs=stages.KEY)
def assault(q: Question, candidate: Candidate, eps: float, steps: int, seed: int, _entry: Entry) -> Assault:
    """The picture that turns this candidate's map over, found along its own path, or along the gradient if it has none.

    The softplus twin's second derivatives do not exist for every network; ValueError or RuntimeError then.
    """
    model, k = networks.load(q.network.name), strongest(q.x)
    f = xai_core.make_score(model, q.x, q.target)  # unwatched: the meter knows no second derivatives
    attacked = attack_maps(f, q.x, eps, steps, k, _entry.own, seed=seed)

    def attribute(x: Tensor) -> Tensor:
        return _again(model, x, q.target, candidate)

    after = robustness(attribute, attacked, k, _entry.A)
    signs = np.random.default_rng(seed).choice([-1.0, 1.0], q.x.shape)
    noisy = (q.x + eps * torch.from_numpy(signs).to(q.x)).clamp(0, 1)
    blurred_by_noise = robustness(attribute, Attacked(q.x, noisy, attacked.smooth), k, _entry.A)
    return Assault(after, float(blurred_by_noise.spearman), float(blurred_by_noise.intersection))


def strongest(x: Tensor) -> int:
    """How many pixels count as the strongest: 1000, at most a quarter."""
    return min(STRONGEST, max(1, x.shape[2] * x.shape[3] // 4))
