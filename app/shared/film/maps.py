"""Films of maps: a picture and the maps of several methods at every stop, on one scale, laid over the picture."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from torch import Tensor

from app.shared.film.frames import Curves, Film, Frame, Panel, Scale, Shown, Slider, in_words
from xai_core import figures

UNITS = {"share": "share of Σ|A|", "value": "attribution", "own": "of each map's own scale"}


@dataclass(frozen=True)
class Maps:
    """What one stop shows: title → map and caption, or the sentence that says why there is none; and pictures."""

    maps: Mapping[str, Tensor]
    captions: Mapping[str, str] = field(default_factory=dict)
    failures: Mapping[str, str] = field(default_factory=dict)
    number: str = ""
    pictures: Mapping[str, Tensor] = field(default_factory=dict)  # title → (1, C, H, W), captions as of maps
    says: str = ""  # for a screen reader; the maps' captions unless it is given
    marks: Sequence[float] = ()  # on the film's curves
    curves: str = ""  # in words


def of_maps(
    slider: Slider,
    about: tuple,
    image: Tensor,
    title: str | None,
    titles: Sequence[str],
    answer: Callable[[int], Maps],
    *,
    pictured: Sequence[str] = (),
    rows: tuple[str, str] | None = None,
    curves: Curves | None = None,
    scale: str = "share",
    number: str = "",
    note: str = "",
    ahead: int | None = None,
    still: np.ndarray | None = None,
) -> Film:
    """A film of the picture, of others that change, and of a map for each of the titles.

    The scale is that of the slider's usual stop. title: of the picture that stays, over which the maps may be laid;
    None where no picture does. answer: what a stop shows. pictured: the titles of its pictures. rows: the titles of the
    row of pictures and of the row of maps; one row of all unless they are given. curves: a figure beside them, whose
    marks move. number: the name of its number. ahead: see `Film`. still: what is
    shown in place of the picture, such as the same with an outline, (H, W, 3) in [0, 1].
    """
    side = max(image.shape[2:])

    def scales() -> tuple[Scale, ...]:
        drawn = {name: figures.pixel_map(A) for name, A in answer(slider.usual).maps.items()}
        top = max(figures.scaled(drawn, scale)[1].values(), default=1.0)
        return (Scale(1.0 if scale == "own" else top, UNITS[scale]),)

    def frame(stop: int) -> Frame:
        now = answer(stop)
        drawn, top = figures.scaled({n: figures.pixel_map(A) for n, A in now.maps.items()}, scale)
        if scale == "own":  # each in shares of the number at which it saturates
            drawn = {n: m / top[n] for n, m in drawn.items()}
        shown = [Shown("", alt=title)] if title else []
        for name in pictured:
            words = now.captions.get(name, "")
            shown.append(Shown(figures.pixels(now.pictures[name]), words, f"{name}. {words}"))
        for name in titles:
            words = now.captions.get(name, "")
            if name in drawn:
                shown.append(Shown(drawn[name], words, f"{name}: {in_words(drawn[name], words)}"))
            else:
                why = now.failures.get(name, "")
                shown.append(Shown(why, alt=f"{name}: {why}"))
        said = "; ".join(f"{name}: {now.captions[name]}" for name in titles if now.captions.get(name))
        if curves:
            shown.append(Shown(now.marks, alt=now.curves))
        return Frame(shown, now.number, now.says or said)

    ground = figures.pixels(image) if title else None
    maps = [Panel(name, scale=0, side=side) for name in titles]
    shown = ground if still is None else still
    first = [Panel(title, still=shown, side=max(shown.shape[:2]))] if title and shown is not None else []
    panels = (*first, *(Panel(name, side=side) for name in pictured), *maps)
    known = (*about, scale, *pictured, *titles)
    n = len(titles)
    placed = {rows[0]: len(panels) - n, rows[1]: n} if rows else {"": len(panels)}
    if curves:
        panels = (*panels, Panel("curves", curves=curves))
    return Film(slider, known, placed, panels, scales, frame, number, note, ground, ahead)
