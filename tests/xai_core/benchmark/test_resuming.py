"""What a later command costs: a score alone, a new machine nothing, a budget as many pictures in every row."""

import csv
import time
from types import SimpleNamespace

import pyarrow.parquet as pq
import pytest
import torch

from tests.xai_core.benchmark import small_collection
from tests.xai_core.benchmark.toy_cells import cells as toy_cells
from tests.xai_core.benchmark.toy_cells import worked_on
from xai_core.benchmark import batches, exports, uni
from xai_core.benchmark.__main__ import main
from xai_core.benchmark.cells import Cell, Result, heard_by, work
from xai_core.benchmark.running import run
from xai_core.benchmark.store import Store

SMALL = small_collection.__name__
METHODS = ("integrated_gradients", "guided_backprop")


@pytest.fixture
def asked(monkeypatch):
    """(network, picture, method, scores) of each cell that was worked on."""
    monkeypatch.setenv("TQDM_DISABLE", "1")
    found, real = [], uni.judge

    def judge(settings, context, scores):
        found.append((settings["network"], settings["picture"], settings["method"], tuple(scores)))
        return real(settings, context, scores)

    monkeypatch.setattr(uni, "judge", judge)
    for cached in (uni._examination, uni.network_of):
        cached.cache_clear()
    return found


def command(out, *more: str) -> int:
    networks = [] if "--networks" in more else ["--networks", "small"]
    methods = [] if "--methods" in more else ["--methods", *METHODS]
    return main(["--collection", SMALL, "--out", str(out), "--tables", "uni", *networks, *methods, *more])


