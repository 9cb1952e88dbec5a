"""What `pip install .` promises: xai_core whole, with all that it imports, and nothing else."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from setuptools import find_packages

ROOT = Path(__file__).parents[1]
CORE = ROOT / "xai_core"
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = PYPROJECT["project"]
# Who may need more than the library itself, and which extra brings it.
EXTRA = {"benchmark": ("xai_core/benchmark/",), "notebooks": ("xai_core/widgets.py",)}


def named(requirements: list[str]) -> set[str]:
    """Distributions, of a list of requirements."""
    return {canonicalize_name(Requirement(each).name) for each in requirements}


def pinned() -> dict[str, str]:
    """requirements.txt: distribution → version."""
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    return {canonicalize_name(name): version for name, version in re.findall(r"^([\w.\-]+)==(\S+)", text, flags=re.M)}


def imported(file: Path) -> set[str]:
    """Top-level names that a file imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name.split(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add(node.module.split(".")[0])
    return found - set(sys.stdlib_module_names) - {"xai_core"}


def test_the_core_imports_nothing_that_is_not_declared():
    brings = packages_distributions()
    brings["IPython"] = ["ipywidgets"]  # which needs it
    for file in CORE.rglob("*.py"):
        allowed = named(PROJECT["dependencies"])
        for extra, places in EXTRA.items():
            if file.relative_to(ROOT).as_posix().startswith(places):
                allowed |= named(PROJECT["optional-dependencies"][extra])
        for name in imported(file):
            assert {canonicalize_name(each) for each in brings[name]} & allowed, f"{file.relative_to(ROOT)}: {name}"


def test_every_dependency_is_imported():
    used = set().union(*(imported(file) for file in CORE.rglob("*.py")))
    brings = packages_distributions()
    there = {canonicalize_name(each) for name in used for each in brings.get(name, [])}
    assert named(PROJECT["dependencies"]) <= there


@pytest.mark.parametrize("group", ["", *PROJECT["optional-dependencies"]])
def test_the_pinned_set_is_within_the_bounds(group):
    versions = pinned()
    for text in PROJECT["optional-dependencies"][group] if group else PROJECT["dependencies"]:
        each = Requirement(text)
        if each.name != PROJECT["name"]:
            assert each.specifier.contains(versions[canonicalize_name(each.name)]), text


def test_a_wheel_holds_the_core_alone_and_all_of_it():
    packages = find_packages(str(ROOT), **PYPROJECT["tool"]["setuptools"]["packages"]["find"])
    assert {name.split(".")[0] for name in packages} == {"xai_core"}
    folders = {ROOT.joinpath(*name.split(".")) for name in packages}
    assert folders == {file.parent for file in CORE.rglob("*.py")}


def test_files_that_are_no_code_are_packed_too():
    patterns = PYPROJECT["tool"]["setuptools"]["package-data"]["xai_core"]
    others = [file for file in CORE.rglob("*") if file.is_file() and file.suffix not in (".py", ".pyc")]
    assert others
    assert all(any(file.relative_to(CORE).match(pattern) for pattern in patterns) for file in others), others


def test_one_version_everywhere():
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(r"^version: (\S+)$", citation, flags=re.M)[1] == PROJECT["version"]
    assert re.search(r"^## \[(\d[^\]]*)\] - \d{4}-\d\d-\d\d$", changes, flags=re.M)[1] == PROJECT["version"]
