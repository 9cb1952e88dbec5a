"""What the page Prototypes computes: pictures that classes like best, who else knows them, and means over a class."""

from dataclasses import asdict, dataclass

import streamlit as st
import torch
from torch import Tensor

from app import networks
from data import zoo
from data.fitting import FRESH
from xai_core import integrated_gradients, make_score
from xai_core.class_means import agreement, class_shares, mean_map
from xai_core.evaluate.benchmark.statistics import Summary
from xai_core.maximisation import Maximised, maximise, shown_to

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
        return zoo.CLASSES.index(self.animal)

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


@st.cache_resource(max_entries=64, show_spinner="The network paints …")
def painted(s: Setting) -> Maximised:
    """The way from the start to the prototype."""
    x = torch.zeros(1, 3, 64, 64)
    return maximise(make_score(networks.load(s.network), x, s.target, "logit"), x, **s.given)


@st.cache_data(max_entries=256, show_spinner=False)
def known(s: Setting, which: int) -> dict[str, float]:
    """The probability of the class that each network gives to one picture of the way."""
    picture = painted(s).pictures[which]
    return {n: float(shown_to(make_score(networks.load(n), picture, 0), picture)[0, s.target]) for n in PAINTERS}


@st.cache_resource(max_entries=40, show_spinner="Forty scenes …")
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


def script(s: Setting) -> str:
    """What paints the picture again."""
    given = ", ".join(f"{name}={value!r}" for name, value in s.given.items())
    return "\n".join(
        [
            '"""Made by the workbook. It writes prototype.png and prototype.npz into the current folder."""', "",
            "import numpy as np", "import torch", "", "from data import networks",
            "from xai_core import figures, make_score", "from xai_core.maximisation import maximise", "",
            "x = torch.zeros(1, 3, 64, 64)",
            f'f = make_score(networks.load("{s.network}"), x, {s.target}, "logit")  # {s.animal}',
            f"found = maximise(f, x, {given})",
            'print(f"logit {float(found.logits[-1, 0]):.2f}, probability {float(found.probabilities[-1, 0]):.3f}")',
            f'figures.picture_row({{"{s.animal}": found.picture[0]}}).savefig("prototype.png")',
            'np.savez("prototype.npz", pictures=found.pictures.numpy(), logits=found.logits.numpy())', "",
        ]
    )  # fmt: skip
