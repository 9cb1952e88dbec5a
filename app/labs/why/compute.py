"""What the page Why computes: one animal of the zoo, a model that can be read, contrast, growth and repair.

why?         a map and its share on the deciding part; the same share over many scenes
why not?     maps of two logits and of their difference; the answers while the deciding part grows
when?        the answers of one network on the same animals, with the scenery swapped (huskies.py)
correct it?  a new head on frozen features, judged on scenes that neither head has seen
"""

from dataclasses import dataclass

import numpy as np
import streamlit as st
import torch
from sklearn.tree import DecisionTreeClassifier
from torch import Tensor

import xai_core
from app.shared import huskies, subject
from app.shared.meter import watched
from app.shared.pictures import Picture
from app.shared.shares import Share
from app.shared.subject import Subject
from data import tables
from data.drawn import outlines, zoo
from data.nets import networks as shipped
from data.training import fitting, repairing
from xai_core import catalogue, figures, integrated_gradients
from xai_core.contrast import contrast
from xai_core.score import forward

NETWORK = "zoo"
MANY = 12  # scenes over which a share is averaged
SEEN = 1  # of `huskies.scenes`: the first wolf on snow
LENGTHS = tuple(round(0.1 * i, 1) for i in range(11))  # of the deciding part
TAUGHT = "In training the class followed {}: where it was cut short, the answer to learn changed."
STEPS = 30  # of the paths in a contrast
DEPTHS = range(1, 11)
TABLES = {"the zoo's outlines": outlines.load, **{name: lambda n=name: tables.load(n) for name in tables.NAMES[:2]}}


def scene(animal: str, number: int) -> Subject:
    """One scene of the zoo and what the network says of it."""
    return subject.of(NETWORK, Picture("toy zoo", animal, number))


# --- a model that can be read -----------------------------------------------------------------------------------------


@st.cache_resource(show_spinner=False)
def table(name: str) -> tables.Table:
    """One of TABLES."""
    return TABLES[name]()


@st.cache_resource(max_entries=64, show_spinner=False)
def tree(name: str, depth: int) -> DecisionTreeClassifier:
    """A decision tree of at most so many questions, learned from the table's training rows."""
    rows = table(name)
    return DecisionTreeClassifier(max_depth=depth, random_state=0).fit(rows.train, rows.train_labels)


@dataclass(frozen=True)
class Price:
    """Accuracies on held-out rows."""

    trees: list[float]  # by DEPTHS
    linear: float
    forest: float


@st.cache_resource(show_spinner=False)
def price(name: str) -> Price:
    """What a readable model costs: its accuracy beside that of models that nobody reads."""
    rows = table(name)
    scores = {kind: tables.fit(rows, kind).score(rows.test, rows.test_labels) for kind in ("linear", "forest")}
    return Price([tree(name, d).score(rows.test, rows.test_labels) for d in DEPTHS], **scores)


def network_accuracy() -> float:
    """The network's, on 2000 scenes; the outlines' held-out rows are the first of them."""
    return float(shipped.card(NETWORK)["accuracy"])


# --- why? -------------------------------------------------------------------------------------------------------------


@st.cache_resource(max_entries=64, show_spinner=False)
def many_shares(animal: str, method: str) -> Share:
    """The deciding part's share of the maps of the first MANY fresh scenes of this animal, with the usual settings."""
    scenes = [zoo.draw(animal, zoo.scene_seed(fitting.FRESH, i)) for i in range(MANY)]
    x, part = torch.stack([s.image for s in scenes]), torch.stack([s.part for s in scenes])
    return Share.of(xai_core.explain(shipped.load(NETWORK), x, zoo.CLASSES.index(animal), method), part)


# --- why not? ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Contrast:
    """Integrated Gradients of two logits and of their difference. Shared between readers: not to be written into."""

    maps: dict[str, Tensor]  # (1, C, H, W)
    values: dict[str, float]  # F(x) of each


