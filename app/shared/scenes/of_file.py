"""What a lab's `scenes.toml` says: one file a lab, which a teacher may change and a notebook may read.

    [[scene]]
    asks = "With few steps, how large does the gap get?"
    changes = "B falls from 15 to 3"
    look = "the number below the maps"
    given = { method = "UNI" }       what stands before the change, besides the page's usual settings
    change = { B = 3 }               what the scene changes: the names and values of the page's address

A page of several parts names the control that chooses between them, `part = "domain"`, and its scenes stand under the
part's name, `[[text]]`. `unless` names a parameter of the address with which the page has none.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from app.shared.pages import Settings

LABS = Path(__file__).parents[2] / "labs"
WORDS = ("asks", "changes", "look")


@dataclass(frozen=True)
class Scene:
    """One change of a page's settings, and what it shows."""

    number: int  # from 1, in its part
    asks: str  # the question, one sentence
    changes: str  # what is changed, in the reader's words
    look: str  # where to look
    change: Settings = field(hash=False)
    given: Settings = field(default_factory=dict, hash=False)

    @property
    def before(self) -> Settings:
        """All settings before the change."""
        return self.given

    @property
    def after(self) -> Settings:
        return {**self.given, **self.change}


@dataclass(frozen=True)
class Scenes:
    """Of one lab. parts: of a page without parts one, called ""."""

    part: str  # the control that chooses between parts
    parts: Mapping[str, tuple[Scene, ...]]
    unless: str


@cache
def scenes_of(lab: str) -> Scenes:
    """The scenes of a lab; none where it has no such file.

    Raises ValueError with a sentence for a file that says something else.
    """
    file = LABS / lab / "scenes.toml"
    return read(tomllib.loads(file.read_text(encoding="utf-8")), lab) if file.exists() else Scenes("", {"": ()}, "")


def read(said: Mapping[str, Any], lab: str) -> Scenes:
    """The same of what the file says. Raises ValueError."""
    rows = dict(said)
    part, unless = rows.pop("part", ""), rows.pop("unless", "")
    if not part and set(rows) != {"scene"}:
        raise ValueError(f"the scenes of {lab} must stand under [[scene]], or part must be given; got {sorted(rows)}")
    parts = {}
    for name, some in rows.items():
        always = {part: name} if part else {}
        parts[name if part else ""] = tuple(_scene(each, i, always, lab) for i, each in enumerate(some, 1))
    return Scenes(part, parts, unless)


def _scene(row: Mapping[str, Any], number: int, always: Settings, lab: str) -> Scene:
    if unknown := sorted(set(row) - {*WORDS, "given", "change"}):
        raise ValueError(f"scene {number} of {lab} may say {', '.join(WORDS)}, given and change; got {unknown}")
    if lacking := [name for name in (*WORDS, "change") if not row.get(name)]:
        raise ValueError(f"scene {number} of {lab} must say {', '.join(lacking)}")
    given = always | {name: _words(value) for name, value in row.get("given", {}).items()}
    change = {name: _words(value) for name, value in row["change"].items()}
    return Scene(number, row["asks"], row["changes"], row["look"], change, given)


def _words(value: Any) -> str | list[str]:
    """A value as it stands in the address."""
    if isinstance(value, list):
        return [str(each) for each in value]
    return str(value).lower() if isinstance(value, bool) else str(value)
