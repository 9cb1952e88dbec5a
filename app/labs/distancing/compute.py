"""What the page Distancing computes of pictures: the maps of all networks, and what is read off them.

picture, method  →  the maps of all five networks  →  α, rule, share: nothing is asked again
"""

from dataclasses import dataclass
from functools import partial

import streamlit as st
import torch
from torch import Tensor

from app.labs.distancing.pairs import ALPHAS, Pair, Scenes, kit_of, logits_of
from app.shared import networks
from app.shared.pictures import Picture, open_picture
from xai_core import catalogue, explain, important_pixels, make_score, sensitivity
from xai_core.distancing.gad import GADMap, survivors

METHODS = (  # the paper's five, and two more
    "simple_gradient", "deconvolution", "gradient_x_input", "guided_backprop", "integrated_gradients", "grad_cam",
    "uni",
)  # fmt: skip
FEWEST = 5  # least activated pictures


@dataclass(frozen=True)
class Reading:
    """Which maps are asked for, and how they are read; besides the method and B, nothing of it asks a network."""

    apart: int  # the largest α that takes part
    method: str
    B: int | None
    join: str
    important: str
    share: float

    @property
    def alphas(self) -> tuple[int, ...]:
        """Of the networks that take part, the analysed one's first."""
        return (0, *(α for α in ALPHAS if α <= self.apart))

    @property
    def title(self) -> str:
        return catalogue()[self.method].title

    @property
    def threshold(self) -> str:
        """In words."""
        return (
            f"the strongest {self.share:.0%}" if self.important == "top" else f"above {self.share:.0%} of the maximum"
        )

    def read(self, maps: Tensor) -> GADMap:
        """What survives of maps (networks, n, C, H, W)."""
        return survivors(maps[: len(self.alphas)], self.join, self.important, self.share)

    def regions(self, A: Tensor) -> Tensor:
        """The pixels whose hull is drawn: (n, C, H, W) → (n, H, W)."""
        return important_pixels(A, self.important, self.share)[:, 0]


def least_activated(pair: Pair, scenes: Scenes, name: str) -> list[int]:
    """Of the scenes of one class, the five with the lowest logit of that class in the analysed network, lowest first.

    The paper's visual knowledge clues, §6.4: what does the network miss in them?
    """
    c = pair.classes[pair.names.index(name)]
    mine = (scenes.labels == c).nonzero()[:, 0]
    return mine[scenes.logits[0][mine, c].argsort(stable=True)[:FEWEST]].tolist()


def opened(pair: Pair, pictures: tuple[Picture, ...]) -> Tensor:
    """The pictures as the network takes them: (n, C, H, W)."""
    return torch.cat([open_picture(picture, networks.describe(pair.network)).x for picture in pictures])


@st.cache_resource(max_entries=128, show_spinner=False)
def answers(pair: Pair, picture: Picture) -> Tensor:
    """The analysed network's logits: (classes,)."""
    return logits_of(kit_of(pair).networks[:1], opened(pair, (picture,)))[0, 0]


@st.cache_resource(max_entries=32, show_spinner=False)
def maps(pair: Pair, pictures: tuple[Picture, ...], targets: tuple[int, ...], method: str, B: int | None) -> Tensor:
    """One picture's map each, for one class each, of every network: (networks, n, C, H, W), in their order."""
    X, given = opened(pair, pictures), {} if B is None else {"B": B}
    ask = partial(explain, x=X, target=torch.tensor(targets), method=method, output="logit", **given)
    return torch.stack([ask(network) for network in kit_of(pair).networks])


@st.cache_resource(max_entries=256, show_spinner=False, hash_funcs={Tensor: lambda mask: mask.numpy().tobytes()})
def changes(pair: Pair, picture: Picture, target: int, masks: Tensor) -> list[float]:
    """RS, logits a pixel, of each mask (K, H, W): how much covering it changes the class's logit. NaN if empty."""
    x = opened(pair, (picture,))
    f = make_score(kit_of(pair).networks[0], x, target, "logit")
    return sensitivity(f, x, masks[None])[0].tolist()