@st.cache_resource(max_entries=32, show_spinner=False)
def contrasted(animal: str, number: int, a: int, b: int) -> Contrast:
    """Why class a, why class b, and why a rather than b."""
    x = scene(animal, number).opened.x
    model = shipped.load(NETWORK)
    for_a, for_b = (watched(xai_core.make_score(model, x, c, "logit")) for c in (a, b))
    scores = {zoo.CLASSES[a]: for_a, zoo.CLASSES[b]: for_b, f"{zoo.CLASSES[a]} − {zoo.CLASSES[b]}": contrast(for_a, b)}
    maps = {name: integrated_gradients(f, x, B=STEPS) for name, f in scores.items()}
    return Contrast(maps, {name: float(forward(f, x)) for name, f in scores.items()})


@dataclass(frozen=True)
class Growth:
    """One animal at each of LENGTHS of its deciding part."""

    scenes: list[zoo.Scene]
    p: Tensor  # (lengths, classes)

    def flip(self) -> float | None:
        """The longest length at which another class wins than at full length; None if there is none."""
        said = self.p.argmax(1)
        others = [length for length, c in zip(LENGTHS, said.tolist(), strict=True) if c != int(said[-1])]
        return max(others, default=None)


@st.cache_resource(max_entries=32, show_spinner=False)
def grown(animal: str, number: int) -> Growth:
    """The network's answers while the deciding part grows and all else stays."""
    scenes = [zoo.draw(animal, number, part=length) for length in LENGTHS]
    x = torch.stack([s.image for s in scenes])
    f = watched(xai_core.make_score(shipped.load(NETWORK), x, "predicted"))
    with torch.no_grad():
        return Growth(scenes, f.outputs(x))


# --- when, and how to correct it? -------------------------------------------------------------------------------------


def husky_and_wolf(swapped: bool) -> dict[str, tuple[np.ndarray, str]]:
    """The first husky and the first wolf of the fresh stream with their snow as in training, and what is said of them;
    then the same two with the snow swapped, if asked for.
    """
    names, found = zoo.batch_labels(huskies.ANIMALS, fitting.FRESH, zoo.HUSKY_WOLF), {}
    for words, turned in {"as in training": False, **({"swapped": True} if swapped else {})}.items():
        for name in zoo.HUSKY_WOLF:
            snow = (name == "wolf") != turned
            p = subject.of(
                huskies.NAME, Picture(huskies.KIND, name, zoo.scene_seed(fitting.FRESH, names.index(name)), snow)
            )
            found[f"{name}, {words}"] = (figures.pixels(p.opened.x), f"says {p.said}")
    return found


def sureness(t: huskies.Twins) -> dict[str, tuple[float, float]]:
    """Accuracy and mean confidence in its own answer: with the snow as in training, and swapped."""
    found = {}
    for words, snow in (("as in training", t.wolf), ("swapped", ~t.wolf)):
        p = torch.where(snow, t.on_snow, t.bare)
        found[words] = (t.accuracy(snow), float(torch.maximum(p, 1 - p).mean()))
    return found


@dataclass(frozen=True)
class Repair:
    """A network of huskies and wolves, and how it does."""

    accuracy: dict[str, float]  # where the snow lies → share of right answers
    background: Share  # of its maps: Integrated Gradients
    map: Tensor  # of scene no. SEEN, (1, C, H, W)


@st.cache_resource(max_entries=16, show_spinner=False)
def repair(fair_scenes: int) -> Repair:
    """The biased network with a head learned from so many scenes where snow says nothing; 0: as it is."""
    model = shipped.load(huskies.NAME)
    if fair_scenes:
        images, labels, *_ = zoo.husky_wolf(fair_scenes, fitting.TRAINING, snow="independent")
        model = repairing.with_new_head(model, images, labels)
    return judged(model)


@st.cache_resource(max_entries=1, show_spinner=False)
def trained_anew() -> Repair:
    """The network that learned from the start where snow says nothing."""
    return judged(huskies.network(fair=True))


def judged(model: torch.nn.Module) -> Repair:
    """Accuracy on the animals of the page Trust, and the background's share on MANY scenes, half of each on snow."""
    accuracy = {}
    for words, snow in (("with the wolf, as in training", "with wolf"), ("with the husky: swapped", "with husky")):
        images, labels, *_ = huskies.animals(snow)
        accuracy[words] = fitting.accuracy(model, images, labels)
    many = huskies.scenes(MANY)
    A = catalogue()["integrated_gradients"].function(xai_core.make_score(model, many.x, "predicted"), many.x)
    return Repair(accuracy, Share.of(A, many.parts["the background"]), A[SEEN : SEEN + 1])
