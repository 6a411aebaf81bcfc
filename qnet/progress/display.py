"""Displays of a line of progress: a terminal, a notebook, a log, or nowhere at all."""

from __future__ import annotations

import contextlib
import math
import os
import re
import sys
import unicodedata
from collections.abc import Callable
from html import escape
from typing import Any, Protocol, TextIO

from qnet.errors import ParameterError
from qnet.progress import clock

__all__ = ["MODES", "SETTING", "Display", "Nowhere", "display_of", "is_in_notebook"]

#: The environment variable that forces a mode or switches off.
SETTING = "QNET_PROGRESS"

MODES = ("auto", "off", "line", "log")

#: Work that takes less than this by the clock, in s, shows nothing on a terminal.
_LINE_PATIENCE_S = 1.0

#: Computing time of this process, in s, before the first line of a log; twice that by the clock.
_LOG_PATIENCE_S = 10.0

#: Longest time between two lines of a log, in s, and the growth of that time with what has passed.
_MOST_SILENCE_S, _GROWTH = 300.0, 0.5

#: Shortest time between two lines on a terminal, in s.
_INTERVAL_S = 0.2

#: Columns where they cannot be asked for.
_WIDTH = 100

_WIPE = "\r\x1b[K"


class Display(Protocol):
    """A place where a line of progress is shown."""

    def is_due(self) -> bool:
        """Whether it is time for a line."""

    def show(self, text: str) -> None:
        """Show a line."""

    def wipe(self) -> None:
        """Take the line away, if that can be done."""

    def close(self, text: str, *, failed: bool) -> None:
        """Show the last words, or none."""


class Nowhere:
    """Neither terminal nor log."""

    def is_due(self) -> bool:
        """Never."""
        return False

    def show(self, text: str) -> None:
        """Nothing."""

    def wipe(self) -> None:
        """Nothing."""

    def close(self, text: str, *, failed: bool) -> None:
        """Nothing."""


class _Stream:
    """A stream that may be gone: what cannot be written is not worth ending the work for."""

    def __init__(self, stream: TextIO) -> None:
        self.stream, self.is_gone = stream, False

    def write(self, text: str) -> None:
        try:
            self.stream.write(text)
            self.stream.flush()
        except (AttributeError, OSError, ValueError):  # a stream of somebody may have no flush
            self.is_gone = True


class _Line(_Stream):
    """One line of a terminal, written over."""

    def __init__(self, stream: TextIO, patience_s: float | None) -> None:
        super().__init__(stream)
        patience_s = _LINE_PATIENCE_S if patience_s is None else patience_s
        self.next_s = clock.now_s() + patience_s
        self.is_dumb = os.environ.get("TERM", "") == "dumb"
        self.shown = ""

    def is_due(self) -> bool:
        return not self.is_gone and clock.now_s() >= self.next_s

    def show(self, text: str) -> None:
        self.next_s = clock.now_s() + _INTERVAL_S
        text = _fitting(text, self._width())
        if text != self.shown:
            self.write(self._wiper() + text)
            self.shown = text

    def wipe(self) -> None:
        if self.shown:
            self.write(self._wiper())
            self.shown = ""

    def close(self, text: str, *, failed: bool) -> None:
        self.wipe()

    def _wiper(self) -> str:
        """What takes away the line that is shown."""
        if not self.is_dumb:
            return _WIPE
        return "\r" + " " * sum(map(_columns, self.shown)) + "\r" if self.shown else ""

    def _width(self) -> int:
        """Columns that a line may have: a longer one could not be written over."""
        try:
            columns = os.get_terminal_size(self.stream.fileno()).columns
        except (OSError, ValueError, AttributeError):
            return _WIDTH
        return columns - 1 if columns > 0 else _WIDTH


class _Log(_Stream):
    """Lines of a file or a pipe, ever more rarely."""

    def __init__(self, stream: TextIO, patience_s: float | None) -> None:
        super().__init__(stream)
        self.patience_s = _LOG_PATIENCE_S if patience_s is None else patience_s
        self.begun_s, self.begun_used_s = clock.now_s(), clock.used_s()
        self.next_s = self.begun_s + 2.0 * self.patience_s
        self.next_used_s = self.begun_used_s + self.patience_s
        self.shown = ""

    def is_due(self) -> bool:
        """By the computing time of this process, and where others compute by the clock."""
        return not self.is_gone and (
            clock.used_s() >= self.next_used_s or clock.now_s() >= self.next_s
        )

    def show(self, text: str) -> None:
        now, used = clock.now_s(), clock.used_s()
        self.next_s = now + self._pause(now - self.begun_s, 2.0 * self.patience_s)
        self.next_used_s = used + self._pause(used - self.begun_used_s, self.patience_s)
        if text != self.shown:
            self.shown = text
            self.write(f"{text}\n")

    def wipe(self) -> None:
        pass

    def close(self, text: str, *, failed: bool) -> None:
        if self.shown and not failed:
            self.write(f"{text}\n")

    def _pause(self, elapsed_s: float, least_s: float) -> float:
        return max(min(_GROWTH * elapsed_s, _MOST_SILENCE_S), least_s)


