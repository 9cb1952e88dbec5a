"""Figures of the scores: each shows what a number was made of, so that one can see whether to believe it.

    agreement    the sampled subsets of MuFidelity, Σ_{i∈S} A_i against the change of F
    film         the picture while its pixels are exchanged, one row a map or a canvas
    on_the_way   one step of that, and where on the curves it is
    by_canvas    the same maps judged on several canvases: lines that cross are rankings that flip
    turned       picture and map, before and after an attack
    ladder       the map while the network falls into ruins

Maps are drawn as in `figures`: red for, blue against, as shares of their own Σ|A|, one scale a figure.
What to look at: the dots, the pictures and the maps first, the number last.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from xai_core import symbols
from xai_core.evaluate.attack import Robustness
from xai_core.evaluate.deletion import Curve
from xai_core.evaluate.mufidelity import MuFidelity
from xai_core.evaluate.randomisation import Randomisation
from xai_core.figures.maps import colour_bar, coloured, pixel_map, pixels, scaled
from xai_core.figures.style import LINES, figure, framed, ink_of, key, named, style
from xai_core.symbols import Symbol

ExchangeStep = Annotated[
    int, Symbol("k", "k", "how far the exchange of pixels has gone", "steps", low=0, high=10, step=1, whole=True)
]


DASHES: tuple[Any, ...] = ("-", (0, (5, 2)), (0, (1, 1.2)), (0, (5, 1.5, 1, 1.5)), (0, (8, 2)), (0, (3, 1, 1, 1, 1, 1)))
MARKS = "osD^vP"


def agreement(found: Mapping[str, MuFidelity], row: int = 0, theme: str = "light") -> Figure:
    """One panel a map: a dot for each subset S, what the map says it is worth against what its absence cost.

    found: name → the result of `mufidelity`. row: which image of the batch. One scale for what it cost; each map has
    its own for what it says. Raises ValueError if there is nothing to draw.
    """
    _check_some("found", found)
    fig = figure(3.1 * len(found), 3.3, theme)
    axes = fig.subplots(1, len(found), squeeze=False, sharey=True)[0]
    for ax, (name, result) in zip(axes, found.items(), strict=True):
        style(ax, f"{name}\nμ = {result.correlation[row]:.2f}", "Σ A over S")
        ax.scatter(result.sums[row], result.changes[row], s=16, color=LINES[0], alpha=0.45, linewidths=0)
        ax.axhline(0, color=fig.ink, linewidth=0.6)
        ax.axvline(0, color=fig.ink, linewidth=0.6)
        ax.locator_params(axis="x", nbins=4)
    axes[0].set_ylabel("F(x) − F(x without S)", fontsize=12, color=fig.ink)
    return fig


def film(curves: Mapping[str, Curve], ks: Sequence[int], row: int = 0, theme: str = "light") -> Figure:
    """The picture after each of some steps, a row for each curve; below each the score that the network gave it.

    curves: name → a result of `deletion` or `insertion`. ks: steps, from 0 to S. row: which image of the batch.
    """
    _check_some("curves", curves)
    for curve in curves.values():
        for k in ks:
            _check_step(curve, k)
    fig = figure(1.75 * len(ks) + 1.2, 2.05 * len(curves) + 0.3, theme)
    axes = fig.subplots(len(curves), len(ks), squeeze=False)
    for line, (name, curve) in zip(axes, curves.items(), strict=True):
        line[0].set_ylabel(name, fontsize=12, color=fig.ink)
        for ax, k in zip(line, ks, strict=True):
            framed(ax).imshow(pixels(curve.picture(k)[row]), interpolation="nearest")
            ax.set_xlabel(f"F = {curve.scores[row, k]:.2f}", fontsize=12, color=fig.ink)
    for ax, k in zip(axes[0], ks, strict=True):
        ax.set_title(f"{100 * curve.shares[k]:.0f} %", fontsize=12, color=fig.ink)
    return fig


def on_the_way(curves: Mapping[str, Curve], k: ExchangeStep = 3, row: int = 0, theme: str = "light") -> Figure:
    """What the network sees after k steps, one picture a curve, and below them the curves with step k marked.

    curves: name → a result of `deletion` or `insertion`. Beside each name stands the AUC of this image.
    Raises TypeError or ValueError for a k that is no step of the curves.
    """
    symbols.check(on_the_way, k=k)
    _check_some("curves", curves)
    fig = figure(max(6.4, 2.4 * len(curves)), 5.6, theme)
    upper, lower = fig.subfigures(2, 1, squeeze=False, height_ratios=(1, 1.25))[:, 0]
    for part in (upper, lower):
        part.patch.set_alpha(0)
        part.ink = fig.ink
    for ax, (name, curve) in zip(upper.subplots(1, len(curves), squeeze=False)[0], curves.items(), strict=True):
        _check_step(curve, k)
        framed(ax).imshow(pixels(curve.picture(k)[row]), interpolation="nearest")
        ax.set_title(name, fontsize=12, color=fig.ink)
        ax.set_xlabel(f"F = {curve.scores[row, k]:.2f}", fontsize=12, color=fig.ink)
    share = f"share of the pixels exchanged (step {k}: {100 * curve.shares[k]:.0f} %)"
    below = style(lower.subplots(), "", share, "F")
    for (name, curve), colour, dash, mark in zip(curves.items(), LINES, DASHES, MARKS, strict=False):
        label = key(f"{name}: AUC {curve.auc[row]:.2f}")
        below.plot(curve.shares, curve.scores[row], color=colour, linestyle=dash, linewidth=2.2, label=label)
        below.plot(curve.shares[k : k + 1], curve.scores[row, k : k + 1], mark, color=colour, markersize=9)
    below.axvline(float(curve.shares[k]), color=fig.ink, linewidth=1.2, linestyle=":")
    below.set_ylim(-0.03, 1.03)
    lower.legend(loc="outside right upper", fontsize=11, frameon=False, labelcolor=fig.ink)
    return fig


def by_canvas(
    scores: Mapping[str, Mapping[str, Tensor]],
    bare: Mapping[str, Tensor] | None = None,
    *,
    y: str = "insertion AUC",
    theme: str = "light",
) -> Figure:
    """Each method's mean on each canvas, with a bar of one standard error to both sides, joined by a line a method.

    scores: method → canvas → the images' scores, (N,). bare: canvas → F of the canvas itself, (N,): grey bars, what
    a map gets for nothing. Methods stand a little side by side, so that their bars do not cover each other.
    Raises ValueError if there are no scores, or their canvases differ.
    """
    _check_some("scores", scores)
    canvases = list(next(iter(scores.values())))
    for name, row in scores.items():
        if list(row) != canvases:
            raise ValueError(f"scores must have the canvases {', '.join(canvases)}; {name} has {', '.join(row)}")
    fig = figure(7.4, 4.2, theme)
    ax = style(fig.subplots(), "", "canvas", y)
    if bare:
        levels = [float(bare[canvas].mean()) for canvas in canvases]
        ax.bar(range(len(canvases)), levels, width=0.5, color="#999999", alpha=0.35, label="F of the bare canvas")
    for i, (name, row) in enumerate(scores.items()):
        at = np.arange(len(canvases)) + 0.05 * (i - (len(scores) - 1) / 2)
        means = [float(each.mean()) for each in row.values()]
        errors = [float(each.std()) / len(each) ** 0.5 if len(each) > 1 else 0.0 for each in row.values()]
        look: dict[str, Any] = {"color": LINES[i % len(LINES)], "linestyle": DASHES[i % len(DASHES)]}
        look["fmt"] = MARKS[i % len(MARKS)]
        ax.errorbar(at, means, yerr=errors, **look, markersize=8, linewidth=2.2, capsize=3, label=key(name))
    named(ax.xaxis, range(len(canvases)), canvases, fontsize=12)
    ax.set_ylim(0, 1)
    fig.legend(loc="outside right upper", fontsize=11, frameon=False, labelcolor=fig.ink)
    return fig


def turned(found: Mapping[str, Robustness], row: int = 0, theme: str = "light") -> Figure:
    """One row an attack: the picture, the moved picture, the map of both.

    found: name → a result of `robustness`. Below the second map Spearman's ρ and the top-k intersection.
    """
    _check_some("found", found)
    maps = {(name, i): pixel_map(A[row]) for name, each in found.items() for i, A in enumerate((each.A, each.A_moved))}
    drawn, top = scaled(maps)
    fig = figure(9.2, 2.4 * len(found) + 0.3, theme)
    axes = fig.subplots(len(found), 4, squeeze=False)
    for line, (name, result) in zip(axes, found.items(), strict=True):
        line[0].set_ylabel(name, fontsize=12, color=fig.ink)
        for ax, picture in zip(line, (result.attacked.x, result.attacked.moved), strict=False):
            framed(ax).imshow(pixels(picture[row]), interpolation="nearest")
        line[1].set_xlabel(f"moved by {255 * result.attacked.size[row]:.0f}/255", fontsize=12, color=fig.ink)
        for i, ax in enumerate(line[2:]):
            framed(ax).imshow(coloured(drawn[name, i], top[name, i]), interpolation="nearest")
        kept = f"ρ = {result.spearman[row]:.2f}, top k {result.intersection[row]:.2f}"
        line[3].set_xlabel(kept, fontsize=12, color=fig.ink)
    _titles(axes[0], ("picture", "attacked", "its map", "map of the attacked"))
    colour_bar(fig, axes.ravel(), next(iter(top.values())), "share")
    return fig


def ladder(found: Mapping[str, Randomisation], row: int = 0, theme: str = "light") -> Figure:
    """One row a method: its map of the trained network, then of networks ruined deeper and deeper.

    found: name → a result of `randomisation`, all with the same stops. Below each map what Spearman's ρ with the first
    is, of the signed values; above, the layer that was ruined last. A map of zeros is white, and has no ρ.
    Raises ValueError if there is none, or their layers differ.
    """
    _check_some("found", found)
    layers = next(iter(found.values())).layers
    for name, each in found.items():
        if each.layers != layers:
            raise ValueError(f"found must be ruined at the same layers, {', '.join(layers[1:])}; {name} is not")
    maps = {(name, d): pixel_map(A[row]) for name, each in found.items() for d, A in enumerate(each.maps)}
    drawn, top = scaled(maps)
    fig = figure(1.9 * len(layers) + 1.6, 2.2 * len(found) + 0.3, theme)
    axes = fig.subplots(len(found), len(layers), squeeze=False)
    for line, (name, each) in zip(axes, found.items(), strict=True):
        line[0].set_ylabel(name, fontsize=12, color=fig.ink)
        for d, ax in enumerate(line):
            framed(ax).imshow(coloured(drawn[name, d], top[name, d]), interpolation="nearest")
            rho = float(each.spearman[d, row])
            ax.set_xlabel("ρ: none" if np.isnan(rho) else f"ρ = {rho:.2f}", fontsize=12, color=fig.ink)
    _titles(axes[0], ["trained", *(f"… {layer}" for layer in layers[1:])])
    colour_bar(fig, axes.ravel(), next(iter(top.values())), "share")
    return fig


def _titles(axes: Sequence[Axes], titles: Sequence[str]) -> None:
    for ax, title in zip(axes, titles, strict=True):
        ax.set_title(title, fontsize=12, color=ink_of(ax))


def _check_some(name: str, given: Mapping) -> None:
    if not given:
        raise ValueError(f"{name} must have at least one entry; got none")


def _check_step(curve: Curve, k: int) -> None:
    if not 0 <= k <= curve.exchange.steps:
        raise ValueError(f"k must be a step of the curve, from 0 to {curve.exchange.steps}; got {k}")
