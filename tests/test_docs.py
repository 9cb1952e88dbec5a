"""What is written for readers keeps its promises: short, no dead link, no paper that nobody can look up."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

import xai_core
from xai_core.stages import parameters

ROOT = Path(__file__).parents[1]
CORE = ROOT / "xai_core"
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
BIBLIOGRAPHY = (ROOT / "docs" / "bibliography.bib").read_text(encoding="utf-8")
KEYS = re.findall(r"^@\w+\{(\w+),$", BIBLIOGRAPHY, flags=re.M)
KEY = r"[A-Z][A-Za-z]+(?:19|20)\d\d[a-z]?"
CITED = re.compile(rf"\[({KEY}(?:[,;][^\]]*)?)\]")  # [Zhou2016], [Zhou2016, eq. 2; Selvaraju2017]


def prose(page: Path) -> str:
    """A page without its blocks of code."""
    return re.sub(r"^ *```.*?^ *```$", "", page.read_text(encoding="utf-8"), flags=re.S | re.M)


def docstrings(folder: str) -> Iterator[tuple[str, str]]:
    """(place, docstring) of every module, class and function."""
    for file in sorted((ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and (text := ast.get_docstring(node)):
                yield f"{file.relative_to(ROOT)}:{getattr(node, 'lineno', 1)}", text


def bare(tree: ast.Module) -> ast.Module:
    """The same code without docstrings."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return tree


def cited(text: str) -> set[str]:
    """The keys in [Zhou2016, eq. 2; Selvaraju2017]."""
    return {key for each in CITED.findall(text) for key in re.findall(KEY, each)}


def slug(title: str) -> str:
    """A heading's anchor."""
    return re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-")


def test_the_readme_fits_on_a_page_or_two():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 100


def test_the_readme_says_what_is_where():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for folder in ("data", "xai_core", "app", "notebooks", "tests", "docs"):
        assert f"| `{folder}/` |" in text
    assert all(f"docs/{page.name}" in text for page in PAGES if page.parent.name == "docs")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if re.match(r"https?://", target):
            continue
        file, _, anchor = target.partition("#")
        there = (page.parent / file).resolve() if file else page
        assert there.exists(), target
        if anchor:
            assert anchor in [
                slug(line.lstrip("# ")) for line in there.read_text("utf-8").splitlines() if line[:1] == "#"
            ]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_that_are_named_exist(page):
    """`xai_core/path/uni.py` in the text is a file; `<page>` and FOLDER stand for something."""
    roots = (ROOT, ROOT / "xai_core", ROOT / "tests")
    for name in re.findall(r"`((?:[\w.]+/)*[\w.]+\.(?:py|ipynb|toml|txt|bib))`", prose(page)):
        if "/" in name and not any((root / name).exists() for root in roots):
            pytest.fail(f"{page.name} names {name}, which is not there")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_sentences_are_short(page):
    """Twenty words at most in the README; thirty elsewhere, where a sentence may have to be exact."""
    most = 20 if page.name == "README.md" else 30
    text = re.sub(r"^(\||#|!\[).*$", "\n\n", prose(page), flags=re.M)
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", re.sub(r"`[^`]*`", "code", text))
    for block in re.split(r"\n\s*\n|^\s*(?:-|\d+\.) ", text, flags=re.M):
        for sentence in re.split(r"(?<=[.?!:;])\s+", block):
            assert len(re.findall(r"\w[\w’'\-]*", sentence)) <= most, sentence


def test_the_five_lines_run():
    code = re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), flags=re.S)[1]
    given: dict = {}
    exec(code, given)
    assert given["A"].shape == (1, 3, 64, 64)


def test_the_examples_of_methods_run(capsys):
    """All but GAD's, which trains four networks."""
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "methods.md").read_text(encoding="utf-8"), flags=re.S)
    given: dict = {}
    for code in blocks:
        if "support_networks" not in code:
            exec(code, given)
    gap, r2, words = capsys.readouterr().out.splitlines()
    assert len(blocks) == 4 and float(gap.split("tensor([")[1].split("]")[0]) < 0.1
    assert 0 < float(r2.split()[0]) < float(r2.split()[1]) < 1
    assert "Posting" in words or "posting" in words, words


def test_the_chains_of_stages_are_as_drawn():
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    drawn = re.search(r"```\n(\w+\n    .*?)```", text, flags=re.S)[1]
    chains = dict(re.findall(r"^(\w+)\n((?:    .*\n)+)", drawn, flags=re.M))
    assert set(chains) == {"integrated_gradients", "lime", "uni"}
    for name, chain in chains.items():
        stages = {stage: tuple(names.split(", ")) for stage, names in re.findall(r"(\w+)\(([^)]*)\)", chain)}
        there = {stage: parameters(function) for stage, function in xai_core.catalogue()[name].chain.items()}
        assert list(stages.items()) == list(there.items())


def test_the_course_is_as_long_as_it_says():
    """Lines of code, and with docstrings, comments and blank lines; both within a fifth."""
    chain = [CORE / "perturbation" / f"{name}.py" for name in ("neighbourhood", "lime", "k_lasso", "shapley")]
    nouns = [CORE / f"{name}.py" for name in ("score", "symbols", "baselines", "activation/cam", "distancing/gad")]
    texts = [file.read_text(encoding="utf-8") for file in (*nouns, *chain, *(CORE / "path").glob("*.py"))]
    code = sum(len(ast.unparse(bare(ast.parse(text))).splitlines()) for text in texts)
    assert code == pytest.approx(2000, rel=0.2)
    assert sum(len(text.splitlines()) for text in texts) == pytest.approx(3500, rel=0.2)
    assert "2,000 lines of code" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_command_of_make_that_is_named_exists():
    targets = set(re.findall(r"^([a-z\-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.M))
    for page in PAGES:
        assert set(re.findall(r"`make ([a-z\-]+)", page.read_text(encoding="utf-8"))) <= targets, page.name


