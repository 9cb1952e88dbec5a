"""Maps of two networks and of two pictures beside each other: against `explain`, kept, resumed, in a table by hand."""

import math
import shutil
from pathlib import Path

import pandas as pd
import pytest
from torch import Tensor, nn

from tests.toys import images
from tests.xai_core.benchmark import small_collection
from xai_core import Score, explain, kept_files, make_score, rank_correlation
from xai_core.benchmark import alike, alike_tables, uni
from xai_core.benchmark.__main__ import main
from xai_core.benchmark.cells import Cell
from xai_core.benchmark.exports import known
from xai_core.benchmark.maps import file_of

SMALL = "tests.xai_core.benchmark.small_collection"
NAN = float("nan")


def planned(keep: str = "", methods: tuple[str, ...] = ("simple_gradient",), pictures: int = 3) -> list[Cell]:
    judged = uni.cells(SMALL, ["small", "other"], [str(pictures)], methods, ["mufidelity"], keep=keep)
    return list(alike.cells(judged))


def test_every_map_beside_others() -> None:
    """Of 3 pictures, 2 networks and 2 methods: 12 maps beside their pictures, 8 of them beside the one before."""
    found = planned(methods=("simple_gradient", "gradient_x_input", "random"))
    assert len(found) == len({cell.key for cell in found}) == 12 + 3 * 2
    assert sum("other" in cell.settings for cell in found) == 6
    assert sum("other_picture" in cell.settings for cell in found) == 8
    assert {cell.settings["method"] for cell in found} == {"simple_gradient", "gradient_x_input"}  # no map by chance
    before = {
        cell.settings["picture"]: cell.settings.get("other_picture") for cell in found if "other" not in cell.settings
    }
    assert before == {"00000": None, "00001": "00000", "00002": "00001"}


def test_how_alike_they_are_as_explain_has_it() -> None:
    X = images(1, seed=0), images(1, seed=1)
    models = {name: small_collection.network(name) for name in ("small", "other")}
    said = {name: [int(model(x).argmax()) for x in X] for name, model in models.items()}
    A = {(name, i): explain(models[name], x, said[name][i], "simple_gradient")
         for name in models for i, x in enumerate(X)}  # fmt: skip
    found = {}
    for cell in planned(pictures=2):
        i = int(cell.settings["picture"])
        for row in alike.compare(cell.settings, cell.context):
            assert row["explained"] == said[cell.settings["network"]][i]
            found[cell.settings["network"], i, row["score"]] = row["value"]
    for name in models:
        assert found[name, 1, "other_picture"] == pytest.approx(float(rank_correlation(A[name, 1], A[name, 0])))
        for i, x in enumerate(X):
            bright = x.mean(1, keepdim=True).expand_as(x)
            assert found[name, i, "brightness"] == pytest.approx(float(rank_correlation(A[name, i], bright)))
    for i in range(2):
        same = said["small"][i] == said["other"][i]
        expected = float(rank_correlation(A["small", i], A["other", i])) if same else NAN
        assert found["small", i, "other_network"] == pytest.approx(expected, nan_ok=True)
    assert len(found) == 2 + 4 + 2


def test_the_maps_are_those_that_were_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A kept map is not made again: put in the place of another network's, it is like itself."""
    (pair,) = (cell for cell in planned(str(tmp_path), pictures=1) if "other" in cell.settings)
    alike.compare(pair.settings, pair.context)
    own = {name: value for name, value in pair.settings.items() if name not in (*alike.OTHERS, "alike")}
    theirs = own | {"network": "other", "weights": small_collection.weights("other")}
    one, other = (file_of(str(tmp_path), settings, "attribution") for settings in (own, theirs))
    assert sorted(tmp_path.iterdir()) == sorted([one, other])
    (judged,) = uni.cells(SMALL, ["small"], ["1"], ["simple_gradient"], ["mufidelity"], keep=str(tmp_path))
    assert file_of(str(tmp_path), judged.settings, "attribution") == one  # where UNI's cells keep it
    kept_files.write(other, kept_files.read(one)[0], {})

    def same_class(model: nn.Module, x: Tensor, target: str, output: str) -> Score:
        return make_score(model, x, 0, output)  # whatever they say, so that their maps are compared

    monkeypatch.setattr(alike, "make_score", same_class)
    assert alike.compare(pair.settings, pair.context)[0]["value"] == pytest.approx(1)


