"""Charts of a linear explanation: its weights, how they come and go with K, and how well it fits.

    F(h(z)) ≈ w₀ + w · z                   each bar is one w_j, in the unit of F
    R² = 1 − Σ π (F − g)² / Σ π (F − F̄)²   each dot is one z, as large as its π

Red speaks for the class, blue against it, as on the maps of figures.py. A thin line on a bar is its band over seeds.
What to look at: dots far from the diagonal. That is where the short linear model says something else than the network.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image, ImageDraw, ImageFont
from skimage.segmentation import find_boundaries
from torch import Tensor

from xai_core.figures.maps import pixels
from xai_core.figures.style import AGAINST, FOR, LINES, figure, ink_of, key, named, style
from xai_core.perturbation.k_lasso import Band, LinearFit
from xai_core.perturbation.neighbourhood import Neighbourhood
from xai_core.plain import shortened

NAMED = 6  # curves that get a name of their own
LONGEST = 26  # letters of a name; longer ones are cut in the middle
MARKS = ("D", "o", "s")


def strongest(weights: Tensor, count: int) -> list[int]:
    """The features with the largest |w|, the first in front; none whose weight is 0."""
    order = weights.abs().argsort(descending=True, stable=True)[:count].tolist()
    return [j for j in order if weights[j] != 0]


def bars(
    weights: Mapping[str, float],
    *,
    bands: Mapping[str, tuple[float, float]] | None = None,
    marks: Mapping[str, Mapping[str, float]] | None = None,
    unit: str = "weight (score)",
    title: str = "",
    reach: float | None = None,
    size: tuple[float, float] | None = None,
    theme: str = "light",
) -> Figure:
    """Signed weights as horizontal bars in the given order, the first on top: name → w.

    bands: name → (low, high), a thin line over the bar. marks: other numbers of the same features, such as Shapley
    values, on the same axis: what they are → name → number. reach: half the width of the axis, to compare figures.
    """
    fig = figure(*(size or (4.6, 1.1 + 0.36 * len(weights) + (0.3 if marks else 0))), theme)
    ax = style(fig.subplots(), title, unit)
    names, w = list(weights), np.array([*weights.values()], float)
    rows = np.arange(len(names))
    ax.barh(rows, w, color=[FOR if each > 0 else AGAINST for each in w], height=0.68)
    for name, (low, high) in (bands or {}).items():
        row = names.index(name)
        ax.plot([low, high], [row, row], color=fig.ink, linewidth=1.4, marker="|", markersize=9)
    for (what, numbers), mark in zip((marks or {}).items(), MARKS, strict=False):
        at = [names.index(name) for name in numbers]
        ax.plot([*numbers.values()], at, mark, color=LINES[4], markeredgecolor=fig.ink, markersize=8, label=key(what))
    if marks:
        fig.legend(loc="outside lower center", ncols=2, fontsize=11, frameon=False, labelcolor=fig.ink)
    named(ax.yaxis, rows, [shortened(name, LONGEST) for name in names])
    ax.set_ylim(len(names) - 0.4, -0.6)  # the first on top
    ax.axvline(0, color=fig.ink, linewidth=0.8)
    if reach:
        ax.set_xlim(-1.08 * reach, 1.08 * reach)
    return fig


def banded(names: Sequence[str], spread: Band, features: Sequence[int]) -> dict[str, tuple[float, float]]:
    """The bands of these features, as `bars` takes them."""
    return {names[j]: (float(spread.low[j]), float(spread.high[j])) for j in features}


def coefficient_paths(
    fits: Sequence[LinearFit],
    names: Sequence[str],
    *,
    K: int | None = None,
    unit: str = "weight (score)",
    size: tuple[float, float] = (6.2, 4.7),
    theme: str = "light",
) -> Figure:
    """How the weights and the local R² change as the explanation gets longer. fits: of K = 1, 2, …, as of `k_path`.

    The strongest of the longest explanation have names, at the right; K: a dotted line at the length that is read.
    """
    fig = figure(*size, theme)
    upper, lower = fig.subplots(2, 1, sharex=True, height_ratios=(3, 1.3))
    style(upper, "", "", unit)
    style(lower, "", "K: features in the explanation", "local R²")
    Ks = np.arange(1, len(fits) + 1)
    w = torch.stack([fit.weights for fit in fits]).numpy()  # (lengths, M)
    named = strongest(fits[-1].weights, NAMED)
    for j in np.flatnonzero(w.any(0)).tolist():
        if j not in named:
            upper.plot(Ks, w[:, j], color=fig.ink, linewidth=0.8, alpha=0.35)
    for j, colour, dash in zip(named, LINES, ("-", "--", "-.", ":") * 2, strict=False):
        upper.plot(Ks, w[:, j], dash, color=colour, linewidth=2.2, label=key(shortened(names[j], 18)))
    upper.axhline(0, color=fig.ink, linewidth=0.6)
    lower.plot(Ks, [fit.r2 for fit in fits], "-o", color=LINES[0], linewidth=2.2, markersize=3.5)
    lower.set_ylim(-0.05, 1.05)
    lower.xaxis.get_major_locator().set_params(integer=True)
    for ax in (upper, lower):
        _here(ax, K)
    if named:
        fig.legend(loc="outside right upper", fontsize=11, frameon=False, labelcolor=fig.ink)
    return fig


def r2_curves(
    curves: Mapping[str, tuple[Sequence[float], Sequence[float], float]],
    *,
    size: tuple[float, float] | None = None,
    theme: str = "light",
) -> Figure:
    """Local R² against each setting: what the axis says → (values, R², the value that is read)."""
    fig = figure(*(size or (2.9 * len(curves), 3.2)), theme)
    axes = np.atleast_1d(fig.subplots(1, len(curves), sharey=True))
    for ax, (name, (xs, r2, now)) in zip(axes, curves.items(), strict=True):
        style(ax, "", name, "local R²" if ax is axes[0] else "")
        ax.plot(xs, r2, "-", color=LINES[0], linewidth=2.2, marker="o", markersize=3.5)
        _here(ax, now)
    axes[0].set_ylim(-0.03, 1.03)
    return fig


def _here(ax: Axes, at: float | None) -> None:
    """A dotted line at the setting that is read."""
    if at is not None:
        ax.axvline(at, color=ink_of(ax), linewidth=1.2, linestyle=":")


def fitted_values(near: Neighbourhood, fit: LinearFit) -> Tensor:
    """g(z) = w₀ + w · z, what the linear model answers to each sample: (N,)."""
    return fit.intercept + near.masks.double() @ fit.weights


def scatter(
    answered: Tensor,
    fitted: Tensor,
    π: Tensor,
    *,
    mark: int | None = None,
    unit: str = "probability",
    size: tuple[float, float] = (4.6, 3.9),
    theme: str = "light",
) -> Figure:
    """What the linear model says against what the network said, one dot a sample, its area ∝ π. On the line they agree.

    answered, fitted, π: (N,). mark: a sample to stress.
    """
    fig = figure(*size, theme)
    ax = style(fig.subplots(), "", f"network: F(h(z)), {unit}", "linear model: g(z)")
    area = 90 * (π / π.max()).numpy()
    ax.scatter(answered, fitted, s=area, color=LINES[0], alpha=0.35, linewidths=0)
    both = torch.cat([answered, fitted])
    ends = [float(both.min()), float(both.max())]
    ax.plot(ends, ends, color=fig.ink, linewidth=1, linestyle="--")
    ax.plot(answered[:1], fitted[:1], "*", color=LINES[1], markeredgecolor=fig.ink, markersize=15)
    ax.annotate("x", (float(answered[0]), float(fitted[0])), xytext=(-14, 6), textcoords="offset points",
                fontsize=13, color=fig.ink)  # fmt: skip
    if mark is not None:
        ax.plot(answered[mark], fitted[mark], "o", color="none", markeredgecolor=LINES[1], markersize=13, mew=2.4)
    return fig


def numbered(image: Tensor, labels: Tensor, features: Sequence[int], side: int = 448) -> np.ndarray:
    """The picture with the borders of its superpixels, and the numbers of some of them: about (side, side, 3).

    image: (C, H, W) or (1, C, H, W), pixels in [0, 1]. labels: (H, W).
    """
    times = max(1, side // max(labels.shape))  # enlarged, so that borders lie between pixels and numbers fit in
    large = labels.numpy().repeat(times, 0).repeat(times, 1)
    rgb = pixels(image).repeat(times, 0).repeat(times, 1)
    rgb[find_boundaries(large + 1, mode="inner")] = (1, 0.9, 0.2)
    sheet = Image.fromarray((rgb * 255).astype(np.uint8))
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(max(12, max(large.shape) // 20))
    for j in features:
        rows, columns = np.nonzero(large == j)
        # The middle pixel of the region itself: the mean of a bent one may lie outside it.
        at = ((rows - rows.mean()) ** 2 + (columns - columns.mean()) ** 2).argmin()
        pen.text((columns[at], rows[at]), str(j), "white", font, "mm", stroke_width=3, stroke_fill="black")
    return np.asarray(sheet) / 255


def kept(image: Tensor, labels: Tensor, weights: Tensor, off: Tensor | None = None) -> np.ndarray:
    """The picture with only the features that speak for the class, the rest grey: the LIME paper's figure 4. (H, W, 3).

    off: what stands in place of the rest, shaped like the image; by default grey.
    """
    on = (weights > 0)[labels]  # (H, W)
    return pixels(torch.where(on, image, torch.full_like(image, 0.5) if off is None else off))
