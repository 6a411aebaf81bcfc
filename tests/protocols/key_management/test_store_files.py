"""Files of key stores: what they keep of delivered keys, who may open them, what is refused."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import random
import re
import resource
import shutil
import signal
import sqlite3
import tempfile
import time
import uuid
from collections.abc import Callable
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest

from protocols.key_management.keys import Assignment, KeyPart, ManagedKey
from protocols.key_management.store import KeyStore, KeyStoreError

EDGE = "A--B"

#: Keys of the first test are made of words: this, and twice a number of six bytes.
MARK = b"\xf1KY\xf2"


def marked(number: int, words: int) -> bytes:
    """Words with the numbers from this one on, each findable in a file."""
    return b"".join(MARK + 2 * (number + k).to_bytes(6, "big") for k in range(words))


def found_in(path) -> set[int]:
    """Numbers of the words that stand in the files of a store; a few are cut by pages."""
    data = b"".join(each.read_bytes() for each in path.parent.iterdir())
    hits = re.finditer(re.escape(MARK) + rb"(.{6})\1", data, re.DOTALL)
    return {int.from_bytes(hit[1], "big") for hit in hits}


def wait_until_erased(path) -> None:
    """Wait until the log is empty, which the store sees to by itself."""
    log = path.with_name(path.name + "-wal")
    until = time.monotonic() + 60.0
    while log.stat().st_size:
        assert time.monotonic() < until, "the log was never erased"
        time.sleep(0.01)


def churn(store, rng):
    """Use a store for a while in random order; return the numbers of words that are left."""
    number, blocks, waiting = 0, {}, []
    left = set()
    for step in range(400):
        if step % 7 == 0:
            words = rng.randint(1, 400)
            name = f"b{step}"
            store.add_block(EDGE, name, marked(number, words))
            store.confirm_blocks(EDGE, [name])
            blocks[name] = (number, words)
            left |= set(range(number, number + words))
            number += words
        else:
            name = rng.choice(list(blocks))
            first, words = blocks[name]
            start = rng.randrange(words)
            part = range(first + start, first + min(words, start + rng.randint(1, 30)))
            where = KeyPart(block=name, start=16 * start, length=16 * len(part))
            if set(part) <= left:
                assert store.take(EDGE, [where]) == marked(part[0], len(part))
            else:
                store.void_parts(EDGE, [where])
            left -= set(part)
        words = rng.choice([1, 2, 2, 2, 4, 64, 512])
        key = ManagedKey(key_id=str(uuid.UUID(int=rng.getrandbits(128))), material=b"")
        key = ManagedKey(key_id=key.key_id, material=marked(number, words))
        left |= set(range(number, number + words))
        waiting.append((key, range(number, number + words)))
        number += words
        store.add_in("A", [key])
        store.assign_in("A", [Assignment(key_id=key.key_id, master="a", slaves=("b",))])
        if len(waiting) > 20:
            key, numbers = waiting.pop(rng.randrange(len(waiting)))
            assert store.collect("b", "a", [key.key_id]) == [key]
            left -= set(numbers)
    return left


def test_delivered_keys_stand_in_no_file(tmp_path):
    # Oracle: words that can be told apart, looked for in all files of the store.
    path = tmp_path / "keys.sqlite"
    with KeyStore(path) as store:
        left = churn(store, random.Random(time.time_ns()))
        wait_until_erased(path)
        found = found_in(path)
        assert found <= left
        assert len(found) > 0.95 * len(left)


def test_the_log_is_erased_while_the_store_is_in_use(path):
    """Oracle: the size of the log, which never shrinks but when it is emptied."""
    log = path.with_name(path.name + "-wal")

    async def work(store, number):
        for turn in count():
            name = f"{number}-{turn}"
            await store.run(store.add_secret, name, 1, b"x" * 32)
            await store.run(store.next_secret, name)
            if store.emptied:
                return

    async def watch(store):
        highest = 0
        until = time.monotonic() + 60.0
        while (size := log.stat().st_size) >= highest:
            highest = size
            assert time.monotonic() < until, "the log only grows"
            await asyncio.sleep(0.002)
        store.emptied = True

    async def play(store):
        store.emptied = False
        await asyncio.gather(watch(store), *(work(store, number) for number in range(8)))

    with KeyStore(path) as store:
        asyncio.run(play(store))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "keys.sqlite"


def key(number: int) -> ManagedKey:
    return ManagedKey(key_id=str(uuid.UUID(int=number)), material=os.urandom(32))


def in_child(work: Callable[[], str]) -> str:
    """What a function returns in a process of its own, or what it raises."""
    here, there = multiprocessing.Pipe()

    def play() -> None:
        try:
            there.send(work())
        except Exception as error:
            there.send(str(error))

    child = multiprocessing.get_context("fork").Process(target=play)
    child.start()
    said: str = here.recv()
    child.join()
    return said


def test_files_are_for_their_owner_alone(path):
    before = os.umask(0)
    try:
        with KeyStore(path) as store:
            store.add_out("C", [key(1)])
            modes = {each.name: each.stat().st_mode & 0o777 for each in path.parent.iterdir()}
    finally:
        os.umask(before)
    assert modes == {"keys.sqlite": 0o600, "keys.sqlite-wal": 0o600}
    path.chmod(0o640)
    with pytest.raises(KeyStoreError, match=r"can be read by others \(mode 640\); chmod 600 it"):
        KeyStore(path)


def test_files_are_written_as_promised(path, monkeypatch):
    """Oracle: SQLite's own answers; 2 is FULL, 1 is ON."""
    connect, made = sqlite3.connect, []

    def noted(*args, **kwargs):
        made.append(connect(*args, **kwargs))
        return made[-1]

    monkeypatch.setattr(sqlite3, "connect", noted)
    with KeyStore(path):
        names = ("journal_mode", "synchronous", "secure_delete", "locking_mode")
        said = [made[0].execute(f"PRAGMA {name}").fetchone()[0] for name in names]
    assert said == ["wal", 2, 1, "exclusive"]


