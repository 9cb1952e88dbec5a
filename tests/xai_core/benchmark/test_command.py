"""`python -m xai_core.benchmark`: what it measures is what the scores say; resumed, extended, refused, estimated."""

import csv
import re
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest
import torch
from PIL import Image

from tests.toys import images
from tests.xai_core.benchmark import small_collection
from xai_core.benchmark import command_line, uni, uni_methods
from xai_core.benchmark.__main__ import main
from xai_core.benchmark.running import run
from xai_core.benchmark.store import Store
from xai_core.benchmark.uni_methods import CHANGED, symbols_of
from xai_core.evaluate.examination import Examination
from xai_core.evaluate.scores import SCORES
from xai_core.methods import catalogue

SCORED = ("mufidelity", "deletion_own", "gap", "inside_animal")
ROOT = Path(__file__).parents[3]
METHODS = ("integrated_gradients", "guided_backprop")


@pytest.fixture
def command(tmp_path, monkeypatch):
    """Runs the command on the small collection; the progress bars stay out of the way."""
    monkeypatch.setenv("TQDM_DISABLE", "1")
    for cached in (uni._examination, uni.network_of):
        cached.cache_clear()

    def called(*more: str) -> int:
        given = [
            "--collection",
            "tests.xai_core.benchmark.small_collection",
            "--out",
            str(tmp_path),
            "--tables",
            "uni",
            *more,
        ]
        return main([*given, *(["--networks", "small"] if "--networks" not in more else [])])

    return called


MEASURE = ("--images", "2", "--methods", *METHODS, "--scores", *SCORED, "--seed", "5")


