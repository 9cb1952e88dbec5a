"""Figure 4 of the NormLIME paper: its cells alone, together and again; its tables and its figure from known errors."""

import base64
import itertools

import pytest
import torch

from data.training.retraining import SCHOOLING
from xai_core.benchmark import normlime, normlime_tables
from xai_core.benchmark.cells import Cell, heard_by, work
from xai_core.benchmark.documents import Document, markdown, page
from xai_core.evaluate.keep_and_retrain import keep_and_retrain
from xai_core.figures.keep_and_retrain import kar_figure

SMALL = {"kinds": ["conv"], "shares": [0.5, 0.9], "runs": 2, "N": 40, "K": 5, "each": 2}


@pytest.fixture
def quick(monkeypatch):
    """One pass over the digits instead of ten."""
    monkeypatch.setitem(SCHOOLING, "digits", (1, 64))
    normlime._opened.cache_clear()
    normlime._order.cache_clear()
    yield
    normlime._opened.cache_clear()


def plan(methods: tuple[str, ...] = ("random", "NormLIME"), **given) -> list[Cell]:
    return list(normlime.cells(methods=methods, **SMALL | given))


# Cells


def test_the_whole_figure():
    """Two panels of six methods, nine shares, five runs, and one cell in each that drops nothing."""
    cells = list(normlime.cells())
    assert len(cells) == 2 * (6 * 9 + 1) == len({cell.key for cell in cells})
    assert [cell.settings["share"] for cell in cells[:3]] == [0.0, 0.1, 0.2]
    groups = [group for group, _ in itertools.groupby(cells, lambda cell: cell.group)]
    assert len(groups) == len(set(groups)) == 12  # what shares an order stands together
    assert {cell.settings["runs"] for cell in cells} == {5}


def test_a_cell_has_the_same_rows_alone_and_again(quick):
    cells = plan()
    once = [work(cell) for cell in cells]
    assert not any(result.error for result in once)
    assert [[row["run"] for row in result.rows] for result in once] == [[0, 1]] * 5
    values = torch.tensor([[row["value"] for row in result.rows] for result in once], dtype=torch.double)
    assert (values >= 0).all() and torch.allclose(values * 599, (values * 599).round())  # whole digits
    assert values[0].max() < 0.2 and values[2].mean() > values[0].mean()  # 90 % by lot hurt
    assert work(cells[4]).rows == once[4].rows
    together = normlime.retrain_together(cells[3:])
    for rows, result in zip(together, once[3:], strict=True):
        for row, alone in zip(rows, result.rows, strict=True):
            assert row["value"] == pytest.approx(alone["value"], abs=3 / 599)
    task, order = normlime._opened("data.collection", "digits", "conv", "cpu", None), normlime.order(*_of(cells[4]))
    one_by_one = keep_and_retrain(order, lambda kept, run: task.errors(kept[None], [run])[0], [0.9], runs=2)
    assert one_by_one.errors[0].tolist() == pytest.approx(values[4].tolist(), abs=3 / 599)


def _of(cell: Cell) -> tuple:
    return cell.settings, cell.context


def test_an_order_is_kept_and_found(quick, tmp_path, monkeypatch):
    first, *_ = [cell for cell in plan(keep=str(tmp_path)) if cell.settings["method"] == "NormLIME"]
    order = normlime.order(first.settings, first.context)
    assert order.shape == (256,) and (order > 0).any() and (order >= 0).all()
    normlime._order.cache_clear()
    monkeypatch.setattr(normlime, "global_importance", None)  # nobody asks the network again
    assert torch.equal(normlime.order(first.settings, first.context), order)
    kept = normlime.kept_of(first.settings, first.context)
    assert kept.sum(1).tolist() == [128, 128] and order[kept[0]].min() >= order[~kept[0]].max()
    with pytest.raises(TypeError):  # other settings are another order
        normlime.order({**first.settings, "K": 6}, first.context)


