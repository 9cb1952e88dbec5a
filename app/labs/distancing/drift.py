"""The film of the page Distancing: at each α the clouds of logits, the network's map of both classes, what survives."""

from dataclasses import replace

import numpy as np
import streamlit as st
from torch import Tensor

from app.labs.distancing.compute import Reading
from app.labs.distancing.pairs import ALPHAS, Pair, Scenes
from app.labs.distancing.report import apart
from app.shared import show
from app.shared.film.frames import Film, Slider, drawn
from app.shared.film.maps import Maps, of_maps
from app.shared.pictures import Picture
from xai_core.figures import distancing

CLOUDS = "logits, class against class"
LETTERS = 19  # points: 14 pixels on a projector, where a panel is half of its size; words stand below it
MARGIN = {"left": 72, "right": 12, "top": 8, "bottom": 44}  # pixels around a panel: its numbers


def film_of(pair: Pair, scenes: Scenes, picture: Picture, x: Tensor, maps: Tensor, how: Reading, slider: Slider,
            of: str) -> Film:  # fmt: skip
    """maps: (networks, 2, C, H, W), a map for each of the pair's classes. of: the class of the picture."""
    theme = show.theme()
    titles = [title for name in pair.names for title in (f"map for {name}", f"survives for {name}")]

    def shown_at(stop: int) -> Maps:
        found = replace(how, apart=(0, *ALPHAS)[stop]).read(maps)
        left = {name: float(found.left[-1, i]) for i, name in enumerate(pair.names)}
        away = f"apart by {apart(pair, scenes, stop):.1f}"
        pixels, words = {}, {CLOUDS: f"{away}; a dot is a scene: circles {pair.names[0]}, triangles {pair.names[1]}"}
        for i, name in enumerate(pair.names):
            pixels[f"map for {name}"], pixels[f"survives for {name}"] = found.maps[-1, i : i + 1], found.A[i : i + 1]
            words[f"map for {name}"] = f"{how.title} of the network of α = {(0, *ALPHAS)[stop]}"
            words[f"survives for {name}"] = f"{left[name]:.1%} of the pixels: important in all {len(found.maps)}"
        said = ", ".join(f"for {name} {share:.1%} of the pixels survive" for name, share in left.items())
        clouds = np.moveaxis(painted(pair, scenes, theme)[stop], -1, 0)[None]
        return Maps(pixels, words, pictures={CLOUDS: Tensor(clouds)}, number=f"{left[of]:.1%}", says=said)

    about = ("distancing", pair, picture, replace(how, apart=0), of, theme)
    return of_maps(slider, about, x, picture.name, titles, shown_at, scale="value", pictured=(CLOUDS,),
                   number=f"of the pixels survive, for {of}")  # fmt: skip


def painted(pair: Pair, scenes: Scenes, theme: str) -> list[np.ndarray]:
    """The two clouds at each α, (H, W, 3) each: the panels of the paper's Figure 1, all on one scale."""
    return _painted(pair, theme, scenes)


@st.cache_resource(max_entries=16, show_spinner=False)
def _painted(pair: Pair, theme: str, _scenes: Scenes) -> list[np.ndarray]:
    classes = list(pair.classes)
    points = {float(α): L[:, classes] for α, L in zip((0, *ALPHAS), _scenes.logits, strict=False)}
    labels = (_scenes.labels == classes[1]).long()
    fig = distancing.drifting(points, labels, pair.names, columns=len(points), theme=theme)
    for ax in fig.axes:
        ax.set_title("")
        ax.tick_params(labelsize=LETTERS, labelleft=True)
        ax.locator_params(nbins=4)
    sheet = drawn(fig, theme)
    found = []
    for ax in fig.axes[: len(points)]:
        box, height = ax.bbox, len(sheet)
        rows = slice(round(height - box.y1 - MARGIN["top"]), round(height - box.y0 + MARGIN["bottom"]))
        columns = slice(max(0, round(box.x0 - MARGIN["left"])), round(box.x1 + MARGIN["right"]))
        found.append(sheet[rows, columns])
    return found
