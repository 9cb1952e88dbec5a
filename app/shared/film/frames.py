"""What a film is made of: panels on scales, and for each stop of its slider a frame, packed to be sent once.

A signed map travels as 8 bits a pixel on the scale of its panel, which is one for the whole film; a picture as PNG, a
large one as JPEG; of a curve only the place of its mark.
"""

import io
import json
import struct
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from xai_core import figures
from xai_core.plain import LONGEST_SENTENCE, one_line

LEVELS = 127  # of each sign: 8 bits with a zero in the middle
SMALL = 96  # pixels a side up to which single pixels count: not smeared by JPEG, and drawn as blocks
COLOURS = [  # of −127 … 127, as figures.coloured draws them
    [round(255 * part) for part in colour]
    for colour in figures.coloured(np.arange(-LEVELS, LEVELS + 1)[None] / LEVELS, 1.0)[0].tolist()
]
GROUND = {"light": (1.0, 1.0, 1.0), "dark": (23 / 255, 22 / 255, 20 / 255)}  # of the app's pages
WIDEST = 5.9  # inches of curves: on a page of 1280 pixels they have 545, and letters of 11 points are 14 high
_DOWN, _ACROSS = ("top", "middle", "bottom"), ("left", "centre", "right")


@dataclass(frozen=True)
class Stop:
    """A place of the slider. value: as a page's other widgets keep it. text: as the address has it. words: as it is
    read."""

    value: object
    text: str
    words: str


@dataclass(frozen=True)
class Slider:
    """The slider of a film. key: its parameter in the address. usual: the stop that needs no parameter."""

    key: str
    label: str
    stops: tuple[Stop, ...]
    usual: int

    def at(self, text: str) -> int | None:
        """The stop of this text, or of the nearest number; None where there is none, and outside all numbers."""
        texts = [stop.text for stop in self.stops]
        if text in texts:
            return texts.index(text)
        try:
            asked, numbers = float(text), {i: float(t) for i, t in enumerate(texts) if _is_number(t)}
        except ValueError:
            return None
        if not numbers or not min(numbers.values()) <= asked <= max(numbers.values()):
            return None
        return min(numbers, key=lambda i: abs(numbers[i] - asked))


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


ALONE = Slider("alone", "", (Stop("", "", ""),), 0)  # of a film with a single frame: nothing is shown of it


@dataclass(frozen=True)
class Scale:
    """top: the number at which colours saturate, > 0. unit: in words. legend: whether the key to it is shown."""

    top: float
    unit: str
    legend: bool = True


@dataclass(frozen=True)
class Curves:
    """A figure whose marks move. axes: of each, where x = 0 and x = 1 are, its top and bottom, as shares of it."""

    png: bytes = field(repr=False)
    axes: tuple[tuple[float, float, float, float], ...]

    @classmethod
    def of(cls, fig: Figure) -> "Curves":
        """A figure whose axes all have the slider's numbers along x. It is made no wider than its letters allow."""
        fig.set_size_inches(min(fig.get_figwidth(), WIDEST), fig.get_figheight())
        canvas, buffer = FigureCanvasAgg(fig), io.BytesIO()
        canvas.draw()
        canvas.print_png(buffer)
        (width, height), axes = canvas.get_width_height(), []
        for ax in fig.axes:
            (zero, _), (one, _) = ax.transData.transform([(0, 0), (1, 0)])
            axes.append((zero / width, one / width, 1 - ax.bbox.y1 / height, 1 - ax.bbox.y0 / height))
        return cls(buffer.getvalue(), tuple(axes))


@dataclass(frozen=True)
class Panel:
    """A place in every frame: for a map where `scale` numbers one of the film's, for a mark where `curves` is given,
    for the same picture at every stop where it is `still`, else for a picture."""

    title: str
    scale: int | None = None
    curves: Curves | None = None
    still: np.ndarray | None = field(default=None, repr=False)  # (H, W, 3) in [0, 1]
    side: int = SMALL  # pixels of what it shows

    @property
    def kind(self) -> str:
        if self.still is not None:
            return "still"
        return "curve" if self.curves else "picture" if self.scale is None else "map"


@dataclass(frozen=True)
class Shown:
    """What a panel shows at one stop: a map (H, W) in the unit of its scale, a picture (H, W, 3) in [0, 1], the place
    of a mark or the places of several, or the sentence that says why there is nothing. alt: for those who cannot see
    it."""

    what: np.ndarray | float | Sequence[float] | str
    caption: str = ""
    alt: str = ""


@dataclass(frozen=True)
class Frame:
    """One stop. shown: by the panels' order. number: the one that judges. says: what a screen reader says of it."""

    shown: Sequence[Shown]
    number: str = ""
    says: str = ""