def test_fewer_digits_are_another_cell_and_are_told(quick):
    cells = plan(methods=("NormLIME",), train=200, shares=[0.5])
    assert {cell.settings["train"] for cell in cells} == {200} and cells[1].key != plan(methods=("NormLIME",))[1].key
    said: list[str] = []
    with heard_by(said.append):
        results = [work(cell) for cell in cells]
    assert [len(result.rows) for result in results] == [2, 2] and not any(result.error for result in results)
    assert said[-1].startswith("digits, conv, NormLIME, 0.5: step ")
    assert len(normlime._opened("data.collection", "digits", "conv", "cpu", 200).features.train_images) == 200
    rows = [cell.settings | row for cell, result in zip(cells, results, strict=True) for row in result.rows]
    assert "Learned from 200 digits." in told_of(rows)
    with pytest.raises(ValueError, match="learned is 9; of digits it must be from 64, a batch, to 1198"):
        plan(train=9)


def test_other_digits_or_weights_are_refused():
    cell = plan()[1]
    changed = Cell(cell.function, {**cell.settings, "digest": "0" * 64}, cell.context)
    assert changed.key != cell.key
    assert "ValueError: this machine has other digits or weights of 'digits'" in work(changed).error


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"methods": ["magic"]}, "method .* must be one of random, .*got 'magic'"),
        ({"runs": 0}, "runs .* at least 1; got 0"),
        ({"K": 0}, "K .* at least 1; got 0"),
        ({"kinds": ["edges"]}, "kind is 'edges'"),
        ({"network": "zoo"}, "data is 'zoo'; it must be one of digits, mnist"),
        (
            {"data": "data.digits"},
            "collection 'data.digits' must have retraining for these tables; it lacks retraining",
        ),
        ({"data": "nowhere"}, "collection must be a module that can be imported; got 'nowhere'"),
    ],
)
def test_bad_plans(given, words):
    with pytest.raises(ValueError, match=words):
        list(normlime.cells(**SMALL | given))


# Tables

GAINS = {"random": 4.0, "VarGrad": 2.0, "SmoothGrad²": 2.0, "KernelSHAP": 1.0, "LIME": 1.0, "NormLIME": 0.5}


def rows(kinds=("pixels", "conv"), methods=tuple(GAINS), shares=(0.3, 0.5, 0.9)) -> list[dict]:
    """Nothing dropped: 1, 2 and 3 %. A method gains its number, times the share; NormLIME in one run one more."""
    found = []
    for kind in kinds:
        for method, share in [("random", 0.0), *itertools.product(methods, shares)]:
            for run in (2, 0, 1):  # in any order
                error = 1.0 + run + GAINS[method] * share + (method == "NormLIME" and run == 2)
                found.append(
                    {
                        "network": "digits",
                        "kind": kind,
                        "method": method,
                        "share": share,
                        "run": run,
                        "value": error / 100,
                    }
                )
    return found


def told_of(rows: list[dict]) -> str:
    return markdown(Document("", list(normlime_tables.sections(rows))))


def test_rows_become_errors_by_run():
    errors = normlime_tables.collected(rows())
    assert errors["conv", "random", 0.0].tolist() == pytest.approx([1, 2, 3])
    assert errors["pixels", "NormLIME", 0.5].tolist() == pytest.approx([1.25, 2.25, 4.25])
    assert len(errors) == 2 * (1 + 6 * 3)


def test_report_by_hand():
    told = told_of(rows())
    assert "from each of 3 seeds (paper: 5, on MNIST)" in told and "one digit is 0.17 points" in told
    assert (
        "| Dropped | 30% | 50% | 90% |" in told
        and "(a) pixels: error in per cent. Nothing dropped: 2.00 ± 1.00" in told
    )
    assert "| random | 3.20 ± 1.00 | 4.00 ± 1.00 | 5.60 ± 1.00 |" in told
    # NormLIME − LIME: −0.5 · share, +1 in the last run. Means over shares: −0.2833, −0.2833, 0.7167; t(2) = 4.303.
    assert "| LIME | +0.05 (-1.38 to +1.48) | 1 | 0 | 2 |" in told
    assert "| random | -1.65 (-3.08 to -0.22) | 3 | 0 | 0 |" in told
    # Gains are paired: 0.5 · 0.9 and once 1 more.
    assert "| (b) outputs of the last convolutions | NormLIME | 90% | +0.45 | +0.78 ± 0.58 |" in told
    assert "| (b) outputs of the last convolutions | random | 90% | ≥ +1.25 | +3.60 ± 0.00 |" in told
    assert "| (a) pixels | NormLIME | 50% | +0.00 | +0.58 ± 0.58 |" in told


