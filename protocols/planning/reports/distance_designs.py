"""Designs of one demand over one distance: what each technology builds, and what a bit costs."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from protocols.planning.operation.money import cost_per_bit, yearly_cost
from protocols.planning.technologies.kinds import KINDS_OF_TECHNOLOGY
from protocols.planning.technologies.line import LineDesign, LineDesigns, WantedLine, pairs_needed
from protocols.planning.technologies.satellite import (
    StationPlace,
    is_entangled,
    own_place,
    satellite_rate,
)
from protocols.planning.technologies.tables import TechnologyTable
from qnet.estimate import Estimate
from qnet.metrics.security import SecurityClaim
from qnet.network.topologies.topology import EARTH_RADIUS_KM

if TYPE_CHECKING:
    from protocols.planning.scenario import PlanScenario

__all__ = ["DistanceRow", "Spanner", "spanners"]


_NO_RATE = Estimate.exact(0.0)

#: What bits over trusted nodes assume beside what each hop does.
_HONEST = "the trusted nodes on the way are honest"

#: How well break-even lengths of chains are found: each length takes the optimiser seconds.
_SLOW_KM = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DistanceRow:
    """What a technology builds for a demand over a distance.

    Args:
        distance_km: Great circle between the sites.
        technology: Name of the technology; ``NAME, direct`` of one hop of it.
        rate_hz: Secret bits per second of one pair of devices, or of one satellite.
        pairs: Pairs of devices on each hop, or satellites; None where there is no key.
        hops: Hops of key from end to end.
        trusted: Nodes on the way that must be trusted.
        stations: Stations on the way that need no trust.
        capital: Cost of it all; infinite where there is no key.
        availability: Share of time in which the key flows.
        cost_per_bit: Cost of a bit of the demand's key.
        reason: Why there is no key; empty otherwise.
        claim: What the bits claim; None where there is no key.
    """

    distance_km: float
    technology: str
    rate_hz: Estimate = _NO_RATE
    pairs: int | None = None
    hops: int = 0
    trusted: int = 0
    stations: int = 0
    capital: float = math.inf
    availability: float = 0.0
    cost_per_bit: float = math.inf
    reason: str = ""
    claim: SecurityClaim | None = None

    @property
    def security(self) -> SecurityClaim:
        """What the bits claim; why there are none."""
        return self.claim or SecurityClaim.none(self.reason or "no key")

    def as_dict(self) -> dict[str, Any]:
        """The form that goes into JSON; what is not there is None."""
        has_key = self.pairs is not None
        return {
            "distance_km": self.distance_km,
            "technology": self.technology,
            "rate_hz": self.rate_hz.as_dict(),
            "pairs": self.pairs,
            "hops": self.hops if has_key else None,
            "trusted_nodes": self.trusted if has_key else None,
            "stations": self.stations if has_key else None,
            "capital": self.capital if has_key else None,
            "availability": self.availability if has_key else None,
            "cost_per_bit": self.cost_per_bit if has_key else None,
            "reason": self.reason or None,
            "security": self.security.as_dict(),
        }


@dataclass(frozen=True, kw_only=True)
class Spanner:
    """A technology that spans distances.

    Args:
        name: What its rows are called.
        row: The row of a distance in km.
        step_km: How well its break-even lengths are found.
    """

    name: str
    row: Callable[[float], DistanceRow]
    step_km: float = 0.0


def spanners(scenario: PlanScenario, demand_hz: float) -> Iterator[Spanner]:
    """All that may span a distance: every technology, and its fibre in one hop.

    Args:
        scenario: The scenario.
        demand_hz: Secret bits per second that are needed.

    Raises:
        ParameterError: If a technology's file is not what it should be.
    """
    for number, technology in enumerate(scenario.technology):
        work = _Demand(scenario, number, demand_hz)
        kind = KINDS_OF_TECHNOLOGY[technology.kind]
        if kind.designs is None:
            entangled = is_entangled(technology, scenario.folder, work.place)
            yield Spanner(name=technology.name, row=work.pairs if entangled else work.relayed)
            continue
        is_slow = technology.chain is not None
        step = max(technology.length_step_km, _SLOW_KM) if is_slow else 0.0
        yield Spanner(name=technology.name, row=work.line, step_km=step)
        if kind.direct is not None:
            yield Spanner(name=work.direct_name, row=work.direct)


class _Demand:
    """A demand over one line, and a technology for it."""

    def __init__(self, scenario: PlanScenario, number: int, demand_hz: float) -> None:
        self.scenario, self.number, self.demand_hz = scenario, number, demand_hz
        self.technology: TechnologyTable = scenario.technology[number]
        self.place = f"technology[{number}]"
        self.direct_name = f"{self.technology.name}, direct"

    def line(self, distance_km: float) -> DistanceRow:
        """The cheapest design of a fibre, with no more trusted nodes than are allowed."""
        designs = KINDS_OF_TECHNOLOGY[self.technology.kind].designs
        line = self._span(distance_km)
        found = LineDesigns() if designs is None else designs(self.technology, line)
        most = self._most_nodes
        allowed = [each for each in found.designs if each.nodes <= most]
        reason = found.reason or f"no design with at most {most:g} trusted nodes"
        return self._cheapest(self.technology.name, distance_km, allowed, reason)

    def direct(self, distance_km: float) -> DistanceRow:
        """One hop of fibre, however long."""
        direct = KINDS_OF_TECHNOLOGY[self.technology.kind].direct
        found = None if direct is None else direct(self.technology, self._span(distance_km))
        one = [] if found is None else [found]
        return self._cheapest(self.direct_name, distance_km, one, "no key over one hop")

    def relayed(self, distance_km: float) -> DistanceRow:
        """Two ground stations and a trusted satellite that serves them in turn."""
        rates = [self._rate(one) for one in ends_apart(self._centre, distance_km)]
        name, reason = self.technology.name, next((why for _, _, why in rates if why), "")
        if reason or self._most_nodes < 1:
            reason = reason or "the satellite is a trusted node, and none is allowed"
            return DistanceRow(distance_km=distance_km, technology=name, reason=reason)
        (one, claim, _), (other, *_) = rates
        # A share of its time for each station, so that both get as much.
        low, best, high = (
            1.0 / (1.0 / a + 1.0 / b) for a, b in zip(_ends(one), _ends(other), strict=True)
        )
        return self._space(distance_km, Estimate(low, best, high), claim, trusted=1)

    def pairs(self, distance_km: float) -> DistanceRow:
        """Two ground stations and a satellite that sends entangled pairs to both."""
        rate, claim, reason = self._rate(*ends_apart(self._centre, distance_km))
        if reason:
            return DistanceRow(
                distance_km=distance_km, technology=self.technology.name, reason=reason
            )
        return self._space(distance_km, rate, claim, trusted=0)

    @property
    def _most_nodes(self) -> float:
        most = self.scenario.require.requirements().maximum_trusted_nodes
        return math.inf if most is None else most

    def _span(self, distance_km: float) -> WantedLine:
        return WantedLine(
            ends=("one end", "the other"),
            length_km=distance_km * self.scenario.graph.route_factor,
            most_key_hz=self.demand_hz,
            few_nodes=self._most_nodes < math.inf,
            folder=self.scenario.folder,
            place=self.place,
        )

    def _rate(self, *stations: StationPlace) -> tuple[Estimate, SecurityClaim, str]:
        """Rate of a satellite, what its bits claim, and why there are none."""
        found = satellite_rate(self.technology, stations, self.scenario.folder, self.place)
        reason = "" if found.rate_hz.best > 0.0 else found.security.reason or "no key"
        return found.rate_hz, found.security, reason

    @property
    def _centre(self) -> tuple[float, float]:
        """Latitude and longitude in the middle of the sites, or where the file's station is."""
        sites = self.scenario.graph.sites
        places = [(s.latitude, s.longitude) for s in sites if s.latitude is not None]
        known = [(a, b) for a, b in places if a is not None and b is not None]
        if not known:
            return own_place(self.technology, self.scenario.folder, self.place)
        return middle_of(known)

    def _cheapest(
        self, name: str, distance_km: float, designs: Sequence[LineDesign], reason: str
    ) -> DistanceRow:
        best: LineDesign | None = min(
            designs, key=lambda each: (each.cost(self.demand_hz), each.nodes), default=None
        )
        if best is None or best.cost(self.demand_hz) == math.inf:
            why = reason if best is None else "more key than the most pairs of devices carry"
            return DistanceRow(distance_km=distance_km, technology=name, reason=why)
        shares = self._shares
        up = shares[0] ** best.hops * shares[1] ** (best.nodes + best.stations)
        return self._priced(
            DistanceRow(
                distance_km=distance_km,
                technology=name,
                rate_hz=best.rate_hz,
                pairs=pairs_needed(self.demand_hz, best.rate_hz.best),
                hops=best.hops,
                trusted=best.nodes,
                stations=best.stations,
                capital=best.cost(self.demand_hz),
                availability=up,
                claim=_trusting(best.security, best.nodes),
            )
        )

    def _space(
        self, distance_km: float, rate: Estimate, claim: SecurityClaim, *, trusted: int
    ) -> DistanceRow:
        units, name = pairs_needed(self.demand_hz, rate.best), self.technology.name
        if units is None or units > self.technology.maximum_satellites:
            why = f"it takes more than {self.technology.maximum_satellites} satellites"
            return DistanceRow(distance_km=distance_km, technology=name, rate_hz=rate, reason=why)
        hops, shares, costs = 1 + trusted, self._shares, self.technology.costs
        return self._priced(
            DistanceRow(
                distance_km=distance_km,
                technology=name,
                rate_hz=rate,
                pairs=units,
                hops=hops,
                trusted=trusted,
                capital=units * costs.node + 2.0 * costs.pair,
                availability=shares[0] ** hops * shares[1] ** trusted,
                claim=claim,
            )
        )

    @property
    def _shares(self) -> tuple[float, float]:
        """Shares of time in which a hop, and a node or station, works."""
        hop, node = self.technology.availability, self.technology.node_availability
        return (1.0 if hop is None else hop.share), (1.0 if node is None else node.share)

    def _priced(self, row: DistanceRow) -> DistanceRow:
        yearly = yearly_cost(row.capital, self.scenario.money)
        bit = cost_per_bit(yearly, self.demand_hz, row.availability)
        return replace(row, cost_per_bit=bit)


