"""Where a benchmark's results are kept: one SQLite file with one writer, the process that started the run.

    keep(result)  →  one transaction: all rows of a cell's parts, or none

Killed at any moment (kill -9, power cut), the file holds whole parts only, and the next run does the others. What was
planned is kept too, in the order asked for: it is the order of every export, whoever finished first. Seconds stand in a
table of their own, because they differ from run to run and rows must not.
Write-ahead log, synchronous=NORMAL: a killed process loses nothing that was kept; a power cut may lose the last cells,
never the file. SQLite's locks work on a local disk, not on a network drive.

Nothing that the file says is run. A cell goes to work only if its key is the hash of its function and settings, and
this command itself planned that function with that context. So another person's file brings numbers, never code.
How a file is opened, and what is set aside then, stands in opening.py.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from itertools import groupby
from pathlib import Path
from typing import Any

from xai_core.benchmark.cells import Cell, Result, Row, as_json
from xai_core.benchmark.opening import checksum, opened, settings_of, transaction

WHOLE = ("",)  # the parts of a cell that has none
ASKED = (  # a row a part that is asked for, its result beside it or NULL; json_each has columns of these names, too
    "plan JOIN cells ON cells.key = plan.key JOIN json_each(plan.parts) AS asked"
    " LEFT JOIN results ON results.key = plan.key AND results.part = asked.value"
)
OF_PLAN = "FROM plan JOIN cells USING (key) JOIN {} USING (key) WHERE name = ? ORDER BY position"
PAGE = 1000  # cells read ahead


class StoreBusy(RuntimeError):
    """Another command is writing to the same file."""


class Store:
    """The file and what can be asked of it.

    altered: the settings of the cells whose rows were not those that had been kept. They are taken out and stand among
    the failures, so that the next run measures them again.
    Raises ValueError for a file that holds more than a benchmark's tables, sqlite3.Error for one that cannot be read.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self.db, self.altered = opened(self.path)
        self._planned: set[tuple[str, str]] = set()  # function and context of what this command plans

    def close(self) -> None:
        """Let go of the file; what was kept stays."""
        self.db.close()

    @contextmanager
    def only_writer(self) -> Iterator[None]:
        """Hold the file for one run. Raises StoreBusy if another process does.

        The lock is the operating system's, on a file beside: it ends with the process, however that ends.
        """
        with closing(sqlite3.connect(f"{self.path}.lock", timeout=0, isolation_level=None)) as lock:
            try:
                lock.execute("BEGIN EXCLUSIVE")
            except sqlite3.OperationalError as error:
                if not error.sqlite_errorname.startswith("SQLITE_BUSY"):  # the disk is full, or must not be written
                    raise
                raise StoreBusy(f"Another command is writing to {self.path}: wait for it, or stop it.") from error
            yield

    def plan(self, name: str, cells: Iterable[Cell]) -> None:
        """Put down what is asked for under a name, in this order, instead of what was. A repeated cell counts once."""
        with transaction(self.db):
            self.db.execute("DELETE FROM plan WHERE name = ?", (name,))
            for position, cell in enumerate(cells):
                key, context = cell.key, as_json(cell.context)
                self._planned.add((cell.function, context))
                self.db.execute(  # what the file says of this key gives way to what is planned
                    "INSERT INTO cells VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE"
                    " SET function = excluded.function, settings = excluded.settings"
                    " WHERE function <> excluded.function OR settings <> excluded.settings",
                    (key, cell.function, as_json(cell.settings)),
                )
                self.db.execute(
                    "INSERT OR IGNORE INTO plan VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (name, position, key, context, cell.group, as_json(list(cell.parts or WHOLE)), cell.turn),
                )

    def only_whole_turns(self, name: str) -> int:
        """Take from the plan what lies behind the last turn that is done to its end; the number of turns that stay.

        What was measured of the others stays kept.
        """
        first_open = f"SELECT MIN(turn) FROM {ASKED} WHERE name = ? AND results.key IS NULL"
        last = "SELECT MAX(turn) + 1 FROM plan WHERE name = ?"
        (turn,), (end,) = self.db.execute(first_open, (name,)).fetchone(), self.db.execute(last, (name,)).fetchone()
        if turn:  # of an unfinished first turn all that there is stays
            self.db.execute("DELETE FROM plan WHERE name = ? AND turn >= ?", (name, turn))
        return (end or 0) if turn is None else turn

    def count(self, name: str) -> tuple[int, int]:
        """How many cells a plan has, and how many of them are done with all that is asked of them."""
        missing = f"SELECT SUM(results.key IS NULL) AS missing FROM {ASKED} WHERE name = ? GROUP BY position"
        return self.db.execute(f"SELECT COUNT(*), COALESCE(SUM(missing = 0), 0) FROM ({missing})", (name,)).fetchone()

    def groups(self, name: str) -> Iterator[list[Cell]]:
        """The cells of a plan that are not done, in order, neighbours of one group together, each with what it lacks.

        Raises ValueError for a cell that this command did not plan; see the top of this file.
        """
        numbered = enumerate(self.open_cells(name))
        for _, members in groupby(numbered, lambda each: each[1].group or each[0]):
            yield [cell for _, cell in members]

    def open_cells(self, name: str) -> Iterator[Cell]:
        """The same, one by one. Page by page: no reading transaction stays open while others write."""
        position = -1
        while page := self.db.execute(
            "SELECT position, plan.key, function, settings, context, team, turn, json_group_array(asked.value)"
            f" FROM {ASKED} WHERE name = ? AND position > ? AND results.key IS NULL"
            " GROUP BY position ORDER BY position LIMIT ?", (name, position, PAGE),
        ).fetchall():  # fmt: skip
            for position, key, function, settings, context, team, turn, parts in page:  # noqa: B007
                missing = tuple(json.loads(parts))
                missing = () if missing == WHOLE else missing
                cell = Cell(function, json.loads(settings), json.loads(context), team, missing, turn)
                if cell.key != key or (function, context) not in self._planned:
                    raise ValueError(
                        f"{self.path} asks for {function!r}, which this command did not plan: nothing of it is run"
                    )
                yield cell

    def keep(self, result: Result) -> None:
        """Put the rows of a cell's parts on the disk in one step, or the error that it ended in."""
        with transaction(self.db):
            if result.error:
                self.db.execute("INSERT OR REPLACE INTO failures VALUES (?, ?)", (result.key, result.error))
                return
            for part in result.parts or WHOLE:
                found = [row for row in result.rows if row["score"] == part] if part else result.rows
                rows = json.dumps(found, ensure_ascii=False)
                self.db.execute(
                    "INSERT OR IGNORE INTO results VALUES (?, ?, ?, ?)",
                    (result.key, part, rows, checksum(result.key, part, rows)),
                )
            if result.seconds:  # of all parts together, whenever they were done
                self.db.execute(
                    "INSERT INTO timings VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET"
                    " seconds = seconds + excluded.seconds, processor = processor + excluded.processor",
                    (result.key, result.seconds, result.processor),
                )
            self.db.execute("DELETE FROM failures WHERE key = ?", (result.key,))

    def believe(self, name: str, known: Mapping[str, Sequence[Row]]) -> int:
        """Keep rows that were measured elsewhere, by the keys of cells that this command planned; how many cells.

        known: key → rows, with their settings or without.
        """
        found = []
        for cell in self.open_cells(name):
            rows: list[Row] = [
                {what: value for what, value in row.items() if what not in cell.settings and value is not None}
                for row in known.get(cell.key, ())
            ]
            parts = tuple(part for part in cell.parts if any(row["score"] == part for row in rows))
            if rows and (parts or not cell.parts):
                found.append(Result(cell.key, rows, parts=parts))
        for result in found:
            self.keep(result)
        return len(found)

    def names(self) -> list[str]:
        """The plans that there are."""
        return [name for (name,) in self.db.execute("SELECT DISTINCT name FROM plan ORDER BY name")]

    def entries(self, name: str) -> Iterator[tuple[str, dict[str, Any], Row]]:
        """(key, settings, row) of every kept row of a plan, in the plan's order. Raises ValueError for what is none."""
        asked = (
            f"SELECT plan.key, settings, rows FROM {ASKED} WHERE name = ? AND rows NOTNULL ORDER BY position, asked.key"
        )
        for key, settings, rows in self.db.execute(asked, (name,)):
            try:
                known, found = json.loads(settings), [dict(row) for row in json.loads(rows)]
            except (TypeError, ValueError) as error:
                raise ValueError(f"{self.path} must hold rows that a cell returned; {name!r} has others") from error
            yield from ((key, known, row) for row in found)

    def rows(self, name: str) -> Iterator[Row]:
        """Every kept row of a plan, in the plan's order: the cell's settings, then what was measured."""
        return (settings | row for _, settings, row in self.entries(name))

    def planned(self, name: str) -> Iterator[tuple[dict, dict, list[str]]]:
        """(settings, context, parts) of every cell of a plan; of a cell without parts, WHOLE."""
        asked = "SELECT settings, context, parts FROM plan JOIN cells USING (key) WHERE name = ? ORDER BY position"
        for settings, context, parts in self.db.execute(asked, (name,)):
            yield settings_of(settings), settings_of(context), json.loads(parts)

    def open_kinds(self, name: str, fields: Sequence[str]) -> dict[tuple, int]:
        """How many cells of a plan are not done, by the values of these settings."""
        values = ", ".join(f"json_extract(settings, '$.{field}')" for field in fields)
        asked = (
            f"SELECT COUNT(DISTINCT position), {values} FROM {ASKED} WHERE name = ? AND results.key IS NULL"
            f" GROUP BY {', '.join(str(i + 2) for i in range(len(fields)))}"
        )
        return {tuple(kind): n for n, *kind in self.db.execute(asked, (name,))}

    def settings(self, key: str) -> dict:
        """The settings of a cell that was planned."""
        (found,) = self.db.execute("SELECT settings FROM cells WHERE key = ?", (key,)).fetchone()
        return settings_of(found)

    def timings(self, name: str) -> Iterator[tuple[dict, float, float]]:
        """(settings, seconds by the clock, seconds of the processor) of every cell of a plan that was done here."""
        for settings, *times in self.db.execute(
            f"SELECT settings, seconds, processor {OF_PLAN.format('timings')}", (name,)
        ):
            yield settings_of(settings), *times

    def failures(self, name: str) -> list[tuple[dict, str]]:
        """(settings, error) of the cells of a plan that failed when they were last tried."""
        found = self.db.execute(f"SELECT settings, error {OF_PLAN.format('failures')}", (name,))
        return [(settings_of(settings), error) for settings, error in found]
