"""Work out many points, in several processes."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Sequence
from itertools import groupby

from experiments.reach.point import Point
from experiments.sweep.workers import available_cores

__all__ = ["available_cores", "grouped", "work_out"]

Row = dict[str, object]


def grouped(points: Sequence[Point]) -> list[list[Point]]:
    """The points, those of one hardware and link length together: they share a compiled link.

    Examples:
        >>> from experiments.reach.hardware import Hardware
        >>> ion = Hardware(name="trapped-ion")
        >>> points = [Point(ion, "nested", n, n * 25.0, seed=1, shots=9) for n in (2, 4)]
        >>> len(grouped(points))
        1
    """

    def link(point: Point) -> tuple[str, float, float, int]:
        hardware = point.hardware
        # The links of a single-click chain depend on its number of segments.
        segments = point.segments if hardware.optical_modes == 1 else 0
        length_km = point.length_km / point.segments
        return hardware.name, hardware.improvement, length_km, segments

    return [list(group) for _, group in groupby(sorted(points, key=link), key=link)]


def work_out(groups: Sequence[Sequence[Point]], workers: int) -> Iterator[list[Row]]:
    """The rows of each group, as they come.

    Args:
        groups: Points, in groups that one process works out in turn.
        workers: Number of processes.
    """
    if workers == 1 or len(groups) < 2:
        for group in groups:
            yield _rows_of(group)
        return
    # Local import: a single process needs none of this machinery.
    from concurrent.futures import ProcessPoolExecutor, as_completed
    from multiprocessing import get_context

    os.environ["OMP_NUM_THREADS"] = "1"  # the workers inherit it: one thread each
    pool = ProcessPoolExecutor(workers, get_context("forkserver"), _start_worker)
    with pool:
        futures = [pool.submit(_rows_of, group) for group in groups]
        try:
            for future in as_completed(futures):
                yield future.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _rows_of(group: Sequence[Point]) -> list[Row]:
    return [point.row() for point in group]


def _start_worker() -> None:
    """A worker leaves the interrupt key to its parent, and does not outlive it."""
    from multiprocessing import parent_process
    from threading import Thread

    def watch() -> None:
        parent = parent_process()
        if parent is not None:
            parent.join()
            os._exit(1)

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=watch, daemon=True).start()
