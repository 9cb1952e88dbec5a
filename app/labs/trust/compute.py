"""What the page Trust computes: ten predictions, what is seen of them, and the proof over many scenes.

    ten predictions  →  explanation of each (stages.py)        →  the K superpixels that speak for the prediction
    n scenes (half on snow, of either class)  →  maps  →  share of Σ|A| on background, animal, deciding part

LIME's masked copies are kept for each scene, so that K asks no network here either.
"""

from typing import Any

import streamlit as st
import torch
from matplotlib.figure import Figure
from torch import Tensor

import xai_core
from app.shared import huskies, subject
from app.shared.huskies import KIND, NAME, network
from app.shared.meter import watched
from app.shared.pictures import Picture
from app.shared.shares import Interval, Share
from app.shared.subject import Subject
from data.drawn import zoo
from data.training import fitting
from xai_core import Neighbourhood, catalogue, figures

TEN = 10
EXCEPTION = 3  # the third husky and the third wolf change places with the snow
METHODS = (
    "lime", "kernel_shap", "occlusion", "integrated_gradients", "uni", "grad_cam", "smoothgrad", "guided_backprop",
    "simple_gradient",
)  # fmt: skip


def ten() -> list[Picture]:
    """Five huskies and five wolves, the first of the stream that no network learned from.

    Snow lies as in training, but for one of each: the third husky stands on it, the third wolf does not. No network
    is asked which ones to take.
    """
    found, seen = [], dict.fromkeys(zoo.HUSKY_WOLF, 0)
    for i, name in enumerate(zoo.batch_labels(TEN, fitting.FRESH, zoo.HUSKY_WOLF)):
        seen[name] += 1
        snow = (name == "wolf") != (seen[name] == EXCEPTION)
        found.append(Picture(KIND, name, zoo.scene_seed(fitting.FRESH, i), snow))
    return found


def predictions() -> list[Subject]:
    """The ten pictures and what the network says of them."""
    return [subject.of(NAME, picture) for picture in ten()]


def is_right(p: Subject) -> bool:
    """Whether the network names the animal that was drawn."""
    return p.class_name == p.picture.name


def words(p: Subject) -> str:
    """What the network says, and whether that is wrong."""
    return f"it says {p.class_name}, {p.confidence:.0%}{'' if is_right(p) else ': wrong'}"


def kept(x: Tensor, weights: Tensor, segments: Tensor, K: int) -> Tensor:
    """The picture where the K largest weights are, those that speak for the class; grey elsewhere: (1, C, H, W).

    weights: (M,), one a superpixel; what is 0 or against is never shown.
    """
    best = weights.argsort(descending=True)[:K]
    shown = torch.zeros(len(weights), dtype=torch.bool)
    shown[best] = weights[best] > 0
    return torch.where(shown[segments], x, 0.5)


def by_superpixel(A: Tensor, segments: Tensor) -> Tensor:
    """Σ A on each superpixel: (1, C, H, W) → (M,)."""
    return torch.zeros(int(segments.max()) + 1, dtype=torch.double).index_add_(
        0, segments.flatten(), A[0].sum(0).double().flatten()
    )


# --- the proof by mask ------------------------------------------------------------------------------------------------


@st.cache_resource(max_entries=64, show_spinner=False)
def proof(fair: bool, method: str, given: dict[str, Any], n: int) -> dict[str, Share]:
    """Where the maps of n predictions lie, by part. Raises ValueError or TypeError with a sentence, as methods do."""
    A = _maps(fair, method, given, n)
    return {part: Share.of(A, mask) for part, mask in huskies.scenes(n).parts.items()}


def _maps(fair: bool, method: str, given: dict[str, Any], n: int) -> Tensor:
    """The maps of what the network predicts, (n, C or 1, H, W)."""
    x = huskies.scenes(n).x
    arguments = {name: value for name, value in given.items() if name != "output"}
    if method != "lime":
        f = watched(xai_core.make_score(network(fair), x, "predicted", given["output"]))
        return catalogue()[method].function(f, x, **arguments)
    fit = {name: arguments.pop(name) for name in ("K", "sigma", "distance")}
    nears = [_near(fair, i, n, given["output"], **arguments) for i in range(n)]
    return torch.stack([near.paint(xai_core.k_lasso(near, **fit).weights)[None] for near in nears])


@st.cache_resource(max_entries=256, show_spinner=False)
def _near(fair: bool, i: int, _n: int, output: str, N: int, segments: str, fill: str, seed: int) -> Neighbourhood:
    """LIME's masked copies of the i-th scene, which is the same however many are drawn."""
    x = huskies.scenes(_n).x[i : i + 1]
    return xai_core.neighbourhood(
        watched(xai_core.make_score(network(fair), x, "predicted", output)), x, N, segments, fill, seed
    )


def share_figure(found: dict[str, dict[str, Share]], theme: str) -> Figure:
    """Each part's share relative to its area, with its interval, for one network or two."""
    rows = {name: {part: s.interval for part, s in shares.items()} for name, shares in found.items()}
    return figures.intervals(
        rows, x="share of Σ|A| relative to the area (1: fair)", reference=1.0, size=(5.8, 3.4), theme=theme
    )


def verdict(title: str, here: Interval, fairly: Interval | None = None) -> str:
    """What the background's share says, where the truth is that the background alone decides."""
    mean, low, high = here
    said = f"{title} gives the background {mean:.2f} times its area's share ({low:.2f} to {high:.2f})."
    if low > 1:
        said += " More than a fair share: these maps **do** point away from the animal."
    elif high < 1:
        said += " Less than a fair share: these maps point **at the animal**, which decides nothing here."
    else:
        said += " That may be a fair share: from this number alone **nobody could tell**."
    if fairly is None:
        return f"{said} What would it be if the animal did decide? Set the fairly trained network beside it."
    known = "That difference gives it away." if fairly[2] < low else "No clear difference."
    return f"{said} For the fairly trained network it is {fairly[0]:.2f} ({fairly[1]:.2f} to {fairly[2]:.2f}). {known}"
