"""Pictures on a page: few pixels stay crisp."""

import numpy as np
import pytest

from app.shared import show

pytestmark = pytest.mark.usefixtures("fresh")


def test_pixels_stay_crisp() -> None:
    rgb = np.zeros((8, 8, 3))
    rgb[0, 0] = 1
    big = show.crisp(rgb)
    assert big.shape == (448, 448, 3) and big[:56, :56].min() == 255 and big.sum() == 56 * 56 * 3 * 255
