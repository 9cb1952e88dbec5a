"""The page Prototypes: what it paints, whom it asks, and the means over a class."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch

from app.labs.prototypes import compute
from app.labs.prototypes.compute import Setting
from data.drawn import zoo
from data.nets import networks
from tests.app.running import opened as opened_at
from tests.fresh import run as run_script
from xai_core import make_score
from xai_core.classwide.maximisation import maximise

pytestmark = pytest.mark.usefixtures("fresh")

PAGE = "labs/prototypes/page.py"
QUICK = {"ascent": "20", "painter": "zoo_vgg", "prototype": "frog", "jitter": "2", "tv": "0.5"}


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mean of four pictures takes a tenth of the time."""
    monkeypatch.setattr(compute, "PICTURES", 4)


def test_the_page_shows_what_the_core_paints() -> None:
    at = opened_at(PAGE, **QUICK, who_knows="all of them", tab="Explanations, averaged")
    assert not at.exception
    x = torch.zeros(1, 3, 64, 64)
    f = make_score(networks.load("zoo_vgg"), x, zoo.CLASSES.index("frog"), "logit")
    found = maximise(f, x, steps=20, jitter=2, tv=0.5)
    said = [m.value for m in at.markdown]
    words = f"logit {float(found.logits[-1, 0]):.1f}, total variation {float(found.variation[-1, 0]):.2f}"
    assert any(words in each for each in said)
    sure = {m.label: m.value for m in at.metric}
    assert sure["zoo_vgg (painter)"] == f"{float(found.probabilities[-1, 0]):.0%}"
    other = networks.load("zoo")(found.picture).softmax(1)[0, f.target[0]]
    assert sure["zoo"] == f"{float(other):.0%}"
    knows = sum(float(networks.load(n)(found.picture).softmax(1)[0, f.target[0]]) > 0.5 for n in compute.PAINTERS)
    assert sure["networks are more sure than not that it is a frog"] == f"{knows} of 3"
    table = next(each for each in said if "the bulging eyes" in each)
    eyes, rest, ground = (float(n) for n in re.findall(r"\| (\d+\.\d\d) \|", table))
    assert eyes > rest > ground


def test_nothing_is_told_before_the_guess() -> None:
    at = opened_at(PAGE, **QUICK)
    logit = float(compute.painted(Setting("zoo_vgg", "frog", 20, 2, 0.5, 1.0, 0.02, 0.0, "grey", 0)).logits[-1, 0])
    assert [m.value for m in at.metric] == [f"{logit:.1f}"] and any("your guess" in each.value for each in at.info)


def test_this_setting_as_python(tmp_path: Path) -> None:
    s = Setting("zoo", "cat", 10, 1, 1.0, 0.5, 0.02, 0.0, "grey", 3)
    (tmp_path / "it.py").write_text(compute.python(s), encoding="utf-8")
    done = run_script(tmp_path / "it.py", tmp_path)
    assert done.returncode == 0, done.stderr
    made = np.load(tmp_path / "prototype.npz")
    np.testing.assert_allclose(made["pictures"], compute.painted(s).pictures.numpy(), atol=1e-5)


@pytest.mark.real
def test_a_pretrained_network_paints(real_squeezenet: torch.nn.Module) -> None:
    s = Setting("squeezenet1_1", "tabby", 10, 4, 1.0, 1.0, 0.02, 0.0, "grey", 0)
    found = compute.painted(s)
    assert found.picture.shape == (1, 3, 224, 224) and found.logits[-1] > found.logits[0] + 5
    with torch.no_grad():
        sure = real_squeezenet(found.picture).softmax(1)[0, 281]
    known = compute.known(s, len(found.steps) - 1)
    assert known["squeezenet1_1"] == pytest.approx(float(sure), abs=1e-4)
