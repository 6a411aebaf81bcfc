"""Case of a network plan, resolved: sites, options of spans, demands and what is required."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from qnet.estimate import Estimate
from qnet.metrics.security import SecurityClaim

__all__ = [
    "Equipment",
    "PlanCase",
    "PlanDemand",
    "PlanSite",
    "Requirements",
    "SharedSource",
    "SpanOption",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanSite:
    """A place of the plan.

    Args:
        name: Its name, no two the same.
        relays: Whether keys of others may be passed on there; it is then trusted.
        latitude: Degrees north; None where it has no place, such as a satellite.
        longitude: Degrees east; with ``latitude``.
        population: People, for demands and weights.
        source: Number of the shared source that it is, such as a constellation; None on the ground.
    """

    name: str
    relays: bool = True
    latitude: float | None = None
    longitude: float | None = None
    population: float | None = None
    source: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Equipment:
    """What a site needs once for all spans of a technology, such as a telescope on the ground.

    Args:
        site: Number of the site.
        technology: Name of the technology.
        cost: Its cost.
    """

    site: int
    technology: str
    cost: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedSource:
    """What serves several spans in turn, such as a constellation that points at one station.

    Spans that belong to it get shares of its time: the key over each, divided by that span's rate,
    sums up to at most the number of units.

    Args:
        name: Its name; that of the site that it is, where it holds keys.
        technology: Name of the technology.
        unit_cost: Cost of a unit, such as a satellite.
        most_units: Most units.
    """

    name: str
    technology: str
    unit_cost: float
    most_units: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanOption:
    """One way to join two sites: a technology with a number of hops.

    Options of the same span and medium share a cable, and fail together for disjoint paths. At most
    one option of each span and technology is built.

    Args:
        ends: Numbers of the sites.
        span: Number of the span: which two sites, over which medium.
        technology: Name of the technology.
        length_km: Length of the fibre; None where it is not known or there is none.
        hops: Hops of key from end to end.
        nodes: Trusted nodes on the way: ``hops`` - 1, or none.
        stations: Stations on the way that need no trust, such as repeaters.
        rate_hz: Secret bits per second of one pair of devices on each hop, with its interval.
        fixed_cost: Cost once it is built: nodes and stations on the way, fibre.
        pair_cost: Cost of one more pair of devices on every hop.
        relay_cost: Cost of a site at its end that relays keys with it.
        most_pairs: Most pairs of devices on each hop; None for as many as are paid.
        equipment: Numbers of the equipment that its ends need.
        source: Number of the shared source that it belongs to.
        hop_availability: Share of time in which a hop works.
        node_availability: Share of time in which a node or station on the way, or a relay at its
            end, works.
        hop_repairs: Mean time between failures and to repair of a hop, in s; None: it never fails.
        node_repairs: The same of a node.
        security: What its bits claim.
        notes: Sentences on where its rate comes from.
    """

    ends: tuple[int, int]
    span: int
    technology: str
    length_km: float | None
    hops: int
    nodes: int
    stations: int = 0
    rate_hz: Estimate
    fixed_cost: float
    pair_cost: float
    relay_cost: float = 0.0
    most_pairs: int | None = None
    equipment: tuple[int, ...] = ()
    source: int | None = None
    hop_availability: float = 1.0
    node_availability: float = 1.0
    hop_repairs: tuple[float, float] | None = None
    node_repairs: tuple[float, float] | None = None
    security: SecurityClaim
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanDemand:
    """Two sites that need key.

    Args:
        ends: Numbers of the sites.
        key_rate_hz: Secret bits per second.
        disjoint_paths: Ways that it needs at least, whatever is required of all.
    """

    ends: tuple[int, int]
    key_rate_hz: float
    disjoint_paths: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirements:
    """What every demand of the plan must have.

    Args:
        disjoint_paths: Ways that share no span (or no node), each with the whole key rate.
        by: ``edges`` or ``nodes``.
        maximum_trusted_nodes: Most trusted nodes of a demand, on all its ways; None for any number.
        availability: Least share of time in which its key flows.
        splittable: Whether its key may be split over several ways.
    """

    disjoint_paths: int = 1
    by: str = "edges"
    maximum_trusted_nodes: int | None = None
    availability: float = 0.0
    splittable: bool = True


@dataclass(frozen=True, kw_only=True)
class PlanCase:
    """All that a plan is made from.

    Args:
        sites: The sites, and constellations that hold keys.
        options: Ways to join them.
        demands: Who needs key.
        require: What every demand must have.
        equipment: What sites need once.
        sources: What serves several spans in turn.
        span_names: Name of each span, for messages: its ends.
        losses: Why a span has no option, by its name.
    """

    sites: tuple[PlanSite, ...]
    options: tuple[SpanOption, ...]
    demands: tuple[PlanDemand, ...]
    require: Requirements = field(default_factory=Requirements)
    equipment: tuple[Equipment, ...] = ()
    sources: tuple[SharedSource, ...] = ()
    span_names: tuple[str, ...] = ()
    losses: Mapping[str, str] = field(default_factory=dict)
