"""Figures of the masked copies that an explanation asked about: what the network saw, and what it answered.

    h(z) = z ⊙ x + (1 − z) ⊙ fill                 one picture a mask, its title the answer F(h(z))

What to look at: copies that no camera would take. An explanation is a summary of answers to such pictures.
"""

from collections.abc import Sequence

import torch
from matplotlib.figure import Figure
from torch import Tensor

from xai_core.figures.maps import pixels
from xai_core.figures.style import figure
from xai_core.perturbation.neighbourhood import Neighbourhood


def masked_pictures(near: Neighbourhood, x: Tensor, which: Sequence[int]) -> Tensor:
    """h(z) of these samples again, without asking the network: (n, C, H, W). x: (1, C, H, W), as it was explained.

    Raises ValueError for a neighbourhood of a text or a table, which has no picture, or of a background of many rows.
    """
    if near.segments is None or near.fill is None or x.dim() != 4:
        raise ValueError("near must be the neighbourhood of an image (1, C, H, W); words and tables have no picture")
    if len(near.fill) > 1:
        raise ValueError(f"near must be filled with one picture; its background has {len(near.fill)} rows")
    return torch.cat([torch.where(near.paint(near.masks[i]).to(x.device), x, near.fill) for i in which])


def contact_sheet(
    pictures: Tensor, titles: Sequence[str], columns: int = 6, side: float = 1.75, theme: str = "light"
) -> Figure:
    """Pictures row by row, each under its title. pictures: (n, C, H, W), pixels in [0, 1]; titles: n.

    side: of a picture, in inches. Raises ValueError unless there are as many titles as pictures.
    """
    if len(titles) != len(pictures):
        raise ValueError(f"titles must be {len(pictures)}, one a picture; got {len(titles)}")
    lines = -(-len(pictures) // columns)
    fig = figure(side * columns, (side + 0.35) * lines, theme)
    axes = fig.subplots(lines, columns, squeeze=False).ravel()
    for ax in axes:
        ax.set_axis_off()
    for ax, picture, title in zip(axes, pictures, titles, strict=False):
        ax.imshow(pixels(picture), interpolation="nearest")
        ax.set_title(title, fontsize=12, color=fig.ink)
    return fig
