"""Opening the file of results: only a benchmark's tables, brought up to date, and what was altered set aside.

Nothing that the file says is run or believed unseen. A trigger or a view would act by itself and is refused. Kept rows
have a checksum, against accidents; rows that are not those of their own become failures, and are measured again.
"""

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SCHEMA = """
CREATE TABLE IF NOT EXISTS cells (key TEXT PRIMARY KEY, function TEXT NOT NULL, settings TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS plan (
    name TEXT NOT NULL, position INTEGER NOT NULL, key TEXT NOT NULL REFERENCES cells (key),
    context TEXT NOT NULL, team TEXT NOT NULL, parts TEXT NOT NULL DEFAULT '[""]', turn INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (name, position), UNIQUE (name, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS results (
    key TEXT NOT NULL REFERENCES cells (key), part TEXT NOT NULL, rows TEXT NOT NULL, checksum TEXT,
    PRIMARY KEY (key, part)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS timings (key TEXT PRIMARY KEY, seconds REAL NOT NULL, processor REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS failures (key TEXT PRIMARY KEY, error TEXT NOT NULL) WITHOUT ROWID;
"""
TABLES = ("cells", "plan", "results", "timings", "failures")
ALTERED = "its kept rows are not those of its checksum: they were altered, or the file is damaged"


def opened(path: Path) -> tuple[sqlite3.Connection, list[dict]]:
    """The file, and the settings of the cells whose rows were not those that had been kept.

    Raises ValueError for a file that holds more than a benchmark's tables, sqlite3.Error for one that cannot be read.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    db = sqlite3.connect(path, timeout=30, isolation_level=None)
    try:
        _check_tables(db, path)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        _bring_up_to_date(db)
        return db, _set_aside_altered(db)
    except BaseException:
        db.close()
        raise


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """All that happens within, or nothing."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    finally:
        if db.in_transaction:  # something raised: an interruption, a full disk
            db.execute("ROLLBACK")


def checksum(key: str, part: str, rows: str) -> str:
    """Of the kept rows of one part of a cell."""
    return hashlib.sha256(f"{key}{' ' * bool(part)}{part}\n{rows}".encode()).hexdigest()


def settings_of(text: str) -> dict:
    """Settings to be named in a message, of a row that may hold anything."""
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {"network": text}


def _check_tables(db: sqlite3.Connection, path: Path) -> None:
    """A trigger or a view would act on its own when a plan is written."""
    db.execute("PRAGMA trusted_schema = OFF")
    allowed = {("table", name) for name in (*TABLES, "sqlite_stat1", "sqlite_stat4")}
    for kind, name in db.execute("SELECT type, name FROM sqlite_master"):
        if (kind, name) not in allowed and not (kind == "index" and name.startswith("sqlite_autoindex_")):
            raise ValueError(f"{path} must hold the tables {', '.join(TABLES)} alone; it has a {kind} {name!r}")


def _bring_up_to_date(db: sqlite3.Connection) -> None:
    """Files from before cells had parts: each kept cell is a whole. Rows without a checksum get theirs now."""
    results, plan = ({column[1] for column in db.execute(f"PRAGMA table_info({t})")} for t in ("results", "plan"))
    db.create_function("checksum_of", 3, checksum, deterministic=True)
    with transaction(db):
        if plan and "parts" not in plan:
            db.execute("DROP TABLE plan")  # the next command plans anew
        former = results and "part" not in results
        if former:
            db.execute("CREATE TEMP TABLE former AS SELECT * FROM results")
            db.execute("DROP TABLE results")
        for command in filter(str.strip, SCHEMA.split(";")):
            db.execute(command)
        if former:
            kept = "checksum" if "checksum" in results else "checksum_of(key, '', rows)"
            db.execute(f"INSERT INTO results SELECT key, '', rows, {kept} FROM former")
            db.execute("DROP TABLE former")


def _set_aside_altered(db: sqlite3.Connection) -> list[dict]:
    """Looked at are the rows of every result, and that the settings are those of the key."""
    found = {
        (key, part): settings
        for key, function, settings, part, rows, known in db.execute(
            "SELECT results.key, function, settings, part, rows, checksum FROM results JOIN cells USING (key)"
        )
        if known != checksum(key, part, rows) or key != _key_of(function, settings)
    }
    if found:
        with transaction(db):
            for key, part in found:
                db.execute("DELETE FROM results WHERE key = ? AND part = ?", (key, part))
                db.execute("DELETE FROM timings WHERE key = ?", (key,))
                db.execute("INSERT OR REPLACE INTO failures VALUES (?, ?)", (key, ALTERED))
    return [settings_of(text) for text in {key: settings for (key, _), settings in found.items()}.values()]


def _key_of(function: str, settings: str) -> str:
    """The key of a cell as it is written; a cell that no longer is JSON has another one."""
    return hashlib.sha256(f"[{json.dumps(str(function), ensure_ascii=False)},{settings}]".encode()).hexdigest()
