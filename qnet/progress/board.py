"""Boards of progress: all that is shown on one line, and the thread that watches it."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Iterator
from typing import Protocol, TextIO

from qnet.progress.display import Display, Nowhere, display_of

__all__ = ["Board", "board_of", "cleared"]

#: Time between two looks of the watching thread, in s.
_LOOK_S = 0.25


@contextlib.contextmanager
def cleared() -> Iterator[None]:
    """Write something else to a terminal meanwhile: the line of progress is wiped, and comes back.

    Examples:
        >>> with cleared():
        ...     print("expect an hour")
        expect an hour
    """
    with contextlib.ExitStack() as held:
        for board in list(_boards):
            held.enter_context(board.lock)
            board.display.wipe()
        yield


class _Told(Protocol):
    """What is shown on a board."""

    @property
    def has_told(self) -> bool:
        """Whether there is more to say than that the work goes on."""

    @property
    def text(self) -> str:
        """What is said."""

    @property
    def last_words(self) -> str:
        """What is said when it is over."""


class Board:
    """What is shown in one place: the progress of whatever was begun there and has not ended.

    Args:
        display: The place.
        is_alone: Whether nothing else joins, and no thread watches.
    """

    def __init__(self, display: Display, *, is_alone: bool) -> None:
        self.display, self.is_alone = display, is_alone
        self.stream: TextIO | None = None
        self.lock = threading.RLock()
        self.shown: list[_Told] = []
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def text(self) -> str:
        """The line: of all that have something to say, or of the last that the work goes on."""
        told = [each.text for each in self.shown if each.has_told]
        return " | ".join(told) if told else self.shown[-1].text

    def begin(self, progress: _Told) -> None:
        """Show something, beside what is shown already."""
        with self.lock:
            self.shown.append(progress)
            if len(self.shown) > 1 or self.is_alone or isinstance(self.display, Nowhere):
                return
        self._thread = threading.Thread(target=self._watch, daemon=True, name="qnet-progress")
        # Where no thread can be had, only what is reported is shown.
        with contextlib.suppress(RuntimeError):
            self._thread.start()

    def look(self) -> None:
        """Show the line if it is time to."""
        if self.display.is_due():
            with self.lock:
                if self.shown and self.display.is_due():
                    self.display.show(self.text)

    def end(self, progress: _Told, *, failed: bool) -> None:
        """Show something no longer; ``failed``: an error ended it."""
        with self.lock:
            self.shown.remove(progress)
            if self.shown:
                return
            if self in _boards:
                _boards.remove(self)
            self._over.set()
            self.display.close(progress.last_words, failed=failed)
        if self._thread is not None and self._thread.is_alive():
            self._thread.join()

    def silence(self) -> None:
        """Say no more, in a process that has inherited the board without its thread."""
        self.display, self.lock, self._thread = Nowhere(), threading.RLock(), None

    def _watch(self) -> None:
        while not self._over.wait(_LOOK_S):
            self.look()


#: Boards that others may join.
_boards: list[Board] = []

_joining = threading.RLock()


def board_of(stream: TextIO | None, *, joins: bool) -> Board:
    """The board of a stream: the one that is there, where it may be joined, or a new one."""
    target = sys.stderr if stream is None else stream
    with _joining:
        for board in _boards:
            if joins and board.stream is target:
                return board
        board = Board(display_of(stream), is_alone=not joins)
        board.stream = target
        if joins:
            _boards.append(board)
        return board


def _silence_inherited() -> None:
    for board in _boards:
        board.silence()
    _boards.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_silence_inherited)