def lines(folder) -> list[dict[str, str]]:
    with (folder / "rows.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_number_is_the_examinations(command, tmp_path, capsys):
    assert command(*MEASURE) == 0
    assert f"The report is {tmp_path / 'report.html'}" in capsys.readouterr().out
    found = lines(tmp_path)
    assert len(found) == 2 * (4 + 2) and {line["seed"] for line in found} == {"5"}
    for i in range(2):
        shown = small_collection.picture("small", "noise:2", f"{i:05d}")
        for method in METHODS:  # alone, in another order than the command's: no cell depends on another
            exam = Examination(small_collection.network("small"), images(1, seed=i), "predicted", shown.masks, 5, k=64)
            direct = exam.judge(method, SCORED, **uni_methods.STEPS.get(method, {}))
            kept = [line for line in found if line["picture"] == f"{i:05d}" and line["method"] == method]
            assert [line["score"] for line in kept] == list(uni_methods.scores_of(method, SCORED))
            for line in kept:
                assert float(line["value"]) == direct[line["score"]]
                assert line["explained"] == str(exam.label)
    assert {line["score"] for line in found if line["method"] == "guided_backprop"} == {"mufidelity", "inside_animal"}


def test_more_pictures_and_networks_cost_what_is_new(command, tmp_path, monkeypatch):
    judged, real = [], uni.judge
    monkeypatch.setattr(
        uni, "judge", lambda s, c, w: judged.append((s["network"], s["picture"], s["method"])) or real(s, c, w)
    )
    assert command(*MEASURE) == 0 and len(judged) == 4
    before = lines(tmp_path)
    assert command(*MEASURE) == 0 and len(judged) == 4 and lines(tmp_path) == before
    assert command("--images", "3", *MEASURE[2:], "--networks", "small", "other") == 0
    assert len(judged) == 12 and len(set(judged)) == 12
    after = lines(tmp_path)
    assert len(after) == 3 * len(before) and [line for line in after if line in before] == before
    (tmp_path / "report.md").unlink()
    assert command("--report-only") == 0 and len(judged) == 12
    assert "| Small | here, black | 3 |" in (tmp_path / "report.md").read_text(encoding="utf-8")


def test_changed_weights_are_another_cell(tmp_path, monkeypatch):
    store, given = (
        Store(tmp_path / "results.sqlite"),
        ("tests.xai_core.benchmark.small_collection", ["small"], ["1"], METHODS[1:], SCORED[:1]),
    )
    assert run(uni.cells(*given), store, progress=False).done == 1
    monkeypatch.setattr(small_collection, "weights", lambda name: "trained again")
    assert run(uni.cells(*given), store, progress=False).done == 1
    monkeypatch.setattr(uni, "RECIPE", 99)
    planned = list(uni.cells(*given))
    assert run(planned, store, progress=False).done == 1
    uni.network_of.cache_clear(), uni._examination.cache_clear()
    settings = {**planned[0].settings, "weights": "of another machine"}
    with pytest.raises(ValueError, match="this machine has other weights of network 'small'"):
        uni.judge(settings, planned[0].context, SCORED[:1])
    with pytest.raises(ValueError, match="picture '00000' of noise:1 is not the one that was planned"):
        uni.judge({**planned[0].settings, "digest": "before"}, planned[0].context, SCORED[:1])
    store.close()


def test_what_fails_is_told(command, tmp_path, monkeypatch, capsys):
    real = uni.judge

    def judge(settings, context, scores):
        if settings["picture"] == "00001":
            raise RuntimeError("out of ink")
        return real(settings, context, scores)

    monkeypatch.setattr(uni, "judge", judge)
    assert command(*MEASURE) == 1
    said = capsys.readouterr().err
    assert "failed: small, 00001, guided_backprop: RuntimeError: out of ink" in said and "2 cells failed." in said
    assert len(lines(tmp_path)) == 6
    assert "out of ink" in (tmp_path / "report.md").read_text(encoding="utf-8")
    monkeypatch.setattr(uni, "judge", real)
    assert command(*MEASURE) == 0 and len(lines(tmp_path)) == 12


def test_altered_numbers_are_named_and_measured_again(command, tmp_path, capsys):
    assert command(*MEASURE) == 0
    before = lines(tmp_path)
    with closing(sqlite3.connect(tmp_path / "results.sqlite")) as db, db:
        key = db.execute("SELECT key FROM plan WHERE position = 0").fetchone()[0]
        db.execute(
            "UPDATE results SET rows = replace(rows, 'gap', 'mufidelity') WHERE key = ? AND part = 'gap'", (key,)
        )
    capsys.readouterr()
    assert command("--report-only") == 0
    assert (
        "set aside: small, 00000, integrated_gradients: its kept rows are not those of its" in capsys.readouterr().err
    )
    assert len(lines(tmp_path)) == len(before) - 1
    assert "its kept rows are not those of its checksum" in (tmp_path / "report.md").read_text(encoding="utf-8")
    assert command(*MEASURE) == 0 and lines(tmp_path) == before


def test_interrupted(command, tmp_path, monkeypatch, capsys):
    real = uni.judge

    def judge(settings, context, scores):
        if settings["picture"] == "00001":
            raise KeyboardInterrupt
        return real(settings, context, scores)

    monkeypatch.setattr(uni, "judge", judge)
    assert command(*MEASURE) == 130
    assert "Stopped. 2 of 4 cells are kept; the same command goes on from there." in capsys.readouterr().err
    assert len(lines(tmp_path)) == 6


def test_the_estimate(command, capsys):
    command(*MEASURE)
    capsys.readouterr()
    assert command("--estimate", "50000", "--workers", "8") == 0
    said = capsys.readouterr().out
    assert "50,000 pictures × 2 methods × 1 networks = 100,000 cells: " in said and " with 8 workers" in said


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--images", "sheep:3"], "error: images is sheep:3; none of it suits network 'small'"),
        (["--networks", "big"], "error: network is 'big'; it must be one of small, other"),
        (["--target", "label"], "error: target is 'label', and 00000 of noise:20 has none; use 'predicted'"),
        (["--report-only"], "there is no results.sqlite in it: nothing was measured there yet"),
        (["--estimate", "5"], "there is no results.sqlite in it"),
        (["--collection", "no_such"], "error: collection must be a module that can be imported; got 'no_such'"),
    ],
)
def test_refusals(command, given, said, capsys):
    assert command(*given) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--workers", "-1"], "--workers must be 0 or more; got -1"),
        (["--seed", "-1"], "--seed must be a whole number from 0 to 2⁶³ − 1; got -1"),
        (["--estimate", "0"], "--estimate must be 1 or more; got 0"),
        (["--pair-images", "1"], "--pair-images must be 2 or more; got 1"),
        (["--hours", "0"], "--hours must be a number above 0; got 0"),
        (["--train", "0"], "--train must be 1 or more; got 0"),
        (["--scores", "magic"], "--scores must be of mufidelity, "),
        (["--scores", "zoo=gap"], "--scores names 'zoo', which is none of the networks that are measured"),
        (
            ["--model", "mine"],
            "--model must be MODULE:FUNCTION, such as mine:network, or resnet18,weights=FILE; got 'mine'",
        ),
        (
            ["--model", "mine:network", "--tables", "gad", "cost"],
            "--model is for the tables uni and alike; got --tables gad cost",
        ),
        (["--methods", "magic"], "--methods: methods must be of simple_gradient, "),
        (["--methods", "uni:Q=3"], "--methods: method 'uni:Q=3': uni takes B, T, eps, "),
        (["--methods", "uni:goal=none"], "--methods: goal "),
    ],
)
def test_bad_options(command, given, said, capsys):
    with pytest.raises(SystemExit) as stopped:
        command(*given)
    assert stopped.value.code == 2 and said in capsys.readouterr().err


