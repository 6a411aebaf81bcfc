"""SQLite file of a key store: how it is opened and locked, its tables, and its errors in words.

The file is opened in exclusive mode, so that no second process opens it and the index of its
write-ahead log stays in memory. Every commit is on the disk when it returns (``synchronous=FULL``);
what is deleted is overwritten (``secure_delete``), in the log by the next `erase`. D. R. Hipp et
al., SQLite, "Write-Ahead Logging" and "Pragma statements", https://www.sqlite.org/docs.html.
"""

from __future__ import annotations

import json
import os
import sqlite3
import stat
from collections.abc import Iterable
from pathlib import Path

from protocols.key_management.store.errors import KeyStoreError

__all__ = ["LISTED", "erase", "listed", "open_database", "worded"]

#: Says in the file's header that it is a store of keys.
_APPLICATION = 0x516B6579

#: Says which tables it has.
_VERSION = 1

#: In a statement: the values of a list, which is given as one value (`listed`).
LISTED = "(SELECT value FROM json_each(?))"

_TABLES = """
CREATE TABLE edges(
    edge TEXT PRIMARY KEY, confirmed INTEGER NOT NULL DEFAULT 0,
    pending INTEGER NOT NULL DEFAULT 0, secret INTEGER NOT NULL DEFAULT -1);
CREATE TABLE blocks(
    number INTEGER PRIMARY KEY AUTOINCREMENT, edge TEXT NOT NULL, block TEXT NOT NULL,
    state INTEGER NOT NULL, size INTEGER NOT NULL, left INTEGER NOT NULL, born REAL NOT NULL,
    UNIQUE(edge, block));
CREATE INDEX held_blocks ON blocks(edge, number) WHERE left > 0;
CREATE TABLE vault(slot INTEGER PRIMARY KEY, content BLOB NOT NULL);
CREATE TABLE runs(
    place INTEGER PRIMARY KEY, length INTEGER NOT NULL, slot INTEGER NOT NULL);
CREATE TABLE secrets(
    edge TEXT NOT NULL, number INTEGER NOT NULL, slot INTEGER NOT NULL, size INTEGER NOT NULL,
    PRIMARY KEY(edge, number));
CREATE TABLE out_keys(
    number INTEGER PRIMARY KEY AUTOINCREMENT, key_id TEXT NOT NULL UNIQUE, peer TEXT NOT NULL,
    born REAL NOT NULL, slot INTEGER NOT NULL, size INTEGER NOT NULL);
CREATE TABLE in_keys(
    number INTEGER PRIMARY KEY AUTOINCREMENT, key_id TEXT NOT NULL UNIQUE, peer TEXT NOT NULL,
    born REAL NOT NULL, master TEXT, slaves TEXT NOT NULL DEFAULT '[]',
    served TEXT NOT NULL DEFAULT '[]', slot INTEGER NOT NULL, size INTEGER NOT NULL);
CREATE TABLE gone(
    number INTEGER PRIMARY KEY AUTOINCREMENT, direction TEXT NOT NULL, key_id TEXT NOT NULL);
CREATE TABLE counters(
    name TEXT NOT NULL, subject TEXT NOT NULL, value INTEGER NOT NULL,
    PRIMARY KEY(name, subject)) WITHOUT ROWID;
CREATE TABLE levels(
    number INTEGER PRIMARY KEY, time_s REAL NOT NULL, layer TEXT NOT NULL, subject TEXT NOT NULL,
    keys INTEGER NOT NULL, bytes INTEGER NOT NULL);
CREATE INDEX level_times ON levels(time_s);
"""


def open_database(path: Path) -> sqlite3.Connection:
    """A connection to the store at a path, which is made if there is none, for this process alone.

    Args:
        path: The file; its folder exists.

    Raises:
        KeyStoreError: If the file is damaged, no store, of another version, open in another
            process, readable by others, or cannot be written.
    """
    _claim(path)
    database = None
    try:
        database = sqlite3.connect(
            path, timeout=0.0, isolation_level=None, check_same_thread=False, cached_statements=256
        )
        _prepare(database, path)
    except sqlite3.Error as error:
        if database is not None:
            database.close()
        raise worded(error, path) from error
    except KeyStoreError:
        if database is not None:
            database.close()
        raise
    return database


def _claim(path: Path) -> None:
    """Make the file where there is none; refuse one that others can read or that is read-only."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        message = f"the key store {path} cannot be opened for writing: {error.strerror}"
        raise KeyStoreError(message) from error
    mode = stat.S_IMODE(os.fstat(handle).st_mode)
    os.close(handle)
    if mode & 0o077:
        message = f"the key store {path} can be read by others (mode {mode:o}); chmod 600 it"
        raise KeyStoreError(message)


def _prepare(database: sqlite3.Connection, path: Path) -> None:
    """Lock the file, set how it is written, and make or check its tables."""
    for setting in ("locking_mode = EXCLUSIVE", "secure_delete = ON", "temp_store = MEMORY"):
        database.execute(f"PRAGMA {setting}").fetchall()
    mode = database.execute("PRAGMA journal_mode = WAL").fetchone()[0]
    if mode != "wal":
        message = f"the key store {path} lies where SQLite can keep no write-ahead log"
        raise KeyStoreError(message)
    for setting in ("synchronous = FULL", "wal_autocheckpoint = 0", "foreign_keys = ON"):
        database.execute(f"PRAGMA {setting}").fetchall()
    database.execute("BEGIN EXCLUSIVE")
    if database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0:
        for statement in _TABLES.split(";"):
            database.execute(statement)
        database.execute(f"PRAGMA application_id = {_APPLICATION}")
        database.execute(f"PRAGMA user_version = {_VERSION}")
    database.execute("COMMIT")
    if database.execute("PRAGMA application_id").fetchone()[0] != _APPLICATION:
        message = f"{path} is a database, but no key store"
        raise KeyStoreError(message)
    version = database.execute("PRAGMA user_version").fetchone()[0]
    if version != _VERSION:
        message = f"the key store {path} is of version {version}; this program reads {_VERSION}"
        raise KeyStoreError(message)
    found = database.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        message = f"the key store {path} is damaged: {found}"
        raise KeyStoreError(message)


def worded(error: sqlite3.Error, path: Path) -> KeyStoreError:
    """What an error of SQLite means for the store, in a sentence."""
    name = getattr(error, "sqlite_errorname", "") or ""
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        said = f"the key store {path} is open in another process"
    elif name.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
        said = f"the key store {path} is damaged ({error}); keep a copy and begin a new one"
    elif name.startswith("SQLITE_FULL"):
        said = f"the disk of the key store {path} is full"
    elif name.startswith("SQLITE_READONLY"):
        said = f"the key store {path} is read-only"
    else:
        said = f"the key store {path} cannot be read or written ({error})"
    return KeyStoreError(said)


def erase(database: sqlite3.Connection) -> None:
    """Write the log into the file and empty it: what was deleted stands in neither any more."""
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def listed(values: Iterable[str | int]) -> str:
    """Names or numbers as the one value that stands for `LISTED`, however many they are."""
    return json.dumps(list(values))
