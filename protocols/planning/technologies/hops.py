"""Designs of a line by its number of hops: all that may be the cheapest for some flow of key."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from protocols.planning.technologies.dominance import undominated
from protocols.planning.technologies.line import SLACK, LineDesign, LineDesigns, WantedLine
from protocols.planning.technologies.rates import KeyRateOfHop
from qnet.estimate import Estimate
from qnet.metrics.security import SecurityClaim

if TYPE_CHECKING:
    from protocols.planning.technologies.tables import TechnologyTable

__all__ = ["design_of_hops", "fewest_hops", "given_design", "hop_designs"]

#: Why bits of a rate that is given with a span claim nothing.
_GIVEN = "the rate was given outright: nothing is known of where its bits come from"

RateOfLength = Callable[[float], KeyRateOfHop]


def fewest_hops(length_km: float, maximum_km: float | None) -> int:
    """Fewest hops of a line whose hops are at most so long.

    Args:
        length_km: Length of the line.
        maximum_km: Longest hop; None for any length.

    Examples:
        >>> fewest_hops(500.0, 120.0), fewest_hops(240.0, 120.0), fewest_hops(0.0, 120.0)
        (5, 2, 1)
    """
    if maximum_km is None:
        return 1
    return max(1, math.ceil(length_km / maximum_km * (1.0 - SLACK)))


def hop_designs(
    technology: TechnologyTable, line: WantedLine, rate: RateOfLength, stations_per_hop: int = 0
) -> LineDesigns:
    """Designs of equal hops joined by trusted nodes.

    More hops are looked at until their nodes and one pair on each cost as much as the cheapest for
    the largest flow that was found before: more cost as much for any flow.

    Args:
        technology: The technology.
        line: The line; it has a length.
        rate: Key rate of a hop by its length.
        stations_per_hop: Stations on each hop that need no trust.

    Raises:
        ParameterError: If the key rate of a length cannot be worked out.
    """
    length = line.length_km or 0.0
    first = fewest_hops(length, technology.maximum_hop_km)
    last = max(first, math.floor(length / technology.minimum_hop_km * (1.0 + SLACK)))
    shortest = rate(length / last)
    if shortest.rate_hz.best <= 0.0:
        why = shortest.security.reason or "no key"
        return LineDesigns(
            reason=f"no key at any length of a hop: over {length / last:g} km, {why}"
        )
    found = list(_worth_a_look(technology, line, rate, stations_per_hop, range(first, last + 1)))
    return LineDesigns(designs=undominated(found, line.most_key_hz, few_nodes=line.few_nodes))


def _worth_a_look(
    technology: TechnologyTable,
    line: WantedLine,
    rate: RateOfLength,
    stations_per_hop: int,
    numbers: range,
) -> Iterator[LineDesign]:
    best = math.inf
    for hops in numbers:
        fixed, pair = _costs(technology, line, hops, stations_per_hop)
        if fixed + pair >= best:
            return
        design = design_of_hops(technology, line, rate, hops, stations_per_hop)
        if design is not None:
            best = min(best, design.cost(line.most_key_hz))
            yield design


def design_of_hops(
    technology: TechnologyTable,
    line: WantedLine,
    rate: RateOfLength,
    hops: int,
    stations_per_hop: int = 0,
) -> LineDesign | None:
    """The design of so many equal hops; None where they give no key.

    Args:
        technology: The technology.
        line: The line; it has a length.
        rate: Key rate of a hop by its length.
        hops: Number of hops.
        stations_per_hop: Stations on each hop that need no trust.

    Raises:
        ParameterError: If the key rate of the length cannot be worked out.
    """
    found = rate((line.length_km or 0.0) / hops)
    if found.rate_hz.best <= 0.0:
        return None
    fixed, pair = _costs(technology, line, hops, stations_per_hop)
    return LineDesign(
        hops=hops,
        nodes=hops - 1,
        stations=stations_per_hop * hops,
        rate_hz=found.rate_hz,
        fixed_cost=fixed,
        pair_cost=pair,
        most_pairs=technology.maximum_pairs,
        security=found.security,
        notes=found.notes,
    )


def _costs(
    technology: TechnologyTable, line: WantedLine, hops: int, stations_per_hop: int
) -> tuple[float, float]:
    """Fixed cost of so many hops, and that of a pair on each."""
    costs, length = technology.costs, line.length_km or 0.0
    stations = stations_per_hop * hops * costs.station
    fixed = (hops - 1) * costs.node + stations + length * costs.fibre_per_km
    return fixed, hops * costs.pair


def given_design(technology: TechnologyTable, line: WantedLine) -> LineDesigns:
    """The one design of a line whose key rate is given outright: one hop.

    Args:
        technology: The technology.
        line: The line; it has a key rate.
    """
    rate, costs = line.key_rate_hz or 0.0, technology.costs
    if rate <= 0.0:
        return LineDesigns(reason="its key_rate_hz is 0")
    design = LineDesign(
        hops=1,
        nodes=0,
        rate_hz=Estimate.exact(rate),
        fixed_cost=(line.length_km or 0.0) * costs.fibre_per_km,
        pair_cost=costs.pair,
        most_pairs=technology.maximum_pairs,
        security=SecurityClaim.none(_GIVEN),
        notes=("the key rate is given with the span",),
    )
    return LineDesigns(designs=(design,))