def test_the_collection_in_the_docs_works(tmp_path, monkeypatch, capsys):
    text = (ROOT / "docs" / "benchmark.md").read_text(encoding="utf-8")
    code = re.search(r"```python\n(.*?)```", text, flags=re.S)[1]
    (tmp_path / "yours.py").write_text(code, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path), monkeypatch.setenv("TQDM_DISABLE", "1")
    given = re.search(r"`(--tables uni --collection yours .*?)`", text)[1].split()
    given += ["--methods", "simple_gradient", "random", "--scores", "mufidelity", "--out", str(tmp_path)]
    assert main(given) == 0 and len([line for line in code.splitlines() if line.strip()]) <= 20
    assert len(lines(tmp_path)) == 6
    assert "| tiny | here, black | 3 |" in (tmp_path / "report.md").read_text(encoding="utf-8")
    monkeypatch.setattr(sys.modules["yours"], "title", lambda name: {}[name], raising=False)  # knows no network
    assert main(["--report-only", "--collection", "yours", "--out", str(tmp_path)]) == 0
    assert main([*given, "--images", "5"]) == 2
    assert "this collection has no pictures of its own for 'tiny': name a source" in capsys.readouterr().err
    assert main(["--tables", "gad", "--collection", "yours", "--out", str(tmp_path)]) == 2
    assert "must have network, weights, PAIRS, apart for these tables; it lacks PAIRS, apart" in capsys.readouterr().err


@pytest.mark.parametrize(("digest", "number"), [("0000000000ff" + 52 * "a", 255), ("", 0xE3B0C44298FC), ("ff", 255)])
def test_a_random_map_follows_any_digest(digest, number):
    assert uni._number(digest) == number


