"""Where the answers of a study are kept: one SQLite file, safe for a whole class at once.

    answer()  →  one short transaction, on the disk before it returns (write-ahead log, synchronous=FULL)

What was confirmed survives a killed server and a power cut. The first answer to a question counts, and a repeated one
changes nothing (PRIMARY KEY). Takers have a random token in their address; here stands only its hash, no name, no
time, no address of a computer. A teacher's secret is kept as a hash, too. Every call opens the file anew (2 ms), so
threads share nothing. SQLite's locks work on a local disk, not on a network drive.
"""

import hashlib
import hmac
import os
import secrets
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

WAIT = 30  # seconds that a writer waits for its turn; a class of 60 needs less than one
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # of a code read from a blackboard: no i, l, o, 0, 1
LONGEST_TITLE = 100
SCHEMA = """
CREATE TABLE IF NOT EXISTS studies (
    code TEXT PRIMARY KEY, title TEXT NOT NULL, secret TEXT NOT NULL, maps TEXT NOT NULL,
    open INTEGER NOT NULL DEFAULT 1
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS takers (
    taker TEXT PRIMARY KEY, study TEXT NOT NULL REFERENCES studies (code)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS takers_of_study ON takers (study);
CREATE TABLE IF NOT EXISTS answers (
    taker TEXT NOT NULL REFERENCES takers (taker), question INTEGER NOT NULL, choice TEXT NOT NULL,
    PRIMARY KEY (taker, question)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS guesses (
    study TEXT NOT NULL REFERENCES studies (code), page TEXT NOT NULL, choice TEXT NOT NULL,
    times INTEGER NOT NULL, known INTEGER NOT NULL, covered REAL NOT NULL, PRIMARY KEY (study, page, choice)
) WITHOUT ROWID;
"""
_turn = threading.Lock()  # within this server, writers queue; SQLite's own lock, between servers, has no queue


class StoreError(Exception):
    """Why something could not be kept or found, as a sentence for the reader."""


@dataclass(frozen=True)
class Study:
    """What everybody may know of a study."""

    code: str
    title: str
    maps: str  # checksum of the explanations that it shows
    open: bool


@dataclass(frozen=True)
class Taker:
    """One who takes part: a name without a person, and what was answered so far (question → choice)."""

    name: str
    answers: dict[int, str]


def default_path() -> Path:
    """XAI_STUDY_DB if set, else study.sqlite3 in the workbook's folder of the user's data, not of the cache."""
    if given := os.environ.get("XAI_STUDY_DB"):
        return Path(given).expanduser()
    home = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(home) / "xai-workbook" / "study.sqlite3"


