"""Interrupts of long commands: the first ends them in order, the second at once."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

__all__ = ["INTERRUPTED", "asked_to_stop"]

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

    if threading.current_thread() is not threading.main_thread():
        yield asked.is_set
        return
    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield asked.is_set
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
