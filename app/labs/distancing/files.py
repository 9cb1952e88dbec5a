"""What a reader of the page Distancing takes home: Figure 3, every map and mask, and a script that makes them again."""

import io
import json

import numpy as np
from torch import Tensor

from app.labs.distancing import pairs
from app.labs.distancing.compute import Reading
from app.labs.distancing.pairs import DRAWN, RATE, STREAM, Pair
from app.labs.distancing.views import surviving
from app.shared import networks, take_away
from app.shared.pictures import Picture, open_picture
from xai_core.distancing.gad import GADMap


def offer(pair: Pair, picture: Picture, x: Tensor, found: GADMap, how: Reading) -> None:
    """The buttons."""
    take_away.offer_files(
        python(pair, picture, how), lambda: png(pair, x, found, how), lambda: npz(pair, picture, x, found, how),
        stem="gad",
    )  # fmt: skip


def png(pair: Pair, x: Tensor, found: GADMap, how: Reading) -> bytes:
    """Figure 3 on white."""
    fig = surviving(pair, x, found, how, "light")
    fig.patch.set_alpha(1)
    buffer = io.BytesIO()
    fig.savefig(buffer, format="png", dpi=160)
    return buffer.getvalue()


def npz(pair: Pair, picture: Picture, x: Tensor, found: GADMap, how: Reading) -> bytes:
    """x (C, H, W), gad (2, C, H, W), maps (networks, 2, C, H, W), masks of what is important, settings as JSON."""
    settings = {"network": pair.network, "classes": pair.names, "picture": vars(picture), **vars(how)}
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer, x=x[0].numpy(), gad=found.A.numpy(), maps=found.maps.numpy(), masks=found.masks.numpy(),
        alphas=how.alphas, settings=json.dumps(settings),
    )  # fmt: skip
    return buffer.getvalue()


def python(pair: Pair, picture: Picture, how: Reading) -> str:
    """A script that makes Figure 3 again; it runs wherever the workbook is installed."""
    a, b = pair.names
    alphas, n, epochs = how.alphas[1:], pairs.SCENES, pairs.EPOCHS
    B = "" if how.B is None else f", B={how.B}"
    own = networks.describe(pair.network)
    if pair.is_shipped:
        supports = [
            "supports = [",
            "    xai_core.as_support(model, held_apart.load(α), X, labels, classes, α)",
            f"    for α in {list(alphas)}",
            "]",
        ]
    else:
        supports = [
            "supports = xai_core.support_networks(",
            f"    model, X, labels, classes, {list(alphas)}, epochs={epochs}, rate={RATE:g}, seed=0, keep=\"supports\"",
            ")",
        ]  # fmt: skip
    return "\n".join(
        [
            '"""Made by the workbook. It writes gad.png and gad.npz into the current folder."""', "",
            "import numpy as np", "import torch", "", "import xai_core",
            f"from data import {'held_apart, ' if pair.is_shipped else ''}networks, zoo",
            "from xai_core.figures import distancing", "",
            f"model = {own.python}",
            f'names, classes = ("{a}", "{b}"), {pair.classes}',
            f"drawn = zoo.batch_labels({n}, {STREAM}, names)  # what the support networks learned from",
            f"seeds = [zoo.scene_seed({STREAM}, i) for i in range({n})]",
            f"X = torch.stack([{DRAWN[pair.kind]}.image for name, seed in zip(drawn, seeds)])",
            "labels = torch.tensor([classes[names.index(name)] for name in drawn])",
            *supports,
            "for support in supports:",
            "    print(support.alpha, support.report)",
            "",
            *open_picture(picture, own).python,
            f'found = xai_core.gad(model, supports, x.repeat(2, 1, 1, 1), torch.tensor(classes), "{how.method}",',
            f'                     join="{how.join}", important="{how.important}", share={how.share:g}{B})',
            "for name, left in zip(names, found.left[-1]):",
            '    print(f"for {name} {left:.1%} of the pixels are important in all networks")',
            "",
            f"titles = [f\"α = {{α}}\" for α in {list(how.alphas)}]",
            "maps = {name: dict(zip(titles, found.maps[:, i])) for i, name in enumerate(names)}",
            'fig = distancing.surviving(x, maps, dict(zip(names, found.A)), "GAD")',
            'fig.patch.set_alpha(1)', 'fig.savefig("gad.png")',
            "arrays = {name: getattr(found, name).numpy() for name in (\"maps\", \"masks\")}",
            'np.savez("gad.npz", x=x[0].numpy(), gad=found.A.numpy(), **arrays)',
            "",
        ]
    )  # fmt: skip
