"""The reader's own method in the app: beside its reference, on its own panel where it breaks, never for a class."""

import time
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
import torch
from torch import Tensor

import xai_core
from app.shared import own_method, stages
from tests.app.running import opened
from xai_core import methods
from xai_core.registry import row_of

NAME = "tests.app.shared.test_own_method:{}"
QUICK = {"method": ["Integrated Gradients", "Mine", "Simple gradient"]}


def slope(f, x: Tensor) -> Tensor:
    x = x.detach().requires_grad_()
    return torch.autograd.grad(f(x).sum(), x)[0]


def my_ig(f, x, B=30, baseline="black", seed=0):
    start = xai_core.make_baseline(x, baseline, seed)
    return (x - start) * sum(slope(f, start + k / B * (x - start)) for k in range(1, B + 1)) / B


MINE = row_of(my_ig, claims="integrated_gradients", title="Mine")


def breaks(f, x, B=15):
    return {}["nothing"]


def breaks_on_its_way(f, x, B=15, baseline="black"):
    return my_ig(f, x, B, baseline)


BREAKS = row_of(breaks, claims="integrated_gradients", title="Mine")
ASTRAY = row_of(breaks_on_its_way, path=lambda α, start, x: x[9], title="Mine")


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """A server for nobody else, and no method of another test."""
    monkeypatch.setenv("XAI_CLASS", "0")
    for known in (own_method._asked, own_method._rests):
        monkeypatch.setattr(own_method, "_asked" if known is own_method._asked else "_rests", type(known)())
    own_method._loaded.cache_clear()
    yield monkeypatch
    methods.registered.clear()
    own_method._loaded.cache_clear()


@pytest.mark.usefixtures("fresh")
def test_it_stands_beside_its_reference_and_moves_with_it(here: pytest.MonkeyPatch, seen: SimpleNamespace) -> None:
    here.setenv(own_method.VARIABLE, NAME.format("MINE"))
    at = opened(**QUICK, B="20")
    assert list(seen.maps) == QUICK["method"] and not seen.failures
    torch.testing.assert_close(seen.maps["Mine"], seen.maps["Integrated Gradients"], rtol=1e-3, atol=1e-6)
    assert seen.captions["Mine"] == seen.captions["Integrated Gradients"]  # the gap, too
    assert any("def my_ig(f, x, B=30" in code.value for code in at.code)
    assert "20 gradients" in next(m.value for m in at.markdown if "cost just now" in m.value).split("Mine")[1]
    text = seen.files[0]
    assert f'xai_core.load("{NAME.format("MINE")}")' in text and '"my_ig", ' in text


@pytest.mark.usefixtures("fresh")
def test_pages_begin_with_it(here: pytest.MonkeyPatch, seen: SimpleNamespace) -> None:
    here.setenv(own_method.VARIABLE, NAME.format("MINE"))
    opened()
    assert list(seen.maps) == ["Integrated Gradients", "Mine", "Simple gradient", "UNI"]
    at = opened("labs/paths/page.py")
    assert at.multiselect(key="way").value == ["straight from black", "Mine, a way of mine"]
    assert not at.error


@pytest.mark.usefixtures("fresh")
def test_what_breaks_hurts_nobody_else(here: pytest.MonkeyPatch, seen: SimpleNamespace) -> None:
    here.setenv(own_method.VARIABLE, NAME.format("BREAKS"))
    at = opened(**QUICK)
    assert list(seen.maps) == ["Integrated Gradients", "Simple gradient"] and not at.error
    assert "breaks stopped with KeyError: 'nothing', at «return" in seen.failures["Mine"]


@pytest.mark.usefixtures("fresh")
def test_a_way_that_breaks_ends_nothing_but_itself(here: pytest.MonkeyPatch) -> None:
    here.setenv(own_method.VARIABLE, NAME.format("ASTRAY"))
    at = opened("labs/paths/page.py")
    (told,) = at.error
    assert "Mine, a way of mine: the path of breaks" in told.value.replace("\\", "") and "IndexError" in told.value
    assert any("completeness" in m.value.lower() for m in at.markdown)  # all below is there


def test_what_hangs_is_given_up_and_rests(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def hangs(f, x):
        asked.append(len(asked))
        while True:
            pass

    monkeypatch.setattr(own_method, "LIMIT", 0.2)
    row = own_method.within_limit(row_of(hangs))
    for _ in range(2):
        with pytest.raises(RuntimeError, match=r"hangs gave no map within 0\.2 s\. It is not asked again"):
            row.function(lambda x: x.sum(1), torch.ones(1, 2))
    assert asked == [0]
    time.sleep(0.1)  # its thread ends at its next line
    assert "hangs" not in {thread.name for thread in own_method.threading.enumerate()}


def test_what_nobody_knows_yet_is_shown_last(here: pytest.MonkeyPatch) -> None:
    here.setenv(own_method.VARIABLE, NAME.format("MINE"))
    row = own_method.own().row
    assert row is not None and own_method.new("my_ig") and stages.dear(None, "my_ig", {})  # type: ignore[arg-type]
    row.function(lambda x: x.flatten(1).sum(1), torch.ones(1, 3, 4, 4))
    assert not own_method.new("my_ig")


def test_a_class_has_none(here: pytest.MonkeyPatch) -> None:
    here.setenv("XAI_CLASS", "1")
    here.setenv(own_method.VARIABLE, NAME.format("MINE"))
    assert own_method.own() == own_method.Own() and "my_ig" not in xai_core.catalogue()
    assert own_method.beside(("uni", "lime"), 4) == ["uni", "lime"]


def test_a_name_that_leads_nowhere_is_told(here: pytest.MonkeyPatch) -> None:
    here.setenv(own_method.VARIABLE, "nowhere:my_ig")
    at = opened("labs/start/page.py")
    (told,) = at.warning
    assert "METHOD: method is 'nowhere:" in told.value and "No module named" in told.value
