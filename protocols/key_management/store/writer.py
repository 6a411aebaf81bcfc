"""Writer of a key store: one thread that puts concurrent calls into shared transactions.

Calls that wait are played one after the other, each in a savepoint of its own, so that the failure
of one undoes that one alone; then all are committed together and only then answered: one forced
write to the disk serves as many callers as were waiting (group commit: D. J. DeWitt et al., Proc.
ACM SIGMOD 1984, 1, doi:10.1145/602259.602261).
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from protocols.key_management.store.database import erase, worded
from protocols.key_management.store.errors import KeyStoreError

__all__ = ["GroupWriter"]

T = TypeVar("T")

#: Most calls of one transaction.
_MOST_CALLS = 256

#: Time in s after which deleted keys are erased from the log too.
_ERASE_AFTER_S = 0.5


class _WaitingCall:
    """A call that waits for its transaction."""

    __slots__ = ("done", "error", "future", "loop", "play", "value")

    def __init__(self, play: Callable[[], Any], loop: asyncio.AbstractEventLoop | None) -> None:
        self.play, self.loop = play, loop
        self.value: Any = None
        self.error: BaseException | None = None
        self.future: asyncio.Future[Any] | None = loop.create_future() if loop else None
        self.done = threading.Lock()
        self.done.acquire()

    def settle(self) -> None:
        """Give the future its result, in the thread of its loop."""
        if self.future is None or self.future.done():
            return
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.value)


class GroupWriter:
    """The thread that alone uses the database.

    Args:
        database: An open connection in autocommit mode.
        path: Where it lies, for messages.
        clock: Seconds since the epoch.

    Attributes:
        database: For calls while they are played.
        tally: Counters that the call being played has raised: (name, subject) -> by how much.
        after: What is done in memory once the call being played is committed.
        undo: What is done in memory if it is not.
    """

    def __init__(
        self, database: sqlite3.Connection, path: Path, clock: Callable[[], float]
    ) -> None:
        self.database, self._path, self.clock = database, path, clock
        self.tally: Counter[tuple[str, str]] = Counter()
        self.after: list[Callable[[], None]] = []
        self.undo: list[Callable[[], None]] = []
        self._queue: SimpleQueue[_WaitingCall | None] = SimpleQueue()
        self._door = threading.Lock()
        self._is_closed = False
        self._failed: str | None = None
        self._unerased_since: float | None = None
        self._thread = threading.Thread(target=self._serve, name=f"store {path}", daemon=True)
        self._thread.start()

    def call(self, play: Callable[[], T]) -> T:
        """Play a call in a transaction and return its value once that is on the disk."""
        if threading.current_thread() is self._thread:
            return play()
        waiting = _WaitingCall(play, None)
        self._put(waiting)
        waiting.done.acquire()
        if waiting.error is not None:
            raise waiting.error
        value: T = waiting.value
        return value

    async def await_call(self, play: Callable[[], T]) -> T:
        """Play a call as `call` does, while other tasks go on."""
        waiting = _WaitingCall(play, asyncio.get_running_loop())
        self._put(waiting)
        assert waiting.future is not None
        value: T = await waiting.future
        return value

    def close(self) -> None:
        """Play what waits, erase, and end the thread; twice is once."""
        with self._door:
            if not self._is_closed:
                self._is_closed = True
                self._queue.put(None)
        self._thread.join()

    def _put(self, waiting: _WaitingCall) -> None:
        with self._door:
            if self._is_closed:
                message = f"the key store {self._path} is closed"
                raise KeyStoreError(message)
            self._queue.put(waiting)

    def _serve(self) -> None:
        """Take what waits, play it, answer; until the store is closed."""
        is_open = True
        while is_open:
            batch, is_open = self._wait()
            if batch:
                self._play(batch)
            since = self._unerased_since
            if since is not None and (not batch or time.monotonic() - since > _ERASE_AFTER_S):
                self._erase()
        self._erase()
        self.database.close()

    def _wait(self) -> tuple[list[_WaitingCall], bool]:
        """The next calls that wait, none when there is something to erase meanwhile."""
        batch: list[_WaitingCall] = []
        patience = None if self._unerased_since is None else _ERASE_AFTER_S
        try:
            next_call = self._queue.get(timeout=patience)
            while next_call is not None:
                batch.append(next_call)
                if len(batch) == _MOST_CALLS:
                    return batch, True
                next_call = self._queue.get_nowait()
        except Empty:
            return batch, True
        return batch, False

    def _play(self, batch: list[_WaitingCall]) -> None:
        """Play calls in one transaction and answer them."""
        tally: Counter[tuple[str, str]] = Counter()
        after: list[Callable[[], None]] = []
        undo: list[Callable[[], None]] = []
        try:
            if self._failed is not None:
                raise KeyStoreError(self._failed)
            self.database.execute("BEGIN IMMEDIATE")
            changes = self.database.total_changes
            for waiting in batch:
                self._play_one(waiting)
                if waiting.error is None:
                    tally.update(self.tally)
                    after += self.after
                    undo += self.undo
                else:
                    _do(self.undo)
            self._count(tally)
            self.database.execute("COMMIT")
            if self.database.total_changes != changes and self._unerased_since is None:
                self._unerased_since = time.monotonic()
        except Exception as error:  # whatever it is, those who wait are told
            self._give_up(batch, error)
            _do(undo)
        else:
            _do(after)
        self._answer(batch)

    def _play_one(self, waiting: _WaitingCall) -> None:
        """Play one call; what it raises undoes it alone."""
        self.tally, self.after, self.undo = Counter(), [], []
        self.database.execute("SAVEPOINT one")
        try:
            waiting.value = waiting.play()
        except sqlite3.Error as error:
            waiting.error = worded(error, self._path)
            if not self.database.in_transaction:
                raise
            self.database.execute("ROLLBACK TO one")
        except Exception as error:  # it is the caller's, who gets it
            waiting.error = error
            self.database.execute("ROLLBACK TO one")
        self.database.execute("RELEASE one")

    def _count(self, tally: Counter[tuple[str, str]]) -> None:
        """Raise the durable counters."""
        self.database.executemany(
            "INSERT INTO counters VALUES(?, ?, ?)"
            " ON CONFLICT(name, subject) DO UPDATE SET value = value + excluded.value",
            [(name, subject, by) for (name, subject), by in tally.items() if by],
        )

    def _give_up(self, batch: list[_WaitingCall], error: Exception) -> None:
        """Undo the transaction; nobody of it gets anything.

        Only where the disk is full is it known what stands on it; after other failures of a commit
        it is not, so that the store takes no more calls until it is opened again.
        """
        said = worded(error, self._path) if isinstance(error, sqlite3.Error) else error
        is_full = getattr(error, "sqlite_errorname", "").startswith("SQLITE_FULL")
        with self._door:
            if not is_full and self._failed is None:
                self._failed = f"{said}; open it again to see what stands in it"
        with contextlib.suppress(sqlite3.Error):
            if self.database.in_transaction:
                self.database.execute("ROLLBACK")
        for waiting in batch:
            waiting.value, waiting.error = None, said

    def _answer(self, batch: list[_WaitingCall]) -> None:
        """Wake those who wait, each loop once."""
        loops: dict[asyncio.AbstractEventLoop, list[_WaitingCall]] = {}
        for waiting in batch:
            if waiting.loop is None:
                waiting.done.release()
            else:
                loops.setdefault(waiting.loop, []).append(waiting)
        for loop, calls in loops.items():
            try:
                loop.call_soon_threadsafe(_settle, calls)
            except RuntimeError:  # the loop was closed: nobody waits any more
                continue

    def _erase(self) -> None:
        """Erase what was deleted from the log; a disk that cannot now is tried again."""
        self._unerased_since = None
        try:
            erase(self.database)
        except sqlite3.Error:
            self._unerased_since = time.monotonic()


def _do(effects: list[Callable[[], None]]) -> None:
    for effect in effects:
        effect()


def _settle(calls: list[_WaitingCall]) -> None:
    for waiting in calls:
        waiting.settle()
