"""The notebooks as files, and their exercises' checks. That they run and print what they printed is nbval's part:

pytest --nbval --nbval-current-env --nbval-cell-timeout=180 notebooks
"""

import ast
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import nbformat
import pytest
import torch

from app.shared.pages import PAGES

HERE = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = sorted(HERE.glob("[0-9]*.ipynb"))
WIDGET = "application/vnd.jupyter.widget"


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request):
    return nbformat.read(request.param, as_version=4)


def code(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def tagged(notebook, tag):
    return [i for i, cell in enumerate(notebook.cells) if tag in cell.metadata.get("tags", [])]


def words(notebook):
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    prose = re.sub(r"\$\$.*?\$\$|\$[^$]*\$|<[^>]+>|\]\([^)]*\)", " ", text, flags=re.S)
    return len(re.findall(r"\w[\w’'\-]*", prose))


def printed(cell):
    return "".join(output.get("text", "") for output in cell.outputs)


def test_there_are_notebooks():
    assert {"00_start_here", "08_saturation", "09_integrated_gradients", "10_paths"} <= {
        path.stem for path in NOTEBOOKS
    }


def test_the_notebook_is_valid(notebook):
    nbformat.validate(notebook)
    assert notebook.metadata.kernelspec.name == "python3"


def test_it_is_short_enough_for_a_lesson(notebook):
    assert 15 <= len(notebook.cells) <= 30
    assert 400 <= words(notebook) <= 900


def test_its_files_stay_small():
    assert all(path.stat().st_size < 1_500_000 for path in NOTEBOOKS)


def test_it_opens_with_deck_time_and_prerequisites(notebook):
    first = notebook.cells[0].source
    assert first.startswith("# ")
    for part in ("**Deck:**", "**Time:**", "**You need:**", "**Afterwards you can**"):
        assert part in first
    assert 5 <= int(re.search(r"\*\*Time:\*\* (\d+) minutes", first)[1]) <= 45
    (page,) = re.findall(r"\*\*App:\*\* \[[\w ]+\]\(http://localhost:8501/(\w+)", first)
    assert page in PAGES


def test_the_order_is_a_course():
    """What a notebook needs stands before it, and each leads to the next; the core fits into six hours."""
    core = 0
    for path, following in pairwise([*NOTEBOOKS, None]):
        cells = nbformat.read(path, as_version=4).cells
        first = cells[0].source
        number, needs = int(path.stem[:2]), re.search(r"\*\*You need:\*\*(.*?)\*\*App", first)[1]
        assert first.startswith(f"# {number} · ")
        for needed in re.findall(r"\((\w+\.ipynb)\)", needs):
            assert (HERE / needed).is_file() and needed < path.name
        assert "notebook" not in needs  # a link, not a number that drifts
        if following:
            assert any(f"**Next:** [{following.stem}]({following.name})" in cell.source for cell in cells), path.stem
        minutes = re.search(r"\*\*Time:\*\* (\d+) minutes, core", first)
        core += int(minutes[1]) if minutes else 0
    assert 0 < core <= 360


def test_every_link_leads_to_a_notebook(notebook):
    for cell in notebook.cells:
        for linked in re.findall(r"\]\((\w+\.ipynb)\)", cell.source):
            assert (HERE / linked).is_file(), linked


def test_it_asks_before_it_shows_warns_and_sums_up(notebook):
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    assert text.count("**Predict.**") >= 2
    assert "**What can go wrong**" in text
    assert "## Summary" in text


def test_it_was_run_once_from_the_top(notebook):
    assert [cell.execution_count for cell in code(notebook)] == list(range(1, len(code(notebook)) + 1))


def test_no_cell_ended_in_an_error_or_a_warning(notebook):
    for cell in code(notebook):
        for output in cell.outputs:
            assert output.output_type != "error"
            assert output.get("name") != "stderr"


def test_no_widget_state_and_no_progress_bar_is_stored(notebook):
    assert "widgets" not in notebook.metadata
    for cell in code(notebook):
        for output in cell.outputs:
            assert not any(kind.startswith(WIDGET) for kind in output.get("data", {}))
        assert "it/s" not in printed(cell)


def test_no_path_of_one_machine_is_stored(notebook):
    assert not re.search(r"(?<![\w.:/])/(?:home|root|work|Users|tmp|usr|opt)/|[A-Z]:\\\\", nbformat.writes(notebook))


def test_every_figure_is_there_and_described(notebook):
    for i, cell in enumerate(notebook.cells):
        if cell.cell_type != "code" or not re.search(r"^(?:figures\.|area\()", cell.source, flags=re.M):
            continue
        if "nbval-ignore-output" in cell.metadata.get("tags", []):
            continue
        assert any("image/png" in output.get("data", {}) for output in cell.outputs), cell.source
        following = "\n".join(c.source for c in notebook.cells[i + 1 : i + 4])
        assert re.search(r"\*\*Figures? \d", following), cell.source


def test_a_still_picture_stands_before_every_widget(notebook):
    for i, cell in enumerate(notebook.cells):
        if "widgets.play" in cell.source:
            assert any("image/png" in output.get("data", {}) for output in notebook.cells[i - 1].outputs)
            assert cell.metadata.tags == ["nbval-ignore-output"]


def test_every_exercise_has_a_check_and_a_folded_solution(notebook):
    headings = sum(len(re.findall(r"^### Exercise", cell.source, flags=re.M)) for cell in notebook.cells)
    stubs, verdicts, solutions = (tagged(notebook, tag) for tag in ("exercise", "check", "solution"))
    assert len(stubs) == len(verdicts) >= 1
    for stub, verdict in zip(stubs, verdicts, strict=True):
        assert verdict == stub + 1
    asked = [line for i in verdicts for line in calls(notebook.cells[i])]
    solved = [line for i in solutions for line in calls(notebook.cells[i])]
    assert len(asked) == headings
    assert asked == solved
    assert all(notebook.cells[i].metadata.jupyter.source_hidden for i in solutions)


def calls(cell):
    """The names of the checks that a cell calls, in order."""
    return [
        node.func.attr
        for node in ast.walk(ast.parse(cell.source))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and ast.unparse(node.func.value) == "check"
    ]


def test_stubs_are_told_what_to_do_and_solutions_are_right(notebook):
    for i in tagged(notebook, "check"):
        assert all(line.startswith("Not done yet") for line in printed(notebook.cells[i]).splitlines())
    for i in tagged(notebook, "solution"):
        assert printed(notebook.cells[i]).count("Right.") == len(calls(notebook.cells[i]))


def test_nothing_needs_a_solution_to_have_run(notebook):
    last = max(i for i, cell in enumerate(notebook.cells) if "solution" not in cell.metadata.get("tags", []))
    assert all(i > last for i in tagged(notebook, "solution"))


def test_a_student_who_solves_nothing_gets_through_the_checks(notebook, checks, capsys):
    imported = re.search(
        r"^from checks import (\w+) as check$", "\n".join(c.source for c in code(notebook)), flags=re.M
    )
    names = {"check": checks(imported[1])}
    for i in tagged(notebook, "exercise") + tagged(notebook, "check"):
        exec(notebook.cells[i].source, names)
    assert "Right." not in capsys.readouterr().out


def test_copies_for_students_have_no_solutions(tmp_path):
    subprocess.run([sys.executable, HERE / "make.py", "--students", tmp_path], check=True, capture_output=True)
    for path in NOTEBOOKS:
        copy = nbformat.read(tmp_path / path.name, as_version=4)
        assert not tagged(copy, "solution")
        assert tagged(copy, "exercise")
        assert not any("../" in cell.source for cell in code(copy))  # a copy lies anywhere
    assert (tmp_path / "checks" / "__init__.py").is_file()


# --- the checks say what is wrong -------------------------------------------------------------------------------------


def riemann(points, factor):
    """A wrong or right sum: which points of the path, and what the mean slope is multiplied with."""

    def answer(slope, x, baseline, B):
        return factor(x, baseline, B) * sum(slope(u) for u in points(x, baseline, B))

    return answer


def on_path(first, last):
    return lambda x, x0, B: [x0 + k / B * (x - x0) for k in range(first, B + 1 + last)]


def halfway(x, x0, B):
    return [x0 + (k - 0.5) / B * (x - x0) for k in range(1, B + 1)]


RIEMANN = {
    "Right.": riemann(on_path(1, 0), lambda x, x0, B: (x - x0) / B),
    "factor (x − baseline) is missing": riemann(on_path(1, 0), lambda x, x0, B: 1 / B),
    "division by B is missing": riemann(on_path(1, 0), lambda x, x0, B: x - x0),
    "You multiply by x.": riemann(on_path(1, 0), lambda x, x0, B: x / B),
    "left rule": riemann(on_path(0, -1), lambda x, x0, B: (x - x0) / B),
    "range(1, B) ends at B − 1": riemann(on_path(1, -1), lambda x, x0, B: (x - x0) / B),
    "You take B − 1 points": riemann(on_path(1, -1), lambda x, x0, B: (x - x0) / (B - 1)),
    "midpoint rule": riemann(halfway, lambda x, x0, B: (x - x0) / B),
    "trapezoid rule": lambda slope, x, x0, B: (
        (x - x0) / B * sum((slope(a) + slope(b)) / 2 for a, b in pairwise(on_path(0, 0)(x, x0, B)))
    ),
    "B + 1 points": riemann(on_path(0, 0), lambda x, x0, B: (x - x0) / B),
    "slope at α = k/B": riemann(lambda x, x0, B: [k / B for k in range(1, B + 1)], lambda x, x0, B: (x - x0) / B),
    "Your path starts at 0": riemann(
        lambda x, x0, B: [k / B * x for k in range(1, B + 1)], lambda x, x0, B: (x - x0) / B
    ),
    "slope at x alone": riemann(lambda x, x0, B: [x], lambda x, x0, B: x - x0),
    "sign is wrong": riemann(on_path(1, 0), lambda x, x0, B: (x0 - x) / B),
    "yours is 5.000": lambda slope, x, baseline, B: 5.0,
    "stopped with ZeroDivisionError": lambda slope, x, baseline, B: 1 / 0,
    "as in the stub, and it takes (": lambda slope, x: 0.0,
    "Not done yet": lambda slope, x, baseline, B: ...,
}
PROMISE = {
    "Right.": lambda g, x, start: (g * (x - start)).sum(),
    "is one number": lambda g, x, start: g * (x - start),
    "sign is wrong": lambda g, x, start: (g * (start - x)).sum(),
    "took the mean": lambda g, x, start: (g * (x - start)).mean(),
    "gradient × input": lambda g, x, start: (g * x).sum(),
    "took absolute values": lambda g, x, start: (g * (x - start)).abs().sum(),
    "gradient's absolute value": lambda g, x, start: (g.abs() * (x - start)).sum(),
    "gradients alone": lambda g, x, start: g.sum(),
    "You return 0.": lambda g, x, start: 0.0,
    "Not done yet": lambda g, x, start: None,
}


def in_place(A):
    A.abs_()
    return A[0].sum(0)


SIGNED_MAP = {
    "Right.": lambda A: A[0].sum(0),
    "Return a torch.Tensor": lambda A: A[0].sum(0).tolist(),
    "changes what it is given": in_place,
    "kept the channels": lambda A: A[0].sum((1, 2)),
    "The shape should be (4, 5); yours is (1, 3, 4, 5)": lambda A: A,
    "took absolute values": lambda A: A[0].abs().sum(0),
    "absolute value of the sum": lambda A: A[0].sum(0).abs(),
    "took the mean": lambda A: A[0].mean(0),
    "That is channel 0 alone": lambda A: A[0, 0],
    "take the one picture out": lambda A: A.sum(1),
    "Not done yet": lambda A: ...,
}
SHARE_INSIDE = {
    "Right.": lambda m, mask: m.abs()[mask].sum() / m.abs().sum(),
    "one number": lambda m, mask: m.abs()[mask],
    "cancel out": lambda m, mask: m[mask].sum() / m.sum(),
    "sum inside the mask. Divide": lambda m, mask: m.abs()[mask].sum(),
    "outside the mask": lambda m, mask: m.abs()[~mask].sum() / m.abs().sum(),
    "per cent": lambda m, mask: 100 * m.abs()[mask].sum() / m.abs().sum(),
    "mean inside the mask": lambda m, mask: m.abs()[mask].mean(),
    "share of the pixels": lambda m, mask: mask.float().mean(),
    "number of pixels": lambda m, mask: m.abs()[mask].sum() / m.numel(),
    "yours is 0.123": lambda m, mask: 0.123,
    "Not done yet": lambda m, mask: ...,
}
ANSWERS = [
    (module, name, said, answer)
    for module, name, answers in (
        ("saturation", "riemann", RIEMANN),
        ("saturation", "promise", PROMISE),
        ("start_here", "signed_map", SIGNED_MAP),
        ("start_here", "share_inside", SHARE_INSIDE),
    )
    for said, answer in answers.items()
]


@pytest.mark.parametrize(
    ("module", "name", "said", "answer"), ANSWERS, ids=lambda value: value[:30] if isinstance(value, str) else ""
)
def test_the_check_names_the_mistake(verdict, module, name, said, answer):
    assert said in verdict(module, name, answer)


def test_the_environment_report_says_what_is_missing(checks, capsys, monkeypatch):
    environment = checks("environment")
    monkeypatch.setitem(environment.NEEDED, "not-a-package", ("not_a_package", "nothing"))
    monkeypatch.setattr(environment, "OURS", ("xai_core", "not_ours"))
    environment.report()
    out = capsys.readouterr().out
    assert "not-a-package (nothing) is missing" in out
    assert "not_ours is not found" in out
    assert "Nothing is missing" not in out
    assert torch.__version__ in out
