"""Edges of a network over satellites: their segments, and the faults that stand for no pass."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from protocols.repeaters.segment import Segment
from qnet.errors import ParameterError
from qnet.hardware import Fibre
from qnet.network import Fault
from qnet.plans import Link
from qnet.schema import load
from qnet.schema.shipped import find_beside

if TYPE_CHECKING:
    from protocols.networks.scenario import NetworkScenario

__all__ = ["Passes", "between_passes", "pass_segment"]

#: After the last pass that is laid out an edge is down for good.
_FOR_GOOD_S = 1e15

#: Passes that are laid out one after the other, and how often a period comes again.
_MOST_PASSES, _MOST_TIMES = 5000, 1000


class Passes(NamedTuple):
    """When an edge over a satellite is up.

    Args:
        up_s: Times from and to, in s.
        period_s: After so many s the same passes come again.
    """

    up_s: tuple[tuple[float, float], ...]
    period_s: float

    @property
    def down_s(self) -> list[list[float]]:
        """Times from and to at which it is down, for as many periods as are laid out."""
        times = min(_MOST_TIMES, max(2, _MOST_PASSES // len(self.up_s)))
        shifts = [k * self.period_s for k in range(times)]
        ends = [shift + time for shift in shifts for spell in self.up_s for time in spell]
        edges = [0.0, *ends, _FOR_GOOD_S]
        pairs = zip(edges[::2], edges[1::2], strict=True)
        return [[begin, end] for begin, end in pairs if end > begin]


def pass_segment(
    file: str, folder: str, ends: tuple[str, str], number: int
) -> tuple[Segment, Passes]:
    """The segment of an edge over a satellite, and when it is up, in s.

    Args:
        file: The satellite's file.
        folder: Where the network's file stands.
        ends: Names of the edge's nodes.
        number: Number of the [[edge]], for errors.

    Raises:
        ParameterError: If the file is none of a satellite with heralded pairs, or has no pass.
    """
    path = find_beside(file, folder)
    try:
        link, passes = _pass_edge(str(path), path.stat().st_mtime_ns if path.is_file() else 0, ends)
    except ParameterError as error:
        error.field = f"edge[{number}].satellite: {error.field} of {file}"
        raise
    fibre = Fibre(speed_km_per_s=link.speed_km_per_s)
    found = Segment(
        scheme="given",
        fibre=fibre,
        memory=link.left,
        length_km=link.length_km,
        modes=1,
        hardware=link,
    )
    return found, passes


@lru_cache(maxsize=256)
def _pass_edge(path: str, _changed_ns: int, ends: tuple[str, str]) -> tuple[Link, Passes]:
    scenario: Any = load(path, kinds=["satellite"])
    link, up, period = scenario.pass_edge(ends)
    return link, Passes(up, period)


def between_passes(scenario: NetworkScenario) -> Iterator[Fault]:
    """A fault for each edge over a satellite: it is down whenever there is no pass.

    Raises:
        ParameterError: If there is time before the period of the satellite begins.
    """
    for part in scenario.edge_parts:
        if part.passes is None:
            continue
        if scenario.run.warm_up_s > 0.0:
            hint = "the passes begin with the measured time"
            raise ParameterError("run.warm_up_s", "be 0", scenario.run.warm_up_s, hint)
        yield Fault(edge=part.ends, down_s=part.passes.down_s)
