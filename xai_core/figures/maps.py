"""Attributions as pictures. Computing, scaling and drawing are three steps, and this file does the last two.

Red speaks for the class, blue against it, white says nothing (RdBu_r: safe for colour-blind readers). Limits are
symmetric, so that 0 is white, and one scale serves all maps of a comparison. Which scale that is, the figure says.
"""

from collections.abc import Hashable, Iterable, Mapping
from typing import TypeVar

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from torch import Tensor

from xai_core.figures.style import COLOURS, Drawing, figure, ink_of

Name = TypeVar("Name", bound=Hashable)  # of a map: a word, or a word and a number
TOP = 99.5  # the percentile of |A| at which colours saturate: one extreme pixel must not bleach the rest
SCALES = {
    "share": "each map as shares of its own Σ|A|, one scale for all",
    "value": "the numbers as they are, one scale for all",
    "own": "each map by its own largest numbers",
}


def pixel_map(A: Tensor) -> np.ndarray:
    """The sum over channels, with its sign: (C, H, W) or (1, C, H, W) → (H, W)."""
    A = A.detach().cpu().double()
    return (A[0] if A.dim() == 4 else A).sum(0).numpy()


def pixels(image: Tensor) -> np.ndarray:
    """(C, H, W) or (1, C, H, W) in [0, 1] → (H, W, 3), cut to the displayable range."""
    image = image.detach().cpu().float()
    image = image[0] if image.dim() == 4 else image
    return image.clamp(0, 1).expand(3, -1, -1).permute(1, 2, 0).numpy()


def scaled(maps: Mapping[Name, np.ndarray], scale: str = "share") -> tuple[dict[Name, np.ndarray], dict[Name, float]]:
    """The maps in the unit that is drawn, and for each the number at which its colours saturate (> 0).

    Raises ValueError for a scale that is not one of SCALES.
    """
    if scale not in SCALES:
        raise ValueError(f"scale must be one of {', '.join(SCALES)}; got {scale!r}")
    drawn = {n: m / (np.abs(m).sum() or 1.0) for n, m in maps.items()} if scale == "share" else dict(maps)
    top = {n: float(np.percentile(np.abs(m), TOP)) or float(np.abs(m).max()) for n, m in drawn.items()}
    if scale != "own":
        top = dict.fromkeys(top, max(top.values(), default=0.0))
    return drawn, {n: t or 1.0 for n, t in top.items()}  # an all-zero map is drawn white, on any scale


def coloured(map_: np.ndarray, top: float, image: np.ndarray | None = None, opacity: float = 1.0) -> np.ndarray:
    """A map in colour, (H, W) → (H, W, 3), laid over the grey image if opacity < 1."""
    colour = ScalarMappable(Normalize(-top, top), COLOURS).to_rgba(map_)[..., :3]
    if image is None or opacity >= 1:
        return colour
    grey = image.mean(2, keepdims=True)
    return opacity * colour + (1 - opacity) * grey


def map_grid(
    image: Tensor,
    attributions: Mapping[str, Tensor],
    *,
    captions: Mapping[str, str] | None = None,
    scale: str = "share",
    opacity: float = 1.0,
    columns: int = 5,
    theme: str = "light",
    picture_title: str = "picture",
) -> Figure:
    """The picture and its maps side by side, with one colour bar that says what red and blue mean.

    image: (C, H, W) or (1, C, H, W), pixels in [0, 1]. attributions: name → (C, H, W) or (1, C, H, W).
    captions: a second line for a map's title, such as the number that judges it. opacity: 0 shows the grey picture, 1
    the map.
    """
    drawn, top = scaled({n: pixel_map(A) for n, A in attributions.items()}, scale)
    panels = len(drawn) + 1
    columns = min(columns, panels)
    lines = -(-panels // columns)
    fig = figure(2.7 * columns + 1.1, 3.2 * lines, theme)
    axes = np.atleast_1d(fig.subplots(lines, columns)).ravel()
    ground = pixels(image)
    _picture(axes[0], ground, picture_title)
    for ax, (name, map_) in zip(axes[1:], drawn.items(), strict=False):
        caption = (captions or {}).get(name, "")
        _picture(ax, coloured(map_, top[name], ground, opacity), f"{name}\n{caption}" if caption else name)
    for ax in axes[panels:]:
        ax.set_visible(False)
    colour_bar(fig, axes[:panels], "" if scale == "own" else next(iter(top.values()), 1.0), scale)
    return fig


def _picture(ax: Axes, rgb: np.ndarray, title: str) -> None:
    ax.imshow(rgb, interpolation="nearest")
    ax.set_title(title, fontsize=12, color=ink_of(ax))
    ax.set_axis_off()


def colour_bar(fig: Drawing, axes: Iterable[Axes], top: float | str, scale: str) -> None:
    """A colour bar beside these axes, from −top to top. top: of `scaled`; "" where each map has its own."""
    unit = {"share": "share of Σ|A|", "value": "attribution", "own": "of each map's own scale"}[scale]
    limit = 1.0 if isinstance(top, str) else top
    bar = fig.colorbar(ScalarMappable(Normalize(-limit, limit), COLOURS), ax=list(axes), shrink=0.8, pad=0.01)
    bar.set_ticks([-limit, 0, limit], labels=[f"against\n{-limit:.2g}", "0", f"for\n+{limit:.2g}"])
    bar.set_label(unit, color=fig.ink, fontsize=11)
    bar.ax.tick_params(colors=fig.ink, labelsize=10)
    bar.outline.set_visible(False)


def colour_key(top: float, scale: str = "share", theme: str = "light") -> Figure:
    """The colour bar alone, lying, for pages that set the maps themselves. top: of `scaled`."""
    unit = {"share": "share of Σ|A|", "value": "attribution", "own": "of each map's own scale"}[scale]
    limit = 1.0 if scale == "own" else top
    fig = figure(5.4, 0.62, theme)
    bar = fig.colorbar(ScalarMappable(Normalize(-limit, limit), COLOURS), cax=fig.subplots(), orientation="horizontal")
    bar.set_ticks([-limit, 0, limit], labels=[f"{-limit:.2g}  against", f"0  ({unit})", f"for  +{limit:.2g}"])
    bar.ax.tick_params(colors=fig.ink, labelsize=11, length=0)
    bar.outline.set_visible(False)
    return fig


def picture_row(pictures: Mapping[str, Tensor], theme: str = "light") -> Figure:
    """Pictures side by side under their names: name → (C, H, W) or (1, C, H, W), pixels in [0, 1]."""
    fig = figure(2.7 * len(pictures), 3.1, theme)
    for ax, (name, image) in zip(np.atleast_1d(fig.subplots(1, len(pictures))), pictures.items(), strict=True):
        _picture(ax, pixels(image), name)
    return fig


def difference(a: Tensor, b: Tensor, amplify: float) -> Tensor:
    """½ + amplify · (a − b), a picture of a small difference: grey is none. The factor has to be stated beside it."""
    return (0.5 + amplify * torch.sub(a, b)).clamp(0, 1)