def test_one_process_has_a_store(path):
    def hold(ready):
        with KeyStore(path):
            ready.set()
            time.sleep(600.0)

    with KeyStore(path):
        with pytest.raises(KeyStoreError, match="is open in another process"):
            KeyStore(path)
        assert "is open in another process" in in_child(lambda: str(KeyStore(path)))
    context = multiprocessing.get_context("fork")
    ready = context.Event()
    child = context.Process(target=hold, args=(ready,))
    child.start()
    try:
        assert ready.wait(60.0)
        with pytest.raises(KeyStoreError, match="is open in another process"):
            KeyStore(path)
    finally:
        os.kill(child.pid, signal.SIGKILL)
        child.join()
    KeyStore(path).close()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("PRAGMA user_version = 9", "is of version 9; this program reads 1"),
        ("PRAGMA application_id = 7", "is a database, but no key store"),
    ],
)
def test_other_databases_are_refused(path, change, message):
    KeyStore(path).close()
    with closing(sqlite3.connect(path)) as database:
        database.execute(change)
    with pytest.raises(KeyStoreError, match=message):
        KeyStore(path)


@pytest.mark.parametrize("kind", ["text", "cut", "page"])
def test_damaged_files_are_refused(path, kind):
    with KeyStore(path) as store:
        store.add_out("C", [key(number) for number in range(500)])
    data = path.read_bytes()
    path.write_bytes(
        {
            "text": b"no database at all" * 300,
            "cut": data[: len(data) // 2],
            "page": data[:8192] + os.urandom(len(data) - 8192),
        }[kind]
    )
    with pytest.raises(KeyStoreError, match="is damaged"):
        KeyStore(path)


def test_places_where_no_store_can_be_are_refused(tmp_path):
    with pytest.raises(KeyStoreError, match="cannot be opened for writing: No such file"):
        KeyStore(tmp_path / "none" / "keys.sqlite")
    with pytest.raises(KeyStoreError, match="cannot be opened for writing: Is a directory"):
        KeyStore(tmp_path)


def test_a_read_only_store_is_refused():
    folder = Path(tempfile.mkdtemp())

    def look() -> str:
        if os.geteuid() == 0:  # whom no mode of a file hinders
            os.setuid(65534)
        return str(KeyStore(folder / "keys.sqlite"))

    try:
        KeyStore(folder / "keys.sqlite").close()
        (folder / "keys.sqlite").chmod(0o400)
        folder.chmod(0o555)
        assert "cannot be opened for writing: Permission denied" in in_child(look)
    finally:
        folder.chmod(0o700)
        shutil.rmtree(folder)


def test_a_full_disk_is_said_and_survived(path, monkeypatch):
    # Oracle: SQLite's own limit of pages, which it reports as a full disk.
    connect = sqlite3.connect

    def limited(*args, **kwargs):
        database = connect(*args, **kwargs)
        database.execute("PRAGMA max_page_count = 60")
        return database

    monkeypatch.setattr(sqlite3, "connect", limited)
    held: list[ManagedKey] = []
    with KeyStore(path) as store:
        for number in range(10_000):
            more = [key(100 * number + k) for k in range(20)]
            try:
                store.add_out("C", more)
            except KeyStoreError as error:
                said = str(error)
                break
            held += more
        assert said == f"the disk of the key store {path} is full"
        assert len(held) > 100
        ids = [each.key_id for each in held]
        assert store.ready("C", 256) == len(held)
        assert store.hand_out("C", ids, master="a", slaves=["b"]) == held
        assert store.add_out("C", [key(10**9)]) == 1


def test_a_disk_that_fails_ends_the_store_and_loses_nothing(path):
    # Oracle: the operating system's limit of a file's size, which SQLite reports as a failed write.
    first = key(1)

    def work() -> str:
        with KeyStore(path) as store:
            store.add_out("C", [first])
            resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
            said = []
            for number in (2, 3):
                try:
                    store.add_out("C", [key(1000 * number + k) for k in range(500)])
                except KeyStoreError as error:
                    said.append(str(error))
            return "; then ".join(said)

    said = in_child(work)
    assert re.fullmatch(r".* cannot be read or written .*; then .*; open it again to see .*", said)
    with KeyStore(path) as store:
        assert store.hand_out("C", [first.key_id], master="a", slaves=["b"]) == [first]
        assert store.ready("C", 256) == 0
