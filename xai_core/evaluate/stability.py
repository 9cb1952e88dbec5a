"""Stability: does the map change when only the number of steps does?

    ρ(B) = Spearman's rank correlation of A(B) with A(300)                    B ∈ {1, 15, 30}: [Choi2025, §5.3]

A map that needs hundreds of steps to settle shows, at 15, the noise of its own sum. Ranks, because a map is read by
what stands out; signed, because a pixel that changes sides matters more than one that changes shade.
Units: none; 1 is the same order, 0 an order by chance, −1 the reverse.
What to look at: B = 1 on a straight path is gradient × (x − x′) at x, the end that may be saturated.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from torch import Tensor

from xai_core.rankings import check_map, rank_correlation

STEPS = (1, 15, 30)  # of the UNI paper's figures 7 and 10
REFERENCE = 300  # steps that count as settled


@dataclass(frozen=True)
class Stability:
    """One map for each number of steps, and how near its ranks are to those of the last, the reference."""

    maps: dict[int, Tensor]  # B → (N, …), the reference too
    correlation: dict[int, Tensor]  # B → Spearman's ρ with the reference, (N,)


def stability(
    attribute: Callable[[int], Tensor], steps: Sequence[int] = STEPS, reference: int = REFERENCE
) -> Stability:
    """Compare the maps of few steps with that of many.

    attribute: B → attribution (N, …), such as `trace(f, x).attribution` or `lambda B: guided_ig(f, x, B=B)`.
    ρ is NaN where one of the two maps is constant.
    Raises what attribute raises, and ValueError if its maps differ in shape, or are not finite.
    """
    maps = {B: attribute(B) for B in (*steps, reference)}
    for each in maps.values():
        check_map(each, "what attribute returns")
    return Stability(maps, {B: rank_correlation(maps[B], maps[reference]) for B in steps})
