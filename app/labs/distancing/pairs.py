"""Two classes of a network, ready for the page Distancing: their scenes and the networks that hold them apart.

    pair  →  256 scenes  →  support networks: shipped, kept in files, or trained  →  logits, reports

Shared between readers: a pair is trained once, and its networks are kept in files for the next time.
"""

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import streamlit as st
import torch
from torch import Tensor, nn

from app.shared import networks
from app.shared.meter import watched
from app.shared.pictures import Picture, draw_picture
from data.drawn import zoo
from data.nets import held_apart
from data.nets import networks as shipped
from xai_core import how_well, make_score, support_networks
from xai_core.distancing.targets import Regression

ALPHAS = held_apart.ALPHAS
SCENES, STREAM = 256, held_apart.STREAM  # that a pair's networks learn from; the shipped ones saw as many again
NEW_SCENES, NEW_STREAM = 128, 2  # that no network here has seen
RATE, EPOCHS = 4e-4, 10  # ten times the paper's rate: with 256 scenes there are few steps
PAIRS_KEPT = 8  # in memory
DRAWN = {  # kinds of scenes that a label and a seed make: how a script draws them
    "toy zoo": "zoo.draw(name, seed)",
    "husky or wolf": 'zoo.draw_husky_wolf(name, seed, snow=name == "wolf")',
    "warbler or sparrow": "zoo.draw_birds(name, seed)",
}


@dataclass(frozen=True)
class Pair:
    """A network and two of its classes, in the order of their logits."""

    network: str
    names: tuple[str, str]

    @property
    def classes(self) -> tuple[int, int]:
        return tuple(networks.classes(self.network).index(name) for name in self.names)

    @property
    def kind(self) -> str:
        """Of its scenes, see pictures.KINDS."""
        return networks.describe(self.network).natural

    def picture(self, name: str, seed: int) -> Picture:
        """A scene as its network learned it: every wolf on snow."""
        return Picture(self.kind, name, seed, snow=self.kind == "husky or wolf" and name == "wolf")

    @property
    def is_shipped(self) -> bool:
        return (self.network, self.names) == ("zoo", held_apart.PAIR)

    @property
    def folder(self) -> Path:
        """Where its networks are kept; another network of the same name has another."""
        home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache").expanduser()
        told = f"{self.network}_{shipped.card(self.network)['sha256'][:12]}_{'_'.join(self.names)}"
        return home / "xai-workbook" / "support_networks" / told


@dataclass(frozen=True, eq=False)
class Scenes:
    """Pictures of both classes, and the five networks' logits."""

    pictures: tuple[Picture, ...]
    X: Tensor  # (n, C, H, W)
    labels: Tensor  # (n,) class numbers
    logits: Tensor  # (networks, n, classes), the analysed network's first


@dataclass(frozen=True, eq=False)
class Kit:
    """A pair that is ready: networks whose passes are counted, the analysed one first, and how well they learned."""

    networks: tuple[nn.Module, ...]
    scenes: Scenes
    reports: tuple[Regression, ...]  # of ALPHAS, measured on the scenes


def network_names() -> list[str]:
    """The networks of the workbook whose scenes can be drawn."""
    return [name for name in networks.names() if name in shipped.SHIPPED and networks.describe(name).natural in DRAWN]


def ready(pair: Pair) -> Kit | None:
    """The pair's kit; None where its networks have to be trained first."""
    kept = _shelf().get(pair)
    if kept is None and (pair.is_shipped or len([*pair.folder.glob("*.safetensors")]) >= len(ALPHAS)):
        kept = prepare(pair)
    return kept


def prepare(
    pair: Pair, tell: Callable[[int, int], None] = lambda done, total: None, wait: Callable[[], None] = lambda: None
) -> Kit:
    """Train what is not kept, and measure. tell: hears (steps done, steps in all); wait: called while another trains.

    Two readers who want the same at once: one trains, the other waits and finds it done. Raises ValueError.
    """
    lock = _one_at_a_time(pair)
    while not lock.acquire(timeout=0.5):
        wait()
    try:
        if pair not in _shelf():
            made = _make(pair, tell)
            while len(_shelf()) >= PAIRS_KEPT:
                _shelf().pop(next(iter(_shelf())), None)
            _shelf()[pair] = made
        return _shelf()[pair]
    finally:
        lock.release()


@st.cache_resource(max_entries=64)
def _one_at_a_time(pair: Pair) -> threading.Lock:
    return threading.Lock()


@st.cache_resource
def _shelf() -> dict[Pair, Kit]:
    return {}


def _make(pair: Pair, tell: Callable[[int, int], None]) -> Kit:
    model = shipped.load(pair.network)
    pictures, X, labels = _drawn(pair, SCENES, STREAM)
    if pair.is_shipped:
        supports = [held_apart.load(α) for α in ALPHAS]
    else:
        settings = {"epochs": EPOCHS, "rate": RATE, "seed": 0, "keep": pair.folder}
        found = support_networks(model, X, labels, pair.classes, ALPHAS, progress=tell, **settings)
        supports = [each.model for each in found]
    five = tuple(watched(make_score(each, X[:1], 0, "logit")).model for each in (model, *supports))
    logits = logits_of(five, X)
    reports = tuple(how_well(logits[0], found, labels, pair.classes, (α, α))
                    for α, found in zip(ALPHAS, logits[1:], strict=True))  # fmt: skip
    return Kit(five, Scenes(pictures, X, labels, logits), reports)


def _drawn(pair: Pair, n: int, stream: int) -> tuple[tuple[Picture, ...], Tensor, Tensor]:
    """The first n scenes of a stream, as data.zoo draws them."""
    names = zoo.batch_labels(n, stream, pair.names)
    pictures = tuple(pair.picture(name, zoo.scene_seed(stream, i)) for i, name in enumerate(names))
    network = networks.describe(pair.network)
    X = torch.cat([draw_picture(picture, network).x for picture in pictures])
    return pictures, X, torch.tensor([pair.classes[pair.names.index(name)] for name in names])


@st.cache_resource(max_entries=4, show_spinner=False)
def new_scenes(pair: Pair) -> Scenes:
    """Scenes that none of the networks learned from."""
    pictures, X, labels = _drawn(pair, NEW_SCENES, NEW_STREAM)
    return Scenes(pictures, X, labels, logits_of(kit_of(pair).networks, X))


def logits_of(five: tuple[nn.Module, ...], X: Tensor) -> Tensor:
    with torch.no_grad():
        return torch.stack([torch.cat([network(rows) for rows in X.split(64)]) for network in five])


def kit_of(pair: Pair) -> Kit:
    return ready(pair) or prepare(pair)
