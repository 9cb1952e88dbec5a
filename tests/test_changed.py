"""Which tests belong to a changed file, and what counts as changed."""

import subprocess
from pathlib import Path

import pytest

from tests.changed import arguments, belonging, changed

TREE = """
tests/test_house.py tests/toys.py tests/xai_core/test_score.py tests/xai_core/path/test_uni.py
tests/xai_core/path/test_uni_options.py tests/xai_core/path/test_unlearning.py tests/app/labs/test_lime.py
tests/app/shared/test_links.py tests/notebooks/test_checks_paths.py tests/notebooks/test_notebooks.py
notebooks/10_paths.ipynb
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in TREE.split():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


@pytest.mark.parametrize(
    ("name", "tests"),
    [
        ("xai_core/path/uni.py", "path/test_uni.py path/test_uni_options.py"),  # and not test_unlearning
        ("xai_core/path/traces.py", "path/test_uni.py path/test_uni_options.py path/test_unlearning.py"),
        ("xai_core/path/__init__.py", "path/test_uni.py path/test_uni_options.py path/test_unlearning.py"),
        ("xai_core/score.py", "test_score.py"),
        ("xai_core/new_room/new.py", "test_score.py"),
    ],
)
def test_the_tests_stand_where_the_file_stands(tree: Path, name: str, tests: str) -> None:
    assert belonging(name, tree) == [f"tests/xai_core/{each}" for each in tests.split()]


@pytest.mark.parametrize(
    ("name", "tests"),
    [
        ("app/labs/lime/page.py", ["tests/app/labs/test_lime.py"]),
        ("app/shared/links.py", ["tests/app/shared/test_links.py"]),
        ("notebooks/checks/paths.py", ["tests/notebooks/test_checks_paths.py"]),
        ("notebooks/10_paths.ipynb", ["notebooks/10_paths.ipynb", "tests/notebooks/test_notebooks.py"]),
        ("notebooks/99_gone.ipynb", ["tests/notebooks/test_notebooks.py"]),
        ("tests/xai_core/path/test_uni.py", ["tests/xai_core/path/test_uni.py"]),
        ("tests/xai_core/path/test_gone.py", []),
        ("tests/toys.py", ["tests/test_house.py"]),
        ("README.md", ["tests/test_house.py"]),
        ("docs/architecture.md", ["tests/test_house.py"]),
    ],
)
def test_other_places(tree: Path, name: str, tests: list[str]) -> None:
    assert belonging(name, tree) == tests


def test_nothing_changed_nothing_run(tree: Path) -> None:
    assert arguments([], tree) == [] == arguments(["tests/xai_core/path/test_gone.ipynb"], tree / "xai_core")


def test_a_change_of_code_asks_who_imports_whom(tree: Path) -> None:
    assert arguments(["xai_core/score.py"], tree)[-2:] == ["tests/test_house.py", "tests/xai_core/test_score.py"]


def test_many_files_run_side_by_side_and_a_notebook_cell_by_cell(tree: Path) -> None:
    few, many = arguments(["xai_core/score.py"], tree), arguments(["xai_core/path/traces.py"], tree)
    assert "-n" not in few and "loadgroup" in many
    assert "--nbval" in arguments(["notebooks/10_paths.ipynb"], tree) and "--nbval" not in many


def test_changed_since_main(tmp_path: Path) -> None:
    def git(*words: str) -> None:
        subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b", *words], cwd=tmp_path, check=True)

    git("init", "-q", "-b", "main")
    for name in ("kept", "edited", "gone", "old_name", "committed"):
        (tmp_path / name).write_text(name)
    git("add", "-A")
    git("commit", "-qm", "first")
    assert changed(tmp_path) == []
    git("checkout", "-qb", "branch")
    (tmp_path / "committed").write_text("otherwise")
    git("mv", "old_name", "new_name")
    git("commit", "-qam", "second")
    (tmp_path / "edited").write_text("otherwise")
    (tmp_path / "gone").unlink()
    (tmp_path / "added").touch()
    (tmp_path / ".gitignore").write_text("ignored")
    (tmp_path / "ignored").touch()
    expected = [".gitignore", "added", "committed", "edited", "gone", "new_name", "old_name"]
    assert changed(tmp_path) == expected
    git("branch", "-D", "main")  # a copy without main: what is not committed
    assert changed(tmp_path) == [".gitignore", "added", "edited", "gone"]
