"""Pictures are encoded once: by what they hold, not by whose they are."""

import io

import numpy as np
import pytest
from PIL import Image

from app.shared import encoded
from app.shared.film import frames

pytestmark = pytest.mark.usefixtures("fresh")


@pytest.fixture
def saved(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The formats of all pictures that Pillow saves."""
    made: list[str] = []
    save = Image.Image.save

    def noted(image: Image.Image, file: object, kind: str, **how: object) -> None:
        made.append(kind)
        save(image, file, kind, **how)

    monkeypatch.setattr(Image.Image, "save", noted)
    return made


def test_equal_pictures_are_one_file(saved: list[str]) -> None:
    rgb = np.arange(4 * 5 * 3, dtype=np.uint8).reshape(4, 5, 3)
    first = encoded.png(rgb)
    assert encoded.png(rgb.copy()) == first and encoded.png(np.asfortranarray(rgb)) == first and saved == ["PNG"]
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(first))), rgb)


def test_other_pictures_are_other_files(saved: list[str]) -> None:
    rgb = np.zeros((4, 6, 3), np.uint8)
    one = rgb.copy()
    one[3, 5, 2] = 1
    files = [encoded.png(a) for a in (rgb, one, rgb.reshape(6, 4, 3))]
    assert len(set(files)) == 3 and len(saved) == 3


def test_a_film_s_still_is_what_the_film_makes_of_it(saved: list[str]) -> None:
    rgb = np.linspace(0, 1, 8 * 8 * 3).reshape(8, 8, 3)
    assert encoded.still(rgb) == encoded.still(rgb.copy()) and saved == ["PNG"]
    assert encoded.still(rgb) == frames.picture(rgb)
