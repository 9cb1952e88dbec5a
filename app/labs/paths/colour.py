"""The page Paths, the colour of a baseline: from a list, or out of the picture itself."""

import numpy as np
import streamlit as st
import torch.nn.functional as F

from app.shared.subject import Subject
from xai_core import figures

CELLS = 32  # cells a side of the picture in which a colour is picked


def ask(about: Subject) -> str:
    """A colour as "#rrggbb": from a list, or out of the picture itself."""
    with st.popover("Pick the colour from the picture", icon=":material/colorize:"):
        st.caption("A click takes the colour of that place.")
        pick_from(about)
    return st.color_picker("Colour of the baseline", "#808080", key="colour", bind="query-params")


def pick_from(about: Subject) -> None:
    """The picture in coarse cells; a click puts a cell's colour into the colour's control."""
    small = F.interpolate(about.opened.x, (CELLS, CELLS), mode="area")
    rgb = (figures.pixels(small) * 255).round().astype(int).reshape(-1, 3)
    row, column = np.divmod(np.arange(CELLS * CELLS), CELLS)
    cells = [
        {"row": int(r), "column": int(c), "colour": "#" + bytes(colour).hex()}
        for r, c, colour in zip(row, column, rgb.tolist(), strict=True)
    ]
    axis = {"type": "ordinal", "axis": None, "scale": {"padding": 0}}
    spec = {
        "data": {"values": cells},
        "mark": {"type": "rect", "cursor": "crosshair"},
        "width": 320,
        "height": 320,
        "params": [{"name": "pick", "select": {"type": "point", "fields": ["colour"]}}],
        "encoding": {
            "x": {"field": "column", **axis},
            "y": {"field": "row", **axis},
            "color": {"field": "colour", "type": "nominal", "scale": None},
            "tooltip": {"field": "colour", "type": "nominal"},
        },
        "config": {"view": {"stroke": None}},
    }
    st.vega_lite_chart(
        spec, theme=None, width="content", key="pick", on_select=take_colour,
        alt="The picture in coarse cells: a click takes a cell's colour.",
    )  # fmt: skip


def take_colour() -> None:
    """Put the clicked cell's colour into the colour's control."""
    picked = st.session_state["pick"]["selection"]["pick"]
    if picked:
        st.session_state["colour"] = picked[0]["colour"]
