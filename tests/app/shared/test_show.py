"""Pictures on a page: few pixels stay crisp."""

import numpy as np
import pytest
from matplotlib.text import Text

from app.shared import show
from xai_core import figures

pytestmark = pytest.mark.usefixtures("fresh")


def test_pixels_stay_crisp() -> None:
    rgb = np.zeros((8, 8, 3))
    rgb[0, 0] = 1
    big = show.crisp(rgb)
    assert big.shape == (448, 448, 3) and big[:56, :56].min() == 255 and big.sum() == 56 * 56 * 3 * 255


def test_the_line_at_alpha_is_painted_where_alpha_is() -> None:
    """On a sheet whose α runs along known pixels, and on a real one: over the tick of its axis."""
    white = np.full((40, 101, 4), 255, np.uint8)
    marked = show.Sheet(white, [(10.0, 90.0, 6, 18)]).marked(0.5, "#1a1a1a")
    painted = np.argwhere((marked != white).any(2))
    assert set(map(tuple, painted)) == {(row, column) for row in (6, 7, 8, 12, 13, 14) for column in (49, 50)}
    assert (white == 255).all()
    fig = figures.curve_grid({"F": {"a": ([0, 1], [0.2, 0.8])}, "G": {"a": ([0, 1], [0, 1])}}, x="α", columns=1)
    sheet = show.sheet(fig)
    assert len(sheet.axes) == 2
    for ax, (zero, one, top, bottom) in zip(fig.axes, sheet.axes, strict=True):
        assert ax.transData.inverted().transform([(zero, 0), (one, 0)])[:, 0] == pytest.approx([0, 1])
        assert 0 <= top < bottom <= len(sheet.rgba)
    assert sheet.axes[0][3] < sheet.axes[1][2]  # the first panel is above the second


@pytest.mark.parametrize("shown", [1200, 500])
def test_type_is_legible_where_a_projector_shows_it(shown: int) -> None:
    """Eleven inches of 110 dots are 1210 pixels; shown at 500, type has to be 2.42 times as large."""
    fig = figures.curves({"a": ([0, 1], [0, 1])}, x="x", y="y", size=(11, 3))
    fig.text(0.5, 0.5, "small", fontsize=5)
    fig.text(0.5, 0.5, "large", fontsize=40)
    scale = shown / (fig.get_figwidth() * fig.dpi)
    show.legible(fig, shown)
    fig.canvas.draw()
    drawn = {text.get_text(): text.get_fontsize() * fig.dpi / 72 * scale for text in fig.findobj(Text)}
    assert min(drawn.values()) >= 14 - 1e-6 and drawn["small"] == pytest.approx(14)
    assert drawn["large"] == pytest.approx(40 * 110 / 72 * scale)
