"""Writer of a key store: concurrent calls share transactions, each forced to the disk once.

Whoever calls while a transaction is on its way to the disk waits for the next one, together with
all others who came meanwhile (group commit: D. J. DeWitt et al., SIGMOD Rec. 14, 1 (1984),
doi:10.1145/971697.602261). Calls of threads are played in the writer's thread. Calls of asyncio's
tasks are played in the thread of their loop, which need not hand the interpreter over for each
statement; only the commit, which waits for the disk, is done in the writer's.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TypeVar

from protocols.key_management.store.database import erase
from protocols.key_management.store.errors import KeyStoreError
from protocols.key_management.store.transactions import (
    OpenTransaction,
    Transactions,
    WaitingCall,
)

__all__ = ["GroupWriter"]

T = TypeVar("T")

#: Most calls that a loop plays before it looks after its other tasks.
_MOST_CALLS = 64

#: Time in s after which deleted keys are erased from the log too.
_ERASE_AFTER_S = 0.5


class GroupWriter:
    """The thread that commits, and the right to use the database.

    Args:
        database: An open connection in autocommit mode.
        path: Where it lies, for messages.
        clock: Seconds since the epoch.

    Attributes:
        transactions: What calls use while they are played.
    """

    def __init__(
        self, database: sqlite3.Connection, path: Path, clock: Callable[[], float]
    ) -> None:
        self.transactions = Transactions(database, path)
        self.clock, self._path = clock, path
        self._queue: SimpleQueue[WaitingCall | OpenTransaction | None] = SimpleQueue()
        self._loops: dict[asyncio.AbstractEventLoop, list[WaitingCall]] = {}
        self._door = threading.Lock()
        #: Held from the beginning of a transaction to its end, in whichever threads.
        self._turn = threading.Lock()
        self._is_closed = False
        self._unerased_since: float | None = None
        self._thread = threading.Thread(target=self._serve, name=f"store {path}", daemon=True)
        self._thread.start()

    def call(self, play: Callable[[], T]) -> T:
        """Play a call in a transaction and return its value once that is on the disk."""
        if self.transactions.player == threading.get_ident():
            return play()
        waiting = WaitingCall(play, None)
        with self._door:
            self._check_open()
            self._queue.put(waiting)
        waiting.done.acquire()
        if waiting.error is not None:
            raise waiting.error
        value: T = waiting.value
        return value

    async def await_call(self, play: Callable[[], T]) -> T:
        """Play a call as `call` does, while other tasks go on."""
        loop = asyncio.get_running_loop()
        waiting = WaitingCall(play, loop)
        with self._door:
            self._check_open()
            others = self._loops.setdefault(loop, [])
            others.append(waiting)
        if len(others) == 1:
            loop.call_soon(self._play_in, loop)
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

    def _check_open(self) -> None:
        if self._is_closed:
            message = f"the key store {self._path} is closed"
            raise KeyStoreError(message)

    def _play_in(self, loop: asyncio.AbstractEventLoop) -> None:
        """Play, in the thread of a loop, what its tasks wait for; the writer's thread commits it.

        Whoever has the turn now calls this again when it is over.
        """
        if not self._turn.acquire(blocking=False):
            return
        with self._door:
            calls = self._loops.pop(loop, [])
            if len(calls) > _MOST_CALLS:
                self._loops[loop] = calls[_MOST_CALLS:]
        if not calls:
            self._turn.release()
            return
        opened = self.transactions.begin()
        try:
            self.transactions.play(opened, calls[:_MOST_CALLS])
        finally:
            self._queue.put(opened)

    def _serve(self) -> None:
        """Play what threads wait for, commit, answer; until the store is closed."""
        is_open = True
        while is_open:
            calls, opened, is_open = self._wait()
            if calls or opened:
                self._finish(opened or self.transactions.begin(), calls)
            elif self._unerased_since is not None and self._turn.acquire(blocking=False):
                self._erase()
                self._turn.release()
                self._answer([])
        self._end()

    def _wait(self) -> tuple[list[WaitingCall], OpenTransaction | None, bool]:
        """Calls of threads and the transaction of a loop, with the turn; or nothing for a while."""
        calls: list[WaitingCall] = []
        patience = None if self._unerased_since is None else _ERASE_AFTER_S
        is_open = True
        try:
            item = self._queue.get(timeout=patience)
            while not isinstance(item, OpenTransaction):
                if item is None:
                    is_open = False
                else:
                    calls.append(item)
                item = self._next_beside(calls)
        except Empty:
            return calls, None, is_open
        return calls, item, is_open

    def _next_beside(self, calls: list[WaitingCall]) -> WaitingCall | OpenTransaction | None:
        """What has come beside calls; `Empty` if nothing has, and the turn is taken for them."""
        try:
            return self._queue.get_nowait()
        except Empty:
            if not calls or self._turn.acquire(blocking=False):
                raise
        # A loop that has the turn now is about to send its transaction: it is shared.
        return self._queue.get()

    def _finish(self, opened: OpenTransaction, calls: list[WaitingCall]) -> None:
        """Play calls of threads in a transaction, commit it, answer, and give the turn back."""
        self.transactions.play(opened, calls)
        if self.transactions.commit(opened) and self._unerased_since is None:
            self._unerased_since = time.monotonic()
        answered = opened.calls
        since = self._unerased_since
        if since is not None and time.monotonic() - since > _ERASE_AFTER_S:
            self._answer(answered)
            answered = []
            self._erase()
        self._turn.release()
        self._answer(answered)

    def _answer(self, calls: list[WaitingCall]) -> None:
        """Wake those who wait, each loop once, and loops that wait for their turn."""
        answered: dict[asyncio.AbstractEventLoop, list[WaitingCall]] = {}
        for waiting in calls:
            if waiting.loop is None:
                waiting.done.release()
            else:
                answered.setdefault(waiting.loop, []).append(waiting)
        with self._door:
            loops = {*answered, *self._loops}
        for loop in loops:
            with contextlib.suppress(RuntimeError):  # a loop that was closed waits no more
                loop.call_soon_threadsafe(self._settle, loop, answered.get(loop, []))

    def _settle(self, loop: asyncio.AbstractEventLoop, calls: list[WaitingCall]) -> None:
        for waiting in calls:
            waiting.settle()
        if loop in self._loops:
            self._play_in(loop)

    def _erase(self) -> None:
        """Erase what was deleted from the log, with the turn."""
        self._unerased_since = None
        try:
            erase(self.transactions.database)
        except sqlite3.Error:  # a disk that cannot now is tried again
            self._unerased_since = time.monotonic()

    def _end(self) -> None:
        """Refuse what was not played, and close the file."""
        while not self._turn.acquire(blocking=False):
            item = self._queue.get()
            if isinstance(item, OpenTransaction):
                self._finish(item, [])
        with self._door:
            rest = [waiting for calls in self._loops.values() for waiting in calls]
            self._loops.clear()
        for waiting in rest:
            waiting.error = KeyStoreError(f"the key store {self._path} is closed")
        with contextlib.suppress(sqlite3.Error):
            erase(self.transactions.database)
        self.transactions.database.close()
        self._turn.release()
        self._answer(rest)
