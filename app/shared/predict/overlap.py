"""What a guess of a region is worth: how much of each map lies on it, and how much of the truth it covers.

times its fair share = (Σ|A| on the region / Σ|A|) / (pixels of the region / pixels)         1: as by chance
"""

import math
from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from app.shared.shares import percent, share_on
from xai_core import figures

OUTLINED = 512  # pixels a side, at least, of a picture with an outline: its line is thin, whatever a pixel's size
LINE = (0.0, 114 / 255, 178 / 255)  # as the brush


def fair(A: Tensor, region: Tensor) -> float:
    """Times its fair share that a map (1, C, H, W) has on a region (H, W) bool; NaN for a map of zeros."""
    return share_on(A, region) / float(region.float().mean())


def covered(truth: Tensor, region: Tensor) -> float:
    """The share of the truth (H, W) bool that was painted."""
    return float((truth & region).sum() / truth.sum())


def told(
    region: Tensor, maps: Mapping[str, Tensor], truth: tuple[str, Tensor] | None = None, choice: str | None = None
) -> str:
    """In a sentence or two. maps: title → (1, C, H, W). truth: what decides, in words, and where, if anybody knows.
    choice: what the region is called, if it was chosen and not painted."""
    known = {title: times for title, A in maps.items() if not math.isnan(times := fair(A, region))}
    size = percent(float(region.float().mean()))
    words = f"You painted {size} of the picture." if choice is None else f"You guessed {choice}, {size} of the picture."
    if known:
        best = max(known, key=lambda title: known[title])
        most = f", the most of {len(known)} maps" if len(known) > 1 else ""
        words += (
            f" **{best}** has {percent(share_on(maps[best], region))} of Σ|A| there,"
            f" {known[best]:.1f} times its fair share{most}."
        )
    if truth is None or not bool(truth[1].any()):
        return words
    if choice is not None:
        words += " That is what decides." if choice == truth[0] else f" What decides: {truth[0]}."
    else:
        words += f" Of what decides, {truth[0]}, you painted {percent(covered(truth[1], region))}."
    return words


def outlined(x: Tensor, region: Tensor) -> np.ndarray:
    """A picture (1, C, H, W) with a line around a region (H, W) bool, blue on white: (h, w, 3) in [0, 1], larger."""
    times = -(-OUTLINED // min(x.shape[2:]))
    rgb = figures.pixels(x).repeat(times, 0).repeat(times, 1)
    large = region.float().repeat_interleave(times, 0).repeat_interleave(times, 1)[None, None]
    for colour, reach in (((1.0, 1.0, 1.0), 5), (LINE, 3)):  # pixels on either side of the edge
        near = [torch.nn.functional.max_pool2d(side, 2 * reach + 1, 1, reach) for side in (large, 1 - large)]
        rgb[(near[0] * near[1])[0, 0].numpy() > 0] = colour
    return rgb
