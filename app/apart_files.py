"""What a reader of the page Distancing takes home: the figure, the numbers, and a script that makes both again."""

import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from torch import Tensor

from app import apart
from app.apart import Pair
from data.train import FRESH
from xai_core import GADMap
from xai_core import distancing_figures as drawn

DRAWN = {  # how each network's scenes are drawn in a script
    "zoo": "zoo.batch({n}, {seed}, {names})",
    "zoo_vgg": "zoo.batch({n}, {seed}, {names})",
    "birds": "zoo.birds({n}, {seed})",
    "birds_vgg": "zoo.birds({n}, {seed})",
    "husky_wolf": 'zoo.husky_wolf({n}, {seed}, snow="independent")',
}


def png(x: Tensor, found: Mapping[str, GADMap], alphas: Sequence[float]) -> bytes:
    """The maps of each network and what survives, on white."""
    labels = [f"α = {α:g}" for α in alphas]
    maps = {name: dict(zip(labels, (A[0] for A in f.maps), strict=True)) for name, f in found.items()}
    fig, buffer = drawn.surviving(x, maps, {name: f.A[0] for name, f in found.items()}), io.BytesIO()
    fig.patch.set_alpha(1)
    fig.savefig(buffer, format="png", dpi=160)
    return buffer.getvalue()


def npz(x: Tensor, found: Mapping[str, GADMap], settings: Mapping[str, Any]) -> bytes:
    """`x`; for each class what survives and the maps of all networks, (C, H, W) and (K + 1, C, H, W); the settings."""
    arrays = {f"{name}: GAD": f.A[0].numpy() for name, f in found.items()}
    arrays |= {f"{name}: maps": f.maps[:, 0].numpy() for name, f in found.items()}
    buffer, told = io.BytesIO(), {**settings, "pair": vars(settings["pair"])}
    np.savez_compressed(buffer, x=x[0].numpy(), settings=json.dumps(told), **arrays)
    return buffer.getvalue()


def script(
    pair: Pair, scene: int, method: str, alphas: Sequence[float], join: str, important: str, share: float
) -> str:
    """A script that makes the figure and the numbers again; it runs wherever the workbook is installed."""

    def scenes(n: int, seed: int) -> str:
        return DRAWN[pair.network].format(n=n, seed=seed, names=repr(pair.names))

    further = [α for α in alphas if α]
    if pair.comes_with_the_workbook:
        made = [
            "X, labels = held_apart.samples()",
            f"supports = [xai_core.as_support(model, held_apart.load(alpha), X, labels, {pair.classes}, alpha)"
            f" for alpha in {further}]",
        ]
    else:
        made = [
            f"X, labels, *_ = {scenes(apart.LEARNED, FRESH + 2)}",
            f"supports = xai_core.support_networks(model, X, labels, {pair.classes}, {further}, rate={apart.RATE})",
        ]
    modules = ["held_apart"] * pair.comes_with_the_workbook + ["networks", "zoo"]
    return "\n".join(
        [
            '"""Made by the workbook. It writes gad.png and gad.npz into the current folder."""', "",
            "import numpy as np", "", "import xai_core", f"from data import {', '.join(modules)}",
            "from xai_core import distancing_figures", "",
            f'model = networks.load("{pair.network}")',
            *made,
            f"x = {scenes(apart.SHOWN, FRESH + 1)}[0][{scene}:{scene + 1}]", "",
            "maps, kept = {}, {}",
            f"for c, name in zip({pair.classes}, {pair.names}):",
            f'    found = xai_core.gad(model, supports, x, c, "{method}", join="{join}", important="{important}",'
            f" share={share})",
            f'    maps[name] = {{f"α = {{alpha}}": A[0] for alpha, A in zip({list(alphas)}, found.maps)}}',
            "    kept[name] = found.A[0]", "",
            'distancing_figures.surviving(x, maps, kept).savefig("gad.png")',
            'np.savez("gad.npz", x=x[0].numpy(), **{name: A.numpy() for name, A in kept.items()})', "",
        ]
    )  # fmt: skip
