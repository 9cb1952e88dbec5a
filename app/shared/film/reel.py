"""The frames of films, packed, once for all readers: whoever needs one first computes it, and others wait for it."""

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import streamlit as st

from app.shared.film.frames import Film, Frame, Scale, Shown, pack, refusal
from app.shared.frame import REFUSALS


@dataclass
class Reel:
    """A film's frames so far."""

    frames: dict[int, bytes] = field(default_factory=dict)
    scales: tuple[Scale, ...] | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def scaled(self, film: Film) -> tuple[Scale, ...]:
        """The scales of the film."""
        with self.lock:
            if self.scales is None:
                self.scales = film.scales()
            return self.scales

    def expose(self, film: Film, stop: int) -> bytes:
        """One frame."""
        scales = self.scaled(film)
        with self.lock:
            if stop not in self.frames:
                self.frames[stop] = pack(_frame(film, stop), film.panels, scales)
            return self.frames[stop]

    def fill(self, film: Film, at: int, seconds: float) -> None:
        """The frame at a stop, and as many others as take no longer than this: its neighbours, then the cheap ends."""
        end, n = time.monotonic() + seconds, len(film.slider.stops)
        ahead = n if film.ahead is None else film.ahead
        for stop in order(at, n):
            if stop != at and time.monotonic() >= end:
                return
            if stop not in self.frames and (stop == at or stop < ahead):
                self.expose(film, stop)


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


@st.cache_resource(max_entries=24, show_spinner=False)
def reel(id: str) -> Reel:
    """The frames of the film with this address of content."""
    return Reel()
