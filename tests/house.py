"""Reads what the project's files import, without running them, and says what breaks the rules of the house.

One direction: data → xai_core → app. Inside: a room is a folder, a file that stands directly in a top folder is a room
of its own, and a top folder's `__init__` is its door, through which only others come in.
"""

import ast
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

TOPS = ("data", "xai_core", "app")  # each may import what stands before it, except that xai_core needs no data
BELOW = {"data": {"data"}, "xai_core": {"xai_core"}, "app": {"data", "xai_core", "app"}}
OURS = {*TOPS, "notebooks", "tests"}
ONLY_FOR = {  # a room above the methods, and the rooms that may import it
    "xai_core.check": set(),
    "xai_core.benchmark": {"xai_core.evaluate.__main__"},
    "xai_core.figures": {"xai_core.benchmark", "xai_core.taxonomy"},
    "xai_core.evaluate": {"xai_core.benchmark", "xai_core.check", "xai_core.figures", "xai_core.taxonomy"},
}
CODE_LINES, TEST_LINES = 250, 500
TABLE = 0.9  # of the lines of a table of values are literals


@dataclass(frozen=True)
class Import:
    """One module importing another, and where it says so."""

    importer: str
    imported: str
    where: str

    def __str__(self) -> str:
        return f"{self.where} imports {self.imported}"


@dataclass(frozen=True)
class House:
    """The project at `root`."""

    root: Path

    @cached_property
    def modules(self) -> dict[str, Path]:
        """Every module of the three top folders, by its full name."""
        files = (file for top in TOPS for file in sorted((self.root / top).rglob("*.py")))
        return {self._name(file): file for file in files}

    def _name(self, file: Path) -> str:
        parts = file.relative_to(self.root).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    def is_package(self, module: str) -> bool:
        return module in self.modules and self.modules[module].name == "__init__.py"

    def room(self, module: str) -> str:
        """xai_core.path.uni stands in xai_core.path, app.labs.lime.page in app.labs.lime, xai_core.score by itself."""
        parts = module.split(".")
        if len(parts) > 2 and parts[:2] == ["app", "labs"]:
            return ".".join(parts[:3])
        return ".".join(parts[:2])

    @cached_property
    def imports(self) -> list[Import]:
        """Every import of a module of ours, those inside functions, too."""
        return [one for name, file in self.modules.items() for one in self._imports_of(name, file)]

    def _imports_of(self, name: str, file: Path) -> Iterator[Import]:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                targets = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                start = node.module or ""
                if node.level:  # relative: from the package of this file, and upwards
                    package = name.split(".") if file.name == "__init__.py" else name.split(".")[:-1]
                    start = ".".join([*package[: len(package) - node.level + 1], *filter(None, [node.module])])
                full = [f"{start}.{alias.name}" for alias in node.names]
                targets = [one if one in self.modules else start for one in full]
            else:
                continue
            where = f"{file.relative_to(self.root).as_posix()}:{node.lineno}"
            for target in dict.fromkeys(targets):
                if target.split(".")[0] in OURS:
                    yield Import(name, target, where)

    def arrows_back(self) -> list[str]:
        """Imports from a lower top folder into a higher one, or in through a folder's own door."""
        found = []
        for one in self.imports:
            top, target = one.importer.split(".")[0], one.imported.split(".")[0]
            if target not in BELOW[top]:
                found.append(f"{one}: {top} stands below {target}")
            elif one.imported == top and one.importer != top:
                found.append(f"{one}: that is its own door; import the module itself")
        return found

    def rooms_above(self) -> list[str]:
        """Imports of a room above the methods by a room that should not know it."""
        found = []
        for one in self.imports:
            room = self.room(one.imported)
            own = self.room(one.importer) == room or "." not in one.importer  # the door offers what is inside
            if one.importer.startswith("app."):  # sees everything
                continue
            if room in ONLY_FOR and not own and not {self.room(one.importer), one.importer} & ONLY_FOR[room]:
                found.append(f"{one}: {room} stands above it")
        return found

    def labs_that_know_labs(self) -> list[str]:
        return [
            f"{one}: no lab imports another"
            for one in self.imports
            if one.importer.startswith("app.labs.") and one.imported.startswith("app.labs.")
            if self.room(one.importer) != self.room(one.imported)
        ]

    def circles(self) -> list[str]:
        """Rooms that import each other, perhaps on a detour; each set of them once, with an import for each arrow."""
        arrows: dict[str, dict[str, Import]] = defaultdict(dict)
        for one in self.imports:
            a, b = self.room(one.importer), self.room(one.imported)
            passes = "." in one.importer and not one.importer.endswith(".__main__")  # doors and commands are no floor
            if a != b and passes and one.imported in self.modules:
                arrows[a].setdefault(b, one)
        reach = {room: self._reach(room, arrows) for room in arrows}
        sets = {frozenset(b for b in reach[a] if a in reach.get(b, ())) for a in reach if a in reach[a]}
        return [
            "; ".join(str(arrows[a][b]) for a in sorted(ring) for b in sorted(arrows[a]) if b in ring)
            for ring in sorted(sets, key=sorted)
        ]

    @staticmethod
    def _reach(room: str, arrows: dict[str, dict[str, Import]]) -> set[str]:
        """The rooms that one comes to from a room, along any number of arrows."""
        found: set[str] = set()
        ahead = list(arrows[room])
        while ahead:
            if (b := ahead.pop()) not in found:
                found.add(b)
                ahead.extend(arrows.get(b, ()))
        return found

    def long_files(self) -> list[str]:
        """Files of code above 250 lines, tables of values aside, and files of tests above 500."""
        limits = {**dict.fromkeys((*TOPS, "notebooks"), CODE_LINES), "tests": TEST_LINES}
        found = []
        for top, limit in limits.items():
            for file in sorted((self.root / top).rglob("*.py")):
                text = file.read_text(encoding="utf-8")
                n = len(text.splitlines())
                if n > limit and not (limit == CODE_LINES and is_table(text)):
                    found.append(f"{file.relative_to(self.root).as_posix()}: {n} lines, more than {limit}")
        return found


def is_table(text: str) -> bool:
    """Of a module's lines of code, docstrings aside, more than nine in ten belong to literals given to a name."""
    tree = ast.parse(text)
    lines = [i for i, line in enumerate(text.splitlines(), 1) if line.strip() and not line.strip().startswith("#")]
    documented = (n for n in ast.walk(tree) if isinstance(n, ast.Module | ast.ClassDef | ast.FunctionDef))
    docstrings = _covered(n.body[0] for n in documented if ast.get_docstring(n))
    values = _covered(n for n in tree.body if isinstance(n, ast.Assign | ast.AnnAssign) and _is_literal(n.value))
    code = [i for i in lines if i not in docstrings]
    return bool(code) and sum(i in values for i in code) / len(code) > TABLE


def _covered(nodes: Iterator[ast.stmt]) -> set[int]:
    return {i for node in nodes for i in range(node.lineno, (node.end_lineno or node.lineno) + 1)}


def _is_literal(value: ast.expr | None) -> bool:
    try:
        ast.literal_eval(value)
    except (ValueError, TypeError, SyntaxError):
        return False
    return value is not None
