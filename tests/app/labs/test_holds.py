"""The page What holds: a guess first, then the verdict that the core gives of the shipped rows."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from app.labs.holds import compute
from tests.app.running import opened
from xai_core.benchmark import claims

PAGE = "labs/holds/page.py"
CLAIM = "Figure 4b: Outputs of convolutions: the gradients are better than random."
UNEVEN = np.array([0.0, 0.001, 0.002])


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three runs: SmoothGrad² clearly better than random, VarGrad clearly worse."""
    errors = {"random": 0.10 + 0 * UNEVEN, "SmoothGrad²": 0.05 + UNEVEN, "VarGrad": 0.20 + UNEVEN}
    rows = [
        {"table": "normlime", "key": f"{method}{share}{run}", "score": "error", "network": "digits", "kind": "conv",
         "method": method, "share": share, "run": run, "value": value}
        for share in (0.0, 0.5)
        for method, each in errors.items()
        for run, value in enumerate(each if share else 0.1 + 0 * each)
    ]  # fmt: skip
    pd.DataFrame(rows).to_parquet(tmp_path / "rows.parquet")
    claims.keep(claims.decided(tmp_path), tmp_path)
    monkeypatch.setattr(compute, "RESULTS", tmp_path)
    return tmp_path


@pytest.mark.usefixtures("shipped", "fresh")
def test_nothing_is_told_before_the_guess() -> None:
    at = opened(PAGE, paper="NormLIME", claim=CLAIM)
    assert not at.exception and not at.metric
    assert any("Make your guess" in each.value for each in at.info)
    assert not any("does not hold" in each.value for each in at.markdown)


@pytest.mark.usefixtures("shipped", "fresh")
def test_one_comparison_against_it_refutes_a_claim_and_the_page_says_how_many_are_for_it() -> None:
    at = opened(PAGE, paper="NormLIME", claim=CLAIM, holds_guess="it holds")
    assert not at.exception
    assert [(m.label, m.value) for m in at.metric] == [("comparisons are for it: **does not hold**", "1 of 2")]
    assert "You guessed it holds: it does not hold. 1 of 2 comparisons are for it, 1 against it." in at.success[0].value
    table = next(each.value for each in at.markdown if "95 % interval" in each.value)
    assert (
        "| digits, SmoothGrad² | random | 3 | +4.9 | " in table and "| digits, VarGrad | random | 3 | −10.1 |" in table
    )


@pytest.mark.usefixtures("fresh")
def test_without_numbers_the_page_says_how_to_measure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compute, "RESULTS", tmp_path)
    at = opened(PAGE)
    assert not at.exception and "python -m xai_core.benchmark" in at.info[0].value


def test_what_is_shipped_is_what_the_rows_say() -> None:
    root = Path(__file__).parents[3]
    results = root / "results" / "benchmark"
    assert claims.kept(results) == claims.decided(results)
    assert (root / "docs" / "what-holds.md").read_text(encoding="utf-8") == claims.text(claims.kept(results))
