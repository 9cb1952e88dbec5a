"""Faults of the disk: one sentence with the path and what to do, whatever SQLite or the system calls it."""

import csv
import errno
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import torch

from tests.xai_core.benchmark.toy_cells import cells
from xai_core import kept_files
from xai_core.benchmark import faults
from xai_core.benchmark.__main__ import main
from xai_core.benchmark.exports import export
from xai_core.benchmark.faults import fault
from xai_core.benchmark.running import run
from xai_core.benchmark.store import Store

JUNK = "no database at all, but long enough to be taken for one" * 40


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A store in which three cells are done."""
    made = Store(tmp_path / "results.sqlite")
    run(cells(3, tmp_path / "log"), made, progress=False)
    return made


def told(error: OSError | sqlite3.Error, folder: Path, what: str) -> None:
    """The sentence names the path, and says what to do."""
    path = folder / "results.sqlite" if isinstance(error, sqlite3.Error) else folder
    assert fault(error, folder) == f"{path}: {what} ({error})."


@pytest.mark.parametrize(
    ("pragma", "what"),
    [("PRAGMA max_page_count = {pages}", faults.FULL), ("PRAGMA query_only = 1", faults.READ_ONLY)],
)
def test_a_disk_that_takes_no_more(store: Store, tmp_path: Path, pragma: str, what: str) -> None:
    """The run ends, what was done is kept, and with room again the same command goes on."""
    (pages,) = store.db.execute("PRAGMA page_count").fetchone()
    store.db.execute(pragma.format(pages=pages))
    with pytest.raises(sqlite3.Error) as caught:
        run(cells(500, tmp_path / "log"), store, progress=False)
    told(caught.value, tmp_path, what)
    store.close()
    with closing(Store(store.path)) as again:
        assert again.count("cells") == (3, 3)
        assert run(cells(4, tmp_path / "log"), again, progress=False).done == 1


def test_only_a_lock_that_is_held_means_another_command(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    (store.path.parent / "results.sqlite.lock").write_text(JUNK)
    with pytest.raises(sqlite3.DatabaseError, match="not a database"), store.only_writer():
        pass


def half(store: Store) -> None:
    store.close()
    store.path.write_bytes(store.path.read_bytes()[:9000])


def damaged(store: Store) -> None:
    store.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    (page,) = store.db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'results'").fetchone()
    store.close()
    content = bytearray(store.path.read_bytes())
    content[4096 * (page - 1) : 4096 * page] = b"\x55" * 4096
    store.path.write_bytes(content)


def junk(store: Store) -> None:
    store.close()
    store.path.write_text(JUNK)


@pytest.mark.parametrize(
    ("harm", "what"),
    [(half, faults.DAMAGED), (damaged, faults.DAMAGED), (junk, faults.NO_DATABASE)],
)
def test_the_command_says_what_is_wrong_with_the_file(
    store: Store, harm: Callable[[Store], None], what: str, capsys: pytest.CaptureFixture
) -> None:
    harm(store)
    assert main(["--report-only", "--out", str(store.path.parent)]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"error: {store.path}: {what} (") and said.count("\n") == 1


def test_a_folder_where_the_file_should_be(tmp_path: Path) -> None:
    (tmp_path / "results.sqlite").mkdir()
    with pytest.raises(sqlite3.Error) as caught:
        Store(tmp_path / "results.sqlite")
    told(caught.value, tmp_path, faults.NO_PLACE)


@pytest.mark.parametrize("below", [".", "x/y"])
def test_a_file_where_the_folder_should_be(tmp_path: Path, below: str, capsys: pytest.CaptureFixture) -> None:
    (tmp_path / "file").touch()
    assert main(["--tables", "uni", "--networks", "zoo", "--out", str(tmp_path / "file" / below)]) == 2
    assert re.fullmatch(rf"error: {tmp_path}/file.*: {re.escape(faults.NO_PLACE)} \(.*\)\.\n", capsys.readouterr().err)


def test_an_export_that_ends_half_way_leaves_the_former_one(store: Store, tmp_path: Path) -> None:
    export(store, tmp_path)
    before = (tmp_path / "rows.csv").read_bytes()
    (tmp_path / "rows.csv.part").symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left") as caught:
        export(store, tmp_path)
    told(caught.value, tmp_path, faults.FULL)
    assert (tmp_path / "rows.csv").read_bytes() == before


def test_half_an_export_is_named(store: Store, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    export(store, tmp_path)
    store.close()
    store.path.unlink()
    whole = (tmp_path / "rows.parquet").read_bytes()
    (tmp_path / "rows.parquet").write_bytes(whole[:300])
    assert main(["--report-only", "--out", str(tmp_path)]) == 2
    assert "rows.parquet must be rows that a benchmark wrote; it cannot be read: get it back" in capsys.readouterr().err


def test_a_map_that_cannot_be_kept_names_its_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(source: str, target: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(kept_files.os, "replace", full)
    with pytest.raises(OSError, match=r"No space left on device: '.*kept\.safetensors'"):
        kept_files.write(tmp_path / "kept.safetensors", {"x": torch.zeros(1)}, {})
    assert not [*tmp_path.iterdir()]


def test_errors_of_something_else_are_told_as_they_are(tmp_path: Path) -> None:
    for error in (FileNotFoundError(errno.ENOENT, "No such file", "/of/mine/a.png"), OSError("no cluster answers")):
        assert fault(error, tmp_path) == str(error)
    assert fault(PermissionError(errno.EACCES, "Permission denied", str(tmp_path)), tmp_path).startswith(
        f"{tmp_path}: {faults.READ_ONLY}"
    )


def test_no_name_becomes_a_formula(store: Store, tmp_path: Path) -> None:
    """Names come from files; in a spreadsheet a text that begins so would be run."""
    names = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "cat.png", "a=b"]
    rows = ", ".join(f'{{"score": "s", "value": -0.5, "picture": {name!r}}}'.replace("'", '"') for name in names)
    store.db.execute("UPDATE results SET rows = ?", (f"[{rows.replace(chr(9), chr(92) + 't')}]",))
    export(store, tmp_path)
    with (tmp_path / "rows.csv").open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file))[: len(names)]
    assert [row["picture"] for row in found] == [f"'{name}" for name in names[:6]] + names[6:]
    assert {row["value"] for row in found} == {"-0.5"}
