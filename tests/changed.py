"""Runs the tests of what changed, for `make check`: python -m tests.changed

A file's tests stand where it stands: `xai_core/path/uni.py` is tested by `tests/xai_core/path/test_uni*.py`, a file
without such tests by those of its folder, and what belongs to no folder by the tests in `tests/` itself. Changed is
what differs from the point where this branch left main, committed or not.
"""

import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).parents[1]
FEW = 3  # as many files of tests start faster in one process


def changed(root: Path = ROOT) -> list[str]:
    """The files that differ from the last commit shared with main, and new ones; those that are gone, too."""

    def git(*words: str) -> list[str]:
        return subprocess.run(["git", *words], cwd=root, check=True, capture_output=True, text=True).stdout.splitlines()

    try:
        (start,) = git("merge-base", "HEAD", "main")
    except subprocess.CalledProcessError:  # there is no main here
        start = "HEAD"
    names = git("diff", "--name-only", "--no-renames", start) + git("ls-files", "--others", "--exclude-standard")
    return sorted(set(names))


def belonging(name: str, root: Path = ROOT) -> list[str]:
    """The files of tests that belong to the file of this name, as paths from the root."""
    path = PurePosixPath(name)
    if path.parts[0] == "tests":
        own = path.name.startswith("test_")  # otherwise tests share it
        found = [root / name] if own else sorted((root / path.parent).glob("test_*.py"))
    elif path.suffix == ".ipynb":
        found = [root / name, root / "tests" / "notebooks" / "test_notebooks.py"]
    else:
        found = next(filter(None, _from_near_to_far(path, root / "tests")), [])
    return [file.relative_to(root).as_posix() for file in found if file.exists()]


def _from_near_to_far(path: PurePosixPath, tests: Path) -> Iterator[list[Path]]:
    """For a/b/c.py: tests/a/b/test_c*, tests/a/test_b_c*, all in tests/a/b; tests/a/test_b*, all in tests/a; …"""
    parts = path.with_suffix("").parts
    if parts[-1] == "__init__":
        parts = parts[:-1]
        yield sorted(tests.joinpath(*parts).glob("test_*.py"))
    for end in range(len(parts), 0, -1):
        for start in range(end - 1, 0, -1):
            folder, word = tests.joinpath(*parts[:start]), "_".join(parts[start:end])
            yield sorted([*folder.glob(f"test_{word}.py"), *folder.glob(f"test_{word}_*.py")])
        yield sorted(tests.joinpath(*parts[: end - 1]).glob("test_*.py"))


def arguments(names: Iterable[str], root: Path = ROOT) -> list[str]:
    """pytest's arguments for these changed files; none where nothing is to be tested."""
    names = list(names)
    files = {test for name in names for test in belonging(name, root)}
    if any(name.endswith(".py") for name in names):  # who imports whom
        files |= {test for test in ("tests/test_house.py",) if (root / test).exists()}
    if not files:
        return []
    options = ["-q", "-m", "not slow and not browser and not real"]
    if len(files) > FEW:
        options += ["-n", "auto", "--maxprocesses", "4", "--dist", "loadgroup", "--no-loadscope-reorder"]
    if any(file.endswith(".ipynb") for file in files):
        options += ["--nbval", "--nbval-current-env", "--nbval-cell-timeout=180"]
    return [*options, *sorted(files)]


if __name__ == "__main__":
    chosen = arguments(changed())
    print("pytest", *chosen, flush=True)
    code = pytest.main(chosen) if chosen else pytest.ExitCode.NO_TESTS_COLLECTED
    sys.exit(0 if code == pytest.ExitCode.NO_TESTS_COLLECTED else code)
