"""Costs of network equipment: what a scenario leaves out, each assumed, with what was seen beside.

No price list of quantum key distribution systems was found in an open source, so every default is
assumed. The unit is a thousand euros of investment; a scenario that gives all its costs may take
any other unit.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["COSTS", "COST_UNIT", "DefaultCost", "default_cost"]

#: Unit of the default costs: a thousand euros.
COST_UNIT = "k EUR"


@dataclass(frozen=True, slots=True, kw_only=True)
class DefaultCost:
    """A cost that is taken where a scenario gives none.

    Args:
        kind: Kind of technology; ``any`` for all others.
        key: Key of the technology's table.
        cost: The cost in ``COST_UNIT``.
        what: What is paid with it.
        basis: Where it comes from; ``assumed`` where no source gives it.
    """

    kind: str
    key: str
    cost: float
    what: str
    basis: str


#: Relative costs of a public program, which gives no prices.
_SEEN = "the code TrustedNodeSwitchingOptimisation counts a trusted node as 1"

#: All defaults, those of a kind before those of ``any``.
COSTS: tuple[DefaultCost, ...] = (
    DefaultCost(
        kind="satellite",
        key="node_cost",
        cost=50_000.0,
        what="a satellite with its launch",
        basis="assumed; Eagle-1 with its ground segment is about 130 million dollars in the press",
    ),
    DefaultCost(
        kind="satellite",
        key="pair_cost",
        cost=2_000.0,
        what="a ground station with its telescope",
        basis="assumed",
    ),
    DefaultCost(
        kind="satellite",
        key="relay_cost",
        cost=0.0,
        what="what a site on the ground needs to pass on key of a satellite",
        basis="assumed: it is in the ground station",
    ),
    DefaultCost(
        kind="repeater",
        key="node_cost",
        cost=1_000.0,
        what="a repeater station, and a site that relays",
        basis="assumed; no repeater is sold",
    ),
    DefaultCost(
        kind="repeater",
        key="pair_cost",
        cost=500.0,
        what="devices at both ends of a segment",
        basis="assumed; no repeater is sold",
    ),
    DefaultCost(
        kind="twin-field",
        key="station_cost",
        cost=50.0,
        what="a detector station in the middle of a hop, which needs no trust",
        basis="assumed",
    ),
    DefaultCost(
        kind="any",
        key="node_cost",
        cost=100.0,
        what="a trusted node on the way: housing, power, guard; and a site that relays",
        basis=f"assumed; {_SEEN}",
    ),
    DefaultCost(
        kind="any",
        key="pair_cost",
        cost=50.0,
        what="a sender and a receiver",
        basis=f"assumed; {_SEEN}, a source as 0.01 to 0.02, a detector as 0.1",
    ),
    DefaultCost(
        kind="any",
        key="fibre_cost_per_km",
        cost=0.0,
        what="fibre, dark or shared, per km",
        basis="assumed to be there; give what its lease over the years is worth today",
    ),
)


def default_cost(kind: str, key: str) -> float | None:
    """The cost that a kind of technology has unless a scenario gives one; None without a default.

    Args:
        kind: Kind of technology.
        key: Key of its table.

    Examples:
        >>> default_cost("trusted-nodes", "node_cost"), default_cost("trusted-nodes", "relay_cost")
        (100.0, None)
    """
    for kind_or_any in (kind, "any"):
        for each in COSTS:
            if (each.kind, each.key) == (kind_or_any, key):
                return each.cost
    return None
