"""One line on stderr that is written over, for work whose end is not known beforehand."""

from __future__ import annotations

import os
import sys
import time
from types import TracebackType
from typing import TextIO

from experiments.cli import heartbeat

__all__ = ["Ticker"]

_INTERVAL_S, _WIDTH = 0.2, 100


class Ticker:
    """Called with a text; written to ``stream`` if that is a terminal.

    Off a terminal, and in between, the next sign of life of the command tells it.

    Args:
        stream: Where to; stderr when None.

    Examples:
        >>> with Ticker() as ticker:
        ...     ticker("half way")
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = stream or sys.stderr
        self.shown = 0.0
        self.enabled = self.stream is not None and self.stream.isatty()

    def __call__(self, text: str) -> None:
        """Show the text in place of the one before."""
        now = time.monotonic()
        heartbeat.tell(text, shown=self.enabled)
        if not self.enabled or now - self.shown < _INTERVAL_S:
            return
        self.shown = now
        self.stream.write(f"\r\x1b[K{text[: self._width()]}")
        self.stream.flush()

    def _width(self) -> int:
        """Characters that fit on one line: a longer one could not be wiped."""
        try:
            columns = os.get_terminal_size(self.stream.fileno()).columns
        except (OSError, ValueError, AttributeError):
            return _WIDTH
        return min(columns - 1, _WIDTH) if columns > 1 else _WIDTH

    def __enter__(self) -> Ticker:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Wipe the line."""
        heartbeat.tell("", shown=False)
        if self.shown:
            self.stream.write("\r\x1b[K")
            self.stream.flush()
