"""Check a method of your own: what holds, what does not, and the mistake that is probably behind it.

    python -m xai_core.check mymethods:my_ig --claims integrated_gradients
    xai_core.check(my_ig, claims="integrated_gradients")                   in a notebook

One line a property. ✓ it holds. ✗ it does not, and what is probably wrong. · what is not promised, or only told.
What to look at: mistakes.py. A wrong map is compared with the maps that typical mistakes make of the right one.
"""

from collections.abc import Callable
from typing import Any

from xai_core.check.examination import examine
from xai_core.stages import Method

__all__ = ["check", "examine"]


def check(function: Callable | Method, *, zoo: bool = True, collection: str = "data.collection", **about: Any) -> None:
    """Print what holds of a function (f, x, …symbols…) → map, one line a property.

    zoo: whether its maps of drawn scenes are judged, too, beside those of all other methods. collection: import name of
    the module that draws them. about: claims=, output=, path=, … as `xai_core.registry.row_of` takes them.
    Raises TypeError or ValueError for a function that is no method.
    """
    print(examine(function, zoo=zoo, collection=collection, **about))