def test_the_rows_are_believed_elsewhere_and_a_network_less_leaves_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setenv("TQDM_DISABLE", "1")
    given = ["--collection", SMALL, "--tables", "uni", "alike", "--images", "3", "--methods", "simple_gradient"]
    given += ["--scores", "mufidelity", "randomisation"]
    here, there = tmp_path / "here", tmp_path / "there"
    assert main([*given, "--networks", "small", "other", "--out", str(here)]) == 0
    assert "reviewers asked: is the map of the network" in (here / "report.md").read_text(encoding="utf-8")
    first = known(here, "alike")
    assert sum(map(len, first.values())) == 6 + 4 + 3
    there.mkdir()
    shutil.copy(here / "rows.parquet", there)
    monkeypatch.setattr(alike, "compare", lambda *_: pytest.fail("it was measured before"))
    assert main([*given, "--networks", "small", "other", "--out", str(there)]) == 0
    assert "alike: 9 cells are those of rows.parquet, measured before." in capsys.readouterr().out
    assert main([*given, "--networks", "small", "--out", str(there)]) == 0  # the pairs stay
    assert known(there, "alike").keys() == first.keys()


def rows(score: str, method: str, values: list[float], **more: str) -> list[dict]:
    return [
        {"network": "zoo", "source": "zoo", "picture": str(i), "method": method, "score": score, "value": v} | more
        for i, v in enumerate(values)
    ]


def test_the_table_by_hand() -> None:
    """Eight pictures, three pairs of networks, one of which says another class. A map of edges stays in ruins."""
    up = [0.01 * i for i in range(8)]
    pairs = [("zoo_vgg", 0.5), ("zoo_vit", 0.7)]
    found = [row for other, mean in pairs for row in rows("other_network", "uni", [mean + v for v in up], other=other)]
    found += rows("other_network", "uni", [NAN] * 8, network="zoo_vgg", other="zoo_vit")
    found += rows("other_network", "guided_backprop", [0.3 + v for v in up], other="zoo_vgg")
    for method in ("uni", "guided_backprop"):
        found += rows("brightness", method, [-0.2] * 8) + rows("other_picture", method, [0.1 - v for v in up])
    ruins = rows("randomisation", "uni", [0.1] * 8) + rows("randomisation", "guided_backprop", [0.8] * 8)
    ruins += rows("randomisation", "lime", [0.8] * 8)  # no maps of it were compared
    (section,) = alike_tables.sections(pd.DataFrame(found), lambda scores: pd.DataFrame(ruins), str.title)
    *_, table, measured = section.parts
    assert table.head[2:] == ["Two networks", "Two pictures", "In ruins", "Brightness"]
    assert table.caption == "Pictures: zoo. Networks: Zoo; Zoo_Vgg"
    # |ρ|: (.5 + .7)/2 + .035; .1 − .01 i is positive, mean .065; eight of eight alike: p = 2⁻⁷, of six tests .047
    assert table.rows == [
        ["UNI", "8", ".635 ± .024", ".065 ± .024 ▼", ".100 ± .000 ▼", ".200 ± .000 ▼"],
        ["GBP", "8", ".335 ± .024", ".065 ± .024 ▼", ".800 ± .000 ▲", ".200 ± .000 ▼"],
    ]
    assert measured.folded and measured.rows[0][:5] == ["Zoo and Zoo_Vgg", "UNI", "8", "0", ".535"]
    assert measured.rows[2][:5] == ["Zoo_Vgg and Zoo_Vit", "UNI", "0", "8", "?"]
    assert all(math.isnan(row["value"]) == (row["network"] == "zoo_vgg") for row in found)


def test_one_network_alone_is_said_to_be_alone() -> None:
    found = pd.DataFrame(rows("brightness", "uni", [0.2, 0.4]) + rows("other_picture", "uni", [0.1]))
    (section,) = alike_tables.sections(found, lambda scores: pd.DataFrame(found[:0]), str)
    assert section.parts[2].rows == [["UNI", "0", "–", ".100 ± ?", "–", ".300 ± .141"]]
    assert section.parts[3].startswith("No two networks say the same class")
