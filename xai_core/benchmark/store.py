"""Where a benchmark's results are kept: one SQLite file with one writer, the process that started the run.

    keep(result)  →  one transaction: all rows of a cell, or none

Killed at any moment (kill -9, power cut), the file holds whole cells only, and the next run does the others. What was
planned is kept too, in the order asked for: it is the order of every export, whoever finished first. Seconds stand in a
table of their own, because they differ from run to run and rows must not.
Write-ahead log, synchronous=NORMAL: a killed process loses nothing that was kept; a power cut may lose the last cells,
never the file. SQLite's locks work on a local disk, not on a network drive.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from itertools import groupby
from pathlib import Path

from xai_core.benchmark.cells import Cell, Result, Row, as_json

SCHEMA = """
CREATE TABLE IF NOT EXISTS cells (key TEXT PRIMARY KEY, function TEXT NOT NULL, settings TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS plan (
    name TEXT NOT NULL, position INTEGER NOT NULL, key TEXT NOT NULL REFERENCES cells (key),
    context TEXT NOT NULL, team TEXT NOT NULL, PRIMARY KEY (name, position), UNIQUE (name, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS results (key TEXT PRIMARY KEY REFERENCES cells (key), rows TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS timings (key TEXT PRIMARY KEY, seconds REAL NOT NULL, processor REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS failures (key TEXT PRIMARY KEY, error TEXT NOT NULL) WITHOUT ROWID;
"""
DONE = "FROM plan JOIN cells USING (key) JOIN {} USING (key) WHERE name = ? ORDER BY position"
PAGE = 1000  # cells read ahead


class StoreBusy(RuntimeError):
    """Another command is writing to the same file."""


class Store:
    """The file and what can be asked of it."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.db = sqlite3.connect(self.path, timeout=30, isolation_level=None)
        self.db.execute("PRAGMA journal_mode = WAL")
        self.db.execute("PRAGMA synchronous = NORMAL")
        self.db.executescript(SCHEMA)

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
                raise StoreBusy(f"Another command is writing to {self.path}: wait for it, or stop it.") from error
            yield

    def plan(self, name: str, cells: Iterable[Cell]) -> None:
        """Put down what is asked for under a name, in this order, instead of what was. A repeated cell counts once."""
        with self._transaction():
            self.db.execute("DELETE FROM plan WHERE name = ?", (name,))
            for position, cell in enumerate(cells):
                key = cell.key
                self.db.execute(
                    "INSERT OR IGNORE INTO cells VALUES (?, ?, ?)", (key, cell.function, as_json(cell.settings))
                )
                self.db.execute(
                    "INSERT OR IGNORE INTO plan VALUES (?, ?, ?, ?, ?)",
                    (name, position, key, as_json(cell.context), cell.group),
                )

    def count(self, name: str) -> tuple[int, int]:
        """How many cells a plan has, and how many of them are done."""
        counts = "SELECT COUNT(*), COUNT(results.key) FROM plan LEFT JOIN results USING (key) WHERE name = ?"
        return self.db.execute(counts, (name,)).fetchone()

    def groups(self, name: str) -> Iterator[list[Cell]]:
        """The cells of a plan that are not done, in order, neighbours of one group together."""
        numbered = enumerate(self._open_cells(name))
        for _, members in groupby(numbered, lambda each: each[1].group or each[0]):
            yield [cell for _, cell in members]

    def _open_cells(self, name: str) -> Iterator[Cell]:
        """Page by page: no reading transaction stays open while others write."""
        position = -1
        while page := self.db.execute(
            "SELECT position, function, settings, context, team FROM plan JOIN cells USING (key)"
            " LEFT JOIN results USING (key) WHERE name = ? AND position > ? AND results.key IS NULL"
            " ORDER BY position LIMIT ?", (name, position, PAGE),
        ).fetchall():  # fmt: skip
            for position, function, settings, context, team in page:  # noqa: B007
                yield Cell(function, json.loads(settings), json.loads(context), team)

    def keep(self, result: Result) -> None:
        """Put a cell's rows on the disk in one step, or the error that it ended in."""
        with self._transaction():
            if result.error:
                self.db.execute("INSERT OR REPLACE INTO failures VALUES (?, ?)", (result.key, result.error))
                return
            rows = json.dumps(result.rows, ensure_ascii=False)
            self.db.execute("INSERT OR IGNORE INTO results VALUES (?, ?)", (result.key, rows))
            self.db.execute(
                "INSERT OR REPLACE INTO timings VALUES (?, ?, ?)", (result.key, result.seconds, result.processor)
            )
            self.db.execute("DELETE FROM failures WHERE key = ?", (result.key,))

    def names(self) -> list[str]:
        """The plans that there are."""
        return [name for (name,) in self.db.execute("SELECT DISTINCT name FROM plan ORDER BY name")]

    def rows(self, name: str) -> Iterator[Row]:
        """Every kept row of a plan, in the plan's order: the cell's settings, then what was measured."""
        for settings, rows in self.db.execute(f"SELECT settings, rows {DONE.format('results')}", (name,)):
            known = json.loads(settings)
            for row in json.loads(rows):
                yield known | row

    def timings(self, name: str) -> Iterator[tuple[dict, float, float]]:
        """(settings, seconds by the clock, seconds of the processor) of every finished cell of a plan."""
        for settings, *times in self.db.execute(
            f"SELECT settings, seconds, processor {DONE.format('timings')}", (name,)
        ):
            yield json.loads(settings), *times

    def failures(self, name: str) -> list[tuple[dict, str]]:
        """(settings, error) of the cells of a plan that failed when they were last tried."""
        found = self.db.execute(f"SELECT settings, error {DONE.format('failures')}", (name,))
        return [(json.loads(settings), error) for settings, error in found]

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.db.execute("COMMIT")
        finally:
            if self.db.in_transaction:  # something raised: an interruption, a full disk
                self.db.execute("ROLLBACK")
