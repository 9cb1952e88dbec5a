"""`pip install .` into an empty environment: xai_core works from anywhere, and nothing else has come along."""

import os
import subprocess
import sys
from pathlib import Path
from sysconfig import get_path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
LOOK = """
import importlib.util, pkgutil, sys
import torch
import xai_core
print(xai_core.__file__)
for module in pkgutil.walk_packages(xai_core.__path__, "xai_core."):
    if not module.name.endswith("__main__"):
        __import__(module.name)
        print(module.name)
print([name for name in ("app", "data", "tests", "notebooks") if importlib.util.find_spec(name)])
A = xai_core.explain(torch.nn.Linear(3, 2), torch.rand(1, 3), 0, "integrated_gradients", B=3)
print(tuple(A.shape))
"""


def run(*command: str | Path, cwd: Path, **environment: str) -> str:
    """What a command prints, in an environment without our paths."""
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env={**kept, **environment},
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of a new environment in which the project was installed from a copy of its files.

    PyTorch and the other requirements are those of this environment, seen through a .pth file without its own .pth
    files, so that they are not downloaded again and this folder's editable installation is out of sight.
    """
    folder = tmp_path_factory.mktemp("install")
    files = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=ROOT).split("\0")
    for name in filter(lambda name: name and (ROOT / name).is_file(), files):
        copy = folder / "source" / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes((ROOT / name).read_bytes())
    run(sys.executable, "-m", "venv", "--without-pip", folder / "venv", cwd=folder)
    python = folder / "venv" / "bin" / "python"
    site = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder).strip())
    (site / "requirements.pth").write_text(get_path("purelib") + "\n", encoding="utf-8")
    options = ["--quiet", "--no-index", "--no-build-isolation", "--no-deps", "--ignore-installed"]
    run(python, "-m", "pip", "install", *options, ".", cwd=folder / "source")
    return python


def test_it_can_be_imported_whole_and_nothing_else(python: Path, tmp_path: Path) -> None:
    where, *modules, others, shape = run(python, "-c", LOOK, cwd=tmp_path).splitlines()
    assert Path(where).is_relative_to(python.parents[1])
    written = {
        ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for file in (ROOT / "xai_core").rglob("*.py")
        if file.name != "__main__.py"
    }
    assert {"xai_core.path.uni", "xai_core.figures", "xai_core.benchmark.cells"} <= written == {"xai_core", *modules}
    assert others == "[]" and shape == "(1, 3)"


def test_site_packages_hold_the_core_alone(python: Path) -> None:
    site = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=python.parent).strip())
    packages = {path.name for path in site.iterdir() if path.is_dir() and not path.name.endswith((".dist-info", "__"))}
    assert packages == {"xai_core"}


def test_its_requirements_are_written_down(python: Path, tmp_path: Path) -> None:
    """pip would have brought PyTorch."""
    look = "from importlib.metadata import requires; print(*requires('xai-workbook') or [], sep='\\n')"
    needed = run(python, "-c", look, cwd=tmp_path)
    assert "torch" in needed and "numpy" in needed