def test_a_network_and_a_folder_suffice(tmp_path, monkeypatch, capsys):
    (tmp_path / "mine_here.py").write_text(
        "import torch\nfrom torch import nn\n"
        "def network():\n    torch.manual_seed(0)\n"
        "    layers = nn.Conv2d(3, 4, 5, 4), nn.GELU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3)\n"
        "    return nn.Sequential(*layers), 32\n"
        "def nothing():\n    return 7\n", encoding="utf-8",
    )  # fmt: skip
    (tmp_path / "photos").mkdir()
    for i in range(2):
        pixels = (images(1, seed=i)[0] * 255).byte().permute(1, 2, 0).numpy()
        Image.fromarray(pixels).resize((40, 40)).save(tmp_path / "photos" / f"{i}.png")
    monkeypatch.syspath_prepend(tmp_path), monkeypatch.setenv("TQDM_DISABLE", "1")
    given = ["--images", str(tmp_path / "photos"), "--out", str(tmp_path), "--scores", "mufidelity"]
    given += ["--methods", "guided_backprop", "integrated_gradients"]
    assert main(["--model", "mine_here:network", *given]) == 0
    found = lines(tmp_path)
    assert [line["source"] for line in found] == ["photos"] * 4  # no path of this machine
    assert {line["method"]: line["note"] for line in found} == {
        "guided_backprop": "plain gradient here", "integrated_gradients": "",
    }  # fmt: skip
    said = (tmp_path / "commands.txt").read_text(encoding="utf-8")
    assert "--model mine_here:network --images photos" in said and str(tmp_path) not in said
    for name, why in (("mine_here:nothing", "must return a torch.nn.Module, .module, side"), ("mine_here:no", "no")):
        assert main(["--model", name, *given]) == 2
        assert re.search(f"error: model (is )?'{name}'.*{why}", capsys.readouterr().err)
    labelled = ["--model", "mine_here:network", "--layout", "channels_last", "--fold-batchnorm", *given]
    assert main(labelled) == 0
    made = {line["made"] for line in lines(tmp_path)}
    assert made == {"", '{"fold_batchnorm":true,"layout":"channels_last"}'}
    assert "batch norm folded, channels last" in (tmp_path / "report.md").read_text(encoding="utf-8")


def test_without_a_gpu(command, capsys, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(SystemExit):
        command("--device", "cuda")
    assert "--device cuda needs a GPU that PyTorch can use" in capsys.readouterr().err


def test_the_defaults_are_the_papers():
    cells = list(uni.cells("tests.xai_core.benchmark.small_collection", ["small"], ["1"]))
    assert [cell.settings["method"] for cell in cells] == list(uni_methods.USUAL)
    assert len(uni_methods.METHODS) == 8 and cells[0].parts == tuple(SCORES)
    assert cells[0].settings["symbols"]["B"] == 30 and cells[4].settings["symbols"]["K"] == 3
    assert len({cell.group for cell in cells}) == 1


def test_a_method_with_other_symbols_has_a_column_of_its_own(command, tmp_path):
    given = (
        "--images",
        "1",
        "--scores",
        "gap",
        "--methods",
        "integrated_gradients",
        "integrated_gradients:B=3,rule=left",
    )
    assert command(*given) == 0
    found = {line["method"]: float(line["value"]) for line in lines(tmp_path)}
    exam = Examination(small_collection.network("small"), images(1), "predicted", k=64)
    few = exam.judge("integrated_gradients", ["gap"], B=3, rule="left")["gap"]
    assert found["integrated_gradients:B=3,rule=left"] == few != found["integrated_gradients"]
    said = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert "| IG | IG, B=3,rule=left |" in said.replace("\u2060", "")


def test_the_reviewers_methods_are_one_word():
    given = command_line.read(command_line.parser(""), ["--methods", "uni", "reviewers", "lime"])
    assert given.methods == ["uni", *CHANGED, "random", "lime"]
    changed = [set(symbols_of(method).items()) - set(symbols_of("uni").items()) for method in CHANGED]
    assert [len(each) for each in changed] == [1] * len(CHANGED)  # one thing at a time
    asked = {name for name, choice in catalogue()["uni"].options.items() if name != "rule"}
    assert {name for each in changed for name, _ in each} == asked


def test_the_pictures_own_classes_may_be_explained():
    cells = list(uni.cells("data.collection", ["digits"], ["3"], METHODS[:1], SCORED[:1], target="label"))
    assert [cell.settings["target"] for cell in cells] == [cell.settings["label"] for cell in cells]
    rows = [uni.judge(cell.settings, cell.context, cell.parts) for cell in cells]
    assert [row[0]["explained"] for row in rows] == [cell.settings["label"] for cell in cells]
