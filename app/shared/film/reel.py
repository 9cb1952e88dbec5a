"""The frames of films, packed, once for all readers: whoever needs one first computes it, and others wait for it."""

import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

import streamlit as st
from diskcache import Cache

from app.shared.film.frames import Film, Frame, Scale, Shown, pack, refusal
from app.shared.frame import REFUSALS
from app.shared.turns import Rank, turn

SHELF = 1 << 30  # bytes of frames that several processes share


@dataclass
class Reel:
    """A film's frames so far."""

    frames: dict[int, bytes] = field(default_factory=dict)
    scales: tuple[Scale, ...] | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)
    began: float = field(default_factory=time.monotonic)

    def scaled(self, film: Film) -> tuple[Scale, ...]:
        """The scales of the film."""
        if self.scales is not None:
            return self.scales
        with turn(("scales", film.id)), self.lock:
            if self.scales is None:
                self.scales = film.scales()
            return self.scales

    def expose(self, film: Film, stop: int, ahead: bool = False) -> bytes:
        """One frame. ahead: nobody waits for it yet; of such frames those of the film that began first come first."""
        scales = self.scaled(film)
        rank, since = (Rank.AHEAD, self.began) if ahead else (Rank.ASKED, None)
        with turn(("frame", film.id, stop), rank=rank, since=since), self.lock:
            if stop not in self.frames:
                self.frames[stop] = _elsewhere(f"{film.id} {stop}") or pack(_frame(film, stop), film.panels, scales)
                _tell(f"{film.id} {stop}", self.frames[stop])
            return self.frames[stop]

    def fill(self, film: Film, at: int, seconds: float, under: int | None = None) -> None:
        """The frame at a stop, and as many others as take no longer than this: its neighbours, then the cheap ends.

        under: the stop under the hand, if that is another one; only for its frame somebody waits.
        """
        hand = at if under is None else under
        end, n = time.monotonic() + seconds, len(film.slider.stops)
        ahead = n if film.ahead is None else film.ahead
        for stop in order(at, n):
            if stop != at and time.monotonic() >= end:
                return
            if stop not in self.frames and (stop == at or stop < ahead):
                self.expose(film, stop, ahead=stop != hand)


def _frame(film: Film, stop: int) -> Frame:
    try:
        return film.frame(stop)
    except REFUSALS as error:
        why = refusal(error)
        return Frame([Shown(why, alt=why) for _ in film.panels], says=why)


def order(at: int, n: int) -> Iterator[int]:
    """The stop under the hand, its neighbours, and all others from the first, which is the cheapest, to the last."""
    near = [stop for stop in (at, at + 1, at - 1) if 0 <= stop < n]
    return iter(dict.fromkeys([*near, *range(n)]))


# --- frames of other processes ----------------------------------------------------------------------------------------


@cache
def _shelf() -> Cache | None:
    """Where the processes that deploy/serve.py started find each other's frames; none where there is one process."""
    folder = os.environ.get("XAI_FRAMES")
    return Cache(folder, size_limit=SHELF) if folder else None


def _elsewhere(name: str) -> bytes | None:
    shelf = _shelf()
    return None if shelf is None else shelf.get(name)


def _tell(name: str, packed: bytes) -> None:
    shelf = _shelf()
    if shelf is not None:
        shelf.add(name, packed)


# --- films ------------------------------------------------------------------------------------------------------------


@st.cache_resource(max_entries=96, show_spinner=False)
def reel(id: str) -> Reel:
    """The frames of the film with this address of content."""
    return Reel()