def lines(folder) -> list[dict[str, str]]:
    with (folder / "rows.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_score_that_is_added_is_measured_alone_on_the_map_that_was_kept(asked, tmp_path, monkeypatch):
    assert command(tmp_path, "--images", "1", "--scores", "mufidelity") == 0
    first = lines(tmp_path)
    monkeypatch.setattr(small_collection, "network", lambda name: _no_gradient(small_collection.NETWORKS[name]))
    uni._examination.cache_clear(), uni.network_of.cache_clear()
    both = ("mufidelity", "deletion_own", "answer_x")
    assert command(tmp_path, "--images", "1", "--scores", *both) == 0  # no map is made again: it would fail
    assert asked[2:] == [
        ("small", "00000", "integrated_gradients", ("deletion_own", "answer_x")),
        ("small", "00000", "guided_backprop", ("answer_x",)),
    ]
    found = lines(tmp_path)
    assert [line for line in found if line["score"] == "mufidelity"] == first and len(found) == 5
    uni._examination.cache_clear(), uni.network_of.cache_clear()
    monkeypatch.undo()
    whole = tmp_path / "whole"
    assert command(whole, "--images", "1", "--scores", *both) == 0
    assert lines(whole) == found


def _no_gradient(seed: int) -> torch.nn.Module:
    """The same network, which refuses to be differentiated."""

    class Refuses(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x.clone()

        @staticmethod
        def backward(ctx, g):
            raise RuntimeError("a gradient was asked for")

    model = small_collection.seeded(small_collection.SmallCNN, seed=seed).eval()
    model.register_forward_pre_hook(lambda module, inputs: (Refuses.apply(inputs[0]),))
    return model


def test_a_batch_makes_maps_together_and_changes_them_by_rounding_alone(asked, tmp_path, monkeypatch):
    counted, real = [], batches.TOGETHER

    def told(name):
        stage, make = real[name]
        return stage, lambda model, X, *given: counted.append((name, len(X))) or make(model, X, *given)

    monkeypatch.setattr(uni, "TOGETHER", {name: told(name) for name in real})
    monkeypatch.setattr(batches, "TOGETHER", uni.TOGETHER)
    given = (
        "--images",
        "3",
        "--scores",
        "mufidelity_signed",
        "gap",
        "--methods",
        "uni",
        "guided_ig",
        "simple_gradient",
    )
    assert command(tmp_path / "batch", *given, "--batch", "2") == 0
    assert counted == [("uni", 2), ("guided_ig", 2), ("uni", 1), ("guided_ig", 1)]
    assert command(tmp_path / "alone", *given) == 0
    for one, other in zip(lines(tmp_path / "batch"), lines(tmp_path / "alone"), strict=True):
        assert one["key"] == other["key"]
        assert float(one["value"]) == pytest.approx(float(other["value"]), rel=1e-3, abs=1e-4)
    with pytest.raises(SystemExit):
        command(tmp_path, "--batch", "2", "--no-maps")


def test_without_kept_maps_nothing_lies_there(asked, tmp_path):
    assert command(tmp_path, "--images", "1", "--scores", "answer_x", "--no-maps") == 0
    assert not (tmp_path / "maps").exists() and len(asked) == 2


def test_scores_may_differ_by_network(asked, tmp_path):
    given = ("--images", "1", "--networks", "small", "other", "--methods", "guided_backprop")
    assert command(tmp_path, *given, "--scores", "answer_x", "other=answer_black,mufidelity") == 0
    assert {network: scores for network, _, _, scores in asked} == {
        "small": ("answer_x",), "other": ("mufidelity", "answer_black"),
    }  # fmt: skip


def test_pictures_come_in_turn_of_all_networks(asked, tmp_path):
    given = ("--networks", "small", "other", "--methods", "guided_backprop", "--scores", "answer_x")
    assert command(tmp_path, "--images", "2", *given) == 0
    assert [(picture, network) for network, picture, *_ in asked] == [
        ("00000", "small"), ("00000", "other"), ("00001", "small"), ("00001", "other"),
    ]  # fmt: skip


def test_a_new_machine_goes_on_from_the_rows_that_were_committed(asked, tmp_path, capsys):
    given = ("--scores", "mufidelity", "inside_animal", "gap")
    assert command(tmp_path, "--images", "2", *given) == 0
    before, report = lines(tmp_path), (tmp_path / "report.md").read_text(encoding="utf-8")
    for file in tmp_path.glob("results.sqlite*"):
        file.unlink()
    (tmp_path / "rows.csv").unlink()
    asked.clear()
    assert command(tmp_path, "--images", "2", *given) == 0 and asked == []
    assert "uni: 4 cells are those of rows.parquet, measured before." in capsys.readouterr().out
    assert lines(tmp_path) == before and (tmp_path / "report.md").read_text(encoding="utf-8") == report
    for file in tmp_path.glob("results.sqlite*"):
        file.unlink()
    assert command(tmp_path, "--images", "3", *given) == 0
    assert {picture for _, picture, *_ in asked} == {"00002"}
    assert [line for line in lines(tmp_path) if line["picture"] != "00002"] == before


def test_what_a_command_does_not_name_stays_in_the_report(asked, tmp_path):
    given = ("--scores", "mufidelity", "--methods")
    assert command(tmp_path, "--images", "2", *given, "simple_gradient") == 0
    assert command(tmp_path, "--images", "1", "--networks", "other", *given, "simple_gradient") == 0
    assert command(tmp_path, "--images", "1", *given, "guided_backprop") == 0
    shown = [(line["network"], line["method"], line["picture"]) for line in lines(tmp_path)]
    assert sorted(shown) == [
        ("other", "simple_gradient", "00000"), ("small", "guided_backprop", "00000"),
        ("small", "simple_gradient", "00000"), ("small", "simple_gradient", "00001"),
    ]  # fmt: skip
    assert command(tmp_path, "--images", "1", *given, "simple_gradient") == 0  # fewer pictures of what is named
    assert len(lines(tmp_path)) == 3
    said = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert command(tmp_path, "--images", "1", "--scores", "answer_x", "--methods", "simple_gradient") == 0
    assert len(lines(tmp_path)) == 4  # one score more, and those that were not named
    assert "| Small | here, black | 1 |" in said and "| Other | here, black | 1 |" in said


def test_the_report_alone_needs_no_more_than_the_rows(asked, tmp_path):
    assert command(tmp_path, "--images", "2", "--scores", "mufidelity") == 0
    tables = (tmp_path / "report.md").read_text(encoding="utf-8").partition("## UNI")[2]
    for file in tmp_path.glob("results.sqlite*"):
        file.unlink()
    assert main(["--collection", SMALL, "--out", str(tmp_path), "--report-only"]) == 0
    assert (tmp_path / "report.md").read_text(encoding="utf-8").partition("## UNI")[2] == tables


def test_rows_are_believed_for_keys_that_were_planned_and_for_no_others(tmp_path):
    store, log = Store(tmp_path / "results.sqlite"), tmp_path / "log"
    wanted = toy_cells(2, log)
    foreign = {wanted[0].key: [{"score": "square", "value": 7, "n": 0}], "0" * 64: [{"score": "square", "value": 9}]}
    outcome = run(wanted, store, progress=False, known=foreign)
    assert (outcome.believed, outcome.kept_before, outcome.done) == (1, 1, 1) and worked_on(log) == [1]
    assert [row["value"] for row in store.rows("cells")][:1] == [7] and store.db.execute(
        "SELECT COUNT(*) FROM results"
    ).fetchone() == (2,)
    store.close()


def test_rows_of_other_plans_stay_in_the_file(tmp_path):
    first = Store(tmp_path / "one.sqlite")
    for name in ("uni", "gad"):
        cell = Cell("m:f", {"of": name})
        first.plan(name, [cell])
        first.keep(Result(cell.key, [{"score": "gap", "value": 0.1 + 0.2}]))
    exports.export(first, tmp_path)
    again, cell = Store(tmp_path / "two.sqlite"), Cell("m:f", {"of": "uni", "n": 1})
    again.plan("uni", [cell])
    again.keep(Result(cell.key, [{"score": "gap", "value": 1.0}]))
    assert exports.export(again, tmp_path) == 2
    found = pq.read_table(tmp_path / "rows.parquet").to_pylist()
    assert [(row["table"], row["of"], row["value"]) for row in found] == [
        ("uni", "uni", 1.0),
        ("gad", "gad", 0.1 + 0.2),
    ]
    (tmp_path / "rows.parquet").write_text("no parquet")
    with pytest.raises(ValueError, match=r"rows\.parquet must be rows that a benchmark wrote; it cannot be read"):
        exports.export(again, tmp_path)
    first.close(), again.close()


def clock(monkeypatch, seconds) -> None:
    """Time as the command sees it."""
    for module in ("running", "__main__"):
        told = SimpleNamespace(monotonic=seconds, perf_counter=time.perf_counter)
        monkeypatch.setattr(f"xai_core.benchmark.{module}.time", told)


def test_when_the_time_is_up_every_row_rests_on_as_many_pictures(tmp_path, monkeypatch):
    store, log = Store(tmp_path / "results.sqlite"), tmp_path / "log"
    clock(monkeypatch, lambda: len(worked_on(log)))  # a second a cell
    planned = [Cell(c.function, c.settings, c.context, turn=c.settings["n"] // 3) for c in toy_cells(9, log)]
    outcome = run(planned, store, progress=False, until=5)
    assert (outcome.turns, outcome.planned, outcome.done) == (1, 9, 5)
    assert store.count("cells") == (3, 3)  # what was begun of the second turn is kept, and not shown
    again = run(planned, store, progress=False, until=60)
    assert again.turns is None and worked_on(log) == list(range(9)) and again.kept_before == 5
    store.close()


def test_hours_on_the_command_line(asked, tmp_path, monkeypatch, capsys):
    clock(monkeypatch, lambda: 1000.0 * len(asked))
    assert command(tmp_path, "--images", "9", "--scores", "answer_x", "--hours", "1") == 0
    assert (
        "uni: the time is up after 4 of 18 cells; the tables show 2 pictures of each network."
        in capsys.readouterr().out
    )
    assert [(line["picture"], line["method"]) for line in lines(tmp_path)] == [
        (picture, method) for picture in ("00000", "00001") for method in METHODS
    ]


def test_a_cell_says_what_it_is_at(tmp_path):
    said: list[str] = []
    cell = next(iter(uni.cells(SMALL, ["small"], ["1"], METHODS[:1], ("mufidelity", "gap"))))
    with heard_by(said.append):
        assert not work(cell).error
    assert said[0] == "small, 00000, integrated_gradients"
    assert [each.rpartition(": ")[2] for each in said[1:]] == ["map", "curves and subsets", "path"]