def test_keys_of_the_bibliography_are_names_and_years_in_order():
    assert sorted(set(KEYS)) == KEYS
    assert len(KEYS) == BIBLIOGRAPHY.count("\n@") + BIBLIOGRAPHY.startswith("@")
    for entry in BIBLIOGRAPHY.split("\n@")[1:]:
        fields = dict(re.findall(r"(\w+) = \{(.*?)\}(?:,|\n)", entry))
        assert {"author", "title", "year"} <= set(fields), entry
        key = re.search(r"\{(\w+),", entry)[1]
        assert re.fullmatch(KEY, key)
        assert fields["year"] in key


def test_every_paper_that_is_cited_can_be_looked_up():
    texts = [*docstrings("xai_core"), *((page.name, prose(page)) for page in PAGES)]
    unknown = {where: cited(text) - set(KEYS) for where, text in texts}
    assert not {where: keys for where, keys in unknown.items() if keys}


def test_a_citation_with_its_place_is_read():
    text = "as said [Zhou2016, eq. 2; Selvaraju2017], [Adebayo2018], but A[K] and [Figure 2] are none"
    assert cited(text) == {"Zhou2016", "Selvaraju2017", "Adebayo2018"}


def test_hooks_run_what_is_here():
    """Each hook is local and runs in the project's own Python, so a commit needs no network."""
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
    assert [repo["repo"] for repo in hooks] == ["local"]
    for hook in hooks[0]["hooks"]:
        assert hook["language"] == "script"
        command = hook["entry"].split()
        assert os.access(ROOT / command[0], os.X_OK)
        assert command[1] == "-m" or (ROOT / command[1]).is_file()


def test_the_check_of_notebooks_finds_a_widget_state(tmp_path):
    import nbformat

    made = ROOT / "notebooks" / "make.py"
    code = f"""import importlib.util, sys
spec = importlib.util.spec_from_file_location("make", {str(made)!r}); make = importlib.util.module_from_spec(spec)
spec.loader.exec_module(make); make.HERE = make.Path({str(tmp_path)!r}); sys.exit(make.main())"""
    notebook = nbformat.read(ROOT / "notebooks" / "08_saturation.ipynb", as_version=4)
    said = []
    for name, widgets in (("01_clean", {}), ("02_soiled", {"widgets": {"state": {}}})):
        notebook.metadata.update(widgets)
        nbformat.write(notebook, tmp_path / f"{name}.ipynb")
        done = subprocess.run([sys.executable, "-c", code, "--check", name], capture_output=True, text=True)
        said.append((done.returncode, done.stdout))
    assert said[0] == (0, "")
    assert said[1][0] == 1
    assert "02_soiled is not clean" in said[1][1]
