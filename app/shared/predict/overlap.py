"""What a drawn guess is worth: how much of each map lies on it, and how much of the truth it covers.

times its fair share = (Σ|A| on the region / Σ|A|) / (pixels of the region / pixels)         1: as by chance
"""

import math
from collections.abc import Mapping

from torch import Tensor

from app.shared.shares import percent, share_on


def fair(A: Tensor, region: Tensor) -> float:
    """Times its fair share that a map (1, C, H, W) has on a region (H, W) bool; NaN for a map of zeros."""
    return share_on(A, region) / float(region.float().mean())


def covered(truth: Tensor, region: Tensor) -> float:
    """The share of the truth (H, W) bool that was painted."""
    return float((truth & region).sum() / truth.sum())


def told(region: Tensor, maps: Mapping[str, Tensor], truth: tuple[str, Tensor] | None = None) -> str:
    """In a sentence or two. maps: title → (1, C, H, W). truth: what decides, in words, and where, if anybody knows."""
    known = {title: times for title, A in maps.items() if not math.isnan(times := fair(A, region))}
    words = f"You painted {percent(float(region.float().mean()))} of the picture."
    if known:
        best = max(known, key=lambda title: known[title])
        most = f", the most of {len(known)} maps" if len(known) > 1 else ""
        words += (
            f" **{best}** has {percent(share_on(maps[best], region))} of Σ|A| there,"
            f" {known[best]:.1f} times its fair share{most}."
        )
    if truth is not None and bool(truth[1].any()):
        words += f" Of what decides, {truth[0]}, you painted {percent(covered(truth[1], region))}."
    return words
