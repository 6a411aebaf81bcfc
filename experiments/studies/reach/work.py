"""Work out many points, in several processes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from experiments.studies.reach.point import ReachPoint
from experiments.sweep.workers import available_cores, map_unordered

__all__ = ["available_cores", "grouped", "work_out"]

ReachRow = dict[str, object]


def grouped(points: Sequence[ReachPoint]) -> list[list[ReachPoint]]:
    """The points, those of one hardware and link length together: they share a compiled link.

    Examples:
        >>> from protocols.repeaters.platforms import Platform
        >>> ion = Platform(name="trapped-ion")
        >>> points = [ReachPoint(ion, "nested", n, n * 25.0, seed=1, shots=9) for n in (2, 4)]
        >>> len(grouped(points))
        1
    """

    def link(point: ReachPoint) -> tuple[str, float, float, int]:
        hardware = point.hardware
        # The links of a single-click chain depend on its number of segments.
        segments = point.segments if hardware.optical_modes == 1 else 0
        length_km = point.length_km / point.segments
        return hardware.name, hardware.improvement, length_km, segments

    return [list(group) for _, group in groupby(sorted(points, key=link), key=link)]


def work_out(groups: Sequence[Sequence[ReachPoint]], workers: int) -> Iterator[list[ReachRow]]:
    """The rows of each group, as they come.

    Args:
        groups: Points, in groups that one process works out in turn.
        workers: Number of processes.
    """
    tasks = {number: (group,) for number, group in enumerate(groups)}
    for _, rows in map_unordered(_rows_of, tasks, workers):
        yield rows


def _rows_of(group: Sequence[ReachPoint]) -> list[ReachRow]:
    return [point.row() for point in group]
