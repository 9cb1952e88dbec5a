"""The store of the user study: what was confirmed is there, whoever writes at the same time and whatever is killed."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Barrier

import pytest

from app.labs.study import store as module
from app.labs.study.store import Store, StoreError, Taker, default_path, name_of

ROOT = Path(__file__).parents[3]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "new folder" / "study.sqlite3")


def everything(store: Store) -> bytes:
    """All bytes of the file, also of what is still in its log."""
    with closing(sqlite3.connect(store.path)) as db:
        return "\n".join(db.iterdump()).encode()


def test_answers_are_kept_and_the_first_counts(store: Store) -> None:
    study, _ = store.create("  Class   3b ", "maps-1")
    assert (study.title, study.maps, study.open) == ("Class 3b", "maps-1", True)
    assert store.study(study.code) == study
    token = store.begin(study.code)
    assert store.taker(study.code, token) == Taker(name_of(token), {})
    store.answer(study.code, token, 7, "lime")
    assert store.answer(study.code, token, 7, "normlime").answers == {7: "lime"}  # a double click, or Back and again
    assert store.answer(study.code, token, 2, "vargrad").answers == {7: "lime", 2: "vargrad"}
    assert store.taker(study.code, token).answers == {2: "vargrad", 7: "lime"}
    idle = store.begin(study.code)
    assert {t.name: t.answers for t in store.everyone(study.code)} == {
        name_of(token): {2: "vargrad", 7: "lime"},
        name_of(idle): {},
    }


def test_studies_do_not_mix(store: Store) -> None:
    one, two = (store.create(title, "m")[0].code for title in ("one", "two"))
    token = store.begin(one)
    store.answer(one, token, 0, "lime")
    assert store.everyone(two) == []
    with pytest.raises(StoreError, match="not of a taker of this study"):
        store.answer(two, token, 0, "lime")
    with pytest.raises(StoreError, match="not of a taker"):
        store.taker(one, "a made-up token")
    for code in ("", "nothere", "'; DROP TABLE answers; --"):
        with pytest.raises(StoreError, match="There is no study with the code"):
            store.begin(code)
    assert store.taker(one, token).answers == {0: "lime"}


def test_only_the_teacher_closes_and_opens(store: Store) -> None:
    study, secret = store.create("t", "m")
    other, _ = store.create("t2", "m")
    token = store.begin(study.code)
    store.answer(study.code, token, 0, "lime")
    for code, word in ((study.code, "wrong"), (study.code, ""), (other.code, secret), ("nothere", secret)):
        with pytest.raises(StoreError, match="not the teacher's link"):
            store.set_open(code, word, False)
    assert store.study(study.code).open
    store.set_open(study.code, secret, False)
    assert not store.study(study.code).open
    with pytest.raises(StoreError, match="closed this study"):
        store.answer(study.code, token, 1, "lime")
    with pytest.raises(StoreError, match="closed this study"):
        store.begin(study.code)
    assert store.taker(study.code, token).answers == {0: "lime"}
    store.set_open(study.code, secret, True)
    assert store.answer(study.code, token, 1, "lime").answers == {0: "lime", 1: "lime"}


def test_secrets_and_tokens_are_not_in_the_file(store: Store) -> None:
    study, secret = store.create("t", "m")
    token = store.begin(study.code)
    store.answer(study.code, token, 0, "lime")
    content = everything(store)
    assert study.code.encode() in content and b"lime" in content
    assert secret.encode() not in content and token.encode() not in content
    with closing(sqlite3.connect(store.path)) as db:
        columns = {
            t: [row[1] for row in db.execute(f"PRAGMA table_info({t})")] for t in ("studies", "takers", "answers")
        }
    assert columns == {
        "studies": ["code", "title", "secret", "maps", "open"],
        "takers": ["taker", "study"],
        "answers": ["taker", "question", "choice"],
    }  # no name, no time, no address: nothing else can be stored


def test_the_file_is_for_this_user_alone(store: Store) -> None:
    """Also the two that SQLite puts beside it, and a file from before, when nobody cared."""
    files = [store.path.with_name(store.path.name + end) for end in ("", "-wal", "-shm")]
    code = store.create("t", "m")[0].code
    with closing(store._opened()):  # the two are there as long as somebody has the file open
        store.begin(code)
        assert [file.stat().st_mode & 0o777 for file in files] == [0o600] * 3
        for file in files:
            file.chmod(0o644)
        store.begin(code)
        assert [file.stat().st_mode & 0o777 for file in files] == [0o600] * 3


def test_the_file_is_as_safe_as_it_says(store: Store) -> None:
    store.create("t", "m")
    with closing(store._opened()) as db:
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert db.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL
        assert db.execute("PRAGMA busy_timeout").fetchone() == (1000 * module.WAIT,)


@pytest.mark.parametrize("title", ["", "   ", "x" * 101])
def test_titles(store: Store, title: str) -> None:
    with pytest.raises(StoreError, match="1 to 100 letters"):
        store.create(title, "m")
    assert not store.path.exists()


def test_sixty_takers_in_the_same_second(store: Store) -> None:
    """60 threads, let go at once, each answers 2 questions and clicks twice."""
    code = store.create("t", "m")[0].code
    start = Barrier(60)

    def take(u: int) -> str:
        start.wait()
        token = store.begin(code)
        for q in range(2):
            for choice in (f"first of {u}", "second click"):
                store.answer(code, token, q, choice)
        return token

    with ThreadPoolExecutor(60) as pool:
        tokens = list(pool.map(take, range(60)))
    kept = {t.name: t.answers for t in store.everyone(code)}
    assert kept == {name_of(token): dict.fromkeys(range(2), f"first of {u}") for u, token in enumerate(tokens)}


WRITER = """
import os, sys, threading
from app.labs.study.store import Store
store, code = Store(__import__("pathlib").Path(sys.argv[1])), sys.argv[2]
def take():
    token = store.begin(code)
    for q in range(int(sys.argv[3])):
        store.answer(code, token, q, "lime")
        # After answer() returned: confirmed. One write a line: print() writes in two when many threads share the pipe.
        os.write(1, f"{token} {q}\\n".encode())
