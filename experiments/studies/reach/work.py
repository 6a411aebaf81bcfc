"""Work out many points, in several processes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from experiments.studies.reach.point import Point
from experiments.sweep.workers import as_they_come, available_cores

__all__ = ["available_cores", "grouped", "work_out"]

Row = dict[str, object]


def grouped(points: Sequence[Point]) -> list[list[Point]]:
    """The points, those of one hardware and link length together: they share a compiled link.

    Examples:
        >>> from protocols.repeaters.platforms import Hardware
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
    tasks = {number: (group,) for number, group in enumerate(groups)}
    for _, rows in as_they_come(_rows_of, tasks, workers):
        yield rows


def _rows_of(group: Sequence[Point]) -> list[Row]:
    return [point.row() for point in group]
