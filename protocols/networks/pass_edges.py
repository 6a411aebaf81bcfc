"""Edges of a network over satellites: their segments, and the faults that stand for no pass."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from protocols.repeaters.segment import Segment
from qnet.errors import ParameterError
from qnet.hardware import Fibre
from qnet.network import Fault
from qnet.plans import Link
from qnet.schema import load
from qnet.schema.shipped import find

if TYPE_CHECKING:
    from protocols.networks.scenario import NetworkScenario

__all__ = ["between_passes", "pass_segment"]

#: After the last pass an edge is down for good.
_FOR_GOOD_S = 1e15

Spells = tuple[tuple[float, float], ...]


def pass_segment(
    file: str, folder: str, ends: tuple[str, str], number: int
) -> tuple[Segment, Spells]:
    """The segment of an edge over a satellite, and when it is up, in s.

    Args:
        file: The satellite's file.
        folder: Where the network's file stands.
        ends: Names of the edge's nodes.
        number: Number of the [[edge]], for errors.

    Raises:
        ParameterError: If the file is none of a satellite with heralded pairs, or has no pass.
    """
    beside = Path(folder, file)
    path = beside if beside.is_file() else find(file)
    try:
        link, up = _pass_edge(str(path), path.stat().st_mtime_ns if path.is_file() else 0, ends)
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
    return found, up


@lru_cache(maxsize=256)
def _pass_edge(path: str, _changed_ns: int, ends: tuple[str, str]) -> tuple[Link, Spells]:
    scenario: Any = load(path, kinds=["satellite"])
    link, up = scenario.pass_edge(ends)
    return link, up


def between_passes(scenario: NetworkScenario) -> Iterator[Fault]:
    """A fault for each edge over a satellite: it is down whenever there is no pass.

    Raises:
        ParameterError: If there is time before the period of the satellite begins.
    """
    for part in scenario.edge_parts:
        if part.up_s is None:
            continue
        if scenario.run.warm_up_s > 0.0:
            hint = "the passes begin with the measured time"
            raise ParameterError("run.warm_up_s", "be 0", scenario.run.warm_up_s, hint)
        edges = [0.0, *(time for spell in part.up_s for time in spell), _FOR_GOOD_S]
        pairs = zip(edges[::2], edges[1::2], strict=True)
        down = [[begin, end] for begin, end in pairs if end > begin]
        yield Fault(edge=part.ends, down_s=down)
