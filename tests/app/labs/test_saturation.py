"""The page Saturation: its numbers by hand, the elephant whose gradient fades, its script."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from app.labs.saturation.compute import grow
from app.shared.film.frames import Film
from app.shared.film.reel import reel
from data.drawn import zoo
from tests.app.running import metrics, opened, ran, the_script_makes_the_same, unpacked
from xai_core import figures

pytestmark = pytest.mark.usefixtures("fresh")


def test_saturation_by_hand(films: dict[str, Film]) -> None:
    at = opened("labs/saturation/page.py", slope="0.5")
    m = metrics(at)
    assert (m["f(x)"], m["Gradient at x"], m["f(x) − f(x′)"]) == ("1", "0", "1")
    # Right rule, B = 15, from 0 to 2: the slope is 2 at α = k/15 < 1/2, k = 1…7, so IG = 7 · 2/15.
    assert m["Integrated Gradients"] == f"{14 / 15:.3g}" and m["Completeness gap"] == f"{1 / 15:.2g}"
    assert "You guessed 0.5" in at.success[0].value
    at.query_params["x"] = "0.5"
    ran(at)
    head, _ = unpacked(reel(films["x"].id).frames[15])
    assert head["number"] == "1" and head["panels"][1]["caption"] == "Integrated Gradients 0.5, gap 0"
    assert metrics(at)["Gradient at x"] == "1" and metrics(at)["Integrated Gradients"] == "0.5"


def test_the_elephants_gradient_fades_and_integrated_gradients_stays() -> None:
    at = opened("labs/saturation/page.py", trunk="0.35")
    steep = metrics(at)
    at.query_params["trunk"] = "1.0"
    ran(at)
    long = metrics(at)
    fading = "Gradient on the trunk, of its largest"
    assert float(steep[fading].strip("%")) > 5 * float(long[fading].strip("%"))
    assert float(long["Confidence"]) > 0.9 and float(long["Integrated Gradients on the trunk"]) > 0.5


def test_a_frame_is_the_elephant_of_its_length(films: dict[str, Film]) -> None:
    at = opened("labs/saturation/page.py", trunk="0.35", B="10")
    film, grown = films["trunk"], grow(27, 10)
    head, (picture, gradient, A, mark) = unpacked(reel(film.id).frames[7])
    scene = zoo.draw("elephant", 27, trunk=0.35)
    assert picture == pytest.approx(figures.pixels(scene.image), abs=0.51 / 255) and mark == [0.35]
    for i, (map_, whole) in enumerate(((gradient, grown.gradients), (A, grown.attributions))):
        top = film.scales()[i].top
        assert top == pytest.approx(max(np.percentile(abs(figures.pixel_map(m)), figures.maps.TOP) for m in whole))
        assert map_ == pytest.approx((figures.pixel_map(whole[7]) / top * 127).clip(-127, 127), abs=0.6)
    assert head["number"] == metrics(at)["Gradient on the trunk, of its largest"]


def test_saturation_as_python(seen: SimpleNamespace, tmp_path: Path) -> None:
    opened("labs/saturation/page.py", trunk="0.35", number="3", B="10", x="1.5")
    settings = the_script_makes_the_same(seen, tmp_path)
    assert settings == {"x": 1.5, "start": 0.0, "B": 10, "scene": 3, "trunk": 0.35}