def test_verdict_by_hand():
    """At 0.3, 0.5, 0.9 NormLIME's mean gains are .48, .58, .78; LIME's and SHAP's .3, .5, .9; the gradients' twice."""
    lines = normlime_tables.verdict(normlime_tables.collected(rows()))
    held = [line.split("Here ")[1] for line in lines]
    assert held == [
        "in 6 of 10 comparisons of means.",  # up to 50 %: below the gradients and random, above LIME and SHAP
        "in 0 of 2 comparisons of means.",  # from 60 %: SHAP and LIME against NormLIME at 90 %
        "in 12 of 12 comparisons of means.",
        "in 11 of 15 comparisons of means.",
        "in 6 of 6 comparisons of means.",
        "in 18 of 18 comparisons of means.",
        "at 0 of 2 shares, or like it.",
    ]


def test_the_report_tells_of_as_much_as_there_is():
    part = [row for row in rows(["conv"], ["LIME"]) if row["share"] < 0.9 and row["run"] == 0]
    told = told_of(part)
    assert "(a)" not in told and "| LIME | 1.30 | 1.50 |" in told and "nan" not in told
    assert "| NormLIME |" not in told
    started = [row for row in rows() if row["kind"] == "conv" and row["share"]]  # without what it is compared to
    for few in (started, [row for row in rows() if not row["share"]], []):
        errors = normlime_tables.collected(few)
        assert list(normlime_tables.sections(few)) == []
        with pytest.raises(ValueError, match=r"panels must be one or more, .* nothing has been measured"):
            normlime_tables.drawn(errors)


def test_the_section_has_its_figure():
    (section,) = normlime_tables.sections(rows())
    picture = section.parts[1]
    assert picture.png.startswith(b"\x89PNG") and picture.file == "normlime_digits.png"
    document = Document("", [section])
    assert f"![{picture.alt}](normlime_digits.png)" in markdown(document)
    coded = base64.b64encode(picture.png).decode()
    assert f'<img alt="{picture.alt}" src="data:image/png;base64,{coded}">' in page(document)


# The figure


def test_the_figure_shows_the_errors():
    fig = normlime_tables.drawn(normlime_tables.collected(rows()))
    left, right = fig.axes
    assert left.get_title() == "(a) pixels" and right.get_title() == "(b) outputs of the last convolutions"
    assert left.get_yscale() == right.get_yscale() == "log"
    line = {line.get_label(): line for line in right.lines}
    assert line["NormLIME"].get_xdata().tolist() == [30, 50, 90]
    assert line["NormLIME"].get_ydata() == pytest.approx([2 + 0.15 + 1 / 3, 2 + 0.25 + 1 / 3, 2 + 0.45 + 1 / 3])
    assert line["nothing dropped"].get_ydata() == pytest.approx([2, 2])
    band = right.collections[list(line).index("random")].get_paths()[0].vertices[:, 1]
    assert (band.min(), band.max()) == (pytest.approx(1 + 1.2), pytest.approx(3 + 3.6))
    looks = {(one.get_color(), one.get_marker()) for name, one in line.items() if name != "nothing dropped"}
    assert len(looks) == 6 == len({colour for colour, _ in looks})
    assert {text.get_text() for text in fig.legends[0].get_texts()} == set(line)


def test_an_error_of_nothing_is_drawn_at_the_least():
    errors = torch.tensor([[0.0, 0.0], [0.0, 0.02]], dtype=torch.double)
    fig = kar_figure({"a": {"LIME": ([0.1, 0.9], errors)}}, {"a": torch.tensor([0.0, 0.01])}, least=0.001)
    line = next(each for each in fig.axes[0].lines if each.get_label() == "LIME")
    assert line.get_ydata() == pytest.approx([0.1, 1.0])
    with pytest.raises(ValueError, match=r"errors of 'LIME' must be \(3, runs\), a row a share; got \(2, 2\)"):
        kar_figure({"a": {"LIME": ([0.1, 0.5, 0.9], errors)}}, {"a": torch.zeros(2)}, least=0.001)
