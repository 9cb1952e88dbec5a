"""The command for the GAD paper's tables: what it measures, by other means; stopped and started again; what it says."""

import csv

import pytest
import torch
from toys import SmallCNN, images, seeded

from tests import gad_paper, gad_tables
from xai_core import important_pixels, make_score, simple_gradient, support_networks

NAN = float("nan")


def small_case(pictures: int = 6) -> gad_tables.Case:
    model, X = seeded(SmallCNN).eval(), images(pictures)
    labels = torch.arange(pictures) % 2
    supports = support_networks(model, X, labels, (0, 1), (1, 3), epochs=3, rate=1e-3)
    return gad_tables.Case("Cat x Dog", "VGG", model, (0, 1), X, labels, supports)


def test_what_a_row_holds():
    case = small_case()
    rows = gad_tables.measure(case, "simple_gradient", 1, case.X)
    maps, masks = [], []
    for network in (case.model, *(s.model for s in case.supports)):
        maps.append(simple_gradient(make_score(network, case.X, 1, output="logit"), case.X))
        masks.append(important_pixels(maps[-1])[:, 0])
    left = (masks[0] & masks[1] & masks[2]).flatten(1).sum(1)
    assert rows[:, 0].tolist() == left.tolist()
    assert ((rows[:, 1] > 0) & (rows[:, 1] <= 1)).all() and ((rows[:, 4] > 0) & (rows[:, 4] <= 1)).all()
    own = gad_tables.hull(masks[0][0])
    assert rows[0, 6] + rows[0, 7] == own.mask.sum()  # GAD's hull and what the original's has more
    f = make_score(case.model, case.X[:1], 1, output="logit")
    covered = gad_tables.hull(masks[0][0] & masks[1][0] & masks[2][0]).mask
    change = (f(case.X[:1]) - f(case.X[:1] * ~covered)).abs().item() / int(covered.sum())
    assert rows[0, 2].item() == pytest.approx(change, rel=1e-5)
    rival = gad_tables.strongest(maps[0][0], int(left[0]))
    assert rival.sum() == left[0] and not (rival & ~masks[0][0]).any()
    assert rows[0, 4].item() == gad_tables.hull(rival).area / own.area


def test_the_strongest_pixels_by_hand():
    A = torch.tensor([[[4.0, -3, 0], [1, -2, 0]], [[0, -3, 0], [1, 2, 0.2]]])  # Σ: 4 −6 0 / 2 0 0.2
    assert gad_tables.strongest(A, 2).int().tolist() == [[1, 1, 0], [0, 0, 0]]
    assert gad_tables.strongest(A, 3).int().tolist() == [[1, 1, 0], [1, 0, 0]]
    assert not gad_tables.strongest(A, 0).any()


def test_stopped_and_started_again(tmp_path, monkeypatch):
    """Nothing is measured twice, and the rows are those of a run that nobody stopped."""
    monkeypatch.setattr(gad_tables, "BLOCK", 2)
    real, asked = gad_tables.measure, []

    def until_the_third(case, method, c, X, important):
        asked.append((method, c))
        if len(asked) == 3:
            raise KeyboardInterrupt
        return real(case, method, c, X, important)

    monkeypatch.setattr(gad_tables, "measure", until_the_third)
    case, methods = small_case(), ("simple_gradient", "gradient_x_input")
    with pytest.raises(KeyboardInterrupt):
        gad_tables.measured([case], methods, tmp_path / "one")
    resumed = gad_tables.measured([case], methods, tmp_path / "one")
    assert len(asked) == 3 + 12 - 2  # of 2 methods × 2 classes × 3 blocks two were kept
    whole = gad_tables.measured([case], methods, tmp_path / "other")
    for key, rows in whole.items():
        torch.testing.assert_close(rows, resumed[key], rtol=0, atol=0, equal_nan=True)
    again = len(asked)
    gad_tables.measured([case], methods, tmp_path / "one")
    assert len(asked) == again
    gad_tables.measured([case], methods, tmp_path / "one", "above")  # another rule is another measurement
    assert len(asked) == again + 12


def test_the_whole_command(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(gad_tables, "drawn", lambda images, keep: [small_case(images)])
    monkeypatch.setattr(
        "sys.argv", ["gad_tables", "--images", "4", "--out", str(tmp_path), "--methods", gad_tables.METHODS[0]]
    )
    gad_tables.main()
    said = capsys.readouterr().out
    assert said.strip() == (tmp_path / "report.md").read_text(encoding="utf-8").strip()
    with (tmp_path / "rows.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 8 and {row["class"] for row in rows} == {"0", "1"}
    won = sum(float(row["RC"]) < 1 for row in rows if row["class"] == "0")
    assert f"| Cat x Dog | VGG | GAD 1 | {won} (155) |" in said


def test_counts_and_verdicts_by_hand():
    case = small_case(2)
    rows = torch.tensor(
        [[9, 0.5, 2.0, 1, 0.4, 3, 5, 9], [4, 1.0, 4, NAN, 0.9, 1, 7, 0], [0, NAN, NAN, 1, NAN, NAN, 0, 3]]
    )
    found = {(case, "simple_gradient", 0): rows, (case, "simple_gradient", 1): rows.flip(0)}
    said = gad_paper.report(found, ["simple_gradient"])
    assert "| Cat x Dog | VGG | Orig. 1 | 2 (357) |" in said and "| Cat x Dog | VGG | GAD 2 | 1 (348) |" in said
    assert "| Cat x Dog | VGG | Sup. 1 | 100 (0.08) |" in said and "| Cat x Dog | VGG | GAD 1 | 300 (0.13) |" in said
    assert "smaller hull for most pictures in 0 of 2 columns (paper: 5 of 8)" in said
    assert "larger mean RS than the supplementary region in 2 of 2 (paper: 3 of 8)" in said
    assert "the smaller mean RC in 0 of 2, the larger mean RS in 2 of 2" in said
    assert "In 100% of the maps the region of fewer pixels" in said and "Nothing is left of 33.3%" in said


def test_the_papers_counts():
    """No column has more than its 512 pictures; of the paper's 40 columns GAD wins 37, and 35 by RS."""
    for both in gad_paper.WINS.values():
        for orig, gad in both:
            assert all(o + g <= 512 for o, g in zip(orig, gad, strict=True))
    columns = [(g, o) for both in gad_paper.WINS.values() for orig, gad in both for o, g in zip(orig, gad, strict=True)]
    assert gad_paper.better(columns) == "37 of 40"
    columns = [(g, s) for both in gad_paper.RS.values() for sup, gad in both for s, g in zip(sup, gad, strict=True)]
    assert gad_paper.better(columns) == "35 of 40"