@dataclass(frozen=True)
class Store:
    """The file and what can be asked of it. Every method raises StoreError with a sentence where it cannot."""

    path: Path

    def create(self, title: str, maps: str) -> tuple[Study, str]:
        """A new study and the teacher's secret, which is told once. maps: checksum of the explanations."""
        title = " ".join(title.split())
        if not 0 < len(title) <= LONGEST_TITLE:
            raise StoreError(f"Give the study a title of 1 to {LONGEST_TITLE} letters; this one has {len(title)}.")
        code, secret = "".join(secrets.choice(LETTERS) for _ in range(8)), secrets.token_urlsafe(16)
        with self.writing() as db:
            db.execute("INSERT INTO studies VALUES (?, ?, ?, ?, 1)", (code, title, _hashed(secret), maps))
        return Study(code, title, maps, True), secret

    def study(self, code: str) -> Study:
        """The study with this code."""
        with self.reading() as db:
            return study_of(db, code)

    def set_open(self, code: str, secret: str, open_: bool) -> None:
        """Close a study for answers, or open it again. Only its teacher can."""
        self.check_teacher(code, secret)
        with self.writing() as db:
            db.execute("UPDATE studies SET open = ? WHERE code = ?", (int(open_), code))

    def check_teacher(self, code: str, secret: str) -> None:
        """Raise StoreError unless this is the secret of the study's teacher."""
        with self.reading() as db:
            kept = db.execute("SELECT secret FROM studies WHERE code = ?", (code,)).fetchone()
        if kept is None or not hmac.compare_digest(kept[0], _hashed(secret)):
            raise StoreError("This is not the teacher's link of a study on this computer. Copy the whole link.")

    def begin(self, code: str) -> str:
        """A new taker's token. It is random, says nothing of the person, and only its holder can go on."""
        token = secrets.token_urlsafe(16)
        with self.writing() as db:
            open_study(db, code)
            db.execute("INSERT INTO takers VALUES (?, ?)", (name_of(token), code))
        return token

    def taker(self, code: str, token: str) -> Taker:
        """The taker with this token, with the answers so far."""
        with self.reading() as db:
            return Taker(name_of(token), _answers(db, code, token))

    def answer(self, code: str, token: str, question: int, choice: str) -> Taker:
        """Keep one answer. When this returns it is on the disk. A second answer to a question changes nothing.

        Returns the taker as kept, whose answer may be an earlier one.
        """
        with self.writing() as db:
            open_study(db, code)
            before = _answers(db, code, token)
            db.execute("INSERT OR IGNORE INTO answers VALUES (?, ?, ?)", (name_of(token), question, choice))
        return Taker(name_of(token), {question: choice, **before})

    def everyone(self, code: str) -> list[Taker]:
        """All takers of a study, by name; who has begun and answered nothing yet, too."""
        with self.reading() as db:
            study_of(db, code)
            found: dict[str, dict[int, str]] = {}
            for taker, question, choice in db.execute(
                "SELECT taker, question, choice FROM takers LEFT JOIN answers USING (taker) WHERE study = ?"
                " ORDER BY taker, question", (code,),
            ):  # fmt: skip
                given = found.setdefault(taker, {})
                if question is not None:
                    given[question] = choice
        return [Taker(taker, given) for taker, given in found.items()]

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The file as it is."""
        if not self.path.exists():
            raise StoreError("There is no study on this computer yet. Check the link, or ask your teacher.")
        with self._told("It could not be read"), closing(self._opened()) as db:
            yield db

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction that has its lock from the start: it never has to give up half way."""
        with self._told("It was NOT kept"), _turn:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            _keep_private(self.path)
            with closing(self._opened()) as db, _transaction(db):
                yield db

    def _opened(self) -> sqlite3.Connection:
        db = sqlite3.connect(self.path, timeout=WAIT, isolation_level=None)  # timeout is SQLite's busy_timeout
        try:
            db.execute("PRAGMA synchronous = FULL")
            if db.execute("SELECT 1 FROM sqlite_master WHERE name = 'guesses'").fetchone() is None:
                _use_write_ahead_log(db)
                with _transaction(db):
                    for table in SCHEMA.split(";"):
                        db.execute(table)
        except BaseException:
            db.close()
            raise
        return db

    @contextmanager
    def _told(self, what: str) -> Iterator[None]:
        """Every trouble with the file as a sentence."""
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise StoreError(f"{what}: the file {self.path} cannot be used just now ({error}).") from error


@contextmanager
def _transaction(db: sqlite3.Connection) -> Iterator[None]:
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    finally:
        if db.in_transaction:  # something raised, the COMMIT perhaps: a full disk
            db.execute("ROLLBACK")


def name_of(token: str) -> str:
    """A taker's name in the file: it cannot be turned back into the token."""
    return _hashed(token)[:16]


def _keep_private(path: Path) -> None:
    """The file, made if it is not there, and SQLite's two beside it: to be read by this user alone.

    One that is there is not opened: closing it again would take away the locks of SQLite in this process.
    """
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    for file in (path, *(path.with_name(path.name + end) for end in ("-wal", "-shm"))):
        with suppress(FileNotFoundError, PermissionError):  # of another user, who shares it
            if file.stat().st_mode & 0o077:
                file.chmod(0o600)


def _use_write_ahead_log(db: sqlite3.Connection) -> None:
    """Switch a new file over. It stays so; SQLite does not wait for its turn here, so several servers retry."""
    end = time.monotonic() + WAIT
    while db.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        try:
            db.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > end:
                raise
            time.sleep(0.02)


def _hashed(word: str) -> str:
    return hashlib.sha256(word.encode()).hexdigest()  # of 128 random bits: a slow hash would add nothing


def study_of(db: sqlite3.Connection, code: str) -> Study:
    found = db.execute("SELECT code, title, maps, open FROM studies WHERE code = ?", (code,)).fetchone()
    if found is None:
        raise StoreError(f"There is no study with the code {code!r} on this computer. Check the link.")
    return Study(*found[:3], bool(found[3]))


def open_study(db: sqlite3.Connection, code: str) -> None:
    if not study_of(db, code).open:
        raise StoreError("The teacher has closed this study. Nothing more is kept; what you answered before is.")


def _answers(db: sqlite3.Connection, code: str, token: str) -> dict[int, str]:
    taker = name_of(token)
    if db.execute("SELECT 1 FROM takers WHERE taker = ? AND study = ?", (taker, code)).fetchone() is None:
        raise StoreError("This link is not of a taker of this study. Open the class's link to begin.")
    return dict(db.execute("SELECT question, choice FROM answers WHERE taker = ? ORDER BY question", (taker,)))
