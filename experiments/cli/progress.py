"""Progress on stderr for work that takes more than a moment."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TextIO

__all__ = ["Progress"]

_PATIENCE_S, _INTERVAL_S = 1.0, 0.2


class Progress:
    """Called with the number of shots done and wanted; silent unless ``stream`` is a terminal.

    Args:
        label: What is being done.
        stream: Where to; stderr when None.
        unit: What is counted.

    Examples:
        >>> with Progress("sampled") as progress:
        ...     progress(10, 100)
    """

    def __init__(self, label: str, stream: TextIO | None = None, unit: str = "pairs") -> None:
        self.label, self.stream, self.unit = label, stream or sys.stderr, unit
        self.begun = time.monotonic()
        self.shown = 0.0
        self.enabled = self.stream.isatty()

    def __call__(self, done: int, wanted: int) -> None:
        """Show the share that is done, and how long the rest will take."""
        now = time.monotonic()
        if not self.enabled or now - self.begun < _PATIENCE_S or now - self.shown < _INTERVAL_S:
            return
        self.shown = now
        left = (now - self.begun) * (wanted - done) / max(done, 1)
        share = 100 * done // wanted
        text = f"{self.label}: {done}/{wanted} {self.unit}, {share} %, {left:.0f} s left"
        self.stream.write(f"\r\x1b[K{text}")
        self.stream.flush()

    def __enter__(self) -> Progress:
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
