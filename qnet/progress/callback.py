"""Progress callbacks: how much of a long computation is done, and one that shows it."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Self, TextIO

from qnet.progress import clock
from qnet.progress.board import board_of
from qnet.progress.clock import duration
from qnet.progress.display import is_in_notebook

if TYPE_CHECKING:
    from types import TracebackType

    from qnet.progress.board import Board

__all__ = ["Progress", "ProgressCallback", "in_notebook", "note", "opened", "phase"]

#: Called with how much is done and how much is wanted; 0 is wanted where it is not known.
ProgressCallback = Callable[[int, int], None]


class Progress:
    """A progress callback that shows how far it is; as a context it also ends what it shows.

    Called outside of a context it begins by itself, and ends when all is done. One that is begun
    while another is shown joins its line.

    Args:
        label: What is being done.
        unit: What is counted, in the plural.
        stream: Where to; stderr, or the notebook that runs this process, when None.

    Raises:
        ParameterError: When it begins, if ``QNET_PROGRESS`` is no mode.

    Examples:
        >>> import qnet
        >>> chain = qnet.load("experiments/scenarios/two-segments.toml")
        >>> with Progress("two segments", "pairs") as progress:
        ...     result = chain.play(shots=1000, progress=progress)
        >>> progress.text
        'two segments: 1000/1000 pairs, 100 %'
    """

    def __init__(self, label: str, unit: str = "", *, stream: TextIO | None = None) -> None:
        self.stream = stream
        self._board: Board | None = None
        self._words = self.unit = ""
        self.done: int | None = None
        self.wanted = self.kept = 0
        self.phase(label, unit)

    def __call__(self, done: int, wanted: int = 0) -> None:
        """Take how much is done and wanted, and show it if it is time to."""
        alone = self._board is None
        if alone:
            self._begin(joins=False)
        if self.done is not None and done < self.done:
            # Counted anew, such as by the next engine.
            self.phase(self.label)
        self.done, self.wanted = done, wanted
        board = self._board
        if board is not None:
            board.look()
            if board.is_alone and 0 < wanted <= done:
                self.close(failed=False)

    def phase(self, label: str, unit: str | None = None) -> None:
        """Begin with something else: what was counted is forgotten.

        Args:
            label: What is being done now.
            unit: What is counted; as before when None.
        """
        self.label = _plain(label)
        self.unit = self.unit if unit is None else _plain(unit)
        self.done, self.wanted, self.kept = None, 0, 0
        self._begun = clock.now_s()
        if self._board is not None:
            self._board.look()

    def note(self, text: str) -> None:
        """Say something in more words, such as the best value so far; empty words end it."""
        self._words = _plain(text)
        if self._board is not None:
            self._board.look()

    def keep(self, done: int) -> None:
        """Take how much was there from the beginning: the time left does not count it."""
        self.kept = done

    @property
    def has_told(self) -> bool:
        """Whether there is more to say than that the work goes on."""
        return self.done is not None or bool(self._words)

    @property
    def elapsed_s(self) -> float:
        """Time by the clock since it began, in s."""
        return clock.now_s() - self._begun

    @property
    def text(self) -> str:
        """What is shown."""
        said = f"{self.label}: "
        if self.done is None:
            return f"{said}{self._words or 'at work'}, {duration(round(self.elapsed_s))}"
        if self.wanted > 0:
            said += f"{self.done}/{self.wanted} {self.unit}".rstrip()
            said += f", {100 * self.done // self.wanted} %"
            fresh = self.done - self.kept
            if fresh > 0 and self.done < self.wanted:
                left = self.elapsed_s * (self.wanted - self.done) / fresh
                said += f", {duration(round(left))} left"
        else:
            said += f"{self.done} {self.unit}".rstrip() + f", {duration(round(self.elapsed_s))}"
        return f"{said}, {self._words}" if self._words else said

    @property
    def last_words(self) -> str:
        """What is said when it is over."""
        took = duration(round(self.elapsed_s, 1))
        if self.done is None:
            return f"{self.label}: done in {took}"
        return f"{self.text}, done in {took}" if 0 < self.wanted <= self.done else self.text

    def __enter__(self) -> Self:
        self._begin(joins=True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close(failed=kind is not None)

    @property
    def is_open(self) -> bool:
        """Whether it is shown, or would be if the work took longer."""
        return self._board is not None

    def _begin(self, *, joins: bool) -> None:
        if self._board is None:
            self.phase(self.label)
            self._board = board_of(self.stream, joins=joins)
            self._board.begin(self)
            self._board.look()

    def close(self, *, failed: bool = False) -> None:
        """End what is shown, as the context does; ``failed``: an error ended the work."""
        board, self._board = self._board, None
        if board is not None:
            board.end(self, failed=failed)


def in_notebook(
    progress: ProgressCallback | None, label: str, unit: str = ""
) -> ProgressCallback | None:
    """The callback that was given; where none was, one that shows it in a notebook, and only there.

    Args:
        progress: What the caller gave.
        label: What is being done.
        unit: What is counted, in the plural.

    Examples:
        >>> in_notebook(None, "sampled", "pairs") is None  # this is no notebook
        True
    """
    if progress is None and is_in_notebook():
        return Progress(label, unit)
    return progress


@contextlib.contextmanager
def opened(progress: ProgressCallback | None) -> Iterator[None]:
    """Begin and end a `Progress` that was handed over unopened; nothing with any other callback.

    Examples:
        >>> progress = Progress("laps")
        >>> with opened(progress):
        ...     progress(1, 3)
        ...     progress.is_open
        True
        >>> progress.is_open
        False
    """
    if isinstance(progress, Progress) and not progress.is_open:
        with progress:
            yield
    else:
        yield


def phase(progress: ProgressCallback | None, label: str, unit: str | None = None) -> None:
    """Begin with something else on a callback that shows it; other callbacks go on counting.

    Examples:
        >>> progress = Progress("map")
        >>> phase(progress, "drawing", "frames")
        >>> progress.label
        'drawing'
    """
    if isinstance(progress, Progress):
        progress.phase(label, unit)


def note(progress: ProgressCallback | None, text: str) -> None:
    """Say something in more words on a callback that shows them; nothing on others.

    Examples:
        >>> note(print, "best 3.2 bit/s")
    """
    if isinstance(progress, Progress):
        progress.note(text)


def _plain(text: str) -> str:
    """A text without what would move the cursor."""
    return re.sub(r"[^\S ]|[\x00-\x1f\x7f-\x9f]+", " ", text).strip()
