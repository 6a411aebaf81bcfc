"""Contents of a topology's file, before they are checked together: what every format gives."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from qnet.errors import ParameterError
from qnet.network.topologies.topology import FibreSpan, Site, Topology, TrafficDemand

__all__ = [
    "COORDINATES",
    "FileFormat",
    "RawTopology",
    "number_of",
    "refuse",
    "site_named",
    "with_population",
]

#: How the coordinates of a file are written: told by the data, decimal degrees, or degrees and
#: minutes with a point between them (37.58 is 37 degrees 58 minutes).
COORDINATES = ("auto", "decimal", "degrees.minutes")

#: The field that errors of a file name.
_FIELD = "topology.file"


def refuse(where: str, rule: str, value: object, hint: str) -> ParameterError:
    """The error for a part of a file that breaks a rule; it says where, such as "line 3"."""
    return ParameterError(f"{_FIELD}, {where},", rule, value, hint)


def number_of(text: str, where: str) -> float:
    """A finite number that a file gives.

    Examples:
        >>> number_of(" 9.80 ", "line 3")
        9.8
    """
    try:
        value = float(text) if "_" not in text else math.nan
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise refuse(where, "be a finite number", text[:60], "mend the number")
    return value


def site_named(name: str, where: str) -> Site:
    """A site without a place; its name can be printed."""
    if not name.isprintable():
        hint = "write its name in letters and spaces"
        raise refuse(where, "have a name that can be printed", name[:60], hint)
    return Site(name=name)


def with_population(site: Site, text: str | None, where: str) -> Site:
    """A site with the people who live there, where a file says how many."""
    if not text:
        return site
    number = number_of(text, where)
    if number < 0.0:
        raise refuse(where, "have no negative population", text[:60], "mend the population")
    return replace(site, population=number)


@dataclass
class RawTopology:
    """Nodes, edges and demands as a file gives them, collected while it is read.

    Args:
        sites: The sites by the key that the file's edges use.
        spans: Keys of both ends, and the length in km if it is given.
        traffic: Keys of both ends and the volume.
        assumptions: What was assumed so far.
    """

    sites: dict[str, Site] = field(default_factory=dict)
    spans: list[tuple[str, str, float | None]] = field(default_factory=list)
    traffic: list[tuple[str, str, float]] = field(default_factory=list)
    assumptions: list[str] = field(default_factory=list)

    def add_span(self, one: str, other: str, length_km: float | None, where: str) -> None:
        """Add an edge, whose nodes must be there."""
        self._check_ends(one, other, where)
        self.spans.append((one, other, length_km))

    def add_traffic(self, one: str, other: str, volume: float, where: str) -> None:
        """Add an entry of the traffic matrix, whose nodes must be there."""
        self._check_ends(one, other, where)
        self.traffic.append((one, other, volume))

    def _check_ends(self, one: str, other: str, where: str) -> None:
        for key in (one, other):
            if key not in self.sites:
                raise refuse(where, "name nodes of the file", key, "add the node, or mend its name")
        if one == other:
            raise refuse(where, "join two different nodes", one, "name another end")

    def topology(self) -> Topology:
        """The topology: parallel edges are one, and names that are there twice are numbered."""
        names = self._names()
        spans: dict[tuple[str, str], FibreSpan] = {}
        for one, other, length in self.spans:
            ends = names[one], names[other]
            ends = ends if ends[::-1] not in spans else (ends[1], ends[0])
            lengths = length, spans[ends].length_km if ends in spans else None
            known = [each for each in lengths if each is not None]
            spans[ends] = FibreSpan(ends=ends, length_km=min(known, default=None))
        if parallel := len(self.spans) - len(spans):
            said = (
                "edges of the file that join the same nodes are one edge, as long as the shortest"
            )
            self.assumptions.append(f"{said}: {parallel} were left out")
        return Topology(
            sites=tuple(_named(site, names[key]) for key, site in self.sites.items()),
            spans=tuple(spans.values()),
            traffic=tuple(
                TrafficDemand(ends=(names[a], names[b]), volume=v) for a, b, v in self.traffic
            ),
            assumptions=tuple(self.assumptions),
        )

    def _names(self) -> dict[str, str]:
        """Name of each site: its own, with a number behind it from the second of that name on."""
        counts = Counter(site.name for site in self.sites.values())
        taken, names = set(counts), {}
        seen: Counter[str] = Counter()
        for key, site in self.sites.items():
            seen[site.name] += 1
            name, number = site.name, seen[site.name]
            while number > 1 and name in taken:
                name, number = f"{site.name} ({number})", number + 1
            taken.add(name)
            names[key] = name
        double = sorted(name for name, count in counts.items() if count > 1)
        if double:
            said = f"several nodes of the file have the name {', '.join(map(repr, double))}"
            self.assumptions.append(f"{said}: from the second on a number follows it")
        return names


def _named(site: Site, name: str) -> Site:
    return site if site.name == name else replace(site, name=name)


class FileFormat(NamedTuple):
    """A format: its name, whether a text looks like it, and how it is read.

    ``read`` takes the text and how coordinates are written.
    """

    name: str
    looks_like: Callable[[str], bool]
    read: Callable[[str, str], RawTopology]
