"""Frames: what the browser unpacks is what was packed, to 8 bits of the film's scale; words say where a map is."""

from io import BytesIO

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from app.shared.film.frames import COLOURS, Curves, Film, Frame, Panel, Scale, Shown, Slider, Stop, in_words, pack
from tests.app.running import unpacked
from xai_core import figures

RNG = np.random.default_rng(0)
PANELS = (Panel("map", scale=1), Panel("picture"), Panel("curve", curves=Curves(b"", ((0, 1, 0, 1),))))
SCALES = (Scale(9.0, "nothing"), Scale(0.5, "share"))


def sliding(*texts: str, usual: int = 0) -> Slider:
    return Slider("B", "B", tuple(Stop(text, text, f"B = {text}") for text in texts), usual)


def test_a_frame_arrives_as_it_was_to_8_bits() -> None:
    map_, rgb = RNG.normal(0, 0.2, (5, 7)), RNG.random((6, 4, 3))
    frame = Frame([Shown(map_, "gap 0.1", "a map"), Shown(rgb), Shown(0.25)], "0.93", "F = 0.93")
    head, (seen, picture, mark) = unpacked(pack(frame, PANELS, SCALES))
    assert (head["number"], head["says"], mark) == ("0.93", "F = 0.93", [0.25])
    assert (head["panels"][0]["caption"], head["panels"][0]["alt"]) == ("gap 0.1", "a map")
    np.testing.assert_allclose(seen / 127 * 0.5, map_.clip(-0.5, 0.5), atol=0.5 / 127 / 2 + 1e-9)
    np.testing.assert_allclose(picture, rgb, atol=0.5 / 255 + 1e-9)  # PNG: every pixel as it is


def test_beyond_the_scale_a_map_saturates_and_a_large_picture_is_a_jpeg() -> None:
    rgb = np.tile(np.linspace(0, 1, 100)[:, None], (120, 1, 3)) + RNG.normal(0, 0.02, (120, 100, 3))
    head, (seen, picture) = unpacked(pack(Frame([Shown(np.array([[9.0, -9.0, 0.0]])), Shown(rgb)]), PANELS[:2], SCALES))
    assert seen.tolist() == [[127, -127, 0]]
    assert head["panels"][1]["mime"] == "image/jpeg" and abs(picture - rgb.clip(0, 1)).mean() < 0.02


def test_colours_are_those_of_the_figures() -> None:
    drawn = figures.coloured(np.array([[-2.0, -1.0, 0.0, 0.5, 1.0]]), 1.0)[0]
    for level, colour in zip((-127, -127, 0, 63.5, 127), drawn, strict=True):
        assert COLOURS[round(level) + 127] == pytest.approx((255 * colour).tolist(), abs=2)
    assert len(COLOURS) == 255


def test_what_was_refused_is_a_sentence() -> None:
    head, shown = unpacked(pack(Frame([Shown("B must be at least 2", alt="B must be at least 2")]), PANELS[:1], SCALES))
    assert shown == ["B must be at least 2"] and head["panels"][0]["alt"] == "B must be at least 2"


def test_a_film_is_known_by_all_that_its_frames_depend_on() -> None:
    def film(about: tuple, slider: Slider) -> Film:
        return Film(slider, about, {"": 3}, PANELS, lambda: SCALES, lambda k: Frame([]))

    one = film(("zoo", 1.0), sliding("1", "2"))
    assert one.id == film(("zoo", 1.0), sliding("1", "2", usual=1)).id
    assert len({one.id, film(("zoo", 2.0), sliding("1", "2")).id, film(("zoo", 1.0), sliding("1", "3")).id}) == 3


@pytest.mark.parametrize(
    ("asked", "stop"),
    [
        ("by rule", 0),
        ("3", 2),
        ("3.0", 2),
        ("2.2", 1),
        ("11", None),
        ("0", None),
        ("nan", None),
        ("", None),
        ("x", None),
    ],
)
def test_the_stop_that_an_address_asks_for(asked: str, stop: int | None) -> None:
    assert sliding("by rule", "2", "3", "10").at(asked) == stop


def test_marks_stand_where_the_axes_have_their_numbers() -> None:
    fig = Figure((4, 2), dpi=100)
    fig.add_axes((0.25, 0.5, 0.5, 0.25)).set_xlim(-1, 3)
    ((zero, one, top, bottom),) = Curves.of(fig).axes
    assert (zero, one, top, bottom) == pytest.approx((0.375, 0.5, 0.25, 0.5))


def test_letters_of_curves_are_legible_where_they_are_shown() -> None:
    """11 points in the 545 pixels that a page of 1280 has for curves; a narrow figure stays as it is."""
    wide, narrow = (Image.open(BytesIO(Curves.of(figures.figure(inches, 3)).png)) for inches in (8.0, 4.0))
    assert 11 / 72 * 110 * 545 / wide.width >= 14 and narrow.width == 440


def test_a_map_in_words() -> None:
    map_ = np.zeros((9, 9))
    assert in_words(map_) == "zero everywhere"
    map_[0, 8], map_[8, 0] = 3.0, -1.0
    assert in_words(map_) == "75% of Σ|A| speaks for the class, strongest at the top right"
    assert in_words(-map_, "ΣA = -2") == "75% of Σ|A| speaks against the class, strongest at the top right; ΣA = -2"
    map_[4, 4] = 9.0
    assert in_words(map_).endswith("strongest at the centre")
    assert in_words(np.ones((1, 1))).startswith("100%")
