"""One line on stderr that is written over, for work whose end is not known beforehand."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TextIO

__all__ = ["Ticker"]

_INTERVAL_S, _WIDTH = 0.2, 100


class Ticker:
    """Called with a text; silent unless ``stream`` is a terminal.

    Args:
        stream: Where to; stderr when None.

    Examples:
        >>> with Ticker() as ticker:
        ...     ticker("half way")
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = stream or sys.stderr
        self.shown = 0.0
        self.enabled = self.stream.isatty()

    def __call__(self, text: str) -> None:
        """Show the text in place of the one before."""
        now = time.monotonic()
        if not self.enabled or now - self.shown < _INTERVAL_S:
            return
        self.shown = now
        self.stream.write(f"\r\x1b[K{text[:_WIDTH]}")
        self.stream.flush()

    def __enter__(self) -> Ticker:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Wipe the line."""
        if self.shown:
            self.stream.write("\r\x1b[K")
            self.stream.flush()