class _Notebook:
    """One display of a notebook, updated."""

    def __init__(self, display: Callable[..., Any], patience_s: float | None) -> None:
        self.display = display
        self.next_s = clock.now_s() + (_LINE_PATIENCE_S if patience_s is None else patience_s)
        self.handle: Any = None

    def is_due(self) -> bool:
        return clock.now_s() >= self.next_s

    def show(self, text: str) -> None:
        self.next_s = clock.now_s() + 2.0 * _INTERVAL_S
        shown = {"text/plain": text, "text/html": _with_bar(text)}
        if self.handle is None:
            self.handle = self.display(shown, raw=True, display_id=True)
        else:
            self.handle.update(shown, raw=True)

    def wipe(self) -> None:
        pass

    def close(self, text: str, *, failed: bool) -> None:
        if self.handle is not None:
            self.show(f"{text} (ended early)" if failed else text)


def display_of(stream: TextIO | None) -> Display:
    """The display that suits a stream and the environment; stderr or a notebook when None.

    Raises:
        ParameterError: If ``QNET_PROGRESS`` is no mode.
    """
    mode, patience_s = _setting()
    target = sys.stderr if stream is None else stream
    if mode == "off" or target is None or _is_worker():
        return Nowhere()
    if mode == "auto" and stream is None and (display := _notebook_display()) is not None:
        return _Notebook(display, patience_s)
    if mode == "line" or (mode == "auto" and _is_terminal(target)):
        return _Line(target, patience_s)
    return _Log(target, patience_s)


def _setting() -> tuple[str, float | None]:
    """Mode and patience in s of the environment."""
    given = os.environ.get(SETTING, "").strip() or "auto"
    mode, colon, seconds = given.partition(":")
    patience_s: float | None = None
    with contextlib.suppress(ValueError):
        patience_s = float(seconds)
    is_time = patience_s is not None and 0.0 <= patience_s < math.inf
    if mode not in MODES or (colon and not is_time):
        rule = f"be {', '.join(MODES[:-1])} or {MODES[-1]}, alone or with seconds of patience"
        raise ParameterError(SETTING, rule, given, "write QNET_PROGRESS=log, or log:60")
    return mode, patience_s


def _is_worker() -> bool:
    """Whether another process of this program started this one: that one says how far it is."""
    loaded = sys.modules.get("multiprocessing.process")
    return loaded is not None and loaded.parent_process() is not None


def _is_terminal(stream: TextIO) -> bool:
    try:
        return stream.isatty()
    except (AttributeError, ValueError, OSError):
        return False


def is_in_notebook() -> bool:
    """Whether a notebook runs this process, and progress is not switched off."""
    return _setting()[0] == "auto" and not _is_worker() and _notebook_display() is not None


def _with_bar(text: str) -> str:
    """A line with a bar in front, as far as its first percentage says; of HTML."""
    words = f'<span style="font-family: monospace">{escape(text)}</span>'
    found = re.search(r", (\d+) %", text)
    if found is None:
        return words
    return f'<progress value="{found[1]}" max="100" style="width: 12em"></progress> {words}'


def _notebook_display() -> Callable[..., Any] | None:
    """What displays something in the notebook that runs this process, if one does."""
    loaded = sys.modules.get("IPython")
    shell = None if loaded is None else getattr(loaded, "get_ipython", lambda: None)()
    if getattr(shell, "kernel", None) is None:
        return None
    # Local import: only where it is there already.
    from importlib import import_module

    display: Callable[..., Any] = import_module("IPython.display").display
    return display


def _columns(letter: str) -> int:
    """Columns of a terminal that a letter takes."""
    if unicodedata.combining(letter):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "FW" else 1


def _fitting(text: str, width: int) -> str:
    """As much of a text as fits into so many columns."""
    taken = 0
    for place, letter in enumerate(text):
        taken += _columns(letter)
        if taken > width:
            return text[:place]
    return text
