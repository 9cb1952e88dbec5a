"""The lock files agree with the pins that people read, and leave nothing out that a requirement brings."""

import re
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.locking import HEAD, LOCKED, UNLOCKED, entries

ROOT = Path(__file__).parents[1]
TEXTS = {lock: (ROOT / lock).read_text(encoding="utf-8") for lock in LOCKED.values()}
LOCKS = {lock: entries(text) for lock, text in TEXTS.items()}
VERSIONS: dict[str, set[str]] = {}
for each in LOCKS.values():
    for locked, locked_version, _ in each:
        VERSIONS.setdefault(locked, set()).add(locked_version)


def pins(requirements: str) -> dict[str, str]:
    """Direct pins of a file: name → version."""
    text = (ROOT / requirements).read_text(encoding="utf-8")
    return {canonicalize_name(name): version for name, version in re.findall(r"^([\w.\-]+)==(\S+)", text, flags=re.M)}


@pytest.mark.parametrize("requirements", LOCKED)
def test_every_direct_pin_is_locked_at_its_version(requirements: str) -> None:
    for name, version in pins(requirements).items():
        if UNLOCKED.fullmatch(name):
            assert name not in VERSIONS and name in ("torch", "torchvision")
        else:
            assert VERSIONS.get(name) == {version}, f"{name}: run `make lock`"


def test_all_that_a_requirement_brings_is_locked() -> None:
    """As far as it is installed here; another system may need others, which uv has found."""
    ahead = [(name, "") for requirements in LOCKED for name in pins(requirements)]
    seen = set()
    while ahead:
        name, extra = ahead.pop()
        if (name, extra) in seen or UNLOCKED.fullmatch(name):
            continue
        seen.add((name, extra))
        assert name in VERSIONS, f"{name} is not locked: run `make lock`"
        try:
            needed = map(Requirement, requires(name) or [])
        except PackageNotFoundError:
            continue
        for one in needed:
            if one.marker is None or one.marker.evaluate({"extra": extra}):
                ahead += [(canonicalize_name(one.name), more) for more in ("", *one.extras)]
    assert len(seen) > 100


def test_every_entry_has_hashes_and_stands_in_one_file() -> None:
    (requirements, first), (_, second) = zip(LOCKED, LOCKS.values(), strict=True)
    assert not first.keys() & second.keys()
    for text, found in zip(TEXTS.values(), LOCKS.values(), strict=True):
        body = text.split("\n", 1)[1]
        assert "".join(found.values()) == body and not re.search(r"https?://|\s-i\s|index-url", body)
        assert all(re.findall(r"--hash=sha256:[0-9a-f]{64}(?= \\\n|\n)", entry) for entry in found.values())
    assert TEXTS["requirements.lock"].startswith(HEAD.format(requirements))
