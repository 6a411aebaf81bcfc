"""Standard output whose failures differ from those of other files and pipes."""

from __future__ import annotations

import codecs
import contextlib
import io
import os
import sys
from collections.abc import Iterator
from typing import Any, TextIO

from qnet.errors import QnetError

__all__ = ["OutputError", "guarded_output"]


class OutputError(QnetError):
    """What is printed cannot be written.

    Args:
        reason: What the system said.

    Examples:
        >>> print(OutputError(OSError(28, "No space left on device")))
        stdout must be writable (no space left on device); send the output elsewhere, or make room
    """

    def __init__(self, reason: Exception) -> None:
        super().__init__(reason)
        self.reason = reason

    @property
    def is_broken_pipe(self) -> bool:
        """Whether the one who read it has gone: he has enough."""
        return isinstance(self.reason, BrokenPipeError)

    def __str__(self) -> str:
        reason = (getattr(self.reason, "strerror", None) or str(self.reason)).lower()
        return f"stdout must be writable ({reason}); send the output elsewhere, or make room"


class _Guarded:
    """A stream whose failures are `OutputError`."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the stream has
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write to the stream."""
        with _renamed():
            return self._stream.write(text)

    def flush(self) -> None:
        """Flush the stream."""
        with _renamed():
            self._stream.flush()


@contextlib.contextmanager
def _renamed() -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError) as error:
        raise OutputError(error) from None


def _in_utf8(stream: TextIO) -> None:
    """Have files and pipes get UTF-8, as scenario files are read, whatever the system's code page.

    A terminal keeps its own, and shows a question mark for what that lacks.
    """
    if isinstance(stream, io.TextIOWrapper) and codecs.lookup(stream.encoding).name != "utf-8":
        if stream.isatty():
            stream.reconfigure(errors="replace")
        else:
            stream.reconfigure(encoding="utf-8")


@contextlib.contextmanager
def guarded_output() -> Iterator[None]:
    """Within, what is printed raises `OutputError` where it cannot be written; flushed at the end.

    After such an error nothing more goes there, so that Python does not complain when it flushes at
    exit.
    """
    before = sys.stdout
    if before is None:  # closed: what is printed goes nowhere
        yield
        return
    _in_utf8(before)
    sys.stdout = _Guarded(before)
    try:
        yield
        sys.stdout.flush()
    except OutputError:
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), before.fileno())
        raise
    finally:
        sys.stdout = before
