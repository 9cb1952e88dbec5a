"""Where a benchmark's results are kept: one SQLite file with one writer, the process that started the run.

    keep(result)  →  one transaction: all rows of a cell, or none

Killed at any moment (kill -9, power cut), the file holds whole cells only, and the next run does the others. What was
planned is kept too, in the order asked for: it is the order of every export, whoever finished first. Seconds stand in a
table of their own, because they differ from run to run and rows must not.
Write-ahead log, synchronous=NORMAL: a killed process loses nothing that was kept; a power cut may lose the last cells,
never the file. SQLite's locks work on a local disk, not on a network drive.

Nothing that the file says is run. A cell goes to work only if its key is the hash of its function and settings, and
this command itself planned that function with that context. So another person's file brings numbers, never code.
Kept rows have a checksum, against accidents. Opening a file sets aside what does not have its own: `altered`. It is no
seal: whoever alters a row can hash it anew.
"""

import hashlib
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
CREATE TABLE IF NOT EXISTS results (
    key TEXT PRIMARY KEY REFERENCES cells (key), rows TEXT NOT NULL, checksum TEXT
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS timings (key TEXT PRIMARY KEY, seconds REAL NOT NULL, processor REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS failures (key TEXT PRIMARY KEY, error TEXT NOT NULL) WITHOUT ROWID;
"""
DONE = "FROM plan JOIN cells USING (key) JOIN {} USING (key) WHERE name = ? ORDER BY position"
PAGE = 1000  # cells read ahead
TABLES = ("cells", "plan", "results", "timings", "failures")
ALTERED = "its kept rows are not those of its checksum: they were altered, or the file is damaged"


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
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.db = sqlite3.connect(self.path, timeout=30, isolation_level=None)
        self._planned: set[tuple[str, str]] = set()  # function and context of what this command plans
        try:
            self._check_tables()
            self.db.execute("PRAGMA journal_mode = WAL")
            self.db.execute("PRAGMA synchronous = NORMAL")
            self.db.executescript(SCHEMA)
            self._add_checksums()
            self.altered = self._set_aside_altered()
        except BaseException:
            self.db.close()
            raise

    def _check_tables(self) -> None:
        """A trigger or a view would act on its own when a plan is written."""
        self.db.execute("PRAGMA trusted_schema = OFF")
        allowed = {("table", name) for name in (*TABLES, "sqlite_stat1", "sqlite_stat4")}
        for kind, name in self.db.execute("SELECT type, name FROM sqlite_master"):
            if (kind, name) not in allowed and not (kind == "index" and name.startswith("sqlite_autoindex_")):
                raise ValueError(
                    f"{self.path} must hold the tables {', '.join(TABLES)} alone; it has a {kind} {name!r}"
                )

    def _add_checksums(self) -> None:
        """Rows that were kept before rows had checksums get theirs now: from here on they are watched, too."""
        if "checksum" in {column[1] for column in self.db.execute("PRAGMA table_info(results)")}:
            return
        with self._transaction():
            self.db.execute("ALTER TABLE results ADD COLUMN checksum TEXT")
            self.db.create_function("checksum", 2, _checksum, deterministic=True)
            self.db.execute("UPDATE results SET checksum = checksum(key, rows)")

    def _set_aside_altered(self) -> list[dict]:
        """Looked at are the rows of every result, and that the settings are those of the key."""
        found = [
            (key, settings)
            for key, function, settings, rows, checksum in self.db.execute(
                "SELECT key, function, settings, rows, checksum FROM results JOIN cells USING (key)"
            )
            if checksum != _checksum(key, rows) or key != _key_of(function, settings)
        ]
        if found:
            with self._transaction():
                for key, _ in found:
                    self.db.execute("DELETE FROM results WHERE key = ?", (key,))
                    self.db.execute("INSERT OR REPLACE INTO failures VALUES (?, ?)", (key, ALTERED))
        return [_settings(settings) for _, settings in found]

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
                key, context = cell.key, as_json(cell.context)
                self._planned.add((cell.function, context))
                self.db.execute(  # what the file says of this key gives way to what is planned
                    "INSERT INTO cells VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE"
                    " SET function = excluded.function, settings = excluded.settings"
                    " WHERE function <> excluded.function OR settings <> excluded.settings",
                    (key, cell.function, as_json(cell.settings)),
                )
                self.db.execute(
                    "INSERT OR IGNORE INTO plan VALUES (?, ?, ?, ?, ?)", (name, position, key, context, cell.group)
                )

    def count(self, name: str) -> tuple[int, int]:
        """How many cells a plan has, and how many of them are done."""
        counts = "SELECT COUNT(*), COUNT(results.key) FROM plan LEFT JOIN results USING (key) WHERE name = ?"
        return self.db.execute(counts, (name,)).fetchone()

    def groups(self, name: str) -> Iterator[list[Cell]]:
        """The cells of a plan that are not done, in order, neighbours of one group together.

        Raises ValueError for a cell that this command did not plan; see the top of this file.
        """
        numbered = enumerate(self._open_cells(name))
        for _, members in groupby(numbered, lambda each: each[1].group or each[0]):
            yield [cell for _, cell in members]

    def _open_cells(self, name: str) -> Iterator[Cell]:
        """Page by page: no reading transaction stays open while others write."""
        position = -1
        while page := self.db.execute(
            "SELECT position, key, function, settings, context, team FROM plan JOIN cells USING (key)"
            " LEFT JOIN results USING (key) WHERE name = ? AND position > ? AND results.key IS NULL"
            " ORDER BY position LIMIT ?", (name, position, PAGE),
        ).fetchall():  # fmt: skip
            for position, key, function, settings, context, team in page:  # noqa: B007
                cell = Cell(function, json.loads(settings), json.loads(context), team)
                if cell.key != key or (function, context) not in self._planned:
                    raise ValueError(
                        f"{self.path} asks for {function!r}, which this command did not plan: nothing of it is run"
                    )
                yield cell

    def keep(self, result: Result) -> None:
        """Put a cell's rows on the disk in one step, or the error that it ended in."""
        with self._transaction():
            if result.error:
                self.db.execute("INSERT OR REPLACE INTO failures VALUES (?, ?)", (result.key, result.error))
                return
            rows = json.dumps(result.rows, ensure_ascii=False)
            checksum = _checksum(result.key, rows)
            self.db.execute(
                "INSERT OR IGNORE INTO results (key, rows, checksum) VALUES (?, ?, ?)", (result.key, rows, checksum)
            )
            self.db.execute(
                "INSERT OR REPLACE INTO timings VALUES (?, ?, ?)", (result.key, result.seconds, result.processor)
            )
            self.db.execute("DELETE FROM failures WHERE key = ?", (result.key,))

    def names(self) -> list[str]:
        """The plans that there are."""
        return [name for (name,) in self.db.execute("SELECT DISTINCT name FROM plan ORDER BY name")]

    def rows(self, name: str) -> Iterator[Row]:
        """Every kept row of a plan, in the plan's order: the cell's settings, then what was measured.

        Raises ValueError for what is no row.
        """
        for settings, rows in self.db.execute(f"SELECT settings, rows {DONE.format('results')}", (name,)):
            try:
                found = [json.loads(settings) | row for row in json.loads(rows)]
            except (TypeError, ValueError) as error:
                raise ValueError(f"{self.path} must hold rows that a cell returned; {name!r} has others") from error
            yield from found

    def timings(self, name: str) -> Iterator[tuple[dict, float, float]]:
        """(settings, seconds by the clock, seconds of the processor) of every finished cell of a plan."""
        for settings, *times in self.db.execute(
            f"SELECT settings, seconds, processor {DONE.format('timings')}", (name,)
        ):
            yield _settings(settings), *times

    def failures(self, name: str) -> list[tuple[dict, str]]:
        """(settings, error) of the cells of a plan that failed when they were last tried."""
        found = self.db.execute(f"SELECT settings, error {DONE.format('failures')}", (name,))
        return [(_settings(settings), error) for settings, error in found]

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.db.execute("COMMIT")
        finally:
            if self.db.in_transaction:  # something raised: an interruption, a full disk
                self.db.execute("ROLLBACK")


def _checksum(key: str, rows: str) -> str:
    return hashlib.sha256(f"{key}\n{rows}".encode()).hexdigest()


def _key_of(function: str, settings: str) -> str:
    """The key of a cell as it is written; a cell that no longer is JSON has another one."""
    return hashlib.sha256(f"[{json.dumps(str(function), ensure_ascii=False)},{settings}]".encode()).hexdigest()


def _settings(text: str) -> dict:
    """Settings to be named in a message, of a row that may hold anything."""
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {"network": text}
