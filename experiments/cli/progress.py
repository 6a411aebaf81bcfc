"""Progress of a sweep: finished points, samples per second and the time left."""

from __future__ import annotations

from typing import Self, TextIO

from qnet.progress import Progress

__all__ = ["SweepProgress"]


class SweepProgress:
    """Called with the points done and wanted and the fresh samples; says rate and time left.

    What was finished before it was first called counts neither for the rate nor for the time.

    Args:
        label: What is played.
        stream: Where to; stderr, or a notebook, when None.

    Examples:
        >>> with SweepProgress("sweep") as progress:
        ...     progress(2, 10, 0)
        ...     progress(4, 10, 5000)
        >>> progress.done, progress.samples
        (4, 5000)
    """

    def __init__(self, label: str = "sweep", stream: TextIO | None = None) -> None:
        self.line = Progress(label, "points", stream=stream)
        self.done = self.samples = 0
        self._is_new = True

    def __call__(self, done: int, size: int, samples: int) -> None:
        """Take how far it is."""
        if self._is_new:
            self.line.keep(done)
            self._is_new = False
        self.done, self.samples = done, samples
        if samples:
            self.line.note(f"{samples / max(self.line.elapsed_s, 1e-9):.3g} samples/s")
        self.line(done, size)

    def __enter__(self) -> Self:
        self.line.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self.line.close(failed=error[0] is not None)
