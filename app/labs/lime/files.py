"""What a reader of the page LIME takes home: bars, copies with answers and weights, and a script that makes both."""

from typing import Any

import numpy as np
from torch import Tensor

from app.labs.lime import compute
from app.labs.lime.compute import Reading
from app.labs.lime.inputs import Given, Pictured, Rowed, Worded
from app.labs.lime.texts import MOST_COPIES
from app.shared import show, take_away
from app.shared.compare.tab import Taken, taken
from app.shared.script import quoted, script
from xai_core.figures import linear

NONE = Taken()  # no map is pinned beside


def offer(given: Given, how: Reading) -> None:
    """The buttons."""
    own = isinstance(given, Pictured) and given.about.picture.kind == "upload"
    also = taken(given.about, pinnable(given, how)) if isinstance(given, Pictured) else NONE
    take_away.offer_files(
        python(given, how, also), lambda: png(given, how, also), lambda: npz(given, how, also), own_picture=own,
        stem="lime",
    )  # fmt: skip


def pinnable(given: Pictured, how: Reading) -> dict[str, dict[str, Any]]:
    """LIME's arguments, as a pin has them."""
    return {"lime": vars(how) | given.setting}


def png(given: Given, how: Reading, also: Taken = NONE) -> bytes:
    """The bars, or the map beside a pinned one, as the script draws them."""
    this, fit = given.this, compute.fit(given.this, how)
    if isinstance(given, Pictured) and also.a:
        return take_away.png(take_away.panels(given.about, {"lime": _map(given, how)} | also.maps(), "share"))
    bars = {this.names[j]: float(fit.weights[j]) for j in linear.strongest(fit.weights, how.K)}
    fig = linear.bars(bars, unit=f"weight ({this.unit})", title=_title(given, fit.r2))
    return take_away.png(fig)


def _title(given: Given, r2: float) -> str:
    return f"{given.this.class_name}: local R² {show.r2(r2)}"


def _map(given: Pictured, how: Reading) -> Tensor:
    return compute.fit(given.this, how).weights[given.labels][None, None]


def npz(given: Given, how: Reading, also: Taken = NONE) -> bytes:
    """z (N, M), F (N, classes), w (M,), w₀, R², the features' names, and the settings as JSON; with a pinned map that
    one (C, H, W), and LIME's (1, H, W)."""
    this = given.this
    near, fit = compute.around(this, how.N, how.seed), compute.fit(this, how)
    settings: dict[str, Any] = {
        "input": this.kind, "what": this.title, "class": this.class_name, "target": this.target,
        **(given.setting if isinstance(given, Pictured) else {}), **vars(how), **also.settings(),
    }  # fmt: skip
    arrays = {
        "masks": near.masks, "scores": near.scores, "weights": fit.weights, "intercept": fit.intercept, "r2": fit.r2,
        "names": np.array(this.names),
    }  # fmt: skip
    if isinstance(given, Pictured) and also.a:
        arrays |= {name: A[0] for name, A in ({"lime": _map(given, how)} | also.maps()).items()}
    return take_away.npz(arrays, settings)


def python(given: Given, how: Reading, also: Taken = NONE) -> str:
    """A script that makes the explanation again."""
    this = given.this
    names = '[f"no. {j}" for j in range(near.features)]' if isinstance(given, Pictured) else "near.names"
    lines = [
        *_neighbourhood(given, how),
        f'fit = xai_core.k_lasso(near, K={how.K}, sigma={how.sigma:g}, distance="{how.distance}")',
        "",
        f"names = {names}",
        f"bars = {{names[j]: float(fit.weights[j]) for j in linear.strongest(fit.weights, {how.K})}}",
        "for name, weight in bars.items():",
        '    print(f"{weight:+.3f}  {name}")',
        f'title = f"{this.class_name}: local R² {{fit.r2:.2f}}"',
    ]
    imports = ["from xai_core.figures import linear"]
    if isinstance(given, Worded):
        imports.append("from xai_core.perturbation import words")
    arrays = ("masks=near.masks.numpy()", "scores=near.scores.numpy()", "weights=fit.weights.numpy()",
              "intercept=fit.intercept", "r2=fit.r2", "names=np.array(names)")  # fmt: skip
    figure = f"linear.bars(bars, unit={quoted(f'weight ({this.unit})')}, title=title)"
    if isinstance(given, Pictured) and also.a:
        lines += ["", 'maps = {"lime": near.paint(fit.weights)[None, None]}', *also.lines]
        figure = f'figures.map_grid(x, maps, scale="share", picture_title={quoted(given.about.said)})'
        arrays = (*arrays, "**{name: A[0].numpy() for name, A in maps.items()}")
    return script(lines, stem="lime", figure=figure, arrays=arrays, imports=imports)


def _neighbourhood(given: Given, how: Reading) -> list[str]:
    """The lines that make `near`."""
    this = given.this
    target = f"target = {this.target}  # {this.class_name}"
    if isinstance(given, Pictured):
        setting = given.setting
        return [
            f"model = {given.about.network.python}",
            *given.about.opened.python,
            target,
            f'f = xai_core.make_score(model, x, target, "{setting["output"]}")',
            f'near = xai_core.neighbourhood(f, x, N={how.N}, segments="{setting["segments"]}",'
            f' fill="{setting["fill"]}", seed={how.seed})',
        ]
    if isinstance(given, Rowed):
        return [
            *given.python,
            target,
            f"near = xai_core.table_neighbourhood(predict, x, table.train, {how.N}, {how.seed}, target, table.columns)",
        ]
    return [
        *given.python,
        target,
        f"masks = words.random_sizes({MOST_COPIES}, len(xai_core.words_of(text)), seed={how.seed})[:{how.N}]",
        "near = xai_core.word_neighbourhood(predict, text, masks=masks, target=target)",
    ]
