"""Interrupts of long commands: the first ends them in order, of some the second at once."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

__all__ = ["INTERRUPTED", "asked_to_stop", "until_asked"]

#: Exit code of a command that was interrupted.
INTERRUPTED = 130


@contextmanager
def asked_to_stop(what: str) -> Iterator[Callable[[], bool]]:
    """Whether the interrupt key was pressed, or the process asked to terminate.

    The first time what runs is finished; the second time it ends at once.

    Args:
        what: What runs: batches, points.

    Examples:
        >>> with asked_to_stop("batches") as stop:
        ...     stop()
        False
    """
    asked = threading.Event()

    def ask(number: int, frame: FrameType | None) -> None:
        if asked.is_set():
            # Whatever is finished is in the store, and workers do not outlive this process.
            os._exit(INTERRUPTED)
        asked.set()
        message = f"qnet: finishing the {what} that run; once more to stop at once"
        with suppress(OSError, ValueError, AttributeError):  # no stderr, or one without a file
            os.write(sys.stderr.fileno(), f"\r\x1b[K{message}\n".encode())

    with _handled(ask):
        yield asked.is_set


@contextmanager
def until_asked() -> Iterator[threading.Event]:
    """What is set once somebody interrupts a command that goes on until then.

    Examples:
        >>> with until_asked() as ended:
        ...     ended.wait(0.0)
        False
    """
    ended = threading.Event()
    with _handled(lambda number, frame: ended.set()):
        yield ended


@contextmanager
def _handled(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Handle the interrupt key and requests to terminate; then as before."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, handler) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, former in before.items():
            signal.signal(number, former)
