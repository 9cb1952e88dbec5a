"""The shipped numbers beside the papers', as the benchmark's report has them."""

from pathlib import Path

import pandas as pd
import pytest

from app.shared import shipped
from data import collection
from tests.app.running import opened
from xai_core.benchmark import report
from xai_core.benchmark.documents import as_json

ROW = {"table": "uni", "network": "zoo", "source": "zoo", "picture": "0", "score": "mufidelity"}


@pytest.fixture
def rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    values = {("uni", "0"): 0.5, ("uni", "1"): 0.7, ("agi", "0"): 0.25, ("agi", "1"): 0.35}
    found = [{**ROW, "method": m, "picture": i, "key": m + i, "value": v} for (m, i), v in values.items()]
    pd.DataFrame(found).to_parquet(tmp_path / "rows.parquet")
    (tmp_path / "tables.json").write_text(as_json(list(report.sections(tmp_path, collection.title))))
    monkeypatch.setattr(shipped, "RESULTS", tmp_path)


@pytest.mark.usefixtures("rows", "fresh")
def test_a_judge_shows_its_table_of_many_pictures() -> None:
    about = {"judge": "MuFidelity", "candidate": "edges of the picture"}
    at = opened("labs/scoreboard/page.py", **about)
    table = next(each.value for each in at.markdown if "| Network |" in each.value)
    ours = next(line for line in table.splitlines() if "here" in line)
    assert "| 2 | .600 ± .141 |" in ours and ".300 ± .071" in ours  # means of .5 and .7, of .25 and .35
    assert "| ResNet-18 | paper |" in table and ".12 ± .124" in table


@pytest.mark.usefixtures("fresh")
def test_what_is_not_shipped_is_not_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shipped, "RESULTS", tmp_path)
    at = opened("labs/scoreboard/page.py", judge="MuFidelity", candidate="edges of the picture")
    assert not any("| Network |" in each.value for each in at.markdown)
