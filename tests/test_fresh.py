"""A script in a copy of a process that has imported PyTorch behaves as one that Python has just started."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from tests import fresh

SCRIPT = """
import os, sys
print(__name__, sys.argv, os.getcwd(), os.environ.get("MARK"), "pytest" in sys.modules)
import torch, xai_core
print(xai_core.__file__, torch.initial_seed() == torch.default_generator.initial_seed(), torch.get_default_dtype())
from neighbour import VALUE
open("made.txt", "w").write(str(VALUE))
"""


def test_it_runs_as_python_would(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARK", "here")
    monkeypatch.setenv("PYTHONPATH", str(fresh.ROOT))
    script = tmp_path / "script.py"
    script.write_text(SCRIPT, encoding="utf-8")
    (tmp_path / "neighbour.py").write_text("VALUE = 7", encoding="utf-8")
    python = subprocess.run([sys.executable, str(script)], cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert python.returncode == 0, python.stderr
    (tmp_path / "made.txt").unlink()
    done = fresh.run(script, tmp_path)
    assert done.returncode == 0 and done.stderr == python.stdout
    assert (tmp_path / "made.txt").read_text() == "7"


def test_nothing_of_the_tests_comes_along_or_back(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import torch\nassert not hasattr(torch, 'MARK')\ntorch.MARK = torch.manual_seed(1)", encoding="utf-8"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch, "MARK", 1, raising=False)
        before = torch.random.get_rng_state()
        assert [fresh.run(script, tmp_path).returncode for _ in range(2)] == [0, 0]
    assert torch.equal(torch.random.get_rng_state(), before) and not hasattr(torch, "MARK")


def test_a_script_that_fails_says_why(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text("raise ValueError('too long')", encoding="utf-8")
    done = fresh.run(script, tmp_path)
    assert done.returncode == 1 and "ValueError: too long" in done.stderr
    script.write_text("import sys; sys.exit(3)", encoding="utf-8")
    assert fresh.run(script, tmp_path).returncode == 3


def test_a_script_that_hangs_is_ended(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text("import time; time.sleep(60)", encoding="utf-8")
    with pytest.raises(TimeoutError, match="did not end"):
        fresh.run(script, tmp_path, timeout=0.5)
