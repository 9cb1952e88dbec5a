"""Faults of a disk in one sentence each: the path, what is wrong with it, and what to do.

    results.sqlite: the disk is full; make room, and start the same command again: what is done is kept.

SQLite and the system name a fault by a code; what to do follows from it. What to look at: `SQLITE`, `SYSTEM`.
"""

import errno
import sqlite3
from pathlib import Path

FULL = "the disk is full; make room, and start the same command again: what is done is kept"
READ_ONLY = "it must not be written; change its rights, or name another folder by --out"
NO_PLACE = "it cannot be opened or made; name a folder that can be written by --out"
NO_DATABASE = "it is no file of results; move it away, or name another folder by --out"
DAMAGED = (
    "it is damaged or half-written; delete it with its -wal and -shm, and start the same command again: it goes on from"
    " rows.parquet and measures the rest anew"
)
FAILING = "the disk reports an error; copy the folder to another disk, and name it by --out"
BUSY = "another program holds it; wait for it, or stop it"

SQLITE = {  # by the beginning of the code's name
    "SQLITE_FULL": FULL, "SQLITE_READONLY": READ_ONLY, "SQLITE_PERM": READ_ONLY, "SQLITE_CANTOPEN": NO_PLACE,
    "SQLITE_NOTADB": NO_DATABASE, "SQLITE_CORRUPT": DAMAGED, "SQLITE_IOERR": FAILING, "SQLITE_BUSY": BUSY,
    "SQLITE_LOCKED": BUSY,
}  # fmt: skip
SYSTEM = {
    errno.ENOSPC: FULL, errno.EDQUOT: FULL, errno.EROFS: READ_ONLY, errno.EACCES: READ_ONLY, errno.EPERM: READ_ONLY,
    errno.ENOTDIR: NO_PLACE, errno.EEXIST: NO_PLACE, errno.EISDIR: NO_PLACE, errno.ENOENT: NO_PLACE, errno.EIO: FAILING,
}  # fmt: skip


def fault(error: OSError | sqlite3.Error, folder: Path) -> str:
    """The sentence for an error that came up while a command ran. folder: of its results.

    An error of something else, such as a picture that cannot be read, is told in its own words.
    """
    if isinstance(error, sqlite3.Error):
        name, path = getattr(error, "sqlite_errorname", ""), folder / "results.sqlite"
        what = next((words for begin, words in SQLITE.items() if name.startswith(begin)), "")
    else:
        path = Path(error.filename or folder)
        ours = path == folder or folder in path.parents or path in folder.parents
        what = SYSTEM.get(error.errno or 0, "") if ours else ""
    return f"{path}: {what} ({error})." if what else str(error)
