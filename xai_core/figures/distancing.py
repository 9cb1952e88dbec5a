"""Figures of GAD, in the layout of its paper's Figures 1, 3, 5 and 6 (Mazini Rodrigues, Boutry & Najman; see gad.py).

Blue is the original network's explanation, red what GAD leaves of it, in the rows of maps and around the hulls; the
paper's Figure 6 has red and green there, which many people cannot tell apart. Only `surviving` draws signed maps, in
the workbook's own red for and blue against. Every figure says which of the two it is.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import Normal, withStroke
from torch import Tensor

from xai_core.evaluate.regions import Hull, complexity, hull
from xai_core.figures.maps import TOP, colour_bar, coloured, pixel_map, pixels, scaled
from xai_core.figures.style import LINES, figure, framed, ink_of, key, style

ORIGINAL, GAD = LINES[0], LINES[1]  # blue and vermillion
ROWS = {"original": "Blues", "GAD": "Reds"}
OUTLINES: dict[str, tuple[str, Any]] = {  # dashes, too, tell them apart
    "original": (ORIGINAL, (0, (4, 2))),
    "GAD": (GAD, "-"),
}
MARKS = "o^"
GREY = "#999999"


def drifting(
    logits: Mapping[float, Tensor], labels: Tensor, names: Sequence[str], columns: int = 3, theme: str = "light"
) -> Figure:
    """Figure 1: the logits of two classes' pictures, one panel an α, in which the classes drift apart.

    logits: α → (N, 2), of the classes a and b; the first is the network itself, the others its support networks.
    labels: (N,), 0 for a picture of a and 1 for one of b. names: of a and b.
    Grey dots are the first panel's; an arrow goes from each class's mean there to its mean here. Its title says how
    far apart the two means are. Below the dashed diagonal a beats b. One scale for all panels.
    Raises ValueError if the shapes do not fit, labels has only one class, or there is nothing to draw.
    """
    points = _checked_logits(logits, labels)
    lines = -(-len(points) // columns)
    columns = min(columns, len(points))
    fig = figure(3.4 * columns, 3.5 * lines + 0.5, theme)
    axes = fig.subplots(lines, columns, squeeze=False, sharex=True, sharey=True).ravel()
    classes = [labels.cpu().numpy() == k for k in (0, 1)]
    start = next(iter(points.values()))
    for ax, (α, dots) in zip(axes, points.items(), strict=False):
        means, before = ([p[c].mean(0) for c in classes] for p in (dots, start))
        apart = np.linalg.norm(means[0] - means[1])
        style(ax, f"α = {α:g}: apart by {apart:.1f}")
        ax.axline((0, 0), slope=1, color=fig.ink, linewidth=0.9, linestyle=(0, (4, 3)))
        if dots is not start:
            ax.scatter(*start.T, s=12, color=GREY, alpha=0.5, linewidths=0)
        for c, colour, mark in zip(classes, LINES, MARKS, strict=False):
            ax.scatter(*dots[c].T, s=20, color=colour, marker=mark, alpha=0.65, linewidths=0)
        if dots is not start:
            for old, new in zip(before, means, strict=True):
                arrow = {"arrowstyle": "-|>,head_width=.35,head_length=.6", "color": fig.ink, "lw": 2.2}
                ax.annotate("", xy=new, xytext=old, arrowprops=arrow | {"shrinkA": 0, "shrinkB": 0})
        ax.set_aspect("equal")
    for ax in axes[len(points) :]:
        ax.set_visible(False)
    fig.supxlabel(f"logit of {names[0]}", fontsize=12, color=fig.ink)
    fig.supylabel(f"logit of {names[1]}", fontsize=12, color=fig.ink)
    for ax in axes[max(0, len(points) - columns) : len(points)]:
        ax.tick_params(labelbottom=True)  # the lowest of its column, though the last line may be short
    seen = [*zip(names, LINES, MARKS, strict=False), ("as in the first panel", GREY, "o")][: 2 + (len(points) > 1)]
    marks = [Line2D([], [], linestyle="", marker=m, markersize=8, color=c, label=key(name)) for name, c, m in seen]
    fig.legend(handles=marks, loc="outside upper center", ncols=3, fontsize=12, frameon=False, labelcolor=fig.ink)
    return fig


def _checked_logits(logits: Mapping[float, Tensor], labels: Tensor) -> dict[float, np.ndarray]:
    if not logits:
        raise ValueError("logits must have at least one α; got none")
    for α, each in logits.items():
        if not isinstance(each, Tensor) or each.shape != (len(labels), 2):
            given = tuple(each.shape) if isinstance(each, Tensor) else type(each).__name__
            raise ValueError(f"logits must be ({len(labels)}, 2), one row a label, for every α; α = {α:g} has {given}")
    if set(labels.tolist()) != {0, 1}:
        raise ValueError(f"labels must have pictures of both classes, 0 and 1; got {sorted(set(labels.tolist()))}")
    return {α: each.detach().cpu().double().numpy() for α, each in logits.items()}


def surviving(
    image: Tensor,
    maps: Mapping[str, Mapping[str, Tensor]],
    kept: Mapping[str, Tensor],
    title: str = "in all",
    theme: str = "light",
) -> Figure:
    """Figure 3: one row a class: the picture, a map of each network, and, framed, what survives all of them.

    image: (C, H, W) or (1, C, H, W). maps: class → network ("α = 0", …) → map, the network itself first. kept: class →
    GAD's map. Below each map, how many of its pixels are not 0. The networks' maps are shares of their own Σ|A|, on
    one scale; the surviving map is a share of the first one's, so that a kept pixel has the colour it had there.
    Raises ValueError if maps and kept are not of the same classes.
    """
    if set(maps) != set(kept):
        raise ValueError(f"kept must have the classes of maps, {', '.join(maps)}; got {', '.join(kept)}")
    drawn = {}
    for name, row in maps.items():
        shares, _ = scaled({network: pixel_map(A) for network, A in row.items()})
        first = np.abs(pixel_map(next(iter(row.values())))).sum() or 1.0
        drawn[name] = shares | {title: pixel_map(kept[name]) / first}
    every = np.concatenate([np.abs(m).ravel() for row in drawn.values() for n, m in row.items() if n != title])
    top = float(np.percentile(every, TOP)) or float(every.max()) or 1.0
    columns = 1 + max(len(row) for row in drawn.values())
    fig = figure(2.1 * columns + 1.0, 2.6 * len(drawn), theme)
    axes = fig.subplots(len(drawn), columns, squeeze=False)
    for k, (line, (name, row)) in enumerate(zip(axes, drawn.items(), strict=True)):
        framed(line[0]).imshow(pixels(image), interpolation="nearest")
        line[0].set_ylabel(f"for {name}", fontsize=13, color=fig.ink)
        for ax, (network, map_) in zip(line[1:], row.items(), strict=True):
            framed(ax).imshow(coloured(map_, top), interpolation="nearest")
            ax.set_xlabel(f"{np.count_nonzero(map_)} of {map_.size} pixels", fontsize=11, color=fig.ink)
            if k == 0:
                ax.set_title(network, fontsize=13, color=fig.ink)
        for spine in line[-1].spines.values():
            spine.set(color=GAD, linewidth=3)
    colour_bar(fig, axes.ravel(), top, "share")
    return fig


def original_and_gad(
    images: Tensor, maps: Mapping[str, tuple[Tensor, Tensor]], captions: Sequence[str] = (), theme: str = "light"
) -> Figure:
    """Figure 5: under each picture, two rows a method: the original map in blue, GAD's in red.

    images: (n, C, H, W). maps: method → (original, GAD), both (n, C, H, W). captions: n, such as the predicted class.
    Drawn is |Σ_c A_c|, the palest is 0. Original and GAD share a scale, picture by picture: what GAD kept is as dark
    as it was. Raises ValueError if a map or the captions do not belong to the pictures.
    """
    n = len(images)
    _check_captions(captions, n)
    for name, pair in maps.items():
        for A in pair:
            if A.dim() != 4 or len(A) != n:
                raise ValueError(f"maps must be ({n}, C, H, W), one a picture; {name} has {tuple(A.shape)}")
    lines = 1 + 2 * len(maps)
    fig = figure(1.35 * n + 2.0, 1.4 * lines + 0.4, theme)
    axes = fig.subplots(lines, n, squeeze=False)
    _pictures(axes[0], images, captions)
    for k, (name, pair) in enumerate(maps.items()):
        for row, line in zip(ROWS, axes[1 + 2 * k : 3 + 2 * k], strict=True):
            line[0].set_ylabel(f"{name}\n{row}", fontsize=12, color=fig.ink, rotation=0, ha="right", va="center")
        for i in range(n):
            both, top = scaled({row: pixel_map(A[i]) for row, A in zip(ROWS, pair, strict=True)}, "value")
            for (row, colours), ax in zip(ROWS.items(), axes[1 + 2 * k : 3 + 2 * k, i], strict=True):
                framed(ax).imshow(np.abs(both[row]), cmap=colours, vmin=0, vmax=top[row], interpolation="nearest")
    return fig


def hulls(
    images: Tensor,
    regions: Mapping[str, tuple[Tensor, Tensor]],
    captions: Sequence[str] = (),
    side: float = 2.3,
    theme: str = "light",
) -> Figure:
    """Figure 6: pictures with the outlines of two hulls, the original's blue and dashed, GAD's red.

    images: (n, C, H, W). regions: row (a method) → masks (original, GAD), both (n, H, W) bool, of which the hulls are
    drawn; below each picture its RC. captions: n, above the first row. side: of a picture, in inches. A hull of one
    pixel is a dot, of none nothing. Raises ValueError if masks or captions do not belong to the pictures.
    """
    n = len(images)
    _check_captions(captions, n)
    for name, pair in regions.items():
        for masks in pair:
            if masks.shape != (n, *images.shape[2:]):
                raise ValueError(
                    f"regions must be masks {(n, *images.shape[2:])}, one a picture; {name} has {tuple(masks.shape)}"
                )
    fig = figure(side * n + 0.6, (side + 0.35) * len(regions) + 0.6, theme)
    axes = fig.subplots(len(regions), n, squeeze=False)
    for k, (line, (name, pair)) in enumerate(zip(axes, regions.items(), strict=True)):
        _pictures(line, images, captions if k == 0 else ())
        line[0].set_ylabel(name, fontsize=13, color=fig.ink)
        for ax, original, gad in zip(line, *pair, strict=True):
            _outlined(ax, hull(gad), *OUTLINES["GAD"])
            _outlined(ax, hull(original), *OUTLINES["original"])  # on top: through its gaps one sees an equal hull
            rc = complexity(gad, original)
            ax.set_xlabel(f"RC {rc:.2f}" if math.isfinite(rc) else "no RC", fontsize=12, color=fig.ink)
    handles = [Line2D([], [], color=c, linestyle=d, linewidth=2.5, label=name) for name, (c, d) in OUTLINES.items()]
    fig.legend(handles=handles, loc="outside upper center", ncols=2, fontsize=12, frameon=False, labelcolor=fig.ink)
    return fig


def _outlined(ax: Axes, shape: Hull, colour: str, dash: str | tuple) -> None:
    """A hull's outline with a white edge, so that it shows on any picture."""
    if len(shape.polygon) == 0:
        return
    xs, ys = np.vstack([shape.polygon, shape.polygon[:1]]).T
    halo = [withStroke(linewidth=4.5, foreground="white"), Normal()]
    ax.plot(xs, ys, linestyle=dash, color=colour, linewidth=2.2, path_effects=halo)
    if len(shape.polygon) == 1:
        ax.plot(xs[:1], ys[:1], "o", color=colour, markersize=6, path_effects=halo)


def _pictures(axes: Sequence[Axes], images: Tensor, captions: Sequence[str]) -> None:
    for ax, image in zip(axes, images, strict=True):
        framed(ax).imshow(pixels(image), interpolation="nearest")
    for ax, caption in zip(axes, captions, strict=False):
        ax.set_title(caption, fontsize=12, color=ink_of(ax))


def _check_captions(captions: Sequence[str], n: int) -> None:
    if captions and len(captions) != n:
        raise ValueError(f"captions must be {n}, one a picture; got {len(captions)}")
