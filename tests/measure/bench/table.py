"""The table: a row a method and network, all as multiples of the floor.

    ratio = median over the turns of (its time / the floor's time in the same turn)

A peer wins where ours is more than 1.05 times its ratio. Its cell is marked.
"""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

OURS, FLOOR = "ours", "floor"
CLEARLY = 1.05  # how many times as long ours has to take before a peer wins


@dataclass(frozen=True)
class Row:
    """One method and one network."""

    method: str
    network: str
    times: dict[str, list[float]]  # seconds a turn of "ours", "floor" and each peer
    notes: dict[str, str] = field(default_factory=dict)  # why a peer's cell is empty
    memory: float | None = None  # MiB that ours takes beyond network and input

    def milliseconds(self, who: str) -> float:
        """The median turn."""
        return 1000 * statistics.median(self.times[who])

    def ratio(self, who: str) -> float | None:
        """How many times the floor; None for an empty cell."""
        if who not in self.times:
            return None
        return statistics.median(a / b for a, b in zip(self.times[who], self.times[FLOOR], strict=True))

    @property
    def peers(self) -> list[str]:
        return [name for name in self.times if name not in (OURS, FLOOR)]

    @property
    def winners(self) -> list[str]:
        """The peers that need clearly less than ours."""
        return [peer for peer in self.peers if self.ratio(OURS) > CLEARLY * self.ratio(peer)]

    def cells(self, peers: Sequence[str]) -> list[str]:
        """The row as words. A winner is in stars, and an empty cell that has a note is a dash."""
        found = [self.network, self.method, f"{self.milliseconds(OURS):.2f}", f"{self.milliseconds(FLOOR):.2f}"]
        found.append(f"{self.ratio(OURS):.2f}")
        for peer in peers:
            ratio = self.ratio(peer)
            cell = ("–" if peer in self.notes else "") if ratio is None else f"{ratio:.2f}"
            found.append(f"**{cell}**" if peer in self.winners else cell)
        memory = "" if self.memory is None else f"{self.memory:.{0 if self.memory >= 9.95 else 1}f}"
        return [*found, memory]


def head(peers: Sequence[str]) -> list[str]:
    return ["network", "method", "ours, ms", "floor, ms", "ours", *peers, "MiB"]


WIDTHS = (9, 28, 10, 10, 7)


def line(cells: Sequence[str]) -> str:
    """A row for the screen, as soon as it is there."""
    widths = [*WIDTHS, *[17] * (len(cells) - len(WIDTHS) - 1), 7]
    first = [cell.ljust(width) for cell, width in zip(cells[:2], widths, strict=False)]
    return "".join(first + [cell.rjust(width) for cell, width in zip(cells[2:], widths[2:], strict=True)])


def markdown(rows: Sequence[Row], peers: Sequence[str]) -> str:
    """The whole table, what is meant by it, and why cells are empty."""
    names = head(peers)
    lines = [" | ".join(names), " | ".join(["---"] * 2 + ["---:"] * (len(names) - 2))]
    lines += [" | ".join(row.cells(peers)) for row in rows]
    table = "\n".join(f"| {each} |" for each in lines)
    won = sum(bool(row.winners) for row in rows)
    says = (
        "Processor time of one thread. Ours and the peers as multiples of the floor, the passes that a method needs."
        f" A peer is **bold** where ours is more than {CLEARLY} times as much: in {won} of {len(rows)} rows."
    )
    return "\n\n".join([table, says, *(f"– {note}" for note in notes(rows))]) + "\n"


def notes(rows: Iterable[Row]) -> list[str]:
    """Why cells are empty, each reason once."""
    where: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        for peer, reason in row.notes.items():
            where.setdefault((peer, reason), []).append(f"{row.method} on {row.network}")
    return [f"{peer}, {', '.join(cells)}: {reason}" for (peer, reason), cells in where.items()]


def as_numbers(rows: Iterable[Row]) -> list[dict]:
    """Every row for a JSON file, with its times."""
    return [
        {
            "network": row.network, "method": row.method,
            "ratios": {who: row.ratio(who) for who in row.times}, "winners": row.winners,
            "notes": row.notes, "memory_MiB": row.memory, "seconds": row.times,
        }
        for row in rows
    ]  # fmt: skip
