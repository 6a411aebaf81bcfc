"""Timing of the benchmarks: the best of several runs, and a line that says it."""

from __future__ import annotations

import time
from collections.abc import Callable

from qnet.progress import cleared

__all__ = ["best_of", "show"]


def show(name: str, *cells: str) -> None:
    """Print a line: what was measured, its numbers below those of the other lines."""
    with cleared():
        print(f"{name:<44}", *cells, flush=True)


def best_of(
    runs: int, work: Callable[[], object], clock: Callable[[], float] = time.perf_counter
) -> float:
    """Shortest time in s of ``runs`` runs, after one to warm up: by the wall clock unless said."""
    work()
    times = []
    for _ in range(runs):
        start = clock()
        work()
        times.append(clock() - start)
    return max(min(times), 1e-9)
