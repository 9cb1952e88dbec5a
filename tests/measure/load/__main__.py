"""Many readers at once: `python -m tests.measure.load` starts the app as `make app` does and prints what they wait for.

Each reader is a WebSocket session of its own, which opens a link, moves sliders for a while with a second of thought
in between, and fetches every picture. Afterwards one quiet reader of a fresh server opens the same links; a picture
that differs from the quiet reader's, or is missing, ends the command with 1.
"""

import argparse
import sys
import threading
import time
from dataclasses import dataclass, field

from tests.app.served import served
from tests.measure.load.files import Lost
from tests.measure.load.reader import Reader
from tests.measure.load.server import Cost, cost
from tests.measure.load.visits import ONE, Scenario, moves, scenarios, scenes

NETWORKS = 10  # that ship with the workbook and take small pictures
THINK = 1.0  # s between a picture and the next move


@dataclass
class Seen:
    """What one reader saw, and how long it took."""

    says: float = float("nan")
    first: float = float("nan")
    moves: list[float] = field(default_factory=list)  # s, of those that ask the server for another picture
    rests: list[float] = field(default_factory=list)  # s, of the film's hand, whose picture the browser has as a rule
    stills: dict[str, dict[str, str]] = field(default_factory=dict)  # link → picture → checksum
    frames: dict[str, str] = field(default_factory=dict)  # film and stop → checksum
    under: dict[str, str] = field(default_factory=dict)  # link → film, whose frame was under the hand
    trouble: list[str] = field(default_factory=list)

    def note(self, reader: Reader) -> None:
        """What is on the page now that it has come to rest."""
        reader.settle()
        self.stills[reader.link()] = reader.still()
        self.under[reader.link()] = reader.stop() or ""
        self.frames |= reader.frames


def visit(address: str, link: str, number: int, until: float, moving: bool) -> Seen:
    """One reader's visit, which ends at a time of the clock."""
    seen = Seen()
    try:
        with Reader(address, link) as reader:
            seen.first = reader.open()
            seen.says = reader.says
            for key, word in moves(number) if moving else []:
                reader.ponder(THINK)
                seen.note(reader)
                if time.monotonic() > until:
                    break
                (seen.rests if key == "B" else seen.moves).append(reader.move(key, word))
            reader.whole()
            seen.note(reader)
            seen.trouble += ["an exception on the page"] * reader.errors
    except (Lost, OSError, TimeoutError) as error:
        seen.trouble.append(f"{type(error).__name__}: {error}")
    return seen


def crowd(address: str, scenario: Scenario, seconds: float) -> list[Seen]:
    """All readers of a scenario, each in a thread."""
    seen: list[Seen] = [Seen() for _ in scenario.links]
    start = time.monotonic()

    def one(i: int, link: str, after: float) -> None:
        time.sleep(max(0.0, start + after - time.monotonic()))
        seen[i] = visit(address, link, i, start + seconds, scenario.moves)

    threads = [
        threading.Thread(target=one, args=(i, link, after))
        for i, (link, after) in enumerate(zip(scenario.links, scenario.arrivals(), strict=True))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return seen


def quiet(address: str, seen: list[Seen]) -> Seen:
    """What one reader gets from all links that were visited."""
    known = Seen()
    for link in sorted({link for one in seen for link in one.stills}):
        with Reader(address, link) as reader:
            reader.open()
            reader.whole()
            known.note(reader)
    return known


def differences(seen: list[Seen], known: Seen) -> tuple[int, list[str], list[str]]:
    """How many pictures were compared; those that are wrong, and those that are missing."""
    compared, wrong, missing = 0, [], []
    frames = {name: found for one in reversed(seen) for name, found in one.frames.items()} | known.frames
    for one in seen:
        for link, pictures in one.stills.items():
            for name, found in pictures.items():
                compared += 1
                if known.stills[link].get(name) != found:
                    wrong.append(f"{link}: {name}")
            missing += [f"{link}: {name}" for name in known.stills[link] if name not in pictures]
            if (frame := one.under[link]) and frame not in one.frames:
                missing.append(f"{link}: frame {frame}")
        for name, found in one.frames.items():
            compared += 1
            if frames[name] != found:  # of what is shown only until more is there, all readers have the same
                wrong.append(f"frame {name}")
    return compared, wrong, missing


def percentile(values: list[float], share: float) -> str:
    ordered = sorted(values)
    return f"{ordered[min(len(ordered) - 1, int(share * len(ordered)))]:.2f}" if ordered else "–"


def told(name: str, seen: list[Seen], before: Cost, after: Cost, wall: float) -> list[str]:
    """A row of the table."""
    first = [one.first for one in seen if one.first == one.first]
    moved = [t for one in seen for t in one.moves]
    rests = [t for one in seen for t in one.rests]
    says = [one.says for one in seen if one.says == one.says]
    both = lambda values: f"{percentile(values, 0.5)} / {percentile(values, 0.95)}"  # noqa: E731
    spent, n = after.seconds - before.seconds, len(first) + len(moved) + len(rests)
    return [
        name, both(says), both(first), both(moved), both(rests), f"{n / wall:.1f}", f"{spent:.0f}",
        f"{spent / max(n, 1):.3f}", f"{after.rss:.0f}", str(after.threads),
    ]  # fmt: skip


HEAD = [
    "p50 / p95, s", "something to see", "first picture", "move that asks", "film's hand", "moves/s", "CPU s",
    "CPU s a move", "RSS MB", "threads",
]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.measure.load", description=__doc__.split("\n")[0])
    parser.add_argument("--readers", type=int, default=30, help="how many at once")
    parser.add_argument("--seconds", type=float, default=120, help="how long they move")
    parser.add_argument("--processes", type=int, default=1, help="of the app, behind nginx if more than one")
    parser.add_argument("--scenarios", nargs="*", help="only those whose names contain one of these words")
    parser.add_argument("--rounds", type=int, default=2, help="of each scenario that is one link: memory must not grow")
    given = parser.parse_args()
    everything: list[Seen] = []
    print(" | ".join(HEAD), flush=True)
    with served(given.processes) as app:
        for link in (ONE, *scenes(NETWORKS, first=0)):  # a warm server: every network is there
            for _ in range(given.processes):
                with Reader(app.address, link) as reader:
                    reader.open()
                    reader.settle()
        for scenario in scenarios(given.readers, given.scenarios):
            for _ in range(given.rounds if scenario.moves else 1):
                before, start = cost(app.pid), time.monotonic()
                seen = crowd(app.address, scenario, given.seconds)
                print(
                    " | ".join(told(scenario.name, seen, before, cost(app.pid), time.monotonic() - start)), flush=True
                )
                everything += seen
    with served() as app:
        compared, wrong, missing = differences(everything, quiet(app.address, everything))
    trouble = [word for one in everything for word in one.trouble]
    print(f"{compared} pictures compared: {len(wrong)} wrong, {len(missing)} missing; {len(trouble)} errors")
    for line in [*wrong, *missing, *trouble][:20]:
        print(f"  {line}")
    sys.exit(bool(wrong or missing or trouble))


if __name__ == "__main__":
    main()
