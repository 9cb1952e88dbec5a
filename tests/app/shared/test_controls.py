"""Controls follow from symbols: every method has its own, those of a new method appear by themselves."""

from types import SimpleNamespace
from typing import Annotated, Any

import pytest
import torch
from torch import Tensor

import xai_core
from app.shared import controls
from tests.app.running import opened, ran
from xai_core import catalogue, methods
from xai_core.symbols import Symbol

pytestmark = pytest.mark.usefixtures("fresh")


def test_every_symbol_and_choice_has_a_control() -> None:
    made = controls.controls()
    for name, method in xai_core.catalogue().items():
        mine = {c.name: c for c in made if name in c.methods}
        assert set(mine) == {*method.symbols, *method.options}
        for symbol, declared in {**method.symbols, **method.options}.items():
            assert mine[symbol].declared.default == declared.default
    assert len({c.key for c in made}) == len(made)


def test_a_new_symbol_of_a_new_method_appears_by_itself(monkeypatch: pytest.MonkeyPatch, seen: SimpleNamespace) -> None:
    waves = Annotated[int, Symbol("Q", "Q", "number of waves", "waves", low=1, high=9, step=1, least=1, whole=True)]

    def wave(f: Any, x: Tensor, Q: waves = 4) -> Tensor:  # type: ignore[valid-type]
        return torch.full_like(x, Q)

    rows = catalogue() | {"wave": methods.Method(wave, "Wave", "none", "nobody")}
    monkeypatch.setattr(methods, "_rows", lambda: rows)
    at = opened(method="Wave")
    assert float(seen.maps["Wave"].max()) == 4
    at.slider(key="Q_wave").set_value(7)
    ran(at)
    assert float(seen.maps["Wave"].max()) == 7