@dataclass(frozen=True)
class Film:
    """A question, asked at every stop of a slider.

    about: all that the frames depend on, in words and numbers; equal ones share their frames.
    rows: title → how many of the panels stand in it, in their order; curves stand beside all rows.
    scales, frame: computed when they are first needed, and kept for all readers. A frame that is refused says why.
    """

    slider: Slider
    about: tuple
    rows: Mapping[str, int]
    panels: tuple[Panel, ...]
    scales: Callable[[], tuple[Scale, ...]]
    frame: Callable[[int], Frame]
    number: str = ""  # the name of the frames' number
    note: str = ""
    ground: np.ndarray | None = None  # (H, W, 3): what the maps may be laid over
    ahead: int | None = None  # how many stops, from the first, are computed before they are asked for; None: all

    @property
    def id(self) -> str:
        """An address of its content."""
        texts = [stop.text for stop in self.slider.stops]
        return sha256(repr((self.slider.key, texts, self.about)).encode()).hexdigest()[:20]


def pack(frame: Frame, panels: Sequence[Panel], scales: Sequence[Scale]) -> bytes:
    """A frame as the browser takes it, see docs/film.md."""
    told, blobs, end = [], [], 0
    for panel, shown in zip(panels, frame.shown, strict=True):
        one: dict[str, object] = {"caption": shown.caption, "alt": shown.alt}
        if panel.kind == "still":
            told.append(one)
            continue
        if isinstance(shown.what, str):
            told.append({**one, "refused": shown.what})
            continue
        if panel.kind == "curve":
            told.append({**one, "marks": np.atleast_1d(shown.what).tolist()})
            continue
        if panel.scale is None:
            blob, mime = picture(shown.what)
            one["mime"] = mime
        else:
            blob = levels(shown.what, scales[panel.scale].top).tobytes()
        told.append({**one, "shape": shown.what.shape[:2], "bytes": [end, end + len(blob)]})
        blobs.append(blob)
        end += len(blob)
    head = json.dumps({"number": frame.number, "says": frame.says, "panels": told}).encode()
    return zlib.compress(b"".join([struct.pack("<I", len(head)), head, *blobs]), 6)


def levels(map_: np.ndarray, top: float) -> np.ndarray:
    """A map in 8 bits, (H, W): −127 and 127 are ±top and all that is beyond."""
    return (map_ / top * LEVELS).round().clip(-LEVELS, LEVELS).astype(np.int8)


def picture(rgb: np.ndarray) -> tuple[bytes, str]:
    """(H, W, 3) in [0, 1] as a file, and what kind of file it is: of a large one what is smaller, PNG or JPEG."""
    image = Image.fromarray((rgb.clip(0, 1) * 255).round().astype(np.uint8))
    made = {"image/png": _saved(image, "PNG", compress_level=1)}
    if min(rgb.shape[:2]) > SMALL:
        made["image/jpeg"] = _saved(image, "JPEG", quality=92)
    mime = min(made, key=lambda kind: len(made[kind]))
    return made[mime], mime


def _saved(image: Image.Image, kind: str, **how: int) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **how)
    return buffer.getvalue()


def drawn(fig: Figure, theme: str) -> np.ndarray:
    """A figure as a picture on the page's own ground, (H, W, 3) in [0, 1], for a film whose figures change."""
    canvas = FigureCanvasAgg(fig)
    canvas.draw()
    rgba = np.asarray(canvas.buffer_rgba()) / 255
    return rgba[..., :3] * rgba[..., 3:] + np.array(GROUND[theme]) * (1 - rgba[..., 3:])


def refusal(error: Exception) -> str:
    """The sentence of an error as plain text, which is all that a film shows."""
    return one_line(error, LONGEST_SENTENCE)


def in_words(map_: np.ndarray, sum_: str = "") -> str:
    """Where a map is and what sign it has: (H, W) → such as "mostly for the class, strongest at the top left"."""
    strength = np.abs(map_)
    total = strength.sum()
    if not total:
        return "zero everywhere"
    for_it = float(map_.clip(0).sum() / total)
    sign = "for the class" if for_it > 0.5 else "against the class"
    rows, columns = (np.array_split(np.arange(n), 3) for n in map_.shape)
    ninths = [[strength[np.ix_(r, c)].mean() if len(r) and len(c) else 0.0 for c in columns] for r in rows]
    down, across = divmod(int(np.argmax(ninths)), 3)
    where = "centre" if down == across == 1 else f"{_DOWN[down]} {_ACROSS[across]}"
    return f"{max(for_it, 1 - for_it):.0%} of Σ|A| speaks {sign}, strongest at the {where}{f'; {sum_}' if sum_ else ''}"
