"""Lines of progress on stderr: one written over on a terminal, signs of life off it."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self, TextIO

from experiments.cli.failing import say

__all__ = ["Progress", "ProgressLine", "SweepProgress", "signs_of_life", "tell"]

_INTERVAL_S, _WIDTH, _WIPE = 0.2, 100, "\r\x1b[K"

#: Work that takes less than this, in s, shows no line.
_PATIENCE_S = 1.0

#: Computing time of this process without a word after which it says that it lives, in s.
COMPUTING_S = 10.0

#: Time by the clock after which it says so although others compute, in s.
WAITING_S = 20.0

#: A line on a terminal that was renewed within this time is a sign of life, in s.
_FRESH_S = 5.0

_LOOK_UP_S = 0.5


class _Last:
    """The last report of progress, and when a terminal showed one."""

    text = ""
    shown_at = -_FRESH_S


def tell(text: str, *, shown: bool) -> None:
    """Keep a report of progress for the next sign of life; ``shown``: on a terminal already."""
    _Last.text = text
    if shown:
        _Last.shown_at = time.monotonic()


@contextmanager
def signs_of_life(name: str) -> Iterator[None]:
    """Say every few seconds of computing that a command is at work, and how far it is.

    Silence is measured in computing time of this process, and only where other processes compute by
    the clock, so that a busy machine is told nothing new.

    Examples:
        >>> with signs_of_life("run"):
        ...     pass
    """
    _Last.text, _Last.shown_at = "", -_FRESH_S
    over = threading.Event()
    thread = threading.Thread(target=_watch, args=(name, over), daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _watch(name: str, over: threading.Event) -> None:
    begun = time.process_time()
    computed, looked = begun, time.monotonic()
    while not over.wait(_LOOK_UP_S):
        now, used = time.monotonic(), time.process_time()
        if used - computed < COMPUTING_S and now - looked < WAITING_S:
            continue
        computed, looked = used, now
        if now - _Last.shown_at < _FRESH_S:
            continue
        text = f"; {_Last.text}" if _Last.text else ""
        say(f"qnet {name}: at work, {used - begun:.0f} s of computing so far{text}")


class ProgressLine:
    """Called with a text; written to ``stream`` in place of the one before if it is a terminal.

    Off a terminal, and in between, the next sign of life of the command tells it.

    Args:
        stream: Where to; stderr when None.

    Examples:
        >>> with ProgressLine() as line:
        ...     line.write("half way")
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = stream or sys.stderr
        self.enabled = self.stream is not None and self.stream.isatty()
        self.begun, self.shown = time.monotonic(), 0.0

    def write(self, text: str) -> None:
        """Show the text."""
        now = time.monotonic()
        tell(text, shown=self.enabled)
        if not self.enabled or now - self.shown < _INTERVAL_S:
            return
        self.shown = now
        self.stream.write(f"{_WIPE}{text[: self._width()]}")
        self.stream.flush()

    def _width(self) -> int:
        """Characters that fit on one line: a longer one could not be wiped."""
        try:
            columns = os.get_terminal_size(self.stream.fileno()).columns
        except (OSError, ValueError, AttributeError):
            return _WIDTH
        return min(columns - 1, _WIDTH) if columns > 1 else _WIDTH

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        """Wipe the line."""
        tell("", shown=False)
        if self.shown:
            self.stream.write(_WIPE)
            self.stream.flush()


class Progress(ProgressLine):
    """Called with the number of shots done and wanted; shown once it takes long.

    Args:
        label: What is being done.
        stream: Where to; stderr when None.
        unit: What is counted.

    Examples:
        >>> with Progress("sampled") as progress:
        ...     progress(10, 100)
    """

    def __init__(self, label: str, stream: TextIO | None = None, unit: str = "pairs") -> None:
        super().__init__(stream)
        self.label, self.unit = label, unit

    def __call__(self, done: int, wanted: int) -> None:
        """Show the share that is done, and how long the rest will take."""
        elapsed = time.monotonic() - self.begun
        share = 100 * done // wanted
        text = f"{self.label}: {done}/{wanted} {self.unit}, {share} %"
        if done:
            text += f", {elapsed * (wanted - done) / done:.0f} s left"
        if elapsed < _PATIENCE_S:
            tell(text, shown=False)
        else:
            self.write(text)


class SweepProgress(ProgressLine):
    """Called with the points done and wanted and the fresh samples; says rate and time left.

    Args:
        stream: Where to; stderr when None.

    Examples:
        >>> with SweepProgress() as progress:
        ...     progress(2, 10, 5000)
        >>> progress.done, progress.samples
        (2, 5000)
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        super().__init__(stream)
        self.done = self.samples = 0
        self.before: int | None = None

    def __call__(self, done: int, size: int, samples: int) -> None:
        """Show how far it is, at what rate, and how long the rest will take."""
        self.done, self.samples = done, samples
        if self.before is None:
            self.before = done
        elapsed = max(time.monotonic() - self.begun, 1e-9)
        text = f"{done}/{size} points, {samples / elapsed:.3g} pairs/s"
        if done > self.before:
            left = elapsed * (size - done) / (done - self.before)
            text += f", {left:.0f} s left"
        self.write(text)
