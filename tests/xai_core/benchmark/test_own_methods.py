"""`--method module:function`: a method of your own beside the others, and its results are those of its code."""

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor

from tests.xai_core.benchmark import small_collection
from xai_core import methods
from xai_core.benchmark import command_line, uni, uni_methods
from xai_core.benchmark.cells import work
from xai_core.registry import load

NAME, DATA = f"{__name__}:mine", small_collection.__name__


def mine(f, x: Tensor, c=2.0) -> Tensor:
    x = x.detach().requires_grad_()
    return c * torch.autograd.grad(f(x).sum(), x)[0]


@pytest.fixture(autouse=True)
def nothing_stays() -> Iterator[None]:
    yield
    methods.registered.clear()


def cells(*said: str):
    given = command_line.read(command_line.parser(""), ["--collection", DATA, *said])
    return given, list(uni.cells(DATA, ["small"], ["1"], given.methods, ["mufidelity", "gap"], own=given.method))


def test_it_is_measured_beside_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    given, found = cells("--method", NAME, "--methods", "simple_gradient", "mine:c=1.0")
    assert given.tables == ["uni"] and given.methods == ["simple_gradient", "mine:c=1.0", "mine"]
    settings = {cell.settings["method"]: cell.settings for cell in found}
    assert settings["mine"]["symbols"] == {"c": 2.0} and len(settings["mine"]["code"]) == 64
    assert "code" not in settings["simple_gradient"]  # whose results stay where they are
    methods.registered.clear()  # as in another process
    results = [work(cell) for cell in found]
    assert not any(result.error for result in results)
    plain, other, own = ({row["score"]: row["value"] for row in result.rows}["mufidelity"] for result in results)
    assert own == pytest.approx(plain) == pytest.approx(other)  # its size does not count


def test_other_code_is_another_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    _, (cell,) = cells("--method", NAME, "--methods", "mine")
    monkeypatch.setattr(uni_methods.inspect, "getsource", lambda function: "def mine(f, x): return x")
    _, (changed,) = cells("--method", NAME, "--methods", "mine")
    assert changed.key != cell.key
    assert "another mine than the one that planned the run" in work(cell).error


def test_refusals(capsys: pytest.CaptureFixture[str]) -> None:
    for name, words in {"mine": "--method: method must be MODULE:FUNCTION", "nowhere:x": "No module named"}.items():
        with pytest.raises(SystemExit):
            cells("--method", name)
        assert words in capsys.readouterr().err
    assert load(NAME).name == "mine"
