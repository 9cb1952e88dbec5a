"""What readers do: links, when they come, and the moves that they make."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from app.shared import networks
from app.shared.pictures import KINDS

ONE = "explain?guess=off"  # the maps at once
MOVES = {"K": ("2", "4", "6", "8"), "eps": ("by rule", "1", "3"), "B": ("3", "8", "15", "30", "60")}  # of that link
NAMED = {  # kind of picture → its parameter and some values
    "toy zoo": ("animal", ("elephant", "lion", "frog", "cat")),
    "husky or wolf": ("canine", ("husky", "wolf")),
    "warbler or sparrow": ("bird", ("warbler", "sparrow")),
    "retina": ("grade", ()),
    "satellite": ("place", ()),
}


@dataclass(frozen=True)
class Scenario:
    """Readers, each with a link, who come within some seconds. moves: whether they move sliders afterwards."""

    name: str
    links: tuple[str, ...]  # one a reader
    within: float
    moves: bool = True

    def arrivals(self) -> list[float]:
        """Seconds after the start, evenly spaced."""
        n = len(self.links)
        return [self.within * i / max(n - 1, 1) for i in range(n)]


def moves(reader: int) -> list[tuple[str, str]]:
    """The moves of a reader, without end in practice; everybody has others."""
    rng = random.Random(reader)
    keys = [rng.choice(tuple(MOVES)) for _ in range(1000)]
    return [(key, rng.choice(MOVES[key])) for key in keys]


def scenes(n: int, first: int = 100) -> tuple[str, ...]:
    """n different scenes of the shipped networks in turn, numbered from `first`, as links to the page Explain."""
    shipped = [networks.describe(name) for name in networks.names() if name not in networks.missing()]
    shipped = [network for network in shipped if network.natural in KINDS and network.size <= 64]
    found = []
    for i in range(n):
        network = shipped[i % len(shipped)]
        key, words = NAMED.get(network.natural, ("", ()))
        named = f"&{key}={words[i // len(shipped) % len(words)]}" if words else ""
        found.append(
            f"{ONE}&network={network.name}&picture={network.natural.replace(' ', '+')}&number={first + i}{named}"
        )
    return tuple(found)


def scenarios(n: int, chosen: Sequence[str] | None = None) -> list[Scenario]:
    """What is measured, in this order."""
    one = (ONE,) * n
    found = [
        Scenario("one link, within 10 s", one, 10.0),
        Scenario("one link, in the same second", one, 1.0),
        Scenario("different scenes", scenes(n), 1.0, moves=False),
    ]
    return [s for s in found if not chosen or any(word in s.name for word in chosen)]
