"""What all parts of the page Scoreboard draw alike: the candidates' maps in a row, and what belongs below each."""

from collections.abc import Mapping, Sequence

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from torch import Tensor

from app.labs.scoreboard.compute import Entry
from app.shared import show
from app.shared.encoded import png
from app.shared.screen import Screen
from app.shared.show import Sheet
from app.shared.subject import Subject
from xai_core import figures

Numbers = Mapping[str, Mapping[str, float]]  # what → title → number
Entries = Mapping[str, Entry]  # by title, in the reader's order


def show_maps(
    on: Screen, about: Subject, entries: Entries, failures: Mapping[str, str], words: Mapping[str, str]
) -> None:
    """On the stage the picture and every map, on one scale. words: what stands below a map."""
    with on.pictures:
        row(about, entries, failures, words, on.legend)


def row(
    about: Subject, entries: Entries, failures: Mapping[str, str], words: Mapping[str, str],
    legend: DeltaGenerator | None = None,
) -> None:  # fmt: skip
    """The picture and every map, on one scale. words: what stands below a map."""
    captions = {title: words.get(title, "") for title in [*entries, *failures]}
    maps = {title: entry.A for title, entry in entries.items()}
    show.maps(about.opened.x, maps, captions, failures, title=about.said, legend=legend)


def show_pairs(
    image: Tensor, title: str, entries: Entries, below: Mapping[str, np.ndarray], words: Mapping[str, str],
    failures: Mapping[str, str], key: str, legend: DeltaGenerator,
) -> None:  # fmt: skip
    """Every map, and below it what became of it, or of the picture; before them an image of its own."""
    captions = {name: words.get(name, "") for name in [title, *entries, *failures]}
    maps = {name: entry.A for name, entry in entries.items()}
    show.maps(image, maps, captions, failures, title=title, key=f"pairs_{key}", below=below, legend=legend)


def as_maps(entries: Entries, others: Mapping[str, Tensor]) -> dict[str, np.ndarray]:
    """Other maps of the same candidates, in the colours of the first row: title → (H, W, 3)."""
    _, top = figures.scaled({title: figures.pixel_map(entry.A) for title, entry in entries.items()})
    drawn, _ = figures.scaled({title: figures.pixel_map(A) for title, A in others.items()})
    return {title: figures.coloured(map_, top[title]) for title, map_ in drawn.items()}


Lines = Mapping[str, tuple[Sequence[float], Sequence[float]]]  # name → (xs, ys)


@st.cache_resource(max_entries=256, show_spinner=False)
def curve_sheet(heading: str, lines: Lines, x: str, theme: str) -> Sheet:
    """Curves that a slider moves over: drawn once for all readers."""
    size = (5.4, 2.6 + 0.2 * len(lines))
    return show.sheet(figures.curve_grid({heading: lines}, x=x, columns=1, size=size, theme=theme))


def marked(sheet: Sheet, at: float, alt: str) -> None:
    """The curves, with a line where the slider stands."""
    st.image(png(sheet.marked(at, figures.INK[show.theme()])), width="stretch", output_format="PNG", alt=alt)


def number(x: float) -> str:
    """Two decimals, or a word where there is no number."""
    return f"{x:.2f}" if np.isfinite(x) else "none"


def stressed(x: float, wins: bool) -> str:
    """A number in a table; the best of its column in bold."""
    return f"**{number(x)}**" if wins else number(x)


def listed(names: Sequence[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)
