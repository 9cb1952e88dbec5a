"""Locks what the requirements bring: `make lock` writes requirements.lock and requirements-test.lock with uv.

Each version stands there with the hashes of its files, so that an index cannot hand out others. A version that is
locked stays as long as it fits; to move to newer ones, delete the files first.
PyTorch and torchvision are left out, and what PyTorch brings for CUDA: of one version there are several builds, for a
CPU and for each CUDA, from indexes of their own, and which one is right is for the machine to say. requirements.txt
pins their versions.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
LOCKED = {"requirements.txt": "requirements.lock", "requirements-test.txt": "requirements-test.lock"}
UNLOCKED = re.compile(r"torch|torchvision|triton|nvidia-.*|cuda-.*")
OLDEST = "3.11"  # Python
HEAD = "# Made by `make lock` from {}: every version with the hashes of its files. tests/locking.py says how.\n"


def entries(text: str) -> dict[tuple[str, str, str], str]:
    """(name, version, condition) → the entry, hashes and all, of a lock file."""
    found = {}
    for entry in re.findall(r"^[a-z0-9][^\n]*\\\n(?:    --hash=[^\n]+\n?)+", text, flags=re.M):
        name, version, condition = re.match(r"([\w.-]+)==(\S+)(?: ; (.*?))? \\", entry).groups()
        found[name, version, condition or ""] = entry if entry.endswith("\n") else entry + "\n"
    return found


def compile_(requirements: Path, lock: Path, constraints: list[Path]) -> None:
    """What uv resolves, for every system and Python from OLDEST on; versions that the file has are kept."""
    command = [sys.executable, "-m", "uv", "pip", "compile", "--universal", "--python-version", OLDEST]
    how = ["--generate-hashes", "--no-header", "--no-annotate", "--quiet", str(requirements), "-o", str(lock)]
    subprocess.run([*command, *how, *(f"--constraint={path}" for path in constraints)], check=True)


def main() -> None:
    """Write the lock files, each without what stands in the one before."""
    known: dict[tuple[str, str, str], str] = {}
    before: list[Path] = []
    for requirements, lock in LOCKED.items():
        path = ROOT / lock
        compile_(ROOT / requirements, path, before)
        found = entries(path.read_text(encoding="utf-8"))
        new = {key: entry for key, entry in found.items() if key not in known and not UNLOCKED.fullmatch(key[0])}
        path.write_text(HEAD.format(requirements) + "".join(new.values()), encoding="utf-8")
        known |= new
        before.append(path)


if __name__ == "__main__":
    main()