sys.stdin.readline()
threads = [threading.Thread(target=take) for _ in range(int(sys.argv[4]))]
[t.start() for t in threads]
[t.join() for t in threads]
"""


def writer(store: Store, code: str, questions: int, takers: int) -> subprocess.Popen:
    """Another server with the same file; it starts to write with a line on its input."""
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(store.path), code, str(questions), str(takers)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip


def test_several_servers_with_one_file(store: Store) -> None:
    code = store.create("t", "m")[0].code
    servers = [writer(store, code, questions=3, takers=15) for _ in range(4)]
    for server in servers:
        server.stdin.write("go\n")
        server.stdin.flush()
    confirmed = [line.split() for server in servers for line in server.communicate(timeout=60)[0].splitlines()]
    assert len(confirmed) == 4 * 15 * 3 and all(server.returncode == 0 for server in servers)
    kept = {t.name: t.answers for t in store.everyone(code)}
    assert len(kept) == 60 and all(answers == dict.fromkeys(range(3), "lime") for answers in kept.values())


def test_several_servers_make_the_file_at_once(store: Store) -> None:
    """Creating the file is where SQLite itself does not wait for its turn."""
    start = Barrier(8)

    def create(i: int) -> str:
        start.wait()
        command = (
            "from app.labs.study.store import *; import sys; print(Store(Path(sys.argv[1])).create('t', 'm')[0].code)"
        )
        return subprocess.run(
            [sys.executable, "-c", command, str(store.path)], cwd=ROOT, check=True, capture_output=True, text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        ).stdout.strip()  # fmt: skip

    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(create, range(8)))
    assert [store.study(code).code for code in codes] == codes and len(set(codes)) == 8


def test_killed_in_the_middle(store: Store) -> None:
    """kill -9 while 8 takers are writing: every confirmed answer is there, and the file can be used at once."""
    code = store.create("t", "m")[0].code
    server = writer(store, code, questions=10**6, takers=8)
    server.stdin.write("go\n")
    server.stdin.flush()
    lines = [server.stdout.readline() for _ in range(80)]
    server.send_signal(signal.SIGKILL)
    rest = server.communicate(timeout=60)[0]
    assert server.returncode == -signal.SIGKILL
    whole = ("".join(lines) + rest).splitlines(keepends=True)
    confirmed = [line.split() for line in whole if line.endswith("\n")]
    assert len(confirmed) >= 80
    kept = {t.name: t.answers for t in store.everyone(code)}
    assert all(kept[name_of(token)][int(q)] == "lime" for token, q in confirmed)
    # At most one answer of each taker was kept without having been confirmed.
    said = Counter(name_of(token) for token, _ in confirmed)
    assert all(len(kept[name]) - said[name] <= 1 for name in kept)
    token = confirmed[0][0]
    assert store.answer(code, token, -1, "vargrad").answers[-1] == "vargrad"


@pytest.mark.slow
def test_killed_again_and_again(store: Store) -> None:
    """kill -9 at twenty moments, while 8 takers are writing: no confirmed answer is lost, none changed."""
    code, chance = store.create("t", "m")[0].code, random.Random(0)
    confirmed: dict[str, set[int]] = {}
    for _ in range(20):
        server = writer(store, code, questions=10**6, takers=8)
        server.stdin.write("go\n")
        server.stdin.flush()
        lines = [server.stdout.readline() for _ in range(chance.randrange(1, 60))]
        time.sleep(chance.random() / 50)
        server.send_signal(signal.SIGKILL)
        for line in ("".join(lines) + server.communicate(timeout=60)[0]).splitlines(keepends=True):
            if line.endswith("\n"):
                token, question = line.split()
                confirmed.setdefault(name_of(token), set()).add(int(question))
        with closing(sqlite3.connect(store.path)) as db:
            assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    kept = {taker.name: taker.answers for taker in store.everyone(code)}
    for name, questions in confirmed.items():
        assert kept[name].keys() >= questions and len(kept[name]) <= len(questions) + 1
        assert set(kept[name].values()) == {"lime"}


def test_a_full_disk_says_so_and_loses_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    code = store.create("t", "m")[0].code
    token = store.begin(code)
    real = Store._opened

    def full(self: Store) -> sqlite3.Connection:
        db = real(self)
        db.execute(f"PRAGMA max_page_count = {db.execute('PRAGMA page_count').fetchone()[0]}")
        return db

    monkeypatch.setattr(Store, "_opened", full)
    confirmed = []
    with pytest.raises(StoreError, match=r"It was NOT kept: the file .* \(database or disk is full\)"):
        for q in range(10**4):
            store.answer(code, token, q, "x" * 200)
            confirmed.append(q)
    monkeypatch.undo()
    assert confirmed and list(store.taker(code, token).answers) == confirmed
    store.answer(code, token, len(confirmed), "now there is room")


def test_a_disk_that_cannot_be_written(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    code = store.create("t", "m")[0].code
    token = store.begin(code)
    real = Store._opened

    def read_only(self: Store) -> sqlite3.Connection:
        db = real(self)
        db.execute("PRAGMA query_only = 1")
        return db

    monkeypatch.setattr(Store, "_opened", read_only)
    with pytest.raises(StoreError, match=r"It was NOT kept: .*readonly"):
        store.answer(code, token, 0, "lime")
    assert store.taker(code, token).answers == {}  # reading goes on


def test_impossible_places(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(StoreError, match="It was NOT kept"):
        Store(tmp_path / "file" / "study.sqlite3").create("t", "m")
    (tmp_path / "junk.sqlite3").write_text("no database at all, but long enough to be taken for one" * 40)
    for ask in (lambda s: s.create("t", "m"), lambda s: s.study("abc")):
        with pytest.raises(StoreError, match="not a database"):
            ask(Store(tmp_path / "junk.sqlite3"))
    with pytest.raises(StoreError, match="no study on this computer yet"):
        Store(tmp_path / "nothing.sqlite3").study("abc")
    assert not (tmp_path / "nothing.sqlite3").exists()  # looking makes no file


def test_a_file_that_was_moved_away_is_noticed(store: Store) -> None:
    code = store.create("t", "m")[0].code
    token = store.begin(code)
    store.path.rename(store.path.with_name("elsewhere"))
    with pytest.raises(StoreError, match="There is no study with the code"):
        store.answer(code, token, 0, "lime")


def test_where_it_lies(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XAI_STUDY_DB", str(tmp_path / "mine.sqlite3"))
    assert default_path() == tmp_path / "mine.sqlite3"
    monkeypatch.delenv("XAI_STUDY_DB")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert default_path() == tmp_path / "xai-workbook" / "study.sqlite3"
    monkeypatch.delenv("XDG_DATA_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_path() == tmp_path / ".local" / "share" / "xai-workbook" / "study.sqlite3"
