"""The frames of films, packed, once for all readers: whoever needs one first computes it, and others wait for it."""

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import streamlit as st

from app.shared.film.frames import Film, Frame, Scale, Shown, pack
from app.shared.frame import REFUSALS
from xai_core.plain import LONGEST_SENTENCE, one_line


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
        end = time.monotonic() + seconds
        for stop in order(at, len(film.slider.stops)):
            if stop in self.frames:
                continue
            self.expose(film, stop)
            if time.monotonic() >= end:
                return


def _frame(film: Film, stop: int) -> Frame:
    try:
        return film.frame(stop)
    except REFUSALS as error:
        why = one_line(error, LONGEST_SENTENCE)  # plain text on the page
        return Frame([Shown(why, alt=why) for _ in film.panels], says=why)


def order(at: int, n: int) -> Iterator[int]:
    """The stop under the hand, its neighbours, and all others from the first, which is the cheapest, to the last."""
    near = [stop for stop in (at, at + 1, at - 1) if 0 <= stop < n]
    return iter(dict.fromkeys([*near, *range(n)]))


@st.cache_resource(max_entries=24, show_spinner=False)
def reel(id: str) -> Reel:
    """The frames of the film with this address of content."""
    return Reel()
