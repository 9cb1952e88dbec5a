"""What the page Prototypes computes: pictures that classes like best, who else knows them, and means over a class."""

from dataclasses import asdict, dataclass

import streamlit as st
import torch
import torch.nn.functional as F
from torch import Tensor

from app.shared import networks
from app.shared.script import call, quoted, script
from data.drawn import zoo
from data.nets import pretrained
from data.training.fitting import FRESH
from xai_core import integrated_gradients, make_score
from xai_core.classwide.maximisation import Maximised, maximise, shown_to
from xai_core.evaluate.class_means import agreement, class_shares, mean_map
from xai_core.statistics import Summary

PAINTERS = ("zoo", "zoo_vgg", "zoo_vit")
PICTURES = 40  # of a class, for its mean


@dataclass(frozen=True)
class Setting:
    """All that a prototype depends on."""

    network: str
    animal: str
    steps: int
    jitter: int
    tv: float
    blur: float
    rate: float
    decay: float
    start: str
    seed: int

    @property
    def target(self) -> int:
        return networks.classes(self.network).index(self.animal)

    @property
    def x(self) -> Tensor:
        """An empty picture of the network's size."""
        size = networks.describe(self.network).size
        return torch.zeros(1, 3, size, size)

    @property
    def given(self) -> dict[str, object]:
        """The arguments of `maximise`."""
        return {name: value for name, value in asdict(self).items() if name not in ("network", "animal")}


@dataclass(frozen=True)
class ClassMean:
    """What PICTURES fresh scenes of a class say together."""

    picture: Tensor  # (1, 3, H, W), their mean
    map_: Tensor  # (1, 3, H, W), the mean of their Integrated Gradients
    agreement: float
    shares: dict[str, Summary]  # by part


@st.cache_resource(max_entries=64, show_spinner=False)
def painted(s: Setting) -> Maximised:
    """The way from the start to the prototype."""
    return maximise(make_score(networks.load(s.network), s.x, s.target, "logit"), s.x, **s.given)


@st.cache_data(max_entries=256, show_spinner=False)
def known(s: Setting, which: int) -> dict[str, float]:
    """The probability of the class that each network of the same classes gives to one picture of the way."""
    picture = painted(s).pictures[which]
    return {n: _probability(n, picture, s.target) for n in (PAINTERS if s.network in PAINTERS else _pretrained())}


def painters() -> list[str]:
    """The networks that can paint: the zoo's, and those pretrained ones of which the weights are here."""
    return [*PAINTERS, *_pretrained()]


def _pretrained() -> list[str]:
    return [name for name in pretrained.NAMES if pretrained.is_available(name)]


def _probability(name: str, picture: Tensor, target: int) -> float:
    size = (networks.describe(name).size,) * 2
    if picture.shape[2:] != size:
        picture = F.interpolate(picture, size, mode="bilinear", antialias=True)
    return float(shown_to(make_score(networks.load(name), picture, 0), picture)[0, target])


@st.cache_resource(max_entries=40, show_spinner=False)
def class_mean(network: str, animal: str) -> ClassMean:
    """The mean picture and the mean map of a class, and what each part of the scene gets."""
    scenes = [zoo.draw(animal, zoo.scene_seed(FRESH, i)) for i in range(PICTURES)]
    x, animals, parts = (torch.stack([getattr(s, what) for s in scenes]) for what in ("image", "animal", "part"))
    f = make_score(networks.load(network), x, zoo.CLASSES.index(animal))
    A = integrated_gradients(f, x, "blurred", 15)
    masks = {
        f"the {zoo.DECIDING_PART[animal]}": parts,
        f"the rest of the {animal}": animals & ~parts,
        "the background": ~animals,
    }
    return ClassMean(x.mean(0, keepdim=True), mean_map(A), agreement(A), class_shares(A, masks))


def python(s: Setting) -> str:
    """What paints the picture again."""
    about = networks.describe(s.network)
    lines = [
        f"x = torch.zeros(1, 3, {about.size}, {about.size})",
        f'f = xai_core.make_score({about.python}, x, {s.target}, "logit")  # {s.animal}',
        "found = " + call("maximise", "f", "x", given=s.given),
        'print(f"logit {float(found.logits[-1, 0]):.2f}, probability {float(found.probabilities[-1, 0]):.3f}")',
    ]
    return script(
        lines,
        stem="prototype",
        figure=f"figures.picture_row({{{quoted(s.animal)}: found.picture[0]}})",
        arrays=("pictures=found.pictures.numpy()", "logits=found.logits.numpy()", "steps=found.steps"),
        imports=["from xai_core.classwide.maximisation import maximise"],
    )
