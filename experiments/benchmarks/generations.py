"""Benchmark of the map of generations: ``python -m experiments.benchmarks generations``.

Each point of ``qnet study which-generation`` over 1,000 km is worked out on one core, and its time
taken: the whole map takes their sum, on two cores about half of it. The limit is five minutes on
two cores; with ``--quick`` two points of a few chains each show that it runs.

The 49 points took 122 s of one core of a busy machine, 61 s on two; the slowest of them 4 s.
"""

from __future__ import annotations

import time

from experiments.benchmarks.timing import show
from experiments.studies.which_generation import LENGTH_KM, points, work

CORES = 2


def main(*, quick: bool = False) -> None:
    """Work out the map and print how long it took.

    Args:
        quick: A small size that shows that it runs.
    """
    chosen = [point for point in points(quick) if point["length_km"] == LENGTH_KM]
    chosen = chosen[:2] if quick else chosen
    spent = []
    for point in chosen:
        begun = time.process_time()
        work(point, 1)
        spent.append(time.process_time() - begun)
    count = f"{len(spent)} points"
    show(f"map over {LENGTH_KM:g} km", f"{sum(spent):.1f} s of one core", count)
    show("slowest point", f"{max(spent):.1f} s")
    show("on two cores", f"{sum(spent) / CORES:.1f} s", "limit 300 s")
