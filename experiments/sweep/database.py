"""SQLite file of a store: opened as a plain path, only read where nothing is to be written."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from experiments.sweep.tables import is_newest
from qnet.errors import ParameterError, QnetError

__all__ = ["connect", "keep_log", "named", "open_read_only"]

#: What reading a damaged store may raise.
_DAMAGE = (sqlite3.Error, ArithmeticError, AttributeError, LookupError, TypeError, ValueError)

#: How long a writer waits for another one, in s.
_PATIENCE_S = 120.0


def connect(path: Path | None) -> sqlite3.Connection:
    """A database that can be written to; one in memory where there is no path.

    The path is made absolute, so that no name is taken for one of SQLite's own (``file:x.db`` is a
    file of that name).
    """
    return _open(":memory:" if path is None else str(path.absolute()))


def keep_log(database: sqlite3.Connection) -> None:
    """Have a database write rows ahead to a log, so that they survive every kill of the process.

    Where another process opens the same new file, SQLite does not wait for it but fails at once:
    then this waits.

    Raises:
        sqlite3.OperationalError: If the other one does not let go of it.
    """
    end = time.monotonic() + _PATIENCE_S
    while True:
        try:
            database.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                raise
            time.sleep(0.01)
        else:
            # A power cut may take the last rows.
            database.execute("PRAGMA synchronous = NORMAL")
            return


def open_read_only(path: Path) -> sqlite3.Connection:
    """A database of which nothing is written, in a folder that need not be writable either.

    Where nobody writes there is no write-ahead log, and the file is taken as it is. Beside a log it
    is read through SQLite's locks; where these cannot be had, a copy of both is. A store of an
    older version is brought to the newest one in memory.
    """
    log = path.with_name(path.name + "-wal")
    if not (log.exists() and log.stat().st_size):
        database = _uri(path, "mode=ro&immutable=1")
    else:
        database = _beside_log(path, log)
    try:
        if is_newest(database):
            return database
        return _in_memory(database)
    except BaseException:
        database.close()
        raise


def _open(at: str, *, uri: bool = False) -> sqlite3.Connection:
    return sqlite3.connect(at, _PATIENCE_S, isolation_level=None, check_same_thread=False, uri=uri)


def _uri(path: Path, how: str) -> sqlite3.Connection:
    return _open(f"{path.absolute().as_uri()}?{how}", uri=True)


def _beside_log(path: Path, log: Path) -> sqlite3.Connection:
    database = _uri(path, "mode=ro")
    try:
        database.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    except sqlite3.OperationalError:
        database.close()
    else:
        return database
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "store.db"
        shutil.copyfile(path, copy)
        shutil.copyfile(log, copy.with_name(copy.name + "-wal"))
        return _in_memory(connect(copy))


def _in_memory(database: sqlite3.Connection) -> sqlite3.Connection:
    """A copy of a database, which is closed."""
    with closing(database):
        copy = connect(None)
        database.backup(copy)
    return copy


@contextmanager
def named(path: str) -> Iterator[None]:
    """Errors of the database, and of what is written in it, as ParameterErrors about its path."""
    try:
        yield
    except QnetError:
        raise
    except (sqlite3.OperationalError, OSError) as error:
        hint = f"{str(error).lower()}: check the path, its permissions and the space left"
        rule = "be a readable and writable store of qnet sweep"
        raise ParameterError("store", rule, path, hint) from None
    except _DAMAGE as error:
        reason = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        hint = f"it is another file, or damaged ({reason}): check the path, or restore a copy"
        raise ParameterError("store", "be a store of qnet sweep", path, hint) from None
