"""Progress on stderr for work that takes more than a moment."""

from __future__ import annotations

import time
from types import TracebackType
from typing import TextIO

from experiments.cli import heartbeat
from experiments.cli.ticker import Ticker

__all__ = ["Progress"]

_PATIENCE_S = 1.0


class Progress:
    """Called with the number of shots done and wanted; shown on a terminal once it takes long.

    Off a terminal, the next sign of life of the command tells it.

    Args:
        label: What is being done.
        stream: Where to; stderr when None.
        unit: What is counted.

    Examples:
        >>> with Progress("sampled") as progress:
        ...     progress(10, 100)
    """

    def __init__(self, label: str, stream: TextIO | None = None, unit: str = "pairs") -> None:
        self.label, self.unit = label, unit
        self.ticker = Ticker(stream)
        self.begun = time.monotonic()

    def __call__(self, done: int, wanted: int) -> None:
        """Show the share that is done, and how long the rest will take."""
        elapsed = time.monotonic() - self.begun
        share = 100 * done // wanted
        text = f"{self.label}: {done}/{wanted} {self.unit}, {share} %"
        if done:
            text += f", {elapsed * (wanted - done) / done:.0f} s left"
        if elapsed < _PATIENCE_S:
            heartbeat.tell(text, shown=False)
        else:
            self.ticker(text)

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Wipe the line."""
        self.ticker.__exit__(kind, error, trace)
