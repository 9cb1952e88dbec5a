"""Two maps in one unit, what they have in common, and how a script makes them again.

Two maps of one method and one score are compared as they are. All others have no unit in common, and are compared as
shares of their own Σ|A|.
"""

from dataclasses import dataclass

import numpy as np
from torch import Tensor

from app.shared.compare.pin import Pin, word
from app.shared.script import call
from app.shared.worse import Corrupted
from xai_core import catalogue, figures, rank_correlation
from xai_core.plain import markdown as plain

PINNED = "pinned"  # A's name in files and scripts


@dataclass(frozen=True)
class Compared:
    """Two maps (H, W) in one unit, and what judges them."""

    a: np.ndarray
    b: np.ndarray
    unit: str  # "value" or "share", see figures.SCALES
    correlation: float  # NaN where one of them is the same everywhere

    @property
    def difference(self) -> np.ndarray:
        """B − A, (H, W)."""
        return self.b - self.a

    @property
    def largest(self) -> float:
        """max |B − A|."""
        return float(np.abs(self.difference).max())


def compared(A: Tensor, B: Tensor, unit: str) -> Compared:
    """Two attributions (1, C, H, W) of equal height and width; their channels, which may differ, are summed."""
    summed = [each.double().sum(1, keepdim=True) for each in (A, B)]
    drawn, _ = figures.scaled(dict(enumerate(map(figures.pixel_map, summed))), unit)
    return Compared(drawn[0], drawn[1], unit, float(rank_correlation(*summed)))


def unit_of(a: Pin, b: Pin) -> str:
    """ "value" where the numbers of both have one unit, else "share"."""
    return "value" if (a.method, a.given["output"]) == (b.method, b.given["output"]) else "share"


def check_sides(a: Pin, b: Pin) -> None:
    """Raise ValueError where a pixel of the one is none of the other."""
    sides = [" × ".join(map(str, each.about.opened.x.shape[2:])) for each in (a, b)]
    if sides[0] != sides[1]:
        raise ValueError(f"A is a map of {sides[0]} pixels and B one of {sides[1]}, so they cannot be compared")


def differing(a: Pin, b: Pin) -> list[list[str]]:
    """What A and B do not share: [setting, A's, B's], as Markdown."""
    ours, theirs = _settings(a), _settings(b)
    return [
        [name, *(plain(each.get(name, "–")) for each in (ours, theirs))]
        for name in dict.fromkeys([*ours, *theirs])
        if ours.get(name) != theirs.get(name)
    ]


def _settings(pin: Pin) -> dict[str, str]:
    about = pin.about
    picture = about.picture
    said = {"network": about.network.name, "picture": about.opened.title, "class": about.class_name}
    if isinstance(picture, Corrupted):
        said["made worse"] = f"{picture.corruption} {picture.severity} of 5, seed {picture.seed}"
    return said | {"method": pin.title} | {_called(pin, name): word(value) for name, value in pin.given.items()}


def _called(pin: Pin, name: str) -> str:
    """An argument with its meaning: B alone would be taken for the map."""
    row = catalogue()[pin.method]
    declared = {**row.symbols, **row.options}.get(name)
    return f"{getattr(declared, 'letter', name)}: {declared.meaning}" if declared else name


def python(a: Pin, b: str, unit: str) -> list[str]:
    """The lines of a script that make A beside maps[b], and print what the page shows."""
    about, share = a.about, unit == "share"
    explained = call("xai_core.explain", "model", "x", str(about.target), f'"{a.method}"', given=a.given)
    lines = [
        "",
        "def pinned():",
        '    """A, what was pinned."""',
        f"    model = {about.network.python}",
        *(f"    {line}" for line in about.opened.python),
        f"    return {explained}  # {about.class_name}",
        "",
        f'maps["{PINNED}"] = pinned()',
        f'a, b = (maps[name].double().sum(1, keepdim=True) for name in ("{PINNED}", "{b}"))',
        'print("Spearman\'s rank correlation of A and B:", float(xai_core.rank_correlation(a, b)))',
    ]
    lines += ["a, b = a / a.abs().sum(), b / b.abs().sum()  # shares"] if share else []
    return [*lines, 'print("largest |B - A|:", float((b - a).abs().max()))']