def _trusting(claim: SecurityClaim, nodes: int) -> SecurityClaim:
    """The claim of a line, which is that of a hop if nobody reads the key at the nodes."""
    if not nodes or claim.notion == "none":
        return claim
    return replace(claim, assumes=(*claim.assumes, _HONEST))


def _ends(rate: Estimate) -> tuple[float, float, float]:
    return rate.low, rate.best, rate.high


def middle_of(places: list[tuple[float, float]]) -> tuple[float, float]:
    """Latitude and longitude of the mean direction of places.

    Args:
        places: Latitudes and longitudes in degrees.

    Examples:
        >>> [round(number, 6) for number in middle_of([(0.0, 0.0), (0.0, 90.0)])]
        [0.0, 45.0]
    """
    north, east = np.radians(np.array(places)).T
    x, y, z = np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)
    flat = math.hypot(x.sum(), y.sum())
    return (
        math.degrees(math.atan2(z.sum(), flat)),
        math.degrees(math.atan2(y.sum(), x.sum())),
    )


def ends_apart(
    centre: tuple[float, float], distance_km: float
) -> tuple[StationPlace, StationPlace]:
    """Two stations to the west and to the east of a place, so far apart on a great circle.

    Args:
        centre: Latitude and longitude in degrees.
        distance_km: Great circle between them.

    Examples:
        >>> west, east = ends_apart((0.0, 10.0), 2.0 * 111.194927)
        >>> round(west.longitude, 6), round(east.longitude, 6), east.latitude
        (9.0, 11.0, 0.0)
    """
    latitude, longitude = centre
    half = distance_km / 2.0 / EARTH_RADIUS_KM
    north = math.radians(latitude)
    there = math.degrees(math.asin(math.sin(north) * math.cos(half)))
    turn = math.degrees(math.atan2(math.sin(half), math.cos(north) * math.cos(half)))
    west, east = ((longitude + sign * turn + 180.0) % 360.0 - 180.0 for sign in (-1.0, 1.0))
    return StationPlace("one end", there, west), StationPlace("the other", there, east)
