"""Every picture that the workbook draws, and the style that all share. Methods never import a figure."""

from xai_core.figures.bars import intervals, weight_bars
from xai_core.figures.curves import curve_grid, curves, error_against_steps, paths_2d, riemann
from xai_core.figures.maps import (
    SCALES,
    TOP,
    colour_bar,
    colour_key,
    coloured,
    difference,
    map_grid,
    picture_row,
    pixel_map,
    pixels,
    scaled,
)
from xai_core.figures.style import AGAINST, COLOURS, FOR, INK, LINES, figure, framed, style

__all__ = [
    "AGAINST",
    "COLOURS",
    "FOR",
    "INK",
    "LINES",
    "SCALES",
    "TOP",
    "colour_bar",
    "colour_key",
    "coloured",
    "curve_grid",
    "curves",
    "difference",
    "error_against_steps",
    "figure",
    "framed",
    "intervals",
    "map_grid",
    "paths_2d",
    "picture_row",
    "pixel_map",
    "pixels",
    "riemann",
    "scaled",
    "style",
    "weight_bars",
]
