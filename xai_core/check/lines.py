"""The lines of a check: a property, whether it holds, and what a student is told."""

from collections.abc import Sequence
from dataclasses import dataclass

MARKS = {True: "✓", False: "✗", None: "·"}
WIDE = 14  # letters of a property's name


@dataclass(frozen=True)
class Line:
    """One property. holds: None where it is not promised, or only told."""

    name: str
    holds: bool | None
    says: str

    def __str__(self) -> str:
        return f"{MARKS[self.holds]} {self.name:<{WIDE}} {self.says}"


@dataclass(frozen=True)
class Report:
    """What a check has found of one method."""

    title: str
    lines: Sequence[Line]

    @property
    def holds(self) -> bool:
        """Whether no property fails."""
        return not self.failed

    @property
    def failed(self) -> list[Line]:
        """What does not hold, in order."""
        return [line for line in self.lines if line.holds is False]

    def __getitem__(self, name: str) -> Line:
        return next(line for line in self.lines if line.name == name)

    def __str__(self) -> str:
        end = (
            "Nothing fails."
            if self.holds
            else f"Begin with «{self.failed[0].name}»; what fails below may follow from it."
        )
        return "\n".join([self.title, *map(str, self.lines), end])
