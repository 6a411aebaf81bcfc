"""Timing of the benchmarks: the best of several runs."""

from __future__ import annotations

import time
from collections.abc import Callable

__all__ = ["best_of"]


def best_of(runs: int, work: Callable[[], object]) -> float:
    """Shortest wall time in s of ``runs`` runs, after one to warm up."""
    work()
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)
