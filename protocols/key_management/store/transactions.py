"""Transactions of a key store: many calls in one, each undone alone when it fails."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from protocols.key_management.store.database import worded
from protocols.key_management.store.errors import KeyStoreError

__all__ = ["OpenTransaction", "Transactions", "WaitingCall"]


class WaitingCall:
    """A call that waits until its transaction is on the disk.

    Args:
        play: What it does with the database.
        loop: Where a task waits for it; None for a thread, which waits for `done`.
    """

    __slots__ = ("done", "error", "future", "loop", "play", "value")

    def __init__(self, play: Callable[[], Any], loop: asyncio.AbstractEventLoop | None) -> None:
        self.play, self.loop = play, loop
        self.value: Any = None
        self.error: BaseException | None = None
        self.future: asyncio.Future[Any] | None = loop.create_future() if loop else None
        self.done = threading.Lock()
        if loop is None:
            self.done.acquire()

    def settle(self) -> None:
        """Give the future its result, in the thread of its loop."""
        if self.future is None or self.future.done():
            return
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.value)


class OpenTransaction:
    """What was played since the last commit, and what follows from it.

    Args:
        changes: Rows that the connection had changed before.

    Attributes:
        calls: The calls, in the order in which they were played.
        tally: Counters that they have raised.
        after: What is done in memory once it is committed.
        undo: What is done in memory if it is not.
        error: Why it cannot be committed.
    """

    def __init__(self, changes: int) -> None:
        self.changes = changes
        self.calls: list[WaitingCall] = []
        self.tally: Counter[tuple[str, str]] = Counter()
        self.after: list[Callable[[], None]] = []
        self.undo: list[Callable[[], None]] = []
        self.error: Exception | None = None


class Transactions:
    """Calls played on a database, by one thread at a time.

    Args:
        database: An open connection in autocommit mode.
        path: Where it lies, for messages.

    Attributes:
        database: For calls while they are played.
        tally: Counters that the call being played has raised: (name, subject) -> by how much.
        after: What is done in memory once the call being played is committed.
        undo: What is done in memory if it is not.
        player: Identity of the thread that plays a call now.
    """

    def __init__(self, database: sqlite3.Connection, path: Path) -> None:
        self.database, self._path = database, path
        self.tally: Counter[tuple[str, str]] = Counter()
        self.after: list[Callable[[], None]] = []
        self.undo: list[Callable[[], None]] = []
        self.player: int | None = None
        self._failed: str | None = None

    def begin(self) -> OpenTransaction:
        """Begin a transaction."""
        opened = OpenTransaction(self.database.total_changes)
        try:
            if self._failed is not None:
                raise KeyStoreError(self._failed)
            self.database.execute("BEGIN IMMEDIATE")
        except (sqlite3.Error, KeyStoreError) as error:
            opened.error = error
        return opened

    def play(self, opened: OpenTransaction, calls: list[WaitingCall]) -> None:
        """Play calls in a transaction; what one of them raises undoes that one alone."""
        opened.calls += calls
        self.player = threading.get_ident()
        try:
            for waiting in calls:
                if opened.error is None:
                    self._play_one(opened, waiting)
        except Exception as error:  # whatever it is, those who wait are told
            opened.error = error
        except BaseException:  # an interrupt of this thread
            opened.error = KeyStoreError(f"a call of the key store {self._path} was interrupted")
            raise
        finally:
            self.player = None

    def commit(self, opened: OpenTransaction) -> bool:
        """Put a transaction on the disk, or undo it; return whether anything was written."""
        try:
            if opened.error is not None:
                raise opened.error
            self._count(opened.tally)
            self.database.execute("COMMIT")
        except Exception as error:  # whatever it is, those who wait are told
            self._give_up(opened, error)
            return False
        _do(opened.after)
        return self.database.total_changes != opened.changes

    def _play_one(self, opened: OpenTransaction, waiting: WaitingCall) -> None:
        self.tally, self.after, self.undo = Counter(), [], []
        self.database.execute("SAVEPOINT one")
        try:
            waiting.value = waiting.play()
        except Exception as error:  # it is the caller's, who gets it
            if not self.database.in_transaction:
                raise
            waiting.error = self._said(error)
            self.database.execute("ROLLBACK TO one")
            _do(self.undo)
        else:
            opened.tally.update(self.tally)
            opened.after += self.after
            opened.undo += self.undo
        self.database.execute("RELEASE one")

    def _count(self, tally: Counter[tuple[str, str]]) -> None:
        """Raise the durable counters."""
        if tally:
            self.database.executemany(
                "INSERT INTO counters VALUES(?, ?, ?)"
                " ON CONFLICT(name, subject) DO UPDATE SET value = value + excluded.value",
                [(name, subject, by) for (name, subject), by in tally.items() if by],
            )

    def _said(self, error: Exception) -> Exception:
        return worded(error, self._path) if isinstance(error, sqlite3.Error) else error

    def _give_up(self, opened: OpenTransaction, error: Exception) -> None:
        """Undo a transaction; nobody of it gets anything.

        Only where the disk is full is it known what stands on it; after other failures of a commit
        it is not, so that the store takes no more calls until it is opened again.
        """
        said = self._said(error)
        is_full = getattr(error, "sqlite_errorname", "").startswith("SQLITE_FULL")
        if not is_full and self._failed is None:
            self._failed = f"{said}; open it again to see what stands in it"
        with contextlib.suppress(sqlite3.Error):
            if self.database.in_transaction:
                self.database.execute("ROLLBACK")
        for waiting in opened.calls:
            waiting.value, waiting.error = None, KeyStoreError(str(said))
        _do(opened.undo)


def _do(effects: list[Callable[[], None]]) -> None:
    for effect in effects:
        effect()
