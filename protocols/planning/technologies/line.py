"""Line between two sites: what it must carry, and the designs that a technology has for it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from protocols.planning.design.flows import CEIL_SLACK, pairs_for
from qnet.estimate import Estimate
from qnet.metrics.security import SecurityClaim

if TYPE_CHECKING:
    from protocols.planning.technologies.tables import TechnologyTable

__all__ = ["SLACK", "WantedLine", "LineDesign", "LineDesigns", "SpanKind", "pairs_needed"]

#: Relative slack of whole numbers of hops and of pairs: what rounding may add is not paid for.
SLACK = CEIL_SLACK


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedLine:
    """A line that a technology is asked to design.

    Args:
        ends: Names of the sites.
        length_km: Length of its fibre; None where it is not known.
        key_rate_hz: Key rate of a pair of devices over the whole line, where it is given outright.
        most_key_hz: Most key that it may have to carry.
        few_nodes: Whether fewer trusted nodes may be worth a higher cost, because a requirement
            counts them or what fails.
        folder: Where the files stand that a technology names.
        place: Where the technology stands in the scenario, for errors.
    """

    ends: tuple[str, str]
    length_km: float | None
    key_rate_hz: float | None = None
    most_key_hz: float
    few_nodes: bool = False
    folder: str = ""
    place: str = "technology[0]"

    @property
    def name(self) -> str:
        """Its ends, for messages."""
        return " - ".join(self.ends)


@dataclass(frozen=True, slots=True, kw_only=True)
class LineDesign:
    """One way to build a line.

    Args:
        hops: Hops of key from end to end.
        nodes: Trusted nodes on the way.
        stations: Stations on the way that need no trust.
        rate_hz: Secret bits per second of one pair of devices on each hop.
        fixed_cost: Cost of nodes, stations and fibre.
        pair_cost: Cost of one more pair of devices on every hop.
        most_pairs: Most pairs on each hop; None for as many as are paid.
        security: What its bits claim.
        notes: Sentences on where its rate comes from.
    """

    hops: int
    nodes: int
    stations: int = 0
    rate_hz: Estimate
    fixed_cost: float
    pair_cost: float
    most_pairs: int | None = None
    security: SecurityClaim
    notes: tuple[str, ...] = ()

    def cost(self, key_hz: float) -> float:
        """Its cost with as many pairs as a flow of key takes; infinite where it cannot carry it.

        Examples:
            >>> claim = SecurityClaim.none("an example")
            >>> rate = Estimate.exact(1e4)
            >>> line = LineDesign(
            ...     hops=5, nodes=4, rate_hz=rate, fixed_cost=400.0, pair_cost=250.0, security=claim
            ... )
            >>> line.cost(1e4), line.cost(1.5e4)
            (650.0, 900.0)
        """
        pairs = pairs_needed(key_hz, self.rate_hz.best)
        if pairs is None or (self.most_pairs is not None and pairs > self.most_pairs):
            return math.inf
        return self.fixed_cost + self.pair_cost * pairs


@dataclass(frozen=True, slots=True, kw_only=True)
class LineDesigns:
    """All designs of a line that may be the best.

    Args:
        designs: The designs; none where the technology cannot join the sites.
        reason: Why there is none, a sentence; empty otherwise.
    """

    designs: tuple[LineDesign, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanKind:
    """A kind of technology.

    Args:
        sources: Keys that say where its rate comes from; one of them is given.
        keys: Further keys that it has beyond those of all kinds.
        designs: Designs of a line of fibre; None where it goes through space.
        direct: The design of a line in one hop; None where there is no such thing.
        references: Keys of the works behind it, in ``qnet.references.REFERENCES``.
    """

    sources: tuple[str, ...]
    keys: tuple[str, ...] = ()
    designs: Callable[[TechnologyTable, WantedLine], LineDesigns] | None = None
    direct: Callable[[TechnologyTable, WantedLine], LineDesign | None] | None = None
    references: tuple[str, ...] = ()

    @property
    def has(self) -> tuple[str, ...]:
        """All keys that not every kind has."""
        return (*self.sources, *self.keys)


def pairs_needed(key_hz: float, rate_hz: float) -> int | None:
    """Pairs of devices for a flow of key, at least one; None where a pair gives no key.

    Args:
        key_hz: Secret bits per second that are needed.
        rate_hz: Those of one pair.

    Examples:
        >>> pairs_needed(3e4, 1e4), pairs_needed(3.1e4, 1e4), pairs_needed(1.0, 0.0)
        (3, 4, None)
    """
    if rate_hz <= 0.0:
        return None
    return pairs_for(key_hz, rate_hz)
