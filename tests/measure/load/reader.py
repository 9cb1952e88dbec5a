"""A reader without a browser: Streamlit's own messages over a real WebSocket, and the pictures that a browser fetches.

It does what a browser with film.js does: it keeps the address, sends its sliders' values with every move, fetches what
is on the page as soon as it is told, and asks a film for the frames that it lacks.
"""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.sync.client import connect

from tests.measure.load.files import Files, Lost

PATIENCE = 180.0  # s after which a reader gives up
EARLY = ForwardMsg.FINISHED_EARLY_FOR_RERUN
SAYS = ("markdown", "imgs", "bidi_component", "alert", "spinner")  # a page says something; its frame alone does not


@dataclass
class Placed:
    """An element, the run that drew it, and what a component was told."""

    element: Element
    run: str
    fragment: str
    told: dict[str, Any] | None = None


class Reader:
    """One visit: `with Reader(address, "explain?K=4") as reader: reader.open()`."""

    def __init__(self, address: str, link: str) -> None:
        self.address = address.rstrip("/")
        self.page, _, query = link.partition("?")
        self.query = parse_qs(query)
        self.placed: dict[tuple[int, ...], Placed] = {}
        self.states: dict[str, dict[str, Any]] = {}  # of the sliders that were moved
        self.feeds: dict[str, list[str | None]] = {}  # film → address of each frame
        self.asked: dict[str, list[str | None]] = {}  # film → the feed after which more was asked for
        self.frames: dict[str, str] = {}  # film and stop → checksum, of all that was ever seen here
        self.page_hash, self.run, self.finished = "", "", False
        self.fragments: set[str] = set()  # that the present run draws; none: the whole page
        self.awaited: str | None = None  # the fragment of the run that was asked for and has not begun; "": the page's
        self.says = self.shown = (
            0.0  # when the page first said something, and when the picture last asked for was there
        )
        self.errors = 0
        self.began = time.monotonic()

    def __enter__(self) -> "Reader":
        self.files = Files(self.address)
        self.files.fetch(f"/{self.page}")
        self.socket = connect(
            self.address.replace("http", "ws", 1) + "/_stcore/stream", subprotocols=["streamlit"], max_size=None,
            compression=None, open_timeout=PATIENCE, additional_headers={"Cookie": self.files.cookie},
        )  # fmt: skip
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()
        self.files.close()

    # --- messages -----------------------------------------------------------------------------------------------------

    def _send(self, fragment: str = "", event: WidgetState | None = None) -> None:
        message = BackMsg()
        asked = message.rerun_script
        asked.query_string = urlencode(self.query, doseq=True)
        asked.page_script_hash, asked.fragment_id = self.page_hash, fragment
        if not self.page_hash:
            asked.page_name = self.page
        asked.context_info.url = f"{self.address}/{self.page}"
        asked.context_info.color_scheme = "light"
        asked.context_info.timezone, asked.context_info.locale = "UTC", "en-US"
        asked.widget_states.widgets.extend(WidgetState(id=name, **value) for name, value in self.states.items())
        if event is not None:
            asked.widget_states.widgets.append(event)
        self.awaited = fragment
        self.socket.send(message.SerializeToString())

    def _take(self, message: ForwardMsg) -> None:
        match message.WhichOneof("type"):
            case "new_session":
                run = message.metadata.run
                self.run, self.fragments, self.finished = run.script_run_id, set(run.fragment_ids), False
                if not self.fragments or self.awaited in self.fragments:
                    self.awaited = None
            case "navigation":
                self.page_hash = message.navigation.page_script_hash
            case "page_info_changed":
                self.query = parse_qs(message.page_info_changed.query_string)
            case "delta":
                self._place(message)
            case "script_finished":
                self.finished = message.script_finished != EARLY
                if self.finished:
                    self._sweep()

    def _place(self, message: ForwardMsg) -> None:
        path, delta = tuple(message.metadata.delta_path), message.delta
        kind = delta.WhichOneof("type")
        passing = kind == "new_transient"
        elements = list(delta.new_transient.elements) if passing else [delta.new_element] * (kind == "new_element")
        for element in elements:
            what = element.WhichOneof("type")
            self.errors += what == "exception"
            if not self.says and what in SAYS and len(path) > 2:
                self.says = time.monotonic() - self.began
            if passing:
                continue
            told = None
            if what == "bidi_component":
                told = json.loads(element.bidi_component.json or element.bidi_component.mixed.json)
                if "frames" in told:
                    self.feeds[told["id"]] = told["frames"]
            self.placed[path] = Placed(element, self.run, delta.fragment_id, told)

    def _sweep(self) -> None:
        """What the run that has ended did not draw again is gone."""
        self.placed = {
            path: one for path, one in self.placed.items()
            if one.run == self.run or (self.fragments and one.fragment not in self.fragments)
        }  # fmt: skip

    def _wait(self, until: Callable[[], bool], seconds: float = PATIENCE) -> None:
        """Take what comes until something is so. Raises TimeoutError where it does not come to be."""
        end = time.monotonic() + seconds
        while not until():
            self._take(ForwardMsg.FromString(bytes(self.socket.recv(timeout=max(0.0, end - time.monotonic())))))
            if self.awaited is None:
                there = self._look()
                if there and not self.shown:
                    self.shown = time.monotonic()
                if self.finished:
                    self._ask_for_more()

    # --- what is on the page ------------------------------------------------------------------------------------------

    def _of(self, kind: str) -> Iterator[Placed]:
        return (one for one in self.placed.values() if one.element.WhichOneof("type") == kind)

    def film(self) -> Placed | None:
        """The film on the page; its `told` is its head."""
        return next((one for one in self._of("bidi_component") if one.told and "stops" in one.told), None)

    def _look(self) -> bool:
        """Fetch what is there. Returns whether the picture that was asked for is."""
        film = self.film()
        if film is None or film.told is None:
            return self.finished and bool(self.still())
        head = film.told
        feed = self.feeds.get(head["id"], [])
        for stop, url in sorted(enumerate(feed), key=lambda one: abs(one[0] - head["at"])):
            if url and (name := f"{head['id']} {stop}") not in self.frames:
                self.frames[name] = self.files.sum(url)
        return (film.run == self.run or self.finished) and bool(feed) and bool(feed[head["at"]])

    def still(self) -> dict[str, str]:
        """The pictures of the page besides its film's frames: what → checksum."""
        found = {
            f"image {image.alt}": self.files.sum(image.url)
            for one in self._of("imgs") for image in one.element.imgs.imgs
        }  # fmt: skip
        film = self.film()
        panels = film.told["panels"] if film is not None and film.told is not None else []
        return found | {
            f"still {panel['title']}": self.files.sum(panel["still"]) for panel in panels if "still" in panel
        }

    def link(self) -> str:
        """The address, without the place of the film's slider: a film is one question."""
        film = self.film()
        key = film.told["key"] if film is not None and film.told is not None else ""
        return f"{self.page}?{urlencode(sorted((k, w) for k, w in self.query.items() if k != key), doseq=True)}"

    def stop(self) -> str | None:
        """The frame under the hand, as `frames` has it."""
        film = self.film()
        return f"{film.told['id']} {film.told['at']}" if film is not None and film.told is not None else None

    def _lacking(self) -> int | None:
        """The stop that a film lacks and that film.js would ask for."""
        film = self.film()
        if film is None or film.told is None or (feed := self.feeds.get(film.told["id"])) is None:
            return None
        at, ahead = film.told["at"], film.told["ahead"]
        near = sorted(range(len(feed)), key=lambda stop: abs(stop - at))
        return next((stop for stop in near if not feed[stop] and (stop == at or stop < ahead)), None)

    def _ask_for_more(self) -> None:
        stop, film = self._lacking(), self.film()
        feed = next((one for one in self._of("bidi_component") if one.told and "frames" in one.told), None)
        if stop is None or feed is None or film is None or film.told is None or feed.told is None:
            return
        if feed.told["id"] != film.told["id"] or self.asked.get(film.told["id"]) is feed.told["frames"]:
            return
        self.asked[film.told["id"]] = feed.told["frames"]
        name = f"$$STREAMLIT_INTERNAL_KEY_{feed.element.bidi_component.id}__events"
        self._send(
            feed.fragment, WidgetState(id=name, json_trigger_value=json.dumps([{"event": "more", "value": stop}]))
        )

    # --- what a reader does -------------------------------------------------------------------------------------------

    def open(self) -> float:
        """Open the link; seconds until the first picture is there."""
        self._send()
        self._wait(lambda: bool(self.shown))
        return self.shown - self.began

    def ponder(self, seconds: float) -> None:
        """Look at it for a while; frames come in."""
        with suppress(TimeoutError):
            self._wait(lambda: False, seconds)

    def settle(self) -> None:
        """Wait until the page has drawn all that was asked for."""
        self._wait(lambda: self.finished and self.awaited is None and self._look())

    def whole(self) -> None:
        """Wait until the page is done and the film has every frame that it computes of its own accord."""
        self._wait(lambda: self.finished and self.awaited is None and self._look() and self._lacking() is None)

    def move(self, key: str, word: str) -> float:
        """Move a slider; seconds until its picture is there."""
        start, self.shown, film = time.monotonic(), 0.0, self.film()
        if film is not None and film.told is not None and film.told["key"] == key:
            self._rest(film, film.told, word)
        else:
            self._slide(key, word)
        self._wait(lambda: bool(self.shown))
        return self.shown - start

    def _slide(self, key: str, word: str) -> None:
        slider = next(
            (one.element.slider for one in self._of("slider") if one.element.slider.query_param_key == key), None
        )
        if slider is None:
            raise Lost(f"the page has no slider {key}")
        kind = "string_array_value" if slider.options else "double_array_value"
        self.states[slider.id] = {kind: {"data": [word if slider.options else float(word)]}}
        usual = slider.options[int(slider.default[0])] if slider.options else f"{slider.default[0]:g}"
        self.query.pop(key, None)
        if word != usual:
            self.query[key] = [word]
        self._send()

    def _rest(self, film: Placed, head: dict[str, Any], word: str) -> None:
        """The hand of the film has come to rest."""
        self.query.pop(head["key"], None)
        if word != head["stops"][head["usual"]]["text"]:
            self.query[head["key"]] = [word]
        settled = {"stop": word, "opacity": head["opacity"], "move": head["move"] + 1}
        self.states[film.element.bidi_component.id] = {"json_value": json.dumps({"settled": settled})}
        self._send(film.fragment)
