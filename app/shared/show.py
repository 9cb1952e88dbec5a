"""Setting pictures on a page: maps side by side that wrap on a phone, figures in the reader's theme."""

import io
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import streamlit as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from streamlit.delta_generator import DeltaGenerator
from torch import Tensor

from app.shared.encoded import png
from app.shared.subject import crisp
from xai_core import figures
from xai_core.plain import markdown as plain

PAGE, LETTERS = 1200, 14  # pixels on a projector: the width of a page, and the least height of type in a figure


def theme() -> str:
    """The reader's theme, "light" or "dark", for the ink of figures."""
    return "dark" if st.context.theme.type == "dark" else "light"


def r2(value: float) -> str:
    """A fit's R² in a caption; one that does not exist is said to."""
    return "not defined" if math.isnan(value) else f"{value:.2f}"


def figure(fig: Figure, alt: str, width: int | str = "stretch", shown: int = PAGE) -> None:
    """A figure with its text for those who cannot see it. shown: as of `legible`."""
    st.image(_png(legible(fig, shown)), alt=alt, width=width)


def kept_figure(key: tuple, draw: Callable[[str], Figure], alt: str, shown: int = PAGE) -> None:
    """A figure that is painted once for all readers. key: all that it depends on, besides the theme, given to draw."""
    st.image(_painted(key, theme(), shown, draw), alt=alt, width="stretch")


@st.cache_data(max_entries=256, show_spinner=False)
def _painted(key: tuple, theme: str, shown: int, _draw: Callable[[str], Figure]) -> bytes:
    return _png(legible(_draw(theme), shown))


def legible(fig: Figure, shown: int) -> Figure:
    """The figure with type of `LETTERS` pixels or more where a projector shows it so wide, in pixels."""
    least = LETTERS * 72 / fig.dpi * max(1.0, fig.get_figwidth() * fig.dpi / shown)
    for axis in (axis for ax in fig.axes for axis in (ax.xaxis, ax.yaxis)):
        sizes = [tick.label1.get_fontsize() for tick in axis.get_major_ticks()]
        if sizes and sizes[0] < least:
            axis.set_tick_params(labelsize=least)
    for text in fig.findobj(Text):
        text.set_fontsize(max(text.get_fontsize(), least))
    return fig


def _png(fig: Figure) -> bytes:
    buffer = io.BytesIO()
    fig.savefig(buffer, format="png", transparent=True)
    return buffer.getvalue()


@dataclass(frozen=True)
class Sheet:
    """A figure as pixels, and where its axes are: what moves over it is painted, so that nothing is drawn anew."""

    rgba: np.ndarray  # (height, width, 4) bytes
    axes: list[tuple[float, float, int, int]]  # where x = 0 and x = 1 are, and the first and last row, in pixels

    def marked(self, x: float, ink: str) -> np.ndarray:
        """The sheet with a dotted vertical line at x in each of its axes."""
        rgba = self.rgba.copy()
        for zero, one, top, bottom in self.axes:
            column = round(zero + x * (one - zero))
            for row in range(top, bottom, 6):
                rgba[row : row + 3, column - 1 : column + 1] = (*(int(ink[i : i + 2], 16) for i in (1, 3, 5)), 255)
        return rgba


def sheet(fig: Figure) -> Sheet:
    """Draw a figure once."""
    canvas = FigureCanvasAgg(fig)
    canvas.draw()
    rgba = np.asarray(canvas.buffer_rgba()).copy()
    boxes = [(*ax.transData.transform([(0, 0), (1, 0)])[:, 0], ax.bbox.y0, ax.bbox.y1) for ax in fig.axes]
    return Sheet(rgba, [(zero, one, round(len(rgba) - y1), round(len(rgba) - y0)) for zero, one, y0, y1 in boxes])


def pictures(panels: Mapping[str, tuple[np.ndarray | str, str]], key: str, side: int = 448) -> None:
    """Panels side by side: title → (picture (H, W, 3), words below it), or (a sentence in place of a picture, "").

    Titles are shown as they are; words and sentences are Markdown.
    side: pixels to which a small picture is enlarged; fewer are sent faster.
    """
    with st.container(key=f"pictures_{key}"):
        for title, (rgb, words) in panels.items():
            with st.container(gap="xsmall"):
                if isinstance(rgb, str):
                    st.markdown(f"**{plain(title)}**")
                    st.warning(rgb)
                    continue
                # PNG, because JPEG, the default, would smear a map's single pixels.
                st.image(png(crisp(rgb, side)), width="stretch", alt=f"{title}. {words}", output_format="PNG")
                st.markdown(f"**{plain(title)}**  \n{words}")


def maps(
    image: Tensor,
    attributions: Mapping[str, Tensor],
    captions: Mapping[str, str],
    failures: Mapping[str, str],
    *,
    title: str,
    scale: str = "share",
    key: str = "maps",
    legend: DeltaGenerator | None = None,
) -> None:
    """A picture and its maps on one shared scale, with the key to the colours; for methods that failed, why.

    legend: where the key to the colours goes, if not below.
    """
    drawn, top = figures.scaled({n: figures.pixel_map(A) for n, A in attributions.items()}, scale)
    panels: dict[str, tuple[np.ndarray | str, str]] = {title: (figures.pixels(image), captions.get(title, ""))}
    for name, words in captions.items():
        if name in drawn:
            panels[name] = (figures.coloured(drawn[name], top[name]), words)
        elif name in failures:
            panels[name] = (failures[name], "")
    pictures(panels, key)
    if drawn:
        with legend or st.container():
            colours(next(iter(top.values())), scale)


def colours(top: float, scale: str) -> None:
    """The key to the colours of maps that saturate at `top`."""
    limit = float(f"{top:.2g}")
    words = f"Colours: red speaks for the class, blue against it, white says nothing; they saturate at {limit:g}."
    st.image(_colour_key(limit, scale, theme()), alt=words, width=480)


@st.cache_data(max_entries=256, show_spinner=False)
def _colour_key(limit: float, scale: str, theme: str) -> bytes:
    return _png(figures.colour_key(limit, scale, theme))
