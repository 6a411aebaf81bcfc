"""Tables of a store, and how older ones become newer: creating is migrating from nothing."""

from __future__ import annotations

import sqlite3

from qnet.errors import ParameterError

__all__ = ["APPLICATION", "MIGRATIONS", "is_newest", "prepare", "roll_back"]

#: What marks an SQLite file as a store of results: "qnet" as four bytes.
APPLICATION = int.from_bytes(b"qnet", "big")

#: Statements that lead from each version to the next; the version is the number of those done.
MIGRATIONS = (
    """
    CREATE TABLE tasks (
        identity TEXT PRIMARY KEY, engine TEXT NOT NULL, text TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE batches (
        task TEXT NOT NULL, root INTEGER NOT NULL, number INTEGER NOT NULL, engine TEXT NOT NULL,
        seed INTEGER, samples INTEGER NOT NULL, counts TEXT NOT NULL, wall_s REAL NOT NULL,
        versions TEXT NOT NULL, finished_at TEXT NOT NULL,
        PRIMARY KEY (task, root, number)
    ) WITHOUT ROWID;
    CREATE TABLE sweeps (
        identity TEXT PRIMARY KEY, name TEXT NOT NULL, root INTEGER NOT NULL,
        until TEXT NOT NULL, axes TEXT NOT NULL, text TEXT NOT NULL, begun_at TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE points (
        sweep TEXT NOT NULL, position INTEGER NOT NULL, task TEXT NOT NULL, axes TEXT NOT NULL,
        facts TEXT NOT NULL, reason TEXT NOT NULL, used INTEGER,
        PRIMARY KEY (sweep, position)
    ) WITHOUT ROWID;
    """,
    # Who played a batch, and a quick way from a task to its points.
    """
    ALTER TABLE batches ADD COLUMN worker TEXT NOT NULL DEFAULT '';
    CREATE INDEX points_of_task ON points (task);
    """,
)


def prepare(database: sqlite3.Connection, path: str) -> None:
    """Bring a database to the newest version of the tables, in one transaction.

    Raises:
        ParameterError: If it is of a newer version, or another program's database.
    """
    version = _version(database, path)
    if version == len(MIGRATIONS):
        _check_tables(database, path)
        return
    database.execute("BEGIN IMMEDIATE")
    try:
        version = _version(database, path)  # another process may have been faster
        for script in MIGRATIONS[version:]:
            for statement in script.split(";"):
                database.execute(statement)
        database.execute(f"PRAGMA application_id = {APPLICATION}")
        database.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        database.execute("COMMIT")
    except BaseException:
        roll_back(database)
        raise


def roll_back(database: sqlite3.Connection) -> None:
    """Take back what a transaction did; on a full disk SQLite has done so itself."""
    if database.in_transaction:
        database.execute("ROLLBACK")


def _check_tables(database: sqlite3.Connection, path: str) -> None:
    """Every table can be read at all."""
    present = {name for (name,) in database.execute("SELECT name FROM sqlite_schema")}
    missing = [name for name in ("tasks", "batches", "sweeps", "points") if name not in present]
    if missing:
        hint = f"it is damaged (no table {missing[0]}): restore a copy, or sweep into a new one"
        raise ParameterError("store", "be a store of qnet sweep", path, hint)


def is_newest(database: sqlite3.Connection) -> bool:
    """Whether a database says that it has the newest version of the tables."""
    (version,) = database.execute("PRAGMA user_version").fetchone()
    return bool(version == len(MIGRATIONS))


def _version(database: sqlite3.Connection, path: str) -> int:
    """Version of the tables: 0 when there are none."""
    # One statement sees one state, whoever else is making the tables.
    asked = (
        "SELECT (SELECT application_id FROM pragma_application_id), "
        "(SELECT user_version FROM pragma_user_version), (SELECT count(*) FROM sqlite_schema)"
    )
    application, version, tables = database.execute(asked).fetchone()
    if application != APPLICATION and tables > 0:
        hint = "it is another program's database: give a new path"
        raise ParameterError("store", "be a store of qnet sweep", path, hint)
    if version > len(MIGRATIONS):
        hint = f"{path} was written by a newer qnet: install that, or give a new path"
        raise ParameterError("store", f"be of version {len(MIGRATIONS)} or older", version, hint)
    return int(version)
