"""Signs of life on stderr while a command works: on a terminal or off it, also with ``--json``."""

from __future__ import annotations

import threading
import time
from types import TracebackType

from experiments.cli.failing import say

__all__ = ["Heartbeat", "tell"]

#: Computing time of this process without a word after which it says that it lives, in s.
COMPUTING_S = 10.0

#: Time by the clock after which it says so although others compute, in s.
WAITING_S = 20.0

#: A line on a terminal that was renewed within this time is a sign of life, in s.
_FRESH_S = 5.0

_LOOK_UP_S = 0.5


class _State:
    """What there was to say last."""

    text = ""
    shown_at = -_FRESH_S


def tell(text: str, *, shown: bool) -> None:
    """What is being done and how far it is: the next sign of life says it.

    Args:
        text: Such as ``sampled: 20/60 pairs``.
        shown: Whether a terminal shows it already.
    """
    _State.text = text
    if shown:
        _State.shown_at = time.monotonic()


class Heartbeat:
    """Says every few seconds of computing that a command is at work, and how far it is.

    Silence is measured in computing time of this process, and only where other processes compute by
    the clock, so that a busy machine is told nothing new.

    Args:
        name: Of the command.

    Examples:
        >>> with Heartbeat("run"):
        ...     pass
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def _watch(self) -> None:
        begun = time.process_time()
        computed, looked = begun, time.monotonic()
        while not self._over.wait(_LOOK_UP_S):
            now, used = time.monotonic(), time.process_time()
            if used - computed < COMPUTING_S and now - looked < WAITING_S:
                continue
            computed, looked = used, now
            if now - _State.shown_at < _FRESH_S:
                continue
            text = f"; {_State.text}" if _State.text else ""
            say(f"qnet {self.name}: at work, {used - begun:.0f} s of computing so far{text}")

    def __enter__(self) -> Heartbeat:
        _State.text, _State.shown_at = "", -_FRESH_S
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join()
